package djamo

import (
	"fmt"
	"math"
	"math/bits"
	"net/url"
	"strconv"
	"strings"
	"unicode"
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
	ruleJSONNumber   = "must be a whole number of francs, as a JSON number without quotes"
	ruleExactGroups  = "must be whole francs in exact groups of three digits: anything else could be read two ways"
	ruleOneSeparator = "must use one kind of separator throughout"

	understood = " (understood are 50000, 50 000, 50.000, 50,000, 50 000,00, 50 000 F, 50 000 FCFA and XOF 50 000)"
)

const narrowSpace = "\u202f" // narrow no-break space: an amount never breaks across lines

// ParseXOF reads an amount that a person wrote: 50000, 50 000, 50.000, 50,000, 50 000,00, -3120, and what [XOF.String]
// writes.
//
// A separator (a space of any width, a dot or a comma; one kind throughout) is taken for a thousands separator only where
// the grouping is exact: one to three digits, then groups of exactly three. So 5.000 is five thousand, as Djamo's
// documentation writes its limits. A comma or a dot and one or two zeros at the end are no francs, where they cannot be a
// group that was cut off: after groups that are separated otherwise, or after four digits or more. What could be read two
// ways, such as 50.5, 5,00 or 0.500, is refused, never guessed; so are leading zeros, which mark a phone number or a code
// rather than an amount. A unit may stand before or after the number, in any case: FCFA, F CFA, F.CFA, CFA, F, XOF, franc,
// francs or francs CFA.
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
	if rule != ruleAmountRange {
		rule += understood
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

// UnmarshalJSON reads a JSON number that is whole, however it is written: 50000, 50000.0 and 5e4 are the same amount. It
// calculates with the digits, so the amount is exact. A number that is not whole, such as 50.5, a number out of range, a
// leading zero, a string and any other JSON value is an error that shows the value, bounded: nothing is rounded or guessed.
// null leaves the amount as it was, as it does everywhere in encoding/json.
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
		if n, rule = readNumber(data); rule == "" {
			*x = XOF(n)
			return nil
		}
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

// readNumber reads a JSON number with a fraction or an exponent, exactly; rule is "" when it is a whole one. It counts digits
// and never makes a floating-point number.
func readNumber[T string | []byte](text T) (n int64, rule string) {
	unsigned, sign := string(text), ""
	if strings.HasPrefix(unsigned, "-") {
		unsigned, sign = unsigned[1:], "-"
	}
	mantissa, exponent := unsigned, 0
	if at := strings.IndexAny(unsigned, "eE"); at >= 0 {
		var ok bool
		if exponent, ok = readExponent(unsigned[at+1:]); !ok {
			return 0, ruleJSONNumber
		}
		mantissa = unsigned[:at]
	}
	whole, fraction, pointed := strings.Cut(mantissa, ".")
	switch {
	case !isDigits(whole), pointed && !isDigits(fraction):
		return 0, ruleJSONNumber
	case len(whole) > 1 && whole[0] == '0':
		return 0, ruleLeadingZero
	}
	digits := strings.TrimLeft(whole+fraction, "0")
	exponent -= len(fraction)
	significant := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(significant)
	const maxDigits = 19
	switch {
	case significant == "":
		return 0, ""
	case exponent < 0:
		return 0, ruleJSONNumber
	case exponent > maxDigits || len(significant) > maxDigits:
		return 0, ruleAmountRange
	}
	return readWhole(sign + significant + strings.Repeat("0", exponent))
}

// readExponent reads what follows an e. An exponent beyond any length of text stays so.
func readExponent(text string) (exponent int, ok bool) {
	const beyond = 1 << 27 // ten times as much fits an int of 32 bits
	digits := strings.TrimLeft(text, "+-")
	if !isDigits(digits) || len(text)-len(digits) > 1 {
		return 0, false
	}
	for i := range len(digits) {
		exponent = min(10*exponent+int(digits[i]-'0'), beyond)
	}
	if text[0] == '-' {
		return -exponent, true
	}
	return exponent, true
}

// isDigits reports one digit or more and nothing else.
func isDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// cutUnit removes a currency from the end of s or from its start, and the spaces between it and the number.
func cutUnit(s string) string {
	if end := strings.LastIndexFunc(s, isDigit) + 1; end > 0 && isUnit(s[end:]) {
		return s[:end]
	}
	start := strings.IndexFunc(s, isDigit)
	if start > 0 && s[start-1] == '-' {
		start-- // the sign
	}
	if start > 0 && isUnit(s[:start]) {
		return s[start:]
	}
	return s
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// isUnit reports whether a text names the franc, in any of its spellings.
func isUnit(text string) bool {
	text = strings.TrimSpace(text)
	if text == "" || strings.HasPrefix(text, ".") {
		return false
	}
	if letters := strings.Split(text, "-"); len(letters) == 2 && letters[0] != "" && letters[1] != "" {
		text = letters[0] + letters[1] // F-CFA
	}
	switch strings.ToUpper(strings.Map(dropUnitMark, text)) {
	case "F", "FR", "FRS", "FCFA", "FRCFA", "FRSCFA", "CFA", "CFAF", "XOF", "FXOF", "FRANC", "FRANCS", "FRANCCFA", "FRANCSCFA",
		"CFAFRANC", "CFAFRANCS":
		return true
	}
	return false
}

func dropUnitMark(r rune) rune {
	if r == '.' || unicode.Is(unicode.Zs, r) {
		return -1
	}
	return r
}

// ungroup removes thousands separators where the grouping is exact, and a fraction of nothing; rule is "" when it could.
func ungroup(s string) (digits, rule string) {
	sign, body := "", s
	if strings.HasPrefix(s, "-") {
		sign, body = "-", s[1:]
	}
	body = strings.Map(plainSpace, body)
	switch {
	case strings.HasPrefix(body, "+"):
		return "", ruleNoPlus
	case strings.ContainsFunc(body, func(r rune) bool { return !isDigit(r) && !strings.ContainsRune("., ", r) }):
		return "", ruleWholeFrancs
	}
	body = cutFraction(body)
	ungrouped := make([]byte, 0, len(s))
	ungrouped = append(ungrouped, sign...)
	var separator rune // 0 until one is met
	group := 0         // digits since the last separator
	for _, r := range body {
		switch {
		case isDigit(r):
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

// plainSpace makes a space of any width an ordinary one: no reader can tell them apart.
func plainSpace(r rune) rune {
	if unicode.Is(unicode.Zs, r) {
		return ' '
	}
	return r
}

// cutFraction removes a fraction of nothing, such as the ",00" of 50 000,00. In 5,00 it may be what is left of 5,000, so
// there it stays.
func cutFraction(s string) string {
	at := strings.LastIndexAny(s, ".,")
	if at < 0 {
		return s
	}
	whole, zeros := s[:at], s[at+1:]
	if zeros != "0" && zeros != "00" || strings.ContainsRune(whole, rune(s[at])) {
		return s
	}
	const longerThanAGroup = 4
	if len(whole) >= longerThanAGroup && isDigit(rune(whole[len(whole)-1])) {
		return whole
	}
	return s
}
