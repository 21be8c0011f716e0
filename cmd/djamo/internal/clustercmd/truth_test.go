//go:build unix

package clustercmd

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// fails runs the program, which must refuse what it is told, and returns what it says.
func (s *site) fails(t testing.TB, args ...string) string {
	t.Helper()
	command, out := s.start(t, args...)
	require.Error(t, command.Wait(), "%v: %s", args, out)
	require.Equal(t, exit.Usage, command.ProcessState.ExitCode(), "%v: %s", args, out)
	return out.String()
}

// A name that no run has is an error with the names that may have been meant, whatever is asked of it, and makes up none.
func TestProcess_MistypedRun(t *testing.T) {
	t.Parallel()
	s := newSite(t, 3)
	s.do(t, "enqueue", "--run", "salaries-2026-06", s.file)
	for _, args := range [][]string{
		{"status", "salaries-2026-6"}, {"cancel", "salaries-2026-6"}, {"resume", "salaries-2026-6"}, {"report", "salaries-2026-6", t.TempDir() + "/report.csv"},
	} {
		require.Contains(t, s.fails(t, args...), `there is no run "salaries-2026-6": did you mean "salaries-2026-06"?`)
	}
	require.NotContains(t, s.do(t, "status"), "salaries-2026-6 ")
}

// cancelledAt is what the status says of a run that was cancelled.
const cancelledAt = `cancelled \d{4}-\d\d-\d\d \d\d:\d\d:\d\d`

// A run that is half stored is listed as that and does not hide the others, nor does one that was cancelled.
func TestProcess_StatusTellsTheTruth(t *testing.T) {
	t.Parallel()
	s := newSite(t, 3)
	db := stdlib.OpenDBFromPool(s.pool)
	defer db.Close()
	journal, err := sqljournal.Open(t.Context(), db, sqljournal.PostgreSQL, "half")
	require.NoError(t, err)
	require.NoError(t, journal.Close())
	s.do(t, "enqueue", s.file)
	require.Contains(t, s.do(t, "cancel", "june"), "The run is cancelled: nothing was under way; nothing leaves any more.")
	lines := strings.Split(s.do(t, "status"), "\n")
	require.Contains(t, lines[1], "half")
	require.Contains(t, lines[1], "nothing was sent")
	require.Contains(t, lines[2], "june")
	require.Regexp(t, cancelledAt, lines[2])
	require.Contains(t, s.fails(t, "enqueue", s.file), "resume june")
	require.Contains(t, s.do(t, "resume", "june"), "1 part is open, 1 of them newly enqueued.")
	require.NotContains(t, s.do(t, "status"), "cancelled")
}

// A worker whose token is wrong ends when it starts; one that finds the API away waits for it.
func TestProcess_WrongTokenEndsAWorker(t *testing.T) {
	t.Parallel()
	s := newSite(t, 3)
	right := s.server.Token
	s.server.Token = "at_wrong_" + right
	out := s.fails(t, append([]string{"work"}, s.workArgs...)...)
	require.Contains(t, out, "the API turns this worker away")
	require.NotContains(t, out, s.server.Token)

	s.server.Token = right
	s.do(t, "enqueue", s.file)
	_, err := s.server.Inject(djamotest.FailBefore(http.StatusServiceUnavailable), djamotest.Times(3))
	require.NoError(t, err)
	worker := s.worker(t)
	defer killed(worker)
	s.waitUntilPaid(t)
}

// A run that one machine pays under other references while it waits in the queue is held by the worker that takes it up, and
// resumed only by who allows it.
func TestProcess_PaidFromOneMachineMeanwhile(t *testing.T) {
	t.Parallel()
	s := newSite(t, 3)
	s.do(t, "enqueue", "--run", "june", s.file)
	content, err := os.ReadFile(s.file)
	require.NoError(t, err)
	local := filepath.Join(t.TempDir(), "salaires.csv")
	require.NoError(t, os.WriteFile(local, bytes.ReplaceAll(content, []byte("june/"), []byte("juin/")), 0o600))
	command := exec.CommandContext(t.Context(), binary.Path(t), "payroll", "run", "--yes", "--run", "salaires", local)
	command.Env = append(os.Environ(), djamo.EnvAccessToken+"="+s.server.Token, djamo.EnvAPIURL+"="+s.server.URL)
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)

	worker := s.worker(t)
	defer killed(worker)
	const allow = "djamo payroll cluster resume --allow-repeats june"
	require.Eventually(t, func() bool { return strings.Contains(s.do(t, "status"), "held ") }, patience, 100*time.Millisecond)
	status := s.do(t, "status", "june")
	require.Contains(t, status, "3 of these payouts")
	require.Contains(t, status, allow)
	require.Contains(t, s.fails(t, "resume", "june"), allow)
	require.Contains(t, s.fails(t, "enqueue", s.file), "got the same amount lately")
	require.Len(t, s.server.Transactions(), 3, "nothing of the run was sent")

	s.do(t, "resume", "--allow-repeats", "june")
	s.waitUntilPaid(t)
	s.server.AssertPaidOnce(t, s.references...)
	require.Len(t, s.server.Transactions(), 6)
	require.NotContains(t, s.do(t, "status"), "held")
}

// Two runs of the same salaries that both wait in the queue find nothing at the API yet: the second is refused, and so is a
// cancelled one that is resumed beside it.
func TestProcess_SameSalariesInTwoRuns(t *testing.T) {
	t.Parallel()
	s := newSite(t, 3)
	s.do(t, "enqueue", "--run", "june", s.file)
	content, err := os.ReadFile(s.file)
	require.NoError(t, err)
	second := filepath.Join(t.TempDir(), "again.csv")
	require.NoError(t, os.WriteFile(second, bytes.ReplaceAll(content, []byte("june/"), []byte("juin/")), 0o600))
	const refusal = `3 of these payees are still to get the same amount from the run "june"`
	require.Contains(t, s.fails(t, "enqueue", "--run", "again", second), refusal)
	s.do(t, "cancel", "june")
	s.do(t, "enqueue", "--run", "again", second)
	require.Contains(t, s.fails(t, "resume", "june"), `from the run "again"`)
	s.do(t, "cancel", "again")
	s.do(t, "resume", "june")
	worker := s.worker(t)
	defer killed(worker)
	s.waitUntilPaid(t)
	require.Contains(t, s.fails(t, "resume", "again"), "got the same amount lately")
	s.check(t)
}

// A resume takes as long as its comparison. Whoever cancels the run meanwhile has the last word, also if it was cancelled
// before.
func TestProcess_CancelledWhileAResumeCompares(t *testing.T) {
	t.Parallel()
	s := newSite(t, 3)
	s.do(t, "enqueue", s.file)
	s.do(t, "cancel", "june")
	slow, err := s.server.Inject(djamotest.ProcessLate(10*time.Second), djamotest.On(http.MethodGet))
	require.NoError(t, err)
	asked := len(s.server.Requests())
	resume, out := s.start(t, "resume", "june")
	require.Eventually(t, func() bool { return len(s.server.Requests()) > asked }, patience, time.Millisecond, "it has read the run and compares it")
	s.do(t, "cancel", "june")
	require.Error(t, resume.Wait())
	require.Equal(t, exit.Usage, resume.ProcessState.ExitCode(), out.String())
	require.Contains(t, out.String(), "nothing was resumed: somebody has cancelled the run while this command compared it")
	require.Greater(t, len(s.server.Requests()), asked)
	slow.Remove()
	require.Regexp(t, cancelledAt, s.do(t, "status"))
	s.do(t, "resume", "june")
	require.NotContains(t, s.do(t, "status"), "cancelled")
}
