package payoutfile

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
)

// parseMSISDN is how a file's phone numbers are read: with the plus and the country code when no country is given, else
// also as they are written inside Côte d'Ivoire (CI) or Senegal (SN). A number in national form must be one that the
// country's numbering plan knows.
func parseMSISDN(country string) (func(string) (djamo.MSISDN, error), error) {
	country = strings.ToUpper(country)
	switch country {
	case "":
		return parseInternational, nil
	case "CI", "SN":
	default:
		return nil, lang.Errorf("the country must be CI or SN, not %q", country)
	}
	return func(text string) (djamo.MSISDN, error) {
		text = strings.TrimSpace(text)
		if strings.HasPrefix(text, "+") {
			if number, err := djamo.ParseMSISDN(text); err == nil || !holdsSeveral(text) {
				return number, err
			}
		}
		rule := cmp.Or(nationalRule(country, digitsOf(text)), writtenRule(text))
		if rule == "" {
			rule = "must be a phone number of " + country + ", or start with + and the country code"
		}
		refused := &djamo.ValidationError{Field: "msisdn", Value: djamo.MSISDN(text).String(), Rule: rule}
		digits, code := digitsOf(text), callingCode(country)
		for _, national := range []string{digits, strings.TrimPrefix(digits, code), strings.TrimPrefix(digits, "00"+code)} {
			if isNational(country, national) {
				return djamo.ParseMSISDN("+" + code + national)
			}
		}
		return "", refused
	}, nil
}

// parseInternational reads a number with its country. Where the country is missing it says why, and what to do.
func parseInternational(text string) (djamo.MSISDN, error) {
	number, err := djamo.ParseMSISDN(text)
	if err == nil {
		return number, nil
	}
	digits, rule := digitsOf(text), ""
	switch {
	case holdsSeveral(text), digits == "" && !strings.HasPrefix(text, "+"):
		rule = writtenRule(text)
	case digits == "":
	case isNational("CI", digits):
		rule = "is a national number of Côte d'Ivoire without its country: add --country CI, or write +225 before it"
	case isNational("CI", "0"+digits) && isNational("SN", digits):
		rule = "is a national number of Senegal without its country (--country SN), or one of Côte d'Ivoire that lost its first zero " +
			"in a number cell: then format the column as text, enter it again, and add --country CI"
	case isNational("SN", digits):
		rule = "is a national number of Senegal without its country: add --country SN, or write +221 before it"
	case isNational("CI", "0"+digits):
		rule = nationalRule("CI", digits) + ", and add --country CI"
	case strings.HasPrefix(digits, "225") && isNational("CI", digits[3:]), strings.HasPrefix(digits, "221") && isNational("SN", digits[3:]):
		rule = "has lost its plus, as a number cell does: format the column as text and write + before it, or add --country " +
			map[string]string{"225": "CI", "221": "SN"}[digits[:3]]
	default:
		rule = nationalRule("CI", digits)
	}
	if rule == "" {
		return number, err
	}
	return "", &djamo.ValidationError{Field: "msisdn", Value: djamo.MSISDN(text).String(), Rule: rule}
}

// nationalRule says why digits are no number of a country, where the cause is known; "" when it is not.
func nationalRule(country, digits string) string {
	const oldLength = 8
	switch {
	case country == "CI" && isNational("CI", "0"+digits) && isNational("SN", digits):
		return "has nine digits: it is a number of Senegal, to be written with +221, or one of Côte d'Ivoire that lost its first zero in a " +
			"number cell: ask which, format the column as text and enter it again"
	case country == "CI" && isNational("CI", "0"+digits):
		return "has lost its first zero, as a number cell does: format the column as text and enter it again"
	case country == "CI" && len(digits) == oldLength:
		return "has 8 digits, the numbering of Côte d'Ivoire before 2021: write the ten digits of today"
	}
	return ""
}

// Characters that phone numbers are written with, without and with that of their country.
const (
	inNational = "0123456789 .-()\u00a0\u202f"
	inNumbers  = inNational + "+"
)

// writtenRule says why a text is no phone number in any country, where the cause is seen in it; "" when it is not.
func writtenRule(text string) string {
	if holdsSeveral(text) {
		return "must be one phone number, and the cell holds more than one: keep the one that is to be paid"
	}
	for _, r := range text {
		switch {
		case strings.ContainsRune(inNumbers, r):
		case unicode.IsPrint(r):
			return fmt.Sprintf("must hold only digits, not %q", r)
		default:
			return fmt.Sprintf("must hold only digits, no invisible character such as %U", r)
		}
	}
	return ""
}

// holdsSeveral reports whether a text holds two phone numbers or more: 07 48 71 05 23 / 05 48 71 05 23.
func holdsSeveral(text string) bool {
	const minDigits, maxDigits = 8, 17 // digits of a number, with 00 before the country
	numbers, digits := 0, 0
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return !strings.ContainsRune(inNumbers, r) }) {
		n := 0
		for _, r := range part {
			if '0' <= r && r <= '9' {
				n++
			}
		}
		if digits += n; n >= minDigits {
			numbers++
		}
	}
	return numbers > 1 || digits > maxDigits
}

// digitsOf are the digits of a number that has nothing but separators between them; "" for anything else.
func digitsOf(text string) string {
	if strings.Trim(text, inNational) != "" {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}
