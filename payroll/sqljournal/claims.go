package sqljournal

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/djamo/djamo-go/payroll"
)

// A process that has a file to itself writes a claim of many payouts as one row, from one ID to another, before they leave. Their own
// rows say planned meanwhile, and get what became of them: where that is an outcome already, a payout is written once after the plan
// and not three times. Whoever reads states, opens the file, or takes a claim back has the claim written into the rows first, so a
// payout that is planned in its row and in no claim is planned.

// openClaim is a claim of which some payouts have nothing of it in their own rows yet.
type openClaim struct {
	first, last int64
	left        int64 // how many
}

// sighting is a payout that was read as planned, and that nothing has been written about since.
type sighting struct {
	id        int64
	reference string
}

const (
	insertClaim = `INSERT INTO djamo_payroll_claims (run, first, last, attempts, sent_at) VALUES (?, ?, ?, ?, ?)`
	deleteClaim = `DELETE FROM djamo_payroll_claims WHERE run = ? AND first = ?`
	writeClaim  = `UPDATE djamo_payroll_payouts AS p SET state = 'submitting', attempts = c.attempts, sent_at = c.sent_at, transaction_id = '',
			fee = 0, reason = '', earlier = 0, transaction_at = NULL
		FROM djamo_payroll_claims AS c
		WHERE c.run = ? AND c.first = ? AND p.run = c.run AND p.id BETWEEN c.first AND c.last AND p.state = 'planned'`
	selectClaims  = `SELECT first, last FROM djamo_payroll_claims WHERE run = ? ORDER BY first`
	selectPlanned = `SELECT reference FROM djamo_payroll_payouts WHERE run = ? AND id BETWEEN ? AND ? AND state = 'planned' ORDER BY id`
)

// isPlain reports whether a change only claims, so that a row of claims can hold it.
func isPlain(c *payroll.Change) bool {
	p := &c.Payout
	return c.From == payroll.Planned && p.State == payroll.Submitting && p.TransactionID == "" && p.Fee == 0 && p.Reason == "" &&
		!p.Earlier && p.TransactionAt.IsZero()
}

// claimAt is where the claim is that a payout is in, or would be.
func (tx *transaction) claimAt(id int64) (int, bool) {
	return slices.BinarySearchFunc(tx.claims, id, func(c openClaim, id int64) int {
		switch {
		case c.last < id:
			return -1
		case c.first > id:
			return 1
		}
		return 0
	})
}

// claim records that payouts which follow each other are on their way.
func (tx *transaction) claim(changes []rowChange) error {
	first := &changes[0].Payout
	count := int64(len(changes))
	last := first.ID + count - 1
	at, found := tx.claimAt(first.ID)
	if found || at < len(tx.claims) && tx.claims[at].first <= last {
		return errNotAll
	}
	if !tx.journal.hasSeen(changes) {
		if err := tx.compareReferences(changes, selectPlanned); err != nil {
			return err
		}
	}
	tx.journal.seen = tx.journal.seen[:0]
	tx.claims = slices.Insert(tx.claims, at, openClaim{first.ID, last, count})
	return tx.exec(insertClaim, tx.run, first.ID, last, first.Attempts, nanoseconds(first.SentAt))
}

// hasSeen reports whether these payouts were read as they are now.
func (j *Journal) hasSeen(changes []rowChange) bool {
	at, found := slices.BinarySearchFunc(j.seen, changes[0].Payout.ID, func(s sighting, id int64) int { return cmp.Compare(s.id, id) })
	if !found || len(j.seen)-at < len(changes) {
		return false
	}
	for i, c := range changes {
		if j.seen[at+i] != (sighting{c.Payout.ID, c.Payout.Reference}) {
			return false
		}
	}
	return true
}

// forget notes that something is written about payouts, from one ID to another.
func (j *Journal) forget(first, last int64) {
	if len(j.seen) > 0 && last >= j.seen[0].id && first <= j.seen[len(j.seen)-1].id {
		j.seen = j.seen[:0]
	}
}

// settle notes that payouts have got rows of their own, and removes claims of which nothing is left.
func (tx *transaction) settle(changes []rowChange) error {
	for i := range changes {
		if !changes[i].claimed {
			continue
		}
		at, found := tx.claimAt(changes[i].Payout.ID)
		if !found {
			return errNotAll
		}
		if tx.claims[at].left--; tx.claims[at].left > 0 {
			continue
		}
		if err := tx.exec(deleteClaim, tx.run, tx.claims[at].first); err != nil {
			return err
		}
		tx.claims = slices.Delete(tx.claims, at, at+1)
	}
	return nil
}

// writeOut writes a claim into the rows of its payouts.
func (tx *transaction) writeOut(at int) error {
	c := tx.claims[at]
	written, err := tx.change(writeClaim, tx.run, c.first)
	if err != nil {
		return err
	}
	if c.left != anyNumber && c.left != written {
		return storageError{fmt.Errorf("%d of %d claimed payouts were found", written, c.left)}
	}
	tx.claims = slices.Delete(tx.claims, at, at+1)
	return tx.exec(deleteClaim, tx.run, c.first)
}

// anyNumber is what is left of a claim that another process has made.
const anyNumber = -1

func (tx *transaction) writeOutAll() error {
	for len(tx.claims) > 0 {
		if err := tx.writeOut(len(tx.claims) - 1); err != nil {
			return err
		}
	}
	return nil
}

// writeOutClaims writes down what is claimed. The caller has the connection.
func (j *Journal) writeOutClaims(ctx context.Context) error {
	if len(j.claims) == 0 {
		return nil
	}
	return j.transact(context.WithoutCancel(ctx), advanceLimit, (*transaction).writeOutAll)
}

// takeUpClaims writes down what a process had claimed that has ended since.
func (j *Journal) takeUpClaims(ctx context.Context) error {
	err := j.read(ctx, func(rows *sql.Rows) error {
		c := openClaim{left: anyNumber}
		err := rows.Scan(&c.first, &c.last)
		j.claims = append(j.claims, c)
		return err
	}, selectClaims, j.run)
	if err != nil {
		return err
	}
	return j.writeOutClaims(ctx)
}

// readStates is read for what depends on where payouts stand.
func (j *Journal) readStates(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	return j.readAfter(ctx, func() error { return j.writeOutClaims(ctx) }, scan, query, args...)
}

// readPlanned reads payouts that are planned, above an ID, and remembers which they are: whoever reads them is about to claim them.
func (j *Journal) readPlanned(ctx context.Context, after int64, scan func(*sql.Rows) error, query string, args ...any) error {
	first := func() error {
		j.seen = j.seen[:0]
		if n := len(j.claims); n == 0 || j.claims[n-1].last <= after {
			return nil // none that is claimed can be met
		}
		return j.writeOutClaims(ctx)
	}
	return j.readAfter(ctx, first, scan, query, args...)
}
