package sqljournal

import (
	"context"
	"database/sql"
	"strconv"
)

func postgres() *dialect {
	return &dialect{
		connect: connectPostgres,
		setUp:   setUpPostgres,
		version: versionPostgres,
		upgrade: func(from, to int) []string {
			if from > 0 {
				return []string{"UPDATE djamo_payroll_schema SET version = " + strconv.Itoa(to)}
			}
			return []string{
				"CREATE TABLE djamo_payroll_schema (version BIGINT NOT NULL)",
				"INSERT INTO djamo_payroll_schema VALUES (" + strconv.Itoa(to) + ")",
			}
		},
		rebind:  numbered,
		explain: explainPostgres,
		begin:   "BEGIN ISOLATION LEVEL READ COMMITTED",
		beginUpgrade: []string{
			"BEGIN ISOLATION LEVEL READ COMMITTED",
			"SELECT pg_advisory_xact_lock(4929546312075538799)", // "Djmo" twice: two that create tables at once fail
		},
		array:       "json_array_elements(CAST(? AS JSON)) AS c (value)",
		lease:       "SELECT owner, fence, until > clock_timestamp() FROM djamo_payroll_runs WHERE id = ?",
		leaseLocked: "SELECT owner, fence, until > clock_timestamp() FROM djamo_payroll_runs WHERE id = ? FOR UPDATE",
	}
}

func connectPostgres(ctx context.Context, db *sql.DB) (*sql.Conn, error) {
	if db.Stats().MaxOpenConnections == 1 {
		return nil, unusable("it needs two connections: call SetMaxOpenConns with 2 or more")
	}
	return db.Conn(ctx)
}

// setUpPostgres makes sure that what is committed is on the disk.
func setUpPostgres(ctx context.Context, conn *sql.Conn) error {
	const query = `SELECT current_setting('server_encoding'), current_setting('synchronous_commit'), current_setting('fsync'), pg_is_in_recovery()`
	var encoding, synchronous, fsync string
	var standby bool
	if err := conn.QueryRowContext(ctx, query).Scan(&encoding, &synchronous, &fsync, &standby); err != nil {
		return err
	}
	switch {
	case standby:
		return unusable("the database is a standby: connect to its primary")
	case encoding != "UTF8":
		return unusable("the database stores text as %s: make one with the encoding UTF8", encoding)
	case synchronous == "off":
		return unusable("the database may lose what it has committed: set synchronous_commit to on")
	case fsync == "off":
		return unusable("the database may lose what it has committed: set fsync to on")
	}
	// A process that is frozen in the middle of a plan must not keep its successor waiting for ever.
	_, err := conn.ExecContext(ctx, "SET idle_in_transaction_session_timeout = '60s'")
	return err
}

// versionPostgres reads the version of the tables, 0 when there are none.
func versionPostgres(ctx context.Context, conn *sql.Conn) (int, error) {
	var exists bool
	const query = "SELECT to_regclass('djamo_payroll_schema') IS NOT NULL"
	if err := conn.QueryRowContext(ctx, query).Scan(&exists); err != nil || !exists {
		return 0, err
	}
	var version int
	err := conn.QueryRowContext(ctx, "SELECT version FROM djamo_payroll_schema").Scan(&version)
	return version, err
}

func explainPostgres(err error) error {
	if explained(err) {
		return err
	}
	return unusable("%w", err)
}
