package lease_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go/internal/clock"
	"github.com/djamo/djamo-go/internal/lease"
	"github.com/stretchr/testify/require"
)

var errLost = errors.New("lost")

// heldError says that another has the lease.
type heldError time.Duration

func (heldError) Error() string { return "held" }

// store grants leases as a test tells it to.
type store struct {
	fence int64
	err   error
	pause time.Duration // before it answers
}

func (s *store) ask(ctx context.Context) (int64, error) {
	if err := clock.Sleep(ctx, s.pause); err != nil {
		return 0, err
	}
	return s.fence, s.err
}

// holderOf asks the store for leases of ten seconds.
func holderOf(s *store, now func() time.Time) *lease.Holder {
	return lease.NewHolder(lease.Config{
		Ask: s.ask,
		IsHeld: func(err error) (time.Duration, bool) {
			held, ok := errors.AsType[heldError](err)
			return time.Duration(held), ok
		},
		Lost: errLost, Length: 10 * time.Second, Now: now,
	})
}

// Clocks jump: people set them, and virtual machines sleep. A lease is believed in only as long as every clock agrees.
func TestHolder_TrustedThroughJumpingClocks(t *testing.T) {
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
			now := row.asked
			h := holderOf(&store{fence: 1}, func() time.Time { return now })
			require.NoError(t, h.Acquire(t.Context()))
			now = row.now
			require.Equal(t, row.want, h.Trusted())
		})
	}
}

func TestHolder_CountsFromBeforeItAsks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := holderOf(&store{fence: 1, pause: 6 * time.Second}, time.Now)
		require.NoError(t, h.Acquire(t.Context()))
		require.True(t, h.Trusted())
		time.Sleep(2 * time.Second) //nolint:forbidigo // in a bubble
		require.False(t, h.Trusted(), "8 of its 10 seconds have passed since the lease was asked for")
	})
}

func TestHolder_WaitsOnceForTheDead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := holderOf(&store{err: heldError(5 * time.Second)}, time.Now)
		started := time.Now()
		require.ErrorAs(t, h.Acquire(t.Context()), new(heldError), "it has renewed its lease: it lives")
		require.Equal(t, 5*time.Second+time.Millisecond, time.Since(started))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, h.Acquire(ctx), context.Canceled)
	})
}

func TestHolder_KeepAliveTellsWhenTheLeaseIsLost(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(*store)
		after  time.Duration // when it must have been told
	}{
		"another has it":          {func(s *store) { s.err = heldError(0) }, 3 * time.Second},
		"another had it meantime": {func(s *store) { s.fence++ }, 3 * time.Second},
		"the journal is away":     {func(s *store) { s.err = errors.New("no route to host") }, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				granting := &store{fence: 1}
				h := holderOf(granting, time.Now)
				require.NoError(t, h.Acquire(t.Context()))
				row.change(granting)
				started := time.Now()
				var lost error
				h.KeepAlive(t.Context(), func(err error) { lost = err })
				require.ErrorIs(t, lost, errLost)
				require.LessOrEqual(t, time.Since(started), row.after)
			})
		})
	}
}
