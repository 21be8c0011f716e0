//go:build unix

package riverpayroll_test

import (
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/riverpayroll"
)

// A large run is cancelled and resumed again and again while three processes pay it, of which one is killed each time: 2,000
// payouts, and 100,000 with DJAMO_TEST_FULL=1. Nothing leaves after a cancellation but what was under way, and each is paid once.
func TestProcess_ManyPayoutsCancelledAndResumed(t *testing.T) {
	t.Parallel()
	payouts, times := 2_000, 2
	if os.Getenv("DJAMO_TEST_FULL") != "" {
		payouts, times = 100_000, 20
	}
	pool, server := migrated(t), newServer(t, djamotest.WithRepeatedReferences())
	_, err := server.Inject(djamotest.ProcessLate(5*time.Millisecond), djamotest.On(http.MethodPost))
	require.NoError(t, err)
	plan, references := planOf(t, payouts)
	enqueue(t, pool, plan, 0)
	// With a lease that a busy machine renews in time: whoever has lost one has not recorded what it sent.
	start := func() *process { return startProcess(t, pool, server, payroll.Batch, envBatch+"=20", envLease+"=10s") }
	through, committed := watchCommits(t, pool)
	workers := []*process{start(), start(), start()}
	late := 0
	for i := range times {
		goal := (i + 1) * payouts / (times + 1)
		require.Eventually(t, func() bool { return len(server.Transactions()) >= goal }, soon, 5*time.Millisecond)
		committed.forget()
		cancelled, err := riverpayroll.Cancel(t.Context(), through, run, riverpayroll.CancelOptions{})
		require.NoError(t, err)
		require.Empty(t, cancelled.Holders)
		require.Zero(t, cancelled.Unrecorded, cancelled.String())
		stopped, sent := time.Now(), len(server.Transactions())
		left := posts(server, committed.first())
		late = max(late, left)
		require.LessOrEqual(t, left, len(workers), "one for each process, which it was allowed before")
		workers[i%len(workers)].kill()
		require.Eventually(t, func() bool { return running(t, pool) == 0 }, soon, 20*time.Millisecond, "the worker that was killed had a job")
		require.Zero(t, posts(server, stopped))
		require.Len(t, server.Transactions(), sent)
		_, err = resume(t, pool)
		require.NoError(t, err)
		workers[i%len(workers)] = start()
	}
	require.Eventually(t, func() bool { return totals(t, pool).AllCompleted() }, 20*time.Minute, 50*time.Millisecond)
	server.AssertPaidOnce(t, references...)
	require.Len(t, server.Transactions(), payouts)
	server.AssertBalanced(t)
	require.Empty(t, standstill(t, pool).Unattended)
	t.Logf("%d payouts, cancelled and resumed %d times: at most %d requests left after a cancellation had begun", payouts, times, late)
}
