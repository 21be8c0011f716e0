package transport

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/djamo/djamo-go/internal/clock"
)

// gate holds every request of a credential back after one of them was answered 429: the limit belongs to the token, not
// to the goroutine that happened to meet it.
type gate struct {
	mu    sync.Mutex
	until time.Time
}

// closeFor closes the gate for a while; a shorter pause never opens it early.
func (g *gate) closeFor(pause time.Duration) {
	until := time.Now().Add(pause)
	g.mu.Lock()
	defer g.mu.Unlock()
	if until.After(g.until) {
		g.until = until
	}
}

// closed reports whether a request would have to wait.
func (g *gate) closed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.until.IsZero() && time.Until(g.until) > 0
}

// wait returns when the gate is open or the context ends. Those who had to wait leave a little apart.
func (g *gate) wait(ctx context.Context) error {
	for {
		g.mu.Lock()
		until := g.until
		g.mu.Unlock()
		if until.IsZero() {
			return ctx.Err()
		}
		pause := time.Until(until)
		if pause <= 0 {
			return ctx.Err()
		}
		pause += rand.N(min(pause/8, time.Second) + 1) //nolint:gosec // jitter needs no secrecy
		if err := clock.Sleep(ctx, pause); err != nil {
			return err
		}
	}
}
