package sqljournal

import (
	"context"
	"database/sql"
	"errors"

	"github.com/djamo/djamo-go/internal/sqldb"
)

// schema is how the tables came to be. A version that was released never changes: what comes next is added.
func (d *dialect) schema() sqldb.Schema {
	return sqldb.Schema{Versions: d.versions(), Begin: d.beginUpgrade, Version: d.version, Record: d.upgrade}
}

func (d *dialect) versions() [][]string {
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
	names := []string{`ALTER TABLE djamo_payroll_payouts ADD COLUMN name TEXT NOT NULL DEFAULT ''`} // the payee's
	accounts := []string{
		`ALTER TABLE djamo_payroll_payouts ADD COLUMN transaction_at ` + number,      // nanoseconds since 1970, by the API's clock
		`ALTER TABLE djamo_payroll_runs ADD COLUMN account TEXT NOT NULL DEFAULT ''`, // which pays it, in JSON
	}
	approvals := []string{
		`CREATE TABLE djamo_payroll_approvals (
			id        ` + key + `,
			run       ` + number + ` NOT NULL, -- 0 is every run
			act       TEXT NOT NULL, -- appoint, plan or approve
			at        ` + number + ` NOT NULL, -- when it was stored, in nanoseconds since 1970
			text      TEXT NOT NULL, -- what was signed
			signature TEXT NOT NULL
		)` + strict,
		`CREATE INDEX djamo_payroll_approvals_by_run ON djamo_payroll_approvals (run, id)`,
	}
	if d.oneConnection { // a run in a file has one driver, so nothing there is divided
		return append(versions, names, accounts, approvals, claimVersion())
	}
	return append(append(versions, clusterVersions(names)...), accounts, approvals)
}

// isOpen is what the index of states holds in a file. It stands in the statements that use the index, too: SQLite asks for that.
const isOpen = `state IN ('submitting', 'unknown', 'submitted')`

// claimVersion is what a file has for claims: see claims.go. States that most payouts are in, before and after, need no index.
func claimVersion() []string {
	return []string{
		`DROP INDEX djamo_payroll_payouts_by_state`,
		`CREATE INDEX djamo_payroll_payouts_open ON djamo_payroll_payouts (run, state, id) WHERE ` + isOpen,
		`CREATE TABLE djamo_payroll_claims (
			run      INTEGER NOT NULL,
			first    INTEGER NOT NULL, -- of the payouts, from one ID to another
			last     INTEGER NOT NULL,
			attempts INTEGER NOT NULL,
			sent_at  INTEGER,
			PRIMARY KEY (run, first)
		) STRICT, WITHOUT ROWID`,
	}
}

// approvalsSince is the version that has made the table of what was signed.
func (d *dialect) approvalsSince() int {
	const sqlite, postgres = 4, 7
	if d.oneConnection {
		return sqlite
	}
	return postgres
}

// clusterVersions are what PostgreSQL has beyond: runs that are divided among machines. names came in between.
func clusterVersions(names []string) [][]string {
	return [][]string{{
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
	}, {
		`ALTER TABLE djamo_payroll_runs
			ADD COLUMN cancelled TIMESTAMPTZ, -- nothing is sent while it is set
			ADD COLUMN resumed TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(), -- when it was last enqueued or resumed
			ADD COLUMN lease BIGINT NOT NULL DEFAULT 0, -- for how long it was last given, in microseconds
			ADD COLUMN timeline TEXT NOT NULL DEFAULT '' -- of the server on which its payouts were last claimed`,
		`ALTER TABLE djamo_payroll_parts
			ADD COLUMN lease BIGINT NOT NULL DEFAULT 0,
			ADD COLUMN timeline TEXT NOT NULL DEFAULT '',
			ADD COLUMN trouble TEXT NOT NULL DEFAULT '', -- why it waits
			ADD COLUMN troubled TIMESTAMPTZ -- since when`,
		`ALTER TABLE djamo_payroll_gates
			ADD COLUMN closed TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp() -- when it was closed`,
	}, names, {
		`ALTER TABLE djamo_payroll_runs
			ADD COLUMN held TEXT NOT NULL DEFAULT '', -- why a worker has cancelled it
			ADD COLUMN repeats_since TIMESTAMPTZ -- payments before are not compared with it: somebody knows of them`,
	}}
}

// Migrate brings the tables of a database to the version that this program knows, or makes them, as Open does. It is
// safe to repeat, and for several processes at once. The errors are those of Open.
func Migrate(ctx context.Context, db *sql.DB, of Dialect) error {
	return withConnection(ctx, db, of, func(d *dialect, conn *sql.Conn) error { return d.schema().Migrate(ctx, conn) })
}

// CheckMigrate refuses a database that Migrate would refuse, for a program that has more to change than these tables. It
// changes nothing. The errors are those of Open.
func CheckMigrate(ctx context.Context, db *sql.DB, of Dialect) error {
	return withConnection(ctx, db, of, func(d *dialect, conn *sql.Conn) error {
		version, err := d.version(ctx, conn)
		if err != nil {
			return err
		}
		mismatch, differs := errors.AsType[*sqldb.VersionError](d.schema().CheckVersion(version))
		switch {
		case differs && mismatch.IsNewer():
			return mismatch
		case !differs || d.oneConnection:
			return nil
		}
		return mayChangeTables(ctx, conn, version)
	})
}

// checkVersion refuses tables of another version.
func (d *dialect) checkVersion(version int) error {
	if err := d.schema().CheckVersion(version); err != nil {
		return unusable("%w", err)
	}
	return nil
}

// mayChangeTables refuses, in PostgreSQL, a user who may not make or change tables, and tables that belong to no version.
func mayChangeTables(ctx context.Context, conn *sql.Conn, version int) error {
	var schema sql.NullString
	var create bool
	const query = `SELECT current_schema(), COALESCE(has_schema_privilege(current_schema(), 'CREATE'), false)`
	err := conn.QueryRowContext(ctx, query).Scan(&schema, &create)
	switch {
	case err != nil:
		return err
	case !schema.Valid:
		return unusable("no schema of its search_path exists: make one, or set search_path in the database's address")
	case !create:
		return unusable("its user may not make tables in the schema %q: connect as one who may", schema.String)
	}
	rows, err := conn.QueryContext(ctx, `SELECT relname, pg_catalog.pg_has_role(relowner, 'USAGE') FROM pg_catalog.pg_class
		WHERE relkind = 'r' AND relname LIKE 'djamo\_payroll\_%' AND pg_catalog.pg_table_is_visible(oid) ORDER BY relname`)
	return sqldb.Scan(rows, err, func(rows *sql.Rows) error {
		var name string
		var owned bool
		err := rows.Scan(&name, &owned)
		switch {
		case err != nil:
			return err
		case version == 0:
			return unusable("it has a table %s already, which no version of this program has made: drop it, or use another schema", name)
		case !owned:
			return unusable("its user may not change the table %s: connect as its owner", name)
		}
		return nil
	})
}

// Check refuses, with an error that matches payroll.ErrJournal, a database that is not durable or whose tables are of
// another version than this program's. It changes nothing.
func Check(ctx context.Context, db *sql.DB, of Dialect) error {
	return withConnection(ctx, db, of, func(d *dialect, conn *sql.Conn) error { return d.schema().Check(ctx, conn) })
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
	if err = d.setUp(ctx, db, conn); err == nil {
		err = do(d, conn)
	}
	if err != nil {
		return failedToOpen(ctx, d, err)
	}
	return nil
}
