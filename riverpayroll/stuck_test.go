package riverpayroll_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/payroll/sqljournal"
	"github.com/djamo/djamo-go/riverpayroll"
)

// These tests put jobs where trouble leaves them. Whatever the trouble, everybody is paid in the end.

// soon is for busy machines: what goes well takes no time. Nothing is owed to River's own search for lost jobs (see configFor).
const soon = 10 * time.Minute

func paidSoon(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	require.Eventually(t, func() bool { return totals(t, pool).AllCompleted() }, soon, 50*time.Millisecond)
}

func execute(t testing.TB, pool *pgxpool.Pool, statement string) int64 {
	t.Helper()
	tag, err := pool.Exec(t.Context(), statement)
	require.NoError(t, err)
	return tag.RowsAffected()
}

// The ways in which a job stays behind when its worker is gone.
const (
	abandon = "UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now() - interval '3 seconds', attempted_by = '{gone}' WHERE kind = 'djamo_payroll_part'"
	tell    = "UPDATE river_job SET metadata = jsonb_set(metadata, '{cancel_attempted_at}', to_jsonb(now())) WHERE kind = 'djamo_payroll_part' AND state = 'running'"
)

// addJob adds a job for the first part to a queue, as the package does.
func addJob(t testing.TB, pool *pgxpool.Pool, queue string) {
	t.Helper()
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{})
	require.NoError(t, err)
	result, err := client.Insert(t.Context(), riverpayroll.Part{Run: run, Part: 1}, &river.InsertOpts{Queue: queue, MaxAttempts: 25, UniqueOpts: river.UniqueOpts{
		ByArgs: true, ByQueue: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateScheduled, rivertype.JobStateRetryable,
		},
	}})
	require.NoError(t, err)
	require.False(t, result.UniqueSkippedAsDuplicate)
}

// A part whose worker was killed goes on in seconds, whatever was running there: also the look for such parts itself.
func TestWorkers_TakeOver(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(t *testing.T, pool *pgxpool.Pool){
		"before it was claimed": func(*testing.T, *pgxpool.Pool) {},
		"in the middle": func(t *testing.T, pool *pgxpool.Pool) {
			t.Helper()
			db := database(t, pool)
			part, err := sqljournal.OpenPart(t.Context(), db, run, 1)
			require.NoError(t, err)
			_, err = part.Acquire(t.Context(), "gone", 2*time.Second)
			require.NoError(t, err)
		},
		"twice": func(t *testing.T, pool *pgxpool.Pool) {
			t.Helper()
			addJob(t, pool, riverpayroll.QueueSettle)
			require.Equal(t, int64(4), execute(t, pool, abandon))
		},
		"while it looked for others": func(t *testing.T, pool *pgxpool.Pool) {
			t.Helper()
			look := "UPDATE river_job SET state = 'running', attempted_at = now(), finalized_at = NULL WHERE id IN (SELECT id FROM river_job WHERE kind = 'djamo_payroll_take_over' LIMIT 1)"
			require.Equal(t, int64(1), execute(t, pool, look))
		},
		"while another hands its part on, frozen": func(t *testing.T, pool *pgxpool.Pool) {
			t.Helper()
			tx, err := pool.Begin(t.Context())
			require.NoError(t, err)
			t.Cleanup(func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) })
			client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{})
			require.NoError(t, err)
			_, err = client.InsertTx(t.Context(), tx, riverpayroll.Part{Run: run, Part: 2}, &river.InsertOpts{Queue: riverpayroll.QueueSettle, UniqueOpts: river.UniqueOpts{
				ByArgs: true, ByQueue: true, ByState: []rivertype.JobState{
					rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateScheduled, rivertype.JobStateRetryable,
				},
			}})
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool, server := migrated(t), newServer(t)
			workers := river.NewWorkers()
			runner := runnerFor(t, server, pool)
			require.NoError(t, riverpayroll.AddWorkers(workers, riverpayroll.Config{Pool: pool, Runner: runner}))
			client, err := river.NewClient(riverpgxv5.New(pool), configFor(workers))
			require.NoError(t, err)
			require.NoError(t, client.Start(context.WithoutCancel(t.Context())))
			require.Eventually(t, func() bool {
				var looked int
				require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM river_job WHERE kind = 'djamo_payroll_take_over' AND state = 'completed'").Scan(&looked))
				return looked > 0
			}, soon, 50*time.Millisecond)
			require.NoError(t, client.Stop(context.WithoutCancel(t.Context())))

			plan, references := planOf(t, 6)
			enqueue(t, pool, plan, 2)
			execute(t, pool, abandon)
			execute(t, pool, "UPDATE river_job SET id = -id WHERE args->>'part' = '2'") // it comes first
			prepare(t, pool)
			work(t, pool, runner)
			paidSoon(t, pool)
			server.AssertPaidOnce(t, references...)
		})
	}
}

// Whoever works looks for abandoned parts, since the leader of the River clients may be gone as well.
func TestWorkers_TakeOverWithoutALeader(t *testing.T) {
	t.Parallel()
	pool, server := migrated(t), newServer(t)
	plan, references := planOf(t, 6)
	enqueue(t, pool, plan, 2)
	require.Equal(t, int64(3), execute(t, pool, abandon))
	require.Equal(t, int64(1), execute(t, pool, "UPDATE river_job SET state = 'available' WHERE args->>'part' = '3'"))
	workers := river.NewWorkers()
	require.NoError(t, riverpayroll.AddWorkers(workers, riverpayroll.Config{Pool: pool, Runner: runnerFor(t, server, pool)}))
	config := configFor(workers)
	config.PeriodicJobs = nil // which only a leader adds
	client, err := river.NewClient(riverpgxv5.New(pool), config)
	require.NoError(t, err)
	require.NoError(t, client.Start(context.WithoutCancel(t.Context())))
	t.Cleanup(func() { require.NoError(t, client.Stop(context.WithoutCancel(t.Context()))) })
	paidSoon(t, pool)
	server.AssertPaidOnce(t, references...)
}
