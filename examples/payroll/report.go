package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
)

// report prints what became of the payouts, and writes the report file.
func report(ctx context.Context, journal payroll.Journal, totals payroll.Totals, set settings, t terminal) error {
	if err := list(ctx, journal, totals.Planned.Count, t.out); err != nil {
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

// list prints every payout of a short run, and of a long one the first of those who were not paid.
func list(ctx context.Context, journal payroll.Journal, planned int64, out io.Writer) error {
	const most = 50
	var states []payroll.State
	if planned > most {
		states = slices.DeleteFunc(payroll.States(), func(s payroll.State) bool { return s == payroll.Completed })
	}
	payouts, err := journal.Payouts(ctx, 0, most+1, states...)
	if err != nil || len(payouts) == 0 {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nREFERENCE\tPAYEE\tAMOUNT\tFEE\tSTATUS\tNOTE")
	for _, p := range payouts[:min(len(payouts), most)] {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", plain(p.Reference), p.MSISDN, p.Amount, p.Fee, p.State, plain(p.Note()))
	}
	if len(payouts) > most {
		fmt.Fprintln(table, "…\t\t\t\t\tand more: see the report")
	}
	return table.Flush()
}

// tellIfNothingWasPaid says so when every payout was completed before this start, or was found to have been paid: someone
// who pays the same people every month may have meant another run.
func tellIfNothingWasPaid(ctx context.Context, journal payroll.Journal, before *payroll.Totals, plan *payroll.Plan, t terminal) error {
	if before == nil || !before.AllCompleted() {
		const atOnce = 1_000
		for after := int64(0); after < plan.Count; {
			payouts, err := journal.Payouts(ctx, after, atOnce)
			if err != nil || len(payouts) == 0 || slices.ContainsFunc(payouts, func(p payroll.Payout) bool { return !p.PaidEarlier() }) {
				return err
			}
			after = payouts[len(payouts)-1].ID
		}
	}
	fmt.Fprintf(t.out, "Nothing was paid now: run %q was completed before; give a new month a name of its own with -run.\n", plan.Run)
	return nil
}

// plain makes a text that came from elsewhere fit for a line of the terminal: without phone numbers, and without the
// characters by which a text takes a terminal over or hides a part of itself.
func plain(text string) string {
	return djamo.MaskPhones(printable(strings.Join(strings.Fields(text), " ")))
}

func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) || unicode.Is(unicode.Zs, r) {
			return r
		}
		return -1
	}, text)
}
