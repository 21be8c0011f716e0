package sqljournal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/approval"
)

// changesAtOnce is how many changes one transaction gathers from callers; a single call may have more.
const changesAtOnce = 4096

// request is a call of Advance that waits for a transaction.
type request struct {
	lease   payroll.Lease
	changes []payroll.Change
	done    chan error // gets the outcome, once
}

// Advance implements payroll.Journal. Without changes it only checks the lease.
//
// Calls made at the same time share a transaction: the first to reach the database carries out all that are waiting, and
// no call waits for others to come. When the context ends in the middle of that transaction, Advance waits for half a second
// for its end, which is worth knowing.
func (j *Journal) Advance(ctx context.Context, lease payroll.Lease, changes ...payroll.Change) error {
	if ctx.Err() != nil {
		return fmt.Errorf("payroll: recording payouts: %w", ctx.Err())
	}
	if err := checkChanges(changes); err != nil {
		return err
	}
	r := &request{lease: lease, changes: changes, done: make(chan error, 1)}
	j.enqueue(r)
	select {
	case j.writing <- struct{}{}:
		j.serve()
	case err := <-r.done:
		return err
	case <-ctx.Done():
		if j.withdraw(r) {
			return fmt.Errorf("payroll: recording payouts: %w", ctx.Err())
		}
	}
	return j.outcome(ctx, r)
}

// outcome waits for the transaction that a request is in.
func (j *Journal) outcome(ctx context.Context, r *request) error {
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
	}
	timer := time.NewTimer(lingering)
	defer timer.Stop()
	select {
	case err := <-r.done:
		return err
	case <-timer.C:
		return fmt.Errorf("payroll: recording payouts: %w: whether they were recorded is not known", ctx.Err())
	}
}

// checkChanges refuses what no payout may go through, whatever the journal holds.
func checkChanges(changes []payroll.Change) error {
	touched := make(map[int64]struct{}, len(changes))
	for _, change := range changes {
		if err := change.Check(); err != nil {
			return err
		}
		for _, at := range []time.Time{change.Payout.SentAt, change.Payout.TransactionAt} {
			if !storable(at) {
				return fmt.Errorf("payroll: payout %d: the journal cannot keep the time %s", change.Payout.ID, at)
			}
		}
		touched[change.Payout.ID] = struct{}{}
	}
	if len(touched) != len(changes) {
		return errors.New("payroll: one payout is advanced twice at once")
	}
	return nil
}

func (j *Journal) enqueue(r *request) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.queue = append(j.queue, r)
}

// withdraw takes a request back, unless it is in a transaction already.
func (j *Journal) withdraw(r *request) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	i := slices.Index(j.queue, r)
	if i >= 0 {
		j.queue = slices.Delete(j.queue, i, i+1)
	}
	return i >= 0
}

// serve carries out what is waiting, and gives up the connection, which the caller has locked.
func (j *Journal) serve() {
	defer j.unlock()
	j.mu.Lock()
	waiting := j.queue
	j.queue = nil
	j.mu.Unlock()
	shared := context.Background() // a transaction of several callers is not given up because one of them is
	for len(waiting) > 0 {
		group := gather(waiting)
		waiting = waiting[len(group.requests):]
		err := j.transact(shared, advanceLimit, group.writeAll)
		if errors.Is(err, errNotAll) {
			err = j.transact(shared, advanceLimit, group.write)
		}
		for i, r := range group.requests {
			if group.verdicts[i] != nil {
				r.done <- group.verdicts[i]
			} else {
				r.done <- err
			}
		}
	}
}

// group is what goes into one transaction. No payout is in it twice.
type group struct {
	requests []*request
	verdicts []error // why a request is not carried out, for each
}

// gather takes as many requests from the front as fit into one transaction.
func gather(waiting []*request) *group {
	touched := map[int64]struct{}{}
	count := 0
	for i, r := range waiting {
		clash := slices.ContainsFunc(r.changes, func(c payroll.Change) bool { _, ok := touched[c.Payout.ID]; return ok })
		if i > 0 && (clash || count+len(r.changes) > changesAtOnce) {
			waiting = waiting[:i]
			break
		}
		for _, change := range r.changes {
			touched[change.Payout.ID] = struct{}{}
		}
		count += len(r.changes)
	}
	return &group{requests: waiting, verdicts: make([]error, len(waiting))}
}

// errNotAll is a group of which some request may not be carried out.
var errNotAll = errors.New("payroll: some of these payouts are not what their reader saw")

