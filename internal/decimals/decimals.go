// Package decimals finds phone numbers that a program has written as numbers with decimals.
package decimals

import "strings"

// Rule says what is wrong with such a number, and what to do.
const Rule = "must be a phone number: a program wrote it as a number with decimals; enter it as text, with + and the country code"

// minDigits is how many digits in a row nobody writes before a dot.
const minDigits = 6

// End reports whether a phone number ends as programs write numbers that may have decimals, in one dot or comma and zeros:
// 2250748710523.0. Without the dot the zeros behind it would be digits, and the number perhaps somebody else's: 77123456.0 is not
// 77 123 45 60.
func End(number string) bool {
	at := strings.LastIndexAny(number, ".,")
	if at < 0 {
		return false
	}
	whole, zeros := strings.TrimPrefix(number[:at], "+"), number[at+1:]
	return len(whole) >= minDigits && strings.Trim(whole, "0123456789") == "" && zeros != "" && strings.Trim(zeros, "0") == ""
}
