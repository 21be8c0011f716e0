package djamo

import (
	"fmt"
	"math"
	"math/bits"
	"net/url"
	"strconv"
	"strings"
)

// XOF is an amount in West African CFA francs. The franc has no minor unit: XOF(15_000) is fifteen thousand francs,
// as 15000 is on the wire. Amounts are never fractions and never floats. Sums that could leave the range of an
// int64 go through [XOF.Add], [XOF.Sub], [XOF.Mul] and [SumXOF], which report ErrOverflow instead of wrapping round.
//
// An XOF is written to JSON as a plain integer. With the fmt verb %d it prints plain digits, with %v and %s the form
// of [XOF.String].
type XOF int64

// ErrOverflow is a calculation, by [XOF.Add], [XOF.Sub], [XOF.Mul] or [SumXOF], whose exact result does not fit an
// XOF. The result that comes with it is 0 and must not be used.
const ErrOverflow ErrorCode = "amount overflow"

// Why an amount is refused. Both the JSON reader and ParseXOF speak these words.
const (
	ruleWholeFrancs  = "must be a whole number of francs, written in digits"
	ruleLeadingZero  = "must not start with a zero"
	ruleAmountRange  = "must lie between -9223372036854775808 and 9223372036854775807"
	ruleNoPlus       = "must be written without a plus sign"
	ruleExactGroups  = "must be whole francs in exact groups of three digits (50 000, 50.000 or 50,000): anything else could be read two ways"
	ruleOneSeparator = "must use one kind of separator throughout"
)

const narrowSpace = "\u202f" // narrow no-break space: an amount never breaks across lines

// ParseXOF reads an amount that a person wrote: 50000, 50 000, 50.000, 50,000, -3120, and what [XOF.String] writes.
//
// A separator (a space, plain or no-break, a dot or a comma; one kind throughout) is taken for a thousands separator
// only where the grouping is exact: one to three digits, then groups of exactly three. So 5.000 is five thousand, as
// Djamo's documentation writes its limits. What could be read two ways, such as 50.5, 5,00 or 0.500, is refused, never
// guessed; so are leading zeros, which mark a phone number or a code rather than an amount. A unit may follow, in any
// case: FCFA, F CFA, CFA or XOF.
//
// The error is a *[ValidationError] that shows the value, bounded, and the rule. Whether an amount is positive or within
// a limit is not checked here.
func ParseXOF(s string) (XOF, error) {
	digits, rule := ungroup(cutUnit(strings.TrimSpace(s)))
	if rule == "" {
		var n int64
		if n, rule = readWhole(digits); rule == "" {
			return XOF(n), nil
		}
	}
	return 0, &ValidationError{Field: "amount", Value: excerpt(s), Rule: rule}
}

// SumXOF adds amounts up. The sum of none is 0. It fails with [ErrOverflow] only if the exact total does not fit, so the
// order of the amounts makes no difference.
func SumXOF(amounts ...XOF) (XOF, error) {
	var low, high uint64 // 128 bits in two's complement: no number of int64s that fits in memory can leave them
	for _, amount := range amounts {
		var carry uint64
		low, carry = bits.Add64(low, uint64(amount), 0)
		high += uint64(amount>>63) + carry
	}
	if total := XOF(low); high == uint64(total>>63) {
		return total, nil
	}
	return 0, fmt.Errorf("%w: the sum of %d amounts", ErrOverflow, len(amounts))
}

// Add returns x + y, or [ErrOverflow].
func (x XOF) Add(y XOF) (XOF, error) {
	sum := x + y
	if (sum > x) != (y > 0) {
		return 0, fmt.Errorf("%w: %d + %d", ErrOverflow, x, y)
	}
	return sum, nil
}

// Sub returns x - y, or [ErrOverflow].
func (x XOF) Sub(y XOF) (XOF, error) {
	difference := x - y
	if (difference < x) != (y > 0) {
		return 0, fmt.Errorf("%w: %d - %d", ErrOverflow, x, y)
	}
	return difference, nil
}

// Mul returns x times n, or [ErrOverflow].
func (x XOF) Mul(n int64) (XOF, error) {
	product := x * XOF(n)
	// -1 times the lowest number wraps round to that number, and so does the division that should show it.
	if x != 0 && (product/x != XOF(n) || x == -1 && n == math.MinInt64) {
		return 0, fmt.Errorf("%w: %d * %d", ErrOverflow, x, n)
	}
	return product, nil
}

