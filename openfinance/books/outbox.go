package books

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/djamo/djamo-go/internal/sqldb"
	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/wallet"
	"github.com/djamo/djamo-go/openfinance/walletsync"
)

// Dialect says which database an outbox is in.
type Dialect string

// The dialects.
const (
	SQLite     Dialect = "SQLite"
	PostgreSQL Dialect = "PostgreSQL"
)

// ErrNewer is an outbox whose tables are of a newer version of this program.
var ErrNewer = errors.New("books: the outbox is from a newer version of this program: use that")

// version of the tables. One that was released never changes: what comes next is added.
const version = 1

// Outbox is what the ledger is to be sent, in a database: that of the wallets or one of its own. It is safe for concurrent use,
// also from several processes.
type Outbox struct {
	db sqldb.Database
}

// Open opens an outbox, and makes its tables where there are none. db stays the caller's to close. A file of SQLite should be
// in WAL mode, as the stores of this module have it.
func Open(ctx context.Context, db *sql.DB, dialect Dialect) (*Outbox, error) {
	if dialect != SQLite && dialect != PostgreSQL {
		return nil, fmt.Errorf("books: %q is no dialect: use SQLite or PostgreSQL", dialect)
	}
	o := &Outbox{sqldb.Database{DB: db, Postgres: dialect == PostgreSQL}}
	return o, o.db.Transact(ctx, true, o.migrate)
}

func (o *Outbox) migrate(ctx context.Context, conn *sql.Conn) error {
	number, end, lock := "INTEGER", " STRICT", ""
	if o.db.Postgres {
		number, end, lock = "BIGINT", "", "SELECT pg_advisory_xact_lock(4929546312075538802)"
	}
	if lock != "" {
		if _, err := conn.ExecContext(ctx, lock); err != nil {
			return err
		}
	}
	if _, err := conn.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS djamo_deliveries_schema (version "+number+" NOT NULL)"); err != nil {
		return err
	}
	found, err := o.number(ctx, conn, "SELECT COALESCE(MAX(version), 0) FROM djamo_deliveries_schema")
	switch {
	case err != nil:
		return err
	case found > version:
		return fmt.Errorf("%w (its tables have version %d, and this program knows %d)", ErrNewer, found, version)
	case found == version:
		return nil
	}
	for _, statement := range []string{
		`CREATE TABLE djamo_deliveries_out (
			account TEXT NOT NULL, tx_id TEXT NOT NULL, version ` + number + ` NOT NULL, kind TEXT NOT NULL, content TEXT NOT NULL,
			body TEXT NOT NULL, state TEXT NOT NULL, booked_at ` + number + ` NOT NULL, next_at ` + number + ` NOT NULL,
			attempts ` + number + ` NOT NULL DEFAULT 0, first_at ` + number + ` NOT NULL DEFAULT 0, done_at ` + number + ` NOT NULL DEFAULT 0,
			lease_until ` + number + ` NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '', alerted ` + number + ` NOT NULL DEFAULT 0,
			PRIMARY KEY (account, tx_id, version)
		)` + end,
		"CREATE INDEX djamo_deliveries_out_due ON djamo_deliveries_out (next_at) WHERE state = 'due'",
		"CREATE INDEX djamo_deliveries_out_aside ON djamo_deliveries_out (state) WHERE state <> 'done'",
		"CREATE TABLE djamo_deliveries_read (account TEXT PRIMARY KEY, seq " + number + " NOT NULL)" + end,
		`CREATE TABLE djamo_deliveries_ledger (
			id ` + number + ` PRIMARY KEY, quiet_until ` + number + ` NOT NULL, alert_at ` + number + ` NOT NULL, ok_at ` + number + ` NOT NULL
		)` + end,
		"INSERT INTO djamo_deliveries_ledger VALUES (1, 0, 0, 0)",
		fmt.Sprintf("INSERT INTO djamo_deliveries_schema VALUES (%d)", version),
	} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func (o *Outbox) number(ctx context.Context, conn *sql.Conn, query string, args ...any) (int64, error) {
	var number int64
	err := conn.QueryRowContext(ctx, o.db.Rebind(query), args...).Scan(&number)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return number, err
}

// Book puts movements into the outbox, all of them or none, and returns how many postings came of it. A movement that is there
// already, as it is, is not put there again; one with another content becomes a posting of its own, with the next version. It is
// safe to repeat.
func (o *Outbox) Book(ctx context.Context, now time.Time, movements ...Movement) (postings int, err error) {
	for i := range movements {
		if err := movements[i].check(); err != nil {
			return 0, err
		}
	}
	err = o.db.Transact(ctx, true, func(ctx context.Context, conn *sql.Conn) error {
		postings = 0
		return o.book(ctx, conn, now, movements, &postings)
	})
	return postings, err
}

