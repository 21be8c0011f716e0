package books

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/djamo/djamo-go/internal/sqldb"
)

// State of a posting.
type State string

// The states. Parked is what the ledger refused, Expired what it has not taken for 24 hours: both stay until Retry.
const (
	Due     State = "due"
	Done    State = "done"
	Parked  State = "parked"
	Expired State = "expired"
)

// Delivery is a posting in the outbox.
type Delivery struct {
	Account  string
	TxID     string
	Version  int64
	Key      string
	Kind     Kind
	State    State
	Attempts int64
	Booked   time.Time
	Next     time.Time // when it is due again
	First    time.Time // when it was tried first; zero: it was not
	Reason   string    // why it did not succeed last
}

// Aside lists what takes a person: postings that are parked or expired, the oldest first.
func (o *Outbox) Aside(ctx context.Context, limit int) ([]Delivery, error) {
	return o.list(ctx, "state IN ('parked', 'expired') ORDER BY booked_at, account, tx_id, version LIMIT ?", limit)
}

// Waiting lists postings that the ledger does not have and that are still tried, the first that is due first.
func (o *Outbox) Waiting(ctx context.Context, limit int) ([]Delivery, error) {
	return o.list(ctx, "state = 'due' ORDER BY next_at, account, tx_id, version LIMIT ?", limit)
}

// Totals counts the postings by their state.
func (o *Outbox) Totals(ctx context.Context) (map[State]int64, error) {
	totals := map[State]int64{}
	err := o.db.Transact(ctx, false, func(ctx context.Context, conn *sql.Conn) error {
		clear(totals)
		rows, err := conn.QueryContext(ctx, "SELECT state, COUNT(*) FROM djamo_deliveries_out GROUP BY state")
		return sqldb.Scan(rows, err, func(rows *sql.Rows) error {
			var state State
			var count int64
			err := rows.Scan(&state, &count)
			totals[state] = count
			return err
		})
	})
	return totals, err
}

// ErrNotAside is a posting that is neither parked nor expired.
var ErrNotAside = errors.New("books: the posting is neither parked nor expired")

// Retry has a posting that is parked or expired tried again, with its key and another 24 hours. Whether the ledger has it
// after all, the ledger tells by the key.
func (o *Outbox) Retry(ctx context.Context, now time.Time, account, txID string, version int64) error {
	return o.db.Transact(ctx, true, func(ctx context.Context, conn *sql.Conn) error {
		result, err := conn.ExecContext(ctx, o.db.Rebind(`UPDATE djamo_deliveries_out SET state = 'due', next_at = ?, first_at = 0,
			attempts = 0, lease_until = 0, alerted = 0 WHERE account = ? AND tx_id = ? AND version = ? AND state IN ('parked', 'expired')`),
			now.UnixNano(), account, txID, version)
		if err != nil {
			return err
		}
		if changed, err := result.RowsAffected(); err != nil || changed == 1 {
			return err
		}
		return ErrNotAside
	})
}

const deliveryColumns = "account, tx_id, version, kind, state, attempts, booked_at, next_at, first_at, reason"

func scanDelivery(scan func(...any) error, more ...any) (Delivery, error) {
	var d Delivery
	var booked, next, first int64
	err := scan(append([]any{&d.Account, &d.TxID, &d.Version, &d.Kind, &d.State, &d.Attempts, &booked, &next, &first, &d.Reason}, more...)...)
	d.Key, d.Booked, d.Next, d.First = KeyOf(d.Account, d.TxID, d.Version), sqldb.Moment(booked), sqldb.Moment(next), sqldb.Moment(first)
	return d, err
}

func (o *Outbox) list(ctx context.Context, where string, args ...any) (list []Delivery, err error) {
	err = o.db.Transact(ctx, false, func(ctx context.Context, conn *sql.Conn) error {
		list = nil
		rows, err := conn.QueryContext(ctx, o.db.Rebind("SELECT "+deliveryColumns+" FROM djamo_deliveries_out WHERE "+where), args...)
		return sqldb.Scan(rows, err, func(rows *sql.Rows) error {
			d, err := scanDelivery(rows.Scan)
			list = append(list, d)
			return err
		})
	})
	return list, err
}
