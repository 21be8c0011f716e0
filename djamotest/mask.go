package djamotest

import (
	"regexp"
	"strings"
	"sync"
)

// lazily is a regular expression that is compiled when it is first used: many programs that have this package in them never do.
func lazily(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// separators are what people write between the digits of a phone number.
const separators = `[ ./()_-]{1,3}`

// numberLike finds what may be a phone number in plain text, and first what looks like one but is not: identifiers.
// Numbers are found anywhere, also next to letters.
var numberLike = lazily(`[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}` +
	`|\+(?:\d{8,}|\d{1,3}(?:` + separators + `\d{2,3}){3,5})` +
	`|(?:00)?225(?:` + separators + `\d{2}){5}|(?:00)?221` + separators + `\d{2}` + separators + `\d{3}(?:` + separators + `\d{2}){2}` +
	`|0[157](?:` + separators + `\d{2}){4}|7[05-8]` + separators + `\d{3}(?:` + separators + `\d{2}){2}|\d+`)

// knownNumber is a number without a plus: of Côte d'Ivoire and Senegal, with the country or without.
var knownNumber = lazily(`^(?:(?:00)?(?:225\d{10}|221\d{9})|0[157]\d{8}|7[05-8]\d{7})$`)

// djamoToken is an access token in its readable form.
var djamoToken = lazily(`djamo_[a-z]+_[a-z]{2,3}_[0-9A-Za-z_-]+`)

// noSeparators takes the separators out of a number.
var noSeparators = strings.NewReplacer(" ", "", ".", "", "/", "", "(", "", ")", "", "_", "", "-", "") //nolint:gochecknoglobals // a table

// replacePhones hands every phone number in a text to mask, its separators taken out and its digits in ASCII, whatever
// they were, and puts the mask in its place.
func replacePhones(s string, mask func(string) string) string {
	p := plainOf(s)
	var out strings.Builder
	last := 0
	for _, found := range numberLike().FindAllStringIndex(p.text, -1) {
		written := p.text[found[0]:found[1]]
		if written[0] != '+' && strings.Trim(written, "0123456789 ./()_-") != "" {
			continue
		}
		number := noSeparators.Replace(written)
		if number[0] != '+' && !knownNumber().MatchString(number) {
			continue
		}
		start, end := p.source(found[0], found[1])
		masked := mask(number)
		if plus := s[start:min(len(s), start+len("%2B"))]; strings.EqualFold(plus, "%2B") { // it stays as it was encoded
			masked = plus + masked[1:]
		}
		out.WriteString(s[last:start])
		out.WriteString(masked)
		last = end
	}
	if last == 0 {
		return s
	}
	out.WriteString(s[last:])
	return out.String()
}

// maskText hides every phone number and access token in a text that is about to be printed.
func maskText(s string) string {
	return djamoToken().ReplaceAllString(replacePhones(s, maskMSISDN), "[token]")
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
