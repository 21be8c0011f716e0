package sqljournal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/djamo/djamo-go/internal/sqldb"
	"github.com/djamo/djamo-go/payroll"
)

// Divide stores a plan's payouts and divides the run into parts of at most so many, in the caller's transaction on
// PostgreSQL: all of it happens if and only if the caller commits, with whatever else is in the transaction. It returns
// the numbers of the parts that still have something to do; [OpenPart] opens each. A run that is divided stays so:
// [Journal.Acquire] fails with payroll.ErrDivided, and its journal is for reading.
//
// The run may be one that Runner.Run has begun, as long as nobody drives it now. Without a plan, the one that the
// run holds is divided. Repeated with the same plan, also by several processes at once, Divide changes nothing and
// returns the parts that are open.
//
// A run that was cancelled goes on when it is divided without a plan, which is what resumes it; with a plan it is refused
// with payroll.ErrCancelled, since a program that enqueues again whatever it is not sure of must not undo what a person
// has done.
//
// Divide ends soon after its context does. The transaction may then not stand still for longer than 10 s while it has the
// run locked, or the database ends it.
//
// The transaction must be READ COMMITTED. Where that is not the database's default, begin it with sql.LevelReadCommitted.
//
// Errors: payroll.ErrNoRun and payroll.ErrNoPlan, payroll.ErrPlanDiffers, payroll.ErrBadPlan, payroll.ErrJournal for tables of another
// version, payroll.ErrNotApproved where the journal demands an approval, and *payroll.HeldError while somebody drives the run.
// The transaction can only be rolled back then.
func Divide(ctx context.Context, tx *sql.Tx, run string, plan *payroll.Plan, size int) ([]int64, error) {
	d := postgres()
	switch {
	case run == "" || run != clean(run):
		return nil, fmt.Errorf("payroll: %q cannot be the name of a run", run)
	case size < 1:
		return nil, fmt.Errorf("payroll: a part of %d payouts is none", size)
	case plan != nil && plan.Run != "" && plan.Run != run:
		return nil, fmt.Errorf("%w: it is of the run %q, not %q", payroll.ErrPlanDiffers, run, plan.Run)
	}
	statements := map[string]*sql.Stmt{}
	division := division{
		transaction: &transaction{ctx: ctx, dialect: d, limit: planLimit, statement: func(ctx context.Context, query string) (*sql.Stmt, error) {
			statement, ok := statements[query]
			if ok {
				return statement, nil
			}
			statement, err := tx.PrepareContext(ctx, d.rebind(query))
			statements[query] = statement
			return statement, err
		}},
	}
	defer func() {
		for _, statement := range statements {
			if statement != nil {
				_ = statement.Close()
			}
		}
	}()
	open, err := division.divide(ctx, run, plan, size)
	switch {
	case err != nil && ctx.Err() != nil:
		err = fmt.Errorf("payroll: interrupted, nothing was stored: %w", context.Cause(ctx))
	case errors.As(err, new(storageError)):
		err = d.explain(err)
	}
	return open, err
}

// division is a run on its way into parts.
type division struct {
	*transaction

	held      *payroll.PlanInfo // the plan that the run holds
	parts     int64
	cancelled sql.NullTime
	heldWhy   string // why a worker has cancelled it
}

func (t *division) divide(ctx context.Context, run string, plan *payroll.Plan, size int) ([]int64, error) {
	if err := t.lockRun(run, plan != nil); err != nil {
		return nil, err
	}
	switch {
	case t.cancelled.Valid && plan != nil:
		return nil, cancelledError(t.cancelled.Time, t.heldWhy)
	case t.held != nil && plan != nil && *t.held != plan.PlanInfo:
		return nil, same(t.held, plan.PlanInfo, nil)
	case t.held == nil && plan == nil:
		return nil, payroll.ErrNoPlan
	}
	if err := t.checkApproved(plan); err != nil {
		return nil, err
	}
	if t.held == nil {
		p := planning{tx: t.transaction}
		err := p.storeAll(ctx, plan)
		switch {
		case errors.Is(err, errNotStored):
			return nil, p.repeated()
		case err != nil:
			return nil, err
		}
		if err := p.describe(plan); err != nil {
			return nil, err
		}
	}
	if t.parts == 0 {
		if err := t.cut(size); err != nil {
			return nil, err
		}
	}
	const resume = "UPDATE djamo_payroll_runs SET cancelled = NULL, held = '', resumed = clock_timestamp() WHERE id = ?"
	if err := t.exec(resume, t.run); err != nil {
		return nil, err
	}
	return t.open()
}

// checkApproved refuses to store a plan that is not approved, or to go on with one of which something may be sent.
func (t *division) checkApproved(plan *payroll.Plan) error {
	if plan != nil && t.held == nil {
		_, err := t.checkApproval(plan.Digest)
		return err
	}
	unsent := false
	err := t.query(func(rows *sql.Rows) error { return rows.Scan(&unsent) }, `SELECT EXISTS (SELECT FROM djamo_payroll_payouts
		WHERE run = ? AND state IN ('planned', 'submitting', 'unknown'))`, t.run)
	if err != nil || !unsent {
		return err
	}
	_, err = t.checkApproval("")
	return err
}

