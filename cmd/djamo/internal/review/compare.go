// Package review shows a plan to the person who answers for it, before it is paid: who gets what, and what is different from
// earlier runs. What should be confirmed is in numbered groups, and each of them is confirmed by itself.
package review

import (
	"cmp"
	"errors"
	"math/bits"
	"slices"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
)

// The kinds of what a comparison with earlier runs finds, beside those of package payroll. They are what --confirm names.
const (
	NewPayees      payroll.WarningKind = "new-payees"
	MissingPayees  payroll.WarningKind = "missing-payees"
	ChangedAmounts payroll.WarningKind = "changed-amounts"
	UnusualAmounts payroll.WarningKind = "unusual-amounts"
	OtherNames     payroll.WarningKind = "other-names"
	OtherNumbers   payroll.WarningKind = "other-numbers"
)

// kinds are all kinds in the order in which they are shown: what may pay the wrong person first.
func kinds() []payroll.WarningKind {
	return []payroll.WarningKind{
		OtherNames, OtherNumbers, UnusualAmounts, payroll.WarnSameAmountTwice, NewPayees, MissingPayees, ChangedAmounts,
	}
}

// Finding is one thing that a person should see. A finding of the file itself has a text and nothing else.
type Finding struct {
	Text      string
	Line      int64 // in the file; 0 for a payee who is not in it
	Reference string
	MSISDN    djamo.MSISDN
	Name      string
	Amount    djamo.XOF    // what the payee gets now, in all
	Before    djamo.XOF    // what the payee got in the run that is compared, or the bound that the amount passes
	Other     string       // the name that the number had, for OtherNames
	Number    djamo.MSISDN // the number that the name had, for OtherNumbers
}

// Group is what a person confirms at once.
type Group struct {
	Kind     payroll.WarningKind
	Findings []Finding
}

// Review is what is known of a plan before it is paid.
type Review struct {
	Plan              payroll.PlanInfo
	Largest, Smallest payroll.Payout
	Payees            int
	// Runs are the earlier runs; the first is the one that is compared. None when there is nothing to compare with.
	Runs   []Run
	Groups []Group
	// Unusual is the factor in hundredths beyond which an amount is unusual.
	Unusual int64

	plan *payroll.Plan
}

// Options say how a plan is compared.
type Options struct {
	// Unusual is by how much, in hundredths, an amount may pass what its payee got before; 150 is half as much again.
	Unusual int64
}

// Compare compares a plan with earlier runs. Memory grows with the payees of both, and by about two bytes for each payee where
// there are none.
func Compare(plan *payroll.Plan, past *Past, options Options) (*Review, error) {
	r := &Review{Plan: plan.PlanInfo, Runs: past.Runs, Unusual: options.Unusual, plan: plan}
	payees := payees{all: len(past.Runs) > 0, findings: map[djamo.MSISDN]*Finding{}}
	for payout, err := range plan.Payouts() {
		if err != nil {
			return nil, err
		}
		if r.Largest.ID == 0 || payout.Amount > r.Largest.Amount {
			r.Largest = payout
		}
		if r.Smallest.ID == 0 || payout.Amount < r.Smallest.Amount {
			r.Smallest = payout
		}
		if err := payees.add(payout); err != nil {
			return nil, err
		}
	}
	r.Payees = payees.count()
	found := map[payroll.WarningKind][]Finding{}
	for _, warning := range plan.Warnings {
		found[warning.Kind] = append(found[warning.Kind], fileFinding(warning))
	}
	if len(past.Runs) > 0 {
		if err := past.compare(payees.order, payees.findings, options, found); err != nil {
			return nil, err
		}
	}
	r.group(found)
	return r, nil
}

func fileFinding(warning payroll.Warning) Finding {
	f := Finding{Text: warning.Text}
	if len(warning.Lines) > 0 {
		f.Line = warning.Lines[len(warning.Lines)-1]
	}
	return f
}

// lineOf is where a payout stands; its place where it came from no file.
func lineOf(p payroll.Payout) int64 { return cmp.Or(p.Line, p.ID) }

// group puts what was found in order: known kinds first, then those that only the file knows.
func (r *Review) group(found map[payroll.WarningKind][]Finding) {
	all := kinds()
	var others []payroll.WarningKind
	for kind := range found {
		if !slices.Contains(all, kind) {
			others = append(others, kind)
		}
	}
	slices.Sort(others)
	for _, kind := range append(all, others...) {
		if len(found[kind]) > 0 {
			r.Groups = append(r.Groups, Group{kind, found[kind]})
		}
	}
}

