package sqljournal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/djamo/djamo-go/internal/sqldb"
	"github.com/djamo/djamo-go/payroll"
)

// Acquire implements payroll.Journal. A lease that ran out is renewed under its old fence as long as nobody else has
// held the run since. Owners are told apart by their names, so no two processes may share one.
//
// In an SQLite file that was just opened the run is free, whoever held it last: the file's lock shows that the holder is
// gone.
func (j *Journal) Acquire(ctx context.Context, owner string, lease time.Duration) (payroll.Lease, error) {
	asked := time.Now()
	if err := checkLease(ctx, owner, lease); err != nil {
		return payroll.Lease{}, err
	}
	if j.dialect.oneConnection {
		return j.acquireHere(ctx, owner, asked, lease)
	}
	return j.acquireThere(ctx, owner, lease)
}

// checkLease refuses what can be no lease.
func checkLease(ctx context.Context, owner string, length time.Duration) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("payroll: acquiring the run: %w", ctx.Err())
	case owner == "" || owner != clean(owner):
		return fmt.Errorf("payroll: %q cannot be the owner of a lease", owner)
	case length <= 0:
		return fmt.Errorf("payroll: the lease must be positive, got %s", length)
	}
	return nil
}

// acquireHere gives the run to an owner in this process. Only a change of hands is written down.
func (j *Journal) acquireHere(ctx context.Context, owner string, asked time.Time, length time.Duration) (payroll.Lease, error) {
	if lease, done, err := j.renewHere(owner, asked, length); done {
		return lease, err
	}
	if err := j.lock(ctx); err != nil {
		return payroll.Lease{}, err
	}
	defer j.unlock()
	// Another may have been faster, and nothing is being written now that relies on the old lease.
	if lease, done, err := j.renewHere(owner, asked, length); done {
		return lease, err
	}
	lease := payroll.Lease{Owner: owner}
	err := j.transact(context.WithoutCancel(ctx), advanceLimit, func(tx *transaction) error {
		if err := tx.exec("UPDATE djamo_payroll_runs SET owner = ?, fence = fence + 1 WHERE id = ?", owner, j.run); err != nil {
			return err
		}
		return tx.query(func(rows *sql.Rows) error { return rows.Scan(&lease.Fence) }, "SELECT fence FROM djamo_payroll_runs WHERE id = ?", j.run)
	})
	if err != nil {
		return payroll.Lease{}, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.held, j.until = lease, asked.Add(length)
	return lease, nil
}

// renewHere is done when the run need not change hands or cannot.
func (j *Journal) renewHere(owner string, asked time.Time, length time.Duration) (lease payroll.Lease, done bool, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.failure != nil:
		return payroll.Lease{}, true, j.failure
	case j.held.Owner == owner:
		j.until = asked.Add(length)
		return j.held, true, nil
	case j.held.Owner != "" && asked.Before(j.until):
		return payroll.Lease{}, true, &payroll.HeldError{Owner: j.held.Owner, ExpiresIn: j.until.Sub(asked)}
	}
	return payroll.Lease{}, false, nil
}

// acquireThere asks the database, whose clock alone counts. It does not wait for what this process is writing.
func (j *Journal) acquireThere(ctx context.Context, owner string, length time.Duration) (payroll.Lease, error) {
	lease, err := acquire(ctx, j.leaseRow(), owner, length)
	if errors.As(err, new(sqldb.NoLeaseError)) {
		err = payroll.ErrDivided
	}
	return lease, err
}

// leaseRow is where the database keeps the lease. A run that was divided has none any more.
func (j *Journal) leaseRow() sqldb.LeaseRow {
	return sqldb.LeaseRow{Query: j.read, Table: "djamo_payroll_runs", Key: "id = ? AND parts = 0", Args: []any{j.run}, Length: "lease"}
}

// acquire asks the row for the lease, in the terms of package payroll.
func acquire(ctx context.Context, row sqldb.LeaseRow, owner string, length time.Duration) (payroll.Lease, error) {
	fence, err := row.Acquire(ctx, owner, length)
	if held, ok := errors.AsType[*sqldb.HeldError](err); ok {
		return payroll.Lease{}, &payroll.HeldError{Owner: held.Owner, ExpiresIn: held.ExpiresIn}
	}
	if err != nil {
		return payroll.Lease{}, err
	}
	return payroll.Lease{Owner: owner, Fence: fence}, nil
}

// CheckSend implements payroll.Journal.
func (j *Journal) CheckSend(ctx context.Context, lease payroll.Lease) error {
	if ctx.Err() != nil {
		return fmt.Errorf("payroll: asking to send: %w", ctx.Err())
	}
	if j.dialect.oneConnection {
		j.mu.Lock()
		defer j.mu.Unlock()
		if j.failure != nil {
			return j.failure
		}
		return current{lease: j.held, live: time.Now().Before(j.until)}.check(lease)
	}
	var now current
	err := j.read(ctx, func(rows *sql.Rows) error {
		var live sql.NullBool
		defer func() { now.live = live.Bool }()
		return rows.Scan(&now.lease.Owner, &now.lease.Fence, &live, &now.cancelled)
	}, "SELECT owner, fence, until > clock_timestamp(), cancelled IS NOT NULL FROM djamo_payroll_runs WHERE id = ?", j.run)
	if err != nil {
		return err
	}
	return now.checkSend(lease)
}

// Release implements payroll.Journal.
func (j *Journal) Release(ctx context.Context, lease payroll.Lease) error {
	if ctx.Err() != nil {
		return fmt.Errorf("payroll: releasing the run: %w", ctx.Err())
	}
	if j.dialect.oneConnection {
		j.mu.Lock()
		defer j.mu.Unlock()
		if j.held == lease {
			j.held.Owner = ""
		}
		return nil
	}
	return j.leaseRow().Release(ctx, lease.Owner, lease.Fence)
}

// current is the lease as a transaction sees it, and keeps it: nobody else can acquire the run before its end.
type current struct {
	lease     payroll.Lease
	live      bool
	cancelled bool
}

func (tx *transaction) current(query string) (current, error) {
	var now current
	j := tx.journal
	err := tx.query(func(rows *sql.Rows) error {
		var live sql.NullBool
		defer func() { now.live = live.Bool }()
		return rows.Scan(&now.lease.Owner, &now.lease.Fence, &live, &now.cancelled, new(string))
	}, query, j.run)
	if err != nil || !j.dialect.oneConnection {
		return now, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if now.lease.Fence != j.held.Fence && j.held.Fence != 0 {
		return now, storageError{errors.New("another process has written to the file")}
	}
	return current{lease: j.held, live: time.Now().Before(j.until)}, nil
}

// check refuses a lease that has passed on or run out.
func (c current) check(lease payroll.Lease) error {
	switch {
	case lease.Owner == "" || c.lease != lease:
		return fmt.Errorf("%w: it was %s's with fence %d, now the fence is %d", payroll.ErrLeaseLost, lease.Owner, lease.Fence, c.lease.Fence)
	case !c.live:
		return fmt.Errorf("%w: it ran out", payroll.ErrLeaseLost)
	}
	return nil
}

// checkSend refuses to send under a lease that is no longer current, or what was cancelled.
func (c current) checkSend(lease payroll.Lease) error {
	if err := c.check(lease); err != nil {
		return err
	}
	if c.cancelled {
		return payroll.ErrCancelled
	}
	return nil
}

// checkChanges is check, and checkSend where payouts are claimed.
func (c current) checkChanges(lease payroll.Lease, changes []payroll.Change) error {
	if claims(changes) {
		return c.checkSend(lease)
	}
	return c.check(lease)
}
