package books

import (
	"encoding/csv"
	"io"
	"strings"
	"time"
)

// WriteCSV writes a statement as a table with commas and a first row of names, all of which are stable: a row for the opening
// balance, one for each movement with the balance behind it, then the sum of credits, the sum of debits and the closing
// balance. Amounts are decimals with a point. Nothing is written of a statement that does not add up.
func (s *Statement) WriteCSV(to io.Writer) error {
	totals, err := s.Totals()
	if err != nil {
		return err
	}
	out := csv.NewWriter(to)
	row := func(line, date, at, id, amount, balance string, more ...string) {
		more = append(more, "", "", "", "")[:4]
		for i := range more {
			more[i] = cell(clean(more[i]))
		}
		_ = out.Write(append([]string{ // Flush has the error
			line, cell(s.Account), s.Currency.Code, date, at, cell(id), amount, balance,
		}, more...))
	}
	_ = out.Write([]string{
		"line", "account", "currency", "value_date", "time", "tx_id", "amount", "balance", "type", "counterparty", "reference", "status",
	})
	row("opening", s.From.String(), "", "", "", s.Opening.Decimal())
	balance := s.Opening
	for i := range s.Movements {
		m := &s.Movements[i]
		balance, _ = balance.Add(m.Amount) // Totals has added it
		at := ""
		if !m.Time.IsZero() {
			at = m.Time.UTC().Format(time.RFC3339)
		}
		row("movement", s.date(m).String(), at, m.TxID, m.Amount.Decimal(), balance.Decimal(), m.Type, m.Counterparty, m.Reference, m.Status)
	}
	row("credits", "", "", "", totals.Credits.Decimal(), "")
	row("debits", "", "", "", totals.Debits.Decimal(), "")
	row("closing", s.To.String(), "", "", "", s.Closing.Decimal())
	out.Flush()
	return out.Error()
}

// cell keeps a spreadsheet from taking a text for a formula.
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
