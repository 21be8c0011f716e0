package payroll

import "iter"

func PlanOf(run string, payouts []Payout) *Plan {
	plan := &Plan{PlanInfo: PlanInfo{Run: run, Digest: run, Count: int64(len(payouts))}}
	for _, p := range payouts {
		plan.Total += p.Amount
	}
	plan.read = func() iter.Seq2[Payout, error] {
		return func(yield func(Payout, error) bool) {
			for i, p := range payouts {
				p.ID, p.State = int64(i+1), Planned
				if !yield(p, nil) {
					return
				}
			}
		}
	}
	return plan
}
