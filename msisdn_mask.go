package djamo

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/djamo/djamo-go/internal/transport"
)

// What a mask leaves to be seen of a number of full length: the country code, the operator and the end.
const maskHead, maskTail = 5, 2

// mask hides the middle of a phone number: +22507******23. Of a number too short for that, at least half is hidden. A
// value that shows no more than its mask would, such as one that came masked, stays as it is. Anything else a caller may
// have put in place of a number is hidden just the same, and cut if it is long.
func mask(s string) string {
	const longest = 32 // runes: twice an E.164 number
	length := 0
	for i := range s {
		if length++; length > longest {
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
func MaskPhones(text string) string { return transport.MaskPhones(text) }

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
	return digits >= msisdnFewest && (strings.HasPrefix(s, "+") || strings.HasPrefix(s, "0") && !strings.ContainsFunc(s, unicode.IsLetter))
}

// excerptLimit bounds what an error shows of a value, in bytes.
const excerptLimit = 40

// excerpt shows a value in an error text: bounded, on one line, and masked where it may be a phone number that was put
// into the wrong field.
func excerpt(s string) string {
	if mayBePhone(s) {
		s = mask(s)
	}
	s = transport.MaskPhones(s)
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
