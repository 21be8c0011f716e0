package databasetest_test

import (
	"context"
	"database/sql"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// to is a payout's step to a state.
func to(p payroll.Payout, state payroll.State) payroll.Change {
	change := payroll.Change{From: p.State, Payout: p}
	change.Payout.State = state
	return change
}

// claimed opens the first part of a run of 20 payouts in two parts, and claims two of its payouts.
func claimed(t testing.TB, db *sql.DB) (*partJournal, payroll.Lease, []payroll.Payout) {
	t.Helper()
	divided(t, db, "run", planOf(t, 20), 10)
	part := openPart(t, db, "run", 1)
	lease, err := part.Acquire(t.Context(), "payer", time.Hour)
	require.NoError(t, err)
	payouts, err := part.Payouts(t.Context(), 0, 10)
	require.NoError(t, err)
	require.NoError(t, part.Advance(t.Context(), lease, to(payouts[0], payroll.Submitting), to(payouts[1], payroll.Submitting)))
	require.NoError(t, part.CheckSend(t.Context(), lease))
	payouts[0].State, payouts[1].State = payroll.Submitting, payroll.Submitting
	return part, lease, payouts
}

// A part that was opened, and whose lease was taken, before the run was cancelled claims and sends nothing after it, and
// records what was under way.
func TestCancel_IsSeenByWhoeverHoldsAPart(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	part, lease, payouts := claimed(t, db)
	cancellation, err := sqljournal.Cancel(t.Context(), db, "run")
	require.NoError(t, err)
	require.ErrorIs(t, part.CheckSend(t.Context(), lease), payroll.ErrCancelled)
	require.ErrorIs(t, part.Advance(t.Context(), lease, to(payouts[2], payroll.Submitting)), payroll.ErrCancelled)
	require.False(t, part.Cancelled(), "it was opened before")

	holders, err := cancellation.Holders(t.Context())
	require.NoError(t, err)
	require.Len(t, holders, 1)
	require.Equal(t, int64(2), holders[0].Payouts)
	require.Equal(t, "payer", holders[0].Owner)
	require.WithinDuration(t, time.Now().Add(time.Hour), holders[0].Until, 10*time.Minute)
	require.Less(t, holders[0].Silent, 10*time.Minute)
	require.NoError(t, part.Advance(t.Context(), lease, to(payouts[0], payroll.Completed), to(payouts[1], payroll.Planned)))
	holders, err = cancellation.Holders(t.Context())
	require.NoError(t, err)
	require.Empty(t, holders)
	underWay, unrecorded, err := cancellation.UnderWay(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(1), underWay, "the other has not left")
	require.Zero(t, unrecorded)
	require.True(t, openPart(t, db, "run", 2).Cancelled())
}

// A worker that does not answer any more holds a cancellation up until its lease ends and no longer.
func TestCancel_HolderEndsWithItsLease(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	claimed(t, db)
	cancellation, err := sqljournal.Cancel(t.Context(), db, "run")
	require.NoError(t, err)
	for _, change := range []string{"until = clock_timestamp()", "until = clock_timestamp() + INTERVAL '2 hours'"} { // the latter after the clock was set back
		_, err = db.ExecContext(t.Context(), "UPDATE djamo_payroll_parts SET "+change+" WHERE part = 1")
		require.NoError(t, err)
		holders, err := cancellation.Holders(t.Context())
		require.NoError(t, err)
		require.Empty(t, holders, change)
	}
	underWay, unrecorded, err := cancellation.UnderWay(t.Context())
	require.NoError(t, err)
	require.Equal(t, []int64{2, 2}, []int64{underWay, unrecorded}, "what became of them is known to nobody")
}

// A resume that began before a run was cancelled, or cancelled once more, does not undo that.
func TestRefuseCancelledSince(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	divided(t, db, "run", planOf(t, 20), 10)
	refuse := func(seen time.Time) error {
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		defer tx.Rollback()
		return sqljournal.RefuseCancelledSince(t.Context(), tx, "run", seen)
	}
	require.NoError(t, refuse(time.Time{}))
	_, err := db.ExecContext(t.Context(), "UPDATE djamo_payroll_runs SET cancelled = clock_timestamp() + INTERVAL '1 hour'") // the clock was set back
	require.NoError(t, err)
	infos, err := sqljournal.ListRuns(t.Context(), db, sqljournal.PostgreSQL)
	require.NoError(t, err)
	seen := infos[0].CancelledAt
	require.ErrorIs(t, refuse(time.Time{}), payroll.ErrCancelled, "it went on when it was looked at")
	require.NoError(t, refuse(seen))
	again, err := sqljournal.Cancel(t.Context(), db, "run")
	require.NoError(t, err)
	require.True(t, again.At.After(seen))
	require.ErrorIs(t, refuse(seen), payroll.ErrCancelled, "a person has cancelled it since")
	require.NoError(t, refuse(again.At))
}

// Whoever cancels a run that is about to be resumed waits until it is: the cancellation comes after the resume, and holds.
func TestRefuseCancelledSince_HoldsUpWhoCancels(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	divided(t, db, "run", planOf(t, 20), 10)
	resume, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer resume.Rollback()
	require.NoError(t, sqljournal.RefuseCancelledSince(t.Context(), resume, "run", time.Time{}))
	cancel, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer cancel.Rollback()
	_, err = cancel.ExecContext(t.Context(), "SET LOCAL lock_timeout = '100ms'")
	require.NoError(t, err)
	_, err = cancel.ExecContext(t.Context(), "UPDATE djamo_payroll_runs SET cancelled = clock_timestamp()")
	require.ErrorContains(t, err, "lock timeout")
}

// What was cancelled goes on when a person resumes it, and not when a program enqueues it again.
func TestCancel_UntilItIsResumed(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	part, lease, payouts := claimed(t, db)
	_, err := sqljournal.Cancel(t.Context(), db, "run")
	require.NoError(t, err)
	_, err = divide(t, db, "run", planOf(t, 20), 10)
	require.ErrorIs(t, err, payroll.ErrCancelled)
	require.ErrorIs(t, part.CheckSend(t.Context(), lease), payroll.ErrCancelled)
	require.Equal(t, []int64{1, 2}, divided(t, db, "run", nil, 10))
	require.NoError(t, part.CheckSend(t.Context(), lease))
	require.NoError(t, part.Advance(t.Context(), lease, to(payouts[2], payroll.Submitting)))
	require.Equal(t, []int64{1, 2}, divided(t, db, "run", planOf(t, 20), 10))
}

func TestCancel_Refuses(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	planned(t, openPostgres(t, db, "one-machine"), 3)
	_, err := sqljournal.Cancel(t.Context(), db, "one-machine")
	require.ErrorIs(t, err, payroll.ErrNoPlan)
	_, err = sqljournal.Cancel(t.Context(), db, "one-machin")
	require.ErrorIs(t, err, payroll.ErrNoRun)
	require.ErrorContains(t, err, `did you mean "one-machine"?`)
}

// A run that is locked, by a process that is frozen or by a person who thinks, keeps nobody who gives up. It is locked all the time.
func TestCancelAndDivide_EndWithTheirContext(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	divided(t, db, "run", planOf(t, 20), 10)
	frozen, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer frozen.Rollback()
	_, err = frozen.ExecContext(t.Context(), "SELECT FROM djamo_payroll_runs FOR UPDATE")
	require.NoError(t, err)
	for name, call := range map[string]func(ctx context.Context) error{
		"not known": func(ctx context.Context) error { _, err := sqljournal.Cancel(ctx, db, "run"); return err },
		"nothing was stored": func(ctx context.Context) error {
			tx, err := db.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			defer tx.Rollback()
			_, err = sqljournal.Divide(ctx, tx, "run", nil, 10)
			return err
		},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		ended, before := make(chan error, 1), waiting(t, db)
		go func() { ended <- call(ctx) }()
		require.Eventually(t, func() bool {
			return slices.ContainsFunc(waiting(t, db), func(pid int) bool { return !slices.Contains(before, pid) })
		}, 5*time.Minute, time.Millisecond)
		cancel()
		err := <-ended
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorContains(t, err, "interrupted")
		require.ErrorContains(t, err, name)
	}
}

// waiting lists who waits for a lock in the test's schema.
func waiting(t testing.TB, db *sql.DB) (pids []int) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT pid FROM pg_stat_activity
		WHERE wait_event_type = 'Lock' AND application_name = current_setting('application_name')`)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var pid int
		require.NoError(t, rows.Scan(&pid))
		pids = append(pids, pid)
	}
	require.NoError(t, rows.Err())
	return pids
}

// A process that is frozen with a run locked loses its transaction after ten seconds, and every setting that it needed ends
// with the transaction.
func TestDivide_StandsStillForNoLongerThanTenSeconds(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	for set, want := range map[string]string{"0": "10s", "1h": "10s", "3s": "3s"} {
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		_, err = tx.ExecContext(t.Context(), "SELECT set_config('idle_in_transaction_session_timeout', $1, true)", set)
		require.NoError(t, err)
		_, err = sqljournal.Divide(t.Context(), tx, "run", planOf(t, 2), 10)
		require.NoError(t, err)
		var got string
		require.NoError(t, tx.QueryRowContext(t.Context(), "SHOW idle_in_transaction_session_timeout").Scan(&got))
		require.Equal(t, want, got)
		require.NoError(t, tx.Rollback())
	}
}

// A run whose plan is not stored, or not yet, is told of as that and hides no other.
func TestListRuns(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	openPostgres(t, db, "half-stored")
	planned(t, openPostgres(t, db, "one-machine"), 3)
	divided(t, db, "run", planOf(t, 20), 10)
	_, err := sqljournal.Cancel(t.Context(), db, "run")
	require.NoError(t, err)
	divided(t, db, "waiting", planOf(t, 20), 10)
	part := openPart(t, db, "waiting", 2)
	require.NoError(t, part.NoteTrouble(t.Context(), "503 for +2250748710523"))
	infos, err := sqljournal.ListRuns(t.Context(), db, sqljournal.PostgreSQL)
	require.NoError(t, err)
	require.Len(t, infos, 4)
	require.Equal(t, sqljournal.RunInfo{Name: "half-stored"}, infos[0])
	require.Equal(t, "one-machine", infos[1].Name)
	require.Equal(t, int64(3), infos[1].Plan.Count)
	require.Zero(t, infos[1].Parts)
	require.WithinDuration(t, time.Now(), infos[2].CancelledAt, time.Minute)
	require.Equal(t, int64(2), infos[2].Parts)
	require.Equal(t, int64(1), infos[3].Waiting)
	require.Equal(t, "503 for +22507******23", infos[3].Trouble)
	require.WithinDuration(t, time.Now(), infos[3].Since, time.Minute)

	require.NoError(t, openPart(t, db, "waiting", 2).NoteTrouble(t.Context(), ""))
	infos, err = sqljournal.ListRuns(t.Context(), db, sqljournal.PostgreSQL)
	require.NoError(t, err)
	require.Zero(t, infos[3].Waiting)
}

// A worker holds the run as it has opened it: not one that a person has resumed since, or cancelled.
func TestHold(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	for name, row := range map[string]struct{ change, held string }{
		"as it was": {"SELECT $1", "why"},
		"resumed":   {"UPDATE djamo_payroll_runs SET resumed = clock_timestamp() WHERE name = $1", ""},
		"cancelled": {"UPDATE djamo_payroll_runs SET cancelled = clock_timestamp() WHERE name = $1", ""},
	} {
		divided(t, db, name, planOf(t, 4), 2)
		part := openPart(t, db, name, 1)
		_, err := db.ExecContext(t.Context(), row.change, name)
		require.NoError(t, err)
		require.NoError(t, part.Hold(t.Context(), "why"))
		var held string
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT held FROM djamo_payroll_runs WHERE name = $1", name).Scan(&held))
		require.Equal(t, row.held, held, name)
	}
}
