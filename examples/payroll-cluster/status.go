package main

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// status prints how far a run is, or all of them.
func status(ctx context.Context, p *program, args []string) error {
	if len(args) > 1 {
		return usage(p.err)
	}
	db := stdlib.OpenDBFromPool(p.pool)
	defer db.Close()
	runs := args
	if len(args) == 0 {
		var err error
		if runs, err = sqljournal.Runs(ctx, db, sqljournal.PostgreSQL); err != nil {
			return err
		}
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "RUN\tPAYOUTS\tAMOUNT\tCOMPLETED\tFAILED\tREFUSED\tCONFLICT\tUNKNOWN\tPENDING\tNOT SENT\tFEES")
	for _, run := range runs {
		t, err := totals(ctx, db, run)
		if err != nil {
			return err
		}
		pending := t.Open.Count - t.Unsent.Count
		fmt.Fprintf(table, "%s\t%d\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", run, t.Planned.Count, t.Planned.Amount, t.Completed.Count, t.Failed.Count,
			t.Refused.Count, t.Conflict.Count, t.Unknown.Count, pending, t.Unsent.Count, t.Fees)
	}
	return table.Flush()
}

func totals(ctx context.Context, db *sql.DB, run string) (payroll.Totals, error) {
	journal, err := openRun(ctx, db, run)
	if err != nil {
		return payroll.Totals{}, err
	}
	defer journal.Close()
	info, err := journal.Planned(ctx)
	if err != nil {
		return payroll.Totals{}, fmt.Errorf("run %q: %w", run, err)
	}
	sums, err := journal.Sums(ctx)
	if err != nil {
		return payroll.Totals{}, err
	}
	return payroll.SumUp(info, sums)
}

// openRun opens the journal of a run that exists; asking about another must not make it up.
func openRun(ctx context.Context, db *sql.DB, run string) (*sqljournal.Journal, error) {
	names, err := sqljournal.Runs(ctx, db, sqljournal.PostgreSQL)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(names, run) {
		return nil, badInputError{fmt.Errorf("there is no run %q", run)}
	}
	return sqljournal.Open(ctx, db, sqljournal.PostgreSQL, run)
}

// report writes what became of each payout. While the run goes on it may have to be asked for again.
func report(ctx context.Context, p *program, args []string) error {
	if len(args) != 2 {
		return usage(p.err)
	}
	db := stdlib.OpenDBFromPool(p.pool)
	defer db.Close()
	journal, err := openRun(ctx, db, args[0])
	if err != nil {
		return err
	}
	defer journal.Close()
	t, err := payroll.WriteReportFile(ctx, args[1], journal)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "%s: %d of %d payouts completed, %s in all.\n", args[1], t.Completed.Count, t.Planned.Count, t.Completed.Amount)
	return nil
}
