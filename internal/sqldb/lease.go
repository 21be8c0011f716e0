package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// LeaseRow is a row of a PostgreSQL table that keeps a lease, in the columns owner (text, empty when it is free), fence
// (bigint, grows each time the lease changes hands) and until (timestamptz). The clock of the database alone counts.
type LeaseRow struct {
	Query Query  // with question marks for parameters
	Table string // its name
	Key   string // the condition that selects the row, such as "id = ?"
	Args  []any  // of Key
	// Length is the column (bigint) that keeps for how many microseconds the lease was last granted. With it, no lease
	// ends later than that from now, also after the clock was set back or a slower one has taken over; empty for none.
	Length string
}

// NoLeaseError says that the row does not exist.
type NoLeaseError struct{}

// Error says so.
func (NoLeaseError) Error() string { return "there is no such lease" }

// HeldError says who has a lease.
type HeldError struct {
	Owner     string
	ExpiresIn time.Duration // how much longer the lease runs unless it is renewed
}

// Error names the owner.
func (e *HeldError) Error() string {
	return fmt.Sprintf("the lease is held by %s for another %s", e.Owner, e.ExpiresIn)
}

// Acquire gives the lease to owner for so long, or renews it, and returns its fence. A lease that has expired is renewed
// under its old fence as long as nobody else has had it since. The error is a *HeldError while another has it.
func (l LeaseRow) Acquire(ctx context.Context, owner string, length time.Duration) (fence int64, err error) {
	granted := (length + time.Microsecond - 1).Microseconds()
	keep := ""
	if l.Length != "" {
		keep = l.Length + fmt.Sprintf(" = %d, ", granted)
	}
	take := `UPDATE ` + l.Table + ` SET ` + keep + `
			owner = CAST(? AS TEXT),
			fence = CASE owner WHEN CAST(? AS TEXT) THEN fence ELSE fence + 1 END,
			until = clock_timestamp() + CAST(? AS BIGINT) * INTERVAL '1 microsecond'
		WHERE (owner = '' OR owner = CAST(? AS TEXT) OR until <= clock_timestamp()) AND ` + l.Key + `
		RETURNING fence`
	args := append([]any{owner, owner, granted, owner}, l.Args...)
	err = l.Query(ctx, func(rows *sql.Rows) error { return rows.Scan(&fence) }, take, args...)
	if err != nil || fence > 0 {
		return fence, err
	}
	if err := l.Limit(ctx); err != nil {
		return 0, err
	}
	look := `SELECT owner, CAST(EXTRACT(EPOCH FROM until - clock_timestamp()) * 1000000 AS BIGINT) FROM ` + l.Table + ` WHERE ` + l.Key
	held, left := (*HeldError)(nil), sql.NullInt64{}
	err = l.Query(ctx, func(rows *sql.Rows) error {
		held = &HeldError{}
		return rows.Scan(&held.Owner, &left)
	}, look, l.Args...)
	switch {
	case err != nil:
		return 0, err
	case held == nil:
		return 0, NoLeaseError{}
	}
	held.ExpiresIn = Microseconds(left.Int64) // below zero when it expired between the two statements
	return 0, held
}

// maxLength is how long a lease runs of which nobody has kept for how long it was granted.
const maxLength = time.Minute

// Limit shortens a lease that ends later than it can. It does nothing without the column Length.
func (l LeaseRow) Limit(ctx context.Context) error {
	if l.Length == "" {
		return nil
	}
	latest := fmt.Sprintf(`clock_timestamp() + COALESCE(NULLIF(%s, 0), %d) * INTERVAL '1 microsecond'`, l.Length, maxLength.Microseconds())
	return l.Query(ctx, func(*sql.Rows) error { return nil },
		"UPDATE "+l.Table+" SET until = "+latest+" WHERE until > "+latest+" AND "+l.Key, l.Args...)
}

// Release gives the lease up if it is still the one with this fence.
func (l LeaseRow) Release(ctx context.Context, owner string, fence int64) error {
	give := "UPDATE " + l.Table + " SET owner = '' WHERE owner = ? AND fence = ? AND " + l.Key
	return l.Query(ctx, func(*sql.Rows) error { return nil }, give, append([]any{owner, fence}, l.Args...)...)
}

// Microseconds is a duration that the database has measured. A clock that was set back makes it zero.
func Microseconds(n int64) time.Duration { return max(0, time.Duration(n)*time.Microsecond) }
