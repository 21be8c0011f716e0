package payroll

import (
	"fmt"
	"slices"

	"github.com/djamo/djamo-go"
)

// newPlan reads a source once to check and count its rows, and as often again as it takes to find repeated ones in
// bounded memory.
func newPlan(read rows, rules *rules) (*Plan, error) { return newPlanIn(roomForKeys, read, rules) }

func newPlanIn(room int, read rows, rules *rules) (*Plan, error) {
	s := &survey{
		rules: rules, read: read, digest: newDigest(rules.planRun()), problems: problemList{limit: rules.maxProblems},
		repeats: newRepeats(rules.maxProblems, room), oddities: oddities{limit: rules.maxProblems},
	}
	if err := read(s.take); err != nil {
		return nil, err
	}
	if s.count == 0 {
		s.problems.add(Problem{Rule: "there are no payouts in it"})
	}
	warnings, err := s.checkRepeats()
	if err != nil {
		return nil, err
	}
	if err := s.problems.err(s.nameless); err != nil {
		return nil, err
	}
	return &Plan{
		PlanInfo: PlanInfo{Run: rules.planRun(), Digest: s.digest.String(), Count: s.count, Total: s.total},
		Warnings: slices.Concat(s.oddities.warnings(), s.lengths.warnings(rules.last), warnings), Derived: s.derived, read: read,
	}, nil
}

// survey is what is learned of a source on the first reading.
type survey struct {
	rules    *rules
	read     rows
	digest   *digest
	problems problemList
	repeats  *repeats
	oddities oddities
	lengths  lengths

	count     int64
	derived   int64
	total     djamo.XOF
	nameless  bool // the missing run name is reported already
	unbounded bool // the overflow is reported already
}

func (s *survey) take(r row) bool {
	s.count++
	if r.derived {
		s.derived++
	}
	s.problems.add(r.problems...)
	s.oddities.add(r)
	s.lengths.add(r, s.rules.last)
	if r.derived && s.rules.run == "" && !s.nameless {
		s.nameless = true
		s.problems.add(
			Problem{
				Line:   r.line(),
				Column: columnReference,
				Rule:   "must be given, here and wherever it is missing, or the run must be given a name to derive references from",
			},
		)
	}
	total, err := s.total.Add(r.payout.Amount)
	switch {
	case err == nil:
		s.total = total
	case !s.unbounded:
		s.unbounded = true
		s.problems.add(
			Problem{
				Line:   r.line(),
				Column: columnAmount,
				Value:  maskedExcerpt(columnAmount, fmt.Sprint(int64(r.payout.Amount))),
				Rule:   "must not take the total beyond what can be counted",
			},
		)
	}
	s.digest.add(r.payout)
	s.repeats.add(r)
	return true
}

// checkRepeats refuses references that occur twice and warns of payees who get the same amount twice.
func (s *survey) checkRepeats() ([]Warning, error) {
	if err := s.repeats.finish(s.read, s.count); err != nil {
		return nil, err
	}
	references, alike, payments := &s.repeats.references.found, &s.repeats.alike.found, &s.repeats.payments.found
	meant, err := s.lookUp(slices.Concat(references.kept, alike.kept, payments.kept))
	if err != nil {
		return nil, err
	}
	var problems []Problem
	for _, r := range references.kept {
		first, again := meant[r.first], meant[r.again]
		if first.payout.Reference != again.payout.Reference {
			continue // two texts with one hash
		}
		problem := Problem{Line: again.line(), Column: columnReference}
		if first.derived && again.derived {
			problem.Rule = fmt.Sprintf(
				"must be given here or on line %d, which is the same: references of their own or different descriptions tell the two apart",
				first.line(),
			)
		} else {
			problem.Value = maskedExcerpt(columnReference, again.payout.Reference)
			problem.Rule = fmt.Sprintf("must differ from that of line %d, since it identifies a payout", first.line())
		}
		problems = append(problems, problem)
	}
	s.problems.merge(problems, references.more)
	warnings := alikeWarnings(alike, meant)
	for _, r := range payments.kept {
		first, again := meant[r.first], meant[r.again]
		if paymentOf(first) == paymentOf(again) {
			warnings = append(
				warnings,
				Warning{Kind: WarnSameAmountTwice, Lines: []int64{first.line(), again.line()}, Text: fmt.Sprintf(
					"%s gets %s on line %d as %s and again on line %d as %s",
					again.payout.MSISDN,
					again.payout.Amount,
					first.line(),
					maskedExcerpt(columnReference, first.payout.Reference),
					again.line(),
					maskedExcerpt(columnReference, again.payout.Reference),
				)},
			)
		}
	}
	if payments.more > 0 {
		warnings = append(warnings, Warning{
			Kind: WarnSameAmountTwice, Text: fmt.Sprintf("%d more payouts give a payee the same amount again", payments.more),
		})
	}
	return warnings, nil
}

// alikeWarnings warns of references that a person reads as one, such as EMP-01 and EMP-0I.
func alikeWarnings(alike *repeatList, meant map[int64]row) (warnings []Warning) {
	for _, r := range alike.kept {
		first, again := meant[r.first], meant[r.again]
		one, other := first.payout.Reference, again.payout.Reference
		if one != other && lookOf(one) == lookOf(other) {
			warnings = append(warnings, Warning{
				Kind: WarnLookAlike, Lines: []int64{first.line(), again.line()}, Text: fmt.Sprintf(
					"the reference on line %d, %s, reads like that on line %d, %s: they differ in letters and digits such as O and 0, or I, l and 1",
					again.line(), maskedExcerpt(columnReference, other), first.line(), maskedExcerpt(columnReference, one)),
			})
		}
	}
	if alike.more > 0 {
		warnings = append(warnings, Warning{Kind: WarnLookAlike, Text: fmt.Sprintf("%d more references read like earlier ones", alike.more)})
	}
	return warnings
}

// lookUp reads the rows of repeats again, which are few, to compare them as they are and to show them.
func (s *survey) lookUp(found []repeat) (map[int64]row, error) {
	meant := make(map[int64]row, 2*len(found))
	for _, r := range found {
		meant[r.first], meant[r.again] = row{}, row{}
	}
	left := len(meant)
	if left == 0 {
		return meant, nil
	}
	err := s.read(func(r row) bool {
		if _, wanted := meant[r.payout.ID]; wanted {
			r.problems = nil
			meant[r.payout.ID] = r
			left--
		}
		return left > 0
	})
	if err == nil && left > 0 {
		err = errChanged()
	}
	return meant, err
}
