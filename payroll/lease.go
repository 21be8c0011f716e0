package payroll

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// hold is the run's lease as its holder knows it. It counts from before each claim was asked for, so it never believes
// in a lease that the journal has given up already.
type hold struct {
	journal Journal
	owner   string
	length  time.Duration
	now     func() time.Time

	mu    sync.Mutex
	lease Lease
	asked time.Time // when the latest lease that was granted was asked for
}

// take asks for the run. Held by another, it waits once for that lease to run out: a holder that was killed does not
// come back, and one that lives renews its lease meanwhile.
func (h *hold) take(ctx context.Context) error {
	err := h.renew(ctx)
	held := (*HeldError)(nil)
	if !errors.As(err, &held) {
		return err
	}
	if err := sleep(ctx, held.For+time.Millisecond); err != nil {
		return fmt.Errorf("%w: %w", held, err)
	}
	return h.renew(ctx)
}

// renew asks once, for the first time or again.
func (h *hold) renew(ctx context.Context) error {
	asked := h.now()
	lease, err := h.journal.Acquire(ctx, h.owner, h.length)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lease.Fence != 0 && h.lease.Fence != lease.Fence {
		return fmt.Errorf("%w: another process had it meanwhile", ErrLost)
	}
	h.lease, h.asked = lease, asked
	return nil
}

// current is the lease to write under.
func (h *hold) current() Lease {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lease
}

// fresh reports whether the run is ours beyond doubt: a fifth of the lease is kept as a margin. It goes by the larger of
// what two clocks say has passed, since one stops while a virtual machine sleeps and people set the other.
func (h *hold) fresh() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	passed := max(now.Sub(h.asked), now.Round(0).Sub(h.asked.Round(0)))
	return passed < h.length-h.length/5
}

// keep renews the lease until the context ends, and calls lost when it cannot.
func (h *hold) keep(ctx context.Context, lost func(error)) {
	for sleep(ctx, h.length/4) == nil {
		asking, cancel := context.WithTimeout(ctx, h.length/4) // a journal that does not answer is as good as none
		err := h.renew(asking)
		cancel()
		switch {
		case err == nil, ctx.Err() != nil:
		case errors.Is(err, ErrHeld), errors.Is(err, ErrLost):
			lost(fmt.Errorf("%w: %w", ErrLost, err))
			return
		case !h.fresh():
			lost(fmt.Errorf("%w: it could not be renewed: %w", ErrLost, err))
			return
		}
	}
}

// sleep pauses, or returns the context's error the moment it ends.
func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
