package payroll

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/djamo/djamo-go/internal/columns"
)

// header is what the line that names the columns says about the rest of a file.
type header struct {
	comma    rune
	width    int
	named    int // of the columns, those up to the last that has a heading
	line     int64
	columns  map[string]int // where the columns that are read stand
	ignored  []string       // the headings of the others
	unnamed  []int          // where columns without a heading stand, if there are no references
	remarks  []sideColumn   // columns of remarks, which are not read
	currency []sideColumn   // columns of currencies, which must be the franc CFA
	split    bool           // behind the amounts stands a column without a heading, after a comma
	amount   string         // the heading of the amounts, if it was not declared and may be that of a part of them
	phone    string         // the heading of the phone numbers, if it was not declared and does not say that these are paid
	titles   []string       // what stands above it
	joined   bool           // it has all headings in one field
	problems []Problem
}

// sideColumn is a column beside those of payouts, in which something stands about a row.
type sideColumn struct {
	heading string
	place   int
}

// readHeader chooses the separator by which the headings name most of the columns.
func readHeader(head []byte, declared map[string]string) header {
	if comma, ok := declaredComma(head); ok {
		return parseHeader(head, comma, true, declared)
	}
	var best header
	for _, comma := range []rune{',', ';', '\t'} {
		h := parseHeader(head, comma, false, declared)
		if best.comma == 0 || len(h.columns) > len(best.columns) || best.line == 0 && h.joined {
			best = h
		}
	}
	return best
}

// declaredComma is the separator that a first line "sep=;" names.
func declaredComma(head []byte) (comma rune, ok bool) {
	line, _, _ := bytes.Cut(bytes.TrimLeft(head, " \r\n"), []byte("\n"))
	text := strings.Trim(string(line), "\r\"")
	const sep = "sep="
	if len(text) <= len(sep) || !strings.EqualFold(text[:len(sep)], sep) || strings.IndexByte(",;\t", text[len(sep)]) < 0 {
		return 0, false
	}
	comma = rune(text[len(sep)])
	// Who saves the file again makes a row of that line, with as many fields as the others.
	return comma, strings.Trim(text[len(sep)+1:], string(comma)+" \"") == ""
}

func parseHeader(head []byte, comma rune, afterSep bool, declared map[string]string) header {
	h := header{comma: comma, columns: map[string]int{}}
	names, titles, found := findHeadings(newCSVReader(bytes.NewReader(head), comma), afterSep, declared)
	if len(names.fields) == 0 {
		h.problems = []Problem{
			{Rule: "must start with a line that names its columns: msisdn, amount and, where wanted, reference, description and name"},
		}
		return h
	}
	h.width, h.line, h.columns, h.titles = len(names.fields), names.line, found.At, titles
	used := map[int]bool{}
	for _, place := range found.At {
		used[place] = true
	}
	for _, r := range found.Repeated {
		used[r.Second] = true
	}
	for i, name := range names.fields {
		if name = strings.TrimSpace(name); name != "" {
			h.named = i + 1
		}
		switch {
		case used[i]:
		case name != "":
			h.ignored = append(h.ignored, name)
			if columns.IsRemark(name) {
				h.remarks = append(h.remarks, sideColumn{name, i})
			}
			if columns.IsCurrency(name) {
				h.currency = append(h.currency, sideColumn{name, i})
			}
		default:
			h.unnamed = append(h.unnamed, i)
		}
	}
	if place, ok := h.columns[columnAmount]; ok {
		h.split = comma == ',' && slices.Contains(h.unnamed, place+1)
	}
	if _, ok := h.columns[columnReference]; ok {
		h.unnamed = nil
	}
	if place, ok := h.columns[columnAmount]; ok && declared[columnAmount] == "" && !columns.SaysPaid(names.fields[place]) {
		h.amount = strings.TrimSpace(names.fields[place])
	}
	if place, ok := h.columns[columnMSISDN]; ok && declared[columnMSISDN] == "" && !columns.SaysPayee(names.fields[place]) {
		h.phone = strings.TrimSpace(names.fields[place])
	}
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(names.fields[0])), "sep=") {
		h.problems = []Problem{{Line: h.line, Rule: `must name the columns: after "sep=" only a comma, a semicolon or a tab is understood`}}
		return h
	}
	if slices.ContainsFunc(names.fields, func(name string) bool { return !utf8.ValidString(name) }) {
		h.problems = []Problem{{Line: h.line, Rule: notUTF8}}
		return h
	}
	h.check(names.fields, found, declared)
	return h
}

