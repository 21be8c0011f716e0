package djamo

import (
	"bytes"
	"cmp"
	"sync"

	"github.com/djamo/djamo-go/internal/recent"
)

// Stale reports whether previous, an event about the same object, is at least as recent. Deliveries can arrive
// out of order and more than once, so a receiver that keeps a state compares before it writes; StatusTracker does. A nil
// previous, one about another object, and an event without an id are never a reason to call an event stale.
//
// Status only moves forward: pending, then completed or failed; and for a charge created, due, then dropped, cancelled or
// failed, then paid, refunded_partially, refunded. (Paid comes after dropped and failed, since money that came in counts
// more than a deadline or an attempt that did not go through.) Up to paid nothing goes back, whatever the times say. Where
// two events are equally far, the one with the later updatedAt counts, a missing one being the earliest; paid and the
// refunds are equally far in this, and follow each other where the times do not tell. Then the one with more refunded or
// paid counts, and of completed and failed at the same time completed, since believing failed may pay twice.
//
// A status this package does not know is as far as completed and failed are, or paid and the refunds: it never leads back
// to what came before those, and between it and one of those updatedAt decides. Where that does not, the known one counts,
// since the other may be a step on the way to it. So all events about one transaction or charge have one order, and the
// same one counts in the end in whatever order they come. Objects of other kinds have none: an event is stale there only
// if it has the very same data, or both have an updatedAt and its own is not later.
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
	if now.kind != kindTransaction && now.kind != kindCharge {
		return !now.updatedAt.IsZero() && !before.updatedAt.IsZero() && !now.updatedAt.After(before.updatedAt)
	}
	return now.compare(before) <= 0
}

// compare is a total order: each of its steps is one, and a missing value counts as the lowest.
func (o eventObject) compare(other eventObject) int {
	place, step := o.place()
	otherPlace, otherStep := other.place()
	return cmp.Or(
		cmp.Compare(place, otherPlace),
		o.updatedAt.Compare(other.updatedAt),
		cmp.Compare(step, otherStep),
		cmp.Compare(o.refunded, other.refunded),
		cmp.Compare(o.paid, other.paid),
	)
}

// place is how far a status is on its way, whatever the times say, and step how far it is there when they do not tell.
// An unknown status is in the last place, before all steps of it.
func (o eventObject) place() (place, step int) {
	if o.kind == kindCharge {
		return chargePlace(ChargeStatus(o.status))
	}
	switch TransactionStatus(o.status) {
	case TransactionPending:
		return 0, 0
	case TransactionFailed:
		return 1, 1
	case TransactionCompleted:
		return 1, 2
	}
	return 1, 0
}

func chargePlace(status ChargeStatus) (place, step int) {
	switch status {
	case ChargeCreated:
		return 0, 0
	case ChargeDue:
		return 1, 0
	case ChargeFailed:
		return 2, 0
	case ChargeDropped:
		return 2, 1
	case ChargeCancelled, "canceled":
		return 2, 2
	case ChargePaid:
		return 3, 1
	case ChargeRefundedPartially:
		return 3, 2
	case ChargeRefunded:
		return 3, 3
	}
	return 3, 0
}

// defaultTracked is how many objects a StatusTracker holds: some ten megabytes, with data of 600 bytes each.
const defaultTracked = 10_000

// StatusTracker holds the latest state of each object that events were about, in whatever order they came. Its zero value is
// ready to use, and it is safe for concurrent use. It forgets with the process, so it shows how to hold a state rather
// than being a place for it: with a database, compare with Event.Stale in the transaction that writes.
type StatusTracker struct {
	// Remember is how many objects are held, 10,000 when it is 0 or less; beyond it, those seen first are forgotten.
	// Of each the data of one event are held, however long they are, and nothing else of the delivery. Set it before the
	// first use.
	Remember int

	mu     sync.Mutex
	latest map[trackedObject]*Event
	added  recent.Ring[trackedObject] // what is in latest
}

type trackedObject struct{ kind, id string }

// Update records an event and reports whether it is news: about an unknown object, or more recent than the event it has. An event
// without an id is news each time, and is not held.
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
	t.latest[object] = &Event{Topic: event.Topic, Data: bytes.Clone(event.Data)}
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
	if oldest, full := t.added.Add(object, size); full {
		delete(t.latest, oldest)
	}
}

// Latest returns a copy of the most recent event about an object. Any topic of that kind of object will do: those of all
// transactions lead to the same event.
func (t *StatusTracker) Latest(topic Topic, id string) (event *Event, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	held, ok := t.latest[trackedObject{topic.kind(), id}]
	if !ok {
		return nil, false
	}
	return &Event{Topic: held.Topic, Data: bytes.Clone(held.Data)}, true
}
