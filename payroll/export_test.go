package payroll

import "github.com/djamo/djamo-go"

// PlanOf plans payouts of any amount.
func PlanOf(run string, payouts []Payout) *Plan {
	plan, err := NewPlan(Rows(payouts...), PlanOptions{Run: run, Limits: &djamo.Limits{}})
	if err != nil {
		panic(err)
	}
	return plan
}
