package mycac

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// amounts are sums, one for each currency.
type amounts struct{ sums []money.Amount }

// add adds an amount to the sum of its currency.
func (a *amounts) add(amount money.Amount) error {
	for i, sum := range a.sums {
		if sum.Currency == amount.Currency {
			total, err := sum.Add(amount)
			if err != nil {
				return err
			}
			a.sums[i] = total
			return nil
		}
	}
	a.sums = append(a.sums, amount)
	return nil
}

// list is the sums in the order of the currencies' codes.
func (a *amounts) list() []money.Amount {
	return slices.SortedFunc(slices.Values(a.sums), func(x, y money.Amount) int { return cmp.Compare(x.Currency.Code, y.Currency.Code) })
}

// report makes the settlement of the latest day.
func (m *matcher) report(params SettlementParams) (*Settlement, error) {
	s, books := &Settlement{
		Day: params.Day, Zone: params.Zone.String(), Totals: []SettlementTotal{}, Stores: []StoreSettlement{}, SetAside: []SetAsideRefund{},
		Closed: []ClosedRefund{},
	}, bookings{map[storeKey]int{}, map[string]int{}}
	for _, scan := range m.scanned {
		line := SettlementLine{Kind: CACPAYScan, TxID: scan.TxID, At: scan.At, Amount: scan.Amount, Late: scan.late}
		if err := books.add(s, scan.MerchantID, scan.StoreID, line); err != nil {
			return nil, err
		}
	}
	for _, r := range m.matched {
		originalDay := r.original.Settled
		if originalDay == (wallet.Date{}) {
			originalDay = r.original.Day(params.Zone)
		}
		line := SettlementLine{
			Kind: CACPAYRefund, TxID: r.TxID, RefundID: r.RefundID, At: r.At, Amount: r.Amount, OriginalID: r.original.TxID,
			OriginalDay: originalDay, MatchedBy: r.matchedBy, Late: r.late || r.since.Before(params.Day) || originalDay.Before(params.Day),
		}
		if err := books.add(s, r.MerchantID, cmp.Or(r.StoreID, r.original.StoreID), line); err != nil {
			return nil, err
		}
	}
	for i := range s.Stores {
		slices.SortFunc(s.Stores[i].Lines, func(a, b SettlementLine) int {
			return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.TxID, b.TxID), cmp.Compare(a.RefundID, b.RefundID))
		})
	}
	slices.SortFunc(s.Stores, func(a, b StoreSettlement) int {
		return cmp.Or(cmp.Compare(a.MerchantID, b.MerchantID), cmp.Compare(a.StoreID, b.StoreID), cmp.Compare(a.Currency, b.Currency))
	})
	slices.SortFunc(s.Totals, func(a, b SettlementTotal) int { return cmp.Compare(a.Currency, b.Currency) })
	for _, r := range m.open {
		s.SetAside = append(s.SetAside, r.setAside())
	}
	for _, r := range m.closed {
		s.Closed = append(s.Closed, ClosedRefund{r.setAside(), *r.Closed})
	}
	return s, nil
}

// storeKey is a store of a merchant in one currency.
type storeKey struct{ merchant, store, currency string }

// bookings says where in a settlement a store and a currency are.
type bookings struct {
	stores map[storeKey]int
	totals map[string]int
}

// add adds a line to its store and to the total of its currency.
func (b bookings) add(s *Settlement, merchant, store string, line SettlementLine) error {
	currency := line.Amount.Currency
	key := storeKey{merchant, store, currency.Code}
	at, known := b.stores[key]
	if !known {
		at = len(s.Stores)
		b.stores[key] = at
		s.Stores = append(s.Stores, StoreSettlement{SettlementTotal: newTotal(currency), MerchantID: merchant, StoreID: store})
	}
	total, known := b.totals[currency.Code]
	if !known {
		total = len(s.Totals)
		b.totals[currency.Code] = total
		s.Totals = append(s.Totals, newTotal(currency))
	}
	s.Stores[at].Lines = append(s.Stores[at].Lines, line)
	for _, sum := range []*SettlementTotal{&s.Stores[at].SettlementTotal, &s.Totals[total]} {
		if err := sum.add(line); err != nil {
			return fmt.Errorf("mycac: settlement of %s: %w", s.Day, err)
		}
	}
	return nil
}

func newTotal(currency money.Currency) SettlementTotal {
	zero := money.Amount{Currency: currency}
	return SettlementTotal{Currency: currency.Code, Gross: zero, Refunds: zero, Net: zero}
}

// add adds a line up. Net is kept beside the two it is made of, and a test holds them together.
func (t *SettlementTotal) add(line SettlementLine) (err error) {
	if line.Kind == CACPAYScan {
		t.Scans++
		if t.Gross, err = t.Gross.Add(line.Amount); err != nil {
			return err
		}
		t.Net, err = t.Net.Add(line.Amount)
		return err
	}
	t.Refunded++
	if t.Refunds, err = t.Refunds.Add(line.Amount); err != nil {
		return err
	}
	t.Net, err = t.Net.Sub(line.Amount)
	return err
}

// setAside is the refund as a settlement names it.
func (r *refund) setAside() SetAsideRefund {
	const maxCandidates = 10
	aside := SetAsideRefund{
		ID: r.ID(), MerchantID: r.MerchantID, StoreID: r.StoreID, TxID: r.TxID, RefundID: r.RefundID, At: r.At, Since: r.since, Amount: r.Amount,
		Reason: r.reason, OriginalID: r.OriginalID,
	}
	for _, candidate := range r.candidates[:min(len(r.candidates), maxCandidates)] {
		aside.Candidates = append(aside.Candidates, candidate.TxID)
	}
	if r.exceeded != nil {
		aside.Remaining = &money.Amount{Minor: r.exceeded.Amount.Minor - r.exceeded.returned.Minor, Currency: r.Amount.Currency}
	}
	return aside
}
