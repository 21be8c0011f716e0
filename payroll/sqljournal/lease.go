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
		return fmt.Errorf("payroll: a lease of %s has run out when it begins", length)
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
	lease, err := j.holder().acquire(ctx, owner, length)
	if errors.Is(err, errNoHolder) {
		err = payroll.ErrDivided
	}
	return lease, err
}

// holder is where the database keeps the lease. A run that was divided has none any more.
func (j *Journal) holder() holder {
	return holder{read: j.read, table: "djamo_payroll_runs", key: "id = ? AND parts = 0", args: []any{j.run}}
}

// holder is a row of a table that keeps a lease.
type holder struct {
	read       func(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error
	table, key string
	args       []any // of the key
}

// errNoHolder is a lease that is not there to be had.
var errNoHolder = errors.New("payroll: there is no such lease")

// acquire gives the lease to an owner, or says who has it.
func (h holder) acquire(ctx context.Context, owner string, length time.Duration) (payroll.Lease, error) {
	take := `UPDATE ` + h.table + ` SET
			owner = CAST(? AS TEXT),
			fence = CASE owner WHEN CAST(? AS TEXT) THEN fence ELSE fence + 1 END,
			until = clock_timestamp() + CAST(? AS BIGINT) * INTERVAL '1 microsecond'
		WHERE (owner = '' OR owner = CAST(? AS TEXT) OR until <= clock_timestamp()) AND ` + h.key + `
		RETURNING fence`
	look := `SELECT owner, CAST(EXTRACT(EPOCH FROM until - clock_timestamp()) * 1000000 AS BIGINT) FROM ` + h.table + ` WHERE ` + h.key
	lease := payroll.Lease{Owner: owner}
	args := append([]any{owner, owner, (length + time.Microsecond - 1).Microseconds(), owner}, h.args...)
	err := h.read(ctx, func(rows *sql.Rows) error { return rows.Scan(&lease.Fence) }, take, args...)
	if err != nil || lease.Fence > 0 {
		return lease, err
	}
	held, left := (*payroll.HeldError)(nil), sql.NullInt64{}
	err = h.read(ctx, func(rows *sql.Rows) error {
		held = &payroll.HeldError{}
		return rows.Scan(&held.Owner, &left)
	}, look, h.args...)
	switch {
	case err != nil:
		return payroll.Lease{}, err
	case held == nil:
		return payroll.Lease{}, errNoHolder
	}
	held.For = max(0, time.Duration(left.Int64)*time.Microsecond) // below zero when it has run out between the two
	return payroll.Lease{}, held
}

// release gives the lease up if it is the current one.
func (h holder) release(ctx context.Context, lease payroll.Lease) error {
	give := "UPDATE " + h.table + " SET owner = '' WHERE owner = ? AND fence = ? AND " + h.key
	return h.read(ctx, func(*sql.Rows) error { return nil }, give, append([]any{lease.Owner, lease.Fence}, h.args...)...)
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
	return j.holder().release(ctx, lease)
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
