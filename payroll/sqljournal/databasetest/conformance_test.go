package databasetest_test

import (
	"database/sql"
	"path/filepath"
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
	journaltest.Run(t, journaltest.Harness{
		Open: func(t testing.TB, run string) payroll.Journal {
			return openSQLite(t, filepath.Join(t.TempDir(), "journal.db"), run)
		},
		Reopen: func(t testing.TB, journal payroll.Journal, run string) payroll.Journal {
			require.NoError(t, journal.(*sqliteJournal).Close())
			return openSQLite(t, journal.(*sqliteJournal).file, run)
		},
	})
}

// sqliteJournal is a journal and the file it is in.
type sqliteJournal struct {
	*sqljournal.Journal

	file string
}

// openSQLite opens a journal in a file and closes it when the test ends.
func openSQLite(t testing.TB, file, run string) *sqliteJournal {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	journal, err := sqljournal.Open(t.Context(), db, sqljournal.SQLite, run)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, journal.Close()) })
	return &sqliteJournal{journal, file}
}

func TestPostgreSQL_IsAJournal(t *testing.T) {
	t.Parallel()
	journaltest.Run(t, journaltest.Harness{
		Open: func(t testing.TB, run string) payroll.Journal { return openPostgres(t, newSchema(t), run) },
		Reopen: func(t testing.TB, journal payroll.Journal, run string) payroll.Journal {
			require.NoError(t, journal.(*postgresJournal).Close())
			return openPostgres(t, journal.(*postgresJournal).db, run)
		},
		Elapse: func(t testing.TB, journal payroll.Journal, d time.Duration) {
			_, err := journal.(*postgresJournal).db.ExecContext(t.Context(),
				"UPDATE djamo_payroll_runs SET until = until - $1 * INTERVAL '1 microsecond'", d.Microseconds())
			require.NoError(t, err)
		},
	})
}
