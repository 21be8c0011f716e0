package databasetest_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/approval"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// alterations are what somebody who can write into the tables may do to a plan of three payouts after it was approved, and how to
// undo it.
func alterations() map[string][2]string {
	const set, of = "UPDATE djamo_payroll_payouts SET ", " WHERE id = 2"
	return map[string][2]string{
		"amount":      {set + "amount = amount + 1" + of, set + "amount = amount - 1" + of},
		"phone":       {set + "msisdn = '+2250799999999'" + of, ""},
		"reference":   {set + "reference = 'again'" + of, ""},
		"description": {set + "description = 'Prime'" + of, ""},
		"one more": {`INSERT INTO djamo_payroll_payouts (run, id, line, msisdn, amount, reference, description, name, state)
			SELECT run, 4, 4, msisdn, amount, 'new', description, name, state FROM djamo_payroll_payouts WHERE id = 1`,
			"DELETE FROM djamo_payroll_payouts WHERE id = 4"},
		"one less":        {"DELETE FROM djamo_payroll_payouts WHERE id = 3", ""},
		"other numbers":   {set + "id = 9 WHERE id = 3", set + "id = 3 WHERE id = 9"},
		"no longer money": {set + "amount = 9223372036854775807 WHERE id IN (1, 2)", ""},
	}
}

// What was altered in the table after two people have signed is not paid, whether it was altered before the program began or after
// it had looked.
func TestApproval_OfPayoutsThatWereAltered(t *testing.T) {
	t.Parallel()
	for _, place := range places() {
		for name, change := range alterations() {
			t.Run(string(place.dialect)+"/"+name, func(t *testing.T) {
				t.Parallel()
				dsn := place.dsn(t)
				db := opened(t, place.driver, dsn)
				plan := namedPlan(t, 3)
				journal, lease := storedRun(t, db, place.dialect, plan, true)
				alter := func(query string) {
					require.NoError(t, journal.Close()) // a file is one journal's
					_, err := db.ExecContext(t.Context(), query)
					require.NoError(t, err)
					journal, err = sqljournal.Open(t.Context(), db, place.dialect, "june")
					require.NoError(t, err)
					lease, err = journal.Acquire(t.Context(), owner, long)
					require.NoError(t, err)
				}
				alter(change[0])
				defer func() { require.NoError(t, journal.Close()) }()
				payouts, err := journal.Payouts(t.Context(), 0, 10)
				require.NoError(t, err)
				refusedFor(t, journal.CheckApproval(t.Context(), plan.PlanInfo, payer), approval.Altered)
				refusedFor(t, journal.Advance(t.Context(), lease, to(payouts[0], payroll.Submitting)), approval.Altered)
				refusedFor(t, journal.Advance(t.Context(), lease, to(payouts[0], payroll.Submitting), to(payouts[1], payroll.Submitting)),
					approval.Altered)
				left, err := journal.Payouts(t.Context(), 0, 10, payroll.Submitting)
				require.NoError(t, err)
				require.Empty(t, left, "nothing was claimed")
				if change[1] == "" {
					return
				}
				alter(change[1])
				payouts, err = journal.Payouts(t.Context(), 0, 10)
				require.NoError(t, err)
				require.NoError(t, journal.CheckApproval(t.Context(), plan.PlanInfo, payer))
				require.NoError(t, journal.Advance(t.Context(), lease, to(payouts[0], payroll.Submitting)))
			})
		}
	}
}

