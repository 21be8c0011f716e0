package clock_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go/internal/clock"
	"github.com/stretchr/testify/require"
)

func TestSleep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		require.NoError(t, clock.Sleep(t.Context(), time.Minute))
		require.Equal(t, time.Minute, time.Since(started))

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, clock.Sleep(ctx, time.Hour), context.DeadlineExceeded)
		require.Equal(t, time.Minute+time.Second, time.Since(started), "it returns the moment the context ends")
	})
}

// A time with a monotonic reading and one without stand for the two clocks.
func TestElapsed_GoesByTheClockThatSaysMore(t *testing.T) {
	t.Parallel()
	start := time.Now()
	wall := start.Round(0)
	for name, row := range map[string]struct {
		start, now time.Time
		want       time.Duration
	}{
		"both agree":             {start, start.Add(7 * time.Second), 7 * time.Second},
		"wall clock set forward": {wall, wall.Add(time.Hour), time.Hour},
		"wall clock set back":    {wall, wall.Add(-time.Hour), -time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, row.want, clock.Elapsed(row.start, row.now))
			require.Equal(t, row.want > 0, clock.IsPast(row.start, row.now))
		})
	}
	require.False(t, clock.IsPast(start, start))
}
