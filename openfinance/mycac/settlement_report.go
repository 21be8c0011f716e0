package mycac

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/djamo/djamo-go/openfinance/wallet"
)

// Language is the language of what people read.
type Language string

// The languages. The zero value is English.
const (
	English Language = "en"
	French  Language = "fr"
)

// or chooses between an English and a French text.
func (l Language) or(english, french string) string {
	if l == French {
		return french
	}
	return english
}

func (l Language) check() error {
	switch l {
	case "", English, French:
		return nil
	}
	return fmt.Errorf("mycac: the language %q must be en or fr", string(l))
}

// settlementColumns are the columns of a settlement's CSV. New ones are added at the end.
func settlementColumns() []string {
	return []string{
		"day", "merchant_id", "store_id", "currency", "kind", "tx_id", "refund_id", "at", "amount", "net", "original_tx_id", "original_day",
		"matched_by", "late", "reason", "since", "closed_by", "closed_because",
	}
}

// WriteCSV writes a line for each scan, refund and refund set aside or closed, in the order of the settlement, with the same columns
// always. The column net has what a line adds to what the merchant is owed: the amount of a scan, the amount of a refund with a
// minus, and 0 for what is set aside or closed; added up by currency it is the net of the settlement. Amounts are exact, with a point and
// as many decimals as the currency has. Texts that a spreadsheet would take for a formula begin with an apostrophe.
func (s *Settlement) WriteCSV(w io.Writer) error {
	table := csv.NewWriter(w)
	if err := table.Write(settlementColumns()); err != nil {
		return err
	}
	for _, store := range s.Stores {
		for _, line := range store.Lines {
			net := line.Amount
			if line.Kind == CACPAYRefund {
				net.Minor = -net.Minor // above zero, so that it always has a negative
			}
			err := table.Write([]string{
				s.Day.String(), cell(store.MerchantID), cell(store.StoreID), store.Currency, string(line.Kind), cell(line.TxID), cell(line.RefundID),
				stamp(line.At), line.Amount.Decimal(), net.Decimal(), cell(line.OriginalID), line.OriginalDay.String(), string(line.MatchedBy),
				strconv.FormatBool(line.Late), "", "", "", "",
			})
			if err != nil {
				return err
			}
		}
	}
	for _, aside := range s.SetAside {
		if err := table.Write(append(aside.row(s.Day, "set-aside"), "", "")); err != nil {
			return err
		}
	}
	for _, closed := range s.Closed {
		if err := table.Write(append(closed.row(s.Day, "closed"), cell(closed.Closing.By), cell(closed.Closing.Reason))); err != nil {
			return err
		}
	}
	table.Flush()
	return table.Error()
}

// row is a line of the CSV up to the columns of a closing.
func (a SetAsideRefund) row(day wallet.Date, kind string) []string {
	none := a.Amount
	none.Minor = 0
	return []string{
		day.String(), cell(a.MerchantID), cell(a.StoreID), a.Amount.Currency.Code, kind, cell(a.TxID), cell(a.RefundID), stamp(a.At),
		a.Amount.Decimal(), none.Decimal(), cell(a.OriginalID), "", "", strconv.FormatBool(a.Since.Before(day)), string(a.Reason),
		a.Since.String(),
	}
}

// WriteJSON writes the settlement as one JSON object, with exact amounts.
func (s *Settlement) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(s)
}

// stamp writes a moment as computers read it.
func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// cell keeps a text from being a formula of a spreadsheet.
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return "'" + text
	}
	return text
}
