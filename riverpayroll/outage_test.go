package riverpayroll_test

import (
	"context"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// These tests go through what lasts for hours. Nobody waits for it: jobs that sleep are woken, and the attempts that a job may have
// are all but used up when the trouble begins.

// hurry wakes jobs that sleep, again and again, until the test ends.
func hurry(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var group sync.WaitGroup
	group.Go(func() {
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for ctx.Err() == nil {
			_, _ = pool.Exec(ctx, "UPDATE river_job SET scheduled_at = now(), state = 'available' WHERE state = 'scheduled' OR state = 'available' AND scheduled_at > now()")
			<-ticker.C
		}
	})
	t.Cleanup(func() { cancel(); group.Wait() })
}

// The last attempt of jobs that have tried for a day.
const lastAttempt = "UPDATE river_job SET created_at = now() - interval '1 day', attempt = max_attempts - 1 WHERE kind = 'djamo_payroll_part'"

// snoozes is how often the job of a part has slept that has done so least.
func snoozes(t testing.TB, pool *pgxpool.Pool) (least int) {
	t.Helper()
	require.NoError(t, pool.QueryRow(t.Context(),
		"SELECT COALESCE(MIN(COALESCE(CAST(metadata ->> 'snoozes' AS INT), 0)), 0) FROM river_job WHERE kind = 'djamo_payroll_part' AND state <> 'completed'").
		Scan(&least))
	return least
}

// info is what the database says of the run.
func info(t testing.TB, pool *pgxpool.Pool) sqljournal.RunInfo {
	t.Helper()
	infos, err := sqljournal.ListRuns(t.Context(), database(t, pool), sqljournal.PostgreSQL)
	require.NoError(t, err)
	require.Len(t, infos, 1)
	return infos[0]
}

// unfailed makes sure that no job has failed, or was given up.
func unfailed(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	var failed int
	require.NoError(t, pool.QueryRow(t.Context(),
		"SELECT count(*) FROM river_job WHERE kind = 'djamo_payroll_part' AND (cardinality(errors) > 0 OR state IN ('discarded', 'cancelled'))").Scan(&failed))
	require.Zero(t, failed, "no attempt was used up")
}

// While the API is away for a day, turns the worker away or limits its rate for an hour, no attempt is used up, the status says
// why nothing goes on, and afterwards each is paid once. With DJAMO_TEST_FULL=1 jobs sleep as often as they would.
func TestWorkers_OutagesUseUpNoAttempts(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault djamotest.Fault
		rules []djamotest.Rule
		times int // that a job sleeps in all that time
		why   string
	}{
		"a day of 503":                     {djamotest.FailBefore(http.StatusServiceUnavailable), nil, 4_000, "503"},
		"a day of 503 for payments":        {djamotest.FailBefore(http.StatusServiceUnavailable), []djamotest.Rule{djamotest.On(http.MethodPost)}, 1_500, "503"},
		"a day without an answer":          {djamotest.CloseConnection(), nil, 4_000, "EOF"},
		"an hour of 429":                   {djamotest.RateLimitFor(time.Hour), nil, 60, "429"},
		"an hour of 429 for payments":      {djamotest.RateLimitFor(time.Hour), []djamotest.Rule{djamotest.On(http.MethodPost)}, 60, "429|asked for a pause"},
		"a day with a token that is wrong": {djamotest.FailBefore(http.StatusUnauthorized), nil, 1_440, "401"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool, server := migrated(t), newServer(t)
			fault, err := server.Inject(row.fault, row.rules...)
			require.NoError(t, err)
			plan, references := planOf(t, 6)
			enqueue(t, pool, plan, 2)
			require.Equal(t, int64(3), execute(t, pool, lastAttempt))
			runner := runnerFor(t, server, pool)
			runner.Client, err = djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL), djamo.WithTimeout(400*time.Millisecond),
				djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 1, MaxRetryAfter: time.Millisecond})) // and no gate is closed for a minute
			require.NoError(t, err)
			hurry(t, pool)
			work(t, pool, runner)
			times, longest := 5, soon
			if os.Getenv("DJAMO_TEST_FULL") != "" {
				times, longest = row.times, 30*time.Minute
			}
			require.Eventually(t, func() bool { return snoozes(t, pool) >= times }, longest, 10*time.Millisecond)
			why := regexp.MustCompile(row.why)
			require.Eventually(t, func() bool {
				info := info(t, pool)
				return info.Waiting == 3 && why.MatchString(info.Trouble)
			}, soon, time.Millisecond, "each part says why it waits")
			unfailed(t, pool)
			require.Empty(t, server.Transactions())

			fault.Remove()
			paidSoon(t, pool)
			server.AssertPaidOnce(t, references...)
			require.Zero(t, info(t, pool).Waiting, info(t, pool).Trouble)
			unfailed(t, pool)
		})
	}
}

