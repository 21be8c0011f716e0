package mycac

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/djamo/djamo-go/internal/sqldb"
)

// Dialect says which database a Journal is in.
type Dialect string

// The dialects.
const (
	SQLite     Dialect = "SQLite"
	PostgreSQL Dialect = "PostgreSQL"
)

// ErrJournal is a database that cannot be used.
var ErrJournal = errors.New("mycac: the journal cannot be used")

// Journal is the memory of CACPAY and of bulk salaries, in SQLite or PostgreSQL over database/sql: which events came and in
// which settlement each is, which salaries were submitted and what became of each. What a method has written when it returns is
// on the disk. The driver is the caller's.
//
// Several processes may share a Journal. It is safe for concurrent use, and must be closed.
type Journal struct {
	// Now is the time; nil: time.Now. Set it before the first use.
	Now func() time.Time

	db       *sql.DB
	postgres bool
	pool     chan *sql.Conn // SQLite: the one connection; nil: it was given up, and another is made when it is needed
}

// OpenJournal opens a journal, and makes its tables where there are none. db stays the caller's to close, after the journal. The
// error matches ErrJournal.
func OpenJournal(ctx context.Context, db *sql.DB, dialect Dialect) (*Journal, error) {
	if dialect != SQLite && dialect != PostgreSQL {
		return nil, fmt.Errorf("%w: %q is no dialect: use SQLite or PostgreSQL", ErrJournal, dialect)
	}
	j := &Journal{db: db, postgres: dialect == PostgreSQL}
	if !j.postgres {
		conn, err := connectSQLite(ctx, db)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrJournal, err)
		}
		j.pool = make(chan *sql.Conn, 1)
		j.pool <- conn
	}
	conn, done, err := j.take(ctx)
	if err == nil {
		err = sqldb.Retry(ctx, j.isBusy, func() error { return j.migrate(ctx, conn) })
		done(err)
	}
	if err != nil {
		j.Close()
		return nil, fmt.Errorf("%w: %w", ErrJournal, err)
	}
	return j, nil
}

// Close gives the connection up.
func (j *Journal) Close() {
	select {
	case conn := <-j.pool:
		if conn != nil {
			discard(conn)
		}
	default:
	}
}

// connectSQLite makes a connection on which what is committed is on the disk.
func connectSQLite(ctx context.Context, db *sql.DB) (*sql.Conn, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	for _, setting := range []struct{ pragma, want string }{
		{"busy_timeout = 10000", "10000"}, {"journal_mode = WAL", "wal"}, {"synchronous = FULL", ""}, {"fullfsync = 1", ""},
	} {
		if setting.want == "" {
			_, err = conn.ExecContext(ctx, "PRAGMA "+setting.pragma)
		} else {
			var got string
			err = sqldb.Retry(ctx, sqldb.IsBusySQLite, func() error {
				return conn.QueryRowContext(ctx, "PRAGMA "+setting.pragma).Scan(&got)
			})
			if err == nil && got != setting.want {
				err = fmt.Errorf("SQLite cannot keep it safely here: PRAGMA %s gives %s", setting.pragma, got)
			}
		}
		if err != nil {
			discard(conn)
			return nil, err
		}
	}
	return conn, nil
}

// discard closes a connection for good: it may be in the middle of a transaction.
func discard(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = conn.Close()
}

// take takes a connection; done gives it back, or gives it up when its state is not known.
func (j *Journal) take(ctx context.Context) (conn *sql.Conn, done func(error), err error) {
	if j.postgres {
		conn, err := j.db.Conn(ctx)
		if err != nil {
			return nil, nil, err
		}
		return conn, func(err error) {
			if err != nil {
				discard(conn)
				return
			}
			_ = conn.Close()
		}, nil
	}
	select {
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	case conn = <-j.pool:
	}
	if conn == nil {
		if conn, err = connectSQLite(ctx, j.db); err != nil {
			j.pool <- nil
			return nil, nil, err
		}
	}
	return conn, func(err error) {
		if err != nil {
			discard(conn)
			conn = nil
		}
		j.pool <- conn
	}, nil
}

// tx is a transaction of a journal.
type tx struct {
	conn     *sql.Conn
	postgres bool
}

func (t tx) rebind(query string) string {
	if t.postgres {
		return sqldb.Numbered(query)
	}
	return query
}

