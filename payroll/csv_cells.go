package payroll

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/djamo/djamo-go/internal/columns"
)

// bareNumber takes off a phone number what programs and people put around it: marks of the direction of writing, as
// telephones copy them, brackets, quotation marks, the apostrophe by which a spreadsheet keeps a text, and "tel:".
func bareNumber(cell string) string {
	if isPlainNumber(cell) {
		return cell
	}
	for {
		bare := strings.TrimFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || isDirectionMark(r) })
		if len(bare) > 4 && strings.EqualFold(bare[:4], "tel:") {
			bare = bare[4:]
		}
		bare = strings.TrimLeft(bare, "'\u2019")
		for _, pair := range []string{"()", "[]", "{}", "<>", "\"\"", "''", "\u00ab\u00bb", "\u201c\u201d"} {
			opening, size := utf8.DecodeRuneInString(pair)
			inner, opened := strings.CutPrefix(bare, string(opening))
			inner, closed := strings.CutSuffix(inner, pair[size:])
			if opened && closed && !strings.ContainsAny(inner, pair) {
				bare = inner
			}
		}
		if bare == cell {
			return withPlainSeparators(withoutCountryBrackets(bare))
		}
		cell = bare
	}
}

// withPlainSeparators writes blanks and dashes of any kind, which telephones and pages put between digits, as those on the
// keyboard, and takes a blank behind the plus away.
func withPlainSeparators(number string) string {
	number = strings.Map(func(r rune) rune {
		switch {
		case r < utf8.RuneSelf:
		case unicode.Is(unicode.Zs, r):
			return ' '
		case unicode.Is(unicode.Pd, r), r == '\u2212':
			return '-'
		}
		return r
	}, number)
	if rest, plus := strings.CutPrefix(number, "+ "); plus {
		return "+" + strings.TrimLeft(rest, " ")
	}
	return number
}

// isPlainNumber reports whether a cell is a plus and digits, as phone numbers are to be written.
func isPlainNumber(cell string) bool {
	digits, plus := strings.CutPrefix(cell, "+")
	return plus && digits != "" && isDigits(digits)
}

// withoutCountryBrackets takes off the brackets around a country code at the start: (+225) 07 48 71 05 23.
func withoutCountryBrackets(number string) string {
	rest, opened := strings.CutPrefix(number, "(+")
	country, rest, closed := strings.Cut(rest, ")")
	if !opened || !closed || country == "" || !isDigits(country) {
		return number
	}
	return "+" + country + rest
}

// unguarded takes off a reference the apostrophe by which a spreadsheet, or a report, keeps it a text.
func unguarded(reference string) string {
	if text, guarded := strings.CutPrefix(reference, "'"); guarded && becomesValue(text) {
		return text
	}
	return reference
}

// ruleKeptText is about ="0012", which a spreadsheet shows as 0012. It is a formula, and its like may be longer ones, so it is
// not read: whoever opens the file and saves it again has the text.
const ruleKeptText = `must be the text alone and not ="…", a formula by which programs keep digits: ` +
	"open the file in a spreadsheet and save it as CSV again, or take off = and the marks"

// isKeptText reports whether a cell is a text in quotation marks behind an equals sign.
func isKeptText(cell string) bool {
	inner, ok := strings.CutPrefix(cell, `="`)
	return ok && strings.IndexByte(inner, '"') == len(inner)-1
}

// unpaired says what is wrong with a line whose quotation marks are not in pairs: ="0012" is the usual cause, since programs
// that write it put no marks around the field.
func (h *header) unpaired(line string) Problem {
	const opening = `="`
	for from := 0; ; {
		at := strings.Index(line[from:], opening)
		if at < 0 {
			return Problem{Rule: `must have its quotation marks in pairs: around a whole field, and "" for one inside it`}
		}
		at += from
		from = at + len(opening)
		if before := strings.TrimRight(line[:at], " "); before != "" && !strings.HasSuffix(before, string(h.comma)) {
			continue
		}
		value, rest, _ := strings.Cut(line[from:], `"`)
		if rest = strings.TrimLeft(rest, " "); rest != "" && !strings.HasPrefix(rest, string(h.comma)) {
			continue // ="a"&"b"
		}
		column := h.columnAfter(line[:at])
		return Problem{Column: column, Value: maskedExcerpt(column, opening+value+`"`), Rule: ruleKeptText}
	}
}