// headings are the fields of one line.
type headings struct {
	fields []string
	line   int64
}

// maxTitles is how many lines that hold something may stand above the headings.
const maxTitles = 20

// findHeadings finds the first line that names the columns of payouts; where there is none, the line that comes nearest.
func findHeadings(reader *csv.Reader, afterSep bool, declared map[string]string) (best headings, titles []string, found columns.Found) {
	var above []string
	for filled := 0; filled <= maxTitles; {
		fields, err := reader.Read()
		if err != nil && !errors.As(err, new(*csv.ParseError)) {
			break
		}
		if err == nil && isBlank(fields) {
			continue
		}
		if filled++; afterSep && filled == 1 {
			continue
		}
		if broken := (*csv.ParseError)(nil); errors.As(err, &broken) {
			above = append(above, fmt.Sprintf("line %d, which has an odd quotation mark", broken.StartLine))
			continue
		}
		line, _ := reader.FieldPos(0)
		f := columns.Find(fields, declared)
		if len(best.fields) == 0 || len(f.At) > len(found.At) || f.Payouts() {
			best, titles, found = headings{slices.Clone(fields), int64(line)}, slices.Clone(above), f
		}
		if f.Payouts() {
			break
		}
		above = append(above, strings.Join(strings.Fields(strings.Join(fields, " ")), " "))
	}
	return best, titles, found
}

// check notes what is wrong with the headings.
func (h *header) check(names []string, found columns.Found, declared map[string]string) {
	if h.joined = isJoined(names, declared); h.joined {
		h.problems = append(h.problems, Problem{Line: h.line, Rule: "must name its columns apart: the whole line stands in quotation marks, " +
			"which makes one column of it; take them off, or split the column in a spreadsheet (Data, Text to Columns), and save it again"})
		return
	}
	for _, r := range found.Repeated {
		if strings.EqualFold(strings.TrimSpace(names[r.First]), strings.TrimSpace(names[r.Second])) {
			h.problems = append(h.problems, Problem{Line: h.line, Column: r.Column, Rule: "must be named once only"})
			continue
		}
		h.problems = append(h.problems, Problem{Line: h.line, Column: r.Column, Rule: fmt.Sprintf(
			"must be one column, and %s and %s both name it: rename one of them, or declare which it is, as with --column %s=%q",
			listed(names[r.First:r.First+1]), listed(names[r.Second:r.Second+1]), r.Column, plainHeading(names[r.Second]))})
	}
	for _, column := range found.Absent {
		h.problems = append(h.problems, Problem{Line: h.line, Column: column, Rule: fmt.Sprintf(
			"was declared to be called %s, and no column is; the columns are %s", listed([]string{declared[column]}), listed(names))})
	}
	for _, column := range []string{columnMSISDN, columnAmount} {
		if _, ok := h.columns[column]; ok || slices.Contains(found.Absent, column) {
			continue
		}
		if name := garbled(names...); name != "" {
			h.problems = append(h.problems, Problem{Line: h.line, Rule: "must name the columns as they are called, and was read in a wrong " +
				"encoding before: save the file as UTF-8 in the program that it comes from", Value: maskedExcerpt("", name)})
			return
		}
		h.problems = append(h.problems, Problem{Line: h.line, Column: column, Rule: fmt.Sprintf(
			"must be one of the columns that this line names, separated by commas, semicolons or tabs; "+
				`it names %s: rename one, or declare it, as with --column %s="…"`, listed(names), column)})
	}
}

