package riverpayroll_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll/sqljournal"
	"github.com/djamo/djamo-go/riverpayroll"
)

// strict returns another pool on a database, whose transactions are isolated otherwise unless they say how.
func strict(t testing.TB, pool *pgxpool.Pool, isolation string) *pgxpool.Pool {
	t.Helper()
	config := pool.Config()
	config.ConnConfig.RuntimeParams["default_transaction_isolation"] = isolation
	other, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(other.Close)
	return other
}

// Whatever isolation the database's transactions have by default, a run is enqueued, cancelled, resumed and paid. One that
// whoever enqueues has begun with it is refused: it would not see what a worker commits while it waits for it.
func TestWorkers_OtherDefaultIsolation(t *testing.T) {
	t.Parallel()
	for _, isolation := range []string{"repeatable read", "serializable"} {
		t.Run(isolation, func(t *testing.T) {
			t.Parallel()
			pool, server := strict(t, migrated(t), isolation), newServer(t, djamotest.WithSettleAfter(time.Second))
			plan, references := planOf(t, 60)
			db := database(t, pool)
			strictly, err := db.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			_, err = riverpayroll.Enqueue(t.Context(), strictly, plan, riverpayroll.Options{})
			require.ErrorContains(t, err, isolation)
			require.ErrorContains(t, err, "sql.LevelReadCommitted")
			_, err = sqljournal.WaitingElsewhere(t.Context(), strictly, run)
			require.ErrorContains(t, err, "sql.LevelReadCommitted")
			require.NoError(t, strictly.Rollback())

			committed := func(do func(tx *sql.Tx) error) {
				tx, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelReadCommitted})
				require.NoError(t, err)
				defer tx.Rollback()
				require.NoError(t, do(tx))
				require.NoError(t, tx.Commit())
			}
			committed(func(tx *sql.Tx) error {
				_, err := riverpayroll.Enqueue(t.Context(), tx, plan, riverpayroll.Options{PartSize: 5})
				return err
			})
			work(t, pool, runnerFor(t, server, pool))
			require.Eventually(t, func() bool { return len(server.Transactions()) > 0 }, soon, time.Millisecond)
			_, err = riverpayroll.Cancel(t.Context(), pool, run, riverpayroll.CancelOptions{})
			require.NoError(t, err)
			committed(func(tx *sql.Tx) error {
				_, err := riverpayroll.Resume(t.Context(), tx, run, riverpayroll.Options{})
				return err
			})
			paidSoon(t, pool)
			server.AssertPaidOnce(t, references...)
		})
	}
}

// freezing stands still after a statement, as a process that is frozen there.
type freezing struct {
	statement string
	frozen    chan struct{} // gets one when it is
	until     chan struct{}
}

type isFrozen struct{}

func (f freezing) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	return context.WithValue(ctx, isFrozen{}, strings.Contains(data.SQL, f.statement))
}

func (f freezing) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) {
	if is, _ := ctx.Value(isFrozen{}).(bool); is {
		f.frozen <- struct{}{}
		<-f.until
	}
}

// Whoever is frozen in the middle of a cancellation, or while runs that wait are compared, holds a lock that others need.
// The database ends that: they go on.
func TestFrozen_HoldsUpNobodyForLong(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		statement string
		freeze    func(ctx context.Context, pool *pgxpool.Pool) error
	}{
		"a cancellation": {"UPDATE river_job", func(ctx context.Context, pool *pgxpool.Pool) error {
			_, err := riverpayroll.Cancel(ctx, pool, run, riverpayroll.CancelOptions{})
			return err
		}},
		"a comparison": {"COUNT(DISTINCT p.id)", func(ctx context.Context, pool *pgxpool.Pool) error {
			tx, err := database(t, pool).BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			defer tx.Rollback()
			if _, err := sqljournal.WaitingElsewhere(ctx, tx, run); err != nil {
				return err
			}
			return tx.Commit()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := migrated(t)
			plan, _ := planOf(t, 6)
			enqueue(t, pool, plan, 2)
			config := pool.Config()
			f := freezing{row.statement, make(chan struct{}), make(chan struct{})}
			config.ConnConfig.Tracer = f
			icy, err := pgxpool.NewWithConfig(t.Context(), config)
			require.NoError(t, err)
			t.Cleanup(icy.Close)
			done, started := make(chan error, 1), time.Now()
			go func() { done <- row.freeze(t.Context(), icy) }()
			<-f.frozen
			tx, err := database(t, pool).BeginTx(t.Context(), nil)
			require.NoError(t, err)
			defer tx.Rollback()
			ctx, cancel := context.WithTimeout(t.Context(), soon)
			defer cancel()
			_, err = sqljournal.WaitingElsewhere(ctx, tx, run)
			require.NoError(t, err)
			_, err = riverpayroll.Resume(ctx, tx, run, riverpayroll.Options{})
			require.NoError(t, err)
			require.NoError(t, tx.Commit())
			require.Greater(t, time.Since(started), 5*time.Second, "it was in the way")
			close(f.until)
			require.Error(t, <-done, "its transaction was ended")
		})
	}
}
