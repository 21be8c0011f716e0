package payroll

import (
	"fmt"

	"github.com/djamo/djamo-go"
)

// Totals are a run's payouts added up. Completed, Failed, Refused, Conflict, Unknown and Open together are Planned, in
// number and in amount: [SumUp] makes no others.
type Totals struct {
	Planned   Sum // every payout of the plan
	Accepted  Sum // taken by the API, whatever came of them: submitted, completed and failed
	Completed Sum // paid
	Failed    Sum // accepted, and then not paid
	Refused   Sum // not accepted, so not paid
	Conflict  Sum // their references were used before, for another payee or amount
	Unknown   Sum // a request was sent, its answer was lost, and the API could not be asked yet
	Open      Sum // no outcome yet: not sent, on their way, or accepted and pending
	Unsent    Sum // those of Open that nothing was sent for
	// PaidEarlier are those of Completed that were paid under their references before this run: it has paid nothing for
	// them. In a run of this month's salaries they are a sign that the references are last month's.
	PaidEarlier Sum
	// PaidNow are the others of Completed, and AcceptedNow those of Accepted without PaidEarlier: what this run itself has done.
	PaidNow, AcceptedNow Sum

	Fees djamo.XOF // what the API took for what this run has paid, in whole francs
}

// AllCompleted reports whether every payout was paid.
func (t Totals) AllCompleted() bool { return t.Completed.Count == t.Planned.Count }

// SumUp makes the totals of a run from its plan and the sums that its journal keeps. When the two do not add up, by a
// payout or by a franc, the error matches ErrJournal: no figure of such a journal can be trusted.
func SumUp(info PlanInfo, sums map[State]Sum) (Totals, error) {
	t := Totals{
		Completed: sums[Completed], Failed: sums[Failed], Refused: sums[Refused], Conflict: sums[Conflict],
		Unknown: sums[Unknown], Unsent: sums[Planned],
	}
	var err error
	if t.Accepted, err = addSums(sums[Submitted], t.Completed, t.Failed); err != nil {
		return Totals{}, err
	}
	if t.Open, err = addSums(sums[Planned], sums[Submitting], sums[Submitted]); err != nil {
		return Totals{}, err
	}
	if t.Planned, err = addSums(t.Completed, t.Failed, t.Refused, t.Conflict, t.Unknown, t.Open); err != nil {
		return Totals{}, err
	}
	t.PaidEarlier = Sum{
		Count: t.Completed.Earlier, Amount: t.Completed.EarlierAmount, Earlier: t.Completed.Earlier, EarlierAmount: t.Completed.EarlierAmount,
	}
	t.Fees = t.Planned.Fees
	if err := t.check(info, sums); err != nil {
		return t, err
	}
	if t.PaidNow, err = t.PaidEarlier.outOf(t.Completed); err != nil {
		return t, err
	}
	t.AcceptedNow, err = t.PaidEarlier.outOf(t.Accepted)
	return t, err
}

// outOf takes a sum that is a part of another one, without fees of its own, out of it.
func (s Sum) outOf(whole Sum) (rest Sum, err error) {
	rest = Sum{Count: whole.Count - s.Count, Fees: whole.Fees}
	rest.Amount, err = whole.Amount.Sub(s.Amount)
	return rest, err
}

func (t Totals) check(info PlanInfo, sums map[State]Sum) error {
	for state, sum := range sums {
		if !state.known() {
			return fmt.Errorf("%w: %d payouts are %q, a state that this version does not know", ErrJournal, sum.Count, string(state))
		}
		if sum.Count < 0 || sum.Amount < 0 || sum.Count == 0 && sum.Amount != 0 {
			return fmt.Errorf("%w: %d payouts of %s in all cannot be %s", ErrJournal, sum.Count, sum.Amount, state)
		}
		if sum.Earlier < 0 || sum.Earlier > sum.Count || sum.EarlierAmount < 0 || sum.EarlierAmount > sum.Amount {
			return fmt.Errorf("%w: %d of %d payouts that are %s cannot have been sent earlier", ErrJournal, sum.Earlier, sum.Count, state)
		}
	}
	if t.Planned.Count != info.Count || t.Planned.Amount != info.Total {
		return fmt.Errorf("%w: the totals do not add up: the plan has %d payouts of %s in all, the journal %d of %s",
			ErrJournal, info.Count, info.Total, t.Planned.Count, t.Planned.Amount)
	}
	return nil
}

// known reports whether s is one of States.
func (s State) known() bool {
	switch s {
	case Planned, Submitting, Unknown, Submitted, Completed, Failed, Refused, Conflict:
		return true
	}
	return false
}

// addSums adds sums up, checked for overflow.
func addSums(sums ...Sum) (total Sum, err error) {
	for _, sum := range sums {
		total.Count += sum.Count // cannot overflow: it counts what is stored
		if total.Amount, err = total.Amount.Add(sum.Amount); err != nil {
			return Sum{}, fmt.Errorf("%w: %w", ErrJournal, err)
		}
		if total.Fees, err = total.Fees.Add(sum.Fees); err != nil {
			return Sum{}, fmt.Errorf("%w: %w", ErrJournal, err)
		}
		total.Earlier += sum.Earlier
		if total.EarlierAmount, err = total.EarlierAmount.Add(sum.EarlierAmount); err != nil {
			return Sum{}, fmt.Errorf("%w: %w", ErrJournal, err)
		}
	}
	return total, nil
}