// nameRepeat makes one problem of a row that names the columns again, as where the pages of a printout begin or where files were
// joined. In another order, what follows would be read wrongly. A row with a number in it is one of a payee, whom somebody pays a
// "Salaire" by "Mobile".
func (h *header) nameRepeat(r *row, record []string, declared map[string]string) {
	isNumber := func(cell string) bool { return countDigits(cell) > 0 && !strings.ContainsFunc(cell, unicode.IsLetter) }
	found := columns.Find(record, declared)
	if !found.Payouts() || slices.ContainsFunc(record, isNumber) {
		return
	}
	rule := fmt.Sprintf("must not name the columns again, as line %d does: delete this line", h.line)
	if !maps.Equal(found.At, h.columns) {
		rule = fmt.Sprintf("must not name the columns again, and otherwise than line %d does: "+
			"pay the rows from here on in a file of their own", h.line)
	}
	r.derived, r.problems = false, []Problem{{Line: r.payout.Line, Rule: rule}}
}

// last is the column at the end of a line, if what is left of it after a cut may look whole.
func (h header) last() string {
	for _, column := range []string{columnAmount, columnReference} {
		if place, ok := h.columns[column]; ok && place == h.width-1 {
			return column
		}
	}
	return ""
}

// isJoined reports whether a line has all its headings in one field, as a spreadsheet leaves them that did not split them.
func isJoined(names []string, declared map[string]string) bool {
	if slices.ContainsFunc(names[1:], func(name string) bool { return strings.TrimSpace(name) != "" }) {
		return false
	}
	return slices.ContainsFunc([]string{",", ";", "\t"}, func(separator string) bool {
		return columns.Find(strings.Split(names[0], separator), declared).Payouts()
	})
}

// plainHeading is a heading to type again; "…" when it cannot be.
func plainHeading(name string) string {
	if name = strings.TrimSpace(name); excerpt(name, 40) != name || countDigits(name) > maxShownDigits {
		return "…"
	}
	return name
}

// warnings tells of lines above the headings, and names columns that may have been meant for references. A reference that
// is overlooked would be replaced by a derived one, and a payout that was sent under it before would be sent again.
func (h header) warnings() []Warning {
	var list []Warning
	if len(h.titles) > 0 {
		list = append(list, Warning{Kind: WarnHeadings, Lines: []int64{h.line}, Text: fmt.Sprintf(
			"the columns are named on line %d; not read above it: %s", h.line, listed(h.titles))})
	}
	if at := slices.IndexFunc(h.ignored, columns.IsTotal); at >= 0 && h.amount != "" {
		list = append(list, Warning{Kind: WarnHeadings, Lines: []int64{h.line}, Text: fmt.Sprintf(
			"amounts are those of %s; not read: %s, which may be what is to be paid: choose with --column amount=%q",
			listed([]string{h.amount}), listed(h.ignored[at:at+1]), plainHeading(h.ignored[at]))})
	}
	if at := slices.IndexFunc(h.ignored, columns.IsOtherPhone); at >= 0 && h.phone != "" {
		list = append(list, Warning{Kind: WarnHeadings, Lines: []int64{h.line}, Text: fmt.Sprintf(
			"phone numbers are those of %s; not read: %s, which may be those to pay: choose with --column msisdn=%q",
			listed([]string{h.phone}), listed(h.ignored[at:at+1]), plainHeading(h.ignored[at]))})
	}
	if _, ok := h.columns[columnReference]; !ok && len(h.ignored) > 0 {
		list = append(list, Warning{Kind: WarnHeadings, Lines: []int64{h.line}, Text: fmt.Sprintf(
			"no column is called reference, so references are derived; not read: %s", listed(h.ignored))})
	}
	return list
}

// listed shows the first names of columns, with the characters in them that nobody sees. What has the digits of a phone number
// is masked like one: a file without a header has its first payee there.
func listed(names []string) string {
	const maxNames = 10
	list := make([]string, 0, maxNames+1)
	for _, name := range names[:min(maxNames, len(names))] {
		column := ""
		if countDigits(name) > maxShownDigits {
			column = columnMSISDN
		}
		list = append(list, maskedExcerpt(column, name))
	}
	if more := len(names) - maxNames; more > 0 {
		list = append(list, strconv.Itoa(more)+" more")
	}
	return strings.Join(list, ", ")
}
