package payrollcmd

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
)

// screen prints what became of the payouts.
func screen(ctx context.Context, journal payroll.Journal, totals payroll.Totals, out io.Writer, l lang.Language) error {
	if err := list(ctx, journal, totals.Planned.Count, out, l); err != nil {
		return err
	}
	table := tabwriter.NewWriter(terminal.Prose(out), 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "\n%s\t%s\t%s\t\n", l.Text("TOTAL"), l.Text("PAYOUTS"), l.Text("AMOUNT"))
	for _, row := range []struct {
		name string
		sum  payroll.Sum
	}{
		{"planned", totals.Planned}, {"accepted", totals.AcceptedNow}, {"completed", totals.PaidNow},
		{"paid earlier under these references, not paid now", totals.PaidEarlier}, {"failed", totals.Failed},
		{"refused", totals.Refused}, {"conflict", totals.Conflict}, {"unknown", totals.Unknown}, {"open", totals.Open},
	} {
		if row.sum.Count > 0 || row.name == "planned" || row.name == "completed" {
			fmt.Fprintf(table, "%s\t%d\t%s\t\n", l.Text(row.name), row.sum.Count, row.sum.Amount)
		}
	}
	fmt.Fprintf(table, "%s\t\t%s\t\n", l.Text("fees"), totals.Fees)
	return table.Flush()
}

// reportFile writes the report's file, if there is to be one.
func reportFile(ctx context.Context, journal payroll.Journal, set settings, t terminal.Terminal) error {
	if set.report == "" {
		return nil
	}
	writer, err := set.reportWriter(ctx, journal, t)
	if err != nil {
		return err
	}
	if _, err := writer.WriteFile(ctx, set.report, journal); err != nil {
		return err
	}
	t.Tell("Report: %s", set.report)
	return nil
}

// list prints every payout of a short run, and of a long one the first of those who were not paid.
func list(ctx context.Context, journal payroll.Journal, planned int64, out io.Writer, l lang.Language) error {
	const maxRows = 50
	var states []payroll.State
	if planned > maxRows {
		states = slices.DeleteFunc(payroll.States(), func(s payroll.State) bool { return s == payroll.Completed })
	}
	payouts, err := journal.Payouts(ctx, 0, maxRows+1, states...)
	if err != nil || len(payouts) == 0 {
		return err
	}
	table := tabwriter.NewWriter(terminal.Prose(out), 0, 0, 2, ' ', 0)
	named := named(payouts)
	fmt.Fprintf(table, "\n%s\t%s\t%s%s\t%s\t%s\t%s\n", l.Text("REFERENCE"), l.Text("PAYEE"), named.with(l.Text("NAME")), l.Text("AMOUNT"),
		l.Text("FEE"), l.Text("STATUS"), l.Text("NOTE"))
	for _, p := range payouts[:min(len(payouts), maxRows)] {
		fmt.Fprintf(
			table,
			"%s\t%s\t%s%s\t%s\t%s\t%s\n",
			terminal.Plain(p.Reference),
			p.MSISDN,
			named.cell(p),
			p.Amount,
			p.Fee,
			p.StatusIn(payroll.Language(l)),
			terminal.Plain(p.NoteIn(payroll.Language(l))),
		)
	}
	if len(payouts) > maxRows {
		fmt.Fprintf(table, "…\t\t%s\t\t\t%s\n", named.blank(), l.Text("and more: see the report"))
	}
	return table.Flush()
}