// lockRun finds the run, or makes it up if it may, and keeps everybody else from it until the transaction ends: but not for
// longer than a process that is frozen may take.
func (t *division) lockRun(run string, mayBeNew bool) error {
	isolation := ""
	err := t.query(func(rows *sql.Rows) error { return rows.Scan(&isolation, new(string)) }, "SELECT "+isolationAnd(shortIdle))
	if err != nil {
		return err
	}
	if err := checkIsolation(isolation); err != nil {
		return err
	}
	if err := t.checkVersion(); err != nil {
		return err
	}
	if mayBeNew {
		if err := t.exec(`INSERT INTO djamo_payroll_runs (name) VALUES (?) ON CONFLICT (name) DO NOTHING`, run); err != nil {
			return err
		}
	}
	held := &payroll.HeldError{}
	var left sql.NullInt64
	err = t.query(func(rows *sql.Rows) error {
		return rows.Scan(&t.run, &t.parts, &t.cancelled, &t.heldWhy, &held.Owner, &left)
	},
		`SELECT id, parts, cancelled, held, owner,
			LEAST(CAST(EXTRACT(EPOCH FROM until - clock_timestamp()) * 1000000 AS BIGINT), COALESCE(NULLIF(lease, 0), 60000000))
			FROM djamo_payroll_runs WHERE name = ? FOR UPDATE`, run)
	if err != nil {
		return err
	}
	if t.run == 0 {
		return t.noRun(run)
	}
	if held.Owner != "" && left.Int64 > 0 {
		held.ExpiresIn = sqldb.Microseconds(left.Int64)
		return held
	}
	return t.query(func(rows *sql.Rows) error {
		t.held = &payroll.PlanInfo{}
		return scanPlan(rows, t.held)
	}, selectPlan, t.run)
}

// shortIdle is how long a transaction of ours may stand still with rows locked.
const shortIdle = "10s"

// isolationAnd is what a caller's transaction is asked first: its isolation, and for how long it may stand still.
func isolationAnd(idle string) string {
	return "current_setting('transaction_isolation'), " + sqldb.Local(idle)
}

// checkIsolation refuses a caller's transaction that would not see what others commit while it waits for a lock: a part that
// a worker gives up in that moment would look as if it had a job.
func checkIsolation(isolation string) error {
	if isolation == "read committed" {
		return nil
	}
	return fmt.Errorf("payroll: the transaction is %s, and must see what others commit: begin it with sql.LevelReadCommitted", isolation)
}

// noRun names the runs that may have been meant.
func (t *division) noRun(run string) error {
	var names []string
	err := t.query(func(rows *sql.Rows) error {
		names = append(names, "")
		return rows.Scan(&names[len(names)-1])
	}, "SELECT name FROM djamo_payroll_runs ORDER BY id")
	if err != nil {
		return err
	}
	return payroll.NoRun(run, names)
}

func (t *division) checkVersion() error {
	version := 0
	err := t.query(func(rows *sql.Rows) error { return rows.Scan(&version) }, "SELECT version FROM djamo_payroll_schema")
	if err != nil {
		return err
	}
	return t.dialect.checkVersion(version)
}

// cut makes the parts. Whoever has driven the run so far has it no more, and what that process was sending may have left
// until now: the parts' quiet periods begin here.
func (t *division) cut(size int) error {
	parts, err := t.change(`INSERT INTO djamo_payroll_parts (run, part, first, last, total, timeline)
		SELECT run, (id - 1) / CAST(? AS BIGINT) + 1, MIN(id), MAX(id), SUM(amount), `+timeline+`
		FROM djamo_payroll_payouts WHERE run = ? GROUP BY 1, 2`, size, t.run)
	if err != nil {
		return err
	}
	return t.exec("UPDATE djamo_payroll_runs SET parts = ?, owner = '', fence = fence + 1 WHERE id = ?", parts, t.run)
}

// open returns the parts in which a payout is not final yet. The LIMIT makes the database look into each part by itself:
// it knows nothing of rows that were stored a moment ago, and would compare each part with every payout.
func (t *division) open() (parts []int64, err error) {
	err = t.query(func(rows *sql.Rows) error {
		parts = append(parts, 0)
		return rows.Scan(&parts[len(parts)-1])
	}, `SELECT p.part FROM djamo_payroll_parts AS p CROSS JOIN LATERAL (
			SELECT FROM djamo_payroll_payouts AS o WHERE o.run = p.run AND o.id BETWEEN p.first AND p.last
				AND o.state IN ('planned', 'submitting', 'unknown', 'submitted') LIMIT 1) AS unfinished
		WHERE p.run = ? ORDER BY p.part`, t.run)
	return parts, err
}
