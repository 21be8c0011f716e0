package payroll

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/djamo/djamo-go"
)

// CSVOptions says how a file is read and checked. A zero field takes its default.
type CSVOptions struct {
	// Run names the run, such as "salaries-2026-06". It is part of the digest, and references that the file lacks are
	// derived from it; it may be empty when none lacks one.
	Run string
	// ParseMSISDN reads the phone numbers, for files that have them in national form. Default djamo.ParseMSISDN, which
	// asks for the plus and the country code. What it returns is checked like any number.
	ParseMSISDN func(string) (djamo.MSISDN, error)
	// Limits are those of PlanOptions: nil is 5,000 to 500,000 francs, &djamo.Limits{} sets no bound to amounts.
	Limits *djamo.Limits
	// MaxProblems is how many problems, and how many warnings, are told one by one. Default 100.
	MaxProblems int
}

// ReadCSV checks a file of payouts and makes a plan of it. The source is read from its start, several times, here and by
// [Plan.Payouts]; it must stay open and unchanged as long as the plan is used. Memory does not grow with the file.
//
// The first line names the columns, in any order and case: msisdn and amount, and where wanted reference and
// description. Other columns are not read; where there are some and none is called reference, which may be a misspelling,
// the plan has a warning. It has one for each row that goes on over several lines too, since a stray quotation mark joins
// rows. Fields stand between commas, semicolons or tabs, whichever the first line uses, and may be
// quoted. The file is UTF-8, with or without a byte order mark, and its lines end in LF, CRLF or CR. White space around
// a field and empty lines do not count. Amounts are read by djamo.ParseXOF.
//
// A row without a reference gets one that is derived from the run's name and from the row's payee, amount and description,
// the same whenever and in whatever order the file is read: the name, a slash and 16 letters and digits. Two equal rows
// without references cannot be told apart and are refused.
//
// Whatever is wrong is in one *PlanError, by line and column. Other errors are those of the source.
func ReadCSV(source io.ReadSeeker, options CSVOptions) (*Plan, error) {
	rules, err := newRules(PlanOptions{Run: options.Run, Limits: options.Limits, MaxProblems: options.MaxProblems})
	if err != nil {
		return nil, err
	}
	f := csvFile{source: source, rules: rules, parseMSISDN: options.ParseMSISDN}
	if f.parseMSISDN == nil {
		f.parseMSISDN = djamo.ParseMSISDN
	}
	first, err := f.open()
	if err != nil {
		return nil, err
	}
	head := first.header.warnings()
	if first.end > first.line {
		head = append(head, spanning(first.line, first.end))
	}
	plan, err := newPlan(f.rows, rules)
	if err != nil {
		return nil, err
	}
	plan.Warnings = slices.Concat(head, plan.Warnings)
	return plan, nil
}

// csvFile is a source with the rules by which it is read.
type csvFile struct {
	source      io.ReadSeeker
	rules       *rules
	parseMSISDN func(string) (djamo.MSISDN, error)
}

// table is a file that is being read, after its header.
type table struct {
	text   *textReader
	reader *csv.Reader
	header header
	line   int64 // where the last record starts
	end    int64 // where it ends
}

// open goes back to the start of the file and reads its header.
func (f *csvFile) open() (*table, error) {
	if _, err := f.source.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("payroll: going to the start of the file: %w", err)
	}
	text, head, err := newTextReader(f.source)
	if err != nil {
		return nil, err
	}
	t := &table{text: text, header: readHeader(head)}
	if len(t.header.problems) > 0 {
		return nil, &PlanError{Problems: t.header.problems}
	}
	t.reader = newCSVReader(text, t.header.comma)
	record, problem, err := t.nextFilled()
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	case problem != nil:
		return nil, &PlanError{Problems: []Problem{problem.Problem}}
	case len(record) != t.header.width: // it went on beyond the head of the file, or was changed just now
		return nil, &PlanError{Problems: []Problem{{Line: t.header.line, Rule: fmt.Sprintf("must name the columns in fewer than %d bytes", headSize)}}}
	}
	return t, nil
}

func newCSVReader(text io.Reader, comma rune) *csv.Reader {
	reader := csv.NewReader(text)
	reader.Comma = comma
	reader.FieldsPerRecord = -1 // a row of another width is a problem to tell, not the end
	reader.ReuseRecord = true
	return reader
}

// rows reads the file from its start.
func (f *csvFile) rows(take func(row) bool) error {
	t, err := f.open()
	if err != nil {
		return err
	}
	for place := int64(1); ; place++ {
		record, problem, err := t.nextFilled()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		r := row{payout: Payout{ID: place, Line: t.line, State: Planned}, end: t.end}
		if problem != nil {
			r.problems = []Problem{problem.Problem}
		} else {
			f.read(&r, record, t.header)
		}
		if !take(r) || problem != nil && problem.fatal {
			return nil
		}
	}
}

