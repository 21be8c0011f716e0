package djamotest

import (
	"container/heap"
	"fmt"
)

// outbox is what waits to be sent, the next one first.
type outbox []*delivery

func (o *outbox) Len() int { return len(*o) }

// Less implements heap.Interface.
func (o *outbox) Less(i, j int) bool {
	a, b := (*o)[i], (*o)[j]
	return a.due < b.due || a.due == b.due && a.order < b.order
}

// Swap implements heap.Interface.
func (o *outbox) Swap(i, j int) {
	(*o)[i], (*o)[j] = (*o)[j], (*o)[i]
	(*o)[i].at, (*o)[j].at = i, j
}

// Push implements heap.Interface.
func (o *outbox) Push(item any) {
	if d, ok := item.(*delivery); ok {
		d.at = len(*o)
		*o = append(*o, d)
	}
}

// Pop implements heap.Interface.
func (o *outbox) Pop() any {
	last := (*o)[len(*o)-1]
	(*o)[len(*o)-1] = nil
	*o = (*o)[:len(*o)-1]
	last.at = -1
	return last
}

// lane is what waits for one URL. Each URL gets one webhook at a time, in order; different URLs do not wait for each other.
type lane struct {
	url     string
	waiting outbox
	current *delivery // being sent
}

func (a *API) laneOf(url string) *lane {
	for _, l := range a.lanes {
		if l.url == url {
			return l
		}
	}
	l := &lane{url: url}
	a.lanes = append(a.lanes, l)
	return l
}

func (a *API) enqueue(d *delivery, due int64) {
	a.enqueued++
	d.due, d.order = due, a.enqueued
	heap.Push(&a.laneOf(d.endpoint.url).waiting, d)
	a.wake()
}

// round says which webhooks are sent: what is due or, with all, whatever was queued no later than last.
type round struct {
	all  bool
	last int64
}

func (r round) includes(d *delivery, now int64) bool {
	return d.due <= now || r.all && d.order <= r.last
}

// next is the first delivery of a lane that belongs to a round. Behind the head only a round of all has to look.
func (l *lane) next(r round, now int64) *delivery {
	if len(l.waiting) == 0 || r.includes(l.waiting[0], now) {
		return l.head()
	}
	if !r.all {
		return nil
	}
	var first *delivery
	for i, d := range l.waiting {
		if r.includes(d, now) && (first == nil || l.waiting.Less(i, first.at)) {
			first = d
		}
	}
	return first
}

func (l *lane) head() *delivery {
	if len(l.waiting) == 0 {
		return nil
	}
	return l.waiting[0]
}

// dispatch starts to send what it may, and says whether anything of the round waits or is under way. The caller holds mu.
func (a *API) dispatch(r round) (unfinished bool) {
	if a.closed {
		return false
	}
	now := a.clock.now()
	a.catchUp(now)
	for _, l := range a.lanes {
		d := l.next(r, now)
		unfinished = unfinished || d != nil || l.current != nil && (!r.all || l.current.order <= r.last)
		if d != nil && l.current == nil && a.sendingNow < a.cfg.webhookConcurrency {
			heap.Remove(&l.waiting, d.at)
			a.begin(l, d)
			a.background.Go(func() {
				a.attempt(d)
				a.end(l)
			})
		}
	}
	return unfinished
}

// begin and end mark a lane as busy; the caller of begin holds mu.
func (a *API) begin(l *lane, d *delivery) {
	l.current, d.sending = d, true
	a.sendingNow++
}

func (a *API) end(l *lane) {
	a.mu.Lock()
	defer a.mu.Unlock()
	l.current = nil
	a.sendingNow--
	a.answered.Broadcast()
	a.wake()
}

// deliver sends a round and returns when each of its webhooks has been answered or has failed.
func (a *API) deliver(all bool) {
	a.lock()
	defer a.mu.Unlock()
	r := round{all: all, last: a.enqueued} // what is planned from here on belongs to the next round
	for a.dispatch(r) {
		a.answered.Wait()
	}
}

// DeliverNow attempts every webhook that waits, without regard to back-off, and returns when each has been answered or
// has failed. It says how many were acknowledged with 2xx since the last call that steered the server, so those count
// too that went out by themselves just before. Do not call it from inside a webhook handler: it would wait for itself.
func (a *API) DeliverNow() int {
	a.deliver(true)
	return a.takeAcknowledged()
}

// Redeliver sends one webhook again now, whatever became of it before. An unknown id, and an endpoint that does not
// answer 2xx, are errors; only the former is misuse.
func (a *API) Redeliver(id string) error {
	t := a.test.tb()
	t.Helper()
	a.lock()
	defer a.mu.Unlock()
	found := a.findDelivery(id)
	if found == nil {
		return misuse(t, "Redeliver(%q): no webhook has this id; WebhookDeliveries() lists them", id)
	}
	if !a.sendNow(found) {
		return misuse(t, "Redeliver(%q): the server is closed", id)
	}
	if !found.delivered || found.attempts[len(found.attempts)-1].Status/100 != 2 {
		last := found.attempts[len(found.attempts)-1]
		return fmt.Errorf("djamotest: Redeliver(%q): the endpoint did not acknowledge: status %d %s", id, last.Status, last.Error)
	}
	return nil
}

// sendNow sends one delivery when its lane is free, and says false when the API is closed. The caller holds mu, which is
// released meanwhile.
func (a *API) sendNow(d *delivery) bool {
	l := a.laneOf(d.endpoint.url)
	for l.current != nil && !a.closed {
		a.answered.Wait()
	}
	if a.closed {
		return false
	}
	if d.at >= 0 { // this attempt replaces the planned one
		heap.Remove(&l.waiting, d.at)
	}
	a.begin(l, d)
	a.mu.Unlock()
	a.attempt(d)
	a.end(l)
	a.takeAcknowledged()
	a.mu.Lock()
	return true
}
