package payroll

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/djamo/djamo-go"
)

// PlanDiffersError says how a plan differs from the one that a journal holds. It matches ErrPlanDiffers. A payout of the
// plan is known by its reference.
type PlanDiffersError struct {
	Held, Given PlanInfo
	// Sent are payouts of the given plan that the journal's run has sent, or may have; New those that the journal does not
	// hold. The others are in both plans, and nothing was sent for them.
	Sent, New Sum
	// SentLines and NewLines are where the first of them stand, as Problem.Line.
	SentLines, NewLines []int64
	// Again are those of New whose payees the journal's run has paid, or may have, by payouts that the given plan does not
	// hold: rows that were corrected, or renamed, after they were sent. Paid under another name, they would be paid again.
	// AgainLines are where the first of them stand, the first for each payee.
	Again      Sum
	AgainLines []int64
	// Missing are the payouts that the journal holds and the given plan does not.
	Missing int64
}

// Error says which payouts were sent before, and how to pay those that are new without paying the others again.
func (e *PlanDiffersError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: it has %d payouts of %s in all, this one %d of %s", ErrPlanDiffers.Error(),
		e.Held.Count, e.Held.Total, e.Given.Count, e.Given.Total)
	if e.Held.Run != e.Given.Run {
		fmt.Fprintf(&text, "; it is of the run %q, this one of %q", e.Held.Run, e.Given.Run)
	}
	if e.Sent.Count > 0 {
		fmt.Fprintf(&text, "; %d of these, %s, were sent before%s", e.Sent.Count, e.Sent.Amount, onLines(e.SentLines, e.Sent.Count))
	} else {
		text.WriteString("; none of these was sent by it")
	}
	if e.New.Count > 0 {
		fmt.Fprintf(&text, "; %d, %s, are not in it%s", e.New.Count, e.New.Amount, onLines(e.NewLines, e.New.Count))
	}
	if e.Missing > 0 {
		fmt.Fprintf(&text, "; %d of its payouts are missing here", e.Missing)
	}
	if e.Again.Count > 0 {
		fmt.Fprintf(&text, "; %d of those that are not in it, %s, are for payees whom it has paid, or may have, under other references%s",
			e.Again.Count, e.Again.Amount, onLines(e.AgainLines, e.Again.Count))
	}
	if e.Sent.Count == 0 && e.Again.Count == 0 {
		return text.String()
	}
	text.WriteString(". Finish that run with its own file")
	switch {
	case e.Again.Count > 0:
		text.WriteString(". A run of another name would pay these payees again")
	case e.New.Count > 0:
		text.WriteString(", and put what it does not have, and nothing else, into a file and a run of its own")
	}
	return text.String()
}

// Is makes errors.Is(err, ErrPlanDiffers) work.
func (e *PlanDiffersError) Is(target error) bool { return target == ErrPlanDiffers }

// onLines names the first lines of so many payouts.
func onLines(lines []int64, count int64) string {
	if len(lines) == 0 {
		return ""
	}
	names := make([]string, len(lines))
	for i, line := range lines {
		names[i] = strconv.FormatInt(line, 10)
	}
	more := ""
	if n := count - int64(len(lines)); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return " (line " + strings.Join(names, ", ") + more + ")"
}

// ComparePlan returns nil when the journal holds this plan, or none yet, and a *PlanDiffersError when it holds another. It
// changes nothing, and reads the plan once. Other errors are those of the journal and of the plan's source.
func ComparePlan(ctx context.Context, journal Journal, plan *Plan) error {
	held, err := journal.Planned(ctx)
	switch {
	case errors.Is(err, ErrNoPlan):
		return nil
	case err != nil:
		return err
	case held == plan.PlanInfo:
		return nil
	}
	c := planComparison{
		PlanDiffersError: PlanDiffersError{Held: held, Given: plan.PlanInfo}, journal: journal, newOf: map[djamo.MSISDN]newPayouts{},
	}
	chunk := make([]Payout, 0, readAhead)
	for payout, err := range plan.Payouts() {
		if err != nil {
			return err
		}
		if chunk = append(chunk, payout); len(chunk) == readAhead {
			if err := c.add(ctx, chunk); err != nil {
				return err
			}
			chunk = chunk[:0]
		}
	}
	if err := c.add(ctx, chunk); err != nil {
		return err
	}
	c.Missing = held.Count - c.known
	if err := c.findAgain(ctx, plan); err != nil {
		return err
	}
	return &c.PlanDiffersError
}

