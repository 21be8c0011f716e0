package sqljournal

import "context"

// schema holds, for each version, the statements that make it from the one before. A version that was released never
// changes: what comes next is added.
func (d *dialect) schema() [][]string {
	number, key, moment, strict, clustered := "INTEGER", "INTEGER PRIMARY KEY", "INTEGER", " STRICT", " STRICT, WITHOUT ROWID"
	if !d.oneConnection {
		number, key, moment, strict, clustered = "BIGINT", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "TIMESTAMPTZ", "", ""
	}
	return [][]string{{
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
}

// migrate brings the tables to the version that this program knows. When it fails, the connection is closed and with it
// the transaction.
func (j *Journal) migrate(ctx context.Context) error {
	for _, statement := range j.dialect.beginUpgrade {
		if _, err := j.conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	statements, err := j.missing(ctx)
	for _, statement := range append(statements, "COMMIT") {
		if err == nil {
			_, err = j.conn.ExecContext(ctx, statement)
		}
	}
	return err
}

// missing returns the statements that the tables are behind.
func (j *Journal) missing(ctx context.Context) ([]string, error) {
	version, err := j.dialect.version(ctx, j.conn)
	if err != nil {
		return nil, err
	}
	schema := j.dialect.schema()
	switch {
	case version == len(schema):
		return nil, nil
	case version > len(schema) || version < 0:
		return nil, unusable("it is from a newer version of this program (its tables have version %d, this program knows %d): update the program", version, len(schema))
	}
	var statements []string
	for _, step := range schema[version:] {
		statements = append(statements, step...)
	}
	return append(statements, j.dialect.upgrade(version, len(schema))...), nil
}
