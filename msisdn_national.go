package djamo

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/djamo/djamo-go/internal/decimals"
)

// ParseNationalMSISDN reads a phone number as people of a country write it, without the country code, and adds that:
// ParseNationalMSISDN("CI", "07 48 71 05 23") is +2250748710523. The country is CI or SN, in either case.
//
// Spaces of any kind, dots, dashes, brackets and the invisible marks that spreadsheets and telephones copy along are removed.
// Ten digits of Côte d'Ivoire begin with 01, 05, 07, 21, 25 or 27; nine digits of Senegal begin with 7 or 3. A number with the
// country code of that same country (+225 …, 00225 …, 225 …) is read as it is.
//
// Everything else is refused, and nothing is guessed: the 8 digits that Ivorian numbers had before 2021, since their new
// beginning depends on the operator; a number that has lost its first zero in a spreadsheet; a number of another country. The
// error is a *[ValidationError] with the number masked, which says what to do. Whether the number has a Djamo account is for
// the customer check to say.
func ParseNationalMSISDN(country, number string) (MSISDN, error) {
	plan, ok := planOf(country)
	if !ok {
		return "", &ValidationError{Field: "country", Value: excerpt(country), Rule: "must be CI or SN"}
	}
	digits := strings.Map(dropWriting, number)
	refuse := func(rule string) (MSISDN, error) {
		return "", &ValidationError{Field: "msisdn", Value: excerpt(mask(digits)), Rule: rule}
	}
	switch {
	case digits == "":
		return "", &ValidationError{Field: "msisdn", Rule: "must not be empty"}
	case decimals.End(strings.TrimSpace(number)):
		return refuse(decimals.Rule)
	}
	if international, ok := plan.international(digits); ok {
		if old, own := strings.CutPrefix(international, "+"+plan.code); own && plan.isOld(old) {
			return refuse(plan.rule(old))
		}
		if rule := msisdnRule(international); rule != "" {
			return refuse(rule)
		}
		if !strings.HasPrefix(international, "+"+plan.code) {
			return refuse("must be a number of " + plan.name + " (+" + plan.code + "): read one of another country with ParseMSISDN")
		}
		digits = strings.TrimPrefix(international, "+"+plan.code)
	}
	for _, r := range digits {
		switch {
		case '0' <= r && r <= '9':
		case isMask(r):
			return refuse("must be the whole number, without masked digits")
		case unicode.IsPrint(r):
			return refuse(fmt.Sprintf("must hold only digits, not %q", r))
		default:
			return refuse(fmt.Sprintf("must hold only digits, no invisible character such as %U", r))
		}
	}
	if rule := plan.rule(digits); rule != "" {
		return refuse(rule)
	}
	return MSISDN("+" + plan.code + digits), nil
}

// numberingPlan is how the numbers of a country look.
type numberingPlan struct {
	name, code string
	length     int
	beginnings []string
}

func planOf(country string) (numberingPlan, bool) {
	switch strings.ToUpper(strings.TrimSpace(country)) {
	case "CI", "CIV":
		return numberingPlan{"Côte d'Ivoire", countryCIV, subscriberCIV, []string{"01", "05", "07", "21", "25", "27"}}, true
	case "SN", "SEN":
		return numberingPlan{"Senegal", countrySEN, subscriberSEN, []string{"7", "3"}}, true
	}
	return numberingPlan{}, false
}

// international is the number with its plus, if it has a country code: by a plus, by 00, or by this country's code in a number
// that is as long as one with it.
func (p numberingPlan) international(digits string) (string, bool) {
	switch {
	case strings.HasPrefix(digits, "+"):
		return digits, true
	case strings.HasPrefix(digits, "00"):
		return "+" + digits[2:], true
	case strings.HasPrefix(digits, p.code) && (len(digits) == len(p.code)+p.length || p.isOld(digits[len(p.code):])):
		return "+" + digits, true
	}
	return "", false
}

// rule says what is wrong with a national number, "" when nothing is.
func (p numberingPlan) rule(digits string) string {
	switch isCIV := p.code == countryCIV; {
	case p.isOld(digits):
		return "has 8 digits, as before 2021: since then 01 (Moov), 05 (MTN) or 07 (Orange) stands before a mobile number, " +
			"and 21, 25 or 27 before a fixed one; ask the payee for the 10 digits"
	case isCIV && len(digits) == p.length-1 && strings.ContainsRune("157", rune(digits[0])):
		return "has 9 digits: it may have lost its first zero, as in a spreadsheet, or be a number of Senegal; it must have 10"
	case len(digits) != p.length:
		return fmt.Sprintf("must have %d digits in %s, not %d", p.length, p.name, len(digits))
	}
	for _, beginning := range p.beginnings {
		if strings.HasPrefix(digits, beginning) {
			return ""
		}
	}
	return "must begin with " + strings.Join(p.beginnings, ", ") + ", as numbers in " + p.name + " do"
}

// isOld reports whether a number is one of Côte d'Ivoire of before 2021.
func (p numberingPlan) isOld(digits string) bool {
	const oldCIV = 8
	return p.code == countryCIV && len(digits) == oldCIV && isDigits(digits)
}

// dropWriting removes what people and their programs put around and between digits.
func dropWriting(r rune) rune {
	switch {
	case unicode.IsSpace(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Dash, r), r == '\u00ad', r == '.', r == '·':
		return -1
	case strings.ContainsRune("()[]", r):
		return -1
	}
	return r
}
