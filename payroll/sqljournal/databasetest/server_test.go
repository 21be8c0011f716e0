package databasetest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/payroll"
)

// Two programs on one server: each has a journal of its own on the same run.

func TestPostgreSQL_RunPassesOnWhenItsLeaseRanOut(t *testing.T) {
	t.Parallel()
	db := newSchema(t)
	first, second := openPostgres(t, db, "run"), openPostgres(t, db, "run")
	payouts, stale := planned(t, first, 3)

	_, err := second.Acquire(t.Context(), "second", long)
	require.ErrorIs(t, err, payroll.ErrLeaseHeld)
	elapse(t, first, long)
	fresh, err := second.Acquire(t.Context(), "second", long)
	require.NoError(t, err)
	require.Equal(t, stale.Fence+1, fresh.Fence)

	step := payroll.Change{From: payroll.Planned, Payout: payouts[0]}
	step.Payout.State = payroll.Submitting
	require.ErrorIs(t, first.Advance(t.Context(), stale, step), payroll.ErrLeaseLost)
	require.ErrorIs(t, first.Plan(t.Context(), stale, planOf(t, 3)), payroll.ErrLeaseLost)
	require.NoError(t, first.Release(t.Context(), stale))
	require.NoError(t, second.Advance(t.Context(), fresh, step))
	require.Equal(t, int64(1), count(t, first, payroll.Submitting), "both see the same")
}

// A planner whose lease runs out in the middle, as when its machine sleeps, gives way to the next.
func TestPostgreSQL_TwoPlanAtOnce(t *testing.T) {
	t.Parallel()
	db := newSchema(t)
	first, second := openPostgres(t, db, "run"), openPostgres(t, db, "run")
	stale, err := first.Acquire(t.Context(), "first", long)
	require.NoError(t, err)

	outcome := make(chan error)
	checked := false
	plan, err := payroll.NewPlan(func(yield func(payroll.Payout, error) bool) {
		for payout := range payoutsOf(2000) {
			if checked && payout.Reference == referenceOf(1500) {
				elapse(t, first, long)
				fresh, err := second.Acquire(t.Context(), "second", long)
				require.NoError(t, err)
				later := planOf(t, 2000)
				go func() { outcome <- second.Plan(t.Context(), fresh, later) }()
			}
			if !yield(payout, nil) {
				return
			}
		}
	}, payroll.PlanOptions{})
	require.NoError(t, err)
	checked = true
	require.ErrorIs(t, first.Plan(t.Context(), stale, plan), payroll.ErrLeaseLost)
	require.NoError(t, <-outcome)
	require.Equal(t, int64(2000), count(t, first, payroll.Planned))
}

// The clock of the database measures leases, and it is real: the only test that waits for one.
func TestPostgreSQL_LeaseRunsOutByItself(t *testing.T) {
	t.Parallel()
	journal := openPostgres(t, newSchema(t), "run")
	const short = 50 * time.Millisecond
	_, err := journal.Acquire(t.Context(), "first", short)
	require.NoError(t, err)
	held := (*payroll.HeldError)(nil)
	for err = error(payroll.ErrLeaseHeld); err != nil; {
		if _, err = journal.Acquire(t.Context(), "second", short); err != nil {
			require.ErrorAs(t, err, &held)
			require.LessOrEqual(t, held.ExpiresIn, short)
		}
	}
}

// A server that ends the connection in the middle of a run ends the journal, and the next one goes on.
func TestPostgreSQL_ServerGoesAway(t *testing.T) {
	t.Parallel()
	db := newSchema(t)
	journal := openPostgres(t, db, "run")
	payouts, lease := planned(t, journal, 2)
	_, err := db.ExecContext(t.Context(), `SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
		WHERE pid <> pg_backend_pid() AND query = 'COMMIT' AND application_name = current_setting('application_name')`)
	require.NoError(t, err)
	step := payroll.Change{From: payroll.Planned, Payout: payouts[0]}
	step.Payout.State = payroll.Submitting
	require.ErrorIs(t, journal.Advance(t.Context(), lease, step), payroll.ErrJournal)
	require.ErrorIs(t, journal.Advance(t.Context(), lease, step), payroll.ErrJournal)

	again := openPostgres(t, db, "run")
	require.NoError(t, again.Advance(t.Context(), lease, step), "the lease outlives the connection")
}
