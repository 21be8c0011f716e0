package payroll

import (
	"strings"
	"unicode"
)

// becomesValue reports whether a spreadsheet that opens a CSV file shows something else for a text: 12 for 0012, 75 for +225/3,
// 2,02607E+14 for the fifteen digits of a counter, a day for 1-2, juin-2026 or 10/07. An apostrophe before it keeps the text, and
// ReadCSV takes it off again.
func becomesValue(text string) bool {
	const shownWhole = 11 // digits that a cell shows as they are
	switch {
	case text == "", text[0] == '\'':
		return false
	case text[0] == '+', text[0] == '-':
		return true
	case isDigits(text):
		return text[0] == '0' && len(text) > 1 || len(text) > shownWhole
	case countDigits(text) == 0:
		return false
	}
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if !isMonth(word) && !isUnitOfCells(word) {
			return false
		}
	}
	return true
}

// isUnitOfCells reports whether a spreadsheet reads a number with these letters as a number all the same.
func isUnitOfCells(word string) bool {
	switch strings.ToLower(word) {
	case "e", "h", "am", "pm", "f", "fcfa", "cfa", "xof":
		return true
	}
	return false
}

// isMonth reports whether a word is the name of a month in French, or its beginning: what a spreadsheet there makes a date of.
func isMonth(word string) bool {
	const minLetters = 3
	word = strings.NewReplacer("é", "e", "û", "u").Replace(strings.ToLower(word))
	const months = "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre" //nolint:misspell // French
	for month := range strings.FieldsSeq(months) {
		if len(word) >= minLetters && strings.HasPrefix(month, word) {
			return true
		}
	}
	return false
}
