package sqldeduper_test

import (
	"crypto/rand"
	"database/sql"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/djamo/djamo-go/internal/pgtest"
	"github.com/djamo/djamo-go/sqldeduper"
)

// store is one table of one database, and what every test needs to reach it from one more machine.
type store struct {
	driver, dsn string
	dialect     sqldeduper.Dialect
	table       string
	connections int // of each machine
}

// stores are the databases that a test runs on.
func stores() map[string]func(t testing.TB) store {
	return map[string]func(t testing.TB) store{
		"SQLite":     sqliteStore,
		"PostgreSQL": postgresStore,
	}
}

const recommended = "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)"

func sqliteStore(t testing.TB) store {
	t.Helper()
	return store{"sqlite", "file:" + filepath.Join(t.TempDir(), "seen.db") + recommended, sqldeduper.SQLite, newTable(), 1}
}

func postgresStore(t testing.TB) store {
	t.Helper()
	s := store{"pgx", pgtest.Address(t), sqldeduper.PostgreSQL, newTable(), 6}
	t.Cleanup(func() {
		db, err := sql.Open(s.driver, s.dsn)
		require.NoError(t, err)
		defer db.Close()
		_, err = db.Exec(`DROP TABLE IF EXISTS "` + s.table + `"`)
		require.NoError(t, err)
	})
	return s
}

// newTable is a name that no other test uses, also not one that runs on the same database now.
func newTable() string { return "djamo_test_" + strings.ToLower(rand.Text()) }

// with adds a setting to the address of the database.
func (s store) with(t testing.TB, key, value string) store {
	t.Helper()
	address, err := url.Parse(s.dsn)
	require.NoError(t, err)
	query := address.Query()
	query.Set(key, value)
	address.RawQuery = query.Encode()
	s.dsn = address.String()
	return s
}

// db opens the database as one more machine does.
func (s store) db(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open(s.driver, s.dsn)
	require.NoError(t, err)
	db.SetMaxOpenConns(s.connections)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// machine is one more machine on the store. It creates the table if it is the first.
func (s store) machine(t testing.TB, options ...sqldeduper.Option) *sqldeduper.Deduper {
	t.Helper()
	d := s.uncreated(t, options...)
	require.NoError(t, d.Create(t.Context()))
	return d
}

func (s store) uncreated(t testing.TB, options ...sqldeduper.Option) *sqldeduper.Deduper {
	t.Helper()
	d, err := sqldeduper.New(s.db(t), s.dialect, append([]sqldeduper.Option{sqldeduper.WithTable(s.table)}, options...)...)
	require.NoError(t, err)
	return d
}
