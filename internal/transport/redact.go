package transport

import "strings"

// MaskPhones hides the phone numbers in a text that came from outside: +225…, %2B225…, 00225…, the bare 225… and
// 221…, and the national forms of both countries. Other numbers, such as amounts and references, are left alone.
func MaskPhones(text string) string {
	var masked []byte
	for start := 0; start < len(text); {
		if !isDigit(text[start]) {
			start++
			continue
		}
		end := start
		for end < len(text) && isDigit(text[end]) {
			end++
		}
		if isPhone(text[:start], text[start:end], text[end:]) {
			if masked == nil {
				masked = []byte(text)
			}
			for i := start + min(5, (end-start)/2); i < end-2; i++ {
				masked[i] = '*'
			}
		}
		start = end
	}
	if masked == nil {
		return text
	}
	return string(masked)
}

func isPhone(before, digits, after string) bool {
	international := strings.HasSuffix(before, "+") || strings.HasSuffix(before, "%2B") || strings.HasSuffix(before, "%2b")
	if !international && (endsInWord(before) || startsWithWord(after)) {
		return false // a part of an id or of a hexadecimal number
	}
	digits = strings.TrimPrefix(digits, "00")
	switch n := len(digits); {
	case international:
		return n >= 7 && n <= 15
	case strings.HasPrefix(digits, "225"):
		return n == 13 || n == 11
	case strings.HasPrefix(digits, "221"):
		return n == 12
	case strings.HasPrefix(digits, "0"), strings.HasPrefix(digits, "2"):
		return n == 10
	case strings.HasPrefix(digits, "7"), strings.HasPrefix(digits, "3"):
		return n == 9
	}
	return false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWord(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func endsInWord(text string) bool { return text != "" && isWord(text[len(text)-1]) }

func startsWithWord(text string) bool { return text != "" && isWord(text[0]) }

// Snippet is the beginning of a body on one line, for error texts.
func Snippet(body []byte) string {
	const most = 120
	text := strings.Join(strings.Fields(strings.ToValidUTF8(string(body[:min(len(body), 4*most)]), "\uFFFD")), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return MaskPhones(text)
}
