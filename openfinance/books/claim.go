package books

import (
	"context"
	"database/sql"
	"time"

	"github.com/djamo/djamo-go/internal/sqldb"
)

// claim leases the posting that is due first, so that no other process sends it meanwhile. Of one transaction an earlier
// version goes first.
func (o *Outbox) claim(ctx context.Context, now time.Time, lease time.Duration) (d Delivery, body string, ok bool, err error) {
	lock := ""
	if o.db.Postgres {
		lock = " FOR UPDATE OF o SKIP LOCKED"
	}
	err = o.db.Transact(ctx, true, func(ctx context.Context, conn *sql.Conn) error {
		ok = false
		rows, err := conn.QueryContext(ctx, o.db.Rebind(`UPDATE djamo_deliveries_out SET lease_until = ?, attempts = attempts + 1,
			first_at = CASE WHEN first_at = 0 THEN ? ELSE first_at END
			WHERE (account, tx_id, version) = (SELECT o.account, o.tx_id, o.version FROM djamo_deliveries_out AS o
				WHERE o.state = 'due' AND o.next_at <= ? AND o.lease_until <= ? AND NOT EXISTS (SELECT 1 FROM djamo_deliveries_out AS p
					WHERE p.account = o.account AND p.tx_id = o.tx_id AND p.version < o.version AND p.state <> 'done')
				ORDER BY o.next_at, o.account, o.tx_id, o.version LIMIT 1`+lock+") RETURNING "+deliveryColumns+", body"),
			now.Add(lease).UnixNano(), now.UnixNano(), now.UnixNano(), now.UnixNano())
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // Err has what matters
		for rows.Next() {
			if d, err = scanDelivery(rows.Scan, &body); err != nil {
				return err
			}
			ok = true
		}
		return rows.Err()
	})
	return d, body, ok, err
}

// done keeps of a posting only that the ledger has it.
func (o *Outbox) done(ctx context.Context, d *Delivery, now time.Time) error {
	return o.exec(ctx,
		statement{`UPDATE djamo_deliveries_out SET state = 'done', done_at = ?, body = '', reason = '', lease_until = 0
			WHERE account = ? AND tx_id = ? AND version = ? AND state <> 'done'`, []any{now.UnixNano(), d.Account, d.TxID, d.Version}},
		statement{"UPDATE djamo_deliveries_ledger SET ok_at = ?, quiet_until = 0", []any{now.UnixNano()}},
	)
}

// failed writes down why a posting did not succeed, unless another process has sent it since.
func (o *Outbox) failed(ctx context.Context, d *Delivery, a answer, now, next, quiet time.Time) error {
	statements := []statement{{`UPDATE djamo_deliveries_out SET state = ?, next_at = ?, reason = ?, lease_until = 0, done_at = ?
		WHERE account = ? AND tx_id = ? AND version = ? AND state = 'due' AND attempts = ?`,
		[]any{string(a.state), next.UnixNano(), clean(a.reason), now.UnixNano(), d.Account, d.TxID, d.Version, d.Attempts}}}
	if !quiet.IsZero() {
		statements = append(statements, statement{"UPDATE djamo_deliveries_ledger SET quiet_until = ?", []any{quiet.UnixNano()}})
	}
	return o.exec(ctx, statements...)
}

type statement struct {
	text string
	args []any
}

func (o *Outbox) exec(ctx context.Context, statements ...statement) error {
	return o.db.Transact(ctx, true, func(ctx context.Context, conn *sql.Conn) error {
		for _, s := range statements {
			if _, err := conn.ExecContext(ctx, o.db.Rebind(s.text), s.args...); err != nil {
				return err
			}
		}
		return nil
	})
}

func (o *Outbox) quietUntil(ctx context.Context) (until time.Time, err error) {
	err = o.db.Transact(ctx, false, func(ctx context.Context, conn *sql.Conn) error {
		nanos, err := o.number(ctx, conn, "SELECT quiet_until FROM djamo_deliveries_ledger")
		until = sqldb.Moment(nanos)
		return err
	})
	return until, err
}

// unalerted are the expired postings of which nobody was told, where it is time to tell of them.
func (o *Outbox) unalerted(ctx context.Context, now time.Time) (alert Alert, err error) {
	const shown = 20
	err = o.db.Transact(ctx, false, func(ctx context.Context, conn *sql.Conn) (err error) {
		alert.Expired, err = o.number(ctx, conn, `SELECT COUNT(*) FROM djamo_deliveries_out WHERE state = 'expired' AND alerted = 0
			AND EXISTS (SELECT 1 FROM djamo_deliveries_ledger WHERE alert_at = 0 OR alert_at <= ? OR ok_at > alert_at)`,
			now.Add(-patience).UnixNano())
		return err
	})
	if err == nil && alert.Expired > 0 {
		alert.Deliveries, err = o.list(ctx, "state = 'expired' AND alerted = 0 ORDER BY booked_at, account, tx_id, version LIMIT ?", shown)
	}
	return alert, err
}

// alerted remembers that somebody was told of what had expired by then.
func (o *Outbox) alerted(ctx context.Context, now time.Time) error {
	return o.exec(ctx,
		statement{"UPDATE djamo_deliveries_out SET alerted = 1 WHERE state = 'expired' AND alerted = 0 AND done_at <= ?", []any{now.UnixNano()}},
		statement{"UPDATE djamo_deliveries_ledger SET alert_at = ?", []any{now.UnixNano()}},
	)
}
