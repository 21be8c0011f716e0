package payroll

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/djamo/djamo-go"
)

// reconcile asks the API what became of everything that was sent: first by page, then, for what no page has shown, one by
// one. Payouts whose outcome is unknown and whose reference the API does not know are planned again after the quiet
// period. It returns how long it is until the next of them may be.
func (r *run) reconcile(ctx context.Context) (next time.Duration, err error) {
	pending, err := r.pollPages(ctx)
	if err != nil {
		return 0, err
	}
	next = r.PollMax
	if r.sum(Unknown).Count > 0 {
		var unclear unclearLookups
		err = r.pollEach(ctx, Unknown, func(p Payout) (Payout, error) {
			asked := time.Now()
			settled, found, err := r.lookUp(ctx, p)
			if errors.Is(err, djamo.ErrUnexpectedAnswer) {
				unclear.add(p)
			}
			if err != nil || found {
				return settled, err
			}
			if remaining := r.quietLeft(asked); remaining > 0 {
				r.mu.Lock()
				defer r.mu.Unlock()
				next = min(next, remaining)
				return p, nil
			}
			return settled, nil
		})
		if err == nil {
			var remaining time.Duration
			remaining, err = r.settleByListing(ctx, unclear.payouts)
			next = min(next, max(remaining, r.PollMin))
		}
	}
	if err == nil && pending < r.sum(Submitted).Count {
		err = r.pollEach(ctx, Submitted, func(p Payout) (Payout, error) {
			t, err := r.Client.Transactions.Get(ctx, p.TransactionID)
			if err != nil {
				return p, err
			}
			return applyTransaction(p, t), nil
		})
	}
	return next, err
}

// quietLeft is how much of the quiet period was left when a question was asked: what was on its way then may have arrived
// after the answer.
func (r *run) quietLeft(asked time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.QuietPeriod - asked.Sub(r.lastLost)
}

// lookUp asks for one payout by its reference, and returns what it is if there is nothing under it.
func (r *run) lookUp(ctx context.Context, p Payout) (settled Payout, found bool, err error) {
	t, err := r.Client.Transactions.GetByReference(ctx, p.Reference)
	switch {
	case err == nil:
		return applyTransaction(p, t), true, nil
	case errors.Is(err, djamo.ErrNotFound):
		return absent(p), false, nil
	}
	return p, false, err
}

// minOpen is from how many open payouts on a page is cheaper than a request for each.
const minOpen = 4

// pollPages reads the newest transactions by page, which is far cheaper than one by one, and applies them to the run. It
// returns how many payouts it found pending. It stops when it has met all that are open, or when reading further would
// cost more than asking for each.
func (r *run) pollPages(ctx context.Context) (pending int64, err error) {
	open := r.sum(Submitted).Count + r.sum(Unknown).Count
	if open < minOpen {
		return 0, nil
	}
	var found []*djamo.Transaction // read, and not applied yet
	met := int64(0)
	for page, err := range r.listing(ctx, open/10+1) {
		if errors.Is(err, errRepeats) {
			return 0, nil // each payout is asked for by itself
		}
		if err != nil {
			if err := r.fatal(ctx, err); err != nil {
				return pending, err
			}
			break // what was read before counts
		}
		for i := range page {
			found = append(found, &page[i])
		}
		if len(found) < readAhead && met+int64(len(found)) < open {
			continue // several pages share one commit
		}
		about, waiting, err := r.applyTransactions(ctx, found)
		if err != nil {
			return pending, err
		}
		met, pending, found = met+about, pending+waiting, nil
		if met >= open {
			break
		}
	}
	_, waiting, err := r.applyTransactions(ctx, found)
	return pending + waiting, err
}

