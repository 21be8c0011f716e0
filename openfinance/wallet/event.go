package wallet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Event is one movement of a wallet or of a coffre: a card purchase, a mobile-money transfer, a coffre sweep. Type, Rail and
// Status are open: a value that is not known passes through.
type Event struct {
	ID                 string
	Time               time.Time
	Type               string
	Rail               string // orange_money, mtn_momo, moov_money, wave, or one that comes later
	RailReference      string // the rail's own, kept for audit
	Status             string
	Amount             int64 // whole francs, negative is out
	Currency           string
	WalletID           string
	CounterpartyMasked string
	Scheme             string // of a card
	MCC                string // the merchant's category
	Merchant           string
	FXApplied          bool   // the amount was converted already: never convert it again
	Custodian          string // the bank of record
	CoffreID           string
	CorrelationID      string // ties the two halves of a sweep
	PendingID          string // the pending item that this one replaces
	ValueDate          Date   // zero when none is given
	Raw                json.RawMessage
}

// LogValue keeps what is personal out of a log.
func (e Event) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", e.ID), slog.String("type", e.Type), slog.String("status", e.Status))
}

// DecodeEvent reads one item as the gateway writes it. The error says what cannot be read. ErrFraction is an amount that is
// not whole; the page it came with must be refused.
func DecodeEvent(raw []byte) (Event, error) {
	if !json.Valid(raw) {
		return Event{Raw: bytes.Clone(raw)}, errNoObject
	}
	return decodeEvent(raw)
}

var errNoObject = errors.New("the item is no JSON object")

// decodeEvent reads valid JSON.
func decodeEvent(raw []byte) (Event, error) {
	e := Event{Raw: bytes.Clone(raw)}
	names := fieldNames()
	var fields [fieldCount]span
	if !eachMember(raw, func(name []byte, from, to int) {
		for i := range names {
			if string(name) == names[i] {
				fields[i] = span{from, to}
			}
		}
	}) {
		return e, errNoObject
	}
	if !utf8.Valid(raw) {
		return e, errors.New("the item is no UTF-8")
	}
	at, valueDate, problem := decodeTexts(&e, raw, &fields)
	if odd := checkID(&e, raw, &fields); problem == nil {
		problem = odd
	}
	if value := fields[fieldFXApplied].of(raw); given(value) && json.Unmarshal(value, &e.FXApplied) != nil && problem == nil {
		problem = errors.New("fx_applied is neither true nor false")
	}
	amount := fields[fieldAmount].of(raw)
	switch value, err := ParseAmount(amount); {
	case errors.Is(err, ErrFraction):
		return e, fmt.Errorf("amount_minor %s: %w", quoted(string(amount)), ErrFraction)
	case problem != nil:
		return e, problem
	case e.ID == "":
		return e, errors.New("id is missing")
	case amount == nil:
		return e, errors.New("amount_minor is missing")
	case err != nil:
		return e, fmt.Errorf("amount_minor: %w", err)
	default:
		e.Amount = value
	}
	var err error
	if e.Time, err = time.Parse(time.RFC3339Nano, at); err != nil {
		return e, errors.New("ts is no time such as 2026-05-28T09:14:02Z")
	}
	if valueDate != "" {
		if e.ValueDate, err = ParseDate(valueDate); err != nil {
			return e, fmt.Errorf("value_date: %w", err)
		}
	}
	return e, nil
}

// The fields of an item that are read: first those that are texts, as decodeTexts has them.
const (
	fieldID        = 0
	fieldPendingID = 17
	fieldFXApplied = 19
	fieldAmount    = 20
	fieldCount     = 21
)

func fieldNames() [fieldCount]string {
	return [fieldCount]string{
		"id", "ts", "type", "rail", "rail_reference", "rail_ref", "status", "currency", "wallet_id", "counterparty_masked", "scheme", "mcc",
		"merchant", "custodian", "bank_of_record", "coffre_id", "correlation_id", "pending_id", "value_date", "fx_applied", "amount_minor",
	}
}

