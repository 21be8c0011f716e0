// Package sqlstore keeps wallets, consents and the feed of changes in SQLite or PostgreSQL, over database/sql. The driver is
// the caller's: any for SQLite, and any for PostgreSQL that speaks of parameters as $1.
//
// Several processes may share a store, also a file of SQLite.
//
// Like the other packages below openfinance it is outside of the module's compatibility promise until a gateway confirms the shapes.
package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/djamo/djamo-go/internal/sqldb"
	"github.com/djamo/djamo-go/openfinance/walletsync"
)

// Dialect says which database a store is in.
type Dialect string

// The dialects.
const (
	SQLite     Dialect = "SQLite"
	PostgreSQL Dialect = "PostgreSQL"
)

// Store is a walletsync.Store. It is safe for concurrent use, and must be closed.
type Store struct {
	db       *sql.DB
	postgres bool
	rebound  sync.Map      // PostgreSQL: queries with their parameters as $1, $2 and so on
	writer   chan *session // SQLite: the one connection that writes
	reader   chan *session // SQLite: the one that reads beside it
}

var _ walletsync.Store = (*Store)(nil)

// ErrStore is a database that cannot be used.
var ErrStore = errors.New("walletsync: the store cannot be used")

// Open opens a store, and makes its tables where there are none. db stays the caller's to close, after the store. Of SQLite the store
// keeps two connections for itself; the audit log, and whoever else uses db, needs another. The error matches
// walletsync.ErrNewerStore when the tables are of a newer version, and otherwise ErrStore.
func Open(ctx context.Context, db *sql.DB, dialect Dialect) (*Store, error) {
	s := &Store{db: db, postgres: dialect == PostgreSQL}
	if dialect != SQLite && dialect != PostgreSQL {
		return nil, fmt.Errorf("walletsync: %q is no dialect: use SQLite or PostgreSQL", dialect)
	}
	if !s.postgres {
		if db.Stats().MaxOpenConnections == 1 {
			return nil, fmt.Errorf("%w: it needs two connections to a file of SQLite: call SetMaxOpenConns with 3 or more, one for the audit log",
				ErrStore)
		}
		s.writer, s.reader = make(chan *session, 1), make(chan *session, 1)
		for _, pool := range []chan *session{s.writer, s.reader} {
			conn, err := openSQLite(ctx, db)
			if err != nil {
				s.Close()
				return nil, explain(err)
			}
			pool <- conn
		}
	}
	if err := s.migrate(ctx); err != nil {
		s.Close()
		return nil, explain(err)
	}
	return s, nil
}

// Close gives the connections up.
func (s *Store) Close() {
	for _, pool := range []chan *session{s.writer, s.reader} {
		select {
		case conn := <-pool:
			conn.discard()
		default:
		}
	}
}

// openSQLite makes a connection on which what is committed is on the disk.
func openSQLite(ctx context.Context, db *sql.DB) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	c := &session{conn: conn, statements: map[insertKey]*sql.Stmt{}}
	for _, setting := range []struct{ pragma, want string }{
		{"busy_timeout = 500", "500"}, {"journal_mode = WAL", "wal"}, {"synchronous = FULL", ""}, {"fullfsync = 1", ""},
		// A checkpoint writes every page again: the fewer, the faster a backfill.
		{"cache_size = -8000", ""}, {"journal_size_limit = 67108864", "67108864"}, {"wal_autocheckpoint = 4000", "4000"},
	} {
		if setting.want == "" {
			_, err = conn.ExecContext(ctx, "PRAGMA "+setting.pragma)
		} else {
			var got string
			if err = retryBusy(ctx, func() error { return conn.QueryRowContext(ctx, "PRAGMA "+setting.pragma).Scan(&got) }); err == nil &&
				got != setting.want {
				err = fmt.Errorf("SQLite cannot keep it safely here: PRAGMA %s gives %s", setting.pragma, got)
			}
		}
		if err != nil {
			c.discard()
			return nil, err
		}
	}
	return c, nil
}

