package wallet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/djamo/djamo-go/internal/redact"
	"github.com/djamo/djamo-go/openfinance/money"
)

// ErrFraction is an amount that is not a whole number of francs.
var ErrFraction = errors.New("the amount has a fraction")

// ParseAmount reads a JSON number exactly, as whole francs: 5000, -3120, 5000.0 and 5e3 are amounts. A number with a fraction
// is ErrFraction; a text, or a number beyond int64, is another error.
func ParseAmount(number json.RawMessage) (int64, error) {
	number = bytes.TrimSpace(number)
	if len(number) == 0 || number[0] == '"' {
		return 0, fmt.Errorf("%s is no number", quoted(string(number)))
	}
	amount, err := money.ParseJSON(number, money.XOF())
	switch {
	case errors.Is(err, money.ErrFraction):
		return 0, ErrFraction
	case errors.Is(err, money.ErrRange):
		return 0, fmt.Errorf("%s is beyond what an amount can be", quoted(string(number)))
	case err != nil:
		return 0, fmt.Errorf("%s is no number", quoted(string(number)))
	}
	return amount.Minor, nil
}

// Add adds two amounts; ok is false when the sum is beyond int64.
func Add(a, b int64) (sum int64, ok bool) {
	sum = a + b
	return sum, (sum > a) == (b > 0)
}

// Sub subtracts b from a; ok is false when the difference is beyond int64.
func Sub(a, b int64) (difference int64, ok bool) {
	difference = a - b
	return difference, (difference < a) == (b > 0)
}

// quoted is what an error quotes of a text that came from outside: where another column or field was named, that may be a phone number.
func quoted(text string) string { return clip(redact.MaskPhones(text)) }

func clip(text string) string {
	const maxShown = 40
	if len(text) > maxShown {
		return strings.ToValidUTF8(text[:maxShown], "") + "…"
	}
	return text
}