// exec returns how many rows were changed.
func (t tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := t.conn.ExecContext(ctx, t.rebind(query), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (t tx) query(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := t.conn.QueryContext(ctx, t.rebind(query), args...) //nolint:rowserrcheck // Scan looks at it
	return sqldb.Scan(rows, err, scan)
}

// transact carries work out, all of it or nothing, and repeats it while the database is busy.
func (j *Journal) transact(ctx context.Context, work func(context.Context, tx) error) error {
	err := sqldb.Retry(ctx, j.isBusy, func() error { return j.transactOnce(ctx, work) })
	if err != nil && ctx.Err() == nil && isDatabaseError(err) {
		return fmt.Errorf("%w: %w", ErrJournal, err)
	}
	return err
}

// standstill is how long a process may be frozen in the middle of a transaction, before PostgreSQL ends it with its locks.
const standstill = "60s"

func (j *Journal) transactOnce(ctx context.Context, work func(context.Context, tx) error) (err error) {
	conn, done, err := j.take(ctx)
	if err != nil {
		return err
	}
	defer func() { done(err) }()
	begin := "BEGIN IMMEDIATE"
	if j.postgres {
		begin = sqldb.BeginPostgres(standstill)
	}
	if _, err = conn.ExecContext(ctx, begin); err != nil {
		return err
	}
	if err = work(ctx, tx{conn, j.postgres}); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "COMMIT")
	return err
}

func (j *Journal) isBusy(err error) bool {
	if j.postgres {
		return sqldb.IsBusyPostgres(err)
	}
	return sqldb.IsBusySQLite(err)
}

// isDatabaseError reports an error that no rule of a journal has made.
func isDatabaseError(err error) bool {
	for _, known := range []error{ErrJournal, ErrSalariesDiffer, ErrSalariesMoved, ErrNoSalaries, ErrSettlementOrder, ErrNotSetAside} {
		if errors.Is(err, known) {
			return false
		}
	}
	return true
}

// migrate makes the tables, or refuses those of a newer version.
func (j *Journal) migrate(ctx context.Context, conn *sql.Conn) error {
	number, blob := "INTEGER", "BLOB"
	begin, exists := []string{"BEGIN EXCLUSIVE"}, "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'djamo_mycac_schema'"
	if j.postgres {
		number, blob = "BIGINT", "BYTEA"
		begin = []string{sqldb.BeginPostgres(standstill), "SELECT pg_advisory_xact_lock(4929546312075538801)"}
		exists = `SELECT COUNT(*) FROM pg_catalog.pg_class
			WHERE relname = 'djamo_mycac_schema' AND pg_catalog.pg_table_is_visible(oid)`
	}
	return sqldb.Schema{
		Versions: [][]string{journalTables(number, blob), {
			`CREATE TABLE djamo_mycac_closings (
				id TEXT PRIMARY KEY, person TEXT NOT NULL, reason TEXT NOT NULL, at ` + number + ` NOT NULL, settled TEXT NOT NULL DEFAULT ''
			)`,
		}},
		Begin: begin,
		Version: func(ctx context.Context, conn *sql.Conn) (version int, err error) {
			var tables int
			if err := conn.QueryRowContext(ctx, exists).Scan(&tables); err != nil || tables == 0 {
				return 0, err
			}
			err = conn.QueryRowContext(ctx, "SELECT version FROM djamo_mycac_schema").Scan(&version)
			return version, err
		},
		Record: func(from, to int) []string {
			if from > 0 {
				return []string{"UPDATE djamo_mycac_schema SET version = " + strconv.Itoa(to)}
			}
			return []string{
				"CREATE TABLE djamo_mycac_schema (version " + number + " NOT NULL)",
				"INSERT INTO djamo_mycac_schema VALUES (" + strconv.Itoa(to) + ")",
			}
		},
	}.Migrate(ctx, conn)
}

// journalTables makes version 1. Times are microseconds since 1970, amounts are in minor units.
func journalTables(number, blob string) []string {
	return []string{
		`CREATE TABLE djamo_mycac_events (
			id TEXT PRIMARY KEY, digest TEXT NOT NULL, kind TEXT NOT NULL, day TEXT NOT NULL, settled TEXT NOT NULL DEFAULT '',
			came ` + number + ` NOT NULL, body ` + blob + ` NOT NULL
		)`,
		`CREATE INDEX djamo_mycac_events_settled ON djamo_mycac_events (settled, day)`,
		`CREATE TABLE djamo_mycac_settlements (day TEXT PRIMARY KEY, at ` + number + ` NOT NULL)`,
		`CREATE TABLE djamo_mycac_quarantine (
			digest TEXT PRIMARY KEY, reason TEXT NOT NULL, came ` + number + ` NOT NULL, body ` + blob + ` NOT NULL
		)`,
		`CREATE TABLE djamo_mycac_salaries (
			reference TEXT PRIMARY KEY, digest TEXT NOT NULL, plan ` + blob + ` NOT NULL, content_type TEXT NOT NULL, file ` + blob + ` NOT NULL,
			file_digest TEXT NOT NULL, state TEXT NOT NULL, attempt ` + number + ` NOT NULL DEFAULT 0, sent_at ` + number + ` NOT NULL DEFAULT 0,
			batch_id TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT ''
		)`,
		`CREATE TABLE djamo_mycac_salary_entries (
			plan TEXT NOT NULL, reference TEXT NOT NULL, place ` + number + ` NOT NULL, minor ` + number + ` NOT NULL, state TEXT NOT NULL,
			tx_id TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', PRIMARY KEY (plan, reference)
		)`,
	}
}

func (j *Journal) now() time.Time {
	if j.Now != nil {
		return j.Now()
	}
	return time.Now()
}
