package mycac

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// forecastDays is how far a forecast looks unless it is told.
const forecastDays = 30

// ForecastParams is what a forecast is made of. Positions and From must be set.
type ForecastParams struct {
	// From is the first day. The positions are those before anything of this day was booked.
	From wallet.Date
	// Days is how many days are looked at, From among them; 0: 30; at most 3660.
	Days      int
	Positions []Position // an account and currency once
	Flows     []Flow     // each in an account and a currency that has a position
	// Calendar has the days on which the bank is closed, and the rule for what falls due on one.
	Calendar Calendar
	// Thresholds are balances that must not be gone below.
	Thresholds []Threshold
	// OnThreshold is called for each day on which a balance goes below a threshold that it was not below the day before, and
	// for the first day when it is below one from the start. Nil: Forecast.Crossings has them all the same.
	OnThreshold func(Crossing)
}

// Threshold is the least that an account should hold in a currency at the end of each day.
type Threshold struct {
	Account string       `json:"account"`
	Least   money.Amount `json:"least"`
}

// Crossing is a balance that goes below its threshold.
type Crossing struct {
	Threshold

	Date    wallet.Date  `json:"date"`
	Closing money.Amount `json:"closing"`
}

// Forecast is what accounts will hold if everything planned happens and nothing else does.
type Forecast struct {
	From      wallet.Date       `json:"from"`
	To        wallet.Date       `json:"to"` // the last day, included
	Accounts  []AccountForecast `json:"accounts"`
	Crossings []Crossing        `json:"crossings"`
}

// AccountForecast is one account in one currency. Closing is Opening and the sum of all flows, always.
type AccountForecast struct {
	Account  string        `json:"account"`
	Currency string        `json:"currency"`
	Opening  money.Amount  `json:"opening"`
	Days     []ForecastDay `json:"days"`
	Closing  money.Amount  `json:"closing"`
}

// ForecastDay is one day. Its Opening is the Closing of the day before.
type ForecastDay struct {
	Date    wallet.Date   `json:"date"`
	Closed  bool          `json:"closed,omitempty"` // a weekend or a holiday
	Opening money.Amount  `json:"opening"`
	Flows   []PlannedFlow `json:"flows,omitempty"`
	Closing money.Amount  `json:"closing"`
}

// PlannedFlow is one payment of a flow.
type PlannedFlow struct {
	ID           string       `json:"id"`
	Kind         FlowKind     `json:"kind,omitempty"`
	Counterparty string       `json:"counterparty,omitempty"`
	Due          wallet.Date  `json:"due"` // before the rule for closed days moved it
	Amount       money.Amount `json:"amount"`
}

// NewForecast plans each account day by day. A payment that falls due on a closed day is made when Calendar.Rule says: one that
// the rule moves into the days looked at counts, one that it moves out of them does not. Nothing is converted, and currencies
// are never added to each other.
//
// The error is an *[InputError] that names every entry that cannot be, or an amount beyond int64.
func NewForecast(params ForecastParams) (*Forecast, error) {
	days, err := params.check()
	if err != nil {
		return nil, err
	}
	calendar, err := params.Calendar.check()
	if err != nil {
		return nil, err
	}
	positions, err := Positions(params.Positions...)
	if err != nil {
		return nil, err
	}
	if err := params.checkFlows(positions); err != nil {
		return nil, err
	}
	forecast := &Forecast{From: params.From, To: addDays(params.From, days-1), Crossings: []Crossing{}}
	planned := params.plan(calendar, forecast.From, forecast.To)
	for _, position := range positions {
		account, err := forecast.account(position, planned[position.key()], calendar)
		if err != nil {
			return nil, err
		}
		forecast.Accounts = append(forecast.Accounts, account)
	}
	forecast.compare(params.Thresholds, params.OnThreshold)
	return forecast, nil
}

// check returns how many days are looked at.
func (p ForecastParams) check() (days int, err error) {
	const maxDays = 3660
	switch {
	case !isDate(p.From):
		return 0, fmt.Errorf("mycac: ForecastParams.From %q must be a date such as 2026-05-31", p.From)
	case p.Days < 0, p.Days > maxDays:
		return 0, fmt.Errorf("mycac: ForecastParams.Days %d must lie between 0 and %d", p.Days, maxDays)
	case p.Days == 0:
		return forecastDays, nil
	}
	return p.Days, nil
}

