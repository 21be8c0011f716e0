package riverpayroll_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
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
		pool, server := migrated(t), newServer(t)
		plan, references := planOf(t, 3)
		enqueue(t, pool, plan, 0)
		addJob(t, pool, riverpayroll.QueueSettle)
		execute(t, pool, abandon)
		require.Equal(t, int64(2), execute(t, pool, tell))
		enqueued, err := resume(t, pool)
		require.NoError(t, err)
		require.Equal(t, riverpayroll.Enqueued{Open: 1, Jobs: 1}, enqueued)
		work(t, pool, runnerFor(t, server, pool))
		paidSoon(t, pool)
		server.AssertPaidOnce(t, references...)
	})
}

// A job that is told to stop at the moment it hands its part on does not hand it on.
func TestCancel_StopsTheHandover(t *testing.T) {
	t.Parallel()
	pool, server := migrated(t), newServer(t)
	_, err := server.Inject(djamotest.ProcessLate(3*time.Second), djamotest.On(http.MethodPost))
	require.NoError(t, err)
	plan, _ := planOf(t, 3)
	enqueue(t, pool, plan, 0)
	work(t, pool, patientRunner(t, server, pool))
	require.Eventually(t, func() bool { return totals(t, pool).Unsent.Count == 0 }, soon, time.Millisecond)
	require.Equal(t, int64(1), execute(t, pool, tell), "nobody has heard of it but the database")
	require.Eventually(t, func() bool { return running(t, pool) == 0 }, soon, 20*time.Millisecond)
	require.Equal(t, 1, jobs(t, pool))
	require.Zero(t, totals(t, pool).Completed.Count)
}

// However many jobs a run has, those that wait end at once and those that run are not waited for.
func TestCancel_ManyJobs(t *testing.T) {
	t.Parallel()
	pool := migrated(t)
	plan, _ := planOf(t, 1_502)
	enqueue(t, pool, plan, 1)
	execute(t, pool, abandon+" AND (args->>'part')::int <= 1")
	require.Equal(t, int64(1), execute(t, pool, tell))
	cancelled, err := riverpayroll.Cancel(t.Context(), pool, run, riverpayroll.CancelOptions{})
	require.NoError(t, err)
	require.Equal(t, int64(1_501), cancelled.Jobs)
	require.Equal(t, "nothing was under way; nothing leaves any more", cancelled.String())
	again, err := riverpayroll.Cancel(t.Context(), pool, run, riverpayroll.CancelOptions{})
	require.NoError(t, err)
	require.True(t, again.At.After(cancelled.At), "it tells of the latest")
	require.Zero(t, again.Jobs)
}

// ending ends its own connection when a statement that begins so is about to be sent.
type ending struct {
	statement string
	admin     *pgxpool.Pool
}

// TraceQueryStart implements pgx.QueryTracer.
func (e ending) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if strings.HasPrefix(strings.ToLower(data.SQL), e.statement) {
		_, _ = e.admin.Exec(ctx, "SELECT pg_terminate_backend($1, 10000)", conn.PgConn().PID())
	}
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (ending) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// A connection that ends while a cancellation is committed leaves open whether it was: nobody is told that it was not.
func TestCancel_ConnectionEnds(t *testing.T) {
	t.Parallel()
	for statement, want := range map[string]string{
		"update djamo_payroll_runs": "the run was not cancelled",
		"commit":                    "whether the run is cancelled is not known: cancel it again",
	} {
		pool := migrated(t)
		plan, _ := planOf(t, 10)
		enqueue(t, pool, plan, 5)
		config := pool.Config()
		config.ConnConfig.Tracer = ending{statement, pool}
		broken, err := pgxpool.NewWithConfig(t.Context(), config)
		require.NoError(t, err)
		t.Cleanup(broken.Close)
		cancelled, err := riverpayroll.Cancel(t.Context(), broken, run, riverpayroll.CancelOptions{})
		require.ErrorContains(t, err, want)
		require.True(t, cancelled.At.IsZero())

		cancelled, err = riverpayroll.Cancel(t.Context(), pool, run, riverpayroll.CancelOptions{})
		require.NoError(t, err)
		require.Empty(t, cancelled.Holders)
	}
}
