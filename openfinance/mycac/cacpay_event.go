package mycac

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// CACPAYKind is what an event means for a settlement.
type CACPAYKind string

// The kinds of events.
const (
	CACPAYScan   CACPAYKind = "scan"   // a customer has paid a merchant
	CACPAYRefund CACPAYKind = "refund" // a merchant has given money back
	CACPAYOther  CACPAYKind = "other"  // an event that this package does not count: it is kept as it came
)

// CACPAYEvent is a webhook of CACPAY. Fields that it does not have are empty; Raw has all that came.
type CACPAYEvent struct {
	Kind       CACPAYKind
	Name       string // as it came, such as cacpay.scan.confirmed: an open set
	MerchantID string
	StoreID    string // empty where the merchant has one store
	TxID       string
	RefundID   string       // of a refund that has an id beside tx_id
	OriginalID string       // the tx_id of the scan that a refund gives back; empty where nobody says
	Amount     money.Amount // positive for scans and refunds alike; zero, without a currency, when none came
	At         time.Time    // when it happened; zero when nobody says
	Raw        json.RawMessage
}

// ID names the event: two copies have the same, and two events have two. A refund and its scan are two events, and so are two
// refunds of one scan that have a refund_id.
func (e CACPAYEvent) ID() string {
	if e.TxID == "" { // an event that this package does not count
		return cacpayKey(e.Name, e.Digest())
	}
	return cacpayKey(e.Name, e.TxID, e.RefundID)
}

// Key is the ID and what the event says: a copy with another amount has another key, so that it is not dropped as a repeat.
func (e CACPAYEvent) Key() string { return cacpayKey(e.ID(), e.Digest()) }

// Digest is the same for every copy that says the same: how the JSON is written makes no difference, nor do fields that are
// not known.
func (e CACPAYEvent) Digest() string {
	at := ""
	if !e.At.IsZero() {
		at = e.At.UTC().Format(time.RFC3339Nano)
	}
	content := cacpayKey(string(e.Kind), e.MerchantID, e.StoreID, e.OriginalID, strconv.FormatInt(e.Amount.Minor, 10),
		e.Amount.Currency.Code, at)
	if e.Kind == CACPAYOther {
		content = cacpayKey(content, compactJSON(e.Raw))
	}
	return digestOf([]byte(content))
}

// Day is the day on which it happened, in a zone; nil is [Djibouti].
func (e CACPAYEvent) Day(zone *time.Location) wallet.Date {
	if zone == nil {
		zone = Djibouti()
	}
	return wallet.DateOf(e.At.In(zone))
}

// LogValue names the event without what it is about.
func (e CACPAYEvent) LogValue() slog.Value {
	return slog.GroupValue(slog.String("event", e.Name), slog.String("tx_id", e.TxID), slog.String("merchant_id", e.MerchantID))
}

// Djibouti is the time of Africa/Djibouti: three hours ahead of UTC, all year. It needs no time zone database.
func Djibouti() *time.Location {
	const eastAfrica = 3 * 60 * 60
	return time.FixedZone("Africa/Djibouti", eastAfrica)
}

// CACPAYDecoder reads webhooks. The zero value knows the events that are assumed where the bank says nothing.
type CACPAYDecoder struct {
	Scans      []string         // names of events that are scans; empty: cacpay.scan.confirmed
	Refunds    []string         // names of events that are refunds; empty: cacpay.scan.refunded and cacpay.refund.confirmed
	Currencies []money.Currency // beside those of package money
}

func (d CACPAYDecoder) kind(name string) CACPAYKind {
	scans, refunds := d.Scans, d.Refunds
	if len(scans) == 0 {
		scans = []string{"cacpay.scan.confirmed"}
	}
	if len(refunds) == 0 {
		refunds = []string{"cacpay.scan.refunded", "cacpay.refund.confirmed"}
	}
	switch {
	case slices.Contains(scans, name):
		return CACPAYScan
	case slices.Contains(refunds, name):
		return CACPAYRefund
	}
	return CACPAYOther
}

