package mycac

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// ErrSalariesUnreadable is a payroll file that is no JSON of the expected shape, or too large. Nothing of it was used.
var ErrSalariesUnreadable = errors.New("mycac: the salaries cannot be read")

// ReadSalaries reads and checks a payroll in JSON:
//
//	{"reference": "salaries-2026-11", "account": "DJ21…", "currency": "DJF", "execution_date": "2026-11-30", "total": 265000,
//	 "entries": [
//	   {"reference": "E-001", "name": "Awa Example", "iban": "DJ21…", "amount": 145000, "description": "November"},
//	   {"reference": "E-002", "name": "Omar Example", "phone": "+253 77 81 02 34", "amount": "120000.00"}]}
//
// An entry has iban or phone. execution_date, description and total may be left out; a total that is given must be that of the
// entries. Amounts are exact: a fraction that the currency does not have is refused. Fields that are not known, and fields that
// come twice, are refused: they may be misspelt or meant otherwise.
//
// The error is an *[InputError] that names each bad entry with its index and field, or matches ErrSalariesUnreadable. Nothing is
// used of a file with one bad entry.
func ReadSalaries(r io.Reader, options SalaryOptions) (*SalaryPlan, error) {
	options = options.withDefaults()
	text, err := io.ReadAll(io.LimitReader(r, options.MaxBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrSalariesUnreadable, err)
	case int64(len(text)) > options.MaxBytes:
		return nil, fmt.Errorf("%w: it is longer than %d bytes: make several files, each with a reference of its own", ErrSalariesUnreadable,
			options.MaxBytes)
	}
	read := salaryReader{options: options, text: text}
	plan, total, err := read.plan(bytes.TrimPrefix(text, []byte("\uFEFF")))
	if err != nil {
		return nil, err
	}
	finished, err := finishPlan(plan, options, &read.problems)
	if err == nil && total != nil && *total != finished.Total {
		read.problems.addf(whole, "total", total.Decimal(), "is not what the entries add up to, %s: an entry is missing, doubled or wrong",
			finished.Total.Decimal())
		return nil, read.problems.err("salaries")
	}
	return finished, err
}

// salaryReader reads one file and notes what is wrong with it.
type salaryReader struct {
	options  SalaryOptions
	text     []byte
	problems problemList
}

// plan reads the file; only what is not of its shape is an error.
func (s *salaryReader) plan(text []byte) (plan SalaryPlan, total *money.Amount, err error) {
	fields, err := objectFields(text)
	if err != nil {
		return plan, nil, fmt.Errorf("%w: %w", ErrSalariesUnreadable, err)
	}
	s.known(whole, fields, "reference", "account", "currency", "execution_date", "total", "entries")
	plan.Reference = s.string(whole, fields, "reference")
	plan.Account = s.string(whole, fields, "account")
	if date := s.string(whole, fields, "execution_date"); date != "" {
		if plan.Execution, err = wallet.ParseDate(date); err != nil || len(date) != len("2026-11-30") {
			s.problems.add(whole, "execution_date", date, "must be a date such as 2026-11-30")
		}
	}
	currency, known := s.currency(fields)
	if raw, given := fields.get("total"); given && known {
		amount, err := money.ParseJSON(raw, currency)
		if err != nil {
			s.problems.add(whole, "total", string(raw), err.Error())
		} else {
			total = &amount
		}
	}
	raw, _ := fields.get("entries")
	entries, err := arrayItems(raw, s.options.MaxEntries)
	if err != nil {
		return plan, nil, fmt.Errorf("%w: entries: %w", ErrSalariesUnreadable, err)
	}
	for i, item := range entries {
		plan.Entries = append(plan.Entries, s.entry(i, item, currency, known))
	}
	return plan, total, nil
}

func (s *salaryReader) currency(fields jsonFields) (currency money.Currency, known bool) {
	code := s.string(whole, fields, "currency")
	if code == "" {
		s.problems.add(whole, "currency", "", "is missing: write DJF, USD or EUR")
		return currency, false
	}
	currency, err := (CACPAYDecoder{Currencies: s.options.Currencies}).currency(code)
	if err != nil {
		s.problems.add(whole, "currency", code, "is not known: write DJF, USD or EUR")
		return currency, false
	}
	return currency, true
}

