package payroll

import (
	"context"
	"errors"
	"time"

	"github.com/djamo/djamo-go/internal/lease"
)

// chanMutex is a mutex that is held across calls of the journal. It is a channel because tests on virtual time can wait for
// those who wait for it.
type chanMutex chan struct{}

func (m chanMutex) Lock()   { m <- struct{}{} }
func (m chanMutex) Unlock() { <-m }

// newHolder asks the journal for the run's lease.
func (r *Runner) newHolder() *lease.Holder {
	return lease.NewHolder(lease.Config{
		Ask: func(ctx context.Context) (int64, error) {
			granted, err := r.Journal.Acquire(ctx, r.Owner, r.Lease)
			return granted.Fence, err
		},
		IsHeld: func(err error) (time.Duration, bool) {
			held, ok := errors.AsType[*HeldError](err)
			if !ok {
				return 0, false
			}
			return held.ExpiresIn, true
		},
		Lost:   ErrLeaseLost,
		Length: r.Lease,
		Now:    time.Now,
	})
}

// currentLease is the lease to write under.
func (r *run) currentLease() Lease { return Lease{Owner: r.Owner, Fence: r.lease.Fence()} }
