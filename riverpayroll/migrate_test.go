package riverpayroll_test

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
	"github.com/djamo/djamo-go/riverpayroll"
)

// Six at once succeed, in a database whose statements, locks and transactions are cut short.
func TestMigrate_AtOnceUnderShortTimeouts(t *testing.T) {
	t.Parallel()
	address := newDatabase(t)
	admin := open(t, address)
	for _, setting := range []string{"statement_timeout = 200", "lock_timeout = 1", "idle_in_transaction_session_timeout = 1"} {
		execute(t, admin, "ALTER DATABASE "+admin.Config().ConnConfig.Database+" SET "+setting)
	}
	var group sync.WaitGroup
	for range 6 {
		pool := open(t, address+"&pool_max_conns=2")
		group.Go(func() {
			if err := riverpayroll.Migrate(t.Context(), pool); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	execute(t, admin, "ALTER DATABASE "+admin.Config().ConnConfig.Database+" RESET ALL") // Check is not meant for such
	require.NoError(t, riverpayroll.Check(t.Context(), admin))
}

// What cannot be migrated to the end is not begun.
func TestMigrate_ChecksEverythingFirst(t *testing.T) {
	t.Parallel()
	tables := func(t *testing.T, pool *pgxpool.Pool) (names []string) {
		t.Helper()
		rows, err := pool.Query(t.Context(), "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1")
		require.NoError(t, err)
		defer rows.Close()
		for rows.Next() {
			names = append(names, "")
			require.NoError(t, rows.Scan(&names[len(names)-1]))
		}
		return names
	}
	role := "djamo_test_" + strings.ToLower(rand.Text())
	for name, row := range map[string]struct {
		prepare func(t *testing.T, pool *pgxpool.Pool)
		query   string
		want    string
	}{
		"ours is newer": {func(t *testing.T, pool *pgxpool.Pool) {
			t.Helper()
			execute(t, pool, "CREATE TABLE djamo_payroll_schema (version BIGINT NOT NULL)")
			execute(t, pool, "INSERT INTO djamo_payroll_schema VALUES (99)")
		}, "", "99"},
		"ours is half there": {func(t *testing.T, pool *pgxpool.Pool) {
			t.Helper()
			execute(t, pool, "CREATE TABLE djamo_payroll_runs (id BIGINT)")
		}, "", "djamo_payroll_runs"},
		"River's is newer": {func(t *testing.T, pool *pgxpool.Pool) {
			t.Helper()
			migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
			require.NoError(t, err)
			_, err = migrator.Migrate(t.Context(), rivermigrate.DirectionUp, nil)
			require.NoError(t, err)
			execute(t, pool, "INSERT INTO river_migration (line, version) VALUES ('main', 99)")
		}, "", "99"},
		"River's is half there": {func(t *testing.T, pool *pgxpool.Pool) {
			t.Helper()
			execute(t, pool, "CREATE TABLE river_job (id BIGINT)")
		}, "", "river_job exists"},
		"a user who may not": {func(t *testing.T, pool *pgxpool.Pool) {
			t.Helper()
			execute(t, pool, "CREATE ROLE "+role)
			execute(t, pool, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
			t.Cleanup(func() {
				_, err := pool.Exec(context.WithoutCancel(t.Context()), "DROP ROLE "+role)
				require.NoError(t, err)
			})
		}, "&role=" + role, "may not make tables"},
		"a lazy server": {func(*testing.T, *pgxpool.Pool) {}, "&synchronous_commit=local", "synchronous_commit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := newDatabase(t)
			pool := open(t, address)
			row.prepare(t, pool)
			before := tables(t, pool)
			err := riverpayroll.Migrate(t.Context(), open(t, address+row.query))
			require.ErrorIs(t, err, payroll.ErrJournal)
			require.ErrorContains(t, err, row.want)
			require.Equal(t, before, tables(t, pool))
		})
	}
}

// Connections of the pool keep the settings that they had, whatever was done on them.
func TestPool_KeepsItsSettings(t *testing.T) {
	t.Parallel()
	pool := open(t, newDatabase(t)+"&pool_max_conns=4&idle_in_transaction_session_timeout=7s&lock_timeout=17s")
	settings := func() (all []map[string]string) {
		t.Helper()
		conns := make([]*pgxpool.Conn, 4)
		for i := range conns {
			var err error
			conns[i], err = pool.Acquire(t.Context())
			require.NoError(t, err)
			rows, err := conns[i].Query(t.Context(), "SELECT name, setting FROM pg_settings WHERE context IN ('user', 'superuser')")
			require.NoError(t, err)
			found := map[string]string{}
			for rows.Next() {
				var name, setting string
				require.NoError(t, rows.Scan(&name, &setting))
				found[name] = setting
			}
			require.NoError(t, rows.Err())
			all = append(all, found)
		}
		for _, conn := range conns {
			conn.Release()
		}
		return all
	}
	before := settings()
	require.NoError(t, riverpayroll.Migrate(t.Context(), pool))
	require.NoError(t, riverpayroll.Check(t.Context(), pool))
	require.Equal(t, before, settings())
	journal, err := sqljournal.Open(t.Context(), database(t, pool), sqljournal.PostgreSQL, "whole")
	require.NoError(t, err)
	require.NoError(t, journal.Close())
	require.Equal(t, before, settings())
	plan, _ := planOf(t, 3)
	enqueue(t, pool, plan, 1)
	_, err = riverpayroll.Cancel(t.Context(), pool, run, riverpayroll.CancelOptions{})
	require.NoError(t, err)
	_, err = resume(t, pool)
	require.NoError(t, err)
	require.Equal(t, before, settings())
}
