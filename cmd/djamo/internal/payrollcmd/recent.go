package payrollcmd

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/review"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// compareRecent compares the plan with what the account has paid lately, and lists what a person should know before it is
// paid.
func compareRecent(
	ctx context.Context,
	client *djamo.Client,
	journal *sqljournal.Journal,
	plan *payroll.Plan,
	set settings,
	t terminal.Terminal,
) (payroll.Recent, error) {
	if journal == nil { // a nil *Journal in an interface would be asked
		return compareWith(ctx, client, nil, plan, set, t)
	}
	return compareWith(ctx, client, journal, plan, set, t)
}

func compareWith(
	ctx context.Context,
	client *djamo.Client,
	journal payroll.Journal,
	plan *payroll.Plan,
	set settings,
	t terminal.Terminal,
) (payroll.Recent, error) {
	recent, err := payroll.CompareRecent(ctx, client, journal, plan, set.recentOptions())
	return recent, tellRecent(ctx, recent, err, t)
}

func (s *settings) recentOptions() payroll.RecentOptions {
	return payroll.RecentOptions{Window: time.Duration(s.recentDays) * 24 * time.Hour}
}

// compareAgain compares the plan once more when it was confirmed: while somebody read it, another person may have paid the same
// salaries. What is new is told, and confirmed by itself.
func compareAgain(
	ctx context.Context,
	client *djamo.Client,
	journal *sqljournal.Journal,
	plan *payroll.Plan,
	before payroll.Recent,
	set settings,
	t terminal.Terminal,
) error {
	if set.allowRepeats {
		return nil
	}
	var warnings bytes.Buffer // most were told before
	later := t
	later.Err = &warnings
	now, err := compareRecent(ctx, client, journal, plan, set, later)
	if err != nil || now.Repeated.Count <= before.Repeated.Count && now.Changed.Count <= before.Changed.Count {
		return err
	}
	t.Tell("While this was read, the account has paid payees of this run.")
	fmt.Fprint(terminal.Prose(t.Err), warnings.String())
	return confirmRepeats(ctx, set, t)
}

// tellRecent lists what a comparison has found.
func tellRecent(ctx context.Context, recent payroll.Recent, err error, t terminal.Terminal) error {
	if err != nil {
		return exit.OrInterrupted(ctx, lang.Errorf("nothing was sent: %w", err))
	}
	for _, warning := range recent.Warnings() {
		t.Tell("Warning: %s.", lang.Phrase(terminal.Plain(warning.Text)))
	}
	return nil
}

// resuming goes on with a run, unless what it has not sent yet was paid meanwhile by another one and nobody confirms that: who
// finds a run stopped may have paid the rest of it in another way.
func resuming(set settings, t terminal.Terminal) way {
	return func(runner *payroll.Runner, ctx context.Context) (payroll.Totals, error) {
		if err := compareUnsent(ctx, runner, set, t); err != nil {
			return payroll.Totals{}, err
		}
		if err := checkUnsent(ctx, runner, set, t); err != nil {
			return payroll.Totals{}, err
		}
		return runner.Resume(ctx)
	}
}

// compareUnsent compares what a run has not sent, or may not have, with what the account has paid lately.
func compareUnsent(ctx context.Context, runner *payroll.Runner, set settings, t terminal.Terminal) error {
	sums, err := runner.Journal.Sums(ctx)
	if err != nil || sums[payroll.Planned].Count+sums[payroll.Submitting].Count+sums[payroll.Unknown].Count == 0 {
		return err
	}
	planned, err := runner.Journal.Planned(ctx)
	if err != nil {
		return err
	}
	recent, err := payroll.CompareUnsent(ctx, runner.Client, runner.Journal, set.recentOptions())
	if err := tellRecent(ctx, recent, err, t); err != nil || recent.Repeated.Count == 0 || set.allowRepeats {
		return err
	}
	set.file.Run = planned.Run
	return confirmRepeats(ctx, set, t)
}

// lessPaid takes what was paid earlier under its own references out of what is left to send.
func lessPaid(left payroll.Sum, recent payroll.Recent) (payroll.Sum, error) {
	for _, settled := range []payroll.Sum{recent.Paid, recent.Conflicting} {
		var err error
		left.Count -= settled.Count
		if left.Amount, err = left.Amount.Sub(settled.Amount); err != nil {
			return left, exit.BadInput(err)
		}
	}
	return left, nil
}

// confirmRepeats asks for the name of the run, which nobody types by habit.
func confirmRepeats(ctx context.Context, set settings, t terminal.Terminal) error {
	switch {
	case set.yes, !t.Interactive:
		return exit.NotSent(ctx, lang.Errorf("payees of this run got the same amount lately, or rows of it were changed after they were paid, "+
			"which --yes does not confirm: "+
			"see the warning, and add --allow-repeats to pay them again all the same"))
	}
	question := t.Lang.Say("To pay them again all the same, type the name of the run (%s): ", terminal.Plain(set.file.Run))
	answer, err := review.ReadAnswer(ctx, question, t)
	if err != nil {
		return err
	}
	if name := norm.NFC.String(strings.TrimSpace(answer)); name == "" || name != set.file.Run {
		return exit.NotSent(ctx, lang.Errorf("it was not confirmed: the name of the run was not typed"))
	}
	return nil
}

// errPaidEarlier ends a run in which every payout is completed, and some of them not by it.
const errPaidEarlier outcome = "some payouts were paid earlier under these references, and not now: the report says which. " +
	"Each month's payouts need references of their own"

// tellPaidEarlier says how many payouts were paid before the run, in the closing words.
func tellPaidEarlier(totals payroll.Totals, t terminal.Terminal) {
	if earlier := totals.PaidEarlier; earlier.Count > 0 {
		if totals.AcceptedNow.Count == 0 {
			t.Tell("Nothing was paid now.")
		}
		t.Tell(
			"%d of %d payouts, %s, were paid earlier under these references, and not now.",
			earlier.Count,
			totals.Planned.Count,
			earlier.Amount,
		)
	}
}
