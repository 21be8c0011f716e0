package sqldeduper_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// fakeDriver is a database that fails as told. What it is asked to write succeeds otherwise, and what it is asked to
// read is not there.
type fakeDriver struct {
	fails func(statement string) error
}

func (f *fakeDriver) db(t *testing.T) *sql.DB {
	t.Helper()
	db := sql.OpenDB(f)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func (f *fakeDriver) Connect(context.Context) (driver.Conn, error) { return fakeConn{f}, nil }
func (f *fakeDriver) Driver() driver.Driver                        { return nil }

type fakeConn struct{ *fakeDriver }

func (c fakeConn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not prepared") }
func (c fakeConn) Close() error                        { return nil }
func (c fakeConn) Begin() (driver.Tx, error)           { return fakeTx(c), c.fails("BEGIN") }

func (c fakeConn) ExecContext(_ context.Context, statement string, _ []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(1), c.fails(statement)
}

func (c fakeConn) QueryContext(_ context.Context, statement string, _ []driver.NamedValue) (driver.Rows, error) {
	return noRows{}, c.fails(statement)
}

type fakeTx struct{ *fakeDriver }

func (t fakeTx) Commit() error   { return t.fails("COMMIT") }
func (t fakeTx) Rollback() error { return nil }

type noRows struct{}

func (noRows) Columns() []string         { return []string{"done", "held"} }
func (noRows) Close() error              { return nil }
func (noRows) Next([]driver.Value) error { return io.EOF }

// coded is an error of a PostgreSQL driver.
type coded string

func (c coded) Error() string    { return "ERROR (SQLSTATE " + string(c) + ")" }
func (c coded) SQLState() string { return string(c) }
