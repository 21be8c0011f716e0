package payroll

import (
	"context"
	"time"
)

// readAhead is how many payouts are read from the journal, and at most changed in it, at once.
const readAhead = 512

// advance records changes and keeps the sums in step.
func (r *run) advance(ctx context.Context, changes []Change) error {
	if len(changes) == 0 {
		return nil
	}
	// In step means one after the other: a change that is recorded must be added up before the next one to the same payout.
	r.advanceMu.Lock()
	defer r.advanceMu.Unlock()
	if err := r.Journal.Advance(ctx, r.currentLease(), changes...); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range changes {
		if err := r.move(c); err != nil {
			return err
		}
	}
	if r.Progress != nil {
		totals, err := SumUp(r.info, r.sums)
		if err != nil {
			return err
		}
		r.Progress(totals)
	}
	return nil
}

// move carries one payout from a state's sum to another's. Only a completed payout has a fee or counts as paid earlier, and
// it moves no more.
func (r *run) move(c Change) (err error) {
	if c.From == c.Payout.State {
		return nil
	}
	from := r.sums[c.From]
	from.Count--
	if from.Amount, err = from.Amount.Sub(c.Payout.Amount); err != nil {
		return err
	}
	to, err := addSums(r.sums[c.Payout.State], c.Payout.sum())
	if err != nil {
		return err
	}
	r.sums[c.From], r.sums[c.Payout.State] = from, to
	return nil
}

// sum is a payout by itself, as [Journal.Sums] counts it.
func (p Payout) sum() Sum {
	sum := Sum{Count: 1, Amount: p.Amount, Fees: p.Fee}
	if p.PaidEarlier() {
		sum.Earlier, sum.EarlierAmount = 1, p.Amount
	}
	return sum
}

// sum is what is in one state, as far as this run knows.
func (r *run) sum(s State) Sum {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sums[s]
}

// addUp asks the journal itself, which has the last word.
func (r *run) addUp(ctx context.Context) (Totals, error) {
	info, err := r.Journal.Planned(ctx)
	if err != nil {
		return Totals{}, err
	}
	sums, err := r.Journal.Sums(ctx)
	if err != nil {
		return Totals{}, err
	}
	return SumUp(info, sums)
}

// recording is a context for writing down what has happened, which must be possible when the run's own has ended.
func recording(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
}
