package riverpayroll_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/riverpayroll"
)

func standstill(t testing.TB, pool *pgxpool.Pool) riverpayroll.Standstill {
	t.Helper()
	found, err := riverpayroll.FindStandstill(t.Context(), pool)
	require.NoError(t, err)
	return found
}

// Parts whose jobs are over although they are not, and queues that were paused, stand still until somebody does something.
func TestFindStandstill(t *testing.T) {
	t.Parallel()
	pool, server := migrated(t), newServer(t, djamotest.WithSettleAfter(0))
	plan, references := planOf(t, 8)
	enqueue(t, pool, plan, 2)
	nothing := riverpayroll.Standstill{Unattended: map[string]int64{}, Paused: map[string]time.Time{}}
	require.Equal(t, nothing, standstill(t, pool))
	for part, change := range map[string]string{
		"1": "state = 'cancelled', finalized_at = now()", "2": "state = 'discarded', finalized_at = now()",
		"3": "state = 'completed', finalized_at = now()",
	} {
		require.Equal(t, int64(1), execute(t, pool, "UPDATE river_job SET "+change+" WHERE args ->> 'part' = '"+part+"'"))
	}
	require.Equal(t, map[string]int64{run: 3}, standstill(t, pool).Unattended)
	execute(t, pool, "UPDATE djamo_payroll_payouts SET state = 'completed' WHERE id <= 2")
	require.Equal(t, map[string]int64{run: 2}, standstill(t, pool).Unattended, "one of them is finished")
	execute(t, pool, "UPDATE djamo_payroll_payouts SET state = 'planned' WHERE id <= 2")

	enqueued, err := resume(t, pool)
	require.NoError(t, err)
	require.Equal(t, 3, enqueued.Jobs)
	require.Empty(t, standstill(t, pool).Unattended)
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{})
	require.NoError(t, err)
	execute(t, pool, "INSERT INTO river_queue (name, updated_at) VALUES ('"+riverpayroll.QueueSend+"', now()), ('another', now())")
	require.NoError(t, client.QueuePause(t.Context(), "*", nil))
	paused := standstill(t, pool).Paused
	require.Len(t, paused, 1)
	require.WithinDuration(t, time.Now(), paused[riverpayroll.QueueSend], time.Minute)
	work(t, pool, runnerFor(t, server, pool))
	require.Never(t, func() bool { return len(server.Transactions()) > 0 }, 500*time.Millisecond, 50*time.Millisecond)
	require.NoError(t, client.QueueResume(t.Context(), "*", nil))
	paidSoon(t, pool)
	server.AssertPaidOnce(t, references...)
	require.Equal(t, nothing, standstill(t, pool))
	_, err = riverpayroll.FindStandstill(t.Context(), nil)
	require.ErrorContains(t, err, "there is no pool")
}