func (o *Outbox) book(ctx context.Context, conn *sql.Conn, now time.Time, movements []Movement, postings *int) error {
	if err := o.lock(ctx, conn); err != nil {
		return err
	}
	for i := range movements {
		if err := o.put(ctx, conn, now, &movements[i], false, postings); err != nil {
			return err
		}
	}
	return nil
}

// lock keeps others from booking until the end of the transaction, so that versions follow each other.
func (o *Outbox) lock(ctx context.Context, conn *sql.Conn) error {
	if !o.db.Postgres {
		return nil
	}
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_xact_lock(4929546312075538803)")
	return err
}

// put books one movement, or that it was taken back.
func (o *Outbox) put(ctx context.Context, conn *sql.Conn, now time.Time, m *Movement, removed bool, postings *int) error {
	p := m.posting()
	content, last, kind := p.content(), "", ""
	err := conn.QueryRowContext(ctx, o.db.Rebind(`SELECT version, kind, content FROM djamo_deliveries_out WHERE account = ? AND tx_id = ?
		ORDER BY version DESC LIMIT 1`), m.Account, m.TxID).Scan(&p.Version, &kind, &last)
	switch {
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return err
	case p.Version == 0 && removed:
		return nil // the ledger never heard of it
	case p.Version == 0, Kind(kind) == Removed && !removed:
		p.Kind = Added
	case removed && Kind(kind) == Removed, !removed && last == content:
		return nil
	case removed:
		p.Kind = Removed
	default:
		p.Kind = Modified
	}
	p.Version++
	p.Key = KeyOf(m.Account, m.TxID, p.Version)
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, o.db.Rebind(`INSERT INTO djamo_deliveries_out (account, tx_id, version, kind, content, body, state,
		booked_at, next_at) VALUES (?, ?, ?, ?, ?, ?, 'due', ?, ?)`), m.Account, m.TxID, p.Version, string(p.Kind), content, string(body),
		now.UnixNano(), now.UnixNano())
	*postings++
	return err
}

// Changes is what FollowWallet reads: a walletsync.Store has it.
type Changes interface {
	Changes(ctx context.Context, wallet string, after int64, limit int) ([]walletsync.Change, error)
}

// FollowWallet books what has changed in a wallet since it was called last, and returns how many postings came of it. The
// place up to which changes were booked is stored with the postings: each change is booked once, whatever is killed.
func (o *Outbox) FollowWallet(
	ctx context.Context, now time.Time, from Changes, id string, currency money.Currency,
) (postings int, err error) {
	const batch = 500
	for {
		after, err := o.seq(ctx, id)
		if err != nil {
			return postings, err
		}
		changes, err := from.Changes(ctx, id, after, batch)
		if err != nil || len(changes) == 0 {
			return postings, err
		}
		booked, err := o.follow(ctx, now, id, after, changes, currency)
		if err != nil {
			return postings, err
		}
		if postings += booked; len(changes) < batch {
			return postings, nil
		}
	}
}

func (o *Outbox) seq(ctx context.Context, id string) (seq int64, err error) {
	err = o.db.Transact(ctx, false, func(ctx context.Context, conn *sql.Conn) error {
		seq, err = o.number(ctx, conn, "SELECT seq FROM djamo_deliveries_read WHERE account = ?", id)
		return err
	})
	return seq, err
}

// follow books changes behind a seq, unless another process has done so.
func (o *Outbox) follow(ctx context.Context, now time.Time, id string, after int64, changes []walletsync.Change, currency money.Currency) (
	postings int, err error,
) {
	err = o.db.Transact(ctx, true, func(ctx context.Context, conn *sql.Conn) error {
		postings = 0
		if err := o.lock(ctx, conn); err != nil {
			return err
		}
		if seq, err := o.number(ctx, conn, "SELECT seq FROM djamo_deliveries_read WHERE account = ?", id); err != nil || seq != after {
			return err
		}
		for _, change := range changes {
			event, err := wallet.DecodeEvent(change.Raw)
			if err != nil {
				return fmt.Errorf("books: change %d of %s cannot be read, though it was stored: %w", change.Seq, id, err)
			}
			m := OfEvent(id, &event, currency)
			if err := m.check(); err != nil {
				return err
			}
			if err := o.put(ctx, conn, now, &m, change.Kind == walletsync.Removed, &postings); err != nil {
				return err
			}
		}
		_, err := conn.ExecContext(ctx, o.db.Rebind(`INSERT INTO djamo_deliveries_read (account, seq) VALUES (?, ?)
			ON CONFLICT (account) DO UPDATE SET seq = excluded.seq`), id, changes[len(changes)-1].Seq)
		return err
	})
	return postings, err
}
