package riverpayroll_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
	"github.com/djamo/djamo-go/riverpayroll"
)

// limited is a pool of a user who may have only so many connections at a time, whatever the pool would like.
func limited(t testing.TB, pool *pgxpool.Pool, connections string) *pgxpool.Pool {
	t.Helper()
	role := "djamo_test_" + strings.ToLower(rand.Text())
	execute(t, pool, "CREATE ROLE "+role+" LOGIN CONNECTION LIMIT "+connections)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		for _, statement := range []string{"DROP OWNED BY " + role, "DROP ROLE " + role} {
			_, err := pool.Exec(ctx, statement)
			require.NoError(t, err)
		}
	})
	execute(t, pool, "GRANT ALL ON ALL TABLES IN SCHEMA public TO "+role)
	execute(t, pool, "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO "+role)
	config := pool.Config()
	config.ConnConfig.User = role
	config.MaxConns = 12
	few, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(few.Close)
	return few
}

// A database that lets its user have fewer connections than the pool would like slows workers down: nothing deadlocks, no
// attempt is used up, and each is paid once.
func TestWorkers_FewConnectionsForTheirUser(t *testing.T) {
	t.Parallel()
	pool, server := migrated(t), newServer(t, djamotest.WithRepeatedReferences())
	few := limited(t, pool, "5")
	conns := few.AcquireAllIdle(t.Context())
	for conn, err := few.Acquire(t.Context()); err == nil; conn, err = few.Acquire(t.Context()) {
		conns = append(conns, conn)
	}
	require.Len(t, conns, 5, "the limit is felt")
	for _, conn := range conns {
		conn.Release()
	}
	plan, references := planOf(t, 60)
	enqueue(t, pool, plan, 5)
	execute(t, pool, lastAttempt)
	runner := runnerFor(t, server, few)
	hurry(t, pool)
	work(t, few, runner)
	require.Eventually(t, func() bool {
		_ = riverpayroll.Check(t.Context(), few) // as another command of the same user
		return totals(t, pool).AllCompleted()
	}, soon, 5*time.Millisecond)
	server.AssertPaidOnce(t, references...)
	unfailed(t, pool)
}

// Whatever a command does on a pool of one connection or two, it ends: with what it was to do, or with the reason.
func TestCalls_SmallPools(t *testing.T) {
	t.Parallel()
	for _, conns := range []string{"1", "2"} {
		t.Run(conns, func(t *testing.T) {
			t.Parallel()
			pool := open(t, newDatabase(t)+"&pool_max_conns="+conns)
			plan, _ := planOf(t, 6)
			db := database(t, pool)
			for _, call := range []struct {
				name string
				do   func(ctx context.Context) error
				may  string // what it may say on a pool of one connection
			}{
				{"migrate", func(ctx context.Context) error { return riverpayroll.Migrate(ctx, pool) }, ""},
				{"check", func(ctx context.Context) error { return riverpayroll.Check(ctx, pool) }, "two connections"},
				{"enqueue", func(ctx context.Context) error {
					tx, err := db.BeginTx(ctx, nil)
					if err != nil {
						return err
					}
					defer tx.Rollback()
					if _, err := riverpayroll.Enqueue(ctx, tx, plan, riverpayroll.Options{PartSize: 2}); err != nil {
						return err
					}
					return tx.Commit()
				}, ""},
				{"list", func(ctx context.Context) error {
					_, err := sqljournal.ListRuns(ctx, db, sqljournal.PostgreSQL)
					return err
				}, ""},
				{"stand still", func(ctx context.Context) error {
					_, err := riverpayroll.FindStandstill(ctx, pool)
					return err
				}, ""},
				{"open", func(ctx context.Context) error {
					journal, err := sqljournal.Open(ctx, db, sqljournal.PostgreSQL, run)
					if err != nil {
						return err
					}
					defer journal.Close()
					_, err = journal.Sums(ctx)
					return err
				}, "two connections"},
				{"cancel", func(ctx context.Context) error {
					_, err := riverpayroll.Cancel(ctx, pool, run, riverpayroll.CancelOptions{})
					return err
				}, ""},
				{"cancel another", func(ctx context.Context) error {
					_, err := riverpayroll.Cancel(ctx, pool, "another", riverpayroll.CancelOptions{})
					require.ErrorIs(t, err, payroll.ErrNoRun)
					return nil
				}, ""},
			} {
				ctx, cancel := context.WithTimeout(t.Context(), soon)
				err := call.do(ctx)
				require.NoError(t, ctx.Err(), "%s stands still", call.name)
				cancel()
				if conns == "1" && call.may != "" {
					require.ErrorContains(t, err, call.may, call.name)
					require.ErrorIs(t, err, context.DeadlineExceeded, "whoever starts it again may have better luck")
					continue
				}
				require.NoError(t, err, call.name)
			}
			_, err := resume(t, pool)
			require.NoError(t, err)
		})
	}
}
