package djamotest

import (
	"regexp"
	"strings"
)

// phoneNumber finds phone numbers in free text: anything with a plus, the two countries' full lengths without one, and
// Ivorian numbers without the country.
var phoneNumber = regexp.MustCompile(`\+\d{8,15}|\b(?:00)?(?:225\d{10}|221\d{9})\b|\b0[157]\d{8}\b`)

// maskText hides every phone number in a text that is about to be printed.
func maskText(s string) string { return phoneNumber.ReplaceAllStringFunc(s, maskMSISDN) }

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
