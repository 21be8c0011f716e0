package djamo

import (
	"bytes"
	"cmp"
	"sync"
)

// Stale reports whether previous, an event about the same object, tells as much already or more. Deliveries can arrive
// out of order and more than once, so a receiver that keeps a state compares before it writes; StatusTracker does. A nil
// previous, one about another object, and an event without an id are never a reason to call an event stale.
//
// Status only moves forward, whatever the times say: pending, then completed or failed; and for a charge created, due,
// then dropped, cancelled or failed, then paid, refunded_partially, refunded. (Paid comes after dropped and failed, since
// money that came in counts more than a deadline or an attempt that did not go through.) Where two events are equally far,
// the one with the later updatedAt counts, a missing one being the earliest, and then the one with more refunded or paid.
// If nothing of this tells them apart, the first stays: of completed and failed at the same time, the one that came first.
//
// A status this package does not know has no place in that order: updatedAt alone decides, and without it on both sides
// an event is stale only if it has the very same data.
func (e Event) Stale(previous *Event) bool {
	if previous == nil {
		return false
	}
	now, before := e.object(), previous.object()
	if now.id == "" || now.id != before.id || now.kind != before.kind {
		return false
	}
	if e.Topic == previous.Topic && bytes.Equal(e.Data, previous.Data) {
		return true
	}
	place, known := now.place()
	placeBefore, knownBefore := before.place()
	if !known || !knownBefore {
		return !now.updatedAt.IsZero() && !before.updatedAt.IsZero() && !now.updatedAt.After(before.updatedAt)
	}
	return cmp.Or(
		cmp.Compare(place, placeBefore),
		now.updatedAt.Compare(before.updatedAt),
		cmp.Compare(now.refunded, before.refunded),
		cmp.Compare(now.paid, before.paid),
	) <= 0
}

// place is how far a status is on its way.
func (o eventObject) place() (place int, known bool) {
	switch o.kind {
	case "transactions":
		switch TransactionStatus(o.status) {
		case TransactionPending:
			return 0, true
		case TransactionCompleted, TransactionFailed:
			return 1, true
		}
	case "charge":
		return chargePlace(ChargeStatus(o.status))
	}
	return 0, false
}

func chargePlace(status ChargeStatus) (place int, known bool) {
	switch status {
	case ChargeCreated:
		return 0, true
	case ChargeDue:
		return 1, true
	case ChargeDropped, ChargeCancelled, "canceled", ChargeFailed:
		return 2, true
	case ChargePaid:
		return 3, true
	case ChargeRefundedPartially:
		return 4, true
	case ChargeRefunded:
		return 5, true
	}
	return 0, false
}

// defaultTracked is how many objects a StatusTracker holds: some ten megabytes of events.
const defaultTracked = 10_000

// StatusTracker holds the latest state of each object that events told of, in whatever order they came. Its zero value is
// ready to use, and it is safe for concurrent use. It forgets with the process, so it shows how to hold a state rather
// than being a place for it: with a database, compare with Event.Stale in the transaction that writes.
type StatusTracker struct {
	// Remember is how many objects are held, 10,000 when it is 0 or less; beyond it, those first heard of are forgotten.
	// Set it before the first use.
	Remember int

	mu     sync.Mutex
	latest map[trackedObject]*Event
	ring   []trackedObject // what is in latest, as a ring once it is full
	oldest int             // where in a full ring the next one goes
}

type trackedObject struct{ kind, id string }

// Update takes an event in and reports whether it is news: about an object that was not known, or more than was known of
// it. An event without an id is news each time, and is not held.
func (t *StatusTracker) Update(event *Event) (news bool) {
	if event == nil {
		return false
	}
	o := event.object()
	if o.id == "" {
		return true
	}
	object := trackedObject{o.kind, o.id}
	t.mu.Lock()
	defer t.mu.Unlock()
	previous, ok := t.latest[object]
	switch {
	case ok && event.Stale(previous):
		return false
	case !ok:
		t.remember(object)
	}
	held := *event
	t.latest[object] = &held
	return true
}

// remember makes room for an object and forgets the oldest one for it.
func (t *StatusTracker) remember(object trackedObject) {
	size := t.Remember
	if size <= 0 {
		size = defaultTracked
	}
	if t.latest == nil {
		t.latest = map[trackedObject]*Event{}
	}
	if len(t.ring) < size {
		t.ring = append(t.ring, object)
		return
	}
	delete(t.latest, t.ring[t.oldest])
	t.ring[t.oldest] = object
	t.oldest = (t.oldest + 1) % len(t.ring)
}

// Latest returns the event that tells most of an object. Any topic about that kind of object will do: those of all
// transactions lead to the same one.
func (t *StatusTracker) Latest(topic Topic, id string) (event *Event, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	held, ok := t.latest[trackedObject{topic.kind(), id}]
	if !ok {
		return nil, false
	}
	latest := *held
	return &latest, true
}
