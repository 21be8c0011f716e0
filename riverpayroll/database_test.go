package riverpayroll_test

import (
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/leaktest"
	"github.com/djamo/djamo-go/internal/pgtest"
	"github.com/djamo/djamo-go/riverpayroll"
)

func TestMain(m *testing.M) {
	if mode := os.Getenv(envWorker); mode != "" {
		if err := beWorker(mode); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(leaktest.Main(m))
}

// newDatabase makes an empty database and returns its address. It is dropped when the test ends.
func newDatabase(t testing.TB) string {
	t.Helper()
	return pgtest.Database(t, "pgx")
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
