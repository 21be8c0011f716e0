package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
)

// pay is the real thing: the account comes from the environment.
func pay(ctx context.Context, set settings, t terminal) (complete bool, err error) {
	if set.dryRun && os.Getenv(djamo.EnvAccessToken) == "" {
		return dryRun(ctx, nil, set, t)
	}
	client, err := djamo.NewClientFromEnv(djamo.WithAppInfo(djamo.AppInfo{Name: "djamo-payroll-example"}))
	if err != nil {
		return false, badInput(fmt.Errorf("%w (to see a demonstration, run without -in)", err))
	}
	if set.dryRun {
		return dryRun(ctx, client, set, t)
	}
	return payWith(ctx, client, set, t)
}

// payWith pays the file, or what the journal holds, and reports.
func payWith(ctx context.Context, client *djamo.Client, set settings, t terminal) (complete bool, err error) {
	if err := checkReport(set); err != nil {
		return false, notSent(ctx, err)
	}
	if set.resumeOnly {
		journal, done, err := openJournal(ctx, set)
		if err != nil {
			return false, orInterrupted(ctx, err)
		}
		defer done()
		return drive(ctx, client, nil, journal, set, t)
	}
	file, err := open(ctx, set)
	if err != nil {
		return false, notSent(ctx, err)
	}
	defer file.Close()
	plan, err := read(ctx, file, set, t)
	if err != nil {
		return false, err
	}
	// A run that is under way is shown as far as it is. A new one leaves no trace before it is confirmed.
	journal, done, err := findJournal(ctx, set)
	if err != nil {
		return false, orInterrupted(ctx, err)
	}
	defer func() { done() }()
	before, err := standing(ctx, journal, plan)
	if err != nil {
		return false, orInterrupted(ctx, err)
	}
	if err := confirm(ctx, client, plan, before, set, t); err != nil {
		return false, err
	}
	if journal == nil {
		if journal, done, err = openJournal(ctx, set); err != nil {
			return false, orInterrupted(ctx, err)
		}
	}
	complete, err = drive(ctx, client, plan, journal, set, t)
	if complete && err == nil {
		err = tellIfNothingWasPaid(context.WithoutCancel(ctx), journal, before, plan, t)
	}
	return complete, err
}

// drive pays what the journal holds, after a plan was put into it if there is one, and reports.
func drive(ctx context.Context, client *djamo.Client, plan *payroll.Plan, journal payroll.Journal, set settings, t terminal) (complete bool, err error) {
	runner := payroll.Runner{
		Client: client, Journal: journal, Mode: payroll.Mode(set.mode), BatchSize: set.batchSize, Concurrency: set.concurrency,
		AllowShort: set.allowShort, SendTimeout: set.sendTimeout, Quiet: set.quiet, Lease: set.lease, Patience: set.patience, PollMin: set.poll,
		Progress: progress(t.out),
	}
	var totals payroll.Totals
	if plan == nil {
		totals, err = runner.Resume(ctx)
	} else {
		totals, err = runner.Run(ctx, plan)
	}
	switch {
	case errors.Is(err, payroll.ErrShort), errors.Is(err, payroll.ErrPlanDiffers), errors.Is(err, payroll.ErrNoPlan), errors.Is(err, payroll.ErrBadPlan):
		return false, badInput(fmt.Errorf("nothing was sent: %w", err))
	case errors.Is(err, payroll.ErrHeld): // the run is another's, and so is its report
		return false, err
	}
	// Whatever ended the run, what it has done so far is worth reporting, also when it was told to stop.
	reporting, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	return totals.AllCompleted(), errors.Join(err, report(reporting, journal, totals, set, t))
}

// read checks the whole file.
func read(ctx context.Context, file io.ReadSeeker, set settings, t terminal) (*payroll.Plan, error) {
	parseMSISDN, err := parseMSISDN(set.country)
	if err != nil {
		return nil, badInput(err)
	}
	plan, err := payroll.ReadCSV(file, payroll.CSVOptions{
		Run: set.runName, ParseMSISDN: parseMSISDN, Limits: &djamo.Limits{MinAmount: djamo.XOF(set.least), MaxAmount: djamo.XOF(set.most)},
	})
	if err != nil {
		return nil, notSent(ctx, err)
	}
	for _, warning := range plan.Warnings {
		fmt.Fprintln(t.out, "Warning:", warning.Text)
	}
	return plan, nil
}

// dryRun says what would be paid, and whether the account covers it when there is one to ask.
func dryRun(ctx context.Context, client *djamo.Client, set settings, t terminal) (complete bool, err error) {
	if err := checkReport(set); err != nil {
		return false, notSent(ctx, err)
	}
	file, err := open(ctx, set)
	if err != nil {
		return false, notSent(ctx, err)
	}
	defer file.Close()
	plan, err := read(ctx, file, set, t)
	if err != nil {
		return false, err
	}
	if client == nil {
		fmt.Fprintf(t.out, "Run %q: %d payouts, %s in all.\n", plan.Run, plan.Count, plan.Total)
	} else {
		set.yes = true
		if err := confirm(ctx, client, plan, nil, set, t); err != nil {
			return false, err
		}
	}
	fmt.Fprintln(t.out, "Dry run: nothing was sent.")
	return true, nil
}

// open opens the input; a workbook reads like CSV.
func open(ctx context.Context, set settings) (io.ReadSeekCloser, error) {
	file, err := await(ctx, func() (io.ReadSeekCloser, error) {
		if strings.EqualFold(filepath.Ext(set.in), ".xlsx") {
			return openWorkbook(set.in)
		}
		return os.Open(set.in) //nolint:gosec // the operator names it
	})
	if err != nil {
		return nil, err
	}
	return stoppable{file, ctx.Err}, nil
}
