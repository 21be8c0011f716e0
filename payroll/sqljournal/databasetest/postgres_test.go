package databasetest_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

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
	base := os.Getenv("DJAMO_TEST_DATABASE_URL")
	if base == "" {
		t.Skip("*** NOT TESTED on PostgreSQL: set DJAMO_TEST_DATABASE_URL to postgres://user@host:port/database ***")
	}
	address, err := url.Parse(base)
	require.NoError(t, err, "DJAMO_TEST_DATABASE_URL")
	admin, err := sql.Open("pgx", base)
	require.NoError(t, err)
	schema := "djamo_test_" + strings.ToLower(rand.Text())
	_, err = admin.ExecContext(t.Context(), "CREATE SCHEMA "+schema)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := admin.ExecContext(context.WithoutCancel(t.Context()), "DROP SCHEMA "+schema+" CASCADE")
		require.NoError(t, err)
		require.NoError(t, admin.Close())
	})
	query := address.Query()
	query.Set("search_path", schema)
	query.Set("application_name", schema)
	address.RawQuery = query.Encode()
	return address.String()
}
