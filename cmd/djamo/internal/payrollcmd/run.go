package payrollcmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/account"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/paper"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// pay pays the file from the account in use.
func pay(ctx context.Context, set settings, t terminal.Terminal) (complete bool, err error) {
	client, a, err := account.ForWriting(ctx, set.options, t, set.clientOptions()...)
	if err != nil {
		return false, err
	}
	if a.Class == account.Production && set.yes && set.options.MaxTotal == "" {
		return false, exit.BadUsage("--max-total is missing: in production --yes needs the most that may be sent, such as --max-total 5000000")
	}
	return payWith(ctx, client, set, t)
}

// payWith pays the file and reports.
func payWith(ctx context.Context, client *djamo.Client, set settings, t terminal.Terminal) (complete bool, err error) {
	if err := checkReport(set); err != nil {
		return false, exit.NotSent(ctx, err)
	}
	plan, closeFile, err := openPlan(ctx, set, t)
	if err != nil {
		return false, err
	}
	defer closeFile()
	if err := set.checkTotal(plan); err != nil {
		return false, err
	}
	reviewed, err := reviewPlan(ctx, plan, set, false)
	if err != nil {
		return false, exit.OrInterrupted(ctx, err)
	}
	// A run that is under way is shown as far as it is. A new one leaves no trace before it is confirmed.
	journal, done, err := findJournal(ctx, set)
	if err != nil {
		return false, exit.OrInterrupted(ctx, err)
	}
	defer func() { done() }()
	before, err := standing(ctx, journal, plan)
	if err != nil {
		return false, exit.OrInterrupted(ctx, err)
	}
	if before == nil || before.Unsent.Count+before.Unknown.Count > 0 {
		if err := checkApproval(ctx, journal, plan.PlanInfo, client.Account(), set); err != nil {
			return false, err
		}
	}
	if reviewed, err = checkRecipients(ctx, client, journal, plan, reviewed, before, set, t); err != nil {
		return false, exit.OrInterrupted(ctx, err)
	}
	if err := writeReview(ctx, reviewed, set, t); err != nil {
		return false, err
	}
	set.reject = reviewed.Rejected()
	if set.allowRepeats, err = confirm(ctx, client, journal, plan, reviewed, before, set, t); err != nil {
		return false, err
	}
	if journal == nil {
		if journal, done, err = openJournal(ctx, set); err != nil {
			return false, exit.OrInterrupted(ctx, err)
		}
	}
	if err := paper.RecordAccount(ctx, journal, client); err != nil {
		return false, err
	}
	complete, err = drive(ctx, client, journal, set, t, func(runner *payroll.Runner, ctx context.Context) (payroll.Totals, error) {
		return runner.Run(ctx, plan)
	})
	if complete && err == nil && before != nil && before.AllCompleted() {
		t.Tell("Nothing was paid now: run %q was completed before; give a new month a name of its own with --run.", plan.Run)
	}
	return complete, err
}

// goOn takes up the run that the journal holds.
func goOn(ctx context.Context, set settings, t terminal.Terminal, how way) (complete bool, err error) {
	find := account.ForWriting
	if !set.sends {
		find = account.ForReading
	}
	client, _, err := find(ctx, set.options, t, set.clientOptions()...)
	if err != nil {
		return false, err
	}
	return goOnWith(ctx, client, set, t, how)
}

// checkTotal refuses a file that comes to more than --max-total.
func (s *settings) checkTotal(plan *payroll.Plan) error {
	if s.options == nil {
		return nil
	}
	most, given, err := s.options.Limit()
	if err == nil && given && plan.Total > most {
		err = exit.BadUsage("--max-total %s: the file comes to %s; nothing was sent", most, plan.Total)
	}
	return err
}

func goOnWith(ctx context.Context, client *djamo.Client, set settings, t terminal.Terminal, how way) (complete bool, err error) {
	if err := checkReport(set); err != nil {
		return false, exit.NotSent(ctx, err)
	}
	journal, done, err := openJournal(ctx, set)
	if err != nil {
		return false, exit.OrInterrupted(ctx, err)
	}
	defer done()
	if err := checkResume(ctx, journal, client, set); err != nil {
		return false, err
	}
	if err := paper.RecordAccount(ctx, journal, client); err != nil {
		return false, err
	}
	return drive(ctx, client, journal, set, t, how)
}

