package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"time"
)

// Database is one of SQLite or PostgreSQL, in which transactions are run as this module needs them.
type Database struct {
	DB       *sql.DB
	Postgres bool
}

// Rebind writes the parameters of a statement, question marks, as the database has them.
func (d Database) Rebind(statement string) string {
	if d.Postgres {
		return Numbered(statement)
	}
	return statement
}

// Transact runs a function in a transaction. One that only reads sees one state of the database throughout. It runs again
// where the database gave way to another transaction.
func (d Database) Transact(ctx context.Context, write bool, do func(context.Context, *sql.Conn) error) error {
	busy := IsBusySQLite
	if d.Postgres {
		busy = IsBusyPostgres
	}
	return Retry(ctx, busy, func() error { return d.attempt(ctx, write, do) })
}

func (d Database) attempt(ctx context.Context, write bool, do func(context.Context, *sql.Conn) error) error {
	conn, err := d.DB.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // the transaction has ended
	if err = execAll(ctx, conn, d.begin(write)); err == nil {
		err = do(ctx, conn)
	} else if !d.Postgres {
		return err // nothing has begun
	}
	if err == nil {
		if _, err = conn.ExecContext(ctx, "COMMIT"); err == nil {
			return nil
		}
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if _, rollback := conn.ExecContext(ending, "ROLLBACK"); rollback != nil {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	return err
}

// begin starts a transaction. What is committed in SQLite is on the disk.
func (d Database) begin(write bool) []string {
	switch {
	case d.Postgres && write:
		return []string{BeginPostgres("60s")}
	case d.Postgres:
		return []string{"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}
	case write:
		return []string{"PRAGMA busy_timeout = 10000", "PRAGMA synchronous = FULL", "BEGIN IMMEDIATE"}
	}
	return []string{"PRAGMA busy_timeout = 10000", "BEGIN"}
}
