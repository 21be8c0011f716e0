package money

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/djamo/djamo-go/internal/redact"
)

// ParseJSON reads an amount as gateways write it: a JSON number, or a JSON string that holds one. -2500.00, 184500, 1e3 and
// "12.50" are amounts where the currency has such fractions. It is exact: 184500.00 is read in DJF, 0.50 is ErrFraction and
// never rounded. An amount beyond 64 bits is ErrRange; anything else, and null, is an error that shows the value, phone numbers masked.
func ParseJSON(value json.RawMessage, c Currency) (Amount, error) {
	text := strings.Trim(string(value), " \t\r\n")
	if strings.HasPrefix(text, `"`) {
		var unquoted string
		if err := json.Unmarshal([]byte(text), &unquoted); err != nil {
			return Amount{}, fmt.Errorf("money: %s is no amount", clip(text))
		}
		text = unquoted
	}
	return Parse(text, c)
}

// Parse reads an amount in the form of a JSON number: digits, a point before decimals, a minus, an exponent. Separators of
// thousands, a comma, a plus, blanks and the name of a currency are refused: who writes them has to say how they are meant.
// The errors are those of ParseJSON.
func Parse(text string, c Currency) (Amount, error) {
	if err := c.check(); err != nil {
		return Amount{}, err
	}
	number, err := split(text)
	if err != nil {
		return Amount{}, err
	}
	minor, err := number.scaled(c.Exponent)
	if err != nil {
		return Amount{}, fmt.Errorf("money: %s %s: %w", clip(text), c.Code, err)
	}
	return Amount{Minor: minor, Currency: c}, nil
}

// decimal is a number as it is written: its digits without zeros at the front, and how many of them are decimals.
type decimal struct {
	negative bool
	digits   string
	decimals int
}

// maxPower bounds the power of ten of a number. One beyond it is no amount, whatever digits stand before it.
const maxPower = 1000

func split(text string) (decimal, error) {
	if text == "" || text[0] != '-' && (text[0] < '0' || text[0] > '9') || !json.Valid([]byte(text)) ||
		strings.ContainsAny(text, " \t\r\n") {
		return decimal{}, fmt.Errorf("money: %q is no amount: write it as -2500.00", clip(text))
	}
	digits, negative := strings.CutPrefix(text, "-")
	written := "0"
	if at := strings.IndexAny(digits, "eE"); at >= 0 {
		digits, written = digits[:at], digits[at+1:]
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	number := decimal{negative: negative, digits: strings.TrimLeft(whole+fraction, "0")}
	power, err := strconv.Atoi(written)
	switch {
	case number.digits == "": // nothing, whatever the power
	case err == nil && power >= -maxPower && power <= maxPower:
		number.decimals = len(fraction) - power
	case strings.HasPrefix(written, "-"):
		return decimal{}, fmt.Errorf("money: %s: %w", clip(text), ErrFraction)
	default:
		return decimal{}, fmt.Errorf("money: %s: %w", clip(text), ErrRange)
	}
	return number, nil
}

// scaled is the number times ten to the exponent, if that is whole.
func (d decimal) scaled(exponent int) (int64, error) {
	digits := d.digits
	if digits == "" {
		return 0, nil
	}
	switch shift := exponent - d.decimals; {
	case shift < 0:
		kept := max(0, len(digits)+shift)
		if strings.Trim(digits[kept:], "0") != "" || kept == 0 {
			return 0, ErrFraction
		}
		digits = digits[:kept]
	case len(digits)+shift > len("9223372036854775808"):
		return 0, ErrRange
	default:
		digits += strings.Repeat("0", shift)
	}
	if d.negative {
		digits = "-" + digits
	}
	minor, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, ErrRange
	}
	return minor, nil
}

// clip is what an error shows of a text: short, and without a whole phone number, which stands where an amount is expected when another
// column or field was named.
func clip(text string) string {
	const maxShown = 40
	text = redact.MaskPhones(text)
	if len(text) > maxShown {
		return strings.ToValidUTF8(text[:maxShown], "") + "…"
	}
	return text
}