// checkResume refuses to go on sending without the approval that the journal demands.
func checkResume(ctx context.Context, journal *sqljournal.Journal, client *djamo.Client, set settings) error {
	if !set.sends {
		return nil
	}
	info, err := journal.Planned(ctx)
	if errors.Is(err, payroll.ErrNoPlan) {
		return nil // the run says so
	}
	sums, sumErr := journal.Sums(ctx)
	unsent := sums[payroll.Planned].Count + sums[payroll.Submitting].Count + sums[payroll.Unknown].Count
	if err = errors.Join(err, sumErr); err != nil || unsent == 0 {
		return exit.OrInterrupted(ctx, err)
	}
	return checkApproval(ctx, journal, info, client.Account(), set)
}

// way is what a Runner is to do: Run, Resume or Reconcile.
type way func(*payroll.Runner, context.Context) (payroll.Totals, error)

// drive has a Runner do its work on the journal, and reports.
func drive(
	ctx context.Context,
	client *djamo.Client,
	journal payroll.Journal,
	set settings,
	t terminal.Terminal,
	how way,
) (complete bool, err error) {
	runner := &payroll.Runner{
		Client: client, Journal: journal,
		Mode: payroll.Mode(set.mode), BatchSize: set.batchSize, Concurrency: set.concurrency, AllowShort: set.allowShort,
		SendTimeout: set.sendTimeout, QuietPeriod: set.quietPeriod, Lease: set.lease, IdleTimeout: set.idleTimeout, PollMin: set.poll,
		Reject: set.reject,
	}
	shown := newProgress(t.Err, set.progress, payroll.Language(t.Lang))
	runner.Progress, runner.Waiting = shown.update, shown.wait
	shown.found(ctx, journal)
	totals, err := how(runner, ctx)
	shown.stop()
	switch {
	case err != nil && ctx.Err() != nil: // whatever the interruption did to the call that was under way
		err = interrupted(ctx, journal, set)
	case errors.Is(err, payroll.ErrInsufficientFunds),
		errors.Is(err, payroll.ErrPlanDiffers),
		errors.Is(err, payroll.ErrNoPlan),
		errors.Is(err, payroll.ErrBadPlan):
		return false, exit.BadInput(lang.Errorf("nothing was sent: %w", err))
	case errors.Is(err, payroll.ErrNotApproved) && totals.Planned.Count == 0:
		return false, exit.NotSent(ctx, err)
	case errors.Is(err, payroll.ErrNotApproved): // it has ended meanwhile
		err = &exit.Error{Code: exit.Unresolved, Err: lang.Errorf("what is left was not sent: %w", err)}
	case errors.Is(err, payroll.ErrLeaseHeld): // the run is another's, and so is its report
		return false, err
	}
	if totals.Planned.Count == 0 { // the journal holds nothing to report on
		return false, err
	}
	// Whatever ended the run, what it has done so far is worth reporting, also when it was told to stop.
	reporting, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	reported := screen(reporting, journal, totals, t.Out, t.Lang)
	if reported == nil {
		reported = reportFile(reporting, journal, set, t)
	}
	tellPaidEarlier(totals, t)
	if err = errors.Join(err, reported); err == nil && totals.AllCompleted() && totals.PaidEarlier.Count > 0 && !set.allowRepeats {
		err = &exit.Error{Code: exit.Unresolved, Err: errPaidEarlier}
	}
	return totals.AllCompleted(), err
}

// interrupted is what an interruption of the run comes to: whether anything was sent is in the journal.
func interrupted(ctx context.Context, journal payroll.Journal, set settings) error {
	reading, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	sums, err := journal.Sums(reading)
	sent := err != nil
	for state, sum := range sums {
		sent = sent || state != payroll.Planned && sum.Count > 0
	}
	if !sent {
		return exit.NotSent(ctx, ctx.Err())
	}
	hint := "some payouts may be under way; to go on, type: djamo payroll resume"
	if !isPostgres(set.journal) { // an address may hold a password
		hint += fmt.Sprintf(" --journal %q", set.journal)
	}
	if set.file.Run != "" {
		hint += fmt.Sprintf(" --run %q", set.file.Run)
	}
	return exit.Stopped(hint)
}
