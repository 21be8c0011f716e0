package sqljournal

import (
	"context"
	"database/sql"
)

// schema holds, for each version, the statements that make it from the one before. A version that was released never
// changes: what comes next is added.
func (d *dialect) schema() [][]string {
	number, key, moment, strict, clustered := "INTEGER", "INTEGER PRIMARY KEY", "INTEGER", " STRICT", " STRICT, WITHOUT ROWID"
	if !d.oneConnection {
		number, key, moment, strict, clustered = "BIGINT", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "TIMESTAMPTZ", "", ""
	}
	versions := [][]string{{
		`CREATE TABLE djamo_payroll_runs (
			id     ` + key + `,
			name   TEXT NOT NULL UNIQUE,
			owner  TEXT NOT NULL DEFAULT '', -- the latest; '' once the run was released
			fence  ` + number + ` NOT NULL DEFAULT 0,
			until  ` + moment + `, -- when the lease runs out
			plan   TEXT NOT NULL DEFAULT '', -- the name the plan gives the run
			digest TEXT, -- without one there is no plan
			count  ` + number + ` NOT NULL DEFAULT 0,
			total  ` + number + ` NOT NULL DEFAULT 0
		)` + strict,
		`CREATE TABLE djamo_payroll_payouts (
			run            ` + number + ` NOT NULL,
			id             ` + number + ` NOT NULL,
			line           ` + number + ` NOT NULL,
			msisdn         TEXT NOT NULL,
			amount         ` + number + ` NOT NULL,
			reference      TEXT NOT NULL,
			description    TEXT NOT NULL,
			state          TEXT NOT NULL,
			attempts       ` + number + ` NOT NULL DEFAULT 0,
			sent_at        ` + number + `, -- nanoseconds since 1970
			transaction_id TEXT NOT NULL DEFAULT '',
			fee            ` + number + ` NOT NULL DEFAULT 0,
			reason         TEXT NOT NULL DEFAULT '',
			earlier        ` + number + ` NOT NULL DEFAULT 0, -- 1 for yes
			PRIMARY KEY (run, id),
			UNIQUE (run, reference)
		)` + clustered,
		`CREATE INDEX djamo_payroll_payouts_by_state ON djamo_payroll_payouts (run, state, id)`,
	}}
	if d.oneConnection {
		return versions // a run in a file has one driver, so nothing there is divided
	}
	return append(versions, []string{
		`ALTER TABLE djamo_payroll_runs ADD COLUMN parts BIGINT NOT NULL DEFAULT 0 -- into how many the run was divided`,
		`CREATE TABLE djamo_payroll_parts (
			run   BIGINT NOT NULL,
			part  BIGINT NOT NULL, -- counted from 1
			first BIGINT NOT NULL, -- its payouts, from one ID to another
			last  BIGINT NOT NULL,
			total BIGINT NOT NULL, -- their amounts
			owner TEXT NOT NULL DEFAULT '',
			fence BIGINT NOT NULL DEFAULT 0,
			until TIMESTAMPTZ,
			lost  TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(), -- when the answer to a request was last lost
			PRIMARY KEY (run, part)
		)`,
		`CREATE TABLE djamo_payroll_gates (
			name  TEXT PRIMARY KEY,
			until TIMESTAMPTZ NOT NULL -- nobody sends anything before
		)`,
	})
}

// migrate brings the tables to the version that this program knows. When it fails, the connection is closed and with it
// the transaction.
func (d *dialect) migrate(ctx context.Context, conn *sql.Conn) error {
	for _, statement := range d.beginUpgrade {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	statements, err := d.missing(ctx, conn)
	for _, statement := range append(statements, "COMMIT") {
		if err == nil {
			_, err = conn.ExecContext(ctx, statement)
		}
	}
	return err
}

// missing returns the statements that the tables are behind.
func (d *dialect) missing(ctx context.Context, conn *sql.Conn) ([]string, error) {
	version, err := d.version(ctx, conn)
	if err != nil {
		return nil, err
	}
	schema := d.schema()
	switch {
	case version == len(schema):
		return nil, nil
	case version > len(schema) || version < 0:
		return nil, tooNew(version, len(schema))
	}
	var statements []string
	for _, step := range schema[version:] {
		statements = append(statements, step...)
	}
	return append(statements, d.upgrade(version, len(schema))...), nil
}

func tooNew(version, known int) error {
	return unusable("it is from a newer version of this program (its tables have version %d, this program knows %d): update the program", version, known)
}

// Migrate brings the tables of a database to the version that this program knows, or makes them, as Open does. It is
// safe to repeat, and for several processes at once. The errors are those of Open.
func Migrate(ctx context.Context, db *sql.DB, of Dialect) error {
	return withConnection(ctx, db, of, func(d *dialect, conn *sql.Conn) error { return d.migrate(ctx, conn) })
}

// Check refuses, with an error that matches payroll.ErrJournal, a database that is not durable or whose tables are of
// another version than this program's. It changes nothing.
func Check(ctx context.Context, db *sql.DB, of Dialect) error {
	return withConnection(ctx, db, of, func(d *dialect, conn *sql.Conn) error {
		version, err := d.version(ctx, conn)
		known := len(d.schema())
		switch {
		case err != nil || version == known:
			return err
		case version > known || version < 0:
			return tooNew(version, known)
		default:
			return unusable("its tables have version %d, and this program needs %d: migrate it first", version, known)
		}
	})
}

// withConnection uses a checked connection of its own.
func withConnection(ctx context.Context, db *sql.DB, of Dialect, do func(*dialect, *sql.Conn) error) error {
	d, err := dialectOf(of)
	if err != nil {
		return err
	}
	conn, err := d.connect(ctx, db)
	if err != nil {
		return failedToOpen(ctx, d, err)
	}
	defer discard(conn)
	if err = d.setUp(ctx, conn); err == nil {
		err = do(d, conn)
	}
	if err != nil {
		return failedToOpen(ctx, d, err)
	}
	return nil
}
