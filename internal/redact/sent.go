package redact

import "strings"

// Sent is what a call sent: where the phone numbers stand that its answer may repeat.
type Sent struct {
	Body []byte
	Path string // with the query
}

// mask masks the numbers with a plus in the body and the path wherever their last digits follow each other in a text,
// whatever stands between them. An answer may write them in ways no pattern knows.
func (s Sent) mask(text string) string {
	const tail, kept, maxNumbers = 8, 2, 1000 // digits compared; digits kept; numbers looked for
	numbers := append(plusNumbers(nil, string(s.Body), "+", maxNumbers), plusNumbers(nil, s.Path, "%2B", maxNumbers)...)
	if len(numbers) == 0 {
		return text
	}
	digits, places := digitsOf(text)
	var masked []byte
	for _, number := range numbers {
		number = number[max(0, len(number)-tail):]
		for from := 0; ; {
			at := strings.Index(digits[from:], number)
			if at < 0 {
				break
			}
			at += from
			from = at + 1
			if !adjacent(places[at : at+len(number)]) {
				continue
			}
			if masked == nil {
				masked = []byte(text)
			}
			for _, place := range places[at : at+len(number)-kept] {
				masked[place] = '*'
			}
		}
	}
	if masked == nil {
		return text
	}
	return string(masked)
}

// plusNumbers appends the numbers of a text that are written with a plus.
func plusNumbers(numbers []string, text, plus string, limit int) []string {
	for len(numbers) < limit {
		_, after, found := strings.Cut(text, plus)
		if !found {
			break
		}
		n := 0
		for n < len(after) && isDigit(after[n]) {
			n++
		}
		if n >= 7 && n <= 15 {
			numbers = append(numbers, after[:n])
		}
		text = after
	}
	return numbers
}

// digitsOf returns the digits of a text and where they stand. Those of an escape, such as \u00a0 or %20, are none.
func digitsOf(text string) (string, []int) {
	var digits strings.Builder
	var places []int
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], `\u`):
			i += len(`u00a0`)
		case text[i] == '%':
			i += len(`20`)
		case isDigit(text[i]):
			digits.WriteByte(text[i])
			places = append(places, i)
		}
	}
	return digits.String(), places
}

// adjacent reports whether no gap between digits is longer than a few separators, escaped ones.
func adjacent(places []int) bool {
	const maxGap = 3 * len(`\u00a0`)
	for i := 1; i < len(places); i++ {
		if places[i]-places[i-1] > maxGap+1 {
			return false
		}
	}
	return true
}
