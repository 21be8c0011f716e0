package djamotest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// maxShown bounds what a failing assertion prints.
const maxShown = 20

// AssertPaidOnce fails the test unless each reference was paid exactly once: one transfer bears it that did not fail.
// Pending counts, since its money has left the balance. The failure prints each reference's history from the ledger, with
// phone numbers masked. It reports whether all was well.
func (a *API) AssertPaidOnce(t testing.TB, references ...string) bool {
	t.Helper()
	if len(references) == 0 {
		t.Errorf("djamotest: AssertPaidOnce: name at least one reference; without one nothing is checked")
		return false
	}
	return a.assertPaid(t, 1, "should have been paid once", references)
}

// AssertNotPaid fails the test if any of the references was paid: refused, failed and never-seen ones pass. It reports
// whether all was well.
func (a *API) AssertNotPaid(t testing.TB, references ...string) bool {
	t.Helper()
	if len(references) == 0 {
		t.Errorf("djamotest: AssertNotPaid: name at least one reference; without one nothing is checked")
		return false
	}
	return a.assertPaid(t, 0, "should not have been paid", references)
}

func (a *API) assertPaid(t testing.TB, want int, rule string, references []string) bool {
	t.Helper()
	if slices.Contains(references, "") {
		t.Errorf("djamotest: an empty reference names no payment; was it never set?")
		return false
	}
	a.lock()
	wrong := make(map[string]int)
	var order []string
	for _, reference := range references {
		paid := 0
		for tx := a.withLatest(reference); tx != nil; tx = a.numbered(tx.previous) {
			if tx.status != failed {
				paid++
			}
		}
		if _, seen := wrong[reference]; paid != want && !seen {
			wrong[reference] = paid
			order = append(order, reference)
		}
	}
	var b strings.Builder
	if len(order) > 0 {
		histories := a.histories(order[:min(len(order), maxShown)])
		for _, reference := range order[:min(len(order), maxShown)] {
			fmt.Fprintf(&b, "\n  %s %s, but was paid %s:%s", reference, rule, times(wrong[reference]), histories[reference])
		}
		if more := len(order) - maxShown; more > 0 {
			fmt.Fprintf(&b, "\n  … and %d more", more)
		}
	}
	a.mu.Unlock()
	if len(order) == 0 {
		return true
	}
	t.Errorf("djamotest: %d of %d references are wrong:%s", len(order), len(references), maskText(b.String()))
	return false
}

func times(n int) string {
	switch n {
	case 0:
		return "not at all"
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// histories collects the ledger lines of some references, in one pass.
func (a *API) histories(references []string) map[string]string {
	const lines = 8
	histories, shown := make(map[string]string, len(references)), make(map[string]int)
	inLedger := make(map[namedPayment]bool)
	for _, reference := range references {
		histories[reference] = ""
	}
	for i := range a.ledger {
		e := a.viewEntry(i)
		if _, wanted := histories[e.Reference]; !wanted || e.Reference == "" || e.ChargeID != "" || e.Kind == ChargeRefused {
			continue
		}
		inLedger[namedPayment{e.Request, e.Reference}] = true
		if shown[e.Reference]++; shown[e.Reference] <= lines {
			histories[e.Reference] += "\n    " + e.line()
		}
	}
	for _, m := range a.rejectedRequests(inLedger) {
		if _, wanted := histories[m.reference]; wanted {
			if shown[m.reference]++; shown[m.reference] <= lines {
				histories[m.reference] += "\n    " + m.line()
			}
		}
	}
	for reference := range histories {
		switch {
		case shown[reference] == 0:
			histories[reference] = "\n    no request ever named it"
		case shown[reference] > lines:
			histories[reference] += fmt.Sprintf("\n    … and %d more entries", shown[reference]-lines)
		}
	}
	return histories
}

// line is an entry for a person to read.
func (e LedgerEntry) line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "#%d %s", e.Number, e.Kind)
	if e.Amount != 0 {
		fmt.Fprintf(&b, ", %d francs", e.Amount)
	}
	if e.MSISDN != "" {
		b.WriteString(" to " + maskMSISDN(e.MSISDN))
	}
	if e.TransactionID != "" {
		b.WriteString(", " + e.TransactionID)
	}
	if e.Reason != "" {
		b.WriteString(": ")
		if e.Status != 0 {
			fmt.Fprintf(&b, "%d ", e.Status)
		}
		b.WriteString(shortened(e.Reason))
	}
	if e.Request != 0 {
		fmt.Fprintf(&b, " (request %d: %s %s, correlation id %s)", e.Request, e.Method, e.Path, e.CorrelationID)
	}
	return b.String()
}

// shortened limits a text to what fits on a screen: the refusal of a large batch would fill many.
func shortened(s string) string {
	const maxRunes = 300
	runes := 0
	for i := range s {
		if runes++; runes > maxRunes {
			return s[:i] + "…"
		}
	}
	return s
}

// AssertBalanced fails the test unless every franc is accounted for: the starting balance plus every ledger line's delta
// is the balance, which never was negative; each transfer took its amount and fee exactly once, and gave both back if and
// only if it failed; each charge brought what was paid less fees and refunds. It reports whether all was well.
func (a *API) AssertBalanced(t testing.TB) bool {
	t.Helper()
	a.lock()
	problems := a.audit()
	a.mu.Unlock()
	if len(problems) == 0 {
		return true
	}
	shown := problems[:min(len(problems), maxShown)]
	t.Errorf("djamotest: the books do not balance (%d problems):\n  %s", len(problems), maskText(strings.Join(shown, "\n  ")))
	return false
}

// audit recomputes the balance from the ledger alone and compares it with what the objects say.
func (a *API) audit() []string {
	var problems []string
	complain := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	balance := a.start
	transfers, charges := make([]int64, len(a.transactions)), make([]int64, len(a.charges)) // by their places
	accepted := make([]int, len(a.transactions))
	for i := range a.ledger {
		e := a.entryAt(i)
		balance += e.delta
		if balance != e.balance || balance < 0 {
			complain("after entry %s the balance should be %d and is %d", a.viewEntry(i).line(), balance, e.balance)
		}
		if e.transaction != nil {
			transfers[e.transaction.number-1] += e.delta
		}
		if e.charge != nil {
			charges[e.charge.number-1] += e.delta
		}
		if e.kind == TransferAccepted {
			accepted[e.transaction.number-1]++
		}
	}
	if balance != a.balance {
		complain("the ledger adds up to %d francs, the balance is %d", balance, a.balance)
	}
	for i, t := range a.transactions {
		want := -t.total()
		if t.status == failed {
			want = 0
		}
		if transfers[i] != want || accepted[i] != 1 {
			complain("%s transfer %s (reference %s) should have moved %d francs and moved %d in %d acceptances",
				t.status, t.id(), t.reference(), want, transfers[i], accepted[i])
		}
	}
	for i, ch := range a.charges {
		if want := ch.paid - ch.fees - ch.refunded; charges[i] != want {
			complain("%s charge %s (externalId %s) should have moved %d francs and moved %d", ch.status, ch.id, ch.externalID, want, charges[i])
		}
	}
	return problems
}
