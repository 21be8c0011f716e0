//go:build unix

package clustercmd

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/programtest"
	"github.com/djamo/djamo-go/djamotest"
)

// payrollCommand runs a command for one machine, which must succeed.
func (s *site) payrollCommand(t testing.TB) programtest.Payroll {
	return func(args ...string) string {
		t.Helper()
		out, err := s.payroll(t, args...).CombinedOutput()
		require.NoError(t, err, "%v: %s", args, out)
		return string(out)
	}
}

// approve has two people sign for the file, in a database that demands it from then on.
func (s *site) approve(t testing.TB) {
	t.Helper()
	two := programtest.NewTwoPeople(t)
	two.Demand(s.payrollCommand(t), s.database)
	two.Approve(t, s.payrollCommand(t), s.database, s.file)
}

// Each command of the cluster, in a database that demands the approval of a second person.
func TestProcess_ApprovalOnTheCluster(t *testing.T) {
	t.Parallel()
	s := newSite(t, 6)
	two, payroll := programtest.NewTwoPeople(t), s.payrollCommand(t)
	require.Contains(t, s.fails(t, "enqueue", "--require-approval", s.file), "nothing was enqueued: ")
	two.Demand(payroll, s.database)
	require.Contains(t, s.fails(t, "enqueue", s.file), "needs the approval of a second person")
	require.Contains(t, s.fails(t, "cancel", "june"), `there is no run "june"`)
	two.Approve(t, payroll, s.database, s.file)
	require.Contains(t, s.do(t, "status"), "approved by bintou@example.ci")
	s.do(t, "enqueue", "--require-approval", "--part-size", "2", s.file)
	require.Contains(t, s.do(t, "status"), "approved by bintou@example.ci")
	s.do(t, "cancel", "june")
	s.do(t, "resume", "june")
	s.do(t, "cancel", "june")

	_, err := s.pool.Exec(t.Context(), "DELETE FROM djamo_payroll_approvals WHERE act = 'approve'") // as if it had ended
	require.NoError(t, err)
	require.Contains(t, s.fails(t, "resume", "june"), "waits for the approval of a second person")
	require.Contains(t, s.do(t, "status"), "waits for the approval of a second person")
	two.Approve(t, payroll, s.database, s.file)
	s.do(t, "resume", "june")
	worker := s.worker(t)
	defer killed(worker)
	s.waitUntilPaid(t)
	s.check(t)
	report := filepath.Join(t.TempDir(), "report.html")
	s.do(t, "report", "june", report)
	require.Regexp(t, `Approved by bintou@(<wbr>)?example`, read(t, report))
	require.Contains(t, s.do(t, "enqueue", s.file), "0 parts are open, 0 of them newly enqueued", "enqueued twice, it is paid once")
	require.Len(t, s.server.Transactions(), 6)
}

// An approval that is taken away in the middle stops the workers before the next claim; they say what they wait for, are killed
// meanwhile, and go on once the run is approved again.
func TestProcess_ApprovalEndsInTheMiddle(t *testing.T) {
	t.Parallel()
	s := newSite(t, 60)
	two, payroll := programtest.NewTwoPeople(t), s.payrollCommand(t)
	two.Demand(payroll, s.database)
	two.Approve(t, payroll, s.database, s.file)
	late, err := s.server.Inject(djamotest.ProcessLate(100*time.Millisecond), djamotest.On(http.MethodPost)) // so that it is not over at once
	require.NoError(t, err)
	s.do(t, "enqueue", "--part-size", "2", s.file)
	s.workArgs = append(s.workArgs, "--mode", "single", "--sending", "1", "--concurrency", "1")
	worker := s.worker(t)
	t.Cleanup(func() { killed(worker) })
	require.Eventually(t, func() bool { return len(s.server.Transactions()) > 3 }, patience, time.Millisecond)
	_, err = s.pool.Exec(t.Context(), "DELETE FROM djamo_payroll_approvals WHERE act = 'approve'")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return strings.Contains(s.do(t, "status"), "parts wait since") }, patience, 10*time.Millisecond)
	require.Contains(t, s.do(t, "status"), "the approval of a second person")
	sent := len(s.server.Transactions())
	require.Less(t, sent, 60)
	killed(worker)
	late.Remove()
	two.Approve(t, payroll, s.database, s.file)
	other := s.worker(t)
	t.Cleanup(func() { killed(other) })
	s.hurry(t)
	s.waitUntilPaid(t)
	s.check(t)
}
