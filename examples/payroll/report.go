package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/djamo/djamo-go/payroll"
)

// report writes the report file and prints the totals, and what was not paid.
func report(ctx context.Context, journal payroll.Journal, totals payroll.Totals, set settings, t terminal) error {
	if err := listUnpaid(ctx, journal, t.out); err != nil {
		return err
	}
	table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\nTOTAL\tPAYOUTS\tAMOUNT\t")
	for _, row := range []struct {
		name string
		sum  payroll.Sum
	}{
		{"planned", totals.Planned}, {"accepted", totals.Accepted}, {"completed", totals.Completed}, {"failed", totals.Failed}, {"refused", totals.Refused},
		{"conflict", totals.Conflict}, {"unknown", totals.Unknown}, {"open", totals.Open},
	} {
		if row.sum.Count > 0 || row.name == "planned" || row.name == "completed" {
			fmt.Fprintf(table, "%s\t%d\t%s\t\n", row.name, row.sum.Count, row.sum.Amount)
		}
	}
	fmt.Fprintf(table, "fees\t\t%s\t\n", totals.Fees)
	if err := table.Flush(); err != nil {
		return err
	}
	if set.report == "" {
		return nil
	}
	if _, err := payroll.WriteReportFile(ctx, set.report, journal); err != nil {
		return err
	}
	fmt.Fprintln(t.out, "Report:", set.report)
	return nil
}

// listUnpaid prints the first of those who were not paid, and why.
func listUnpaid(ctx context.Context, journal payroll.Journal, out io.Writer) error {
	const most = 20
	unpaid, err := journal.Payouts(ctx, 0, most+1, payroll.Failed, payroll.Refused, payroll.Conflict, payroll.Unknown, payroll.Submitting, payroll.Submitted, payroll.Planned)
	if err != nil || len(unpaid) == 0 {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nREFERENCE\tPAYEE\tAMOUNT\tSTATUS\tREASON")
	for _, p := range unpaid[:min(len(unpaid), most)] {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", p.Reference, p.MSISDN, p.Amount, p.State, p.Reason)
	}
	if len(unpaid) > most {
		fmt.Fprintln(table, "…\t\t\t\tand more: see the report")
	}
	return table.Flush()
}