// session is a connection with its prepared statements.
type session struct {
	conn       *sql.Conn
	postgres   bool
	rebound    *sync.Map
	statements map[insertKey]*sql.Stmt // nil: the driver keeps them
	args       []any                   // room for those of an insertion
}

func (c *session) discard() {
	for _, statement := range c.statements {
		_ = statement.Close()
	}
	_ = c.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = c.conn.Close()
}

func (c *session) exec(ctx context.Context, query string, args ...any) (int64, error) {
	var result sql.Result
	var err error
	if c.statements == nil {
		result, err = c.conn.ExecContext(ctx, c.rebind(query), args...)
	} else {
		statement, prepareErr := c.prepared(ctx, insertKey{query: query}, func() string { return query })
		if prepareErr != nil {
			return 0, prepareErr
		}
		result, err = statement.ExecContext(ctx, args...)
	}
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// query scans each row.
func (c *session) query(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	var rows *sql.Rows
	var err error
	if c.statements == nil {
		rows, err = c.conn.QueryContext(ctx, c.rebind(query), args...)
	} else {
		statement, prepareErr := c.prepared(ctx, insertKey{query: query}, func() string { return query })
		if prepareErr != nil {
			return prepareErr
		}
		rows, err = statement.QueryContext(ctx, args...)
	}
	return sqldb.Scan(rows, err, scan)
}

// one scans the only row; false when there is none.
func (c *session) one(ctx context.Context, into []any, query string, args ...any) (bool, error) {
	found := false
	err := c.query(ctx, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(into...)
	}, query, args...)
	return found, err
}

// rebind writes the parameters as $1, $2 and so on. No query has a question mark otherwise.
func (c *session) rebind(query string) string {
	if !c.postgres {
		return query
	}
	if text, ok := c.rebound.Load(query); ok {
		known, _ := text.(string)
		return known
	}
	text := sqldb.Numbered(query)
	c.rebound.Store(query, text)
	return text
}

