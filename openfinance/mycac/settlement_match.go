package mycac

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// settledDay is what is settled on one day.
type settledDay struct {
	day     wallet.Date
	scans   []*scan
	refunds []*refund
}

// scan is a payment and what was given back of it.
type scan struct {
	*SettlementEntry

	late     bool
	returned money.Amount
}

// refund waits for its original.
type refund struct {
	*SettlementEntry

	since      wallet.Date // the settlement that it was first part of
	late       bool
	original   *scan
	matchedBy  MatchedBy
	reason     SetAsideReason
	candidates []*scan
	exceeded   *scan // of which less is left than the refund would give back
}

// collect reads the entries and orders them by the settlements that they are part of, up to that of Day.
func (p SettlementParams) collect() ([]*settledDay, error) {
	days := map[wallet.Date]*settledDay{p.Day: {day: p.Day}}
	seen := map[string]string{}
	for entry, err := range p.Entries {
		switch {
		case err != nil:
			return nil, err
		case entry.Kind != CACPAYScan && entry.Kind != CACPAYRefund:
			continue
		}
		id, digest := entry.ID(), entry.Digest()
		switch before, repeated := seen[id]; {
		case repeated && before != digest:
			return nil, fmt.Errorf("%w: %s %s of merchant %s", ErrContradiction, shownText(entry.Name), shownText(entry.TxID),
				shownText(entry.MerchantID))
		case repeated:
			continue
		}
		seen[id] = digest
		own := entry.Day(p.Zone)
		settled := entry.Settled
		if settled == (wallet.Date{}) {
			settled = own
		}
		if p.Day.Before(settled) {
			continue
		}
		of := days[settled]
		if of == nil {
			of = &settledDay{day: settled}
			days[settled] = of
		}
		late := own.Before(settled)
		if entry.Kind == CACPAYScan {
			of.scans = append(of.scans, &scan{SettlementEntry: &entry, late: late, returned: money.Amount{Currency: entry.Amount.Currency}})
		} else {
			of.refunds = append(of.refunds, &refund{SettlementEntry: &entry, since: settled, late: late})
		}
	}
	return slices.SortedFunc(maps.Values(days), func(a, b *settledDay) int { return cmp.Compare(a.day.String(), b.day.String()) }), nil
}

func (e *SettlementEntry) compare(other *SettlementEntry) int {
	return cmp.Or(e.At.Compare(other.At), cmp.Compare(e.TxID, other.TxID), cmp.Compare(e.RefundID, other.RefundID),
		cmp.Compare(e.Name, other.Name))
}

// amountKey is what a refund without an id has in common with its original.
type amountKey struct {
	merchant, currency string
	minor              int64
}

func (e *SettlementEntry) amountKey() amountKey {
	return amountKey{e.MerchantID, e.Amount.Currency.Code, e.Amount.Minor}
}

// matcher goes through the settlements day by day. What it knows after a day depends on nothing that came later.
type matcher struct {
	scans    map[string]*scan // by tx_id
	byAmount map[amountKey][]*scan
	open     []*refund // that were not matched yet
	scanned  []*scan   // of the latest day
	matched  []*refund // on the latest day
	closed   []*refund // on the latest day
}

func newMatcher() *matcher {
	return &matcher{scans: map[string]*scan{}, byAmount: map[amountKey][]*scan{}}
}

// settle matches the refunds of a day, and those that are still open.
func (m *matcher) settle(day *settledDay) {
	m.scanned, m.matched = day.scans, nil
	for _, s := range day.scans {
		if first := m.scans[s.TxID]; first == nil || first.SettlementEntry.compare(s.SettlementEntry) > 0 {
			m.scans[s.TxID] = s
		}
		m.byAmount[s.amountKey()] = append(m.byAmount[s.amountKey()], s)
	}
	m.open = append(m.open, day.refunds...)
	m.closeBy(day.day)
	slices.SortFunc(m.open, func(a, b *refund) int { return a.SettlementEntry.compare(b.SettlementEntry) })
	// What one refund gives back is no candidate of the next. It goes on until nothing changes, so that a day without entries
	// changes nothing.
	for m.pass() {
		m.open = slices.DeleteFunc(m.open, func(r *refund) bool { return r.original != nil })
	}
}

// pass tries to match each open refund, those that name their original first, and reports whether it has matched one.
func (m *matcher) pass() bool {
	before := len(m.matched)
	var unnamed []*refund
	for _, r := range m.open {
		r.reason, r.candidates, r.exceeded = "", nil, nil
		id := r.OriginalID
		if id == "" && m.scans[r.TxID] != nil {
			id = r.TxID // it bears the id of its original
		}
		if id == "" {
			unnamed = append(unnamed, r)
			continue
		}
		if r.reason = m.named(r, m.scans[id]); r.reason == "" {
			m.give(r, m.scans[id], MatchedByID)
		}
	}
	wanted := map[*scan]int{}
	for _, r := range unnamed {
		if r.candidates = m.candidates(r); len(r.candidates) == 1 {
			wanted[r.candidates[0]]++
		}
	}
	for _, r := range unnamed {
		switch {
		case len(r.candidates) == 0:
			r.reason = NoCandidate
		case len(r.candidates) > 1:
			r.reason = SeveralCandidates
		case wanted[r.candidates[0]] > 1:
			r.reason = SeveralRefunds
		default:
			m.give(r, r.candidates[0], MatchedByAmount)
		}
	}
	return len(m.matched) > before
}

// give takes a refund from what is left of its original.
func (m *matcher) give(r *refund, original *scan, by MatchedBy) {
	original.returned.Minor += r.Amount.Minor // at most the original's amount, as was checked
	r.original, r.matchedBy = original, by
	m.matched = append(m.matched, r)
}

// named says why a refund cannot give back what it names, "" when it can.
func (m *matcher) named(r *refund, original *scan) SetAsideReason {
	switch {
	case original == nil:
		return OriginalUnknown
	case original.MerchantID != r.MerchantID:
		return OtherMerchant
	case original.Amount.Currency != r.Amount.Currency:
		return OtherCurrency
	case r.At.Before(original.At):
		return BeforeOriginal
	case r.Amount.Minor > original.Amount.Minor-original.returned.Minor:
		r.exceeded = original
		return AboveOriginal
	}
	return ""
}

// candidates are the scans that a refund without an id may give back: whole ones, of which nothing was given back before.
func (m *matcher) candidates(r *refund) []*scan {
	var found []*scan
	for _, s := range m.byAmount[r.amountKey()] {
		if s.returned.Minor == 0 && !r.At.Before(s.At) && (r.StoreID == "" || s.StoreID == r.StoreID) {
			found = append(found, s)
		}
	}
	return found
}
