package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/djamo/djamo-go/internal/sqldb"
)

// Log is the audit log of a database. It is safe for concurrent use.
type Log struct {
	db      sqldb.Database
	dialect Dialect
}

// Open opens the log of a database, and makes its tables where there are none. db stays the caller's to close. The error
// matches ErrNewer when the tables are of a newer version.
func Open(ctx context.Context, db *sql.DB, dialect Dialect) (*Log, error) {
	l, err := Existing(ctx, db, dialect)
	if !errors.Is(err, ErrNone) {
		return l, err
	}
	l = newLog(db, dialect)
	return l, l.db.Transact(ctx, true, func(ctx context.Context, conn *sql.Conn) error { return Migrate(ctx, conn, dialect) })
}

func newLog(db *sql.DB, dialect Dialect) *Log {
	return &Log{sqldb.Database{DB: db, Postgres: dialect == PostgreSQL}, dialect}
}

// Existing opens the log of a database that has one, and changes nothing. The error matches ErrNone or ErrNewer.
func Existing(ctx context.Context, db *sql.DB, dialect Dialect) (*Log, error) {
	if dialect != SQLite && dialect != PostgreSQL {
		return nil, fmt.Errorf("audit: %q is no dialect: use SQLite or PostgreSQL", dialect)
	}
	l := newLog(db, dialect)
	return l, l.db.Transact(ctx, false, func(ctx context.Context, conn *sql.Conn) error {
		found, err := versionOf(ctx, conn, dialect)
		if err == nil && found > version {
			err = fmt.Errorf("%w (its tables have version %d, and this program knows %d)", ErrNewer, found, version)
		}
		return err
	})
}

// Append appends records to a chain in the caller's transaction, which conn is in: they are there when what they record is.
// The chain, a wallet or an account or ConsentChain, is locked until the end of the transaction; who appends to several
// appends in the order of their names.
func Append(ctx context.Context, conn Conn, dialect Dialect, chain string, records ...Record) error {
	return change(ctx, conn, dialect, chain, func(h *Head) []Row { return h.Append(chain, records...) })
}

// Idle records reads that found nothing, in the caller's transaction. All of an hour become one row.
func Idle(ctx context.Context, conn Conn, dialect Dialect, chain string, reads Reads) error {
	return change(ctx, conn, dialect, chain, func(h *Head) []Row { return h.Idle(chain, reads) })
}

// CloseHours makes rows of the reads that found nothing in hours that are over by now, in all chains.
func (l *Log) CloseHours(ctx context.Context, now time.Time) error {
	const batch = 500
	for {
		var open []string
		err := l.db.Transact(ctx, true, func(ctx context.Context, conn *sql.Conn) error {
			open = open[:0]
			rows, err := conn.QueryContext(ctx, l.db.Rebind(fmt.Sprintf(
				"SELECT chain FROM djamo_audit_heads WHERE open_count > 0 AND open_last < ? ORDER BY chain LIMIT %d", batch)),
				sqldb.Nanoseconds(hourOf(now)))
			if err := sqldb.Scan(rows, err, func(rows *sql.Rows) error {
				var chain string
				err := rows.Scan(&chain)
				open = append(open, chain)
				return err
			}); err != nil {
				return err
			}
			for _, chain := range open {
				if err := change(ctx, conn, l.dialect, chain, func(h *Head) []Row { return h.Close(chain, now) }); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(open) < batch {
			return err
		}
	}
}

// change locks a chain, and stores what a function makes of it.
func change(ctx context.Context, conn Conn, dialect Dialect, chain string, do func(*Head) []Row) error {
	if strings.ContainsRune(chain, 0) || chain == "" || clean(chain) != chain {
		return errors.New("audit: a chain needs the name of a wallet, an account or a consent, in UTF-8")
	}
	db := sqldb.Database{Postgres: dialect == PostgreSQL}
	var head Head
	found, err := conn.QueryContext(ctx, db.Rebind(`INSERT INTO djamo_audit_heads (chain) VALUES (?)
		ON CONFLICT (chain) DO UPDATE SET chain = excluded.chain RETURNING `+HeadColumns), chain)
	if err := sqldb.Scan(found, err, func(rows *sql.Rows) (err error) {
		head, err = ScanHead(rows.Scan)
		return err
	}); err != nil {
		return err
	}
	for _, row := range do(&head) {
		if _, err := conn.ExecContext(ctx, db.Rebind("INSERT INTO djamo_audit (chain, "+RowColumns+
			") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"), append([]any{chain}, row.Values()...)...); err != nil {
			return err
		}
	}
	_, err = conn.ExecContext(ctx, db.Rebind(`UPDATE djamo_audit_heads SET n = ?, hash = ?, open_last = ?, open_count = ?, open_consent = ?,
		open_scope = ? WHERE chain = ?`), append(head.Values(), chain)...)
	return err
}
