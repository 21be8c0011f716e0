package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// standing is how far the plan's run was when the program started; nil when it had not begun.
func standing(ctx context.Context, journal *sqljournal.Journal, plan *payroll.Plan) (*payroll.Totals, error) {
	if journal == nil {
		return nil, nil //nolint:nilnil // a run that has not begun stands nowhere
	}
	planned, err := journal.Planned(ctx)
	switch {
	case errors.Is(err, payroll.ErrNoPlan):
		return nil, nil //nolint:nilnil // as above
	case err != nil:
		return nil, err
	case planned != plan.PlanInfo:
		return nil, notSent(ctx, fmt.Errorf("%w, of run %q: give the journal of this file another name with -journal, or its run with -run", payroll.ErrPlanDiffers, planned.Run))
	}
	sums, err := journal.Sums(ctx)
	if err != nil {
		return nil, err
	}
	totals, err := payroll.SumUp(planned, sums)
	return &totals, err
}

// unpaid is what may still be sent of a run that stands there: all that the API has neither accepted nor turned away.
func unpaid(plan *payroll.Plan, before *payroll.Totals) (left payroll.Sum, err error) {
	left = payroll.Sum{Count: plan.Count, Amount: plan.Total}
	if before == nil {
		return left, nil
	}
	for _, past := range []payroll.Sum{before.Accepted, before.Refused, before.Conflict} {
		left.Count -= past.Count
		if left.Amount, err = left.Amount.Sub(past.Amount); err != nil {
			return left, err
		}
	}
	return left, nil
}

// confirm shows what is about to happen and asks, unless it was told not to or nothing is left to send.
func confirm(ctx context.Context, client *djamo.Client, plan *payroll.Plan, before *payroll.Totals, set settings, t terminal) error {
	left, err := unpaid(plan, before)
	if err != nil {
		return badInput(err)
	}
	switch {
	case before == nil:
		fmt.Fprintf(t.out, "Run %q: %d payouts, %s in all. ", plan.Run, plan.Count, plan.Total)
	case left.Count > 0:
		fmt.Fprintf(t.out, "Run %q is under way: %d of %d payouts, %s, are left to send. ", plan.Run, left.Count, plan.Count, left.Amount)
		if unclear := left.Count - before.Unsent.Count; unclear > 0 {
			fmt.Fprintf(t.out, "%d of these may have been sent: they are looked up first. ", unclear)
		}
	case before.Open.Count > 0:
		fmt.Fprintf(t.out, "Run %q: all of its %d payouts were sent before; %d of them, %s, have no outcome yet.\n", plan.Run, plan.Count, before.Open.Count, before.Open.Amount)
		return nil
	default:
		fmt.Fprintf(t.out, "Run %q is finished: each of its %d payouts has its outcome, and nothing is sent now.\n", plan.Run, plan.Count)
		return nil
	}
	balance, err := client.Balance.Get(ctx)
	if err != nil {
		fmt.Fprintln(t.out)
		return orInterrupted(ctx, fmt.Errorf("nothing was sent: the balance cannot be read: %w", err))
	}
	after, err := balance.Balance.Sub(left.Amount)
	if err != nil {
		return badInput(err)
	}
	fmt.Fprintf(t.out, "The account holds %s; %s will be left, less the fees.\n", balance.Balance, after)
	if set.yes {
		return nil
	}
	return ask(ctx, t)
}

// ask waits for a yes.
func ask(ctx context.Context, t terminal) error {
	fmt.Fprint(t.out, "Pay? [y/N] ")
	answer, err := await(ctx, func() (string, error) {
		text, _ := bufio.NewReader(t.in).ReadString('\n') // what cannot be read is no yes
		return text, nil
	})
	if err != nil {
		fmt.Fprintln(t.out)
		return notSent(ctx, err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes", "o", "oui":
		return nil
	}
	return notSent(ctx, errors.New("it was not confirmed (-yes confirms beforehand)"))
}