// String writes the amount for people: XOF(50_000) is "50 000 FCFA", with narrow no-break spaces (U+202F) so that it
// never wraps. [ParseXOF] reads it back.
func (x XOF) String() string {
	sign, digits := "", strconv.FormatInt(int64(x), 10)
	if x < 0 {
		sign, digits = "-", digits[1:]
	}
	text := make([]byte, 0, len("-9 223 372 036 854 775 808 FCFA")+7*len(narrowSpace))
	text = append(text, sign...)
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			text = append(text, narrowSpace...)
		}
		text = append(text, digits[i])
	}
	return string(append(text, narrowSpace+"FCFA"...))
}

// UnmarshalJSON reads a JSON integer, signed, as encoding/json reads an int64 (-0 is 0). A string, a fraction, an
// exponent, a leading zero, a number out of range and any other JSON value is an error that shows the value, bounded:
// none of them is rounded or guessed. null leaves the amount as it was, as it does everywhere in encoding/json.
func (x *XOF) UnmarshalJSON(data []byte) error {
	n, rule := readWhole(data)
	if rule == "" {
		*x = XOF(n)
		return nil
	}
	if string(data) == "null" {
		return nil
	}
	if rule == ruleWholeFrancs {
		rule = "must be a JSON integer in whole francs, without quotes, fraction or exponent"
	}
	return fmt.Errorf("djamo: amount: %s, got %s", rule, excerpt(string(data)))
}

// EncodeValues writes the amount into a query as plain digits; it implements the Encoder of go-querystring, which would
// otherwise write the form of [XOF.String].
func (x XOF) EncodeValues(key string, values *url.Values) error {
	values.Add(key, strconv.FormatInt(int64(x), 10))
	return nil
}

// readWhole reads an optional minus and digits. It is the one place where text becomes an amount; rule is "" when it
// did.
func readWhole[T string | []byte](text T) (n int64, rule string) {
	digits, limit := text, uint64(1<<63-1)
	if len(text) > 0 && text[0] == '-' {
		digits, limit = text[1:], 1<<63
	}
	var magnitude uint64
	for i := range len(digits) {
		digit := digits[i] - '0'
		if digit > 9 {
			return 0, ruleWholeFrancs
		}
		magnitude = magnitude*10 + uint64(digit) // wraps round beyond 19 digits, which are refused below
	}
	switch {
	case len(digits) == 0:
		return 0, ruleWholeFrancs
	case len(digits) > 1 && digits[0] == '0':
		return 0, ruleLeadingZero
	case len(digits) > 19 || magnitude > limit:
		return 0, ruleAmountRange
	case len(digits) != len(text):
		return -int64(magnitude), ""
	}
	return int64(magnitude), ""
}

// cutUnit removes a currency from the end of s, and the spaces before it.
func cutUnit(s string) string {
	if len(s) < 3 {
		return s
	}
	number, unit := s[:len(s)-3], s[len(s)-3:]
	switch {
	case strings.EqualFold(unit, "XOF"):
	case strings.EqualFold(unit, "CFA"):
		number = strings.TrimSpace(number)
		number = strings.TrimSuffix(strings.TrimSuffix(number, "F"), "f")
	default:
		return s
	}
	return strings.TrimSpace(number)
}

// ungroup removes thousands separators where the grouping is exact; rule is "" when it is.
func ungroup(s string) (digits, rule string) {
	sign, body := "", s
	if strings.HasPrefix(s, "-") {
		sign, body = "-", s[1:]
	}
	switch {
	case strings.HasPrefix(body, "+"):
		return "", ruleNoPlus
	case strings.ContainsFunc(body, func(r rune) bool { return !strings.ContainsRune("0123456789., \u00a0\u202f", r) }):
		return "", ruleWholeFrancs
	}
	ungrouped := make([]byte, 0, len(s))
	ungrouped = append(ungrouped, sign...)
	var separator rune // 0 until one is met
	group := 0         // digits since the last separator
	for _, r := range body {
		if r == '\u00a0' || r == '\u202f' {
			r = ' ' // no reader can tell these spaces apart
		}
		switch {
		case '0' <= r && r <= '9':
			ungrouped = append(ungrouped, byte(r))
			group++
		case separator != 0 && r != separator:
			return "", ruleOneSeparator
		case group == 0 || group > 3 || (separator != 0 && group != 3):
			return "", ruleExactGroups
		default:
			separator, group = r, 0
		}
	}
	if separator != 0 && group != 3 {
		return "", ruleExactGroups
	}
	return string(ungrouped), ""
}
