package sqljournal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/djamo/djamo-go/payroll"
)

// Acquire implements payroll.Journal. A lease that ran out is renewed under its old fence as long as nobody else has
// held the run since. Owners are told apart by their names, so no two processes may share one.
//
// In an SQLite file that was just opened the run is free, whoever held it last: the file's lock shows that the holder is
// gone.
func (j *Journal) Acquire(ctx context.Context, owner string, lease time.Duration) (payroll.Lease, error) {
	asked := time.Now()
	switch {
	case ctx.Err() != nil:
		return payroll.Lease{}, fmt.Errorf("payroll: acquiring the run: %w", ctx.Err())
	case owner == "" || owner != clean(owner):
		return payroll.Lease{}, fmt.Errorf("payroll: %q cannot be the owner of a lease", owner)
	case lease <= 0:
		return payroll.Lease{}, fmt.Errorf("payroll: a lease of %s has run out when it begins", lease)
	case j.dialect.oneConnection:
		return j.acquireHere(ctx, owner, asked, lease)
	default:
		return j.acquireThere(ctx, owner, lease)
	}
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
	err := j.transact(advanceLimit, func(tx *transaction) error {
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
		return payroll.Lease{}, true, &payroll.HeldError{Owner: j.held.Owner, For: j.until.Sub(asked)}
	}
	return payroll.Lease{}, false, nil
}

// acquireThere asks the database, whose clock alone counts. It does not wait for what this process is writing.
func (j *Journal) acquireThere(ctx context.Context, owner string, length time.Duration) (payroll.Lease, error) {
	const take = `
		UPDATE djamo_payroll_runs SET
			owner = CAST(? AS TEXT),
			fence = CASE owner WHEN CAST(? AS TEXT) THEN fence ELSE fence + 1 END,
			until = clock_timestamp() + CAST(? AS BIGINT) * INTERVAL '1 microsecond'
		WHERE id = ? AND (owner = '' OR owner = CAST(? AS TEXT) OR until <= clock_timestamp())
		RETURNING fence`
	const look = `SELECT owner, CAST(EXTRACT(EPOCH FROM until - clock_timestamp()) * 1000000 AS BIGINT) FROM djamo_payroll_runs WHERE id = ?`
	lease := payroll.Lease{Owner: owner}
	err := j.read(ctx, func(rows *sql.Rows) error { return rows.Scan(&lease.Fence) },
		take, owner, owner, (length + time.Microsecond - 1).Microseconds(), j.run, owner)
	if err != nil || lease.Fence > 0 {
		return lease, err
	}
	held := &payroll.HeldError{}
	var left sql.NullInt64
	if err := j.read(ctx, func(rows *sql.Rows) error { return rows.Scan(&held.Owner, &left) }, look, j.run); err != nil {
		return payroll.Lease{}, err
	}
	held.For = max(0, time.Duration(left.Int64)*time.Microsecond) // below zero when it has run out between the two
	return payroll.Lease{}, held
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
	const give = "UPDATE djamo_payroll_runs SET owner = '' WHERE id = ? AND owner = ? AND fence = ?"
	return j.read(ctx, func(*sql.Rows) error { return nil }, give, j.run, lease.Owner, lease.Fence)
}

// current is the lease as a transaction sees it, and keeps it: nobody else can acquire the run before its end.
type current struct {
	lease payroll.Lease
	live  bool
}

func (tx *transaction) current(query string) (current, error) {
	var now current
	j := tx.journal
	err := tx.query(func(rows *sql.Rows) error {
		var live sql.NullBool
		defer func() { now.live = live.Bool }()
		return rows.Scan(&now.lease.Owner, &now.lease.Fence, &live)
	}, query, j.run)
	if err != nil || !j.dialect.oneConnection {
		return now, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if now.lease.Fence != j.held.Fence && j.held.Fence != 0 {
		return now, storageError{errors.New("somebody else has written to the file")}
	}
	return current{lease: j.held, live: time.Now().Before(j.until)}, nil
}

// check refuses a lease that has passed on or run out.
func (c current) check(lease payroll.Lease) error {
	switch {
	case lease.Owner == "" || c.lease != lease:
		return fmt.Errorf("%w: it was %s's with fence %d, now the fence is %d", payroll.ErrLost, lease.Owner, lease.Fence, c.lease.Fence)
	case !c.live:
		return fmt.Errorf("%w: it ran out", payroll.ErrLost)
	}
	return nil
}
