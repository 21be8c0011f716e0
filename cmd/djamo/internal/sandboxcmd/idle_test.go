package sandboxcmd

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Memory is given back once after each burst, not while one lasts, and not after a few requests.
func TestGiveBackWhenIdle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		changes, released := int64(7), 0
		go giveBackWhenIdle(ctx, func() int64 { return changes }, func() { released++ })
		pass := func(d time.Duration) {
			time.Sleep(d) //nolint:forbidigo // in a bubble
			synctest.Wait()
		}
		pass(time.Hour)
		changes += muchChange - 1
		pass(time.Hour)
		require.Zero(t, released, "there is little to give back")
		for range 100 {
			changes += 500
			pass(idleAfter)
		}
		require.Zero(t, released, "it is busy")
		pass(2 * idleAfter)
		require.Equal(t, 1, released)
		pass(time.Hour)
		require.Equal(t, 1, released)
		changes += 2 * muchChange
		pass(2*idleAfter + 1)
		require.Equal(t, 2, released)
		cancel()
	})
}
