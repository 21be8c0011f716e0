package money

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Decimal is the amount for programs and exports: digits, a point, and always as many decimals as the currency has, such as
// -2500.00. Parse reads it again.
func (a Amount) Decimal() string {
	whole, fraction := a.parts()
	if fraction != "" {
		return whole + "." + fraction
	}
	return whole
}

// String is the amount with its code, such as -2500.00 USD; it implements fmt.Stringer.
func (a Amount) String() string { return strings.TrimSuffix(a.Decimal()+" "+a.Currency.Code, " ") }

// English is the amount for people who read English: -2,500.00 USD. The blank does not break a line.
func (a Amount) English() string { return a.text(",", ".", "-") }

// French is the amount for people who read French: −2 500,00 USD, with narrow blanks that do not break a line.
func (a Amount) French() string { return a.text("\u202f", ",", "−") }

func (a Amount) text(thousands, point, minus string) string {
	whole, fraction := a.parts()
	digits, negative := strings.CutPrefix(whole, "-")
	var b strings.Builder
	if negative {
		b.WriteString(minus)
	}
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(thousands)
		}
		b.WriteRune(digit)
	}
	if fraction != "" {
		b.WriteString(point + fraction)
	}
	if a.Currency.Code != "" {
		b.WriteString("\u00a0" + a.Currency.Code)
	}
	return b.String()
}

// parts are the digits before and after the point.
func (a Amount) parts() (whole, fraction string) {
	exponent := min(max(a.Currency.Exponent, 0), MaxExponent)
	digits, negative := strings.CutPrefix(strconv.FormatInt(a.Minor, 10), "-")
	if missing := exponent + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	whole, fraction = digits[:len(digits)-exponent], digits[len(digits)-exponent:]
	if negative {
		whole = "-" + whole
	}
	return whole, fraction
}

// encoded is an amount in JSON. The amount is a string, because programs in other languages read numbers as floats.
type encoded struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// MarshalJSON encodes the amount as {"amount":"-2500.00","currency":"USD"}.
func (a Amount) MarshalJSON() ([]byte, error) {
	return json.Marshal(encoded{Amount: a.Decimal(), Currency: a.Currency.Code})
}

// UnmarshalJSON decodes what MarshalJSON writes. A currency that Lookup does not know has as many decimals as are written.
// An empty currency is read for the zero Amount alone.
func (a *Amount) UnmarshalJSON(data []byte) error {
	var e encoded
	if err := json.Unmarshal(data, &e); err != nil {
		return fmt.Errorf("money: an amount must be {\"amount\":\"…\",\"currency\":\"…\"}: %w", err)
	}
	if e == (encoded{Amount: "0"}) {
		*a = Amount{}
		return nil
	}
	c, ok := Lookup(e.Currency)
	if !ok {
		_, fraction, _ := strings.Cut(e.Amount, ".")
		c = Currency{Code: e.Currency, Exponent: len(fraction)}
	}
	amount, err := Parse(e.Amount, c)
	if err != nil {
		return err
	}
	*a = amount
	return nil
}
