package riverpayroll_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll/sqljournal"
	"github.com/djamo/djamo-go/riverpayroll"
)

// A job that has waited for a day, for funds or for another worker, has not asked about outcomes for a day.
func TestWorkers_PatienceIsAboutOutcomes(t *testing.T) {
	t.Parallel()
	const old = "UPDATE river_job SET created_at = now() - interval '2 days', scheduled_at = now() WHERE kind = 'djamo_payroll_part' AND state <> 'completed'"
	t.Run("short", func(t *testing.T) {
		t.Parallel()
		pool, server := migrated(t), newServer(t, djamotest.WithBalance(1), djamotest.WithSettleAfter(time.Second))
		plan, references := planOf(t, 3)
		enqueue(t, pool, plan, 0)
		work(t, pool, runnerFor(t, server, pool))
		require.Eventually(t, func() bool { return jobs(t, pool) == 2 && running(t, pool) == 1 }, soon, 10*time.Millisecond)
		require.NoError(t, server.SetBalance(1_000_000))
		require.Equal(t, int64(1), execute(t, pool, old))
		paidSoon(t, pool)
		server.AssertPaidOnce(t, references...)
	})
	t.Run("held", func(t *testing.T) {
		t.Parallel()
		pool, server := migrated(t), newServer(t)
		plan, references := planOf(t, 3)
		enqueue(t, pool, plan, 0)
		execute(t, pool, "DELETE FROM river_job")
		addJob(t, pool, riverpayroll.QueueSettle)
		execute(t, pool, old)
		db := database(t, pool)
		part, err := sqljournal.OpenPart(t.Context(), db, run, 1)
		require.NoError(t, err)
		_, err = part.Acquire(t.Context(), "another", 3*time.Second)
		require.NoError(t, err)
		work(t, pool, runnerFor(t, server, pool))
		paidSoon(t, pool)
		server.AssertPaidOnce(t, references...)
	})
	t.Run("no outcome", func(t *testing.T) {
		t.Parallel()
		pool, server := migrated(t), newServer(t, djamotest.WithSettleAfter(time.Hour))
		plan, _ := planOf(t, 3)
		enqueue(t, pool, plan, 0)
		runner := patientRunner(t, server, pool)
		runner.IdleTimeout = time.Second
		work(t, pool, runner)
		require.Eventually(t, func() bool { return running(t, pool) == 0 }, soon, 10*time.Millisecond)
		require.Equal(t, int64(3), totals(t, pool).Accepted.Count)
		var reason string
		require.NoError(t, pool.QueryRow(t.Context(), "SELECT trouble FROM djamo_payroll_parts").Scan(&reason))
		require.Contains(t, reason, "3 payouts have no outcome after 1s: resume the run to go on asking")
	})
}
