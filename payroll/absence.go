package payroll

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/djamo/djamo-go"
)

// What a look-up by reference finds is believed. What it does not find is absent only when the API's filter is exact, and
// its documentation does not say so: it may go by the beginning of a reference, or ignore the question. When an answer
// shows other payments, or makes no sense, the listing decides: a payment that is not in it, back to before it was first
// sent, does not exist.

const (
	// proofMargin is how much further back than the first sending the listing is read. It covers clocks that differ.
	proofMargin = 7 * 24 * time.Hour
	// maxProofPages bounds how much is read: 50,000 payments. Beyond that the payouts stay unknown.
	maxProofPages = 500
)

// unclearLookups are payouts whose look-ups had answers that prove nothing.
type unclearLookups struct {
	mu      sync.Mutex
	payouts []Payout
}

func (u *unclearLookups) add(p Payout) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.payouts = append(u.payouts, p)
}

// settleByListing decides by the listing what became of payouts whose outcome is unknown. It returns how long it is until
// those that are absent may be taken for it.
func (r *run) settleByListing(ctx context.Context, payouts []Payout) (next time.Duration, err error) {
	if len(payouts) == 0 {
		return r.PollMax, nil
	}
	asked := time.Now()
	found, whole, err := r.readSince(ctx, payouts, asked)
	if err != nil {
		return r.PollMax, r.fatal(ctx, err)
	}
	if !whole {
		r.Logger.WarnContext(ctx, "neither a look-up nor the listing says whether payouts were made: they stay unknown", "count", len(payouts))
	}
	remaining := r.quietLeft(asked)
	references := make([]string, len(payouts))
	for i, p := range payouts {
		references[i] = p.Reference
	}
	for len(references) > 0 {
		some := references[:min(len(references), readAhead)]
		references = references[len(some):]
		err = r.update(ctx, some, func(p Payout) Payout {
			t := found[p.Reference]
			switch {
			case p.State != Unknown:
				return p // a webhook was faster
			case t != nil && t.ID == "":
				p.Reason = "several payments bear its reference"
				return p
			case t != nil:
				return applyTransaction(p, t)
			case whole && remaining <= 0:
				return absent(p)
			}
			return p
		})
		if err != nil {
			return r.PollMax, err
		}
	}
	if !whole {
		return r.PollMax, nil
	}
	return remaining, nil
}

// readSince reads the listing back to before the first of the payouts was sent, and returns what bears their references.
// Nothing else bears them if it was read whole.
func (r *run) readSince(ctx context.Context, payouts []Payout, now time.Time) (found map[string]*djamo.Transaction, whole bool, err error) {
	wanted := make(map[string]struct{}, len(payouts))
	back := walkBack{since: now.Add(-proofMargin)}
	for _, p := range payouts {
		wanted[p.Reference] = struct{}{}
		switch since := p.SentAt.Add(-proofMargin); {
		case since.After(now): // the clock was ahead and has been set since: only the whole listing proves anything
			back.since = time.Time{}
		case since.Before(back.since):
			back.since = since
		}
	}
	found = map[string]*djamo.Transaction{}
	for page, err := range listPages(ctx, r.Client, maxProofPages) {
		if errors.Is(err, errRepeats) {
			return found, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		for i := range page.Data {
			t := &page.Data[i]
			if _, ok := wanted[t.Reference]; !ok {
				continue
			}
			if other := found[t.Reference]; other != nil && other.ID != t.ID {
				t = &djamo.Transaction{Reference: t.Reference} // which of the two is meant cannot be told
			}
			found[t.Reference] = t
		}
		if back.pass(page) {
			return found, true, nil
		}
	}
	return found, false, nil
}
