// Package clock waits and measures where a wrong answer could pay somebody twice.
package clock

import (
	"context"
	"time"
)

// Sleep pauses, or returns the context's error the moment it ends.
func Sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Elapsed is how much time has gone by from start to now: the larger of what the monotonic and the wall clock say. The
// first stops while a virtual machine sleeps, and people set the second.
func Elapsed(start, now time.Time) time.Duration {
	return max(now.Sub(start), now.Round(0).Sub(start.Round(0)))
}

// IsPast reports whether now is later than until, by either of the two clocks.
func IsPast(until, now time.Time) bool { return Elapsed(until, now) > 0 }