// applyTransactions takes over what transactions say of open payouts, and returns how many of them were about one and how many of
// those are still pending. Only what matches is believed here; a reference that was used for something else is for
// lookUp to judge.
func (r *run) applyTransactions(ctx context.Context, found []*djamo.Transaction) (met, pending int64, err error) {
	byReference := make(map[string]*djamo.Transaction, len(found))
	references := make([]string, 0, len(found))
	for _, t := range found {
		if _, repeated := byReference[t.Reference]; !repeated && t.Reference != "" {
			byReference[t.Reference] = t
			references = append(references, t.Reference)
		}
	}
	err = r.update(ctx, references, func(p Payout) Payout {
		t := byReference[p.Reference]
		if p.State != Submitted && p.State != Unknown || !p.Params().Matches(t) {
			return p
		}
		met++
		p = applyTransaction(p, t)
		if p.State == Submitted {
			pending++
		}
		return p
	})
	return met, pending, err
}

// pollEach asks about every payout in a state, several at a time, and records what is new. An answer that does not come
// leaves its payout where it is.
func (r *run) pollEach(ctx context.Context, state State, fetch func(Payout) (Payout, error)) error {
	for after := int64(0); ; {
		payouts, err := r.Journal.Payouts(ctx, after, readAhead, state)
		if err != nil || len(payouts) == 0 {
			return err
		}
		after = payouts[len(payouts)-1].ID
		answers, err := r.askAll(ctx, payouts, fetch)
		references := make([]string, 0, len(answers))
		for reference := range answers {
			references = append(references, reference)
		}
		updateErr := r.update(ctx, references, func(p Payout) Payout {
			if p.State != state {
				return p // a webhook was faster
			}
			return answers[p.Reference]
		})
		if err := errors.Join(err, updateErr); err != nil {
			return err
		}
	}
}

// askAll returns the payouts that have changed, by reference.
func (r *run) askAll(ctx context.Context, payouts []Payout, fetch func(Payout) (Payout, error)) (map[string]Payout, error) {
	var mu sync.Mutex
	answers := map[string]Payout{}
	var failure error
	next := make(chan Payout)
	var group sync.WaitGroup
	for range min(r.Concurrency, len(payouts)) {
		group.Go(func() {
			for p := range next {
				answer, err := fetch(p)
				mu.Lock()
				if err = r.fatal(ctx, err); err != nil {
					failure = errors.Join(failure, err)
				} else if answer != p {
					answers[p.Reference] = answer
				}
				mu.Unlock()
			}
		})
	}
	for _, p := range payouts {
		mu.Lock()
		stop := failure != nil
		mu.Unlock()
		if stop {
			break
		}
		next <- p
	}
	close(next)
	group.Wait()
	return answers, failure
}

// fatal returns the error of a failed read that ends the run, because it would fail for every payout alike. After any
// other error the read is repeated later.
func (r *run) fatal(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, djamo.ErrUnauthorized), errors.Is(err, djamo.ErrForbidden), errors.Is(err, djamo.ErrBlocked):
		return errors.Join(ErrStopped, err)
	}
	r.Logger.WarnContext(ctx, "an outcome could not be read", "error", err)
	r.reportHindered(fmt.Errorf("an outcome could not be read: %w", err))
	return nil
}

// update changes payouts that were sent. Polling and webhooks both do it, so each reads and writes in one go.
func (r *run) update(ctx context.Context, references []string, decide func(Payout) Payout) error {
	if len(references) == 0 {
		return nil
	}
	r.updateMu.Lock()
	defer r.updateMu.Unlock()
	payouts, err := r.Journal.Find(ctx, references...)
	if err != nil {
		return err
	}
	changes := make([]Change, 0, len(payouts))
	for _, p := range payouts {
		if changed := decide(p); changed != p {
			changes = append(changes, Change{From: p.State, Payout: changed})
		}
	}
	return r.advance(ctx, changes)
}

// consumeUpdates applies what arrives on Updates.
func (r *run) consumeUpdates(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case t, ok := <-r.Updates:
			if !ok {
				return
			}
			if t == nil {
				continue
			}
			if _, _, err := r.applyTransactions(ctx, []*djamo.Transaction{t}); err != nil && ctx.Err() == nil {
				r.stop(err)
			}
			select {
			case r.wake <- struct{}{}:
			default: // the loop is to wake up already
			}
		}
	}
}
