package sqljournal

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"

	"github.com/djamo/djamo-go/internal/sqldb"
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
		rebind:  sqldb.Numbered,
		explain: explainPostgres,
		begin:   "BEGIN ISOLATION LEVEL READ COMMITTED",
		beginUpgrade: []string{
			"BEGIN ISOLATION LEVEL READ COMMITTED",
			"SET LOCAL idle_in_transaction_session_timeout = '60s'",
			"SET LOCAL statement_timeout = 0", // a large table takes longer than a role's usual statement may
			"SET LOCAL lock_timeout = '30s'",
			"SELECT pg_advisory_xact_lock(4929546312075538799)", // "Djmo" twice: two that create tables at once fail
		},
		array:       "json_array_elements(CAST(? AS JSON)) AS c (value)",
		lease:       postgresLease(),
		leaseLocked: postgresLease() + " FOR UPDATE",
	}
}

// secondWithin is how long a journal waits for the connection that it reads by.
const secondWithin = 5 * time.Second

// checkConnections makes sure that there are two connections, and that each is to a server process of its own. A pooler that hands
// each transaction to another one keeps neither a session's settings and locks nor its prepared statements, and not all of them
// say so: while one connection does nothing, such a pooler lends its process to the other.
func checkConnections(ctx context.Context, db *sql.DB, first *sql.Conn) error {
	const query = "SELECT pg_backend_pid()"
	var one, other int64
	if err := first.QueryRowContext(ctx, query).Scan(&one); err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, secondWithin)
	defer cancel()
	if err := db.QueryRowContext(waiting, query).Scan(&other); err != nil {
		if waiting.Err() != nil && ctx.Err() == nil {
			return causedError{
				unusable("it needs two connections, and got no second one within %s: allow more of them", secondWithin),
				waiting.Err(),
			}
		}
		return err
	}
	if one == other {
		return unusable(pooled)
	}
	return nil
}

// pooled says what to do about a pooler that hands each transaction to another connection.
const pooled = "connections are pooled by transaction, and the journal needs its own: set the pooler to session pooling, " +
	"or connect to the server itself"

func connectPostgres(ctx context.Context, db *sql.DB) (*sql.Conn, error) {
	if db.Stats().MaxOpenConnections == 1 {
		return nil, unusable("it needs two connections: call SetMaxOpenConns with 2 or more")
	}
	return db.Conn(ctx)
}

// setUpPostgres makes sure that what is committed is on the disk, and that connections are what they seem.
func setUpPostgres(ctx context.Context, db *sql.DB, conn *sql.Conn) error {
	const query = `SELECT current_setting('server_encoding'), current_setting('synchronous_commit'), current_setting('fsync'),
		pg_is_in_recovery(), CAST(current_setting('transaction_read_only') AS BOOLEAN)`
	var encoding, synchronous, fsync string
	var standby, readOnly bool
	if err := conn.QueryRowContext(ctx, query).Scan(&encoding, &synchronous, &fsync, &standby, &readOnly); err != nil {
		return err
	}
	switch {
	case standby:
		return unusable("the database is a standby: connect to its primary")
	case readOnly:
		return unusable("its transactions may only read: set default_transaction_read_only to off, for the database or its user")
	case encoding != "UTF8":
		return unusable("the database stores text as %s: make one with the encoding UTF8", encoding)
	case synchronous != "on" && synchronous != "remote_apply":
		return unusable("the database may lose what it has committed, by a crash or a failover (synchronous_commit is %s): set it to on",
			synchronous)
	case fsync == "off":
		return unusable("the database may lose what it has committed: set fsync to on")
	}
	return checkConnections(ctx, db, conn)
}

// postgresLease reads the lease of a run. It is the first statement of each transaction.
func postgresLease() string {
	return "SELECT owner, fence, until > clock_timestamp(), cancelled IS NOT NULL, " + sqldb.Local("60s") +
		" FROM djamo_payroll_runs WHERE id = ?"
}

// versionPostgres reads the version of the tables, 0 when there are none.
func versionPostgres(ctx context.Context, conn *sql.Conn) (int, error) {
	var exists bool
	// Not to_regclass, which may remember from before a lock was waited for.
	const query = `SELECT EXISTS (SELECT FROM pg_catalog.pg_class
		WHERE relname = 'djamo_payroll_schema' AND pg_catalog.pg_table_is_visible(oid))`
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
	switch sqldb.State(err) {
	case "42P05", "26000", "34000": // a prepared statement exists already, or it or its portal is not there
		return unusable(pooled+" (%w)", err)
	case "08P01":
		// It is another one. A server says so of the message called bind, in its own language; a pooler also uses this state for
		// refusals of its own, such as too many clients.
		if strings.Contains(strings.ToLower(err.Error()), "bind") {
			return unusable(pooled+" (%w)", err)
		}
	}
	return unusable("%w", err)
}
