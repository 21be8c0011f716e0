package sqljournal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/sqldb"
	"github.com/djamo/djamo-go/payroll"
)

// Advance implements payroll.Journal. Without changes it only checks the lease. When an answer was lost, that moment is
// noted by the database's clock in the same transaction.
//
// A context that ends in the middle of the transaction leaves its outcome unknown.
func (p *Part) Advance(ctx context.Context, lease payroll.Lease, changes ...payroll.Change) error {
	if ctx.Err() != nil {
		return fmt.Errorf("payroll: recording payouts: %w", ctx.Err())
	}
	if err := checkChanges(changes); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, advanceLimit)
	defer cancel()
	tx, err := p.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return p.failed(ctx, err)
	}
	err = p.advance(ctx, tx, lease, changes)
	if err == nil {
		err = tx.Commit()
	} else {
		_ = tx.Rollback() // the error that led here says more
	}
	return p.failed(ctx, err)
}

func (p *Part) failed(ctx context.Context, err error) error {
	switch {
	case err == nil || errors.Is(err, payroll.ErrLeaseLost) || errors.Is(err, payroll.ErrCancelled) || errors.Is(err, payroll.ErrNotApproved):
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("payroll: recording payouts: %w: whether they were recorded is not known", ctx.Err())
	default:
		return p.dialect.explain(err)
	}
}

func (p *Part) advance(ctx context.Context, tx *sql.Tx, lease payroll.Lease, changes []payroll.Change) error {
	// A process that is frozen with the row locked must not keep its successor waiting for ever.
	lock := `SELECT owner, fence, until > clock_timestamp(), ` + sqldb.Local(shortIdle) + `
		FROM djamo_payroll_parts WHERE run = $1 AND part = $2 FOR UPDATE`
	var now current
	var live sql.NullBool
	if err := tx.QueryRowContext(ctx, lock, p.run, p.number).Scan(&now.lease.Owner, &now.lease.Fence, &live, new(string)); err != nil {
		return err
	}
	now.live = live.Bool
	if claims(changes) {
		// Not in the statement before: one that has waited for a lock sees other rows as they were when it began.
		const state = `SELECT r.cancelled IS NOT NULL, s.version, ` + timeline + `
			FROM djamo_payroll_runs AS r CROSS JOIN djamo_payroll_schema AS s WHERE r.id = $1`
		var version int
		var timelineNow string
		if err := tx.QueryRowContext(ctx, state, p.run).Scan(&now.cancelled, &version, &timelineNow); err != nil {
			return err
		}
		if err := p.sameServer(version, timelineNow); err != nil {
			return err
		}
	}
	if err := now.checkChanges(lease, changes); err != nil || len(changes) == 0 {
		return err
	}
	if claims(changes) {
		read := func(scan func(*sql.Rows) error, text string, args ...any) error {
			rows, err := tx.QueryContext(ctx, sqldb.Numbered(text), args...) //nolint:rowserrcheck // Scan looks
			return sqldb.Scan(rows, err, scan)
		}
		standing, err := checkApproval(read, p.dialect, p.run, "", djamo.Account{})
		if err == nil {
			err = p.seals.check(read, p.run, standing, changes)
		}
		if err != nil {
			return err
		}
	}
	rows, err := array(changes, func(c payroll.Change) []any {
		return append(changedRow(p.run, c), string(c.From), c.Payout.Reference)
	})
	if err != nil {
		return err
	}
	// What a payout must be for its change to apply stands in the statement itself: nothing is read first.
	update := sqldb.Numbered(p.dialect.update() + ` AND p.state = c.was AND p.reference = c.reference AND p.id BETWEEN ? AND ?`)
	result, err := tx.ExecContext(ctx, update, rows, p.first, p.last)
	if err != nil {
		return err
	}
	changed, err := result.RowsAffected()
	switch {
	case err != nil:
		return err
	case changed != int64(len(changes)):
		return p.mismatch(ctx, tx, changes)
	case losesAnswer(changes):
		_, err = tx.ExecContext(ctx, "UPDATE djamo_payroll_parts SET lost = clock_timestamp() WHERE run = $1 AND part = $2", p.run, p.number)
	}
	return err
}

// losesAnswer reports whether the answer to a request was lost.
func losesAnswer(changes []payroll.Change) bool {
	for _, c := range changes {
		if c.From == payroll.Submitting && c.Payout.State == payroll.Unknown {
			return true
		}
	}
	return false
}

// mismatch says which payout is not what its reader saw. The transaction has changed others already, and is rolled back.
func (p *Part) mismatch(ctx context.Context, tx *sql.Tx, changes []payroll.Change) error {
	found := make(standing, len(changes))
	for _, c := range changes {
		var payout payroll.Payout
		err := tx.QueryRowContext(ctx, `SELECT id, state, reference FROM djamo_payroll_payouts
				WHERE run = $1 AND id = $2 AND id BETWEEN $3 AND $4`,
			p.run, c.Payout.ID, p.first, p.last).
			Scan(&payout.ID, &payout.State, &payout.Reference)
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return err
		default:
			found[payout.ID] = payout
		}
	}
	// Those that did apply have moved on within this transaction.
	for _, c := range changes {
		if stored := found[c.Payout.ID]; stored.ID != 0 && stored.Reference == c.Payout.Reference && stored.State == c.Payout.State {
			stored.State = c.From
			found[c.Payout.ID] = stored
		}
	}
	if err := found.check(changes); err != nil {
		return err
	}
	return fmt.Errorf("%w: a payout has taken this step already", payroll.ErrLeaseLost)
}
