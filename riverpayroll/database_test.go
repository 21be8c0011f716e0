package riverpayroll_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/leaktest"
	"github.com/djamo/djamo-go/riverpayroll"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Main(m)) }

// newDatabase makes an empty database and returns its address. It is dropped when the test ends.
func newDatabase(t testing.TB) string {
	t.Helper()
	base := os.Getenv("DJAMO_TEST_DATABASE_URL")
	if base == "" {
		t.Skip("*** NOT TESTED on PostgreSQL: set DJAMO_TEST_DATABASE_URL to postgres://user@host:port/database ***")
	}
	address, err := url.Parse(base)
	require.NoError(t, err, "DJAMO_TEST_DATABASE_URL")
	admin, err := pgxpool.New(t.Context(), base)
	require.NoError(t, err)
	name := "djamo_test_" + strings.ToLower(rand.Text())
	_, err = admin.Exec(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := admin.Exec(context.WithoutCancel(t.Context()), "DROP DATABASE "+name+" WITH (FORCE)")
		require.NoError(t, err)
		admin.Close()
	})
	address.Path = "/" + name
	return address.String()
}

// open returns a pool on a database.
func open(t testing.TB, address string) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(address)
	require.NoError(t, err)
	if !strings.Contains(address, "pool_max_conns") {
		config.MaxConns = 8
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// migrated returns a pool on a database with all tables.
func migrated(t testing.TB) *pgxpool.Pool {
	t.Helper()
	pool := open(t, newDatabase(t))
	require.NoError(t, riverpayroll.Migrate(t.Context(), pool))
	require.NoError(t, riverpayroll.Check(t.Context(), pool))
	return pool
}

// database is a pool as package database/sql has it.
func database(t testing.TB, pool *pgxpool.Pool) *sql.DB {
	t.Helper()
	db := stdlib.OpenDBFromPool(pool)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}
