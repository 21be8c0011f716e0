package databasetest_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/pgtest"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// postgresJournal is a journal and the pool it uses.
type postgresJournal struct {
	*sqljournal.Journal

	db *sql.DB
}

func openPostgres(t testing.TB, db *sql.DB, run string) *postgresJournal {
	t.Helper()
	journal, err := sqljournal.Open(t.Context(), db, sqljournal.PostgreSQL, run)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, journal.Close()) })
	return &postgresJournal{journal, db}
}

// newSchema returns a pool of connections to an empty schema, which is dropped when the test ends.
func newSchema(t testing.TB) *sql.DB {
	t.Helper()
	return opened(t, "pgx", schemaAddress(t))
}

// schemaAddress makes a schema and returns the address of the database with that schema as its default.
func schemaAddress(t testing.TB) string {
	t.Helper()
	return pgtest.Schema(t, "pgx")
}
