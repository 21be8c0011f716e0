package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/djamo/djamo-go"
)

// totals are the sums under the table, by status and in whole francs. The statuses add up to what was planned.
type totals struct {
	planned, fees djamo.XOF
	amount        map[string]djamo.XOF
	count         map[string]int
}

func sum(outcomes []outcome) (totals, error) {
	t := totals{amount: map[string]djamo.XOF{}, count: map[string]int{}}
	var err error
	add := func(to *djamo.XOF, amount djamo.XOF) {
		if err == nil {
			*to, err = to.Add(amount)
		}
	}
	for _, o := range outcomes {
		add(&t.planned, o.Amount)
		subtotal := t.amount[o.status]
		add(&subtotal, o.Amount)
		t.amount[o.status] = subtotal
		t.count[o.status]++
		if o.status == string(djamo.TransactionCompleted) {
			add(&t.fees, o.fee)
		}
	}
	return t, err
}

// report prints the table and the totals, and whether every payout was completed.
func report(out io.Writer, outcomes []outcome) (complete bool, err error) {
	t, err := sum(outcomes)
	if err != nil {
		return false, err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nREFERENCE\tPAYEE\tAMOUNT\tFEE\tSTATUS\tNOTE")
	for _, o := range outcomes {
		note := o.reason
		if o.earlier {
			note = "already paid earlier " + note
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", o.Reference, o.MSISDN, o.Amount, o.fee, o.status, note)
	}
	if err := table.Flush(); err != nil {
		return false, err
	}
	fmt.Fprintln(table, "\nTOTAL\tPAYOUTS\tAMOUNT")
	fmt.Fprintf(table, "planned\t%d\t%s\n", len(outcomes), t.planned)
	for _, status := range []string{"completed", "failed", "pending", refused, conflict, unknown, notSent} {
		if t.count[status] > 0 {
			fmt.Fprintf(table, "%s\t%d\t%s\n", status, t.count[status], t.amount[status])
		}
		delete(t.count, status)
	}
	for status, n := range t.count { // statuses this program does not know
		fmt.Fprintf(table, "%s\t%d\t%s\n", status, n, t.amount[status])
	}
	fmt.Fprintf(table, "fees\t\t%s\n", t.fees)
	return t.amount["completed"] == t.planned, table.Flush()
}
