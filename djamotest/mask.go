package djamotest

import (
	"regexp"
	"strings"
)

// numberLike finds what may be a phone number in free text, and before it what looks like one and is none: identifiers
// and percent-escapes. Numbers count wherever they stand, glued to letters too.
var numberLike = regexp.MustCompile(`[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}` +
	`|(?:\+|%2[Bb])(?:\d{8,}|\d{1,3}(?:[ .-]\d{2,3}){3,5})|%[0-9a-fA-F]{2}` +
	`|(?:00)?225(?:[ .-]\d{2}){5}|0[157](?:[ .-]\d{2}){4}|7[05-8][ .-]\d{3}(?:[ .-]\d{2}){2}|\d+`)

// knownNumber is a number without a plus: of Côte d'Ivoire and Senegal, with the country or without.
var knownNumber = regexp.MustCompile(`^(?:(?:00)?(?:225\d{10}|221\d{9})|0[157]\d{8}|7[05-8]\d{7})$`)

// djamoToken is an access token in its readable form.
var djamoToken = regexp.MustCompile(`djamo_[a-z]+_[a-z]{2,3}_[0-9A-Za-z_-]+`)

// replacePhones hands every phone number in a text to mask, its separators taken out and a percent-encoded plus decoded,
// and puts the mask in its place.
func replacePhones(s string, mask func(string) string) string {
	return numberLike.ReplaceAllStringFunc(s, func(found string) string {
		number, escaped := found, false
		if len(found) > 3 && found[0] == '%' {
			number, escaped = "+"+found[3:], true
		}
		if !strings.HasPrefix(number, "+") && strings.Trim(number, "0123456789 .-") != "" {
			return found
		}
		number = strings.NewReplacer(" ", "", ".", "", "-", "").Replace(number)
		if number[0] != '+' && !knownNumber.MatchString(number) {
			return found
		}
		masked := mask(number)
		if escaped {
			masked = found[:3] + masked[1:]
		}
		return masked
	})
}

// maskText hides every phone number and access token in a text that is about to be printed.
func maskText(s string) string {
	return djamoToken.ReplaceAllString(replacePhones(s, maskMSISDN), "[token]")
}

// maskMSISDN keeps the country code, the operator's digits and the last two: +22507******23. Of a number without a plus
// less is kept, and what is too short to be one is hidden whole.
func maskMSISDN(s string) string {
	head, tail := 6, 2
	if !strings.HasPrefix(s, "+") {
		head = 2
	}
	if len(s) < head+tail+2 {
		return strings.Repeat("*", len(s))
	}
	return s[:head] + strings.Repeat("*", len(s)-head-tail) + s[len(s)-tail:]
}

func joinMessages(messages []string) string { return strings.Join(messages, "; ") }
