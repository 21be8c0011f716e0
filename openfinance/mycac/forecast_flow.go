package mycac

import (
	"iter"

	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// FlowKind says where a flow comes from. It is an open set.
type FlowKind string

// The kinds of flows that this package makes.
const (
	FlowStandingOrder FlowKind = "standing-order"
	FlowLoan          FlowKind = "loan-instalment"
)

// Every says how often a flow comes.
type Every string

// How often a flow comes. Monthly on a 31st is made on the last day of a shorter month, and on the 31st again of the next long
// one.
const (
	Once    Every = "once"
	Weekly  Every = "weekly"
	Monthly Every = "monthly"
)

// Flow is money that moves by a plan: a standing order, a loan with its instalments, or a single payment to come.
type Flow struct {
	ID           string // of the order or the loan; two flows have two IDs
	Kind         FlowKind
	Account      string
	Counterparty string       // for people to read; it may be empty
	Amount       money.Amount // each time; negative is money that leaves the account
	Every        Every
	Interval     int         // every so many weeks or months; 0: 1
	First        wallet.Date // the day of the first, also when it is long past
	Last         wallet.Date // none is due later; zero: no end
	Times        int         // how many there are in all, the past ones counted; 0: no bound
}

// check notes what is wrong with a flow.
func (f Flow) check(entry int, problems *problemList) {
	switch {
	case f.ID == "":
		problems.add(entry, "id", "", "is missing: a flow without one could be counted twice unseen")
	case f.Account == "":
		problems.add(entry, "account", "", "is missing")
	}
	if f.Amount.Minor == 0 {
		problems.add(entry, "amount", "0", "must not be zero: money in is positive, money out is negative")
	}
	switch f.Every {
	case Once, Weekly, Monthly:
	default:
		problems.addf(entry, "every", string(f.Every), "must be %s, %s or %s", Once, Weekly, Monthly)
	}
	const maxInterval, maxTimes = 1200, 100_000
	if f.Interval < 0 || f.Interval > maxInterval {
		problems.addInt(entry, "interval", f.Interval, "must lie between 0 and 1200")
	}
	if f.Times < 0 || f.Times > maxTimes {
		problems.addInt(entry, "times", f.Times, "must lie between 0 and 100000")
	}
	if !isDate(f.First) {
		problems.add(entry, "first", f.First.String(), "must be a date such as 2026-05-31")
	}
	switch none := (wallet.Date{}); {
	case f.Last == none:
	case !isDate(f.Last):
		problems.add(entry, "last", f.Last.String(), "must be a date such as 2026-05-31")
	case f.Last.Before(f.First):
		problems.addf(entry, "last", f.Last.String(), "must not lie before the first, %s", f.First)
	}
}

// due yields the days between from and to on which the flow falls due, both included, in their order. The flow was checked.
func (f Flow) due(from, to wallet.Date) iter.Seq[wallet.Date] {
	interval := max(1, f.Interval)
	return func(yield func(wallet.Date) bool) {
		for n := f.firstFrom(from, interval); f.Times == 0 || n < f.Times; n++ {
			day := f.nth(n, interval)
			if to.Before(day) || f.Last != (wallet.Date{}) && f.Last.Before(day) {
				return
			}
			if !day.Before(from) && !yield(day) || f.Every == Once {
				return
			}
		}
	}
}

// firstFrom is the number of an occurrence that lies before from, or the first: the walk begins there and not in the past.
func (f Flow) firstFrom(from wallet.Date, interval int) int {
	const week = 7
	switch f.Every {
	case Weekly:
		return max(0, daysBetween(f.First, from)/(week*interval)-1)
	case Monthly:
		months := (from.Year-f.First.Year)*12 + int(from.Month-f.First.Month)
		return max(0, months/interval-1)
	case Once:
	}
	return 0
}

// nth is the day of an occurrence, counted from 0. It is counted from the first each time, so that a 31st that was clamped to
// a 28th comes back as a 31st.
func (f Flow) nth(n, interval int) wallet.Date {
	const week = 7
	switch f.Every {
	case Weekly:
		return addDays(f.First, n*interval*week)
	case Monthly:
		return addMonths(f.First, n*interval)
	case Once:
	}
	return f.First
}
