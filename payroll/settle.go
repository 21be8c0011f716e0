package payroll

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/djamo/djamo-go"
)

// settle asks the API what became of everything that was sent: first by page, then, for what no page has shown, one by
// one. Payouts whose outcome is unknown and whose reference the API does not know are planned again after the quiet
// period. It returns how long it is until the next of them may be.
func (r *run) settle(ctx context.Context) (next time.Duration, err error) {
	pending, err := r.sweep(ctx)
	if err != nil {
		return 0, err
	}
	next = r.PollMax
	if r.sum(Unknown).Count > 0 {
		err = r.each(ctx, Unknown, func(p Payout) (Payout, error) {
			asked := time.Now()
			settled, err := r.lookUp(ctx, p)
			if err != nil || settled.State != Planned {
				return settled, err
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			if early := r.Quiet - asked.Sub(r.lost); early > 0 {
				next = min(next, early)
				return p, nil
			}
			return settled, nil
		})
	}
	if err == nil && pending < r.sum(Submitted).Count {
		err = r.each(ctx, Submitted, func(p Payout) (Payout, error) {
			t, err := r.Client.Transactions.Get(ctx, p.TransactionID)
			if err != nil {
				return p, err
			}
			return adopt(p, t), nil
		})
	}
	return next, err
}

// lookUp asks for one payout by its reference: Planned when there is nothing under it.
func (r *run) lookUp(ctx context.Context, p Payout) (Payout, error) {
	t, err := r.Client.Transactions.GetByReference(ctx, p.Reference)
	switch {
	case err == nil:
		return adopt(p, t), nil
	case errors.Is(err, djamo.ErrNotFound):
		p.State, p.Reason, p.Earlier = Planned, "", false
		return p, nil
	}
	return p, err
}

// sweep reads the newest transactions by page, which is far cheaper than one by one, and takes over what they say of
// this run. It returns how many payouts it has found pending, and stops when it has met all that are open or when
// reading on would cost more than asking for each.
func (r *run) sweep(ctx context.Context) (pending int64, err error) {
	open := r.sum(Submitted).Count + r.sum(Unknown).Count
	const few = 4
	if open < few {
		return 0, nil
	}
	var found []*djamo.Transaction // read, and not taken over yet
	met := int64(0)
	for page, err := range r.listing(ctx, open/10+1) {
		if errors.Is(err, errRepeats) {
			return 0, nil // each payout is asked for by itself
		}
		if err != nil {
			if err := r.tolerate(ctx, err); err != nil {
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
		about, waiting, err := r.learn(ctx, found)
		if err != nil {
			return pending, err
		}
		met, pending, found = met+about, pending+waiting, nil
		if met >= open {
			break
		}
	}
	_, waiting, err := r.learn(ctx, found)
	return pending + waiting, err
}

// learn takes over what transactions say of open payouts, and returns how many of them were about one and how many of
// those are still pending. Only what matches is believed here; a reference that was used for something else is for
// lookUp to judge.
func (r *run) learn(ctx context.Context, found []*djamo.Transaction) (met, pending int64, err error) {
	byReference := make(map[string]*djamo.Transaction, len(found))
	references := make([]string, 0, len(found))
	for _, t := range found {
		if _, repeated := byReference[t.Reference]; !repeated && t.Reference != "" {
			byReference[t.Reference] = t
			references = append(references, t.Reference)
		}
	}
	err = r.amend(ctx, references, func(p Payout) Payout {
		t := byReference[p.Reference]
		if p.State != Submitted && p.State != Unknown || !p.Params().Matches(t) {
			return p
		}
		met++
		p = adopt(p, t)
		if p.State == Submitted {
			pending++
		}
		return p
	})
	return met, pending, err
}

// each asks about every payout in a state, several at a time, and records what is new. An answer that does not come
// leaves its payout where it is.
func (r *run) each(ctx context.Context, state State, ask func(Payout) (Payout, error)) error {
	for after := int64(0); ; {
		payouts, err := r.Journal.Payouts(ctx, after, readAhead, state)
		if err != nil || len(payouts) == 0 {
			return err
		}
		after = payouts[len(payouts)-1].ID
		answers, err := r.askAll(ctx, payouts, ask)
		references := make([]string, 0, len(answers))
		for reference := range answers {
			references = append(references, reference)
		}
		amendErr := r.amend(ctx, references, func(p Payout) Payout {
			if p.State != state {
				return p // a webhook was faster
			}
			return answers[p.Reference]
		})
		if err := errors.Join(err, amendErr); err != nil {
			return err
		}
	}
}

// askAll returns the payouts that have changed, by reference.
func (r *run) askAll(ctx context.Context, payouts []Payout, ask func(Payout) (Payout, error)) (map[string]Payout, error) {
	var mu sync.Mutex
	answers := map[string]Payout{}
	var failure error
	next := make(chan Payout)
	var group sync.WaitGroup
	for range min(r.Concurrency, len(payouts)) {
		group.Go(func() {
			for p := range next {
				answer, err := ask(p)
				mu.Lock()
				if err = r.tolerate(ctx, err); err != nil {
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

// tolerate decides which failed questions end the run: those that would fail for every payout. After any other the
// question is asked again later.
func (r *run) tolerate(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, djamo.ErrUnauthorized), errors.Is(err, djamo.ErrForbidden), errors.Is(err, djamo.ErrBlocked):
		return errors.Join(ErrStopped, err)
	}
	r.Logger.WarnContext(ctx, "an outcome could not be read", "error", err)
	return nil
}

// amend changes payouts that were sent. Polling and webhooks both do it, so each reads and writes in one go.
func (r *run) amend(ctx context.Context, references []string, decide func(Payout) Payout) error {
	if len(references) == 0 {
		return nil
	}
	r.amending.take()
	defer r.amending.give()
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

// follow takes over what Updates brings.
func (r *run) follow(ctx context.Context) {
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
			if _, _, err := r.learn(ctx, []*djamo.Transaction{t}); err != nil && ctx.Err() == nil {
				r.stop(err)
			}
			select {
			case r.heard <- struct{}{}:
			default: // somebody has been told already
			}
		}
	}
}