// A row that is altered while the program runs is claimed only as it was approved.
func TestApproval_OfPayoutsThatAreAlteredMeanwhile(t *testing.T) {
	t.Parallel()
	for _, place := range places() {
		t.Run(string(place.dialect), func(t *testing.T) {
			t.Parallel()
			db := opened(t, place.driver, place.dsn(t))
			plan := namedPlan(t, 3)
			journal, lease := storedRun(t, db, place.dialect, plan, true)
			defer journal.Close()
			require.NoError(t, journal.CheckApproval(t.Context(), plan.PlanInfo, payer))
			payouts, err := journal.Payouts(t.Context(), 0, 10)
			require.NoError(t, err)
			read := payouts[1]
			read.Amount++ // as it would be read from a table that was altered and is altered back
			require.ErrorIs(t, journal.Advance(t.Context(), lease, to(read, payroll.Submitting)), payroll.ErrLeaseLost)
			require.ErrorIs(t, journal.Advance(t.Context(), lease, to(payouts[0], payroll.Submitting), to(read, payroll.Submitting)),
				payroll.ErrLeaseLost)
			if place.dialect == sqljournal.PostgreSQL { // others may write while the journal is open
				_, err = db.ExecContext(t.Context(), "UPDATE djamo_payroll_payouts SET amount = amount + 1 WHERE id = 2")
				require.NoError(t, err)
				refusedFor(t, journal.Advance(t.Context(), lease, to(read, payroll.Submitting)), approval.Altered)
				_, err = db.ExecContext(t.Context(), "UPDATE djamo_payroll_payouts SET amount = amount - 1 WHERE id = 2")
				require.NoError(t, err)
			}
			require.NoError(t, journal.Advance(t.Context(), lease, to(payouts[0], payroll.Submitting), to(payouts[1], payroll.Submitting)))
		})
	}
}

// The parts of a run look at the whole of it, together if they share what they have read.
func TestApproval_OfPartsThatWereAltered(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	plan := namedPlan(t, 4)
	demand(t, db, sqljournal.PostgreSQL)
	journal := openPostgres(t, db, "june")
	require.NoError(t, approve(t, journal.Journal, ask(t, journal.Journal, plan), 0))
	divided(t, db, "june", plan, 2)
	_, err := db.ExecContext(t.Context(), "UPDATE djamo_payroll_payouts SET amount = amount + 1 WHERE id = 4")
	require.NoError(t, err)
	seals := &sqljournal.Seals{}
	first, second := openPart(t, db, "june", 1), openPart(t, db, "june", 2)
	first.Share(seals)
	second.Share(seals)
	lease, err := first.Acquire(t.Context(), owner, long)
	require.NoError(t, err)
	payouts, err := first.Payouts(t.Context(), 0, 10)
	require.NoError(t, err)
	refusedFor(t, first.CheckApproval(t.Context(), plan.PlanInfo, payer), approval.Altered)
	refusedFor(t, first.Advance(t.Context(), lease, to(payouts[0], payroll.Submitting)), approval.Altered)

	_, err = db.ExecContext(t.Context(), "UPDATE djamo_payroll_payouts SET amount = amount - 1 WHERE id = 4")
	require.NoError(t, err)
	require.NoError(t, first.Advance(t.Context(), lease, to(payouts[0], payroll.Submitting)))
	_, err = db.ExecContext(t.Context(), "UPDATE djamo_payroll_payouts SET amount = amount + 1 WHERE id = 4")
	require.NoError(t, err)
	lease, err = second.Acquire(t.Context(), owner, long)
	require.NoError(t, err)
	payouts, err = second.Payouts(t.Context(), 0, 10)
	require.NoError(t, err)
	refusedFor(t, second.Advance(t.Context(), lease, to(payouts[1], payroll.Submitting)), approval.Altered)
	require.NoError(t, second.Advance(t.Context(), lease, to(payouts[0], payroll.Submitting)), "what was approved is what is read")
}

// storedRun is a run that is stored, in a journal that demands two signatures, and has them, if approved is set.
func storedRun(
	t testing.TB, db *sql.DB, of sqljournal.Dialect, plan *payroll.Plan, approved bool,
) (*sqljournal.Journal, payroll.Lease) {
	t.Helper()
	if approved {
		signedFor(t, db, of, plan)
	}
	journal, err := sqljournal.Open(t.Context(), db, of, plan.Run)
	require.NoError(t, err)
	lease, err := journal.Acquire(t.Context(), owner, long)
	require.NoError(t, err)
	require.NoError(t, journal.Plan(t.Context(), lease, plan))
	return journal, lease
}

// signedFor has a database demand two signatures, and two people sign for a plan.
func signedFor(t testing.TB, db *sql.DB, of sqljournal.Dialect, plan *payroll.Plan) {
	t.Helper()
	demand(t, db, of)
	journal, err := sqljournal.Open(t.Context(), db, of, plan.Run)
	require.NoError(t, err)
	require.NoError(t, approve(t, journal, ask(t, journal, plan), time.Second))
	require.NoError(t, journal.Close())
}
