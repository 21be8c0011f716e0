package riverpayroll

import (
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// A worker that has asked about a part for long enough ends its job only if that still holds when it does: a job that has sent
// since, or a run that was resumed, relies on it to go on asking.
func TestGiveUp_LooksAgain(t *testing.T) {
	t.Parallel()
	const sent = "UPDATE djamo_payroll_payouts SET sent_at = CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000000 AS BIGINT) WHERE id = 1"
	for name, row := range map[string]struct {
		change string // what another worker, or a person, does in the last moment
		ended  bool
	}{
		"nothing happened":           {"SELECT", true},
		"the run was resumed":        {"UPDATE djamo_payroll_runs SET resumed = clock_timestamp()", false},
		"a payout was sent":          {sent, false},
		"a payout was planned again": {"UPDATE djamo_payroll_payouts SET state = 'planned' WHERE id = 2", false},
		"another has taken the job":  {"UPDATE river_job SET state = 'completed', finalized_at = now() WHERE state = 'running'", true},
		"its outcomes were found":    {"UPDATE djamo_payroll_payouts SET state = 'completed'", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, QueueSettle)
			pool := s.traced(t, "SELECT pg_try_advisory_xact_lock_shared", func() { s.execute(t, row.change) })
			db := stdlib.OpenDBFromPool(pool)
			t.Cleanup(func() { require.NoError(t, db.Close()) })
			part, err := sqljournal.OpenPart(t.Context(), db, "june", 1)
			require.NoError(t, err)
			w := &partWorker{pool: pool, runner: payroll.Runner{IdleTimeout: time.Hour, Logger: slog.New(slog.DiscardHandler)}}
			ended, err := w.giveUp(s.working(t), s.job, part, payroll.Totals{})
			require.NoError(t, err)
			require.Equal(t, row.ended, ended)
			require.Equal(t, !row.ended, s.count(t, "SELECT count(*) FROM river_job WHERE state = 'running'") == 1)
		})
	}
}
