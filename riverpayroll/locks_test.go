package riverpayroll

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/payroll"
)

// These tests are the model's interleavings on PostgreSQL: a person resumes a cancelled run in the very moment in which a worker
// ends its job, hands it on or replaces one. The part must have a job afterwards, or nobody goes on with it.

// endings are the ways in which a job ends for good, or lets its part go on in another.
func endings(pool *pgxpool.Pool, client func(context.Context) context.Context, s *stage) map[string]func(context.Context) error {
	w := &partWorker{pool: pool, runner: payroll.Runner{PollMin: time.Second, Logger: slog.New(slog.DiscardHandler)}}
	return map[string]func(context.Context) error{
		"end":     func(ctx context.Context) error { return w.endCancelled(client(ctx), s.job) },
		"hand on": func(ctx context.Context) error { return w.handOver(client(ctx), s.job, time.Second) },
		"replace": func(ctx context.Context) error { return replace(client(ctx), s.client, pool, s.job) },
	}
}

// resumed resumes the run in a transaction of its own, and does something before it commits.
func (s *stage) resumed(ctx context.Context, before func()) error {
	db := stdlib.OpenDBFromPool(s.pool)
	defer db.Close()
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := Resume(ctx, tx, "june", Options{}); err != nil {
		return err
	}
	before()
	return tx.Commit()
}

// attended makes sure that the part has a job.
func (s *stage) attended(t *testing.T) {
	t.Helper()
	found, err := FindStandstill(t.Context(), s.pool)
	require.NoError(t, err)
	require.Empty(t, found.Unattended, "the part is lost: nobody goes on with it")
	require.Zero(t, s.count(t, "SELECT count(*) FROM djamo_payroll_runs WHERE cancelled IS NOT NULL"))
}

// A run that is resumed after a worker has read that it is cancelled, and before it has acted on that.
func TestLocks_ResumedBeforeTheWorkerActs(t *testing.T) {
	t.Parallel()
	for name := range endings(nil, nil, nil) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, QueueSend)
			s.execute(t, "UPDATE djamo_payroll_runs SET cancelled = now()")
			resumed := make(chan error, 1)
			// River's statement that completes the job comes after the run was read.
			pool := s.traced(t, "JobSetStateIfRunningMany", func() {
				go func() { resumed <- s.resumed(context.WithoutCancel(t.Context()), func() {}) }()
				select {
				case err := <-resumed:
					resumed <- err
				case <-time.After(300 * time.Millisecond): // it waits, as it should
				}
			})
			require.NoError(t, endings(pool, func(context.Context) context.Context { return s.working(t) }, s)[name](t.Context()))
			require.NoError(t, <-resumed)
			s.attended(t)
		})
	}
}

// A worker that ends its job after a person has read that the part has one, and before the run goes on.
func TestLocks_TheWorkerActsBeforeItIsResumed(t *testing.T) {
	t.Parallel()
	for name := range endings(nil, nil, nil) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, QueueSend)
			s.execute(t, "UPDATE djamo_payroll_runs SET cancelled = now()")
			err := s.resumed(t.Context(), func() {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
				defer cancel()
				err := endings(s.pool, func(context.Context) context.Context { return s.working(t) }, s)[name](ctx)
				require.True(t, errors.Is(err, errLocked) || errors.As(err, new(*river.JobSnoozeError)), "it tries again later: %v", err)
			})
			require.NoError(t, err)
			s.attended(t)
		})
	}
}

// acquire is a worker that takes the part's lease.
const acquire = "UPDATE djamo_payroll_parts SET owner = 'another', fence = fence + 1, lease = 60000000, until = clock_timestamp() + interval '1 minute'"

// A job that looked abandoned is not replaced when a worker has the part by then. While it is replaced no worker can get it.
func TestReplace_LooksAtTheLeaseAgain(t *testing.T) {
	t.Parallel()
	t.Run("acquired before", func(t *testing.T) {
		t.Parallel()
		s := newStage(t, QueueSend)
		pool := s.traced(t, "pg_try_advisory_xact_lock_shared", func() { s.execute(t, acquire) })
		require.NoError(t, replace(s.working(t), s.client, pool, s.job))
		require.Equal(t, 1, s.count(t, "SELECT count(*) FROM river_job WHERE state = 'running'"))
		require.Equal(t, 1, s.count(t, "SELECT count(*) FROM river_job"))
	})
	t.Run("acquired meanwhile", func(t *testing.T) {
		t.Parallel()
		s := newStage(t, QueueSend)
		acquired := make(chan error, 1)
		pool := s.traced(t, "JobSetStateIfRunningMany", func() {
			go func() { _, err := s.pool.Exec(context.WithoutCancel(t.Context()), acquire); acquired <- err }()
			select {
			case err := <-acquired:
				acquired <- err
				t.Error("the part was to be had")
			case <-time.After(300 * time.Millisecond):
			}
		})
		require.NoError(t, replace(s.working(t), s.client, pool, s.job))
		require.NoError(t, <-acquired)
		require.Equal(t, 1, s.count(t, "SELECT count(*) FROM river_job WHERE state = 'available'"))
	})
}

