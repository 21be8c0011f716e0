package databasetest_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

var errDead = errors.New("the connection is dead")

// wire stands between database/sql and a driver. It counts statements, and may do something at each.
type wire struct {
	dsn    string
	driver driver.Driver

	mu     sync.Mutex
	calls  []string // the statements so far
	before func(n int, query string) error
	after  func(n int, query string) error
	latest driver.Conn // the connection opened last
}

// over opens a database through the wire.
func (w *wire) over(t testing.TB, driverName, dsn string) *sql.DB {
	t.Helper()
	plain, err := sql.Open(driverName, dsn)
	require.NoError(t, err)
	require.NoError(t, plain.Close())
	w.driver, w.dsn = plain.Driver(), dsn
	db := sql.OpenDB(w)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// dieAt makes everything fail from the nth statement on; that one is carried out all the same if the answer to it is
// what gets lost.
func (w *wire) dieAt(n int, answerIsLost bool) {
	w.before = func(i int, _ string) error {
		if i > n || i == n && !answerIsLost {
			return errDead
		}
		return nil
	}
	w.after = func(i int, _ string) error {
		if i >= n {
			return errDead
		}
		return nil
	}
}

// count tells how many statements began with a word.
func (w *wire) count(word string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	count := 0
	for _, query := range w.calls {
		if strings.HasPrefix(query, word) {
			count++
		}
	}
	return count
}

func pass[T any](w *wire, query string, do func() (T, error)) (result T, err error) {
	w.mu.Lock()
	w.calls = append(w.calls, query)
	n, before, after := len(w.calls), w.before, w.after
	w.mu.Unlock()
	if before != nil {
		if err := before(n, query); err != nil {
			return result, err
		}
	}
	if result, err = do(); err != nil || after == nil {
		return result, err
	}
	err = after(n, query)
	if rows, ok := any(result).(driver.Rows); ok && err != nil {
		_ = rows.Close() // nobody else will
	}
	return result, err
}

func (w *wire) Driver() driver.Driver { return w.driver }

func (w *wire) Connect(context.Context) (driver.Conn, error) {
	conn, err := w.driver.Open(w.dsn)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.latest = conn
	return &wireConn{conn, w}, nil
}

type wireConn struct {
	driver.Conn

	wire *wire
}

func (c *wireConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	stmt, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	return &wireStmt{stmt, c.wire, strings.TrimSpace(query)}, err
}

func (c *wireConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return pass(c.wire, query, func() (driver.Result, error) {
		return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
	})
}

func (c *wireConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return pass(c.wire, query, func() (driver.Rows, error) {
		return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
	})
}

type wireStmt struct {
	driver.Stmt

	wire  *wire
	query string
}

func (s *wireStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return pass(s.wire, s.query, func() (driver.Result, error) {
		return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
	})
}

func (s *wireStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return pass(s.wire, s.query, func() (driver.Rows, error) {
		return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	})
}
