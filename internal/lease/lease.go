// Package lease holds a lease that a store grants for a time, and knows when it may still be believed in.
package lease

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/djamo/djamo-go/internal/clock"
)

// Config says how a lease is asked for. All of its fields are required.
type Config struct {
	// Ask asks the store for the lease, for the first time or again, and returns its fencing token, which grows each time
	// the lease changes hands.
	Ask func(context.Context) (fence int64, err error)
	// IsHeld reports whether an error of Ask says that another has the lease, and for how much longer.
	IsHeld func(error) (expiresIn time.Duration, held bool)
	// Lost is what the errors of a lease that was lost match.
	Lost error
	// Length is how long the store grants the lease for.
	Length time.Duration
	// Now is the time.
	Now func() time.Time
}

// Holder is a lease as its holder knows it. It counts from before each grant was asked for, so it never believes in a
// lease that the store has given up already. It is safe for concurrent use.
type Holder struct {
	config Config

	mu    sync.Mutex
	fence int64
	asked time.Time // when the latest grant was asked for
}

// NewHolder returns a holder that has asked for nothing yet.
func NewHolder(config Config) *Holder { return &Holder{config: config} }

// Acquire asks for the lease. While another has it, Acquire waits once for that lease to expire: a holder that was killed
// does not come back, and one that lives renews its lease meanwhile.
func (h *Holder) Acquire(ctx context.Context) error {
	err := h.Renew(ctx)
	expiresIn, held := h.config.IsHeld(err)
	if !held {
		return err
	}
	if clock.Sleep(ctx, expiresIn+time.Millisecond) != nil {
		return fmt.Errorf("%w: %w", err, context.Cause(ctx))
	}
	return h.Renew(ctx)
}

// Renew asks once, for the first time or again. The error matches Lost when another has had the lease since.
func (h *Holder) Renew(ctx context.Context) error {
	asked := h.config.Now()
	fence, err := h.config.Ask(ctx)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fence != 0 && h.fence != fence {
		return fmt.Errorf("%w: another process had it meanwhile", h.config.Lost)
	}
	h.fence, h.asked = fence, asked
	return nil
}

// Fence is the token of the latest grant.
func (h *Holder) Fence() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.fence
}

// Trusted reports whether the lease is ours beyond doubt. A fifth of its length is kept as a margin, and both clocks must
// agree.
func (h *Holder) Trusted() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return clock.Elapsed(h.asked, h.config.Now()) < h.config.Length-h.config.Length/5
}

// KeepAlive renews the lease until the context ends, and calls lost when it cannot.
func (h *Holder) KeepAlive(ctx context.Context, lost func(error)) {
	for clock.Sleep(ctx, h.config.Length/4) == nil {
		asking, cancel := context.WithTimeout(ctx, h.config.Length/4) // a store that does not answer is as good as none
		err := h.Renew(asking)
		cancel()
		_, held := h.config.IsHeld(err)
		switch {
		case err == nil, ctx.Err() != nil:
		case held, errors.Is(err, h.config.Lost):
			lost(fmt.Errorf("%w: %w", h.config.Lost, err))
			return
		case !h.Trusted():
			lost(fmt.Errorf("%w: it could not be renewed: %w", h.config.Lost, err))
			return
		}
	}
}
