package djamotest

import (
	"regexp"
	"strings"
)

// phoneNumber finds phone numbers in free text: anything with a plus, and the two countries' full lengths without one.
var phoneNumber = regexp.MustCompile(`\+\d{8,15}|\b(?:00)?(?:225\d{10}|221\d{9})\b`)

// maskText hides every phone number in a text that is about to be printed.
func maskText(s string) string { return phoneNumber.ReplaceAllStringFunc(s, maskMSISDN) }

// maskMSISDN keeps the country code, the operator's digits and the last two: +22507******23. What is too short to be a
// phone number is hidden whole.
func maskMSISDN(s string) string {
	const head, tail = 6, 2
	if len(s) < head+tail+2 {
		return strings.Repeat("*", len(s))
	}
	return s[:head] + strings.Repeat("*", len(s)-head-tail) + s[len(s)-tail:]
}

func joinMessages(messages []string) string { return strings.Join(messages, "; ") }
