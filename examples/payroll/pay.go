package main

import (
	"bufio"
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
	var plan *payroll.Plan
	if !set.resumeOnly {
		file, err := open(ctx, set)
		if err != nil {
			return false, notSent(ctx, err)
		}
		defer file.Close()
		if plan, err = read(ctx, file, set, t); err != nil {
			return false, err
		}
		if err := confirm(ctx, client, plan, set, t); err != nil {
			return false, err
		}
	}
	journal, done, err := openJournal(ctx, set)
	if err != nil {
		return false, err
	}
	defer done()
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
	if errors.Is(err, payroll.ErrShort) || errors.Is(err, payroll.ErrPlanDiffers) || errors.Is(err, payroll.ErrNoPlan) || errors.Is(err, payroll.ErrBadPlan) {
		return false, badInput(fmt.Errorf("nothing was sent: %w", err))
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

// confirm shows what is about to happen and asks, unless it was told not to.
func confirm(ctx context.Context, client *djamo.Client, plan *payroll.Plan, set settings, t terminal) error {
	balance, err := client.Balance.Get(ctx)
	if ctx.Err() != nil {
		return notSent(ctx, err)
	}
	if err != nil {
		return fmt.Errorf("nothing was sent: the balance cannot be read: %w", err)
	}
	left, err := balance.Balance.Sub(plan.Total)
	if err != nil {
		return badInput(err)
	}
	fmt.Fprintf(t.out, "Run %q: %d payouts, %s in all. The account holds %s; %s will be left, less the fees.\n", plan.Run, plan.Count, plan.Total, balance.Balance, left)
	if set.yes {
		return nil
	}
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
		if err := confirm(ctx, client, plan, set, t); err != nil {
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
		return os.Open(set.in)
	})
	if err != nil {
		return nil, err
	}
	return stoppable{file, ctx.Err}, nil
}
