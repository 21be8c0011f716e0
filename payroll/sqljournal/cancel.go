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

// Cancellation is a run that was cancelled, and what was under way at that moment.
type Cancellation struct {
	// At is when the run was cancelled, by the clock of the database; the latest time, if it was cancelled before.
	At time.Time

	db      *sql.DB
	run     int64
	claimed string // the IDs of payouts that were claimed at that moment, as a JSON array of rows
}

// Cancel cancels a run that was divided, in PostgreSQL. It is durable when Cancel returns: from then on nobody can claim a
// payout of it, and [Part.CheckSend] refuses each request that was not let go before. It lasts until the run is divided
// again without a plan. A run may be cancelled again, which [RefuseCancelledSince] tells from a resume that began before.
//
// Errors: payroll.ErrNoRun, payroll.ErrNoPlan for a run of which nothing is stored yet, payroll.ErrJournal. A run that was
// not divided is driven by one process, which is the one to stop.
func Cancel(ctx context.Context, db *sql.DB, run string) (*Cancellation, error) {
	c := &Cancellation{db: db}
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return nil, cancelFailed(ctx, err)
	}
	defer tx.Rollback() //nolint:errcheck // does nothing once it is committed
	const update = `UPDATE djamo_payroll_runs SET cancelled = GREATEST(clock_timestamp(), cancelled + INTERVAL '1 microsecond')
		WHERE name = $1 AND parts > 0 RETURNING id, cancelled`
	if _, err = tx.ExecContext(ctx, "SELECT "+sqldb.Local(shortIdle)); err == nil { //nolint:gosec // of constants
		err = tx.QueryRowContext(ctx, update, run).Scan(&c.run, &c.At)
	}
	if errors.Is(err, sql.ErrNoRows) {
		_ = tx.Rollback()
		if err := FindRun(ctx, db, PostgreSQL, run); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%w: the run %q was not enqueued: no worker sends anything of it; "+
			"cancel it again if somebody enqueues it at this moment", payroll.ErrNoPlan, run)
	}
	if err != nil {
		return nil, cancelFailed(ctx, err)
	}
	if err := tx.Commit(); err != nil { // the connection may have ended after the server had committed
		if ctx.Err() != nil {
			return nil, cancelFailed(ctx, err)
		}
		return nil, fmt.Errorf("payroll: whether the run is cancelled is not known: cancel it again: %w", postgres().explain(err))
	}
	// Read after the commit: whoever claims later finds the run cancelled before it sends.
	const claimed = `SELECT COALESCE(json_agg(json_build_array(id)), '[]') FROM djamo_payroll_payouts WHERE run = $1 AND state = 'submitting'`
	err = db.QueryRowContext(ctx, claimed, c.run).Scan(&c.claimed)
	if err != nil {
		return c, fmt.Errorf("payroll: the run is cancelled; what is under way cannot be read: %w", postgres().explain(err))
	}
	return c, nil
}

func cancelFailed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("payroll: interrupted: whether the run is cancelled is not known: %w", context.Cause(ctx))
	}
	return fmt.Errorf("payroll: the run was not cancelled: %w", postgres().explain(err))
}

// Holder is a worker that has claimed payouts of a part and may have a request of them under way.
type Holder struct {
	Part    int64
	Owner   string
	Payouts int64         // how many it has claimed; those that have not left are planned again when it stops
	Silent  time.Duration // how long ago it has renewed its lease
	Until   time.Time     // when its lease ends unless it is renewed, by the clock of the database
}

// Holders are the workers that may have a request under way which they were allowed before the run was cancelled. Without
// any, and without payouts that are unrecorded, nothing leaves any more.
func (c *Cancellation) Holders(ctx context.Context) ([]Holder, error) {
	rows, err := c.db.QueryContext(ctx, `SELECT p.part, p.owner, COUNT(*), p.until,
			CAST(EXTRACT(EPOCH FROM clock_timestamp() - p.until) * 1000000 AS BIGINT) + p.lease
		FROM djamo_payroll_parts AS p JOIN djamo_payroll_payouts AS o ON o.run = p.run AND o.id BETWEEN p.first AND p.last
		WHERE p.run = $1 AND o.state = 'submitting' AND p.owner <> ''
			AND p.until BETWEEN clock_timestamp() AND clock_timestamp() + p.lease * INTERVAL '1 microsecond'
		GROUP BY p.run, p.part ORDER BY p.part`, c.run)
	var holders []Holder
	err = sqldb.Scan(rows, err, func(rows *sql.Rows) error {
		var h Holder
		var silent int64
		err := rows.Scan(&h.Part, &h.Owner, &h.Payouts, &h.Until, &silent)
		h.Silent = sqldb.Microseconds(silent)
		holders = append(holders, h)
		return err
	})
	if err != nil {
		return nil, cancelledAnyway(ctx, err)
	}
	return holders, nil
}

// UnderWay is how many payouts were in requests that had left, or may have, when the run was cancelled. Of those, unrecorded
// are still in the hands of a worker. Once there are no Holders both are certain, and the unrecorded ones are of workers that
// do not answer any more: they are looked up when the run goes on.
func (c *Cancellation) UnderWay(ctx context.Context) (count, unrecorded int64, err error) {
	err = c.db.QueryRowContext(ctx, sqldb.Numbered(`SELECT COUNT(*), COUNT(*) FILTER (WHERE p.state = 'submitting')
		FROM `+postgres().array+` JOIN djamo_payroll_payouts AS p ON p.run = ?
			AND p.id = CAST(c.value ->> 0 AS BIGINT) WHERE p.state <> 'planned'`), c.claimed, c.run).Scan(&count, &unrecorded)
	if err != nil {
		return 0, 0, cancelledAnyway(ctx, err)
	}
	return count, unrecorded, nil
}

// RefuseCancelledSince refuses, in the transaction of a caller who is about to resume a run by [Divide], to go on with one that
// was cancelled after seen: when the caller looked at it, RunInfo.CancelledAt was that, and zero for a run that went on. The
// error matches payroll.ErrCancelled. From then on until the transaction ends, whoever cancels the run waits.
func RefuseCancelledSince(ctx context.Context, tx *sql.Tx, run string, seen time.Time) error {
	var at sql.NullTime
	var held string
	lock := "SELECT cancelled, held, " + sqldb.Local(shortIdle) + " FROM djamo_payroll_runs WHERE name = $1 FOR UPDATE"
	err := tx.QueryRowContext(ctx, lock, run).
		Scan(&at, &held, new(string))
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && (!at.Valid || !at.Time.After(seen)):
		return nil // Divide says that there is no such run
	case err != nil:
		return fmt.Errorf("payroll: looking whether the run was cancelled: %w", postgres().explain(err))
	}
	return cancelledError(at.Time, held)
}

func cancelledAnyway(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("payroll: interrupted: the run is cancelled; what was under way may go on until its worker's lease ends: %w",
			context.Cause(ctx))
	}
	return fmt.Errorf("payroll: the run is cancelled; what is under way cannot be read: %w", postgres().explain(err))
}