// Decode reads a webhook. Names of events and fields that are not known are kept. A scan or a refund must have a merchant, an
// amount above zero that its currency can have, and a time. The error matches ErrCACPAYBody and names the field.
func (d CACPAYDecoder) Decode(body []byte) (CACPAYEvent, error) {
	var fields map[string]json.RawMessage // and not a struct, which would take "Amount" for "amount"
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		return CACPAYEvent{}, fmt.Errorf("%w: it is no JSON object", ErrCACPAYBody)
	}
	e := CACPAYEvent{Raw: slices.Clone(body)}
	for _, field := range []struct {
		name string
		into *string
	}{
		{"event", &e.Name}, {"tx_id", &e.TxID}, {"refund_id", &e.RefundID}, {"merchant_id", &e.MerchantID}, {"store_id", &e.StoreID},
		{"original_tx_id", &e.OriginalID},
	} {
		if err := decodeText(fields, field.name, field.into); err != nil {
			return CACPAYEvent{}, err
		}
	}
	if e.Name == "" {
		return CACPAYEvent{}, fmt.Errorf("%w: event is missing", ErrCACPAYBody)
	}
	if e.Kind = d.kind(e.Name); e.Kind == CACPAYOther {
		e.At, _ = decodeMoment(fields, "scanned_at") // whatever else it says stays in Raw
		return e, nil
	}
	if e.TxID == "" || e.MerchantID == "" {
		return CACPAYEvent{}, fmt.Errorf("%w: it needs tx_id and merchant_id", ErrCACPAYBody)
	}
	if err := d.decodeMoney(fields, &e); err != nil {
		return CACPAYEvent{}, err
	}
	moment := "scanned_at"
	if _, has := fields["refunded_at"]; has && e.Kind == CACPAYRefund {
		moment = "refunded_at"
	}
	var err error
	e.At, err = decodeMoment(fields, moment)
	return e, err
}

func (d CACPAYDecoder) decodeMoney(fields map[string]json.RawMessage, e *CACPAYEvent) error {
	var code string
	if err := decodeText(fields, "currency", &code); err != nil {
		return err
	}
	currency, err := d.currency(code)
	if err != nil {
		return fmt.Errorf("%w: currency: %w", ErrCACPAYBody, err)
	}
	raw, has := fields["amount"]
	if !has {
		return fmt.Errorf("%w: amount is missing", ErrCACPAYBody)
	}
	if e.Amount, err = money.ParseJSON(raw, currency); err != nil {
		return fmt.Errorf("%w: amount: %w", ErrCACPAYBody, err)
	}
	if e.Amount.Minor <= 0 {
		return fmt.Errorf("%w: amount %s must be above zero: an event says by its name that money is given back", ErrCACPAYBody,
			shownText(string(raw)))
	}
	return nil
}

// decodeText reads a field that is a text, without control characters and at most so long; one that is missing or null stays empty.
func decodeText(fields map[string]json.RawMessage, name string, into *string) error {
	const maxLength = 200
	raw, has := fields[name]
	if !has || string(raw) == "null" {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%w: %s must be a text", ErrCACPAYBody, name)
	}
	isControl := func(r rune) bool { return r < ' ' || r == '\u007f' || r == '\ufffd' }
	if len(*into) > maxLength || strings.ContainsFunc(*into, isControl) || strings.TrimSpace(*into) != *into {
		return fmt.Errorf("%w: %s must have at most %d bytes and neither control characters nor spaces around it", ErrCACPAYBody, name, maxLength)
	}
	return nil
}

// decodeMoment reads a time with its zone.
func decodeMoment(fields map[string]json.RawMessage, name string) (time.Time, error) {
	var text string
	if json.Unmarshal(fields[name], &text) != nil {
		return time.Time{}, fmt.Errorf("%w: %s must be a time such as 2026-05-09T08:14:22Z", ErrCACPAYBody, name)
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: %s %s must be a time such as 2026-05-09T08:14:22Z", ErrCACPAYBody, name, shownText(text))
	}
	return at, nil
}

// compactJSON writes JSON without the white space between its parts.
func compactJSON(raw []byte) string {
	var value any
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return string(raw)
	}
	compact, err := json.Marshal(value) // with sorted keys
	if err != nil {
		return string(raw)
	}
	return string(compact)
}

// currency finds a currency by its code.
func (d CACPAYDecoder) currency(code string) (money.Currency, error) {
	for _, currency := range d.Currencies {
		if currency.Code == code {
			return currency, nil
		}
	}
	currency, ok := money.Lookup(code)
	if !ok {
		return currency, fmt.Errorf("%s is not known: give it in Currencies, with its exponent", shownText(code))
	}
	return currency, nil
}