// Whoever was told to stop, or whose job another has taken, adds no job: the part has one, or is to have none.
func TestLocks_NoJobIsAddedForOneThatIsOver(t *testing.T) {
	t.Parallel()
	const told = `UPDATE river_job SET metadata = jsonb_set(metadata, '{cancel_attempted_at}', to_jsonb(now()))`
	for name, change := range map[string]string{
		"told to stop": told, "taken by another": "UPDATE river_job SET state = 'completed', finalized_at = now()",
	} {
		for _, ending := range []string{"hand on", "replace"} {
			t.Run(ending+", "+name, func(t *testing.T) {
				t.Parallel()
				s := newStage(t, QueueSend)
				s.execute(t, change)
				err := endings(s.pool, func(context.Context) context.Context { return s.working(t) }, s)[ending](t.Context())
				if err != nil && !errors.Is(err, errNotRunning) {
					require.ErrorIs(t, err, rivertype.ErrJobCancelledRemotely)
				}
				require.Zero(t, s.count(t, "SELECT count(*) FROM river_job WHERE state = 'available'"))
			})
		}
	}
}

// A job that somebody else ends in the very moment in which it is replaced or handed on: one of the two waits for the other, and
// River would tell neither.
func TestLocks_AJobIsEndedByOne(t *testing.T) {
	t.Parallel()
	for _, ending := range []string{"hand on", "replace"} {
		t.Run(ending, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, QueueSend)
			ended := make(chan int64, 1)
			pool := s.traced(t, "JobSetStateIfRunningMany", func() {
				go func() {
					tag, err := s.pool.Exec(context.WithoutCancel(t.Context()),
						"UPDATE river_job SET state = 'completed', finalized_at = now() WHERE state = 'running'")
					if err != nil {
						ended <- -1
						return
					}
					ended <- tag.RowsAffected()
				}()
				select {
				case count := <-ended:
					t.Error("two have ended the job")
					ended <- count
				case <-time.After(300 * time.Millisecond): // it waits, as it should
				}
			})
			require.NoError(t, endings(pool, func(context.Context) context.Context { return s.working(t) }, s)[ending](t.Context()))
			require.Zero(t, <-ended, "the other finds that it is over")
			require.Equal(t, 1, s.count(t, "SELECT count(*) FROM river_job WHERE state = 'available'"))
		})
	}
}

// A part is not handed on to a job that was told to stop: it would stop with that one.
func TestHandOver_NotToAJobThatStops(t *testing.T) {
	t.Parallel()
	s := newStage(t, QueueSend)
	_, err := s.client.Insert(t.Context(), s.job.Args, inQueue(QueueSettle))
	require.NoError(t, err)
	s.execute(t, `UPDATE river_job SET state = 'running', metadata = jsonb_set(metadata, '{cancel_attempted_at}', to_jsonb(now())) WHERE queue = '`+QueueSettle+`'`)
	err = endings(s.pool, func(context.Context) context.Context { return s.working(t) }, s)["hand on"](t.Context())
	require.ErrorAs(t, err, new(*river.JobSnoozeError))
	require.Equal(t, 1, s.count(t, "SELECT count(*) FROM river_job WHERE state = 'running' AND queue = '"+QueueSend+"'"))
}

// A run that is resumed right after it was cancelled keeps its jobs.
func TestCancel_LeavesTheJobsOfARunThatWasResumed(t *testing.T) {
	t.Parallel()
	s := newStage(t, QueueSend)
	s.execute(t, "UPDATE river_job SET state = 'available'")
	pool := s.traced(t, "pg_try_advisory_xact_lock_shared", func() { require.NoError(t, s.resumed(t.Context(), func() {})) })
	cancelled, err := Cancel(t.Context(), pool, "june", CancelOptions{})
	require.NoError(t, err)
	require.Zero(t, cancelled.Jobs)
	s.attended(t)
}
