package riverpayroll_test

import (
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/journaltest"
	"github.com/djamo/djamo-go/riverpayroll"
)

// unconnected is a pool that nobody has used yet.
func unconnected(t testing.TB, query string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), "postgres://payer:hunter2@127.0.0.1:1/payroll?connect_timeout=1"+query)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func TestAddWorkers_Refuses(t *testing.T) {
	t.Parallel()
	client, err := djamo.NewClient("at_x", djamo.WithBaseURL("https://api.test"))
	require.NoError(t, err)
	pool := unconnected(t, "")
	for name, row := range map[string]struct {
		config riverpayroll.Config
		want   string
	}{
		"no pool":        {riverpayroll.Config{Runner: payroll.Runner{Client: client}}, "Config.Pool is missing"},
		"a small pool":   {riverpayroll.Config{Pool: unconnected(t, "&pool_max_conns=3"), Runner: payroll.Runner{Client: client}}, "4 connections or more, not 3"},
		"no client":      {riverpayroll.Config{Pool: pool}, "Runner.Client is missing"},
		"a journal":      {riverpayroll.Config{Pool: pool, Runner: payroll.Runner{Client: client, Journal: journaltest.NewMemory()}}, "must be left empty"},
		"an owner":       {riverpayroll.Config{Pool: pool, Runner: payroll.Runner{Client: client, Owner: "me"}}, "must be left empty"},
		"updates":        {riverpayroll.Config{Pool: pool, Runner: payroll.Runner{Client: client, Updates: make(chan *djamo.Transaction)}}, "must be left empty"},
		"an odd mode":    {riverpayroll.Config{Pool: pool, Runner: payroll.Runner{Client: client, Mode: "all"}}, `"all"`},
		"negative times": {riverpayroll.Config{Pool: pool, Runner: payroll.Runner{Client: client, Lease: -1}}, "must not be negative"},
		"no quiet":       {riverpayroll.Config{Pool: pool, Runner: payroll.Runner{Client: client, QuietPeriod: time.Second}}, "longer than SendTimeout"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, riverpayroll.AddWorkers(river.NewWorkers(), row.config), row.want)
		})
	}
	workers, good := river.NewWorkers(), riverpayroll.Config{Pool: pool, Runner: payroll.Runner{Client: client}}
	require.NoError(t, riverpayroll.AddWorkers(workers, good))
	require.ErrorContains(t, riverpayroll.AddWorkers(workers, good), "already registered")
}

func TestClientConfig(t *testing.T) {
	t.Parallel()
	config := riverpayroll.ClientConfig(river.NewWorkers(), 0, 0)
	require.Equal(t, map[string]river.QueueConfig{riverpayroll.QueueSend: {MaxWorkers: 4}, riverpayroll.QueueSettle: {MaxWorkers: 8}}, config.Queues)
	require.Greater(t, config.RescueStuckJobsAfter, config.JobTimeout)
	for failures, want := range map[int]time.Duration{0: time.Second, 1: 2 * time.Second, 4: 16 * time.Second, 5: 30 * time.Second, 3_000: 30 * time.Second} {
		before := time.Now()
		next := config.RetryPolicy.NextRetry(&rivertype.JobRow{Errors: make([]rivertype.AttemptError, failures)})
		require.GreaterOrEqual(t, next.Sub(before), want/2)
		require.LessOrEqual(t, time.Until(next), want)
	}
}

// A database that cannot be reached is no reason to show its password.
func TestCheck_KeepsThePassword(t *testing.T) {
	t.Parallel()
	pool := unconnected(t, "")
	for name, err := range map[string]error{"Check": riverpayroll.Check(t.Context(), pool), "Migrate": riverpayroll.Migrate(t.Context(), pool)} {
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "hunter2", name)
	}
	require.ErrorContains(t, riverpayroll.Migrate(t.Context(), nil), "there is no pool")
	require.ErrorContains(t, riverpayroll.Check(t.Context(), nil), "there is no pool")
}

// Processes that migrate an empty database at once, with no connection to spare.
func TestMigrate_SeveralAtOnce(t *testing.T) {
	t.Parallel()
	address := newDatabase(t)
	shared := open(t, address+"&pool_max_conns=2")
	var group sync.WaitGroup
	for _, pool := range []*pgxpool.Pool{shared, shared, shared, open(t, address)} {
		group.Go(func() {
			if err := riverpayroll.Migrate(t.Context(), pool); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	require.NoError(t, riverpayroll.Check(t.Context(), shared))
	require.NoError(t, riverpayroll.Migrate(t.Context(), shared))
}

func TestCheck_OtherSchemas(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change  string
		want    string
		migrate string // what Migrate says; "" when it mends it
	}{
		"ours is absent":    {"DROP TABLE djamo_payroll_schema, djamo_payroll_runs, djamo_payroll_payouts, djamo_payroll_parts, djamo_payroll_gates, djamo_payroll_approvals", "migrate it first", ""},
		"ours is newer":     {"UPDATE djamo_payroll_schema SET version = 99", "99", "99"},
		"River's is newer":  {"INSERT INTO river_migration (line, version) VALUES ('main', 99)", "99", "99"},
		"River's is absent": {"DROP TABLE river_migration", "River's tables are behind", "exists"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := migrated(t)
			execute(t, pool, row.change)
			err := riverpayroll.Check(t.Context(), pool)
			require.ErrorIs(t, err, payroll.ErrJournal)
			require.ErrorContains(t, err, row.want)
			err = riverpayroll.Migrate(t.Context(), pool)
			if row.migrate == "" {
				require.NoError(t, err)
				require.NoError(t, riverpayroll.Check(t.Context(), pool))
				return
			}
			require.ErrorContains(t, err, row.migrate)
		})
	}
}
