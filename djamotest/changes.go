package djamotest

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// changeCounter counts changes and wakes those who wait for one. Nobody waiting, a change costs two atomic operations.
type changeCounter struct {
	count   atomic.Int64
	waiting atomic.Int32
	mu      sync.Mutex
	signal  chan struct{} // closed at the next change
}

func (f *changeCounter) bump() {
	f.count.Add(1)
	if f.waiting.Load() == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.signal != nil {
		close(f.signal)
		f.signal = nil
	}
}

// next is closed at the next change. The caller has counted itself as waiting.
func (f *changeCounter) next() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.signal == nil {
		f.signal = make(chan struct{})
	}
	return f.signal
}

// Changes counts what has changed since the API was made: requests, ledger lines, webhook attempts, faults, settings. Two
// equal results mean that nothing happened in between.
func (a *API) Changes() int64 {
	a.lock()
	defer a.mu.Unlock()
	return a.changes.count.Load()
}

// AwaitChange returns the count of [API.Changes] as soon as it is no longer after, changes by the passing of time included.
// It returns the present count and ctx's error when ctx ends, and [context.Canceled] when the API is closed.
func (a *API) AwaitChange(ctx context.Context, after int64) (int64, error) {
	a.changes.waiting.Add(1)
	defer a.changes.waiting.Add(-1)
	for {
		changed := a.changes.next()
		if n := a.Changes(); n != after {
			return n, nil
		}
		timer := time.NewTimer(a.untilNext())
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return a.changes.count.Load(), ctx.Err()
		case <-a.closing:
			timer.Stop()
			return a.changes.count.Load(), context.Canceled
		}
		timer.Stop()
	}
}

// Counts is how much of everything there is.
type Counts struct {
	Changes   int64 // see [API.Changes]
	Balance   int64 // francs
	Transfers int64
	Pending   int64 // transfers
	Charges   int64
	Ledger    int64 // lines
	Requests  int64 // received since the API was made, more than are remembered
	Webhooks  int64 // there has been reason to send
	Waiting   int64 // webhooks that will be sent, again or for the first time
	Faults    int64 // injected and not used up
	Endpoints int64
}

// Counts says how much of everything there is, without looking at it all.
func (a *API) Counts() Counts {
	faults := int64(0)
	for _, f := range a.Faults() {
		if f.Active {
			faults++
		}
	}
	requests := a.journal.received()
	a.lock()
	defer a.mu.Unlock()
	waiting := 0
	for _, l := range a.lanes {
		waiting += len(l.waiting)
	}
	return Counts{
		Changes: a.changes.count.Load(), Balance: a.balance, Transfers: int64(len(a.transactions)), Pending: int64(a.pending),
		Charges: int64(len(a.charges)), Ledger: int64(len(a.ledger)), Requests: requests, Webhooks: a.filed,
		Waiting: int64(waiting), Faults: faults, Endpoints: int64(len(a.endpoints)),
	}
}

func (l *requestLog) received() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count
}
