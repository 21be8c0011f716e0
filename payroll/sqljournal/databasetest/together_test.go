package databasetest_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// slowDisk is a journal whose commits take ten seconds, in a bubble of synctest, and five planned payouts in it.
type slowDisk struct {
	*sqljournal.Journal

	wire  *wire
	lease payroll.Lease
	steps []payroll.Change
}

const commitTime = 10 * time.Second

func newSlowDisk(t *testing.T) *slowDisk {
	t.Helper()
	w := &wire{}
	journal, err := sqljournal.Open(t.Context(), w.over(t, "sqlite", filepath.Join(t.TempDir(), "journal.db")), sqljournal.SQLite, "run")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, journal.Close()) })
	payouts, lease := planned(t, journal, 5)
	disk := &slowDisk{Journal: journal, wire: w, lease: lease}
	for _, payout := range payouts {
		change := payroll.Change{From: payout.State, Payout: payout}
		change.Payout.State = payroll.Submitting
		disk.steps = append(disk.steps, change)
	}
	w.before = func(_ int, query string) error {
		if strings.HasPrefix(query, "COMMIT") {
			time.Sleep(commitTime) //nolint:forbidigo // in a synctest bubble
		}
		return nil
	}
	return disk
}

// advance takes one payout a step further, and says afterwards how long it took.
func (d *slowDisk) advance(ctx context.Context, i int) (time.Duration, error) {
	start := time.Now()
	err := d.Advance(ctx, d.lease, d.steps[i])
	return time.Since(start), err
}

func TestAdvance_SharesOneCommitAmongAllWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		disk := newSlowDisk(t)
		before := disk.wire.count("COMMIT")
		var calling sync.WaitGroup
		calling.Go(func() { // alone: it waits for nobody
			took, err := disk.advance(t.Context(), 0)
			require.NoError(t, err)
			require.Equal(t, commitTime, took)
		})
		synctest.Wait()
		for i := 1; i < 5; i++ {
			calling.Go(func() { // while the first commits: they wait for it and go together
				took, err := disk.advance(t.Context(), i)
				require.NoError(t, err)
				require.Equal(t, 2*commitTime, took)
			})
		}
		calling.Wait()
		require.Equal(t, before+2, disk.wire.count("COMMIT"))
		require.Equal(t, int64(5), count(t, disk, payroll.Submitting))
	})
}

func TestAdvance_CancelledWhileItWaitsWritesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		disk := newSlowDisk(t)
		var calling sync.WaitGroup
		calling.Go(func() {
			_, err := disk.advance(t.Context(), 0)
			require.NoError(t, err)
		})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		took, err := disk.advance(ctx, 1)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotContains(t, err.Error(), "not known")
		require.Equal(t, time.Second, took)
		calling.Wait()
		require.Equal(t, int64(1), count(t, disk, payroll.Submitting))
	})
}

func TestAdvance_CancelledInTheMiddleSaysWhatItKnows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		disk := newSlowDisk(t)
		var calling sync.WaitGroup
		calling.Go(func() { // it holds the connection, so it sees the end
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			took, err := disk.advance(ctx, 0)
			require.NoError(t, err)
			require.Equal(t, commitTime, took)
		})
		synctest.Wait()
		for i, patience := range map[int]time.Duration{1: commitTime + time.Second, 2: commitTime + 6*time.Second, 3: time.Hour} {
			calling.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				took, err := disk.advance(ctx, i)
				if took < 2*commitTime { // the second commit has begun and goes on for longer than one waits for it
					require.ErrorIs(t, err, context.DeadlineExceeded)
					require.ErrorContains(t, err, "not known")
					require.Equal(t, patience+500*time.Millisecond, took)
					return
				}
				require.NoError(t, err)
			})
		}
		calling.Wait()
		require.Equal(t, int64(4), count(t, disk, payroll.Submitting), "recorded all the same")
	})
}

func TestClose_LetsWritesFinish(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		disk := newSlowDisk(t)
		var calling sync.WaitGroup
		calling.Go(func() {
			_, err := disk.advance(t.Context(), 0)
			require.NoError(t, err)
		})
		synctest.Wait()
		require.NoError(t, disk.Close())
		calling.Wait()
		require.NoError(t, disk.Close(), "closing again is no error")

		_, err := disk.advance(t.Context(), 1)
		require.ErrorIs(t, err, payroll.ErrJournal)
		require.ErrorContains(t, err, "closed")
		_, err = disk.Planned(t.Context())
		require.ErrorIs(t, err, payroll.ErrJournal)
		_, err = disk.Find(t.Context())
		require.ErrorIs(t, err, payroll.ErrJournal)
		_, err = disk.Acquire(t.Context(), "another", long)
		require.ErrorIs(t, err, payroll.ErrJournal)
	})
}

// count tells how many payouts are in a state.
func count(t testing.TB, journal payroll.Journal, state payroll.State) int64 {
	t.Helper()
	sums, err := journal.Sums(t.Context())
	require.NoError(t, err)
	return sums[state].Count
}
