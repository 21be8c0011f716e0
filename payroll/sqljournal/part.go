package sqljournal

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/djamo/djamo-go/payroll"
)

// Part is the journal of one part of a run that was divided: it has a lease of its own, and of the run's payouts it
// shows its own. It is a payroll.Journal, safe for concurrent use; it holds no connection and needs no closing.
//
// Each call is a transaction of its own. After one that failed, what the database has kept is not known: whoever drives
// the part reads it again from the start, as [payroll.Runner.Step] does.
type Part struct {
	db          *sql.DB
	dialect     *dialect
	run, number int64
	first, last int64 // the IDs of its payouts
}

var _ payroll.Journal = (*Part)(nil)

// OpenPart opens a part of a run in PostgreSQL, by its number, which Divide has returned. It writes nothing. The error
// matches payroll.ErrNoPlan when there is no such part.
func OpenPart(ctx context.Context, db *sql.DB, run string, number int64) (*Part, error) {
	p := &Part{db: db, dialect: postgres(), number: number}
	err := p.read(ctx, func(rows *sql.Rows) error { return rows.Scan(&p.run, &p.first, &p.last) },
		`SELECT p.run, p.first, p.last FROM djamo_payroll_parts AS p JOIN djamo_payroll_runs AS r ON r.id = p.run WHERE r.name = ? AND p.part = ?`, run, number)
	switch {
	case err != nil:
		return nil, err
	case p.run == 0:
		return nil, fmt.Errorf("%w: the run %q has no part %d", payroll.ErrNoPlan, run, number)
	}
	return p, nil
}

// read runs a query outside of any transaction and scans each row.
func (p *Part) read(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := p.db.QueryContext(ctx, p.dialect.rebind(query), args...)
	err = each(rows, err, scan)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("payroll: reading the journal: %w", ctx.Err())
	default:
		return p.dialect.explain(err)
	}
}

// holder is where the lease of the part is.
func (p *Part) holder() holder {
	return holder{read: p.read, table: "djamo_payroll_parts", key: "run = ? AND part = ?", args: []any{p.run, p.number}}
}

// Acquire implements payroll.Journal, by the clock of the database.
func (p *Part) Acquire(ctx context.Context, owner string, lease time.Duration) (payroll.Lease, error) {
	if err := checkLease(ctx, owner, lease); err != nil {
		return payroll.Lease{}, err
	}
	return p.holder().acquire(ctx, owner, lease)
}

// Release implements payroll.Journal.
func (p *Part) Release(ctx context.Context, lease payroll.Lease) error {
	return p.holder().release(ctx, lease)
}

// Silence is how long ago the answer to a request of this part was last lost, by the clock of the database. It outlives
// the process that has lost it, for payroll.Runner.Silence.
func (p *Part) Silence(ctx context.Context) (time.Duration, error) {
	var silence int64
	err := p.read(ctx, func(rows *sql.Rows) error { return rows.Scan(&silence) },
		`SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp() - lost) * 1000000 AS BIGINT) FROM djamo_payroll_parts WHERE run = ? AND part = ?`, p.run, p.number)
	return microseconds(silence), err
}

// Held reports whether somebody has the part, by a lease that has not run out.
func (p *Part) Held(ctx context.Context) (bool, error) {
	held := false
	err := p.read(ctx, func(rows *sql.Rows) error { return rows.Scan(&held) },
		`SELECT owner <> '' AND until > clock_timestamp() FROM djamo_payroll_parts WHERE run = ? AND part = ?`, p.run, p.number)
	return held, err
}

// microseconds is a duration that the database has measured; a clock that was set back makes it none.
func microseconds(n int64) time.Duration { return max(0, time.Duration(n)*time.Microsecond) }

// Plan implements payroll.Journal: a part has the plan it was divided from, and no other.
func (p *Part) Plan(ctx context.Context, lease payroll.Lease, plan *payroll.Plan) error {
	if err := p.Advance(ctx, lease); err != nil {
		return err
	}
	held, err := p.Planned(ctx)
	if err != nil || held.Digest == plan.Digest {
		return err
	}
	return same(&held, plan.PlanInfo, nil)
}

// Planned implements payroll.Journal: the name and digest of the whole plan, the count and total of the part.
func (p *Part) Planned(ctx context.Context) (payroll.PlanInfo, error) {
	info := payroll.PlanInfo{}
	err := p.read(ctx, func(rows *sql.Rows) error { return scanPlan(rows, &info) },
		`SELECT r.plan, r.digest, p.last - p.first + 1, p.total FROM djamo_payroll_parts AS p JOIN djamo_payroll_runs AS r ON r.id = p.run
			WHERE p.run = ? AND p.part = ?`, p.run, p.number)
	return info, err
}

// Payouts implements payroll.Journal.
func (p *Part) Payouts(ctx context.Context, after int64, limit int, states ...payroll.State) ([]payroll.Payout, error) {
	wanted := make([]string, len(states))
	for i, state := range states {
		wanted[i] = string(state)
	}
	list, err := array(wanted, func(state string) []any { return []any{state} })
	if err != nil {
		return nil, err
	}
	query := `SELECT ` + columns + ` FROM djamo_payroll_payouts WHERE run = ? AND id BETWEEN ? AND ? AND id > ?`
	args := []any{p.run, p.first, p.last, after}
	if len(states) > 0 {
		query += ` AND state IN (SELECT c.value ->> 0 FROM ` + p.dialect.array + `)`
		args = append(args, list)
	}
	return p.readPayouts(ctx, query+` ORDER BY id LIMIT ?`, append(args, max(0, limit))...)
}

// Find implements payroll.Journal.
func (p *Part) Find(ctx context.Context, references ...string) ([]payroll.Payout, error) {
	wanted, err := findable(references)
	if err != nil {
		return nil, err
	}
	return p.readPayouts(ctx, `SELECT `+columns+` FROM (`+p.dialect.find()+`) AS found WHERE id BETWEEN ? AND ?`, wanted, p.run, p.first, p.last)
}

func (p *Part) readPayouts(ctx context.Context, query string, args ...any) ([]payroll.Payout, error) {
	return payoutsOf(ctx, p.read, query, args...)
}

// Sums implements payroll.Journal. It reads the part and not the run.
func (p *Part) Sums(ctx context.Context) (map[payroll.State]payroll.Sum, error) {
	info, err := p.Planned(ctx)
	if err != nil {
		return nil, err
	}
	return sums(ctx, info, p.read, "run = ? AND id BETWEEN ? AND ?", p.run, p.first, p.last)
}