// recordProblem is a record that cannot be taken apart.
type recordProblem struct {
	Problem

	fatal bool // what follows cannot be read either
}

// nextFilled skips records that hold nothing, which spreadsheets write for rows that once held something.
func (t *table) nextFilled() ([]string, *recordProblem, error) {
	record, problem, err := t.next()
	for err == nil && problem == nil && isBlank(record) {
		record, problem, err = t.next()
	}
	return record, problem, err
}

// next reads a record. Its error is io.EOF or that of the source.
func (t *table) next() ([]string, *recordProblem, error) {
	t.text.left = longestRecord
	record, err := t.reader.Read()
	broken := (*csv.ParseError)(nil)
	switch {
	case errors.As(err, &broken):
		t.line, t.end = int64(broken.StartLine), int64(broken.StartLine)
		return nil, &recordProblem{Problem: Problem{Line: t.line, Rule: `must have its quotation marks in pairs: around a whole field, and "" for one inside it`}}, nil
	case errors.Is(err, errLongRecord):
		t.line = t.end + 1
		return nil, &recordProblem{fatal: true, Problem: Problem{Line: t.line, Rule: fmt.Sprintf("must not be longer than %d bytes: a quotation mark may be open", longestRecord)}}, nil
	case errors.Is(err, io.EOF):
		return nil, nil, io.EOF
	case err != nil:
		return nil, nil, fmt.Errorf("payroll: reading the file: %w", err)
	}
	line, _ := t.reader.FieldPos(0)
	end, _ := t.reader.FieldPos(len(record) - 1)
	t.line, t.end = int64(line), int64(end+strings.Count(record[len(record)-1], "\n"))
	if slices.ContainsFunc(record, func(field string) bool { return !utf8.ValidString(field) }) {
		return nil, &recordProblem{fatal: true, Problem: Problem{Line: t.line, Rule: notUTF8}}, nil
	}
	return record, nil, nil
}

func isBlank(record []string) bool {
	return !slices.ContainsFunc(record, func(field string) bool { return strings.TrimSpace(field) != "" })
}

// read takes a record apart, by the columns of the header, and checks what is in it.
func (f *csvFile) read(r *row, record []string, h header) {
	if len(record) != h.width {
		r.problems = append(r.problems, Problem{Line: r.payout.Line, Rule: fmt.Sprintf("must have %d fields, as the first line has, not %d", h.width, len(record))})
		return
	}
	cell := func(column string) string {
		if i, ok := h.columns[column]; ok {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	r.unnamed = slices.ContainsFunc(h.unnamed, func(i int) bool { return strings.TrimSpace(record[i]) != "" })
	p := &r.payout
	var err error
	if value := cell(columnMSISDN); r.accepts(columnMSISDN, value) {
		if p.MSISDN, err = f.parseMSISDN(value); err != nil {
			p.MSISDN = ""
			r.problems = append(r.problems, refuse(p.Line, columnMSISDN, value, err))
		}
	}
	if value := cell(columnAmount); r.accepts(columnAmount, value) {
		if p.Amount, err = djamo.ParseXOF(value); err != nil {
			r.problems = append(r.problems, refuse(p.Line, columnAmount, value, err))
		}
	}
	if value := cell(columnReference); r.accepts(columnReference, value) {
		p.Reference = value
	}
	if value := cell(columnDescription); r.accepts(columnDescription, value) {
		if strings.Contains(value, "\r") { // a line that ends otherwise is the same line
			value = strings.ReplaceAll(strings.ReplaceAll(value, "\r\n", "\n"), "\r", "\n")
		}
		p.Description = value
	}
	f.rules.check(r)
}

// accepts refuses what a spreadsheet has left in place of a value.
func (r *row) accepts(column, value string) bool {
	rule := ""
	switch number := column == columnMSISDN || column == columnAmount; {
	case value == "" && number:
		rule = "must not be empty"
	case strings.HasPrefix(value, "="):
		rule = "must be a value and not a formula: replace formulas by their results before saving"
	case strings.HasPrefix(value, "#") && number:
		rule = "must be a value: this is an error of the spreadsheet, or a column too narrow to show it"
	case isShortened(value) && column != columnDescription:
		rule = "was shortened by the spreadsheet, its digits are lost: format the column as text, enter the value again and save"
	}
	if rule != "" {
		r.problems = append(r.problems, Problem{Line: r.payout.Line, Column: column, Value: shown(column, value), Rule: rule})
	}
	return rule == ""
}

// isShortened reports whether a value is a number as spreadsheets shorten it: 2.25E+12, or 2,25E+12.
func isShortened(value string) bool {
	plus := strings.IndexByte(value, '+')
	if plus < 2 || value[plus-1] != 'E' && value[plus-1] != 'e' {
		return false
	}
	mantissa, exponent := value[:plus-1], value[plus+1:]
	return exponent != "" && strings.Trim(mantissa, "0123456789.,") == "" && strings.Trim(exponent, "0123456789") == ""
}
