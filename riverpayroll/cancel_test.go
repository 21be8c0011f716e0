package riverpayroll_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/riverpayroll"
)

func resume(t testing.TB, pool *pgxpool.Pool) (riverpayroll.Enqueued, error) {
	t.Helper()
	db := database(t, pool)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	enqueued, err := riverpayroll.Resume(t.Context(), tx, run, riverpayroll.Options{})
	if err != nil {
		require.NoError(t, tx.Rollback())
		return enqueued, err
	}
	return enqueued, tx.Commit()
}

// A run is resumed before the jobs that were told to stop have stopped, or while they count as running although their
// worker is gone. They will be cancelled, and must not be what the run goes on with.
func TestResume_WhileJobsAreBeingCancelled(t *testing.T) {
	t.Parallel()
	for _, queue := range []string{riverpayroll.QueueSend, riverpayroll.QueueSettle} {
		t.Run(queue, func(t *testing.T) {
			t.Parallel()
			pool, server := migrated(t), newServer(t, djamotest.WithSettleAfter(time.Second))
			plan, references := planOf(t, 3)
			enqueue(t, pool, plan, 0)
			if queue == riverpayroll.QueueSettle {
				execute(t, pool, "DELETE FROM river_job")
				addJob(t, pool, queue)
			}
			execute(t, pool, abandon)
			require.Equal(t, int64(1), execute(t, pool, tell))
			enqueued, err := resume(t, pool)
			require.NoError(t, err)
			require.Equal(t, riverpayroll.Enqueued{Open: 1, Jobs: 1}, enqueued)
			work(t, pool, runnerFor(t, server, pool))
			paidSoon(t, pool)
			server.AssertPaidOnce(t, references...)
		})
	}
	t.Run("both", func(t *testing.T) {
		t.Parallel()
		pool := migrated(t)
		plan, _ := planOf(t, 3)
		enqueue(t, pool, plan, 0)
		addJob(t, pool, riverpayroll.QueueSettle)
		execute(t, pool, abandon)
		require.Equal(t, int64(2), execute(t, pool, tell))
		_, err := resume(t, pool)
		require.ErrorContains(t, err, "part 1 of \"salaries-2026-06\" is still being cancelled")
	})
}

// A job that is told to stop at the moment it hands its part on does not hand it on.
func TestCancel_StopsTheHandover(t *testing.T) {
	t.Parallel()
	pool, server := migrated(t), newServer(t)
	_, err := server.Inject(djamotest.ProcessLate(500*time.Millisecond), djamotest.On(http.MethodPost))
	require.NoError(t, err)
	plan, _ := planOf(t, 3)
	enqueue(t, pool, plan, 0)
	runner := runnerFor(t, server, pool)
	runner.SendTimeout, runner.Quiet = 5*time.Second, 6*time.Second
	work(t, pool, runner)
	require.Eventually(t, func() bool { return totals(t, pool).Unsent.Count == 0 }, time.Minute, time.Millisecond)
	require.Equal(t, int64(1), execute(t, pool, tell), "nobody has heard of it but the database")
	require.Eventually(t, func() bool { return running(t, pool) == 0 }, time.Minute, 20*time.Millisecond)
	require.Equal(t, 1, jobs(t, pool))
	require.Zero(t, totals(t, pool).Completed.Count)
}

// More jobs than one page of the list were told to stop and have not stopped yet.
func TestCancel_BeyondThoseThatAreStopping(t *testing.T) {
	t.Parallel()
	pool := migrated(t)
	plan, _ := planOf(t, 1_002)
	enqueue(t, pool, plan, 1)
	execute(t, pool, abandon+" AND (args->>'part')::int <= 1001")
	require.Equal(t, int64(1_001), execute(t, pool, tell))
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{})
	require.NoError(t, err)
	cancelled, err := riverpayroll.Cancel(t.Context(), client, run)
	require.NoError(t, err)
	require.Equal(t, 1, cancelled)
}
