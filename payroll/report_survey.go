package payroll

import (
	"context"
	"time"
)

// outcome is what came of a payout, as people ask about it.
type outcome int

// The outcomes, in the order in which they add up to the plan.
const (
	outcomePaid    outcome = iota // by this run
	outcomeEarlier                // before this run, under the same reference
	outcomeNotPaid                // failed, refused, or the reference was another's
	outcomeOpen                   // nobody knows yet
	outcomes
)

func (p Payout) outcome() outcome {
	switch p.State {
	case Completed:
		if p.Earlier {
			return outcomeEarlier
		}
		return outcomePaid
	case Failed, Refused, Conflict:
		return outcomeNotPaid
	case Unknown, Submitted, Submitting, Planned:
	}
	return outcomeOpen
}

// states are those that a payout of this outcome can be in.
func (o outcome) states() []State {
	switch o {
	case outcomePaid, outcomeEarlier:
		return []State{Completed}
	case outcomeNotPaid:
		return []State{Failed, Refused, Conflict}
	}
	return []State{Unknown, Submitted, Submitting, Planned}
}

// paidAt is when a payout was made, as far as that is known.
func (p Payout) paidAt() time.Time {
	if p.TransactionAt.IsZero() {
		return p.SentAt
	}
	return p.TransactionAt
}

// runSurvey is what has to be known of a run before its first row is written.
type runSurvey struct {
	sums        [outcomes]Sum
	first, last time.Time // when the run sent something
}

// survey reads the whole run, and checks that it is what the totals say.
func (r *report) survey(ctx context.Context) (runSurvey, error) {
	var seen runSurvey
	err := r.each(ctx, func(p Payout) (err error) {
		sum := &seen.sums[p.outcome()]
		if *sum, err = addSums(*sum, p.sum()); err != nil {
			return err
		}
		if at := p.SentAt; !at.IsZero() && !p.Earlier {
			if seen.first.IsZero() || at.Before(seen.first) {
				seen.first = at
			}
			if at.After(seen.last) {
				seen.last = at
			}
		}
		return nil
	})
	if err == nil {
		err = r.complete()
	}
	r.written = map[State]Sum{}
	return seen, err
}
