package riverpayroll_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
	"github.com/djamo/djamo-go/riverpayroll"
)

const run = "salaries-2026-06"

// planOf is a plan of n payouts.
func planOf(t testing.TB, n int) (plan *payroll.Plan, references []string) {
	t.Helper()
	payouts := make([]payroll.Payout, n)
	for i := range payouts {
		reference := fmt.Sprintf("june/%06d", i)
		references = append(references, reference)
		payouts[i] = payroll.Payout{MSISDN: djamo.MSISDN(fmt.Sprintf("+22507%08d", i)), Amount: djamo.XOF(5_000 + i%1_000), Reference: reference, Description: "Salaire"}
	}
	plan, err := payroll.NewPlan(payroll.Rows(payouts...), payroll.PlanOptions{Run: run})
	require.NoError(t, err)
	return plan, references
}

// enqueue enqueues a plan and commits.
func enqueue(t testing.TB, pool *pgxpool.Pool, plan *payroll.Plan, size int) riverpayroll.Enqueued {
	t.Helper()
	tx, err := database(t, pool).BeginTx(t.Context(), nil)
	require.NoError(t, err)
	enqueued, err := riverpayroll.Enqueue(t.Context(), tx, plan, riverpayroll.Options{PartSize: size})
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	return enqueued
}

// runnerFor pays to a server, impatiently.
func runnerFor(t testing.TB, server *djamotest.Server, pool *pgxpool.Pool) payroll.Runner {
	t.Helper()
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL), djamo.WithTimeout(400*time.Millisecond),
		djamo.WithHTTPClient(&http.Client{Transport: riverpayroll.NewThrottle(pool, "test", nil)}))
	require.NoError(t, err)
	return payroll.Runner{
		Client: client, SendTimeout: 400 * time.Millisecond, QuietPeriod: 600 * time.Millisecond, Lease: 2 * time.Second, PollMin: 20 * time.Millisecond,
		PollMax: 500 * time.Millisecond,
	}
}

// patientRunner pays to a server that answers late, and not impatiently: no answer is lost, however busy the machine is.
func patientRunner(t testing.TB, server *djamotest.Server, pool *pgxpool.Pool) payroll.Runner {
	t.Helper()
	runner := runnerFor(t, server, pool)
	runner.SendTimeout, runner.QuietPeriod = 20*time.Second, 21*time.Second
	var err error
	runner.Client, err = runner.Client.Clone(djamo.WithTimeout(runner.SendTimeout))
	require.NoError(t, err)
	return runner
}

// configFor is ClientConfig for some workers, but River itself does not look for lost jobs.
func configFor(workers *river.Workers) *river.Config {
	config := riverpayroll.ClientConfig(workers, 4, 8)
	config.RescueStuckJobsAfter = 24 * time.Hour
	return config
}

// work starts a worker and stops it when the test ends.
func work(t testing.TB, pool *pgxpool.Pool, runner payroll.Runner) {
	t.Helper()
	workers := river.NewWorkers()
	require.NoError(t, riverpayroll.AddWorkers(workers, riverpayroll.Config{Pool: pool, Runner: runner}))
	client, err := river.NewClient(riverpgxv5.New(pool), configFor(workers))
	require.NoError(t, err)
	require.NoError(t, client.Start(context.WithoutCancel(t.Context())))
	t.Cleanup(func() { require.NoError(t, client.Stop(context.WithoutCancel(t.Context()))) })
}

// totals adds the run up.
func totals(t testing.TB, pool *pgxpool.Pool) payroll.Totals {
	t.Helper()
	journal, err := sqljournal.Open(t.Context(), database(t, pool), sqljournal.PostgreSQL, run)
	require.NoError(t, err)
	defer journal.Close()
	info, err := journal.Planned(t.Context())
	require.NoError(t, err)
	sums, err := journal.Sums(t.Context())
	require.NoError(t, err)
	totals, err := payroll.SumUp(info, sums)
	require.NoError(t, err)
	return totals
}

// paid waits until everybody is.
func paid(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	require.Eventually(t, func() bool { return totals(t, pool).AllCompleted() }, soon, 50*time.Millisecond)
}

func newServer(t testing.TB, opts ...djamotest.Option) *djamotest.Server {
	t.Helper()
	return djamotest.NewServer(t, append([]djamotest.Option{djamotest.WithSettleAfter(20 * time.Millisecond), djamotest.WithBalance(100_000_000_000)}, opts...)...)
}

func TestWorkers_PayEachOnce(t *testing.T) {
	t.Parallel()
	for _, mode := range []payroll.Mode{payroll.Batch, payroll.Single} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			pool, server := migrated(t), newServer(t)
			plan, references := planOf(t, 530)
			runner := runnerFor(t, server, pool)
			runner.Mode = mode
			require.Equal(t, riverpayroll.Enqueued{Open: 6, Jobs: 6}, enqueue(t, pool, plan, 0))
			work(t, pool, runner)
			paid(t, pool)
			server.AssertPaidOnce(t, references...)
			server.AssertBalanced(t)
			require.Equal(t, riverpayroll.Enqueued{}, enqueue(t, pool, plan, 0), "nothing is left to do")
		})
	}
}

