package payrollcmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/review"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
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
		return nil, exit.NotSent(ctx, anotherPlan(ctx, journal, plan))
	}
	sums, err := journal.Sums(ctx)
	if err != nil {
		return nil, err
	}
	totals, err := payroll.SumUp(planned, sums)
	return &totals, err
}

// anotherPlan says how the plan differs from the journal's. A name that would pay again what was sent is never proposed.
func anotherPlan(ctx context.Context, journal *sqljournal.Journal, plan *payroll.Plan) error {
	err := payroll.ComparePlan(ctx, journal, plan)
	differs := (*payroll.PlanDiffersError)(nil)
	if errors.As(err, &differs) && differs.Sent.Count == 0 && differs.Again.Count == 0 {
		return lang.Errorf("%w: give this one a run of its own with --run, and a journal of its own with --journal", err)
	}
	return err
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

// say speaks the operator's language.
type say lang.Language

func (s say) tof(out io.Writer, format string, args ...any) {
	fmt.Fprint(out, lang.Language(s).Say(format, args...))
}

// announce says what is about to happen, and returns what is left to send.
func announce(plan *payroll.Plan, before *payroll.Totals, out io.Writer, say say) (left payroll.Sum, err error) {
	if left, err = unpaid(plan, before); err != nil {
		return left, exit.BadInput(err)
	}
	switch {
	case before == nil:
		say.tof(out, "Run %q: %d payouts, %s in all.", plan.Run, plan.Count, plan.Total)
	case left.Count > 0:
		say.tof(out, "Run %q is under way: %d of %d payouts, %s, are left to send.", plan.Run, left.Count, plan.Count, left.Amount)
		if unclear := left.Count - before.Unsent.Count; unclear > 0 {
			say.tof(out, " %d of these may have been sent: they are looked up first.", unclear)
		}
	case before.Open.Count > 0:
		say.tof(
			out,
			"Run %q: all of its %d payouts were sent before; %d of them, %s, have no outcome yet.\n",
			plan.Run,
			plan.Count,
			before.Open.Count,
			before.Open.Amount,
		)
	default:
		say.tof(out, "Run %q is finished: each of its %d payouts has its outcome, and nothing is sent now.\n", plan.Run, plan.Count)
	}
	return left, nil
}

// showBalance says what the account holds now and afterwards, and returns what it lacks.
func showBalance(ctx context.Context, client *djamo.Client, left payroll.Sum, out io.Writer, say say) (missing djamo.XOF, err error) {
	balance, err := client.Balance.Get(ctx)
	if err != nil {
		fmt.Fprintln(out)
		return 0, exit.OrInterrupted(ctx, lang.Errorf("nothing was sent: the balance cannot be read: %w", err))
	}
	after, err := balance.Balance.Sub(left.Amount)
	if err != nil {
		return 0, exit.BadInput(err)
	}
	if after < 0 {
		missing, err = left.Amount.Sub(balance.Balance)
		if err != nil {
			return 0, exit.BadInput(err)
		}
		say.tof(out, " The account holds %s; %s are missing.\n", balance.Balance, missing)
		return missing, nil
	}
	say.tof(out, " The account holds %s; %s will be left, less the fees.\n", balance.Balance, after)
	return 0, nil
}

// confirm shows what is about to happen and asks, unless it was told not to or nothing is left to send. It reports whether
// a person has confirmed what was paid earlier, too.
func confirm(
	ctx context.Context,
	client *djamo.Client,
	journal *sqljournal.Journal,
	plan *payroll.Plan,
	reviewed *review.Review,
	before *payroll.Totals,
	set settings,
	t terminal.Terminal,
) (confirmed bool, err error) {
	prose := terminal.Prose(t.Err)
	left, err := announce(plan, before, prose, say(t.Lang))
	if err != nil || left.Count == 0 {
		return set.allowRepeats, err
	}
	if left, err = reviewed.Less(left); err != nil {
		return false, exit.BadInput(err)
	}
	recent, missing, err := compareAndShow(ctx, client, journal, plan, &left, set, t, prose)
	switch {
	case err != nil:
		return false, err
	case missing > 0 && before == nil && !set.allowShort: // the run would refuse it, so there is nothing to ask
		return false, notCovered(missing)
	case before == nil && t.Interactive && !set.yes:
		const first = 10
		if err := listPlan(plan, first, t.Err, t.Lang); err != nil {
			return false, exit.OrInterrupted(ctx, err)
		}
	}
	if err := confirmReview(ctx, reviewed, set, t); err != nil {
		return false, err
	}
	switch {
	case set.allowRepeats && set.yes:
		return true, nil
	case recent.MayPayAgain() && !set.allowRepeats:
		if err := confirmRepeats(ctx, set, t); err != nil {
			return false, err
		}
		return true, compareAgain(ctx, client, journal, plan, recent, set, t)
	case set.yes, left.Count == 0:
		return set.allowRepeats, nil
	case !t.Interactive:
		return false, exit.NotSent(ctx, lang.Errorf("it was not confirmed, and there is no terminal to ask on: add --yes to confirm beforehand"))
	}
	if err := ask(ctx, t); err != nil {
		return false, err
	}
	return true, compareAgain(ctx, client, journal, plan, recent, set, t)
}

// confirmReview shows the review and has each group of its warnings confirmed. A run that has begun has none: it was confirmed
// then.
func confirmReview(ctx context.Context, reviewed *review.Review, set settings, t terminal.Terminal) error {
	show, confirmed := reviewed.Show, set.review.Confirm
	if reviewed.Plan.Digest == "" { // the flags that confirmed it when it began are still there when it is started again
		show, confirmed = reviewed.ShowGroups, maps.Clone(confirmed)
		maps.DeleteFunc(confirmed, func(kind payroll.WarningKind, _ int) bool { return len(reviewed.Group(kind).Findings) == 0 })
	}
	if err := show(t.Err, t.Lang); err != nil {
		return err
	}
	ask := review.ReadAnswer
	if set.yes || !t.Interactive {
		ask = nil
	}
	return reviewed.Ask(ctx, confirmed, t, ask)
}

// compareAndShow completes the announcement with the balance, lists what was paid lately, and takes it from what is left. It
// returns what the account lacks for the rest.
func compareAndShow(
	ctx context.Context,
	client *djamo.Client,
	journal *sqljournal.Journal,
	plan *payroll.Plan,
	left *payroll.Sum,
	set settings,
	t terminal.Terminal,
	out io.Writer,
) (recent payroll.Recent, missing djamo.XOF, err error) {
	var warnings bytes.Buffer // they come after the line that they would interrupt
	later := t
	later.Err = &warnings
	if recent, err = compareRecent(ctx, client, journal, plan, set, later); err != nil {
		fmt.Fprintln(out)
		return recent, 0, err
	}
	if *left, err = lessPaid(*left, recent); err != nil {
		return recent, 0, err
	}
	if recent.Paid.Count > 0 {
		say(t.Lang).tof(out, " %d of these, %s, were paid earlier under their references; %d, %s, are to be sent.",
			recent.Paid.Count, recent.Paid.Amount, left.Count, left.Amount)
	}
	missing, err = showBalance(ctx, client, *left, out, say(t.Lang))
	fmt.Fprint(terminal.Prose(t.Err), warnings.String())
	return recent, missing, err
}

// ask waits for a yes.
func ask(ctx context.Context, t terminal.Terminal) error {
	answer, err := review.ReadAnswer(ctx, t.Lang.Text("Pay? [y/N] "), t)
	if err != nil {
		return err
	}
	if review.IsYes(answer) {
		return nil
	}
	return exit.NotSent(ctx, lang.Errorf("it was not confirmed: answer y, or add --yes to confirm beforehand"))
}
