package mycac

import (
	"cmp"
	"slices"
	"time"

	"github.com/djamo/djamo-go/openfinance/money"
)

// Position is what an account holds in one currency. An account may hold several, one Position each.
type Position struct {
	Account string       `json:"account"`
	Balance money.Amount `json:"balance"`
	AsOf    time.Time    `json:"as_of"` // when the balance was read; zero where nobody says
}

// Positions sorts positions by account and currency and checks that each account has one balance in a currency. Balances are
// never added across currencies; [TotalsByCurrency] adds within each. The error is an *[InputError] that names each entry.
func Positions(positions ...Position) ([]Position, error) {
	var problems problemList
	seen := map[positionKey]int{}
	for i, p := range positions {
		switch first, doubled := seen[p.key()]; {
		case p.Account == "":
			problems.add(i, "account", "", "is missing: name the account that holds the balance")
		case p.Balance.Currency.Code == "":
			problems.add(i, "balance", "", "has no currency")
		case doubled:
			problems.addf(i, "account", maskAccount(p.Account), "has a balance in %s already, in entry %d: give each balance once",
				p.Balance.Currency.Code, first+1)
		default:
			seen[p.key()] = i
		}
	}
	if err := problems.err("positions"); err != nil {
		return nil, err
	}
	sorted := slices.Clone(positions)
	slices.SortFunc(sorted, func(a, b Position) int { return a.key().compare(b.key()) })
	return sorted, nil
}

// TotalsByCurrency adds positions up, currency by currency, in the order of the currencies' codes. A sum beyond int64 is an
// error.
func TotalsByCurrency(positions ...Position) ([]money.Amount, error) {
	var totals amounts
	for _, p := range positions {
		if err := totals.add(p.Balance); err != nil {
			return nil, err
		}
	}
	return totals.list(), nil
}

// positionKey is an account in one currency.
type positionKey struct{ account, currency string }

func (p Position) key() positionKey { return positionKey{p.Account, p.Balance.Currency.Code} }

func (k positionKey) compare(other positionKey) int {
	return cmp.Or(cmp.Compare(k.account, other.account), cmp.Compare(k.currency, other.currency))
}
