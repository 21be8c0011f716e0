package sandboxcmd

import (
	"context"
	"sync/atomic"
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
		var changes, released atomic.Int64
		changes.Store(7)
		go giveBackWhenIdle(ctx, changes.Load, func() { released.Add(1) })
		pass := func(d time.Duration) {
			time.Sleep(d) //nolint:forbidigo // in a bubble
			synctest.Wait()
		}
		pass(time.Hour)
		changes.Add(muchChange - 1)
		pass(time.Hour)
		require.Zero(t, released.Load(), "there is little to give back")
		for range 100 {
			changes.Add(500)
			pass(idleAfter)
		}
		require.Zero(t, released.Load(), "it is busy")
		pass(2 * idleAfter)
		require.EqualValues(t, 1, released.Load())
		pass(time.Hour)
		require.EqualValues(t, 1, released.Load())
		changes.Add(2 * muchChange)
		pass(2*idleAfter + 1)
		require.EqualValues(t, 2, released.Load())
		cancel()
	})
}