// An API that cannot say what became of payments is waited for, and the status says so; once it can, nothing is in the way.
func TestWorkers_SayWhyOutcomesAreMissing(t *testing.T) {
	t.Parallel()
	pool, server := migrated(t), newServer(t, djamotest.WithManualSettlement())
	plan, references := planOf(t, 6)
	enqueue(t, pool, plan, 2)
	hurry(t, pool)
	work(t, pool, runnerFor(t, server, pool))
	require.Eventually(t, func() bool { return len(server.Transactions()) == 6 }, soon, 10*time.Millisecond)
	fault, err := server.Inject(djamotest.FailBefore(http.StatusServiceUnavailable), djamotest.On(http.MethodGet))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		info := info(t, pool)
		return info.Waiting == 3 && strings.Contains(info.Trouble, "an outcome could not be read") && strings.Contains(info.Trouble, "503")
	}, soon, 10*time.Millisecond)
	fault.Remove()
	require.Eventually(t, func() bool { return info(t, pool).Waiting == 0 }, soon, 10*time.Millisecond, "though nothing was settled")
	server.SettleAll()
	paidSoon(t, pool)
	server.AssertPaidOnce(t, references...)
}

// An account that covers some of a part and no more is told of, and asked again.
func TestWorkers_SayThatTheAccountRanOut(t *testing.T) {
	t.Parallel()
	pool, server := migrated(t), newServer(t, djamotest.WithBalance(10_000))
	plan, references := planOf(t, 3)
	enqueue(t, pool, plan, 0)
	runner := patientRunner(t, server, pool)
	runner.Mode, runner.Concurrency, runner.AllowShort = payroll.Single, 1, true
	hurry(t, pool)
	work(t, pool, runner)
	require.Eventually(t, func() bool {
		info := info(t, pool)
		return info.Waiting == 1 && strings.Contains(info.Trouble, "the account does not cover")
	}, soon, 10*time.Millisecond)
	sent := len(server.Transactions())
	require.Equal(t, 1, sent)
	unfailed(t, pool)
	require.NoError(t, server.SetBalance(1_000_000))
	paidSoon(t, pool)
	server.AssertPaidOnce(t, references...)
}

// A token that is revoked in the middle of a run stops it where it is. Nothing is lost: what was sent is looked up, what was not
// stays planned, and a worker with another token goes on.
func TestWorkers_TokenRevokedInTheMiddle(t *testing.T) {
	t.Parallel()
	pool, server := migrated(t), newServer(t, djamotest.WithRepeatedReferences())
	late, err := server.Inject(djamotest.ProcessLate(200*time.Millisecond), djamotest.On(http.MethodPost)) // so that it is not over at once
	require.NoError(t, err)
	plan, references := planOf(t, 120)
	enqueue(t, pool, plan, 10)
	runner := patientRunner(t, server, pool)
	runner.Mode, runner.Concurrency = payroll.Single, 1
	work(t, pool, runner)
	require.Eventually(t, func() bool { return len(server.Transactions()) > 10 }, soon, time.Millisecond)
	revoked, err := server.Inject(djamotest.FailBefore(http.StatusUnauthorized))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return info(t, pool).Waiting > 0 }, soon, time.Millisecond)
	require.Contains(t, info(t, pool).Trouble, string(payroll.ErrStopped))
	require.Less(t, len(server.Transactions()), 120)
	require.Eventually(t, func() bool {
		var wait bool
		require.NoError(t, pool.QueryRow(t.Context(), `SELECT bool_and(state = 'scheduled' AND scheduled_at >= attempted_at + interval '1 minute')
			FROM river_job WHERE kind = 'djamo_payroll_part' AND state <> 'completed'`).Scan(&wait))
		return wait
	}, soon, 10*time.Millisecond, "every part waits for a minute")
	unfailed(t, pool)
	revoked.Remove()
	late.Remove()
	hurry(t, pool)
	paidSoon(t, pool)
	server.AssertPaidOnce(t, references...)
	require.Zero(t, info(t, pool).Waiting)
}

// An API that says "in an hour" is left alone by every worker, for a minute at a time. Whatever waits for that in the middle of a
// step ends with its job's time, and says why.
func TestWorkers_LeaveAnAPIAloneThatLimitsTheRate(t *testing.T) {
	t.Parallel()
	pool, server := migrated(t), newServer(t)
	fault, err := server.Inject(djamotest.RateLimitFor(time.Hour))
	require.NoError(t, err)
	plan, references := planOf(t, 6)
	enqueue(t, pool, plan, 2)
	execute(t, pool, lastAttempt)
	hurry(t, pool)
	shortly := func(config *river.Config) { config.JobTimeout = time.Second }
	workLoudly(t, pool, runnerFor(t, server, pool), shortly)
	require.Eventually(t, func() bool { return snoozes(t, pool) >= 2 }, soon, 10*time.Millisecond)
	require.LessOrEqual(t, len(server.Requests()), 3, "one for each part that began before the first answer")
	require.Eventually(t, func() bool { return strings.Contains(info(t, pool).Trouble, "429") }, soon, 10*time.Millisecond)
	var closed float64
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT extract(epoch FROM until - closed)::float8 FROM djamo_payroll_gates WHERE name = 'test'").Scan(&closed))
	require.InDelta(t, 60, closed, 0.001)
	unfailed(t, pool)

	fault.Remove()
	execute(t, pool, "DELETE FROM djamo_payroll_gates") // a minute has passed
	work(t, pool, runnerFor(t, server, pool))
	paidSoon(t, pool)
	server.AssertPaidOnce(t, references...)
	unfailed(t, pool)
}
