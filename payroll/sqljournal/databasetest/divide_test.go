package databasetest_test

import (
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/journaltest"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// partJournal is the journal of a part and the pool it uses.
type partJournal struct {
	*sqljournal.Part

	db     *sql.DB
	number int64
}

// openPart opens a part of a run.
func openPart(t testing.TB, db *sql.DB, run string, number int64) *partJournal {
	t.Helper()
	part, err := sqljournal.OpenPart(t.Context(), db, run, number)
	require.NoError(t, err)
	return &partJournal{part, db, number}
}

func TestPart_IsAJournal(t *testing.T) {
	t.Parallel()
	journaltest.Run(t, journaltest.Harness{
		Planned: func(t testing.TB, run string, plan *payroll.Plan) payroll.Journal {
			t.Helper()
			db := migrated(t)
			require.Equal(t, []int64{1}, divided(t, db, run, plan, int(plan.Count)))
			return openPart(t, db, run, 1)
		},
		Reopen: func(t testing.TB, journal payroll.Journal, run string) payroll.Journal {
			t.Helper()
			before := journal.(*partJournal)
			return openPart(t, before.db, run, before.number)
		},
		Elapse: func(t testing.TB, journal payroll.Journal, d time.Duration) {
			t.Helper()
			_, err := journal.(*partJournal).db.ExecContext(t.Context(), "UPDATE djamo_payroll_parts SET until = until - $1 * INTERVAL '1 microsecond'", d.Microseconds())
			require.NoError(t, err)
		},
	})
}

// migrated is a schema with tables in it.
func migrated(t testing.TB) *sql.DB {
	t.Helper()
	db := newSchema(t)
	require.NoError(t, sqljournal.Migrate(t.Context(), db, sqljournal.PostgreSQL))
	require.NoError(t, sqljournal.Check(t.Context(), db, sqljournal.PostgreSQL))
	return db
}

// divided divides a run and commits.
func divided(t testing.TB, db *sql.DB, run string, plan *payroll.Plan, size int) []int64 {
	t.Helper()
	parts, err := divide(t, db, run, plan, size)
	require.NoError(t, err)
	return parts
}

func divide(t testing.TB, db *sql.DB, run string, plan *payroll.Plan, size int) ([]int64, error) {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	parts, err := sqljournal.Divide(t.Context(), tx, run, plan, size)
	if err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return parts, tx.Commit()
}

func TestDivide(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	require.Equal(t, []int64{1, 2, 3, 4}, divided(t, db, "run", planOf(t, 1700), 500))
	whole := openPostgres(t, db, "run")
	info, err := whole.Planned(t.Context())
	require.NoError(t, err)
	require.Equal(t, planOf(t, 1700).PlanInfo, info)

	count, total := int64(0), info.Total
	for number, want := range []int64{500, 500, 500, 200} {
		part := openPart(t, db, "run", int64(number)+1)
		of, err := part.Planned(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, of.Count)
		require.Equal(t, info.Digest, of.Digest)
		payouts, err := part.Payouts(t.Context(), 0, 1000, payroll.Planned)
		require.NoError(t, err)
		require.Len(t, payouts, int(want))
		require.Equal(t, count+1, payouts[0].ID)
		count += want
		total, err = total.Sub(of.Total)
		require.NoError(t, err)
	}
	require.Equal(t, int64(1700), count)
	require.Zero(t, total)
}

// A run in many parts takes little longer to divide than one in a single part: storing the payouts is most of it. If each
// part were compared with every payout, it would take 20 times as long. The fastest of each counts: a machine may be busy for a while.
func TestDivide_IntoManyParts(t *testing.T) {
	t.Parallel()
	const payouts, tries, patience = 20_000, 10, 6
	db := migrated(t)
	plan := planOf(t, payouts)
	timed := func(run string, size int) time.Duration {
		started := time.Now()
		require.Len(t, divided(t, db, run, plan, size), payouts/size)
		return time.Since(started)
	}
	whole, parts := time.Hour, time.Hour
	for try := range tries {
		whole = min(whole, timed(fmt.Sprint("whole ", try), payouts))
		parts = min(parts, timed(fmt.Sprint("parts ", try), 1))
		if parts < patience*whole {
			return
		}
	}
	t.Errorf("%d parts take %v, and one part %v", payouts, parts, whole)
}

func TestDivide_AgainReturnsWhatIsOpen(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	divided(t, db, "run", planOf(t, 20), 10)
	part := openPart(t, db, "run", 1)
	lease, err := part.Acquire(t.Context(), "payer", long)
	require.NoError(t, err)
	payouts, err := part.Payouts(t.Context(), 0, 100)
	require.NoError(t, err)
	for _, state := range []payroll.State{payroll.Submitting, payroll.Completed} {
		changes := make([]payroll.Change, len(payouts))
		for i := range payouts {
			changes[i].From = payouts[i].State
			payouts[i].State = state
			changes[i].Payout = payouts[i]
		}
		require.NoError(t, part.Advance(t.Context(), lease, changes...))
	}
	require.Equal(t, []int64{2}, divided(t, db, "run", planOf(t, 20), 10))
	require.Equal(t, []int64{2}, divided(t, db, "run", nil, 3), "its parts stay as they are")
	_, err = divide(t, db, "run", planOf(t, 19), 10)
	require.ErrorIs(t, err, payroll.ErrPlanDiffers)
}

func TestDivide_SeveralAtOnce(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	var group sync.WaitGroup
	plans := make([]*payroll.Plan, 4)
	for i := range plans {
		plans[i] = planOf(t, 1200)
	}
	results := make([][]int64, len(plans))
	for i, plan := range plans {
		group.Go(func() { results[i] = divided(t, db, "run", plan, 400) })
	}
	group.Wait()
	for _, parts := range results {
		require.Equal(t, []int64{1, 2, 3}, parts)
	}
	require.Equal(t, int64(1200), count(t, openPostgres(t, db, "run"), payroll.Planned))
}

func TestDivide_ARunThatIsDriven(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	whole := openPostgres(t, db, "run")
	payouts, lease := planned(t, whole, 3)
	_, err := divide(t, db, "run", nil, 2)
	require.ErrorIs(t, err, payroll.ErrLeaseHeld)
	require.NoError(t, whole.Release(t.Context(), lease))
	require.Equal(t, []int64{1, 2}, divided(t, db, "run", nil, 2))

	_, err = whole.Acquire(t.Context(), "another", long)
	require.ErrorIs(t, err, payroll.ErrDivided)
	step := payroll.Change{From: payroll.Planned, Payout: payouts[0]}
	step.Payout.State = payroll.Submitting
	require.ErrorIs(t, whole.Advance(t.Context(), lease, step), payroll.ErrLeaseLost)
	step.Payout.ID = 3
	part := openPart(t, db, "run", 1)
	own, err := part.Acquire(t.Context(), "payer", long)
	require.NoError(t, err)
	require.ErrorIs(t, part.Advance(t.Context(), own, step), payroll.ErrLeaseLost, "the payout is another part's")
}

func TestDivide_Refuses(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	for name, row := range map[string]struct {
		run  string
		plan *payroll.Plan
		size int
		want string
	}{
		"no name": {"", planOf(t, 1), 1, "cannot be the name of a run"},
		"no size": {"run", planOf(t, 1), 0, "a part of 0 payouts is none"},
		"no run":  {"run", nil, 1, `there is no run "run"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := divide(t, db, row.run, row.plan, row.size)
			require.ErrorContains(t, err, row.want)
		})
	}
	openPostgres(t, db, "empty")
	_, err := divide(t, db, "empty", nil, 1)
	require.ErrorIs(t, err, payroll.ErrNoPlan)
	_, err = divide(t, db, "emty", nil, 1)
	require.ErrorIs(t, err, payroll.ErrNoRun)
	require.ErrorContains(t, err, `did you mean "empty"?`)
	_, err = sqljournal.OpenPart(t.Context(), db, "nobody", 1)
	require.ErrorIs(t, err, payroll.ErrNoPlan)
}

// A repeated reference that slipped by the plan leaves nothing behind.
func TestDivide_RepeatedReference(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	checked := false
	plan, err := payroll.NewPlan(func(yield func(payroll.Payout, error) bool) {
		for payout := range payoutsOf(3) {
			if checked && payout.Reference == referenceOf(2) {
				payout.Reference = referenceOf(0)
			}
			if !yield(payout, nil) {
				return
			}
		}
	}, payroll.PlanOptions{})
	require.NoError(t, err)
	checked = true
	_, err = divide(t, db, "run", plan, 2)
	require.ErrorIs(t, err, payroll.ErrBadPlan)
	require.NoError(t, sqljournal.Check(t.Context(), db, sqljournal.PostgreSQL))
	names, err := sqljournal.Runs(t.Context(), db, sqljournal.PostgreSQL)
	require.NoError(t, err)
	require.Empty(t, names)
}

func TestPart_SilenceCountsFromTheLatestLoss(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	divided(t, db, "run", planOf(t, 2), 2)
	part := openPart(t, db, "run", 1)
	past := func() {
		_, err := db.ExecContext(t.Context(), "UPDATE djamo_payroll_parts SET lost = lost - INTERVAL '1 hour'")
		require.NoError(t, err)
	}
	silence := func() time.Duration {
		silence, err := part.SinceLostAnswer(t.Context())
		require.NoError(t, err)
		return silence
	}
	require.Less(t, silence(), time.Minute, "whoever drove the run before may have sent until it was divided")
	past()
	lease, err := part.Acquire(t.Context(), "payer", long)
	require.NoError(t, err)
	payouts, err := part.Payouts(t.Context(), 0, 1)
	require.NoError(t, err)
	step := func(to payroll.State) {
		change := payroll.Change{From: payouts[0].State}
		payouts[0].State = to
		change.Payout = payouts[0]
		require.NoError(t, part.Advance(t.Context(), lease, change))
	}
	step(payroll.Submitting)
	require.Greater(t, silence(), time.Hour-time.Minute)
	step(payroll.Unknown)
	require.Less(t, silence(), time.Minute)
	past()
	step(payroll.Unknown)
	require.Greater(t, silence(), time.Hour-time.Minute, "nothing new was lost")
}

func TestCheck_RefusesOtherVersions(t *testing.T) {
	t.Parallel()
	db := newSchema(t)
	err := sqljournal.Check(t.Context(), db, sqljournal.PostgreSQL)
	require.ErrorIs(t, err, payroll.ErrJournal)
	require.ErrorContains(t, err, "migrate it first")
	require.NoError(t, sqljournal.Migrate(t.Context(), db, sqljournal.PostgreSQL))
	_, err = db.ExecContext(t.Context(), "UPDATE djamo_payroll_schema SET version = 99")
	require.NoError(t, err)
	for _, err := range []error{
		sqljournal.Check(t.Context(), db, sqljournal.PostgreSQL), sqljournal.Migrate(t.Context(), db, sqljournal.PostgreSQL),
		func() error { _, err := divide(t, db, "run", planOf(t, 1), 1); return err }(),
	} {
		require.ErrorIs(t, err, payroll.ErrJournal)
		require.ErrorContains(t, err, "99")
	}
}

func TestMigrate_FromTheFirstVersion(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	for _, statement := range []string{
		"DROP TABLE djamo_payroll_parts, djamo_payroll_gates, djamo_payroll_approvals",
		"ALTER TABLE djamo_payroll_runs DROP COLUMN parts, DROP COLUMN cancelled, DROP COLUMN resumed, DROP COLUMN lease, " +
			"DROP COLUMN timeline, DROP COLUMN held, DROP COLUMN repeats_since, DROP COLUMN account",
		"ALTER TABLE djamo_payroll_payouts DROP COLUMN name, DROP COLUMN transaction_at", "UPDATE djamo_payroll_schema SET version = 1",
	} {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	require.ErrorContains(t, sqljournal.Check(t.Context(), db, sqljournal.PostgreSQL), "have version 1")
	require.NoError(t, sqljournal.Migrate(t.Context(), db, sqljournal.PostgreSQL))
	require.Equal(t, []int64{1}, divided(t, db, "run", planOf(t, 2), 2))
}

func TestPart_Held(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	divided(t, db, "run", planOf(t, 1), 1)
	part := openPart(t, db, "run", 1)
	held := func() bool {
		held, err := part.Held(t.Context())
		require.NoError(t, err)
		return held
	}
	require.False(t, held())
	lease, err := part.Acquire(t.Context(), "payer", long)
	require.NoError(t, err)
	require.True(t, held())
	require.NoError(t, part.Release(t.Context(), lease))
	require.False(t, held())
	_, err = part.Acquire(t.Context(), "payer", time.Microsecond)
	require.NoError(t, err)
	require.False(t, held(), "it has run out")
}

func TestGate(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	closed := func(name string) time.Duration {
		left, err := sqljournal.Gate{DB: db, Name: name}.Closed(t.Context())
		require.NoError(t, err)
		return left
	}
	gate := sqljournal.Gate{DB: db, Name: "a"}
	require.Zero(t, closed("a"))
	require.NoError(t, gate.Close(t.Context(), time.Hour))
	require.NoError(t, gate.Close(t.Context(), time.Second), "which opens nothing early")
	require.Greater(t, closed("a"), time.Minute)
	require.Zero(t, closed("b"))
	require.NoError(t, sqljournal.Gate{DB: db, Name: "b"}.Close(t.Context(), -time.Hour))
	require.Zero(t, closed("b"))
}
