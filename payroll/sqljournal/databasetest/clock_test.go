package databasetest_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

func execute(t testing.TB, db *sql.DB, statement string) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), statement)
	require.NoError(t, err)
}

// The clock of the database was set back by an hour while everything that it had measured stands.
func TestClock_SetBack(t *testing.T) {
	t.Parallel()
	t.Run("a lease", func(t *testing.T) {
		t.Parallel()
		db := migrated(t)
		divided(t, db, "run", planOf(t, 2), 2)
		part := openPart(t, db, "run", 1)
		_, err := part.Acquire(t.Context(), "gone", 5*time.Second)
		require.NoError(t, err)
		execute(t, db, "UPDATE djamo_payroll_parts SET until = until + INTERVAL '1 hour'")
		held := (*payroll.HeldError)(nil)
		_, err = part.Acquire(t.Context(), "next", time.Minute)
		require.ErrorAs(t, err, &held)
		require.LessOrEqual(t, held.ExpiresIn, 5*time.Second)
		require.Eventually(t, func() bool { _, err := part.Acquire(t.Context(), "next", time.Minute); return err == nil }, 5*time.Minute, 50*time.Millisecond)
	})
	t.Run("a lease of a run", func(t *testing.T) {
		t.Parallel()
		db := migrated(t)
		whole := openPostgres(t, db, "run")
		_, err := whole.Acquire(t.Context(), "gone", time.Minute)
		require.NoError(t, err)
		execute(t, db, "UPDATE djamo_payroll_runs SET until = until + INTERVAL '1 hour'")
		held := (*payroll.HeldError)(nil)
		_, err = divide(t, db, "run", planOf(t, 2), 2)
		require.ErrorAs(t, err, &held)
		require.LessOrEqual(t, held.ExpiresIn, time.Minute)
		_, err = whole.Acquire(t.Context(), "next", time.Minute)
		require.ErrorAs(t, err, &held)
		require.LessOrEqual(t, held.ExpiresIn, time.Minute)
	})
	t.Run("the quiet period", func(t *testing.T) {
		t.Parallel()
		db := migrated(t)
		divided(t, db, "run", planOf(t, 2), 2)
		execute(t, db, "UPDATE djamo_payroll_parts SET lost = lost + INTERVAL '1 hour'")
		part := openPart(t, db, "run", 1)
		_, err := part.SinceLostAnswer(t.Context())
		require.NoError(t, err)
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // the clock of the database
		silence, err := part.SinceLostAnswer(t.Context())
		require.NoError(t, err)
		require.Greater(t, silence, 15*time.Millisecond, "it counts from when that was noticed")
	})
	t.Run("a gate", func(t *testing.T) {
		t.Parallel()
		db := migrated(t)
		gate := sqljournal.Gate{DB: db, Name: "token"}
		require.NoError(t, gate.Close(t.Context(), time.Minute))
		execute(t, db, "UPDATE djamo_payroll_gates SET until = until + INTERVAL '1 hour', closed = closed + INTERVAL '1 hour'")
		left, err := gate.Closed(t.Context())
		require.NoError(t, err)
		require.Zero(t, left)
		require.NoError(t, gate.Close(t.Context(), 30*time.Second))
		left, err = gate.Closed(t.Context())
		require.NoError(t, err)
		require.Positive(t, left)
		require.LessOrEqual(t, left, 30*time.Second)
	})
}

// A standby was promoted that had not got the last claims: what it calls planned may have been sent. It is looked up first.
func TestFailover_WhatIsPlannedMayHaveBeenSent(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	part, lease, payouts := claimed(t, db)
	require.NoError(t, part.Advance(t.Context(), lease, to(payouts[0], payroll.Completed)))
	execute(t, db, "UPDATE djamo_payroll_payouts SET state = 'planned' WHERE state = 'submitting'") // the claim was lost
	execute(t, db, "UPDATE djamo_payroll_parts SET timeline = 'FFFFFFFF', lost = lost - INTERVAL '1 hour'")

	next := openPart(t, db, "run", 1)
	waiting, err := next.Payouts(t.Context(), 0, 100, payroll.Submitting)
	require.NoError(t, err)
	require.Len(t, waiting, 9, "all but the one that is final")
	silence, err := next.SinceLostAnswer(t.Context())
	require.NoError(t, err)
	require.Less(t, silence, time.Minute, "the quiet period begins")

	again := openPart(t, db, "run", 1)
	require.NoError(t, again.Advance(t.Context(), lease, to(waiting[0], payroll.Planned)))
	planned, err := openPart(t, db, "run", 1).Payouts(t.Context(), 0, 100, payroll.Planned)
	require.NoError(t, err)
	require.Len(t, planned, 1, "once is enough")
}

