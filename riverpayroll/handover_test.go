package riverpayroll

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/pgtest"
)

// A job that waits for less than River's scheduler ticks is added at once and waits by itself.
func TestSettleIn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		wait      time.Duration
		scheduled bool
	}{
		"at once":          {wait: time.Millisecond},
		"before the tick":  {wait: time.Second},
		"with the tick":    {wait: schedulerTick},
		"beyond the tick":  {wait: schedulerTick + time.Millisecond, scheduled: true},
		"the longest poll": {wait: time.Minute, scheduled: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				options, err := settleIn(test.wait)
				require.NoError(t, err)
				require.Equal(t, QueueSettle, options.Queue)
				if test.scheduled {
					require.Equal(t, time.Now().Add(test.wait), options.ScheduledAt)
					require.Zero(t, notYet(first(options.Metadata)), "River itself waits")
					return
				}
				require.Zero(t, options.ScheduledAt)
				require.Equal(t, test.wait, notYet(first(options.Metadata)))
				time.Sleep(test.wait) //nolint:forbidigo // of the bubble
				require.LessOrEqual(t, notYet(first(options.Metadata)), time.Duration(0))
			})
		})
	}
}

// first is the row of a job that runs for the first time.
func first(metadata []byte) *rivertype.JobRow {
	return &rivertype.JobRow{AttemptedBy: []string{"worker"}, Metadata: metadata}
}

func TestNotYet_OtherMetadata(t *testing.T) {
	t.Parallel()
	for _, metadata := range []string{"", "{}", `{"snoozes": 3}`, `{"djamo_not_before": 17}`} {
		require.LessOrEqual(t, notYet(first([]byte(metadata))), time.Duration(0), metadata)
	}
}

func TestNotYet_WrongClock(t *testing.T) {
	t.Parallel()
	job := first([]byte(`{"djamo_not_before": "2999-01-01T00:00:00Z"}`))
	require.Equal(t, schedulerTick, notYet(job))
	job.AttemptedBy = append(job.AttemptedBy, "worker")
	require.Zero(t, notYet(job), "it has waited")
}

// A worker that is frozen while it replaces a job loses its transaction, and with it the job's lock.
func TestGiveWay(t *testing.T) {
	t.Parallel()
	address := pgtest.Address(t)
	pool, err := pgxpool.New(t.Context(), address)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	tx, err := pool.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, giveWay(t.Context(), tx))
	var limit string
	require.NoError(t, tx.QueryRow(t.Context(), "SHOW idle_in_transaction_session_timeout").Scan(&limit))
	require.Equal(t, "10s", limit)
	require.NoError(t, tx.Rollback(t.Context()))
}

// A transaction sees what was committed while it waited for the run, whatever the database's default is: what it read before
// would end the job of a run that was just resumed.
func TestLockRun_SeesWhatWasCommitted(t *testing.T) {
	t.Parallel()
	config, err := pgxpool.ParseConfig(pgtest.Database(t, "pgx"))
	require.NoError(t, err)
	config.ConnConfig.RuntimeParams["default_transaction_isolation"] = "repeatable read"
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	require.NoError(t, Migrate(t.Context(), pool))
	_, err = pool.Exec(t.Context(), "INSERT INTO djamo_payroll_runs (name, cancelled) VALUES ('june', now())")
	require.NoError(t, err)
	tx, err := begin(t.Context(), pool)
	require.NoError(t, err)
	cancelled, err := lockRun(t.Context(), tx, "june")
	require.NoError(t, err)
	require.True(t, cancelled)
	_, err = pool.Exec(t.Context(), "UPDATE djamo_payroll_runs SET cancelled = NULL")
	require.NoError(t, err)
	cancelled, err = lockRun(t.Context(), tx, "june")
	require.NoError(t, err)
	require.False(t, cancelled)
	require.NoError(t, tx.Rollback(t.Context()))
}

// Runs of which nothing is sent make no process forget that another was compared a moment ago: it would read the account's
// payments of a month again.
func TestComparisons_RememberWhatIsSent(t *testing.T) {
	t.Parallel()
	var known comparisons
	known.of("sending", nil).run.at = time.Now()
	for i := range 1_000 {
		known.of(strconv.Itoa(i), nil)
	}
	require.False(t, known.of("sending", nil).run.at.IsZero())
	require.LessOrEqual(t, len(known.runs), 100)
}
