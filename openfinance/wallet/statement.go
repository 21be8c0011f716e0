package wallet

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// StatementFormat declares how a statement file is written. Nothing is guessed: 1.000 is a thousand in one file and one in
// another.
type StatementFormat struct {
	Comma     rune           // between columns; 0: a comma
	Decimal   rune           // before a fraction, which must be zero; 0: amounts have no fraction
	Thousands rune           // between thousands; 0: none
	Layout    string         // of dates and times, as time.Parse reads it; empty: 2006-01-02
	Location  *time.Location // of times without a zone; nil: UTC, which is the time of Abidjan and Dakar
	Columns   StatementColumns
}

// StatementColumns names the columns of the header row. Date is required, and either Amount, signed, or Debit and Credit.
type StatementColumns struct {
	ID, Date, Amount, Debit, Credit, Type, Rail, RailReference, Counterparty, Status string
}

// StatementError lists every row that cannot be read. Nothing of the file was taken.
type StatementError struct {
	Rows []string // line and reason
}

// Error lists the first rows and says how many there are.
func (e *StatementError) Error() string {
	const maxShown = 20
	shown := e.Rows
	if len(shown) > maxShown {
		shown = append(shown[:maxShown:maxShown], fmt.Sprintf("and %d more", len(e.Rows)-maxShown))
	}
	return "wallet: the statement cannot be read, nothing was taken from it:\n  " + strings.Join(shown, "\n  ")
}

// ImportStatement reads a statement file, whole or not at all. A row without an id gets one made of its content and of how
// many equal rows stand above it, so that two equal purchases stay two and the same file read twice gives the same ids.
func ImportStatement(file io.Reader, format StatementFormat) ([]Event, error) {
	reader := csv.NewReader(file)
	reader.FieldsPerRecord = -1
	if format.Comma != 0 {
		reader.Comma = format.Comma
	}
	header, err := reader.Read()
	if err != nil {
		return nil, &StatementError{Rows: []string{"line 1: there is no header row"}}
	}
	at, err := format.columns(header)
	if err != nil {
		return nil, &StatementError{Rows: []string{"line 1: " + err.Error()}}
	}
	var events []Event
	var bad []string
	equal := map[string]int{}
	ids := map[string]int{}
	for {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := reader.FieldPos(0)
		if err != nil {
			return nil, &StatementError{Rows: append(bad, fmt.Sprintf("line %d: it is no CSV: %v", line, errors.Unwrap(err)))}
		}
		if len(row) != len(header) {
			bad = append(bad, fmt.Sprintf("line %d: it has %d columns, the header %d", line, len(row), len(header)))
			continue
		}
		event, err := format.event(at, row, equal)
		if earlier, twice := ids[event.ID]; err == nil && twice {
			err = fmt.Errorf("the id stands in line %d already", earlier)
		}
		if err != nil {
			bad = append(bad, fmt.Sprintf("line %d: %v", line, err))
			continue
		}
		ids[event.ID] = line
		events = append(events, event)
	}
	if len(bad) > 0 {
		return nil, &StatementError{Rows: bad}
	}
	return events, nil
}

// columns finds where the declared columns stand.
func (f StatementFormat) columns(header []string) (map[string]int, error) {
	at := map[string]int{}
	for i, name := range header {
		name = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))
		if _, twice := at[name]; twice && name != "" {
			return nil, fmt.Errorf("column %q stands there twice", quoted(name))
		}
		at[name] = i
	}
	c := f.Columns
	switch {
	case c.Date == "":
		return nil, errors.New("Columns.Date must be declared")
	case (c.Amount == "") == (c.Debit == "" && c.Credit == ""):
		return nil, errors.New("either Columns.Amount or Columns.Debit and Columns.Credit must be declared")
	}
	var missing []string
	for _, name := range []string{c.ID, c.Date, c.Amount, c.Debit, c.Credit, c.Type, c.Rail, c.RailReference, c.Counterparty, c.Status} {
		if _, ok := at[name]; name != "" && !ok {
			missing = append(missing, strconv.Quote(name))
		}
	}
	if len(missing) > 0 {
		for i, name := range header {
			header[i] = quoted(name) // of a file without a header it is a row
		}
		return nil, fmt.Errorf("there is no column %s; the columns are %q", strings.Join(missing, ", "), header)
	}
	return at, nil
}