func (p ForecastParams) checkFlows(positions []Position) error {
	known := map[positionKey]bool{}
	for _, position := range positions {
		known[position.key()] = true
	}
	var problems problemList
	seen := map[string]int{}
	for i, flow := range p.Flows {
		flow.check(i, &problems)
		if first, doubled := seen[flow.ID]; doubled && flow.ID != "" {
			problems.addf(i, "id", flow.ID, "is that of entry %d too: a flow that comes twice would be counted twice", first+1)
		}
		seen[flow.ID] = i
		if flow.Account != "" && !known[flow.key()] {
			problems.addf(i, "account", maskAccount(flow.Account), "has no position in %s: give its balance, 0 where it is empty",
				flow.Amount.Currency.Code)
		}
	}
	for i, threshold := range p.Thresholds {
		if !known[positionKey{threshold.Account, threshold.Least.Currency.Code}] {
			problems.addf(i, "thresholds", maskAccount(threshold.Account), "has no position in %s", threshold.Least.Currency.Code)
		}
	}
	return problems.err("flows")
}

func (f Flow) key() positionKey { return positionKey{f.Account, f.Amount.Currency.Code} }

// plan lays the payments of all flows on the days on which they are made.
func (p ForecastParams) plan(calendar *calendar, from, to wallet.Date) map[positionKey]map[wallet.Date][]PlannedFlow {
	planned := map[positionKey]map[wallet.Date][]PlannedFlow{}
	for _, flow := range p.Flows {
		for due := range flow.due(addDays(from, -calendar.reach), addDays(to, calendar.reach)) {
			day := calendar.paidOn(due)
			if day.Before(from) || to.Before(day) {
				continue
			}
			if planned[flow.key()] == nil {
				planned[flow.key()] = map[wallet.Date][]PlannedFlow{}
			}
			planned[flow.key()][day] = append(planned[flow.key()][day], PlannedFlow{
				ID: flow.ID, Kind: flow.Kind, Counterparty: flow.Counterparty, Due: due, Amount: flow.Amount,
			})
		}
	}
	return planned
}

// account goes through the days of one account.
func (f *Forecast) account(position Position, planned map[wallet.Date][]PlannedFlow, calendar *calendar) (AccountForecast, error) {
	account := AccountForecast{
		Account: position.Account, Currency: position.Balance.Currency.Code, Opening: position.Balance, Closing: position.Balance,
	}
	for date := f.From; !f.To.Before(date); date = addDays(date, 1) {
		day := ForecastDay{Date: date, Closed: calendar.isClosed(date), Opening: account.Closing, Flows: planned[date], Closing: account.Closing}
		slices.SortStableFunc(day.Flows, func(a, b PlannedFlow) int {
			return cmp.Or(cmp.Compare(a.Due.String(), b.Due.String()), cmp.Compare(a.ID, b.ID))
		})
		for _, flow := range day.Flows {
			closing, err := day.Closing.Add(flow.Amount)
			if err != nil {
				return account, fmt.Errorf("mycac: forecast of %s on %s: flow %s: %w", maskAccount(account.Account), date, flow.ID, err)
			}
			day.Closing = closing
		}
		account.Closing = day.Closing
		account.Days = append(account.Days, day)
	}
	return account, nil
}

// compare looks for balances that go below a threshold, in the order of the days.
func (f *Forecast) compare(thresholds []Threshold, call func(Crossing)) {
	for _, account := range f.Accounts {
		for _, threshold := range thresholds {
			if (positionKey{threshold.Account, threshold.Least.Currency.Code}) != (positionKey{account.Account, account.Currency}) {
				continue
			}
			below := false
			for _, day := range account.Days {
				isBelow := day.Closing.Minor < threshold.Least.Minor
				if isBelow && !below {
					f.Crossings = append(f.Crossings, Crossing{Threshold: threshold, Date: day.Date, Closing: day.Closing})
				}
				below = isBelow
			}
		}
	}
	slices.SortStableFunc(f.Crossings, func(a, b Crossing) int { return cmp.Compare(a.Date.String(), b.Date.String()) })
	if call == nil {
		return
	}
	for _, crossing := range f.Crossings {
		call(crossing)
	}
}