// Of two that notice it at once, the second finds that the first has done it: what the first one plans to send stays planned.
func TestFailover_IsNotedByOne(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	claimed(t, db)
	planned := func() (count int) {
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM djamo_payroll_payouts WHERE state = 'planned'").Scan(&count))
		return count
	}
	before := planned()
	require.Positive(t, before)
	var here string
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT timeline FROM djamo_payroll_parts WHERE part = 1").Scan(&here))
	execute(t, db, "UPDATE djamo_payroll_parts SET timeline = 'FFFFFFFF' WHERE part = 1")
	first, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer first.Rollback()
	_, err = first.ExecContext(t.Context(), "UPDATE djamo_payroll_parts SET timeline = $1 WHERE part = 1", here)
	require.NoError(t, err)
	opened := make(chan error, 1)
	go func() {
		_, err := sqljournal.OpenPart(context.WithoutCancel(t.Context()), db, "run", 1)
		opened <- err
	}()
	require.Eventually(t, func() bool {
		var waiting bool
		const query = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
		require.NoError(t, db.QueryRowContext(t.Context(), query).Scan(&waiting))
		return waiting
	}, time.Minute, 10*time.Millisecond)
	require.NoError(t, first.Commit())
	require.NoError(t, <-opened)
	require.Equal(t, before, planned())
}

// The same for a run that one process drives, which notices when it is opened.
func TestFailover_OfARunThatWasNotDivided(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	whole := openPostgres(t, db, "run")
	payouts, lease := planned(t, whole, 3)
	require.NoError(t, whole.Advance(t.Context(), lease, to(payouts[0], payroll.Submitting)))
	require.NoError(t, whole.Release(t.Context(), lease))
	require.Equal(t, int64(2), count(t, openPostgres(t, db, "run"), payroll.Planned), "it is the same server")
	execute(t, db, "UPDATE djamo_payroll_payouts SET state = 'planned'") // the claim was lost
	execute(t, db, "UPDATE djamo_payroll_runs SET timeline = 'FFFFFFFF'")
	require.Equal(t, int64(3), count(t, openPostgres(t, db, "run"), payroll.Submitting))
	execute(t, db, "UPDATE djamo_payroll_payouts SET state = 'planned' WHERE id = 1")
	require.Equal(t, int64(1), count(t, openPostgres(t, db, "run"), payroll.Planned), "once is enough")
}

// Neither tables that a newer program has changed nor a server that another has taken the place of are claimed or sent
// under, by whoever had the part before.
func TestPart_NoticesWhatChangesUnderIt(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	part, lease, payouts := claimed(t, db)
	execute(t, db, "UPDATE djamo_payroll_schema SET version = 99")
	require.ErrorIs(t, part.CheckSend(t.Context(), lease), payroll.ErrJournal)
	require.ErrorIs(t, part.Advance(t.Context(), lease, to(payouts[2], payroll.Submitting)), payroll.ErrJournal)
	require.NoError(t, part.Advance(t.Context(), lease, to(payouts[0], payroll.Unknown)), "what was sent is recorded")
	_, err := sqljournal.OpenPart(t.Context(), db, "run", 1)
	require.ErrorContains(t, err, "99")
}

// An acknowledged commit must be on the disk, and on each synchronous standby.
func TestOpen_RefusesWeakCommits(t *testing.T) {
	t.Parallel()
	for _, setting := range []string{"off", "local", "remote_write"} {
		db := opened(t, "pgx", schemaAddress(t)+"&synchronous_commit="+setting)
		err := sqljournal.Check(t.Context(), db, sqljournal.PostgreSQL)
		require.ErrorIs(t, err, payroll.ErrJournal, setting)
		require.ErrorContains(t, err, "synchronous_commit is "+setting)
	}
}

// A database whose sessions may only read is refused at the start, and not by each write.
func TestOpen_RefusesReadOnlySessions(t *testing.T) {
	t.Parallel()
	db := opened(t, "pgx", schemaAddress(t)+"&default_transaction_read_only=on")
	err := sqljournal.Check(t.Context(), db, sqljournal.PostgreSQL)
	require.ErrorIs(t, err, payroll.ErrJournal)
	require.ErrorContains(t, err, "set default_transaction_read_only to off")
}

// Tables of another history, as a server has them that has taken the place of the one where the part was opened, are claimed and
// sent under by nobody who had the part before. What was sent is recorded.
func TestPart_NoticesAnotherServer(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	part, lease, payouts := claimed(t, db)
	execute(t, db, "ALTER TABLE djamo_payroll_payouts RENAME TO before")
	execute(t, db, "CREATE TABLE djamo_payroll_payouts (LIKE before INCLUDING ALL)")
	execute(t, db, "INSERT INTO djamo_payroll_payouts SELECT * FROM before") //nolint:unqueryvet // all that was there
	require.ErrorIs(t, part.CheckSend(t.Context(), lease), payroll.ErrLeaseLost)
	require.ErrorIs(t, part.Advance(t.Context(), lease, to(payouts[2], payroll.Submitting)), payroll.ErrLeaseLost)
	require.NoError(t, part.Advance(t.Context(), lease, to(payouts[0], payroll.Completed)), "what was sent is recorded")
}