// event reads one row.
func (f StatementFormat) event(at map[string]int, row []string, equal map[string]int) (Event, error) {
	cell := func(name string) string {
		if name == "" {
			return ""
		}
		return strings.TrimSpace(row[at[name]])
	}
	c := f.Columns
	layout, location := f.Layout, f.Location
	if layout == "" {
		layout = time.DateOnly
	}
	if location == nil {
		location = time.UTC
	}
	var e Event
	var err error
	if e.Time, err = time.ParseInLocation(layout, cell(c.Date), location); err != nil {
		return e, fmt.Errorf("%s %q is not written as %s", c.Date, quoted(cell(c.Date)), layout)
	}
	e.ValueDate = DateOf(e.Time)
	if e.Amount, err = f.amount(cell); err != nil {
		return e, err
	}
	e.ID, e.Type, e.Rail, e.RailReference = cell(c.ID), cell(c.Type), cell(c.Rail), cell(c.RailReference)
	e.CounterpartyMasked, e.Status = cell(c.Counterparty), cell(c.Status)
	if e.ID == "" {
		content := strings.Join(
			[]string{
				e.Time.UTC().Format(time.RFC3339),
				strconv.FormatInt(e.Amount, 10),
				e.Type,
				e.Rail,
				e.RailReference,
				e.CounterpartyMasked,
			},
			"\x1f",
		)
		equal[content]++
		sum := sha256.Sum256([]byte(content + "\x1f" + strconv.Itoa(equal[content])))
		e.ID = "stmt_" + hex.EncodeToString(sum[:12])
	}
	e.Raw, err = json.Marshal(map[string]any{
		"id": e.ID, "ts": e.Time.Format(time.RFC3339), "type": e.Type, "rail": e.Rail, "rail_reference": e.RailReference,
		"amount_minor":        e.Amount,
		"counterparty_masked": e.CounterpartyMasked, "status": e.Status, "value_date": e.ValueDate.String(),
	})
	return e, err
}

// amount reads the signed amount, or a debit or a credit.
func (f StatementFormat) amount(cell func(string) string) (int64, error) {
	c := f.Columns
	if c.Amount != "" {
		return f.parse(c.Amount, cell(c.Amount))
	}
	debit, credit := cell(c.Debit), cell(c.Credit)
	name, text := c.Credit, credit
	if debit != "" {
		name, text = c.Debit, debit
	}
	if (debit == "") == (credit == "") {
		return 0, fmt.Errorf("exactly one of %s and %s must have an amount", c.Debit, c.Credit)
	}
	amount, err := f.parse(name, text)
	if err == nil && amount < 0 {
		return 0, fmt.Errorf("%s %q must not be negative", name, quoted(text))
	}
	if debit != "" {
		amount = -amount
	}
	return amount, err
}

// parse reads an amount with the declared separators.
func (f StatementFormat) parse(name, text string) (int64, error) {
	wrong := fmt.Errorf("%s %q is no whole amount with the declared separators", name, quoted(text))
	number, sign := text, ""
	if rest, ok := strings.CutPrefix(number, "-"); ok {
		number, sign = rest, "-"
	} else {
		number = strings.TrimPrefix(number, "+")
	}
	if f.Decimal != 0 {
		whole, fraction, _ := strings.Cut(number, string(f.Decimal))
		if strings.Trim(fraction, "0") != "" {
			return 0, fmt.Errorf("%s %q: %w", name, quoted(text), ErrFraction)
		}
		number = whole
	}
	if f.Thousands != 0 {
		groups := strings.Split(number, string(f.Thousands))
		for i, group := range groups {
			if len(groups) > 1 && (i > 0 && len(group) != 3 || i == 0 && (len(group) == 0 || len(group) > 3)) {
				return 0, wrong
			}
		}
		number = strings.Join(groups, "")
	}
	if number == "" || strings.Trim(number, "0123456789") != "" {
		return 0, wrong
	}
	amount, err := strconv.ParseInt(sign+number, 10, 64)
	if err != nil {
		return 0, wrong
	}
	return amount, nil
}
