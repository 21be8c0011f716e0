package payroll

import (
	"fmt"
	"time"

	"github.com/djamo/djamo-go"
)

// MayPayAgain reports whether paying the plan may pay somebody a second time: payees got the same amount lately, or rows of
// this run were changed after they were paid. A person should confirm that by more than a plain yes.
func (r Recent) MayPayAgain() bool { return r.Repeated.Count > 0 || r.Changed.Count > 0 }

// Warnings are what a person should confirm before the plan is paid, in sentences that show no whole phone number. There
// are none when nothing of the plan was paid lately.
func (r Recent) Warnings() []Warning {
	since := r.Since.UTC().Format(time.DateOnly)
	var warnings []Warning
	if r.Repeated.Count > 0 {
		first := r.Repeats[0]
		warnings = append(warnings, Warning{Lines: linesOf(r.Repeats), Text: fmt.Sprintf(
			"%d of these payouts, %s, give a payee the same amount as a payment under another reference since %s, first line %d: %s got %s as %s%s",
			r.Repeated.Count, r.Repeated.Amount, since, (&row{payout: first.Payout}).line(), first.Payout.MSISDN, first.Payout.Amount,
			maskedExcerpt(columnReference, first.Transaction.Reference), on(first.Transaction))})
	}
	if r.Changed.Count > 0 {
		first := r.Changes[0]
		warnings = append(warnings, Warning{Lines: linesOf(r.Changes), Text: fmt.Sprintf(
			"%d of these payouts, %s, are for payees whom this run has paid for rows that were changed since, first line %d: %s got %s as %s%s",
			r.Changed.Count, r.Changed.Amount, (&row{payout: first.Payout}).line(), first.Payout.MSISDN, first.Transaction.Amount,
			maskedExcerpt(columnReference, first.Transaction.Reference), on(first.Transaction))})
	}
	if r.Paid.Count > 0 {
		first := r.PaidMatches[0]
		warnings = append(warnings, Warning{Lines: linesOf(r.PaidMatches), Text: fmt.Sprintf(
			"%d of these payouts, %s, were paid earlier under these references and are not paid now, first line %d: %s%s",
			r.Paid.Count, r.Paid.Amount, (&row{payout: first.Payout}).line(), maskedExcerpt(columnReference, first.Payout.Reference),
			on(first.Transaction))})
	}
	if r.Conflicting.Count > 0 {
		first := r.Conflicts[0]
		warnings = append(warnings, Warning{Lines: linesOf(r.Conflicts), Text: fmt.Sprintf(
			"%d of these references were used for another payee or amount, and are not paid, first line %d: %s%s",
			r.Conflicting.Count, (&row{payout: first.Payout}).line(),
			maskedExcerpt(columnReference, first.Payout.Reference), on(first.Transaction))})
	}
	switch {
	case r.Unordered:
		warnings = append(warnings, Warning{Text: fmt.Sprintf(
			"the account's payments are listed in no order that shows which are the newest, and not all of them were read: "+
				"payments since %s may not have been compared", since)})
	case !r.Complete:
		warnings = append(warnings, Warning{Text: fmt.Sprintf(
			"the account has made so many payments that only those since %s were compared", since)})
	}
	if r.Fresh {
		warnings = append(warnings, Warning{Text: "the account has made a payment less than a minute ago: others of the last moments " +
			"may not be listed yet, and were not compared; if somebody else is paying, wait for the end of that, and compare again"})
	}
	return warnings
}

// on is the day of a payment, if it is known.
func on(t djamo.Transaction) string {
	if t.CreatedAt.IsZero() {
		return ""
	}
	return " on " + t.CreatedAt.UTC().Format(time.DateOnly)
}

func linesOf(matches []RecentMatch) []int64 {
	lines := make([]int64, len(matches))
	for i, match := range matches {
		lines[i] = (&row{payout: match.Payout}).line()
	}
	return lines
}