// entry reads one entry. What is wrong with it is noted, and what is noted here is not noted again by the checks of a plan.
func (s *salaryReader) entry(i int, text []byte, currency money.Currency, known bool) SalaryEntry {
	e := SalaryEntry{Amount: money.Amount{Minor: 1, Currency: currency}} // so that an amount that is wrong is wrong once
	fields, err := objectFields(text)
	if err != nil {
		s.problems.add(i, "entry", "", "must be an object: "+err.Error())
		e.Reference, e.Name, e.IBAN = fmt.Sprintf("unread-%d", i+1), "unread", unreadIBAN
		return e
	}
	s.known(i, fields, "reference", "name", "iban", "phone", "amount", "description")
	e.Reference, e.Name = s.string(i, fields, "reference"), s.string(i, fields, "name")
	e.Description = s.string(i, fields, "description")
	if text := s.string(i, fields, "iban"); text != "" {
		if e.IBAN, err = ParseIBAN(text); err != nil {
			_, rule, _ := strings.Cut(err.Error(), `" `)
			s.problems.add(i, "iban", maskIBAN(strings.Join(strings.Fields(text), "")), rule)
			e.IBAN = unreadIBAN
		}
	}
	if text := s.string(i, fields, "phone"); text != "" {
		if e.Phone, err = djamo.ParseMSISDN(text); err != nil {
			e.Phone = djamo.MSISDN(text) // the checks of a plan refuse it
		}
	}
	raw, given := fields.get("amount")
	if !given {
		s.problems.add(i, "amount", "", "is missing")
		return e
	}
	if known {
		amount, err := money.ParseJSON(raw, currency)
		if err != nil {
			s.problems.add(i, "amount", string(raw), err.Error())
			return e
		}
		e.Amount = amount
	}
	return e
}

// unreadIBAN stands for one that was noted as wrong already. No plan with one is finished.
const unreadIBAN IBAN = "DJ2100010000000154000100186"

// known refuses fields that nobody reads.
func (s *salaryReader) known(i int, fields jsonFields, names ...string) {
	for _, field := range fields {
		if !slices.Contains(names, field.name) {
			s.problems.addf(i, shownText(field.name), "", "is not a field that is read: known are %s", strings.Join(names, ", "))
		}
	}
}

// string reads a text; one that is missing or null is empty.
func (s *salaryReader) string(i int, fields jsonFields, name string) string {
	raw, given := fields.get(name)
	if !given || string(raw) == "null" {
		return ""
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		s.problems.add(i, name, "", "must be a text in quotes")
	}
	return text
}

// jsonFields are the fields of an object, in their order.
type jsonFields []jsonField

type jsonField struct {
	name string
	raw  json.RawMessage
}

func (f jsonFields) get(name string) (raw json.RawMessage, given bool) {
	for _, field := range f {
		if field.name == name {
			return field.raw, true
		}
	}
	return nil, false
}

// objectFields reads an object and nothing after it. A field that comes twice is an error: readers do not agree on which counts.
func objectFields(text []byte) (jsonFields, error) {
	const maxFields = 100
	var fields jsonFields
	err := eachField(text, func(name string, raw json.RawMessage) error {
		if _, twice := fields.get(name); twice {
			return fmt.Errorf("the field %s comes twice", shownText(name))
		}
		if fields = append(fields, jsonField{name: name, raw: raw}); len(fields) > maxFields {
			return errors.New("it has too many fields")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return fields, nil
}

// arrayItems reads an array of at most so many items.
func arrayItems(text []byte, limit int) ([]json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if token, err := decoder.Token(); err != nil || token != json.Delim('[') {
		return nil, errors.New("must be a list")
	}
	var items []json.RawMessage
	for decoder.More() {
		if len(items) == limit {
			return nil, fmt.Errorf("are more than %d: make several files, each with a reference of its own", limit)
		}
		var item json.RawMessage
		if err := decoder.Decode(&item); err != nil {
			return nil, jsonError(err)
		}
		items = append(items, item)
	}
	return items, nil
}