// columnAfter is the column of the field that begins behind a part of a line; "" when it is not one that is checked.
func (h *header) columnAfter(part string) string {
	reader := newCSVReader(strings.NewReader(part+"x"), h.comma)
	reader.LazyQuotes = true
	fields, _ := reader.Read() // what it makes of them does not matter, but how many there are
	for _, column := range []string{columnMSISDN, columnAmount, columnReference, columnDescription} {
		if place, ok := h.columns[column]; ok && place == len(fields)-1 {
			return column
		}
	}
	return ""
}

// isTotal reports whether a cell begins a line of totals: "Total 2026", "SOUS-TOTAL : 1 500 000". Its digits are no number.
func isTotal(cell string) bool {
	first := strings.ToLower(strings.TrimLeft(cell, " *-=_"))
	for _, word := range []string{"total", "totaux", "sous-total", "sous total", "s/total", "grand total", "subtotal", "sub-total",
		"somme", "sum",
		"effectif", "nombre de", "net à payer", "net a payer", "montant"} {
		if strings.HasPrefix(first, word) {
			return true
		}
	}
	return false
}

// beforeDigits is what stands before the first digit of a cell, with a mark for the rest.
func beforeDigits(cell string) string {
	at := strings.IndexFunc(cell, unicode.IsDigit)
	if at < 0 {
		return cell
	}
	return strings.TrimRight(cell[:at], " :+") + " …"
}

// checkAmount refuses an amount that is not what stands in the file beside it: one of another currency, and one that was cut at
// the comma between its thousands, 50,000, which separates the fields as well.
func (h *header) checkAmount(r *row, record []string) {
	const group = 3
	refuse := func(value, rule string) {
		r.problems = append(r.problems, Problem{Line: r.payout.Line, Column: columnAmount, Value: maskedExcerpt(columnAmount, value), Rule: rule})
	}
	for _, currency := range h.currency {
		if name := strings.TrimSpace(record[currency.place]); !columns.IsFranc(name) {
			refuse(currency.heading+": "+name, ruleCurrency)
			return
		}
	}
	if !h.split || r.refused(columnAmount) {
		return
	}
	amount, next := strings.TrimSpace(record[h.columns[columnAmount]]), strings.TrimSpace(record[h.columns[columnAmount]+1])
	if len(next) < group || !isDigits(next[:group]) || countDigits(amount) > group {
		return
	}
	if rest := next[group:]; rest == "" || rest[0] == '.' || columns.IsFranc(rest) && strings.TrimSpace(rest) != "-" {
		refuse(amount+","+next, ruleCut)
	}
}

const (
	ruleCurrency = "must be in francs CFA, and a column of the file names another currency: correct the row, or write XOF there"
	ruleCut      = "must not be cut at a comma, which separates the columns too: put the amount in quotation marks, or take its comma off"
)

// isStoredFraction reports whether an amount is a number with decimals, as a workbook's reader marks it: 49999.9999996, which the
// workbook shows as 50 000. Three decimals may be thousands of a text.
func isStoredFraction(cell string) bool {
	number, marked := strings.CutSuffix(cell, " (decimal point)")
	whole, fraction, _ := strings.Cut(number, ".")
	const thousands = 3
	return marked && isDigits(whole) && isDigits(fraction) && len(fraction) != thousands
}

// isDirectionMark reports whether a character turns the direction of writing, or marks the start of a file.
func isDirectionMark(r rune) bool {
	return r == '\u061c' || r == '\u200e' || r == '\u200f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\ufeff'
}

// countDigits counts the digits of any script.
func countDigits(text string) int {
	n := 0
	for _, r := range text {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// cleanName makes the name of a payee fit for one line: without characters that nobody sees, and bounded. It decides
// nothing, so it is never refused.
func cleanName(name string) string {
	const maxLength = 120 // characters
	name = strings.Join(strings.Fields(strings.Map(dropUnseen, strings.ToValidUTF8(name, "\ufffd"))), " ")
	if utf8.RuneCountInString(name) > maxLength {
		name = string([]rune(name)[:maxLength]) + "…"
	}
	return name
}

func dropUnseen(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case unicode.IsControl(r), isInvisible(r):
		return -1
	}
	return r
}
