// Package drivertest stands between database/sql and a driver: a test sees each statement, and may keep it from being carried out.
package drivertest

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

// Connector opens connections of a driver, for sql.OpenDB.
type Connector struct {
	Name, Address string // of the driver, and of the database
	// Around is called with each statement, and with BEGIN and COMMIT of a transaction. It carries the statement out, or fails it; conn
	// is the driver's own connection.
	Around func(ctx context.Context, conn driver.Conn, query string, carryOut func() error) error
}

// Connect implements driver.Connector.
func (c *Connector) Connect(context.Context) (driver.Conn, error) {
	opener, err := sql.Open(c.Name, c.Address)
	if err != nil {
		return nil, err
	}
	defer opener.Close() //nolint:errcheck // it has opened nothing
	of, err := opener.Driver().Open(c.Address)
	if err != nil {
		return nil, err
	}
	return &conn{of, c}, nil
}

// Driver implements driver.Connector.
func (c *Connector) Driver() driver.Driver { return nil }

type conn struct {
	driver.Conn

	connector *Connector
}

// through carries a statement out as the test likes. Rows that nobody is given are closed.
func through[T any](ctx context.Context, c *conn, query string, carryOut func() (T, error)) (result T, err error) {
	err = c.connector.Around(ctx, c.Conn, query, func() (err error) {
		result, err = carryOut()
		return err
	})
	if rows, ok := any(result).(driver.Rows); ok && err != nil {
		_ = rows.Close()
	}
	return result, err
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return through(ctx, c, query, func() (driver.Result, error) {
		return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args) //nolint:forcetypeassert // those of SQLite and PostgreSQL are one
	})
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return through(ctx, c, query, func() (driver.Rows, error) {
		return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args) //nolint:forcetypeassert // as above
	})
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	of, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query) //nolint:forcetypeassert // as above
	return &stmt{of, c, query}, err
}

// BeginTx implements driver.ConnBeginTx.
func (c *conn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	of, err := through(ctx, c, "BEGIN", func() (driver.Tx, error) {
		return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, options) //nolint:forcetypeassert // as above
	})
	return &tx{of, ctx, c}, err
}

// CheckNamedValue implements driver.NamedValueChecker.
func (c *conn) CheckNamedValue(value *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(value)
	}
	return driver.ErrSkip
}

type stmt struct {
	driver.Stmt

	conn  *conn
	query string
}

// ExecContext implements driver.StmtExecContext.
func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return through(ctx, s.conn, s.query, func() (driver.Result, error) {
		return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args) //nolint:forcetypeassert // as above
	})
}

// QueryContext implements driver.StmtQueryContext.
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return through(ctx, s.conn, s.query, func() (driver.Rows, error) {
		return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args) //nolint:forcetypeassert // as above
	})
}

type tx struct {
	driver.Tx

	ctx  context.Context //nolint:containedctx // of the transaction
	conn *conn
}

// Commit implements driver.Tx.
func (t *tx) Commit() error {
	return t.conn.connector.Around(t.ctx, t.conn.Conn, "COMMIT", t.Tx.Commit)
}
