package payroll

import "time"

// walkBack follows a listing page by page, back to a moment, and knows when all payments since then were seen. The order
// of a listing is not documented: newest first is believed only as long as each payment is no newer than the one before, and
// for some pages beyond the moment, since one that is grouped by something else may look sorted for a while.
//
// The moment is one of this machine's clock, and payments are dated by the API's. A clock that is ahead, by a month that was
// set wrong, must not make recent payments old.
type walkBack struct {
	since time.Time // by the API's clock, once a page was seen

	begun bool

	done     bool // everything since that moment was seen
	beyond   int  // pages in a row whose payments are all older than that
	unsorted bool
	oldest   time.Time // of what was seen
	last     time.Time
	seen     int
}

// furtherPages is how many pages beyond the moment are read, to see that they go on as they should. It proves nothing: only a
// listing that was read to its end has no other payments. Groups of fewer payments than stand on so many pages are noticed.
const furtherPages = 3

// pass looks at the next page and reports whether no more have to be read.
func (w *walkBack) pass(page *transactionPage) bool {
	if !w.begun && !w.since.IsZero() {
		w.since = w.since.Add(-page.ahead)
	}
	w.begun = true
	past := len(page.Data) > 0
	for i := range page.Data {
		created := page.Data[i].CreatedAt.Time
		if created.IsZero() {
			w.unsorted, past = true, false
			continue
		}
		w.unsorted = w.unsorted || w.seen > 0 && created.After(w.last)
		w.seen++
		w.last = created
		if w.oldest.IsZero() || created.Before(w.oldest) {
			w.oldest = created
		}
		past = past && created.Before(w.since)
	}
	if w.beyond++; !past {
		w.beyond = 0
	}
	w.done = page.Cursor.Next == "" || w.reached() && w.beyond > furtherPages
	return w.done
}

// reached reports whether the moment was reached, in the order that is believed. One payment alone is in any order.
func (w *walkBack) reached() bool { return w.done || w.beyond > 0 && !w.unsorted && w.seen > 1 }
