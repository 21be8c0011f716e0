package databasetest_test

import (
	"database/sql"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/journaltest"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

func TestSQLite_IsAJournal(t *testing.T) {
	t.Parallel()
	file := databases()[0]
	journaltest.Run(t, journaltest.Harness{Open: file.open, Reopen: file.again})
}

// sqliteJournal is a journal and the file it is in.
type sqliteJournal struct {
	*sqljournal.Journal

	file string
}

// openSQLite opens a journal in a file and closes it when the test ends.
func openSQLite(t testing.TB, file, run string) *sqliteJournal {
	t.Helper()
	journal, err := sqljournal.Open(t.Context(), opened(t, "sqlite", file), sqljournal.SQLite, run)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, journal.Close()) })
	return &sqliteJournal{journal, file}
}

func TestPostgreSQL_IsAJournal(t *testing.T) {
	t.Parallel()
	server := databases()[1]
	journaltest.Run(t, journaltest.Harness{Open: server.open, Reopen: server.again, Elapse: elapse})
}

// elapse lets time pass for leases that are measured by a database's clock, by moving their ends.
func elapse(t testing.TB, journal payroll.Journal, d time.Duration) {
	t.Helper()
	_, err := journal.(*postgresJournal).db.ExecContext(t.Context(),
		"UPDATE djamo_payroll_runs SET until = until - $1 * INTERVAL '1 microsecond'", d.Microseconds())
	require.NoError(t, err)
}

// opened is a database that is closed when the test ends.
func opened(t testing.TB, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}