// planComparison is a plan on its way through a journal that holds another one.
type planComparison struct {
	PlanDiffersError

	journal Journal
	known   int64                       // payouts of the plan that the journal holds
	newOf   map[djamo.MSISDN]newPayouts // by payee, those that it does not hold
}

// newPayouts are a payee's payouts that the journal does not hold.
type newPayouts struct {
	sum  Sum
	line int64 // of the first
}

// findAgain finds the payees of new payouts whom the journal's run has paid by payouts that the plan does not hold.
func (c *planComparison) findAgain(ctx context.Context, plan *Plan) error {
	if c.New.Count == 0 || c.Missing == 0 {
		return nil
	}
	paid := map[string]djamo.MSISDN{} // by reference
	for after := int64(0); ; {
		payouts, err := c.journal.Payouts(ctx, after, readAhead, Submitting, Submitted, Unknown, Completed)
		if err != nil {
			return err
		}
		for _, p := range payouts {
			if _, ok := c.newOf[p.MSISDN]; ok {
				paid[p.Reference] = p.MSISDN
			}
			after = p.ID
		}
		if len(payouts) < readAhead {
			break
		}
	}
	for payout, err := range plan.Payouts() {
		if err != nil {
			return err
		}
		delete(paid, payout.Reference) // the file has it as well: what is new to its payee comes on top
	}
	for _, payee := range paid {
		again, ok := c.newOf[payee]
		if !ok {
			continue
		}
		delete(c.newOf, payee)
		var err error
		if c.Again, err = addSums(c.Again, again.sum); err != nil {
			return err
		}
		c.AgainLines = append(c.AgainLines, again.line)
	}
	slices.Sort(c.AgainLines)
	c.AgainLines = c.AgainLines[:min(len(c.AgainLines), maxLines)]
	return nil
}

// add compares some of the plan's payouts with the journal, and counts those that it holds.
func (c *planComparison) add(ctx context.Context, payouts []Payout) error {
	references := make([]string, len(payouts))
	for i, p := range payouts {
		references[i] = p.Reference
	}
	found, err := c.journal.Find(ctx, references...)
	if err != nil {
		return err
	}
	c.known += int64(len(found))
	stored := make(map[string]Payout, len(found))
	for _, p := range found {
		stored[p.Reference] = p
	}
	for _, p := range payouts {
		var sum *Sum
		var lines *[]int64
		switch held, ok := stored[p.Reference]; {
		case !ok:
			sum, lines = &c.New, &c.NewLines
			if err := c.addNew(p); err != nil {
				return err
			}
		case held.State != Planned || held.Attempts > 0:
			sum, lines = &c.Sent, &c.SentLines
		default:
			continue
		}
		if *sum, err = addSums(*sum, Sum{Count: 1, Amount: p.Amount}); err != nil {
			return err
		}
		if len(*lines) < maxLines {
			*lines = append(*lines, (&row{payout: p}).line())
		}
	}
	return nil
}

// addNew notes the payee of a payout that the journal does not hold.
func (c *planComparison) addNew(p Payout) (err error) {
	payee, ok := c.newOf[p.MSISDN]
	if !ok {
		payee.line = (&row{payout: p}).line()
	}
	payee.sum, err = addSums(payee.sum, Sum{Count: 1, Amount: p.Amount})
	c.newOf[p.MSISDN] = payee
	return err
}

// explainDiffers adds to an ErrPlanDiffers of the journal how the plans differ.
func explainDiffers(ctx context.Context, journal Journal, plan *Plan, err error) error {
	if !errors.Is(err, ErrPlanDiffers) || plan == nil {
		return err
	}
	if differs := ComparePlan(ctx, journal, plan); errors.Is(differs, ErrPlanDiffers) {
		return differs
	}
	return err // it cannot be compared, and the plan is refused all the same
}
