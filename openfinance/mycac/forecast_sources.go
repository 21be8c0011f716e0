package mycac

import (
	"cmp"
	"slices"
	"strings"

	"github.com/djamo/djamo-go/openfinance/wallet"
)

// FlowSources are what a forecast is made of, as the gateway lists it.
type FlowSources struct {
	Orders []StandingOrder
	Loans  []Loan
	// Active are the statuses of orders and loans that are still paid; empty: active. One without a status is active.
	Active []string
	// Paid are the statuses of instalments that were paid; empty: paid.
	Paid []string
}

// SkippedFlow is an order or a loan that is in no forecast because of its status.
type SkippedFlow struct {
	ID     string
	Kind   FlowKind
	Status string
}

// Flows makes flows of standing orders and loans, and names those that it leaves out, so that nothing is missing unseen. A loan
// with a schedule is paid by its instalments, another each month (or as its frequency says) from NextDue on. An order of which the
// gateway does not say when it began runs from Next on.
//
// The error is an *[InputError] that names what cannot be forecast, such as a frequency that is not known. Entries are counted
// through orders first and then loans.
func (s FlowSources) Flows() (flows []Flow, skipped []SkippedFlow, err error) {
	if len(s.Active) == 0 {
		s.Active = []string{"active"}
	}
	if len(s.Paid) == 0 {
		s.Paid = []string{"paid"}
	}
	var problems problemList
	for i, order := range s.Orders {
		if order.Status != "" && !slices.Contains(s.Active, order.Status) {
			skipped = append(skipped, SkippedFlow{ID: order.ID, Kind: FlowStandingOrder, Status: order.Status})
			continue
		}
		flows = append(flows, order.flow(i, &problems))
	}
	for i, loan := range s.Loans {
		if loan.Status != "" && !slices.Contains(s.Active, loan.Status) {
			skipped = append(skipped, SkippedFlow{ID: loan.ID, Kind: FlowLoan, Status: loan.Status})
			continue
		}
		flows = append(flows, loan.flows(len(s.Orders)+i, s.Paid, &problems)...)
	}
	if err := problems.err("standing orders and loans"); err != nil {
		return nil, nil, err
	}
	return flows, skipped, nil
}

// every reads a frequency.
func every(entry int, frequency string, problems *problemList) Every {
	switch e := Every(strings.ToLower(frequency)); e {
	case Once, Weekly, Monthly:
		return e
	}
	problems.addf(entry, "frequency", frequency, "is not known: make a Flow of it yourself, and leave it out here")
	return Once
}

func (o StandingOrder) flow(entry int, problems *problemList) Flow {
	none := wallet.Date{}
	flow := Flow{
		ID: o.ID, Kind: FlowStandingOrder, Account: o.AccountID, Counterparty: o.Counterparty, Amount: o.Amount,
		Every: every(entry, o.Frequency, problems), Interval: o.Interval, First: o.First, Last: o.Last, Times: o.Times,
	}
	switch {
	case o.First == none && o.Next == none:
		problems.add(entry, "next_date", "", "is missing, and so is first_date: nobody knows when it is paid")
	case o.First == none && o.Times > 0:
		problems.addInt(entry, "times", o.Times, "counts from first_date, which is missing: nobody knows how many are left")
	case o.First == none:
		flow.First = o.Next
	case o.Next != none && flow.Every == Once:
		flow.First = o.Next
	}
	return flow
}

// flows are the instalments of a loan that were not paid yet.
func (l Loan) flows(entry int, paid []string, problems *problemList) (flows []Flow) {
	for _, instalment := range l.Schedule {
		if !slices.Contains(paid, instalment.Status) {
			flows = append(flows, Flow{
				ID: l.ID + " " + instalment.Due.String(), Kind: FlowLoan, Account: l.AccountID, Amount: instalment.Amount, Every: Once,
				First: instalment.Due,
			})
		}
	}
	if len(l.Schedule) > 0 {
		return flows
	}
	if l.NextDue == (wallet.Date{}) {
		problems.add(entry, "next_due", "", "is missing: nobody knows when the loan "+shownText(l.ID)+" is paid")
		return nil
	}
	return []Flow{{
		ID: l.ID, Kind: FlowLoan, Account: l.AccountID, Amount: l.Instalment, Every: every(entry, cmp.Or(l.Frequency, string(Monthly)), problems),
		First: l.NextDue, Last: l.LastDue, Times: l.Remaining,
	}}
}

// Position is the balance as a forecast begins with it.
func (b Balance) Position() Position {
	return Position{Account: b.AccountID, Balance: b.Amount, AsOf: b.AsOf}
}
