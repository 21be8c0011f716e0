package djamotest

import (
	"math"
	"time"
)

// wake tells the background that what it waits for may have changed. It never blocks.
func (a *API) wake() {
	select {
	case a.kick <- struct{}{}:
	default:
	}
}

// startBackground begins to send webhooks as time passes. It is called when the first endpoint registers, so an API
// without webhooks has no goroutine.
func (a *API) startBackground() {
	if a.running || a.closed {
		return
	}
	a.running = true
	a.background.Go(func() {
		for {
			a.deliverDue(false)
			timer := time.NewTimer(a.untilNext())
			select {
			case <-a.kick:
			case <-timer.C:
			case <-a.closing:
				timer.Stop()
				return
			}
			timer.Stop()
		}
	})
}

// untilNext is how long nothing will be due if nobody calls. It is never so short that a clock which stands still would
// keep a processor busy.
func (a *API) untilNext() time.Duration {
	now := a.lock()
	defer a.mu.Unlock()
	next, ok := a.nextEvent()
	if !ok {
		return time.Hour
	}
	return min(max(time.Duration(next-now), time.Millisecond), time.Hour)
}

// nextEvent is the next moment at which the passing of time changes anything.
func (a *API) nextEvent() (int64, bool) {
	var next int64
	found := false
	consider := func(at int64) {
		if !found || at < next {
			next, found = at, true
		}
	}
	if t, at := a.nextSettlement(); t != nil {
		consider(at)
	}
	if ch, at := a.nextChargeTurn(); ch != nil {
		consider(at)
	}
	if len(a.outbox) > 0 {
		consider(a.outbox[0].due)
	}
	return next, found
}

// Advance moves the server's clock forward, and lets everything happen on the way that waits for time to pass, in its
// order: settlements, charges that expire, webhooks that are due, with all their repetitions. It returns when those
// webhooks have been answered. A negative duration is misuse, and so
// is one that leads beyond the year 2262.
func (a *API) Advance(d time.Duration) error {
	t := a.test.tb()
	t.Helper()
	if d < 0 {
		return misuse(t, "Advance(%s): the clock only moves forward", d)
	}
	a.advancing.Lock() // two at a time would pass the same stretch
	defer a.advancing.Unlock()
	target := later(a.lock(), d)
	if target == math.MaxInt64 {
		a.mu.Unlock()
		return misuse(t, "Advance(%s): the clock ends in the year 2262", d)
	}
	for len(a.endpoints) > 0 {
		next, ok := a.nextEvent()
		if !ok || next > target || a.closed {
			break
		}
		a.clock.moveTo(next)
		a.catchUp(a.clock.now())
		a.mu.Unlock()
		a.deliverDue(false)
		a.lock()
	}
	a.clock.moveTo(target)
	a.catchUp(a.clock.now())
	a.mu.Unlock()
	a.flush()
	return nil
}

// flush returns when the webhooks that a steering call has made due have been answered, whoever is sending them.
func (a *API) flush() {
	a.mu.Lock()
	listening := len(a.endpoints) > 0
	a.mu.Unlock()
	if listening {
		a.deliverDue(false)
		a.takeAcknowledged()
	}
	a.wake()
}
