package djamo

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/djamo/djamo-go/internal/decimals"
	"github.com/djamo/djamo-go/internal/redact"
)

// MSISDN is a phone number in E.164: a plus, the country code and the subscriber's number, digits only, such as
// +2250748710523. [ParseMSISDN] makes one from what a person typed; [MSISDN.Validate] checks one that was converted
// from a string. Numbers in responses are taken as they come: the API masks some (+22507XXXXXX00) and shortens others.
//
// A phone number is personal data, so an MSISDN masks itself wherever it is printed: with every verb of fmt that go vet
// accepts for a string, alone or in exported fields, pointers, slices and maps, and as a log/slog attribute. The whole
// number comes out of [MSISDN.E164], a conversion to string, and whatever writes values to the wire or a store: JSON, a
// database/sql argument, a go-querystring field. Two things follow. fmt cannot see the methods of a value in an
// unexported field, and a slog JSON handler encodes a whole struct or slice as JSON: give such a type a String or
// LogValue method of its own.
type MSISDN string

// Digits after the plus that E.164 and the numbering plans of Djamo's two countries allow.
const (
	minMSISDNDigits, maxMSISDNDigits = 8, 15

	countryCIV, subscriberCIV = "225", 10 // since 2021
	countrySEN, subscriberSEN = "221", 9
)

// ParseMSISDN reads a phone number that a person wrote, with the plus and the country code: +2250748710523 or
// +225 07 48 71 05 23. Spaces (plain or no-break), dots and hyphens between digits, and white space around the number,
// are removed. Everything else is refused, with an error that says what to write: a missing plus, 00 in place of it,
// letters, brackets, masked digits, the decimals of a program (.0), and a length that cannot be right (10 digits after
// +225, 9 after +221, 8 to 15 with the country code elsewhere).
//
// The error is a *[ValidationError]; the number in it is masked. Only the shape is checked: whether the number has a
// Djamo account is for the customer check to say.
func ParseMSISDN(s string) (MSISDN, error) {
	s = strings.TrimSpace(s)
	number := removeSeparators(s)
	rule := msisdnRule(number)
	if decimals.End(s) {
		rule = decimals.Rule
	}
	if rule != "" {
		return "", &ValidationError{Field: "msisdn", Value: excerpt(mask(s)), Rule: rule}
	}
	return MSISDN(number), nil
}

// Validate checks that m is a whole E.164 number, by the rules of [ParseMSISDN] but without separators. The error is a
// *[ValidationError]; the number in it is masked.
func (m MSISDN) Validate() error {
	if rule := msisdnRule(string(m)); rule != "" {
		return &ValidationError{Field: "msisdn", Value: excerpt(m.String()), Rule: rule}
	}
	return nil
}

// E164 returns the whole number, unmasked: for the wire and for stores, not for logs.
func (m MSISDN) E164() string { return string(m) }

// String returns the number masked: +22507******23.
func (m MSISDN) String() string { return mask(string(m)) }

// GoString returns the masked number as Go syntax.
func (m MSISDN) GoString() string { return "djamo.MSISDN(" + strconv.Quote(m.String()) + ")" }

// Format prints the masked number with any verb: without it, a mistaken %d would print the whole.
func (m MSISDN) Format(state fmt.State, verb rune) {
	if verb == 'v' && state.Flag('#') {
		_, _ = io.WriteString(state, m.GoString())
		return
	}
	_, _ = fmt.Fprintf(state, fmt.FormatString(state, verb), m.String())
}

// LogValue gives slog the masked number.
func (m MSISDN) LogValue() slog.Value { return slog.StringValue(m.String()) }

// EncodeValues writes the whole number into a query; it implements the Encoder of go-querystring, which would otherwise
// ask the API about the masked one.
func (m MSISDN) EncodeValues(key string, values *url.Values) error {
	values.Add(key, string(m))
	return nil
}

// matches reports whether got, from a response, can be m, the whole number that was sent. Responses were seen to mask
// digits and to leave some out, and may write the rest in any way, so only a digit that is shown can differ. A whole
// number that is masked, or shows as many digits as ours, is compared in place; a mask of another length stands for any
// digits; a number that is shortened must hold its digits in the order of ours.
func (m MSISDN) matches(got MSISDN) bool {
	if got == m || got == "" {
		return true
	}
	sent := strings.TrimPrefix(string(m), "+")
	visible, withCountry := visibleDigits(string(got))
	withCountry = withCountry || strings.HasPrefix(visible, sent[:min(len(sent), len(countryCIV))])
	parts := strings.Split(visible, "*")
	first, last := parts[0], parts[len(parts)-1]
	switch {
	case len(parts) == 1:
		return inOrder(sent, visible)
	case withCountry && len(visible) == len(sent):
		for i := range sent {
			if visible[i] != sent[i] && visible[i] != '*' {
				return false
			}
		}
		return true
	case !withCountry: // where a national number begins in ours depends on the country
		first = ""
	case !strings.HasPrefix(sent, first):
		return false
	}
	rest := sent[len(first):]
	return strings.HasSuffix(rest, last) &&
		inOrder(strings.TrimSuffix(rest, last), strings.TrimPrefix(strings.TrimSuffix(visible, last), first))
}

// visibleDigits is what a response shows of a number: its digits, and a star for anything that may stand for one. The
// second result says that it begins with the country code.
func visibleDigits(s string) (visible string, withCountry bool) {
	visible = strings.Map(func(r rune) rune {
		switch {
		case '0' <= r && r <= '9':
			return r
		case isSeparator(r), strings.ContainsRune("+()/,_\t", r):
			return -1
		}
		return '*'
	}, s)
	visible, doubleZero := strings.CutPrefix(visible, "00")
	return visible, doubleZero || strings.Contains(s, "+")
}

