package payroll

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// grace is how long requests under way may go on when the run is told to stop.
const grace = 4 * time.Second

// round is one pass over everything that is planned. It can be ended from any of its goroutines.
type round struct {
	ended chan struct{}

	mu    sync.Mutex
	over  bool
	err   error
	pause time.Duration
	lost  int // requests in a row whose answers were lost
	brake bool
}

// hear counts requests whose answers were lost. When many are in a row, the API is in trouble: what was sent is settled
// before more is.
func (o *round) hear(lost bool, most int, pause time.Duration) {
	o.mu.Lock()
	if !lost {
		o.lost = 0
	} else {
		o.lost++
	}
	o.brake = o.brake || o.lost >= most
	brake := o.brake
	o.mu.Unlock()
	if brake {
		o.end(nil, pause)
	}
}

// end stops the round: nothing more is sent in it. The first reason counts.
func (o *round) end(err error, pause time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.over {
		o.over, o.err, o.pause = true, err, pause
		close(o.ended)
	}
}

func (o *round) isOver() bool {
	select {
	case <-o.ended:
		return true
	default:
		return false
	}
}

// send sends everything that is planned: one goroutine claims payouts in the journal, several send them, and one records
// what came of it, as many at once as have come together. It returns how long to wait before going on, or why the run
// cannot.
func (r *run) send(ctx context.Context) (time.Duration, error) {
	if r.sum(Planned).Count == 0 {
		return 0, nil
	}
	inFlight, giveUp := context.WithCancelCause(context.WithoutCancel(ctx))
	defer giveUp(nil)
	defer context.AfterFunc(ctx, func() {
		if cause := context.Cause(ctx); errors.Is(cause, ErrLost) || sleep(inFlight, grace) == nil {
			giveUp(cause) // whoever has the lease now is settling already
		}
	})()
	o := &round{ended: make(chan struct{})}
	size := 1
	if r.Mode == Batch {
		size = r.BatchSize
	}
	ahead := max(readAhead/2/size, r.Concurrency)
	units := make(chan []Payout, ahead)
	results := make(chan []Change, ahead) // nobody waits with an answer while others are being recorded
	var workers, recorder sync.WaitGroup
	for range r.Concurrency {
		workers.Go(func() {
			for unit := range units {
				results <- r.post(ctx, inFlight, o, unit)
			}
		})
	}
	recorder.Go(func() { r.record(ctx, o, results) })
	r.feed(ctx, o, ahead*size, size, units, results)
	close(units)
	workers.Wait()
	close(results)
	recorder.Wait()
	r.braked = o.brake
	if o.err == nil && ctx.Err() != nil {
		o.err = context.Cause(ctx)
	}
	return o.pause, o.err
}

// feed claims what is planned: submitting is durable before a payout can leave.
func (r *run) feed(ctx context.Context, o *round, ahead, size int, units chan<- []Payout, results chan<- []Change) {
	for after := int64(0); !o.isOver() && ctx.Err() == nil; {
		payouts, err := r.Journal.Payouts(ctx, after, ahead, Planned)
		if err != nil {
			o.end(err, 0)
			return
		}
		if len(payouts) == 0 {
			if after == 0 {
				o.end(fmt.Errorf("%w: another process has taken what was planned", ErrLost), 0)
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
			o.end(err, 0)
			return
		}
		for len(payouts) > 0 {
			unit := payouts[:together(payouts, size)]
			payouts = payouts[len(unit):]
			select {
			case units <- unit:
			case <-o.ended:
				results <- unsent(unit)
			case <-ctx.Done():
				results <- unsent(unit)
			}
		}
	}
}

// together is how many of the next payouts go into one request. What has been sent before goes by itself: a batch may have
// been refused for the sake of one in it, and does not say which.
func together(payouts []Payout, size int) int {
	for i, p := range payouts[:min(size, len(payouts))] {
		if p.Attempts > 1 {
			return max(i, 1)
		}
	}
	return min(size, len(payouts))
}

// record writes down results, all that wait at once.
func (r *run) record(ctx context.Context, o *round, results <-chan []Change) {
	for changes := range results {
		for more := true; more && len(changes) < readAhead; {
			select {
			case next, ok := <-results:
				changes, more = append(changes, next...), ok
			default:
				more = false
			}
		}
		recordingCtx, cancel := recording(ctx)
		err := r.advance(recordingCtx, changes)
		cancel()
		if err != nil {
			// What could not be written down stays "submitting" in the journal, and is looked up by the next run.
			o.end(err, 0)
			r.stop(err)
		}
	}
}

// unsent takes claims back: nothing of these payouts has left.
func unsent(payouts []Payout) []Change {
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
