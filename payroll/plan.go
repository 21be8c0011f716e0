package payroll

import (
	"fmt"
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

	// Derived is how many payouts have a reference that was made of the run's name and their content.
	Derived int64

	read rows
}

// Warning is something in a plan that may be right but should be confirmed by a person.
type Warning struct {
	Kind  WarningKind
	Lines []int64 // the lines it is about, in order; as Problem.Line for payouts that came from no file
	Text  string  // a sentence, with phone numbers masked
}

// WarningKind is what a warning is about: warnings of one kind are shown, and confirmed, together.
type WarningKind string

// The kinds of warnings in a plan. They are written as they are here and never renamed.
const (
	WarnSameAmountTwice WarningKind = "same-amount-twice" // a payee gets one amount more than once
	WarnSeveralLines    WarningKind = "several-lines"     // a row goes on over lines: a quotation mark may be open
	WarnHeadings        WarningKind = "headings"          // something in the file is not read
	WarnNoReference     WarningKind = "no-reference"      // a reference is made for rows that have none
	WarnEncoding        WarningKind = "encoding"          // the file is in an encoding that was guessed
	WarnLookAlike       WarningKind = "look-alike"        // references differ in O and 0, or in I, l and 1, alone
)

// PlanOptions says how payouts are checked. A zero field takes its default.
type PlanOptions struct {
	// Run names the run, such as "salaries-2026-06". It is part of the digest, and references that payouts lack are
	// derived from it; it may be empty when none lacks one.
	Run string
	// Limits bound the amount of a payout and the length of a reference, as djamo.WithLimits does; BatchSize is not
	// looked at. nil is 5,000 to 500,000 francs, which Djamo's documentation names; &djamo.Limits{} sets no bound to amounts.
	Limits *djamo.Limits
	// MaxProblems is how many problems, and how many warnings, are listed one by one. Default 100.
	MaxProblems int
}

// NewPlan checks payouts that a program has made itself, by the rules of [ReadCSV]. It takes their MSISDN, Amount,
// Reference, Description, Name and Line, and numbers them in the order they come in. A payout without a reference gets one
// that is derived from the run's name and its content.
//
// Payouts is read several times, here and by [Plan.Payouts], and must give the same payouts each time; [Rows] makes it of
// a slice. What is wrong with them is a *PlanError; an error that payouts yields is returned as it is.
func NewPlan(payouts iter.Seq2[Payout, error], options PlanOptions) (*Plan, error) {
	rules, err := newRules(options)
	if err != nil {
		return nil, err
	}
	return newPlan(rowsOf(payouts, rules), rules)
}

func rowsOf(payouts iter.Seq2[Payout, error], rules *rules) rows {
	return func(take func(row) bool) error {
		place := int64(0)
		for payout, err := range payouts {
			if err != nil {
				return err
			}
			place++
			r := row{payout: Payout{
				ID: place, Line: payout.Line, State: Planned, MSISDN: payout.MSISDN, Amount: payout.Amount, Reference: payout.Reference,
				Description: payout.Description, Name: cleanName(payout.Name),
			}}
			rules.check(&r)
			if !take(r) {
				return nil
			}
		}
		return nil
	}
}

// Rows is the payouts of a slice, for [NewPlan]. The slice must not be changed as long as the plan is used.
func Rows(payouts ...Payout) iter.Seq2[Payout, error] {
	return func(yield func(Payout, error) bool) {
		for _, payout := range payouts {
			if !yield(payout, nil) {
				return
			}
		}
	}
}

// Payouts reads the payouts from the plan's source, in order, each Planned. When the source is not what was checked any
// more, the last pair has an error that matches ErrBadPlan, and what was read must be discarded.
//
// A file is read from its start, so no two walks over one file may run at the same time.
func (p *Plan) Payouts() iter.Seq2[Payout, error] {
	return func(yield func(Payout, error) bool) {
		if p.read == nil {
			yield(Payout{}, fmt.Errorf("%w: it was made by neither ReadCSV nor NewPlan", ErrBadPlan))
			return
		}
		digest, left, total := newDigest(p.Run), p.Count, djamo.XOF(0)
		changed, stopped := false, false
		err := p.read(func(r row) bool {
			var err error
			total, err = total.Add(r.payout.Amount)
			if changed = err != nil || len(r.problems) > 0 || r.payout.Reference == "" || left == 0; changed {
				return false
			}
			left--
			digest.add(r.payout)
			stopped = !yield(r.payout, nil)
			return !stopped
		})
		switch {
		case stopped:
		case err != nil:
			yield(Payout{}, err)
		case changed || left != 0 || total != p.Total || digest.String() != p.Digest:
			yield(Payout{}, fmt.Errorf("%w: it was changed after it was checked: read it again", ErrBadPlan))
		}
	}
}
