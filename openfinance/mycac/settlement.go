package mycac

import (
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// ErrContradiction is an event that came twice and does not say the same.
var ErrContradiction = errors.New("cacpay: the event came twice and says something else")

// SettlementEntry is an event and the settlement that it is part of.
type SettlementEntry struct {
	CACPAYEvent

	// Settled is the day of that settlement, where it is not the event's own day: an event that came after its day was settled
	// is part of the next settlement. Zero: the event's own day.
	Settled wallet.Date
	// Closed is a refund that a person has closed; nil: nobody has. It is set aside up to the day before Closing.Settled.
	Closed *Closing
}

// SettlementParams says what is settled.
type SettlementParams struct {
	Day  wallet.Date
	Zone *time.Location // whose days; nil: Africa/Djibouti
	// Entries are the events of the day and all that came before, in any order: a refund may give back what was paid months ago.
	// Later ones are left out, and so is what is neither a scan nor a refund. A copy of an event counts once.
	Entries iter.Seq2[SettlementEntry, error]
}

// Settlement is what merchants are owed for a day. In each currency the gross less the refunds is the net, for each store and
// in all.
type Settlement struct {
	Day    wallet.Date       `json:"day"`
	Zone   string            `json:"zone"`
	Totals []SettlementTotal `json:"totals"` // one for each currency, in the order of their codes
	Stores []StoreSettlement `json:"stores"` // in the order of merchants, stores and currencies
	// SetAside are the refunds, of this day and earlier ones, that could not be matched with what they give back. They are in no
	// sum above. Each is listed in every settlement until its original is found, or a person has closed it.
	SetAside []SetAsideRefund `json:"set_aside"`
	// Closed are the refunds that a person has closed since the settlement before. They are in no sum either.
	Closed []ClosedRefund `json:"closed"`
}

// SettlementTotal is a day in one currency.
type SettlementTotal struct {
	Currency string       `json:"currency"`
	Scans    int          `json:"scans"`
	Refunded int          `json:"refunded"` // how many refunds
	Gross    money.Amount `json:"gross"`
	Refunds  money.Amount `json:"refunds"` // positive
	Net      money.Amount `json:"net"`     // negative where more was given back than paid
}

// StoreSettlement is a day of a store of a merchant in one currency.
type StoreSettlement struct {
	SettlementTotal

	MerchantID string           `json:"merchant_id"`
	StoreID    string           `json:"store_id,omitempty"`
	Lines      []SettlementLine `json:"lines"` // in the order in which they happened
}

// MatchedBy says how a refund was matched with its original.
type MatchedBy string

// How a refund is matched.
const (
	MatchedByID     MatchedBy = "id"             // it names its original
	MatchedByAmount MatchedBy = "only-candidate" // of all scans exactly one can be its original
)

// SettlementLine is a scan, or a refund that was matched.
type SettlementLine struct {
	Kind     CACPAYKind   `json:"kind"`
	TxID     string       `json:"tx_id"`
	RefundID string       `json:"refund_id,omitempty"`
	At       time.Time    `json:"at"`
	Amount   money.Amount `json:"amount"` // positive

	OriginalID  string      `json:"original_tx_id,omitempty"` // of a refund, as is what follows
	OriginalDay wallet.Date `json:"original_day,omitzero"`
	MatchedBy   MatchedBy   `json:"matched_by,omitempty"`
	// Late is a scan or a refund of an earlier day, and a refund of what an earlier settlement has paid out.
	Late bool `json:"late,omitempty"`
}

// SetAsideReason says why a refund was not netted.
type SetAsideReason string

// Why a refund is set aside.
const (
	OriginalUnknown   SetAsideReason = "original-unknown"   // it names a scan that never came
	NoCandidate       SetAsideReason = "no-candidate"       // it names none, and no scan has its merchant, currency and amount
	SeveralCandidates SetAsideReason = "several-candidates" // it names none, and several scans may be meant
	SeveralRefunds    SetAsideReason = "several-refunds"    // it names none, and another refund may mean the same scan
	AboveOriginal     SetAsideReason = "above-original"     // more would be given back than was paid
	OtherCurrency     SetAsideReason = "other-currency"     // its original is in another currency
	OtherMerchant     SetAsideReason = "other-merchant"     // its original is another merchant's
	BeforeOriginal    SetAsideReason = "before-original"    // it happened before its original
)

// SetAsideRefund is a refund that a person must look at. Nobody's settlement was reduced by it.
type SetAsideRefund struct {
	ID         string         `json:"id"` // of the event, by which Journal.CloseRefund closes it
	MerchantID string         `json:"merchant_id"`
	StoreID    string         `json:"store_id,omitempty"`
	TxID       string         `json:"tx_id"`
	RefundID   string         `json:"refund_id,omitempty"`
	At         time.Time      `json:"at"`
	Since      wallet.Date    `json:"since"` // the first settlement that had it
	Amount     money.Amount   `json:"amount"`
	Reason     SetAsideReason `json:"reason"`
	OriginalID string         `json:"original_tx_id,omitempty"` // that it names
	Candidates []string       `json:"candidates,omitempty"`     // the tx_ids of scans that may be meant, at most 10
	Remaining  *money.Amount  `json:"remaining,omitempty"`      // with above-original: what is left of the original to give back
}

// Settlements settles a day: what each store of each merchant has taken, given back, and is owed, in each currency.
//
// A refund is matched by the tx_id that it names; one that names none is matched when exactly one scan before it, of its
// merchant, its store where it names one, its currency and its amount, was given back to nobody. Otherwise it is set aside and
// never netted; so is one that would give more back than was paid, alone or together with earlier ones. A refund is netted in
// the settlement of the first day on which it can be matched, at the store it names or else at its original's.
//
// The same entries give the same settlement, in whatever order they come, and settlements of days that are over do not change
// with entries of later ones. The error is what Entries yields, ErrContradiction, or a sum beyond int64.
func Settlements(params SettlementParams) (*Settlement, error) {
	if !isDate(params.Day) {
		return nil, fmt.Errorf("mycac: SettlementParams.Day %q must be a date such as 2026-05-09", params.Day)
	}
	if params.Entries == nil {
		return nil, errors.New("mycac: SettlementParams.Entries is missing")
	}
	if params.Zone == nil {
		params.Zone = Djibouti()
	}
	days, err := params.collect()
	if err != nil {
		return nil, err
	}
	m := newMatcher()
	for _, day := range days {
		m.settle(day)
	}
	return m.report(params)
}