// writeAll carries out every request, or fails with errNotAll and leaves it to write to find out which may be. Hardly
// ever may one not be, and finding out costs as much as writing.
func (g *group) writeAll(tx *transaction) error {
	j := tx.journal
	if !j.dialect.oneByOne {
		return errNotAll
	}
	now, err := tx.current(j.dialect.leaseLocked)
	if err != nil {
		return err
	}
	if g.claims() {
		standing, err := tx.checkApproval("")
		for _, r := range g.requests {
			if err == nil && claims(r.changes) {
				err = j.seals.check(tx.query, j.run, standing, r.changes)
			}
		}
		if isVerdict(err) {
			return errNotAll // which request it is, write says
		} else if err != nil {
			return err
		}
	}
	changes := make([]*payroll.Change, 0, g.count())
	for _, r := range g.requests {
		if now.check(r.lease) != nil || now.cancelled && claims(r.changes) {
			return errNotAll
		}
		for i := range r.changes {
			changes = append(changes, &r.changes[i])
		}
	}
	return tx.writeMany(changes)
}

// count is how many changes the group has.
func (g *group) count() int {
	count := 0
	for _, r := range g.requests {
		count += len(r.changes)
	}
	return count
}

// isVerdict reports whether an error is about what was to be claimed, and not about the database.
func isVerdict(err error) bool {
	return errors.Is(err, payroll.ErrNotApproved) || errors.Is(err, payroll.ErrLeaseLost)
}

// claims reports whether a request of the group begins to send.
func (g *group) claims() bool {
	return slices.ContainsFunc(g.requests, func(r *request) bool { return claims(r.changes) })
}

// write carries out the requests that may be, each whole. Those that may not be get a verdict and harm no other.
func (g *group) write(tx *transaction) error {
	j := tx.journal
	now, err := tx.current(j.dialect.leaseLocked)
	if err != nil {
		return err
	}
	j.seen = j.seen[:0]
	if err := tx.writeOutAll(); err != nil {
		return err
	}
	standing, err := g.standing(tx)
	if err != nil {
		return err
	}
	var approved approval.Standing
	var refusal error
	if g.claims() {
		if approved, refusal = tx.checkApproval(""); refusal != nil && !isVerdict(refusal) {
			return refusal
		}
	}
	var accepted []payroll.Change
	for i, r := range g.requests {
		if g.verdicts[i] = now.checkChanges(r.lease, r.changes); g.verdicts[i] == nil {
			g.verdicts[i] = standing.check(r.changes)
		}
		if g.verdicts[i] == nil && claims(r.changes) {
			err := refusal
			if err == nil {
				err = j.seals.check(tx.query, j.run, approved, r.changes)
			}
			if err != nil && !isVerdict(err) { // the database's, and nobody's verdict
				return err
			}
			g.verdicts[i] = err
		}
		if g.verdicts[i] == nil {
			accepted = append(accepted, r.changes...)
		}
	}
	if len(accepted) == 0 {
		return nil
	}
	rows, err := array(accepted, func(c payroll.Change) []any { return changedRow(j.run, c) })
	if err != nil {
		return err
	}
	changed, err := tx.change(j.dialect.update(), rows)
	if err == nil && changed != int64(len(accepted)) {
		err = storageError{fmt.Errorf("%d of %d payouts were changed", changed, len(accepted))}
	}
	return err
}

// standing is where payouts stand in the journal, by their IDs.
type standing map[int64]payroll.Payout

func (g *group) standing(tx *transaction) (standing, error) {
	var changes []payroll.Change
	for _, r := range g.requests {
		changes = append(changes, r.changes...)
	}
	found := make(standing, len(changes))
	if len(changes) == 0 {
		return found, nil
	}
	ids, err := array(changes, func(c payroll.Change) []any { return []any{c.Payout.ID} })
	if err != nil {
		return nil, err
	}
	return found, tx.query(func(rows *sql.Rows) error {
		var p payroll.Payout
		err := rows.Scan(&p.ID, &p.State, &p.Reference)
		found[p.ID] = p
		return err
	}, tx.dialect.standing(), ids, tx.run)
}

// check refuses changes to payouts that are not what their reader saw.
func (s standing) check(changes []payroll.Change) error {
	for _, change := range changes {
		id, reference := change.Payout.ID, change.Payout.Reference
		switch stored, ok := s[id]; {
		case !ok:
			return fmt.Errorf("%w: there is no payout %d", payroll.ErrLeaseLost, id)
		case stored.State != change.From:
			return fmt.Errorf("%w: payout %d is %s, not %s", payroll.ErrLeaseLost, id, stored.State, change.From)
		case stored.Reference != reference:
			return fmt.Errorf("%w: payout %d has the reference %q, not %q", payroll.ErrLeaseLost, id, stored.Reference, reference)
		}
	}
	return nil
}
