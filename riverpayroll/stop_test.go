package riverpayroll_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
	"github.com/djamo/djamo-go/riverpayroll"
)

// endListening ends every connection that listens for notifications, again and again, until the test ends.
func endListening(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var group sync.WaitGroup
	group.Go(func() {
		ticker := time.NewTicker(2 * time.Millisecond)
		defer ticker.Stop()
		for ctx.Err() == nil {
			_, _ = pool.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`)
			<-ticker.C
		}
	})
	t.Cleanup(func() { cancel(); group.Wait() })
}

// A cancellation needs no notification: the worker's LISTEN connection is gone, and nothing leaves all the same but what
// was under way.
func TestCancel_WithoutNotifications(t *testing.T) {
	t.Parallel()
	pool, server := migrated(t), newServer(t)
	slow, err := server.Inject(djamotest.ProcessLate(300*time.Millisecond), djamotest.On(http.MethodPost)) // so that it is not over at once
	require.NoError(t, err)
	plan, references := planOf(t, 200)
	enqueue(t, pool, plan, 25)
	runner := patientRunner(t, server, pool)
	runner.Mode, runner.Concurrency = payroll.Single, 2
	work(t, pool, runner)
	endListening(t, pool)
	require.Eventually(t, func() bool { return len(server.Transactions()) > 20 }, soon, time.Millisecond)
	through, committed := watchCommits(t, pool)
	cancelled, err := riverpayroll.Cancel(t.Context(), through, run, riverpayroll.CancelOptions{})
	require.NoError(t, err)
	sent := len(server.Transactions())
	const senders = 4 * 2
	require.LessOrEqual(t, posts(server, committed.first()), senders, "one request for each goroutine that sends, which it was allowed before")
	require.Empty(t, cancelled.Holders)
	require.Less(t, sent, 200)
	require.Eventually(t, func() bool { return running(t, pool) == 0 }, soon, 20*time.Millisecond)
	require.Len(t, server.Transactions(), sent)
	slow.Remove()

	_, err = resume(t, pool)
	require.NoError(t, err)
	paidSoon(t, pool)
	server.AssertPaidOnce(t, references...)
}

// Jobs that wait, that run in a worker which is gone, and that wait for outcomes: none of them sends anything for a run that
// was cancelled, and none is left behind.
func TestCancel_WhateverTheJobs(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(t *testing.T, pool *pgxpool.Pool){
		"waiting":   func(*testing.T, *pgxpool.Pool) {},
		"abandoned": func(t *testing.T, pool *pgxpool.Pool) { t.Helper(); execute(t, pool, abandon) },
		"abandoned and told to stop": func(t *testing.T, pool *pgxpool.Pool) {
			t.Helper()
			execute(t, pool, abandon)
			execute(t, pool, tell)
		},
		"in both queues": func(t *testing.T, pool *pgxpool.Pool) {
			t.Helper()
			addJob(t, pool, riverpayroll.QueueSettle)
			execute(t, pool, abandon)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool, server := migrated(t), newServer(t)
			plan, references := planOf(t, 6)
			enqueue(t, pool, plan, 2)
			prepare(t, pool)
			_, err := riverpayroll.Cancel(t.Context(), pool, run, riverpayroll.CancelOptions{})
			require.NoError(t, err)
			// One that a worker had just fetched when the others were ended.
			execute(t, pool, "UPDATE river_job SET state = 'available', finalized_at = NULL WHERE id = (SELECT max(id) FROM river_job WHERE state = 'cancelled')")
			work(t, pool, runnerFor(t, server, pool))
			require.Eventually(t, func() bool { return running(t, pool) == 0 }, soon, 20*time.Millisecond)
			require.Empty(t, server.Transactions())
			_, err = resume(t, pool)
			require.NoError(t, err)
			paidSoon(t, pool)
			server.AssertPaidOnce(t, references...)
		})
	}
}

// A program that enqueues again what it is not sure of does not undo what a person has done.
func TestEnqueue_DoesNotResume(t *testing.T) {
	t.Parallel()
	pool := migrated(t)
	plan, _ := planOf(t, 6)
	enqueue(t, pool, plan, 2)
	_, err := riverpayroll.Cancel(t.Context(), pool, run, riverpayroll.CancelOptions{})
	require.NoError(t, err)
	tx, err := database(t, pool).BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer tx.Rollback()
	_, err = riverpayroll.Enqueue(t.Context(), tx, plan, riverpayroll.Options{})
	require.ErrorIs(t, err, payroll.ErrCancelled)
}

func TestNoSuchRun(t *testing.T) {
	t.Parallel()
	pool := migrated(t)
	plan, _ := planOf(t, 6)
	enqueue(t, pool, plan, 2)
	tx, err := database(t, pool).BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer tx.Rollback()
	_, resumeErr := riverpayroll.Resume(t.Context(), tx, "salaries-2026-6", riverpayroll.Options{})
	_, cancelErr := riverpayroll.Cancel(t.Context(), pool, "salaries-2026-6", riverpayroll.CancelOptions{})
	for _, err := range []error{resumeErr, cancelErr} {
		require.ErrorIs(t, err, payroll.ErrNoRun)
		require.ErrorContains(t, err, `did you mean "salaries-2026-06"?`)
	}
	require.NoError(t, tx.Rollback())
	names, err := sqljournal.Runs(t.Context(), database(t, pool), sqljournal.PostgreSQL)
	require.NoError(t, err)
	require.Equal(t, []string{run}, names, "asking made none up")
}

// A process that is frozen while it enqueues a run again holds up no worker, of that run or of another.
func TestResume_FrozenHoldsUpNobody(t *testing.T) {
	t.Parallel()
	pool, server := migrated(t), newServer(t)
	plan, references := planOf(t, 60)
	enqueue(t, pool, plan, 5)
	tx, err := database(t, pool).BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer tx.Rollback()
	_, err = riverpayroll.Resume(t.Context(), tx, run, riverpayroll.Options{})
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), "SET LOCAL idle_in_transaction_session_timeout = 0") // the database does not end what stands still
	require.NoError(t, err)
	runner := runnerFor(t, server, pool)
	runner.PollMin = 5 * time.Millisecond
	work(t, pool, runner)
	require.Eventually(t, func() bool { return len(server.Transactions()) == len(references) }, soon, 20*time.Millisecond)
	require.NoError(t, tx.Rollback()) // parts are handed on when nobody resumes the run any more
	paidSoon(t, pool)
	server.AssertPaidOnce(t, references...)
}

// Whoever gives up on a command that waits gets an answer about that and nothing else. What it waits for is locked all the time.
func TestCalls_EndWithTheirContext(t *testing.T) {
	t.Parallel()
	pool := migrated(t)
	plan, _ := planOf(t, 6)
	enqueue(t, pool, plan, 2)
	frozen, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer frozen.Rollback(context.WithoutCancel(t.Context()))
	_, err = frozen.Exec(t.Context(), "LOCK TABLE river_job, djamo_payroll_runs")
	require.NoError(t, err)
	for name, call := range map[string]func(ctx context.Context) error{
		"interrupted, nothing was enqueued": func(ctx context.Context) error {
			tx, err := database(t, pool).BeginTx(t.Context(), nil)
			require.NoError(t, err)
			defer tx.Rollback()
			_, err = riverpayroll.Resume(ctx, tx, run, riverpayroll.Options{})
			return err
		},
		"interrupted: whether the run is cancelled is not known": func(ctx context.Context) error {
			_, err := riverpayroll.Cancel(ctx, pool, run, riverpayroll.CancelOptions{})
			return err
		},
	} {
		cause := errors.New("the operator pressed Ctrl-C")
		ctx, cancel := context.WithCancelCause(t.Context())
		ended, before := make(chan error, 1), waiting(t, pool)
		go func() { ended <- call(ctx) }()
		require.Eventually(t, func() bool {
			return slices.ContainsFunc(waiting(t, pool), func(pid int32) bool { return !slices.Contains(before, pid) })
		}, soon, time.Millisecond)
		cancel(cause)
		err := <-ended
		require.ErrorContains(t, err, name)
		require.ErrorIs(t, err, cause)
		require.NotContains(t, err.Error(), "Rows are closed")
	}
}

// waiting lists who waits for a lock.
func waiting(t testing.TB, pool *pgxpool.Pool) []int32 {
	t.Helper()
	rows, err := pool.Query(t.Context(), `SELECT pid FROM pg_stat_activity
		WHERE datname = current_database() AND wait_event_type = 'Lock' AND backend_type = 'client backend'`)
	require.NoError(t, err)
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	require.NoError(t, err)
	return pids
}

// Times that lie an hour ahead, since the clock was set back or a worker's is wrong, hold nothing up for an hour.
func TestWorkers_TimesAhead(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]string{
		"scheduled": "UPDATE river_job SET state = 'scheduled', scheduled_at = now() + interval '59 minutes' WHERE kind = 'djamo_payroll_part'",
		"started":   abandon + "; UPDATE river_job SET attempted_at = now() + interval '1 hour' WHERE kind = 'djamo_payroll_part'",
		"held":      abandon + `; UPDATE djamo_payroll_parts SET owner = 'gone', fence = 1, lease = 2000000, until = now() + interval '1 hour'`,
		"lost":      `UPDATE djamo_payroll_payouts SET state = 'unknown'; UPDATE djamo_payroll_parts SET lost = now() + interval '1 hour'`,
		"a gate":    `INSERT INTO djamo_payroll_gates (name, until, closed) VALUES ('test', now() + interval '2 hours', now() + interval '1 hour')`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool, server := migrated(t), newServer(t)
			plan, references := planOf(t, 6)
			enqueue(t, pool, plan, 2)
			execute(t, pool, ahead)
			work(t, pool, runnerFor(t, server, pool))
			paidSoon(t, pool)
			server.AssertPaidOnce(t, references...)
		})
	}
}

// Tables that a newer program has changed are paid from no more.
func TestWorkers_StopAtANewerSchema(t *testing.T) {
	t.Parallel()
	pool, server := migrated(t), newServer(t)
	plan, _ := planOf(t, 6)
	enqueue(t, pool, plan, 2)
	execute(t, pool, "UPDATE djamo_payroll_schema SET version = 99")
	work(t, pool, runnerFor(t, server, pool))
	require.Eventually(t, func() bool {
		var waiting int
		require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM river_job WHERE metadata ? 'snoozes'").Scan(&waiting))
		return waiting == 3
	}, soon, 20*time.Millisecond)
	require.Empty(t, server.Requests(), "the API is asked nothing")
}

func TestCheckClient(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	for token, want := range map[string]error{server.Token: nil, "at_wrong": djamo.ErrUnauthorized} {
		client, err := djamo.NewClient(token, djamo.WithBaseURL(server.URL))
		require.NoError(t, err)
		require.ErrorIs(t, riverpayroll.CheckClient(t.Context(), client), want)
	}
	_, err := server.Inject(djamotest.FailBefore(http.StatusServiceUnavailable))
	require.NoError(t, err)
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL), djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 1}))
	require.NoError(t, err)
	require.NoError(t, riverpayroll.CheckClient(t.Context(), client), "an outage is waited for")
}
