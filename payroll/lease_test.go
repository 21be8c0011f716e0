package payroll

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// leases is a journal of which only Acquire is asked.
type leases struct {
	Journal

	fence int64
	err   error
}

func (l *leases) Acquire(_ context.Context, owner string, _ time.Duration) (Lease, error) {
	return Lease{Owner: owner, Fence: l.fence}, l.err
}

// Clocks jump: people set them, and virtual machines sleep. A lease is believed in only as long as every clock agrees.
func TestHold_FreshThroughJumpingClocks(t *testing.T) {
	t.Parallel()
	start := time.Now()
	wall := start.Round(0) // without a monotonic reading, so that only the wall clock speaks
	for name, row := range map[string]struct {
		asked, now time.Time
		want       bool
	}{
		"at once":                        {start, start, true},
		"within the margin":              {start, start.Add(7 * time.Second), true},
		"beyond the margin":              {start, start.Add(8 * time.Second), false},
		"long gone":                      {start, start.Add(time.Hour), false},
		"wall clock set forward":         {wall, wall.Add(time.Hour), false},
		"wall clock set back":            {wall, wall.Add(-time.Hour), true},
		"monotonic clock says it is old": {start, start.Add(9 * time.Second), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := hold{length: 10 * time.Second, asked: row.asked, now: func() time.Time { return row.now }}
			require.Equal(t, row.want, h.fresh())
		})
	}
}

func TestHold_CountsFromBeforeItAsks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		journal := &slowLeases{pause: 6 * time.Second}
		h := hold{journal: journal, owner: "me", length: 10 * time.Second, now: time.Now}
		require.NoError(t, h.take(t.Context()))
		require.True(t, h.fresh())
		time.Sleep(2 * time.Second) //nolint:forbidigo // in a bubble
		require.False(t, h.fresh(), "8 of its 10 seconds have passed since the lease was asked for")
	})
}

type slowLeases struct {
	leases

	pause time.Duration
}

func (l *slowLeases) Acquire(ctx context.Context, owner string, lease time.Duration) (Lease, error) {
	_ = sleep(ctx, l.pause)
	return l.leases.Acquire(ctx, owner, lease)
}

func TestHold_WaitsOnceForTheDead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		journal := &leases{err: &HeldError{Owner: "other", For: 5 * time.Second}}
		h := hold{journal: journal, owner: "me", length: 10 * time.Second, now: time.Now}
		started := time.Now()
		require.ErrorIs(t, h.take(t.Context()), ErrHeld, "it has renewed its lease: it lives")
		require.Equal(t, 5*time.Second+time.Millisecond, time.Since(started))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, h.take(ctx), context.Canceled)
	})
}

func TestHold_KeepTellsWhenTheLeaseIsLost(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(*leases)
		after  time.Duration // when it must have been told
	}{
		"another has it":          {func(l *leases) { l.err = &HeldError{Owner: "other"} }, 3 * time.Second},
		"another had it meantime": {func(l *leases) { l.fence++ }, 3 * time.Second},
		"the journal is away":     {func(l *leases) { l.err = errors.New("no route to host") }, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				journal := &leases{fence: 1}
				h := hold{journal: journal, owner: "me", length: 10 * time.Second, now: time.Now}
				require.NoError(t, h.take(t.Context()))
				row.change(journal)
				started := time.Now()
				var lost error
				h.keep(t.Context(), func(err error) { lost = err })
				require.ErrorIs(t, lost, ErrLost)
				require.LessOrEqual(t, time.Since(started), row.after)
			})
		})
	}
}
