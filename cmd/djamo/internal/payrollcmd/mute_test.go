package payrollcmd

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/programtest"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/pgtest"
)

// A journal whose server lets everybody in and then answers nothing: each command ends by itself, says why, and has sent nothing.
func TestProcess_JournalThatAnswersNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, 2)
	address, _ := pgtest.Mute(t)
	two := programtest.NewTwoPeople(t)
	for _, args := range [][]string{
		{"run", s.file, "--yes"}, {"resume"}, {"reconcile"}, {"report"}, {"plan", s.file}, {"approve", s.file, "--key", two.Approver},
		{"approvers", "show"}, {"approvers", "set", two.List, "--key", two.Planner}, {"receipts"}, {"entries"},
	} {
		t.Run(args[0], func(t *testing.T) {
			t.Parallel()
			command := exec.CommandContext(t.Context(), binary.Path(t), append(append([]string{"payroll"}, args...), "--journal", address)...)
			command.Env = s.environment()
			out, _ := command.CombinedOutput()
			require.Equal(t, exit.Failed, command.ProcessState.ExitCode(), "%v: %s", args, out)
			require.Contains(t, string(out), "the database has let this program in, and has not answered it for", "%v", args)
			for _, bad := range []string{"secret", "panic", "goroutine "} {
				require.NotContains(t, string(out), bad)
			}
		})
	}
	t.Cleanup(func() { require.Empty(t, s.server.Transactions()) })
}

// The journal's server falls silent in the middle of a run: the run ends by itself, nothing has left without a record, and it goes
// on once the server is back.
func TestProcess_JournalFallsSilent(t *testing.T) {
	t.Parallel()
	address, db := inPostgres(t)
	s := newSite(t, 200)
	_, err := s.server.Inject(djamotest.ProcessLate(20*time.Millisecond), djamotest.On(http.MethodPost))
	require.NoError(t, err)
	through, mute := pgtest.Proxy(t, address+"&connect_timeout=5")
	s.args = append(s.args, "--mode", "single", "--concurrency", "2", "--lease", "2s")
	command, out := s.start(t, "--journal", through)
	require.Eventually(t, func() bool { return len(s.server.Transactions()) > 5 }, time.Minute, time.Millisecond, out)
	mute()
	require.Error(t, command.Wait())
	require.Equal(t, exit.Failed, command.ProcessState.ExitCode(), out.String())
	require.Contains(t, out.String(), "the database has let this program in, and has not answered it for")
	var planned int
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM djamo_payroll_payouts WHERE state = 'planned'").Scan(&planned))
	require.LessOrEqual(t, len(s.server.Transactions()), 200-planned, "each payment has its record")
	require.Less(t, len(s.server.Transactions()), 200, "it has stopped")
	s.finish(t, "--journal", address, "--report", filepath.Join(t.TempDir(), "report.csv"))
	s.check(t)
}
