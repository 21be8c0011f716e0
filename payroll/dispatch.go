package payroll

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/djamo/djamo-go/internal/clock"
)

// grace is how long requests under way may go on when the run is stopped.
const grace = 4 * time.Second

// sendPass is one pass over everything that is planned. It can be ended from any of its goroutines.
type sendPass struct {
	ended chan struct{}

	mu      sync.Mutex
	over    bool
	err     error
	pause   time.Duration
	lost    int  // requests in a row whose answers were lost
	tripped bool // the circuit breaker
}

// recordOutcome counts requests whose answers were lost. After maxLost in a row the circuit breaker trips: the API is in
// trouble, and what was sent is reconciled before more is sent.
func (pass *sendPass) recordOutcome(lost bool, maxLost int, pause time.Duration) {
	pass.mu.Lock()
	if !lost {
		pass.lost = 0
	} else {
		pass.lost++
	}
	pass.tripped = pass.tripped || pass.lost >= maxLost
	tripped := pass.tripped
	pass.mu.Unlock()
	if tripped {
		pass.end(nil, pause)
	}
}

// end stops the pass: nothing more is sent in it. The first reason counts.
func (pass *sendPass) end(err error, pause time.Duration) {
	pass.mu.Lock()
	defer pass.mu.Unlock()
	if !pass.over {
		pass.over, pass.err, pass.pause = true, err, pause
		close(pass.ended)
	}
}

func (pass *sendPass) isOver() bool {
	select {
	case <-pass.ended:
		return true
	default:
		return false
	}
}

// sendPlanned sends everything that is planned: one goroutine claims payouts in the journal, several send them, and one
// records the results, all that have come in at once. It returns how long to wait before the next pass, or why the run
// cannot continue.
func (r *run) sendPlanned(ctx context.Context) (time.Duration, error) {
	if r.sum(Planned).Count == 0 {
		return 0, nil
	}
	if r.BeforeSend != nil {
		if err := r.BeforeSend(ctx); err != nil {
			return 0, err
		}
	}
	inFlight, giveUp := context.WithCancelCause(context.WithoutCancel(ctx))
	defer giveUp(nil)
	defer context.AfterFunc(ctx, func() {
		if cause := context.Cause(ctx); errors.Is(cause, ErrLeaseLost) || clock.Sleep(inFlight, grace) == nil {
			giveUp(cause) // whoever has the lease now is settling already
		}
	})()
	pass := &sendPass{ended: make(chan struct{})}
	size := 1
	if r.Mode == Batch {
		size = r.BatchSize
	}
	ahead := max(readAhead/2/size, r.Concurrency)
	chunks := make(chan []Payout, ahead)
	results := make(chan []Change, ahead) // no worker waits with an answer while others are being recorded
	var workers, recorder sync.WaitGroup
	for range r.Concurrency {
		workers.Go(func() {
			for chunk := range chunks {
				results <- r.dispatch(ctx, inFlight, pass, chunk)
			}
		})
	}
	recorder.Go(func() { r.record(ctx, pass, results) })
	r.claimAndDispatch(ctx, pass, ahead*size, size, chunks, results)
	close(chunks)
	workers.Wait()
	close(results)
	recorder.Wait()
	r.tripped = pass.tripped
	if pass.err == nil && ctx.Err() != nil {
		pass.err = context.Cause(ctx)
	}
	return pass.pause, pass.err
}

// claimAndDispatch claims what is planned and hands it to the workers: submitting is durable before a payout can leave.
func (r *run) claimAndDispatch(ctx context.Context, pass *sendPass, ahead, size int, chunks chan<- []Payout, results chan<- []Change) {
	for after := int64(0); !pass.isOver() && ctx.Err() == nil; {
		payouts, err := r.Journal.Payouts(ctx, after, ahead, Planned)
		if err != nil {
			pass.end(err, 0)
			return
		}
		if len(payouts) == 0 {
			if after == 0 {
				pass.end(fmt.Errorf("%w: another process has taken what was planned", ErrLeaseLost), 0)
			}
			return
		}
		after = payouts[len(payouts)-1].ID
		now := time.Now()
		changes := make([]Change, len(payouts))
		for i := range payouts {
			p := &payouts[i]
			p.State, p.SentAt, p.Reason = Submitting, now, ""
			p.Attempts++
			changes[i] = Change{From: Planned, Payout: *p}
		}
		if err := r.advance(ctx, changes); err != nil {
			pass.end(err, 0)
			return
		}
		for len(payouts) > 0 {
			chunk := payouts[:chunkSize(payouts, size)]
			payouts = payouts[len(chunk):]
			select {
			case chunks <- chunk:
			case <-pass.ended:
				results <- rejectUnsent(chunk)
			case <-ctx.Done():
				results <- rejectUnsent(chunk)
			}
		}
	}
}

// chunkSize is how many of the next payouts go into one request. A payout that was sent before goes alone: a batch may
// have been refused because of one payout in it, without saying which.
func chunkSize(payouts []Payout, size int) int {
	for i, p := range payouts[:min(size, len(payouts))] {
		if p.Attempts > 1 {
			return max(i, 1)
		}
	}
	return min(size, len(payouts))
}

// rejectUnsent takes claims back: nothing of these payouts has left.
func rejectUnsent(payouts []Payout) []Change {
	changes := make([]Change, len(payouts))
	for i, p := range payouts {
		changes[i] = Change{From: Submitting, Payout: backToPlanned(p, "")}
	}
	return changes
}

func backToPlanned(p Payout, reason string) Payout {
	p.State, p.Reason, p.Earlier = Planned, reason, false
	if p.Attempts--; p.Attempts == 0 {
		p.SentAt = time.Time{}
	}
	return p
}
