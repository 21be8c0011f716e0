package djamotest

import (
	"math"
	"time"
)

// wake tells the background that what it waits for may have changed. It never blocks.
func (a *API) wake() {
	select {
	case a.wakeups <- struct{}{}:
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
			a.mu.Lock()
			a.dispatch(round{})
			a.mu.Unlock()
			timer := time.NewTimer(a.untilNext())
			select {
			case <-a.wakeups:
			case <-timer.C:
			case <-a.closing:
				timer.Stop()
				return
			}
			timer.Stop()
		}
	})
}

// untilNext is how long nothing is due unless a request arrives. It has a minimum, so that a clock that stands still does
// not cause a busy loop.
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
	if ch, at := a.nextChargeChange(); ch != nil {
		consider(at)
	}
	for _, l := range a.lanes {
		if d := l.head(); d != nil && l.current == nil && a.sendingNow < a.cfg.webhookConcurrency {
			consider(d.due)
		}
	}
	return next, found
}

// Advance moves the server's clock forward, and lets everything happen on the way that waits for time to pass, in
// order: settlements, charges that expire, webhooks that are due, and their retries. It returns when those webhooks have
// been answered. A negative duration is misuse, and so is one that leads beyond the year 2262.
func (a *API) Advance(d time.Duration) error {
	t := a.test.tb()
	t.Helper()
	if d < 0 {
		return misuse(t, "Advance(%s): the clock only moves forward", d)
	}
	a.advanceMu.Lock() // two at a time would pass the same stretch
	defer a.advanceMu.Unlock()
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
		a.deliver(false)
		a.lock()
	}
	a.clock.moveTo(target)
	a.changes.bump()
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
		a.deliver(false)
		a.takeAcknowledged()
	}
	a.wake()
}
