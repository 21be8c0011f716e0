package mycac

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// ErrPage is an answer of the gateway that must be refused as a whole.
var ErrPage = errors.New("mycac: the answer is refused")

// PageError says what is wrong with a page. It matches ErrPage. Nothing of the page was used.
type PageError struct {
	What  string // such as statement or loans
	Page  int    // that was asked for
	Line  int    // of the page, from 1; 0: it is about the page
	ID    string // of the line, where it has one
	Field string
	Value string // as the gateway wrote it, where it is a number, a date or a code; else what kind of value it is
	Rule  string // what it must be

	cause error
}

// Error names the page, the line and the field.
func (e *PageError) Error() string {
	text := fmt.Sprintf("%v: %s, page %d", ErrPage, e.What, e.Page)
	if e.Line > 0 {
		text += fmt.Sprintf(", line %d", e.Line)
	}
	if e.ID != "" {
		text += " (" + e.ID + ")"
	}
	text += ": " + e.Field
	if e.Value != "" {
		text += " " + e.Value
	}
	return text + " " + e.Rule
}

// Is matches ErrPage.
func (e *PageError) Is(target error) bool { return target == ErrPage }

// Unwrap returns what package money says of an amount, such as money.ErrFraction.
func (e *PageError) Unwrap() error { return e.cause }

// fields are the members of a JSON object, by their exact names, and the first thing that is wrong with them.
type fields struct {
	members map[string]json.RawMessage
	problem *PageError
}

// decodeFields reads an object. A member that comes twice is refused: readers do not agree on which counts.
func decodeFields(text []byte) (*fields, error) {
	f := &fields{members: map[string]json.RawMessage{}}
	var twice error
	err := eachField(text, func(name string, value json.RawMessage) error {
		if _, known := f.members[name]; known {
			twice = fmt.Errorf("must have each field once, and has %q twice", clip(name))
		}
		f.members[name] = value
		return twice
	})
	switch {
	case !utf8.Valid(text):
		return nil, errors.New("must be a JSON object")
	case twice != nil:
		return nil, twice
	case errors.Is(err, errFollows):
		return nil, errors.New("must be one JSON object")
	case err != nil:
		return nil, errors.New("must be a JSON object")
	}
	return f, nil
}

// fail notes what is wrong, unless something was before.
func (f *fields) fail(name, rule string, cause error) {
	if f.problem == nil {
		f.problem = &PageError{Field: name, Value: shownValue(f.members[name]), Rule: rule, cause: cause}
	}
}

// given returns a member that is there and not null.
func (f *fields) given(name string) (json.RawMessage, bool) {
	value, ok := f.members[name]
	return value, ok && string(value) != "null"
}

// text reads a text; empty when there is none.
func (f *fields) text(name string) (text string) {
	if value, ok := f.given(name); ok && json.Unmarshal(value, &text) != nil {
		f.fail(name, "must be a text", nil)
	}
	return text
}

// id reads a text that must be there and can be a key in a store.
func (f *fields) id(name string) string {
	const maxBytes = 512
	text := f.text(name)
	switch {
	case text == "":
		f.fail(name, "is missing", nil)
	case len(text) > maxBytes || strings.ContainsRune(text, 0):
		f.fail(name, "must have at most 512 bytes and no NUL", nil)
	}
	return text
}

// date reads a day; the zero Date when there is none.
func (f *fields) date(name string) wallet.Date {
	text := f.text(name)
	if text == "" {
		return wallet.Date{}
	}
	day, err := wallet.ParseDate(text)
	if err != nil {
		f.fail(name, "must be a date such as 2026-04-12", nil)
	}
	return day
}

// needDate reads a day that must be there.
func (f *fields) needDate(name string) wallet.Date {
	day := f.date(name)
	if day == (wallet.Date{}) {
		f.fail(name, "must be a date such as 2026-04-12", nil)
	}
	return day
}

// moment reads a time; zero when there is none.
func (f *fields) moment(name string) time.Time {
	text := f.text(name)
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		f.fail(name, "must be a time such as 2026-05-09T08:14:22Z", nil)
	}
	return at
}

// number reads a whole number of at least 0; 0 when there is none.
func (f *fields) number(name string) int {
	value, ok := f.given(name)
	if !ok {
		return 0
	}
	const maxNumber = 1_000_000_000
	number, err := strconv.Atoi(string(value))
	if err != nil || number < 0 || number > maxNumber {
		f.fail(name, "must be a whole number", nil)
	}
	return number
}

// amount reads an amount that must be there.
func (f *fields) amount(name string, c money.Currency) money.Amount {
	value, ok := f.given(name)
	if !ok {
		f.fail(name, "is missing", nil)
		return money.Amount{}
	}
	amount, err := money.ParseJSON(value, c)
	switch {
	case errors.Is(err, money.ErrFraction):
		f.fail(name, fmt.Sprintf("has a fraction that %s has not: it is never rounded", c.Code), err)
	case errors.Is(err, money.ErrRange):
		f.fail(name, "is beyond what can be counted", err)
	case err != nil:
		f.fail(name, "must be a number such as -2500.00", nil)
	}
	return amount
}

// maybeAmount reads an amount; nil when there is none.
func (f *fields) maybeAmount(name string, c money.Currency) *money.Amount {
	if _, ok := f.given(name); !ok {
		return nil
	}
	amount := f.amount(name, c)
	return &amount
}

// currency reads a currency; that of the whole when there is none.
func (f *fields) currency(name string, client *Client, whole money.Currency) money.Currency {
	code := f.text(name)
	if code == "" {
		if whole.Code == "" {
			f.fail(name, "is missing", nil)
		}
		return whole
	}
	c, ok := client.currency(code)
	if !ok {
		f.fail(name, "is not known: give it with its decimals in Options.Currencies", nil)
	}
	return c
}

// shownValue is a value as an error may show it. A text may hold a name or a phone number, so only what can be a number, a
// date or a code is shown.
func shownValue(raw json.RawMessage) string {
	text := strings.Trim(string(raw), `"`)
	isCode := len(text) == len("DJF") && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
	switch {
	case len(raw) == 0:
		return ""
	case strings.HasPrefix(text, "+") || strings.HasPrefix(text, "00"):
	case isCode, text != "" && strings.Trim(text, "0123456789.-eE+") == "":
		return clip(text)
	}
	switch raw[0] {
	case '"':
		return fmt.Sprintf("(a text of %d bytes)", len(raw)-2)
	case '{':
		return "(an object)"
	case '[':
		return "(a list)"
	}
	return "(" + clip(string(raw)) + ")"
}

func clip(text string) string {
	const maxShown = 40
	if len(text) > maxShown {
		return strings.ToValidUTF8(text[:maxShown], "") + "…"
	}
	return text
}
