package sqljournal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/djamo/djamo-go/payroll"
)

// rowsAtOnce is how many payouts are stored at once: few enough that a plan's size does not show in memory.
const rowsAtOnce = 512

// Plan implements payroll.Journal. The payouts go from their source to the database in parts, in one transaction; the
// lease may be renewed meanwhile. The plan's source must not use the journal for anything else.
func (j *Journal) Plan(ctx context.Context, lease payroll.Lease, plan *payroll.Plan) error {
	if err := j.lock(ctx); err != nil {
		return err
	}
	defer j.unlock()
	err := j.transact(ctx, planLimit, func(tx *transaction) error {
		// The lease is not locked yet: its holder must be able to renew it for as long as this takes.
		if held, err := tx.plannedBy(lease, j.dialect.lease); err != nil || held != nil {
			return same(held, plan.PlanInfo, err)
		}
		if plan.Run != "" && plan.Run != j.name {
			return fmt.Errorf("%w: it is of the run %q, not %q", payroll.ErrPlanDiffers, j.name, plan.Run)
		}
		if _, err := tx.checkApproval(plan.Digest); err != nil {
			return err
		}
		p := planning{tx: tx}
		stored := p.storeAll(ctx, plan)
		if stored != nil && !errors.Is(stored, errNotStored) {
			return stored
		}
		// Another process may have planned at the same time, which is the other reason for a key that is there already.
		held, err := tx.plannedBy(lease, j.dialect.leaseLocked)
		switch {
		case err != nil || held != nil:
			return same(held, plan.PlanInfo, err)
		case stored != nil:
			return p.repeated()
		}
		if _, err := tx.checkApproval(plan.Digest); err != nil { // it may have ended while the payouts were stored
			return err
		}
		return p.describe(plan)
	})
	switch {
	case err == nil || ctx.Err() == nil:
		return err
	case errors.Is(err, errCommit):
		return fmt.Errorf("payroll: storing the plan was interrupted: %w: %w", errCommit, context.Cause(ctx))
	default:
		return fmt.Errorf("payroll: storing the plan was interrupted, nothing was stored: %w", context.Cause(ctx))
	}
}

// plannedBy returns the plan the journal holds, nil without one, to the holder of the run.
func (tx *transaction) plannedBy(lease payroll.Lease, leaseQuery string) (*payroll.PlanInfo, error) {
	now, err := tx.current(leaseQuery)
	if err != nil {
		return nil, err
	}
	if err := now.check(lease); err != nil {
		return nil, err
	}
	var held *payroll.PlanInfo
	err = tx.query(func(rows *sql.Rows) error {
		held = &payroll.PlanInfo{}
		return scanPlan(rows, held)
	}, selectPlan, tx.run)
	return held, err
}

// same accepts the plan that is held already and no other.
func same(held *payroll.PlanInfo, given payroll.PlanInfo, err error) error {
	if err != nil || *held == given {
		return err
	}
	return fmt.Errorf("%w: %d payouts of %s in all, not %d of %s", payroll.ErrPlanDiffers, held.Count, held.Total, given.Count, given.Total)
}

// planning is a plan on its way into the database.
type planning struct {
	tx   *transaction
	part []payroll.Payout // not stored yet
}

// describe writes down what plan the run has, which makes the payouts count.
func (p *planning) describe(plan *payroll.Plan) error {
	return p.tx.exec("UPDATE djamo_payroll_runs SET plan = ?, digest = ?, count = ?, total = ? WHERE id = ?",
		plan.Run, plan.Digest, plan.Count, int64(plan.Total), p.tx.run)
}

// storeAll stores a plan's payouts. The plan itself sees to it that they are what was checked.
func (p *planning) storeAll(ctx context.Context, plan *payroll.Plan) error {
	for payout, err := range plan.Payouts() {
		p.part = append(p.part, payout)
		if err == nil && len(p.part) == rowsAtOnce {
			err = p.store()
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("payroll: storing the plan: %w", err)
		}
	}
	return p.store()
}

// store writes a part. A database that has stored less of it than it was given holds one of its keys already.
func (p *planning) store() error {
	if len(p.part) == 0 {
		return nil
	}
	stored, err := p.insert()
	switch {
	case err != nil:
		return err
	case stored != int64(len(p.part)):
		return errNotStored
	}
	p.part = p.part[:0]
	return nil
}

// insert returns how many payouts of the part were stored.
func (p *planning) insert() (stored int64, err error) {
	if p.tx.dialect.oneByOne {
		return p.insertMany()
	}
	rows, err := array(p.part, plannedRow)
	if err != nil {
		return 0, err
	}
	return p.tx.change(p.tx.dialect.insert(), p.tx.run, rows)
}

// insertMany hands the values over as they are: to take them out of an array costs SQLite more than to store them.
func (p *planning) insertMany() (stored int64, err error) {
	left := p.part
	for _, size := range rowSizes() {
		query := ""
		for len(left) >= size {
			if query == "" {
				query = insertPlanned + strings.Repeat(insertValues+", ", size-1) + insertValues + " ON CONFLICT DO NOTHING"
			}
			args := make([]any, 0, 8*size)
			for i := range left[:size] {
				args = append(append(args, p.tx.run), plannedRow(left[i])...)
			}
			count, err := p.tx.change(query, args...)
			if err != nil {
				return stored, err
			}
			stored, left = stored+count, left[size:]
		}
	}
	return stored, nil
}

const (
	insertPlanned = `INSERT INTO djamo_payroll_payouts (run, id, line, msisdn, amount, reference, description, name, state) VALUES `
	insertValues  = `(?, ?, ?, ?, ?, ?, ?, ?, 'planned')`
)

// errNotStored is a part of which the database has kept less than it was given.
var errNotStored = errors.New("payroll: the database has not stored all payouts")

// repeated finds the reference that the plan holds twice.
func (p *planning) repeated() error {
	wanted, err := array(p.part, func(payout payroll.Payout) []any { return []any{payout.Reference} })
	if err != nil {
		return err
	}
	first, scanner := map[string]int64{}, newPayoutScanner()
	err = p.tx.query(func(rows *sql.Rows) error {
		payout, err := scanner.scan(rows)
		first[payout.Reference] = payout.ID
		return err
	}, p.tx.dialect.find(), wanted, p.tx.run)
	if err != nil {
		return err
	}
	for _, payout := range p.part {
		if id := first[payout.Reference]; id != payout.ID {
			return badPlan("payouts %d and %d have the same reference", id, payout.ID)
		}
	}
	return badPlan("the database would not store payouts %d to %d", p.part[0].ID, p.part[len(p.part)-1].ID)
}

func badPlan(format string, args ...any) error {
	return fmt.Errorf("%w: %s", payroll.ErrBadPlan, fmt.Sprintf(format, args...))
}
