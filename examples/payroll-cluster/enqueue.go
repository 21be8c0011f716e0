package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
	"github.com/djamo/djamo-go/riverpayroll"
)

func enqueue(ctx context.Context, p *program, args []string) error {
	flags := flag.NewFlagSet("enqueue", flag.ContinueOnError)
	flags.SetOutput(p.err)
	name := flags.String("run", "", "the run's `name`; the file's name without its ending by default")
	size := flags.Int("part-size", riverpayroll.DefaultPartSize, "payouts in one part, and at most in one request")
	short := flags.Bool("allow-short", false, "enqueue although the account does not cover the file")
	least := flags.Int64("min", 5_000, "the least `francs` of a payout")
	most := flags.Int64("max", 500_000, "the most `francs` of a payout")
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		return usage(p.err)
	}
	path := flags.Arg(0)
	if *name == "" {
		*name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	}
	file, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return badInputError{err}
	}
	defer file.Close()
	plan, err := payroll.ReadCSV(file, payroll.CSVOptions{Run: *name, Limits: &djamo.Limits{MinAmount: djamo.XOF(*least), MaxAmount: djamo.XOF(*most)}})
	if err != nil {
		return badInputError{fmt.Errorf("nothing was enqueued: %w", err)}
	}
	for _, warning := range plan.Warnings {
		fmt.Fprintln(p.err, "Warning:", warning.Text)
	}
	fmt.Fprintf(p.out, "Run %q: %d payouts, %s in all.\n", plan.Run, plan.Count, plan.Total)
	db := stdlib.OpenDBFromPool(p.pool)
	defer db.Close()
	if err := prepare(ctx, db, plan, *short); err != nil {
		return err
	}
	return inTransaction(ctx, db, func(tx *sql.Tx) error {
		enqueued, err := riverpayroll.Enqueue(ctx, tx, plan, riverpayroll.Options{PartSize: *size})
		if err == nil {
			fmt.Fprintf(p.out, "%d parts are open, %d of them newly enqueued.\n", enqueued.Open, enqueued.Jobs)
		}
		return err
	})
}

// prepare takes over what was paid before, and sees that the account covers the rest, as the program for one machine does.
// A run whose parts exist already was prepared before.
func prepare(ctx context.Context, db *sql.DB, plan *payroll.Plan, allowShort bool) error {
	client, err := djamo.NewClientFromEnv()
	if err != nil {
		return badInputError{err}
	}
	journal, err := sqljournal.Open(ctx, db, sqljournal.PostgreSQL, plan.Run)
	if err != nil {
		return err
	}
	defer journal.Close()
	runner := payroll.Runner{Client: client, Journal: journal, AllowShort: allowShort}
	_, err = runner.Prepare(ctx, plan)
	switch {
	case errors.Is(err, payroll.ErrDivided):
		return nil
	case errors.Is(err, payroll.ErrShort), errors.Is(err, payroll.ErrPlanDiffers), errors.Is(err, payroll.ErrBadPlan):
		return badInputError{fmt.Errorf("nothing was enqueued: %w", err)}
	}
	return err
}

// inTransaction commits what a function has done, or nothing.
func inTransaction(ctx context.Context, db *sql.DB, do func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func resume(ctx context.Context, p *program, args []string) error {
	if len(args) != 1 {
		return usage(p.err)
	}
	db := stdlib.OpenDBFromPool(p.pool)
	defer db.Close()
	return inTransaction(ctx, db, func(tx *sql.Tx) error {
		enqueued, err := riverpayroll.Resume(ctx, tx, args[0], riverpayroll.Options{})
		if err == nil {
			fmt.Fprintf(p.out, "%d parts are open, %d of them newly enqueued.\n", enqueued.Open, enqueued.Jobs)
		}
		return err
	})
}

func cancel(ctx context.Context, p *program, args []string) error {
	if len(args) != 1 {
		return usage(p.err)
	}
	client, err := river.NewClient(riverpgxv5.New(p.pool), &river.Config{Logger: p.log})
	if err != nil {
		return err
	}
	// A part that is just being handed from one job to the next shows up a moment later.
	const moment = time.Second
	for total := 0; ; {
		cancelled, err := riverpayroll.Cancel(ctx, client, args[0])
		total += cancelled
		if err != nil || cancelled == 0 && total == 0 {
			fmt.Fprintf(p.out, "%d jobs were cancelled.\n", total)
			return err
		}
		if cancelled == 0 {
			fmt.Fprintf(p.out, "%d jobs were cancelled: what was sent is recorded, and nothing more is.\n", total)
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(moment):
		}
	}
}