// span is where a value stands; the zero value: nowhere.
type span struct{ from, to int }

func (s span) of(raw []byte) json.RawMessage {
	if s.to == 0 {
		return nil
	}
	return raw[s.from:s.to:s.to]
}

// given reports whether a field is there and not null.
func given(value json.RawMessage) bool { return value != nil && value[0] != 'n' }

// decodeTexts reads the fields that are texts into e, and returns those that are times. The error is the first of them that is
// no text.
func decodeTexts(e *Event, raw []byte, fields *[fieldCount]span) (at, valueDate string, problem error) {
	into := [...]*string{
		&e.ID, &at, &e.Type, &e.Rail, &e.RailReference, &e.RailReference, &e.Status, &e.Currency, &e.WalletID, &e.CounterpartyMasked, &e.Scheme,
		&e.MCC, &e.Merchant, &e.Custodian, &e.Custodian, &e.CoffreID, &e.CorrelationID, &e.PendingID, &valueDate,
	}
	whole := string(raw) // of which the texts are parts
	for i, text := range into {
		value := fields[i].of(raw)
		if !given(value) || *text != "" {
			continue
		}
		decoded, ok := stringOf(value, whole[fields[i].from:fields[i].to])
		if !ok && problem == nil {
			problem = fmt.Errorf("%s is no text", fieldNames()[i])
		}
		*text = decoded
	}
	return at, valueDate, problem
}

// MaxID is the longest id that an item can have, in bytes: it is a key in a store.
const MaxID = 512

// checkID clears ids that cannot be keys in a store, so that nobody looks for them there, and says what is wrong with the first.
func checkID(e *Event, raw []byte, fields *[fieldCount]span) (problem error) {
	for _, id := range []struct {
		name  string
		field int
		text  *string
	}{{"id", fieldID, &e.ID}, {"pending_id", fieldPendingID, &e.PendingID}} {
		var odd error
		switch text := *id.text; {
		case strings.IndexByte(text, 0) >= 0:
			odd = fmt.Errorf("%s has a NUL in it", id.name)
		case len(text) > MaxID:
			odd = fmt.Errorf("%s is longer than %d bytes", id.name, MaxID)
		case !exact(fields[id.field].of(raw), text):
			odd = fmt.Errorf("%s has half of a character", id.name)
		default:
			continue
		}
		*id.text = ""
		if problem == nil {
			problem = odd
		}
	}
	return problem
}

// exact reports whether a text is what its JSON says. What is no Unicode there, such as half of a surrogate pair, becomes U+FFFD,
// and two texts the same one.
func exact(value json.RawMessage, text string) bool {
	if !strings.ContainsRune(text, utf8.RuneError) {
		return true
	}
	written := bytes.Count(value, []byte("\uFFFD")) + bytes.Count(bytes.ToLower(value), []byte(`\ufffd`))
	return utf8.Valid(value) && strings.Count(text, "\uFFFD") == written
}

// Item is one entry of a page. Reason says why it could not be read; then of the Event only Raw and, where it has one, ID
// are of use.
type Item struct {
	Event

	Reason string
}

// Page is one answer of the transactions feed.
type Page struct {
	WalletID   string
	Currency   string // empty when the page does not say
	Balance    *int64 // whole francs; nil when the page does not say
	Items      []Item
	NextCursor string // empty when the page has none
}

// Bounds of a page. A gateway that goes beyond them would fill the memory of who reads it, or could not be asked again.
const (
	maxPageItems = 100_000
	maxCursor    = 16 << 10
)

// ErrPage is a page that must be refused as a whole.
var ErrPage = errors.New("the page is refused")

