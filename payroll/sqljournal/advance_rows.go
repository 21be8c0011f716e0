package sqljournal

import (
	"database/sql"
	"slices"
	"strings"

	"github.com/djamo/djamo-go/payroll"
)

// A statement costs SQLite about as much as the row that it changes, so payouts are changed by few statements: one for
// a range of payouts to which the same happens, as claims are, and one for many that differ only in what the API said.

// rowChange is a change to a payout, and whether there is a claim of which the payout's row says nothing yet.
type rowChange struct {
	*payroll.Change

	claimed bool
}

// stored is the state that the payout's row has before.
func (c rowChange) stored() payroll.State {
	if c.claimed {
		return payroll.Planned
	}
	return c.From
}

// rowChanges finds out what the rows of payouts say. Claims of which one is taken back are written into their rows.
func (tx *transaction) rowChanges(changes []*payroll.Change) ([]rowChange, error) {
	for _, c := range changes {
		at, claimed := tx.claimAt(c.Payout.ID)
		switch {
		case claimed && c.From == payroll.Planned:
			return nil, errNotAll
		case claimed && c.Payout.State == payroll.Planned:
			if err := tx.writeOut(at); err != nil {
				return nil, err
			}
		}
	}
	rows := make([]rowChange, len(changes))
	for i, c := range changes {
		_, claimed := tx.claimAt(c.Payout.ID)
		rows[i] = rowChange{c, claimed && c.From == payroll.Submitting}
	}
	return rows, nil
}

// writeMany carries out changes to different payouts, all of them, or fails with errNotAll.
func (tx *transaction) writeMany(changes []*payroll.Change) error {
	rows, err := tx.rowChanges(changes)
	if err != nil {
		return err
	}
	var kinds []changeKind // in the order of their first changes
	byKind := map[changeKind][]rowChange{}
	for left := rows; len(left) > 0; {
		n := alike(left)
		next := left[:n]
		left = left[n:]
		switch {
		case n >= minRange && isPlain(next[0].Change):
			err = tx.claim(next)
		case n >= minRange:
			err = tx.writeRange(next)
		default:
			for _, c := range next {
				kind := kindOf(c)
				if _, known := byKind[kind]; !known {
					kinds = append(kinds, kind)
				}
				byKind[kind] = append(byKind[kind], c)
			}
		}
		if err != nil {
			return err
		}
	}
	for _, kind := range kinds {
		if err := tx.writeKind(kind, byKind[kind]); err != nil {
			return err
		}
	}
	return tx.settle(rows)
}

// minRange is from how many payouts on a range is written as one.
const minRange = 8

// alike counts the changes at the front that do the same to payouts that follow each other, as claims do.
func alike(changes []rowChange) int {
	first := changes[0]
	for i, c := range changes[1:] {
		want := c.Payout
		want.ID, want.Line, want.MSISDN, want.Amount, want.Reference = first.Payout.ID, first.Payout.Line, first.Payout.MSISDN,
			first.Payout.Amount, first.Payout.Reference
		want.Description, want.Name = first.Payout.Description, first.Payout.Name // none of these is written
		if c.Payout.ID != first.Payout.ID+int64(i)+1 || c.From != first.From || c.claimed != first.claimed || want != first.Payout {
			return i + 1
		}
	}
	return len(changes)
}

const (
	updateRange = `UPDATE djamo_payroll_payouts SET state = ?, attempts = ?, sent_at = ?, transaction_id = ?, fee = ?, reason = ?, earlier = ?,
		transaction_at = ? WHERE run = ? AND id BETWEEN ? AND ? AND state = ?`
	selectReferences = `SELECT reference FROM djamo_payroll_payouts WHERE run = ? AND id BETWEEN ? AND ? ORDER BY id`
)

// writeRange writes changes that are alike. That they are about these payouts is checked by their references.
func (tx *transaction) writeRange(changes []rowChange) error {
	if err := tx.compareReferences(changes, selectReferences); err != nil {
		return err
	}
	first, last := changes[0], changes[len(changes)-1].Payout.ID
	tx.journal.forget(first.Payout.ID, last)
	row := changedRow(tx.run, *first.Change)
	return tx.changeAll(len(changes), updateRange, slices.Concat(row[1:], []any{first.Payout.ID, last, string(first.stored())})...)
}

// compareReferences fails with errNotAll unless a query finds the references of payouts that follow each other.
func (tx *transaction) compareReferences(changes []rowChange, query string) error {
	same := true
	next := 0
	err := tx.query(func(rows *sql.Rows) error {
		var reference string
		err := rows.Scan(&reference)
		same = same && next < len(changes) && changes[next].Payout.Reference == reference
		next++
		return err
	}, query, tx.run, changes[0].Payout.ID, changes[len(changes)-1].Payout.ID)
	if err == nil && (!same || next != len(changes)) {
		err = errNotAll
	}
	return err
}

// changeAll fails with errNotAll when a statement has not changed as many payouts as it should.
func (tx *transaction) changeAll(count int, query string, args ...any) error {
	changed, err := tx.change(query, args...)
	if err == nil && changed != int64(count) {
		err = errNotAll
	}
	return err
}

// changeKind is what changes have in common that are written by one statement.
type changeKind struct {
	from, to payroll.State // from is what the row says
	attempts int
	reason   string
	earlier  bool
}

func kindOf(c rowChange) changeKind {
	return changeKind{from: c.stored(), to: c.Payout.State, attempts: c.Payout.Attempts, reason: c.Payout.Reason, earlier: c.Payout.Earlier}
}

// rowSizes are how many payouts a statement with values for each of them is about, the largest first: each is prepared once.
func rowSizes() []int { return []int{64, 8, 1} }

// updateMany changes so many payouts, each of which has values of its own.
func updateMany(size int) string {
	values := strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?, ?, ?), ", size), ", ")
	return `UPDATE djamo_payroll_payouts AS p SET state = ?, attempts = ?, reason = ?, earlier = ?, sent_at = c.column3,
			transaction_id = c.column4, fee = c.column5, transaction_at = c.column6
		FROM (VALUES ` + values + `) AS c WHERE p.run = ? AND p.id = c.column1 AND p.state = ? AND p.reference = c.column2`
}

// writeKind writes changes of one kind.
func (tx *transaction) writeKind(kind changeKind, changes []rowChange) error {
	earlier := 0
	if kind.earlier {
		earlier = 1
	}
	to := []any{string(kind.to), kind.attempts, clean(kind.reason), earlier}
	for _, size := range rowSizes() {
		query := ""
		for len(changes) >= size {
			if query == "" {
				query = updateMany(size)
			}
			args := append(make([]any, 0, len(to)+6*size+2), to...)
			for _, c := range changes[:size] {
				p := &c.Payout
				tx.journal.forget(p.ID, p.ID)
				args = append(args, p.ID, p.Reference, nanoseconds(p.SentAt), clean(p.TransactionID), int64(p.Fee), nanoseconds(p.TransactionAt))
			}
			if err := tx.changeAll(size, query, append(args, tx.run, string(kind.from))...); err != nil {
				return err
			}
			changes = changes[size:]
		}
	}
	return nil
}
