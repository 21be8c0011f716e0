package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
)

// Dialect says which database a log is in.
type Dialect string

// The dialects.
const (
	SQLite     Dialect = "SQLite"
	PostgreSQL Dialect = "PostgreSQL"
)

// version of the tables. One that was released never changes: what comes next is added.
const version = 2

// Errors of a log.
var (
	// ErrNewer is a log whose tables are of a newer version of this program.
	ErrNewer = errors.New("audit: the log is from a newer version of this program: use that")
	// ErrNone is a database without a log.
	ErrNone = errors.New("audit: the database has no audit log")
)

// Conn is what a statement is run on: a *sql.Conn, or a *sql.Tx.
type Conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Migrate makes the tables of the log where there are none, in the transaction that conn is in. It is safe to repeat.
func Migrate(ctx context.Context, conn Conn, dialect Dialect) error {
	if dialect == PostgreSQL { // others that make them at the same time wait
		if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_xact_lock(4929546312075538801)"); err != nil {
			return err
		}
	}
	found, err := versionOf(ctx, conn, dialect)
	switch {
	case err != nil && !errors.Is(err, ErrNone):
		return err
	case err == nil && found > version:
		return fmt.Errorf("%w (its tables have version %d, and this program knows %d)", ErrNewer, found, version)
	}
	for _, statement := range statements(dialect, found) {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// versionOf is ErrNone when there are no tables.
func versionOf(ctx context.Context, conn Conn, dialect Dialect) (int64, error) {
	exists := "SELECT COUNT(*) FROM sqlite_master WHERE name = 'djamo_audit_schema'"
	if dialect == PostgreSQL {
		exists = "SELECT CASE WHEN to_regclass('djamo_audit_schema') IS NULL THEN 0 ELSE 1 END"
	}
	for _, query := range []string{exists, "SELECT version FROM djamo_audit_schema"} {
		var value int64
		if err := one(ctx, conn, &value, query); err != nil {
			return 0, err
		}
		if query != exists || value == 0 {
			if value == 0 {
				return 0, ErrNone
			}
			return value, nil
		}
	}
	return 0, ErrNone
}

func one(ctx context.Context, conn Conn, into any, query string) error {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err has what matters
	for rows.Next() {
		if err := rows.Scan(into); err != nil {
			return err
		}
	}
	return rows.Err()
}

// statements bring the tables from a version, 0 for none, to that of this program.
func statements(dialect Dialect, from int64) (list []string) {
	if from < 1 {
		list = firstTables(dialect)
	}
	if from < version {
		number := "INTEGER"
		if dialect == PostgreSQL {
			number = "BIGINT"
		}
		list = append(list, // where a chain that was pruned begins
			"ALTER TABLE djamo_audit_heads ADD COLUMN pruned_n "+number+" NOT NULL DEFAULT 0",
			"ALTER TABLE djamo_audit_heads ADD COLUMN pruned_hash TEXT NOT NULL DEFAULT ''",
			fmt.Sprintf("UPDATE djamo_audit_schema SET version = %d", version),
		)
	}
	return list
}

// firstTables make the tables of version 1. Chains are in the order of their bytes, in any database.
func firstTables(dialect Dialect) []string {
	number, chain, end := "INTEGER", "TEXT", " STRICT, WITHOUT ROWID"
	if dialect == PostgreSQL {
		number, chain, end = "BIGINT", `TEXT COLLATE "C"`, ""
	}
	tables := []string{
		`CREATE TABLE djamo_audit (
			chain ` + chain + ` NOT NULL, n ` + number + ` NOT NULL, at ` + number + ` NOT NULL, consent TEXT NOT NULL, action TEXT NOT NULL,
			scope TEXT NOT NULL, request TEXT NOT NULL, status ` + number + ` NOT NULL, items ` + number + ` NOT NULL, fields TEXT NOT NULL,
			format ` + number + ` NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (chain, n)
		)` + end,
		`CREATE TABLE djamo_audit_heads (
			chain ` + chain + ` PRIMARY KEY, n ` + number + ` NOT NULL DEFAULT 0, hash TEXT NOT NULL DEFAULT '',
			open_last ` + number + ` NOT NULL DEFAULT 0, open_count ` + number + ` NOT NULL DEFAULT 0,
			open_consent TEXT NOT NULL DEFAULT '', open_scope TEXT NOT NULL DEFAULT ''
		)` + end,
		"CREATE TABLE djamo_audit_schema (version " + number + " NOT NULL)",
		"INSERT INTO djamo_audit_schema VALUES (1)",
	}
	return slices.Concat(tables, insertOnly(dialect))
}

// insertOnly refuses updates and deletions. That stops a mistake; Verify finds what somebody did who removed it first.
func insertOnly(dialect Dialect) []string {
	if dialect == PostgreSQL {
		return []string{
			`CREATE OR REPLACE FUNCTION djamo_audit_insert_only() RETURNS trigger LANGUAGE plpgsql AS
				$$ BEGIN RAISE EXCEPTION 'djamo_audit is insert only'; END $$`,
			`CREATE TRIGGER djamo_audit_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON djamo_audit
				FOR EACH STATEMENT EXECUTE FUNCTION djamo_audit_insert_only()`,
		}
	}
	return []string{
		`CREATE TRIGGER djamo_audit_no_update BEFORE UPDATE ON djamo_audit
			BEGIN SELECT RAISE(ABORT, 'djamo_audit is insert only'); END`,
		noDelete,
	}
}

// noDelete is the trigger of SQLite that refuses deletions.
const noDelete = `CREATE TRIGGER djamo_audit_no_delete BEFORE DELETE ON djamo_audit
	BEGIN SELECT RAISE(ABORT, 'djamo_audit is insert only'); END`