// DecodePage reads a page. An item that cannot be read stays in it with its Reason. The error matches ErrPage when the whole
// must be refused: no wallet_id, no items or more than 100,000, an amount with a fraction, a cursor that cannot be sent back.
func DecodePage(body []byte) (*Page, error) {
	if !json.Valid(body) {
		return nil, notJSON(body)
	}
	var walletID, currency, balance, items, cursor json.RawMessage
	if !eachMember(body, func(name []byte, from, to int) {
		value := json.RawMessage(body[from:to:to])
		switch string(name) {
		case "wallet_id":
			walletID = value
		case "currency":
			currency = value
		case "balance_minor":
			balance = value
		case "items":
			items = value
		case "next_cursor":
			cursor = value
		}
	}) {
		return nil, fmt.Errorf("%w: it is no JSON object", ErrPage)
	}
	page := &Page{}
	for _, field := range []struct {
		name  string
		value json.RawMessage
		into  *string
	}{{"wallet_id", walletID, &page.WalletID}, {"currency", currency, &page.Currency}, {"next_cursor", cursor, &page.NextCursor}} {
		if given(field.value) && json.Unmarshal(field.value, field.into) != nil {
			return nil, fmt.Errorf("%w: %s is of another type", ErrPage, field.name)
		}
	}
	var list []json.RawMessage
	if given(items) {
		var ok bool
		if list, ok = elements(items, maxPageItems+1); !ok {
			return nil, fmt.Errorf("%w: items is of another type", ErrPage)
		}
	}
	switch {
	case page.WalletID == "":
		return nil, fmt.Errorf("%w: wallet_id is missing", ErrPage)
	case items == nil:
		return nil, fmt.Errorf("%w: items is missing", ErrPage)
	case len(list) > maxPageItems:
		return nil, fmt.Errorf("%w: it has more than %d items", ErrPage, maxPageItems)
	}
	if err := checkCursor(cursor, page.NextCursor); err != nil {
		return nil, err
	}
	if given(balance) {
		amount, err := ParseAmount(balance)
		if err != nil {
			return nil, fmt.Errorf("%w: balance_minor: %w", ErrPage, err)
		}
		page.Balance = &amount
	}
	page.Items = slices.Grow(page.Items, len(list))
	for i, raw := range list {
		event, err := decodeEvent(raw)
		if errors.Is(err, ErrFraction) {
			return nil, fmt.Errorf("%w: item %d: %w", ErrPage, i+1, err)
		}
		item := Item{Event: event}
		if err != nil {
			item.Reason = err.Error()
		}
		page.Items = append(page.Items, item)
	}
	return page, nil
}

// checkCursor refuses a cursor that could not be sent back as it came.
func checkCursor(value json.RawMessage, text string) error {
	switch {
	case strings.ContainsRune(text, 0):
		return fmt.Errorf("%w: next_cursor has a NUL in it", ErrPage)
	case len(text) > maxCursor:
		return fmt.Errorf("%w: next_cursor is longer than %d bytes, which no request can carry", ErrPage, maxCursor)
	case !exact(value, text):
		return fmt.Errorf("%w: next_cursor is no Unicode: it could not be sent back as it is", ErrPage)
	}
	return nil
}

func notJSON(body []byte) error {
	if json.NewDecoder(bytes.NewReader(body)).Decode(new(json.RawMessage)) == nil {
		return fmt.Errorf("%w: something follows the JSON object", ErrPage)
	}
	return fmt.Errorf("%w: it is no JSON object", ErrPage)
}

// Check reports whether a page is that of the wallet and in its currency. The error matches ErrPage.
func (p *Page) Check(walletID, currency string) error {
	if p.WalletID != walletID {
		return fmt.Errorf("%w: it is of another wallet", ErrPage)
	}
	if p.Currency != "" && p.Currency != currency {
		return fmt.Errorf("%w: it is in %q and the wallet in %s", ErrPage, quoted(p.Currency), currency)
	}
	for i, item := range p.Items {
		if item.WalletID != "" && item.WalletID != walletID {
			return fmt.Errorf("%w: item %d is of another wallet", ErrPage, i+1)
		}
		if item.Currency != "" && item.Currency != currency {
			return fmt.Errorf("%w: item %d is in %q and the wallet in %s", ErrPage, i+1, quoted(item.Currency), currency)
		}
	}
	return nil
}
