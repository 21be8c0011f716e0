package payroll

import "iter"

// NewPlanIn is NewPlan with room for so many hashes.
func NewPlanIn(room int, payouts iter.Seq2[Payout, error], options PlanOptions) (*Plan, error) {
	rules, err := newRules(options)
	if err != nil {
		return nil, err
	}
	return newPlanIn(room, rowsOf(payouts, rules), rules)
}

// OddReferenceRule is what references are checked by that are no plain words.
func OddReferenceRule(reference string) (isPlain bool, rule string) {
	return isPlainWord(reference), oddReferenceRule(reference)
}
