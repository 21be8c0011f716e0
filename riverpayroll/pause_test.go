package riverpayroll_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/riverpayroll"
)

// pauseWhere makes the database pause at each statement of a kind on jobs, until the table of pauses is empty: whoever issues it stands
// still in the middle of its transaction.
func pauseWhere(t testing.TB, pool *pgxpool.Pool, event, condition string) {
	t.Helper()
	execute(t, pool, "CREATE TABLE pauses AS SELECT 1 AS pause")
	execute(t, pool, `CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS '
		BEGIN WHILE EXISTS (SELECT FROM pauses) LOOP PERFORM pg_sleep(0.05); END LOOP; RETURN NEW; END'`)
	execute(t, pool, "CREATE TRIGGER pause BEFORE "+event+" ON river_job FOR EACH ROW WHEN ("+condition+") EXECUTE FUNCTION pause()")
}

// paused reports whether somebody stands still there.
func paused(t testing.TB, pool *pgxpool.Pool) bool {
	t.Helper()
	var count int
	err := pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'").Scan(&count)
	require.NoError(t, err)
	return count > 0
}

// A worker stands still while it hands a part on, or takes one over, and the run is cancelled in that moment. The
// cancellation is not held up, and nothing of the part is paid by whatever the worker does when it goes on.
func TestCancel_WhileAWorkerStandsStill(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		event, condition string
		prepare          func(t *testing.T, pool *pgxpool.Pool)
	}{
		"handing a part on, before the next job": {"INSERT", "NEW.kind = 'djamo_payroll_part' AND NEW.queue = 'djamo_payroll_settle'", nil},
		"handing a part on, after the next job": {
			"UPDATE", "OLD.state = 'running' AND NEW.state = 'completed' AND NEW.kind = 'djamo_payroll_part'", nil,
		},
		"taking a part over": {
			"UPDATE", "OLD.state = 'running' AND NEW.state = 'completed' AND NEW.kind = 'djamo_payroll_part'",
			func(t *testing.T, pool *pgxpool.Pool) { t.Helper(); execute(t, pool, abandon) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool, server := migrated(t), newServer(t, djamotest.WithBalance(1)) // so the part is handed on with all its payouts planned
			plan, references := planOf(t, 3)
			enqueue(t, pool, plan, 0)
			if row.prepare != nil {
				row.prepare(t, pool)
			}
			pauseWhere(t, pool, row.event, row.condition)
			work(t, pool, runnerFor(t, server, pool))
			require.Eventually(t, func() bool { return paused(t, pool) }, soon, time.Millisecond)
			ctx, cancel := context.WithTimeout(t.Context(), soon)
			defer cancel()
			_, err := riverpayroll.Cancel(ctx, pool, run, riverpayroll.CancelOptions{})
			require.NoError(t, err, "it waits for nobody who stands still")
			require.Eventually(t, func() bool { return paused(t, pool) }, soon, time.Millisecond, "who does so still")
			require.NoError(t, server.SetBalance(1_000_000))
			execute(t, pool, "DELETE FROM pauses")
			execute(t, pool, "DROP TRIGGER pause ON river_job")                                                          // it waits until nobody pauses
			execute(t, pool, "UPDATE river_job SET state = 'available', scheduled_at = now() WHERE state = 'scheduled'") // or it would take a minute
			require.Eventually(t, func() bool { return running(t, pool) == 0 }, soon, 20*time.Millisecond)
			require.Empty(t, server.Transactions())
			_, err = resume(t, pool)
			require.NoError(t, err)
			paidSoon(t, pool)
			server.AssertPaidOnce(t, references...)
		})
	}
}

// buffer is a log that may be read while it is written.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// workLoudly is work with a log, and with whatever else is changed in River's configuration.
func workLoudly(t testing.TB, pool *pgxpool.Pool, runner payroll.Runner, change func(*river.Config)) *buffer {
	t.Helper()
	log := &buffer{}
	runner.Logger = slog.New(slog.NewTextHandler(log, nil))
	workers := river.NewWorkers()
	require.NoError(t, riverpayroll.AddWorkers(workers, riverpayroll.Config{Pool: pool, Runner: runner}))
	config := configFor(workers)
	config.Logger = slog.New(slog.DiscardHandler)
	change(config)
	client, err := river.NewClient(riverpgxv5.New(pool), config)
	require.NoError(t, err)
	require.NoError(t, client.Start(context.WithoutCancel(t.Context())))
	t.Cleanup(func() { require.NoError(t, client.Stop(context.WithoutCancel(t.Context()))) })
	return log
}

// A worker whose River is elsewhere says so: parts are enqueued where search_path leads.
func TestWorkers_RefuseAnotherSchema(t *testing.T) {
	t.Parallel()
	pool, server := migrated(t), newServer(t)
	execute(t, pool, "CREATE SCHEMA elsewhere")
	elsewhere := open(t, pool.Config().ConnString()+"&search_path=elsewhere")
	require.NoError(t, riverpayroll.Migrate(t.Context(), elsewhere))
	log := workLoudly(t, pool, runnerFor(t, server, pool), func(config *river.Config) { config.Schema = "elsewhere" })
	require.Eventually(t, func() bool {
		return strings.Contains(log.String(), "set search_path in the database's address")
	}, soon, 20*time.Millisecond)
}

// A discarded job is a defect, and is told of as one.
func TestWorkers_AlarmAboutDiscardedJobs(t *testing.T) {
	t.Parallel()
	pool, server := migrated(t), newServer(t)
	plan, _ := planOf(t, 3)
	enqueue(t, pool, plan, 0)
	execute(t, pool, "UPDATE river_job SET state = 'discarded', finalized_at = now() + interval '1 hour' WHERE kind = 'djamo_payroll_part'")
	log := workLoudly(t, pool, runnerFor(t, server, pool), func(*river.Config) {})
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "a job was discarded") }, soon, 20*time.Millisecond)
}