// Three in ten requests go wrong, on an API that would pay twice.
func TestWorkers_Faults(t *testing.T) {
	t.Parallel()
	pool, server := migrated(t), newServer(t, djamotest.WithRepeatedReferences(), djamotest.WithSeed(7))
	_, err := server.Inject(djamotest.AnyOf(
		djamotest.RefuseConnection(), djamotest.CloseConnection(), djamotest.FailBefore(http.StatusServiceUnavailable), djamotest.RateLimit(),
		djamotest.LoseReply(), djamotest.ResetReply(), djamotest.FailAfter(http.StatusInternalServerError), djamotest.TruncateReply(), djamotest.Stall(0),
	), djamotest.Probability(0.3))
	require.NoError(t, err)
	plan, references := planOf(t, 200)
	enqueue(t, pool, plan, 10)
	work(t, pool, runnerFor(t, server, pool))
	paid(t, pool)
	server.AssertPaidOnce(t, references...)
	server.AssertBalanced(t)
}

func TestEnqueue_RolledBackLeavesNothing(t *testing.T) {
	t.Parallel()
	pool := migrated(t)
	plan, _ := planOf(t, 3)
	db := database(t, pool)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = riverpayroll.Enqueue(t.Context(), tx, plan, riverpayroll.Options{})
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	names, err := sqljournal.Runs(t.Context(), db, sqljournal.PostgreSQL)
	require.NoError(t, err)
	require.Empty(t, names)
	require.Equal(t, 0, jobs(t, pool))
}

func jobs(t testing.TB, pool *pgxpool.Pool) (count int) {
	t.Helper()
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM river_job WHERE kind = 'djamo_payroll_part'").Scan(&count))
	return count
}

func TestEnqueue_ManyAtOnce(t *testing.T) {
	t.Parallel()
	pool, server := migrated(t), newServer(t)
	work(t, pool, runnerFor(t, server, pool))
	var group sync.WaitGroup
	var references []string
	for range 4 {
		var plan *payroll.Plan
		plan, references = planOf(t, 300)
		group.Go(func() { enqueue(t, pool, plan, 50) })
	}
	group.Wait()
	paid(t, pool)
	server.AssertPaidOnce(t, references...)
}

func TestEnqueue_Refuses(t *testing.T) {
	t.Parallel()
	pool := migrated(t)
	plan, _ := planOf(t, 3)
	enqueue(t, pool, plan, 2)
	other, _ := planOf(t, 4)
	unnamed, err := payroll.NewPlan(payroll.Rows(payroll.Payout{MSISDN: "+2250748710523", Amount: 5_000, Reference: "a"}), payroll.PlanOptions{})
	require.NoError(t, err)
	for name, row := range map[string]struct {
		plan    *payroll.Plan
		options riverpayroll.Options
		want    string
	}{
		"another plan":  {other, riverpayroll.Options{}, string(payroll.ErrPlanDiffers)},
		"no plan":       {nil, riverpayroll.Options{}, "names no run"},
		"no name":       {unnamed, riverpayroll.Options{}, "names no run"},
		"negative size": {plan, riverpayroll.Options{PartSize: -1}, "PartSize -1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tx, err := database(t, pool).BeginTx(t.Context(), nil)
			require.NoError(t, err)
			defer tx.Rollback()
			_, err = riverpayroll.Enqueue(t.Context(), tx, row.plan, row.options)
			require.ErrorContains(t, err, row.want)
		})
	}
}

// A run that was cancelled stays where it is, and goes on when it is enqueued again.
func TestCancel(t *testing.T) {
	t.Parallel()
	pool, server := migrated(t), newServer(t)
	late, err := server.Inject(djamotest.ProcessLate(time.Second), djamotest.On(http.MethodPost)) // so that it is not over at once
	require.NoError(t, err)
	plan, references := planOf(t, 200)
	enqueue(t, pool, plan, 5)
	work(t, pool, patientRunner(t, server, pool))
	require.Eventually(t, func() bool { return len(server.Transactions()) > 20 }, soon, time.Millisecond)
	cancelled, err := riverpayroll.Cancel(t.Context(), pool, run, riverpayroll.CancelOptions{})
	require.NoError(t, err)
	require.Empty(t, cancelled.Holders)
	sent := len(server.Transactions())
	require.Less(t, sent, 200)
	require.Eventually(t, func() bool { return running(t, pool) == 0 }, soon, 20*time.Millisecond)
	require.Len(t, server.Transactions(), sent, "nothing left after Cancel had returned")
	require.Equal(t, int64(200), totals(t, pool).Planned.Count)
	late.Remove()

	tx, err := database(t, pool).BeginTx(t.Context(), nil)
	require.NoError(t, err)
	enqueued, err := riverpayroll.Resume(t.Context(), tx, run, riverpayroll.Options{})
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	require.Positive(t, enqueued.Jobs)
	paid(t, pool)
	server.AssertPaidOnce(t, references...)
}

// running counts the jobs that are not over.
func running(t testing.TB, pool *pgxpool.Pool) (count int) {
	t.Helper()
	require.NoError(t, pool.QueryRow(t.Context(),
		"SELECT count(*) FROM river_job WHERE kind = 'djamo_payroll_part' AND state NOT IN ('completed', 'cancelled', 'discarded')").Scan(&count))
	return count
}
