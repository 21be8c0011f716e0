package payroll

import (
	"iter"

	"github.com/djamo/djamo-go"
)

// PlanInfo says what a plan is, without its payouts.
type PlanInfo struct {
	Run    string    // the run's name
	Digest string    // of the name and of every payout: equal digests are equal plans
	Count  int64     // how many payouts
	Total  djamo.XOF // their amounts, in whole francs
}

// Plan is a checked list of payouts. It holds no payouts in memory: Payouts reads them from their source, so a plan of a
// million rows is as small as one of ten.
type Plan struct {
	PlanInfo

	// Warnings are what a person should confirm before the plan is run, such as one payee who gets the same amount twice.
	Warnings []Warning

	read func() iter.Seq2[Payout, error]
}

// Payouts reads the payouts from the plan's source, in order, each Planned. When the source is not what was checked any
// more, the last pair has an error that matches ErrBadPlan, and what was read is to be thrown away.
func (p *Plan) Payouts() iter.Seq2[Payout, error] { return p.read() }

// Warning is something in a plan that may be right but should be confirmed by a person.
type Warning struct {
	Lines []int64 // the lines it is about, in order
	Text  string  // a sentence, with phone numbers masked
}
