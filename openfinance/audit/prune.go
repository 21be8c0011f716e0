package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/djamo/djamo-go/internal/sqldb"
)

// ActionPruned is the action of a row that says that the chain has lost its beginning to the retention. Count is the number of the
// last row that went, and Request is its hash: without such a row, a chain that does not begin at its beginning is a fault.
const ActionPruned = "pruned"

// ErrAltered is a log that was not pruned because rows of it were altered: with them the proof would go.
var ErrAltered = errors.New("audit: the log was altered, so nothing was pruned")

// UncoveredError is a row that would be pruned although the checkpoint was written before it: nothing that was signed would
// show that it was there.
type UncoveredError struct {
	Chain string
	N     int64
}

// Error names the row.
func (e *UncoveredError) Error() string {
	return fmt.Sprintf("audit: nothing was pruned: row %d of %s was written after the checkpoint: write another checkpoint", e.N, e.Chain)
}

// Pruned is what Prune has deleted.
type Pruned struct {
	Rows   int64
	Chains int64 // that lost rows
}

// Prune deletes the rows from before a time, where the retention is over: the beginning of each chain, up to its first row that is
// not older. What is left is verified as before, and each chain gets a row that says what went, ActionPruned.
//
// The log is verified first, against a checkpoint where one is given, and nothing is deleted of one with faults, nor anything that
// the given checkpoint does not cover (an *UncoveredError). A checkpoint from
// before the rows that are left proves nothing any more: write another afterwards. Safe to repeat, and to stop in the middle: each
// chain is pruned in a transaction of its own, in which nobody else writes to the log.
func (l *Log) Prune(ctx context.Context, before, now time.Time, against *Signed) (Pruned, error) {
	var done Pruned
	if !before.Before(now) {
		return done, errors.New("audit: the retention must end before now")
	}
	err := l.db.Transact(ctx, true, func(ctx context.Context, conn *sql.Conn) error { return Migrate(ctx, conn, l.dialect) })
	if err != nil {
		return done, err
	}
	var uncovered *UncoveredError
	var last Row
	kept := false // from here on: what is behind a row that is not older stays, whatever its time
	report, err := l.verify(ctx, against, func(row *Row, covered bool) {
		if row.Chain != last.Chain || row.N <= last.N { // a chain begins, or the reading begins anew
			kept = false
		}
		last = *row
		kept = kept || !row.At.Before(before)
		if against != nil && !covered && !kept && uncovered == nil {
			uncovered = &UncoveredError{row.Chain, row.N}
		}
	})
	switch {
	case err != nil:
		return done, err
	case len(report.Faults) > 0:
		return done, fmt.Errorf("%w: %w", ErrAltered, &report.Faults[0])
	case uncovered != nil:
		return done, uncovered
	}
	for after := ""; ; {
		chains, err := l.older(ctx, after, before)
		if err != nil || len(chains) == 0 {
			return done, err
		}
		for _, chain := range chains {
			var rows int64
			if err := l.db.Transact(ctx, true, func(ctx context.Context, conn *sql.Conn) (err error) {
				rows, err = l.prune(ctx, conn, chain, before, now)
				return err
			}); err != nil {
				return done, err
			}
			if rows > 0 {
				done.Rows += rows
				done.Chains++
			}
			after = chain
		}
	}
}

// older are the next chains whose first row is from before a time.
func (l *Log) older(ctx context.Context, after string, before time.Time) (chains []string, err error) {
	err = l.db.Transact(ctx, false, func(ctx context.Context, conn *sql.Conn) error {
		chains = nil
		query := l.db.Rebind(`SELECT chain FROM djamo_audit_heads h WHERE chain > ? AND EXISTS (
			SELECT 1 FROM djamo_audit a WHERE a.chain = h.chain AND a.n = h.pruned_n + 1 AND a.at < ?) ORDER BY chain LIMIT 500`)
		rows, err := conn.QueryContext(ctx, query, after, sqldb.Nanoseconds(before)) //nolint:rowserrcheck // Scan looks at it
		return sqldb.Scan(rows, err, func(rows *sql.Rows) error {
			var chain string
			err := rows.Scan(&chain)
			chains = append(chains, chain)
			return err
		})
	})
	return chains, err
}

// prune prunes one chain.
func (l *Log) prune(ctx context.Context, conn *sql.Conn, chain string, before, now time.Time) (rows int64, err error) {
	guard, unguard := l.guards()
	for _, statement := range unguard {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return 0, err
		}
	}
	var head chainHead
	for found, err := range l.heads(ctx, conn, chain) {
		if err != nil {
			return 0, err
		}
		head = found
	}
	last := head.N
	var kept sql.NullInt64
	if err := conn.QueryRowContext(ctx, l.db.Rebind("SELECT MIN(n) FROM djamo_audit WHERE chain = ? AND at >= ?"),
		chain, sqldb.Nanoseconds(before)).Scan(&kept); err != nil {
		return 0, err
	}
	if kept.Valid {
		last = kept.Int64 - 1
	}
	if last > head.prunedN {
		if rows, err = l.cut(ctx, conn, chain, last, now); err != nil {
			return 0, err
		}
		if rows != last-head.prunedN {
			return 0, fmt.Errorf("%w: %s does not have all the rows up to %d", ErrAltered, chain, last)
		}
	}
	for _, statement := range guard {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return 0, err
		}
	}
	return rows, nil
}

// cut deletes the rows of a chain up to one, behind a row that says so.
func (l *Log) cut(ctx context.Context, conn *sql.Conn, chain string, last int64, now time.Time) (rows int64, err error) {
	var hash string
	if err := conn.QueryRowContext(ctx, l.db.Rebind("SELECT hash FROM djamo_audit WHERE chain = ? AND n = ?"), chain, last).
		Scan(&hash); err != nil {
		return 0, err
	}
	if err := Append(ctx, conn, l.dialect, chain, Record{At: now, Action: ActionPruned, Request: hash, Count: last}); err != nil {
		return 0, err
	}
	deleted, err := conn.ExecContext(ctx, l.db.Rebind("DELETE FROM djamo_audit WHERE chain = ? AND n <= ?"), chain, last)
	if err != nil {
		return 0, err
	}
	if _, err := conn.ExecContext(ctx, l.db.Rebind("UPDATE djamo_audit_heads SET pruned_n = ?, pruned_hash = ? WHERE chain = ?"),
		last, hash, chain); err != nil {
		return 0, err
	}
	return deleted.RowsAffected()
}

// guards are the statements that refuse deletions, and those that let them through until the end of a transaction.
func (l *Log) guards() (guard, unguard []string) {
	if l.dialect == PostgreSQL {
		return []string{"ALTER TABLE djamo_audit ENABLE TRIGGER djamo_audit_insert_only"}, []string{
			"LOCK TABLE djamo_audit, djamo_audit_heads IN SHARE ROW EXCLUSIVE MODE", // nobody appends meanwhile
			"ALTER TABLE djamo_audit DISABLE TRIGGER djamo_audit_insert_only",
		}
	}
	return []string{noDelete}, []string{"DROP TRIGGER IF EXISTS djamo_audit_no_delete"}
}
