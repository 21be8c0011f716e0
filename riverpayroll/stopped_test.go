//go:build linux

package riverpayroll_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/riverpayroll"
)

// envStopAt makes a worker stop its own process, all of it, right before and after so many statements about a run: an odd number
// before, an even one after.
const envStopAt = "DJAMO_TEST_STOP_AT"

// stopping counts the statements by which a worker goes on with a part.
type stopping struct {
	at    int64
	count atomic.Int64
}

func newStopping(at string) (*stopping, error) {
	point, err := strconv.ParseInt(at, 10, 64)
	return &stopping{at: point}, err
}

type isOurs struct{}

func (s *stopping) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	ours := strings.Contains(data.SQL, "djamo_payroll_p") || strings.Contains(data.SQL, "djamo_payroll_runs") || strings.Contains(data.SQL, "JobSetState") ||
		strings.EqualFold(data.SQL, "commit")
	if ours {
		s.pass()
	}
	return context.WithValue(ctx, isOurs{}, ours)
}

func (s *stopping) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) {
	if ours, _ := ctx.Value(isOurs{}).(bool); ours {
		s.pass()
	}
}

func (s *stopping) pass() {
	if s.count.Add(1) == s.at {
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	}
}

// isStopped reports whether the process stands still.
func (p *process) isStopped(t testing.TB) bool {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Process.Pid))
	require.NoError(t, err)
	_, state, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(state, "T")
}

// A worker whose process stands still at any statement while the run is cancelled sends at most one request when it goes on, which
// the database had allowed before, and none once the send timeout is over. With DJAMO_TEST_FULL=1 it is every statement.
func TestProcess_StandsStillAtAnyStatement(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("*** NOT TESTED: there is no /proc to see that a process stands still ***")
	}
	const last = 100
	points := make([]int, 0, last)
	for point := 1; point <= last; point++ {
		points = append(points, point)
	}
	if os.Getenv("DJAMO_TEST_FULL") == "" {
		rand.Shuffle(last, func(i, j int) { points[i], points[j] = points[j], points[i] })
		points = points[:4]
	}
	for _, point := range points {
		t.Run(strconv.Itoa(point), func(t *testing.T) {
			t.Parallel()
			pool, server := migrated(t), newServer(t, djamotest.WithRepeatedReferences())
			_, err := server.Inject(djamotest.ProcessLate(10*time.Millisecond), djamotest.On(http.MethodPost))
			require.NoError(t, err)
			plan, references := planOf(t, 6)
			enqueue(t, pool, plan, 0)
			worker := startProcess(t, pool, server, payroll.Single, envStopAt+"="+strconv.Itoa(point))
			require.Eventually(t, func() bool { return worker.isStopped(t) || totals(t, pool).AllCompleted() }, soon, 5*time.Millisecond)
			cancelled, err := riverpayroll.Cancel(t.Context(), pool, run, riverpayroll.CancelOptions{})
			require.NoError(t, err)
			require.Empty(t, cancelled.Holders)
			worker.thaw(t)
			require.Eventually(t, func() bool { return running(t, pool) == 0 }, soon, 20*time.Millisecond)
			require.LessOrEqual(t, posts(server, cancelled.At), 1)
			_, err = resume(t, pool)
			require.NoError(t, err)
			require.Eventually(t, func() bool { return totals(t, pool).AllCompleted() }, soon, 20*time.Millisecond)
			server.AssertPaidOnce(t, references...)
			require.Len(t, server.Transactions(), len(references))
		})
	}
}