// Add adds a group that was found elsewhere.
func (r *Review) Add(kind payroll.WarningKind, findings []Finding) {
	if len(findings) > 0 {
		r.Groups = append(r.Groups, Group{kind, findings})
	}
}

// compare finds what is different from the past.
func (p *Past) compare(
	order []*Finding, now map[djamo.MSISDN]*Finding, options Options, found map[payroll.WarningKind][]Finding,
) error {
	numbers := map[string]djamo.MSISDN{} // by name, of payees who are missing now
	for number, known := range p.payees {
		if _, ok := now[number]; ok || !known.inLatest {
			continue
		}
		found[MissingPayees] = append(found[MissingPayees], Finding{
			Reference: known.reference, MSISDN: number, Name: known.name, Before: known.latest,
		})
		if name := wordsOf(known.name); name != "" {
			numbers[name] = number
		}
	}
	slices.SortFunc(found[MissingPayees], func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Reference, b.Reference), cmp.Compare(a.MSISDN, b.MSISDN))
	})
	for _, f := range order {
		known, ok := p.payees[f.MSISDN]
		if !ok || !known.inLatest {
			if number, moved := numbers[wordsOf(f.Name)]; moved {
				other := *f
				other.Number, other.Before = number, p.payees[number].latest
				found[OtherNumbers] = append(found[OtherNumbers], other)
			}
			found[NewPayees] = append(found[NewPayees], *f)
		}
		if !ok {
			continue
		}
		if !sameName(f.Name, known.name) {
			other := *f
			other.Other = known.name
			found[OtherNames] = append(found[OtherNames], other)
		}
		changed := *f
		changed.Before = known.latest
		if known.inLatest && known.latest != f.Amount {
			found[ChangedAmounts] = append(found[ChangedAmounts], changed)
		}
		if bound, beyond := known.unusual(f.Amount, options.Unusual); beyond {
			changed.Before = bound
			found[UnusualAmounts] = append(found[UnusualAmounts], changed)
		}
	}
	return sortByDifference(found[ChangedAmounts])
}

// unusual reports whether an amount passes what the payee got before by more than the factor, up or down, and which amount
// it passes.
func (k *payee) unusual(amount djamo.XOF, hundredths int64) (djamo.XOF, bool) {
	switch {
	case hundredths <= 0:
		return 0, false
	case isBeyond(amount, k.most, hundredths):
		return k.most, true
	case isBeyond(k.least, amount, hundredths):
		return k.least, true
	}
	return 0, false
}

// isBeyond reports whether an amount is more than so many hundredths of another, in whole numbers of any size.
func isBeyond(amount, of djamo.XOF, hundredths int64) bool {
	const whole = 100
	if amount < 0 || of < 0 {
		return false
	}
	high, low := bits.Mul64(uint64(amount), whole)
	boundHigh, boundLow := bits.Mul64(uint64(of), uint64(max(hundredths, 0)))
	return high > boundHigh || high == boundHigh && low > boundLow
}

// sortByDifference puts the largest differences first.
func sortByDifference(findings []Finding) error {
	var failed error
	difference := func(f Finding) djamo.XOF {
		d, err := f.Difference()
		failed = errors.Join(failed, err)
		return max(d, -d)
	}
	slices.SortStableFunc(findings, func(a, b Finding) int { return cmp.Compare(difference(b), difference(a)) })
	return failed
}

// Difference is how much more the payee gets than before.
func (f Finding) Difference() (djamo.XOF, error) { return f.Amount.Sub(f.Before) }

// Percent is the difference in whole percent of what the payee got before; ok is false when that says nothing.
func (f Finding) Percent() (percent int64, ok bool) {
	const whole, maxPercent = 100, 100_000
	difference, err := f.Difference()
	if err != nil || f.Before <= 0 {
		return 0, false
	}
	product, err := difference.Mul(whole)
	percent = int64(product) / int64(f.Before)
	return percent, err == nil && percent != 0 && percent < maxPercent
}

// Group returns the group of a kind, which may be empty.
func (r *Review) Group(kind payroll.WarningKind) Group {
	for _, g := range r.Groups {
		if g.Kind == kind {
			return g
		}
	}
	return Group{Kind: kind}
}

func sortWords(words []string) { slices.Sort(words) }
