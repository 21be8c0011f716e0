// Package redact takes phone numbers and secrets out of texts that came from outside, before they reach an error, a log or
// a screen.
package redact

import (
	"strconv"
	"strings"
	"unicode"
)

// MaskPhones hides the phone numbers in a text that came from outside: +225…, %2B225…, 00225…, the bare 225… and
// 221…, and the national forms of both countries, with or without what people put between digits. Other numbers, such
// as amounts and references, are left alone.
func MaskPhones(text string) string {
	var masked []byte
	for at := 0; at < len(text); {
		if strings.HasPrefix(text[at:], `\u`) {
			at += len(`\u00e9`) // whose digits are no part of a number that follows
			continue
		}
		if isEscape(text[at:]) && (!isDigit(text[at+1]) || phoneAt(text, at+1) == nil) {
			at += len(`%20`) // nor are these
			continue
		}
		if !isDigit(text[at]) {
			at++
			continue
		}
		digits := phoneAt(text, at)
		if digits == nil {
			for at < len(text) && isDigit(text[at]) {
				at++
			}
			continue
		}
		if masked == nil {
			masked = []byte(text)
		}
		for _, i := range digits[min(5, len(digits)/2) : len(digits)-2] {
			masked[i] = '*'
		}
		at = digits[len(digits)-1] + 1
	}
	if masked == nil {
		return text
	}
	return string(masked)
}

// phoneAt returns the places of the digits of the phone number that starts at a digit; nil when none does.
func phoneAt(text string, start int) []int {
	const maxDigits = 17 // 00 and fifteen digits
	var places [maxDigits]int
	var groups [maxDigits]int // how many digits there are at the end of each group
	n, g := 0, 0
	for at := start; at < len(text); {
		if isDigit(text[at]) {
			if n == maxDigits {
				break
			}
			places[n] = at
			n++
			at++
			if at == len(text) || !isDigit(text[at]) {
				groups[g] = n
				g++
			}
			continue
		}
		gap := separator(text[at:])
		if gap == 0 {
			break
		}
		at += gap
	}
	for ; g > 0; g-- { // the longest first: +225 07 48 71 05 23 and not +225 07 48 71
		count := groups[g-1]
		if isPhone(text, places[:count], groups[:g]) {
			return append([]int(nil), places[:count]...)
		}
	}
	return nil
}

// separator is the length of what may stand between two groups of digits, 0 when something else stands there.
func separator(text string) int {
	const maxBytes = 3 // such as ") ("
	length := 0
	for range maxBytes {
		one := separatorByte(text[length:])
		if one == 0 && strings.HasPrefix(text[length:], "+") && !strings.Contains(text[:length], " ") {
			one = len("+") // a space, as a query writes it
		}
		length += one
	}
	if length == len(text) || !isDigit(text[length]) {
		return 0
	}
	return length
}

// separatorByte is the length of one of them: a byte, or what stands for one.
func separatorByte(text string) int {
	if text == "" {
		return 0
	}
	switch text[0] {
	case ' ', '.', '-', '(', ')', '/', '_', '\t':
		return 1
	case '%', '\\', "\u00a0"[0], "\u202f"[0]:
		for _, one := range []string{
			"\u00a0", "\u202f", "%20", "%28", "%29", "%2F", "%C2%A0", "%E2%80%AF", `\u00a0`, `\u00A0`, `\u202f`, `\u202F`, `\t`, `\/`,
		} {
			if strings.HasPrefix(text, one) {
				return len(one)
			}
		}
	}
	return 0
}

func isPhone(text string, places, groups []int) bool {
	before, after := text[:places[0]], text[places[len(places)-1]+1:]
	if len(groups) > 1 && (strings.HasSuffix(before, "*") || strings.HasPrefix(after, "*")) {
		return false // what is left of a number that was masked
	}
	query := len(groups) > 1 && text[places[groups[0]-1]+1] == '+' // every plus in one is a space
	for _, plus := range []string{"+", "%2B", "%2b", `\u002b`, `\u002B`, "%252B", "%252b"} {
		if strings.HasSuffix(before, plus) && (plus != "+" || !query) {
			return len(places) >= 7 && len(places) <= 15
		}
	}
	if endsInHex(before) || startsInHex(after) {
		return false // a part of an id or of a hexadecimal number
	}
	digits := make([]byte, 0, len(places))
	for _, i := range places {
		digits = append(digits, text[i])
	}
	number := strings.TrimPrefix(string(digits), "00")
	switch n := len(number); {
	case strings.HasPrefix(number, "225"):
		return n == 13 || n == 11
	case strings.HasPrefix(number, "221"):
		return n == 12
	case len(groups) > 1:
		return isNational(number, groups)
	case strings.HasPrefix(number, "0"), strings.HasPrefix(number, "2"):
		return n == 10
	case strings.HasPrefix(number, "7"), strings.HasPrefix(number, "3"):
		return n == 9
	}
	return false
}

// isNational knows the ways in which a number without its country code is written in groups. Dates and times, which
// look much alike, are written in others.
func isNational(number string, groups []int) bool {
	var written strings.Builder
	for i, end := range groups {
		if i > 0 {
			end -= groups[i-1]
		}
		written.WriteString(strconv.Itoa(end))
	}
	switch form := written.String(); (number + " ")[0] {
	case '0':
		return form == "22222" || form == "433" || form == "244" || form == "2422"
	case '7', '3':
		return form == "2322" || form == "234" || form == "333"
	}
	return false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }

// isEscape reports whether a text begins with what stands for a byte in a URL, such as %2F.
func isEscape(text string) bool {
	return len(text) >= len(`%2F`) && text[0] == '%' && isHex(text[1]) && isHex(text[2])
}

// maxHex is how many hexadecimal digits in a row are looked at. No hash is longer, and a text of nothing else must not
// be looked through once for each of its digits.
const maxHex = 128

// endsInHex reports whether a text ends in hexadecimal digits that are not the end of a word, as those of "phone" are, or
// of an escape.
func endsInHex(text string) bool {
	word := len(text)
	for word > 0 && isHex(text[word-1]) {
		if word--; len(text)-word == maxHex {
			return true
		}
	}
	if start := len(text) - len(`%2F`); start >= 0 && word == start+1 && isEscape(text[start:]) {
		return false
	}
	return word < len(text) && (word == 0 || !isLetter(text[word-1]))
}

// startsInHex reports the same of the beginning of a text.
func startsInHex(text string) bool {
	word := 0
	for word < len(text) && isHex(text[word]) {
		if word++; word == maxHex {
			return true
		}
	}
	return word > 0 && (word == len(text) || !isLetter(text[word]))
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// Snippet is the beginning of a body on one line, for error texts.
func Snippet(body []byte) string {
	const maxLength = 120
	text := MaskPhones(string(body[:min(len(body), 8*maxLength)])) // before it is cut, or anything moves
	text = strings.ToValidUTF8(text[:min(len(text), 4*maxLength)], "\uFFFD")
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxLength {
		text = strings.ToValidUTF8(text[:maxLength], "") + "…"
	}
	return text
}

// OneLine keeps a text that came from outside to one line of bounded length, without what a terminal would obey.
func OneLine(text string) string {
	const maxLength = 2 << 10
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if len(text) > maxLength {
		text = strings.ToValidUTF8(text[:maxLength], "") + "…"
	}
	return text
}