// inOrder reports whether the digits of part, stars aside, stand in whole in the same order.
func inOrder(whole, part string) bool {
	for i := range len(part) {
		if part[i] == '*' {
			continue
		}
		at := strings.IndexByte(whole, part[i])
		if at < 0 {
			return false
		}
		whole = whole[at+1:]
	}
	return true
}

// msisdnRule says what is wrong with a number, "" when nothing is.
func msisdnRule(number string) string {
	digits, plus := strings.CutPrefix(number, "+")
	switch {
	case number == "":
		return "must not be empty"
	case strings.HasPrefix(number, "00"):
		return "must start with + in place of 00, such as +225"
	case !plus:
		return "must start with + and the country code, such as +225"
	}
	for _, r := range digits {
		switch {
		case '0' <= r && r <= '9':
		case isMask(r):
			return "must be the whole number, without masked digits"
		case r == utf8.RuneError || !strconv.IsPrint(r):
			return fmt.Sprintf("must hold only digits after the plus, no invisible character such as %U", r)
		default:
			return fmt.Sprintf("must hold only digits after the plus, not %q", r)
		}
	}
	subscriber := len(digits) - len(countryCIV)
	switch {
	case strings.HasPrefix(digits, "0"):
		return "must start with a country code, and none starts with 0"
	case strings.HasPrefix(digits, countryCIV) && subscriber != subscriberCIV:
		return fmt.Sprintf("must have %d digits after +%s, the numbering since 2021, not %d", subscriberCIV, countryCIV, subscriber)
	case strings.HasPrefix(digits, countrySEN) && subscriber != subscriberSEN:
		return fmt.Sprintf("must have %d digits after +%s, not %d", subscriberSEN, countrySEN, subscriber)
	case len(digits) < minMSISDNDigits || len(digits) > maxMSISDNDigits:
		return fmt.Sprintf("must have %d to %d digits after the plus, not %d", minMSISDNDigits, maxMSISDNDigits, len(digits))
	}
	return ""
}

// removeSeparators removes what people put between digits. At either end it stays, for msisdnRule to name and refuse.
func removeSeparators(s string) string {
	rest := strings.TrimLeftFunc(strings.TrimPrefix(s, "+"), isSeparator)
	between := strings.TrimRightFunc(rest, isSeparator)
	digits := strings.Map(dropSeparator, between)
	if len(digits) == len(between) {
		return s
	}
	return s[:len(s)-len(rest)] + digits + rest[len(between):]
}

func dropSeparator(r rune) rune {
	if isSeparator(r) {
		return -1
	}
	return r
}

func isSeparator(r rune) bool {
	return r == ' ' || r == '\u00a0' || r == '\u202f' || r == '.' || r == '-'
}

// isMask reports whether r stands for a hidden digit, in our own masks or in those seen elsewhere.
func isMask(r rune) bool { return r == '*' || r == 'X' || r == 'x' || r == '•' }

// What a mask leaves to be seen of a number of full length: the country code, the operator and the end.
const maskHead, maskTail = 5, 2

// mask hides the middle of a phone number: +22507******23. Of a number too short for that, at least half is hidden. A
// value that shows no more than its mask would, such as one that came masked, stays as it is. Anything else a caller may
// have put in place of a number is hidden just the same, and cut if it is long.
func mask(s string) string {
	const maxLength = 32 // runes: twice an E.164 number
	length := 0
	for i := range s {
		if length++; length > maxLength {
			return mask(s[:i]) + "…"
		}
	}
	number := strings.TrimPrefix(s, "+")
	count, visible := 0, 0
	for _, r := range number {
		if !isSeparator(r) {
			count++
			if !isMask(r) {
				visible++
			}
		}
	}
	head, tail := maskHead, maskTail
	if count < 12 { // the shorter of the two countries' numbers
		tail = min(maskTail, count/2)
		head = count/2 - tail
	}
	if visible <= head+tail {
		return s
	}
	position := 0
	return s[:len(s)-len(number)] + strings.Map(func(r rune) rune {
		if isSeparator(r) {
			return r
		}
		position++
		if position <= head || position > count-tail || isMask(r) {
			return r
		}
		return '*'
	}, number)
}

// MaskPhones hides what may be a phone number in a text, such as a reference or a reason that came from elsewhere, before
// it is logged or shown: in every form the two countries write them, and in E.164. Other numbers stay as they are. A
// value that is a phone number is an [MSISDN], which masks itself.
func MaskPhones(text string) string { return redact.MaskPhones(text) }

// mayBePhone reports whether a value that was meant to be something else looks like a phone number with its separators,
// as when two columns of a file are swapped.
func mayBePhone(s string) bool {
	digits := 0
	for _, r := range s {
		if '0' <= r && r <= '9' {
			digits++
		}
	}
	s = strings.TrimLeft(s, "\"'( ")
	return digits >= minMSISDNDigits && (strings.HasPrefix(s, "+") || strings.HasPrefix(s, "0") && !strings.ContainsFunc(s, unicode.IsLetter))
}

// excerptLimit bounds what an error shows of a value, in bytes.
const excerptLimit = 40

// excerpt shows a value in an error text: bounded, on one line, and masked where it may be a phone number that was put
// into the wrong field.
func excerpt(s string) string {
	if mayBePhone(s) {
		s = mask(s)
	}
	s = redact.MaskPhones(s)
	more := ""
	if len(s) > excerptLimit {
		end := excerptLimit
		for end > 0 && !utf8.RuneStart(s[end]) {
			end--
		}
		s, more = s[:end], "…"
	}
	for _, r := range s {
		if r == utf8.RuneError || !strconv.IsPrint(r) {
			return strconv.Quote(s) + more
		}
	}
	return s + more
}