// borrow gives a connection out.
func (s *Store) borrow(ctx context.Context, pool chan *session) (*session, func(), error) {
	if s.postgres {
		conn, err := s.db.Conn(ctx)
		if err != nil {
			return nil, nil, err
		}
		return &session{conn: conn, postgres: true, rebound: &s.rebound}, func() { _ = conn.Close() }, nil
	}
	select {
	case c := <-pool:
		return c, func() { pool <- c }, nil
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
}

// transact runs a function in a transaction. Where the database gave way to another transaction, it runs again.
func (s *Store) transact(ctx context.Context, do func(ctx context.Context, c *session) error) error {
	return s.transactFor(ctx, limit, do)
}

func (s *Store) transactFor(ctx context.Context, limit time.Duration, do func(ctx context.Context, c *session) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return explain(retryBusy(ctx, func() error { return s.attempt(ctx, limit, do) }))
}

// limit bounds a transaction: there are networks that swallow packets. The lease of an exchange in package consent is longer.
const limit = 20 * time.Second

// standstill is how long a process may do nothing in the middle of a transaction. Nobody needs nearly as long but one that is frozen,
// or whose machine sleeps: PostgreSQL ends the transaction then, with its locks. The step that it was in fails, and is made again.
const standstill = "10s"

func (s *Store) attempt(ctx context.Context, limit time.Duration, do func(ctx context.Context, c *session) error) error {
	if s.postgres {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	c, giveBack, err := s.borrow(ctx, s.writer)
	if err != nil {
		return err
	}
	defer giveBack()
	if !s.postgres {
		ctx = context.WithoutCancel(ctx) // a file does not keep anyone waiting, and an interrupt would strike the next user
	}
	begin := "BEGIN IMMEDIATE"
	if s.postgres {
		begin = sqldb.BeginPostgres(standstill)
	}
	if _, err = c.conn.ExecContext(ctx, begin); err == nil {
		err = do(ctx, c)
	}
	if err == nil {
		if _, err = c.conn.ExecContext(ctx, "COMMIT"); err == nil {
			return nil
		}
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if _, rollback := c.conn.ExecContext(ending, "ROLLBACK"); rollback != nil && s.postgres {
		_ = c.conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	return err
}

// read runs a function outside of any transaction.
func (s *Store) read(ctx context.Context, do func(ctx context.Context, c *session) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return explain(retryBusy(ctx, func() error {
		c, giveBack, err := s.borrow(ctx, s.reader)
		if err != nil {
			return err
		}
		defer giveBack()
		if !s.postgres {
			return do(context.WithoutCancel(ctx), c)
		}
		return do(ctx, c)
	}))
}

// readSoon is read for what a reader of wallets waits for: like a transaction, it ends where the network swallows packets.
func (s *Store) readSoon(ctx context.Context, do func(ctx context.Context, c *session) error) error {
	if s.postgres {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	return s.read(ctx, do)
}

// retryBusy repeats what the database turned away for another transaction's sake. A file of SQLite that another process has locked
// has been waited for already, half a second: nothing interrupts that wait, so it is short, and there are many.
func retryBusy(ctx context.Context, do func() error) error {
	const attempts, patience = 8, time.Minute
	began := time.Now()
	for attempt := 1; ; attempt++ {
		err := do()
		if err == nil || !gaveWay(err) {
			return err
		}
		pause := time.Duration(attempt) * 50 * time.Millisecond
		if isLocked(err) {
			pause = 10 * time.Millisecond
			if time.Since(began) > patience {
				return err
			}
		} else if attempt == attempts {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

// isLocked reports whether another connection has locked a file of SQLite.
func isLocked(err error) bool {
	return strings.Contains(err.Error(), "SQLITE_BUSY") || sqldb.IsBusySQLite(err)
}

// otherAppended is what PostgreSQL says of a row of the audit log, when its chain went on meanwhile: CloseHours locks no wallet.
const otherAppended = `"djamo_audit_pkey"`

// gaveWay goes by the texts of SQLite and the codes of PostgreSQL, which are the same whatever the driver.
func gaveWay(err error) bool {
	text := err.Error()
	return isLocked(err) || strings.Contains(text, "SQLSTATE 40001") || strings.Contains(text, "SQLSTATE 40P01") ||
		strings.Contains(text, otherAppended)
}

// explain makes an ErrStore of what the database says.
func explain(err error) error {
	if err == nil || errors.Is(err, ErrStore) || errors.Is(err, context.Canceled) || own(err) {
		return err
	}
	text := err.Error()
	for _, known := range []struct{ part, meaning string }{
		{"not a database", "the file is no SQLite database"},
		{"malformed", "the file is corrupt: go back to a copy of it, or begin a new one, which reads everything anew"},
		{"disk is full", "the disk is full: make room; nothing is half stored"},
		{"SQLSTATE 53100", "the disk of the database is full: make room; nothing is half stored"},
		{"SQLSTATE 25P03", "this process stood still in the middle of a transaction, and the database ended it: nothing is half stored"},
		{"readonly", "it cannot be written to"},
		{"unable to open", "the file cannot be opened"},
		{"locked", "another process has locked it for too long"},
	} {
		if strings.Contains(text, known.part) {
			return fmt.Errorf("%w: %s (%w)", ErrStore, known.meaning, err)
		}
	}
	return fmt.Errorf("%w: %w", ErrStore, err)
}

// own reports whether an error came from the caller's function, or from this package, and not from the database.
func own(err error) bool {
	text := err.Error()
	for _, ours := range []string{"walletsync: ", "consent: ", "wallet: ", "audit: "} {
		if strings.HasPrefix(text, ours) {
			return true
		}
	}
	return false
}

func number(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}
