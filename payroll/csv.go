package payroll

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/columns"
	"github.com/djamo/djamo-go/internal/decimals"
)

// CSVOptions says how a file is read and checked. A zero field takes its default.
type CSVOptions struct {
	// Run names the run, such as "salaries-2026-06". It is part of the digest, and references that the file lacks are
	// derived from it; it may be empty when none lacks one.
	Run string
	// DefaultRun names the run where Run is empty and no row lacks a reference: none is ever derived from it, so it may be a
	// name that is not chosen with care, such as the file's. A name that no run can have is not used.
	DefaultRun string
	// ParseMSISDN reads the phone numbers, for files that have them in national form. Default djamo.ParseMSISDN, which
	// asks for the plus and the country code. What it returns is checked like any number.
	ParseMSISDN func(string) (djamo.MSISDN, error)
	// Limits are those of PlanOptions: nil is 5,000 to 500,000 francs, &djamo.Limits{} sets no bound to amounts.
	Limits *djamo.Limits
	// MaxProblems is how many problems, and how many warnings, are listed one by one. Default 100.
	MaxProblems int
	// Columns declares the headings of columns that have others than ReadCSV knows: by the name of the column, such as
	// {"amount": "Net à payer"}. The names are msisdn, amount, reference, description and name. A declared heading goes
	// before those that are known.
	Columns map[string]string
}

// ReadCSV checks a file of payouts and makes a plan of it. The source is read from its start, several times, here and by
// [Plan.Payouts]; it must stay open and unchanged as long as the plan is used. It is read, and ParseMSISDN called, on another
// goroutine, ahead of the payouts that are handed over, and no more once ReadCSV or the walk over the payouts has ended. Memory does
// not grow with the file.
//
// A line names the columns, in any order: msisdn and amount, and where wanted reference, description and name. French and
// English headings are understood, such as Téléphone, Net à payer, Référence, Motif and Nom, whatever their case, accents,
// blanks and hyphens; CSVOptions.Columns declares others. Two headings for one column are refused. Lines above that line,
// such as a title, are not read, which is a warning. Other columns are not read; where there are some and none is the
// reference, which may be a misspelling, the plan has a warning. It has one for each row that goes on over several lines
// too, since a stray quotation mark joins rows. It has one for a total that may be meant in place of the amounts that are
// read, for second phone numbers that may be meant in place of the first, for remarks in other columns that may say not to
// pay a row, for texts that were read in a wrong encoding before they came into the file, and for a last line that may be
// cut off. A line that names the columns again is refused.
//
// Fields stand between commas, semicolons or tabs, whichever the headings use, and may be quoted. The file is UTF-8, with
// or without a byte order mark, or Windows-1252 where its bytes leave no doubt, which is a warning. Its lines end in LF,
// CRLF, CR, or CRLF with a CR before it. White space around a field, empty lines and empty fields after the last column do not
// count, and a first line "sep=;" names the separator. Amounts are read by djamo.ParseXOF. Around a phone number, marks of the
// direction of writing, brackets, quotation marks and an apostrophe do not count, and blanks and dashes of any kind separate its
// digits. Nor does an apostrophe count before a reference such as '0012, where it keeps a text what a spreadsheet would make a
// number or a date of.
//
// A row without a reference gets one that is derived from the run's name and from the row's payee, amount and description,
// the same whenever and in whatever order the file is read: the name, a slash and 16 letters and digits. Two equal rows
// without references cannot be told apart and are refused.
//
// Everything that is wrong is in one *PlanError, by line and column. Other errors are those of the source.
func ReadCSV(source io.ReadSeeker, options CSVOptions) (*Plan, error) {
	rules, err := newRules(PlanOptions{Run: options.Run, Limits: options.Limits, MaxProblems: options.MaxProblems})
	if err != nil {
		return nil, err
	}
	if _, err := newRules(PlanOptions{Run: options.DefaultRun}); err == nil && options.Run == "" {
		rules.defaultRun = options.DefaultRun
	}
	f := csvFile{source: source, rules: rules, parseMSISDN: options.ParseMSISDN, declared: options.Columns}
	if f.parseMSISDN == nil {
		f.parseMSISDN = djamo.ParseMSISDN
	}
	if err := f.findEncoding(); err != nil {
		return nil, err
	}
	first, err := f.open()
	if err != nil {
		return nil, err
	}
	head := slices.Concat(f.encodingWarnings(), first.header.warnings())
	if first.end > first.line {
		head = append(head, spanning(first.line, first.end))
	}
	if f.isOpen {
		rules.last = first.header.last()
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
	declared    map[string]string // the headings of columns
	isOpen      bool              // its last line has no end
	western     int64             // the first line with a character of Windows-1252, if the file is written so
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
	text, head, err := newTextReader(f.decoded())
	if err != nil {
		return nil, err
	}
	t := &table{text: text, header: readHeader(head, f.declared)}
	if len(t.header.problems) > 0 {
		return nil, &PlanError{Problems: t.header.problems}
	}
	t.reader = newCSVReader(text, t.header.comma)
	record, problem, err := t.nextFilled()
	for err == nil && t.line < t.header.line && (problem == nil || !problem.fatal) { // a title, or a line "sep=;"
		record, problem, err = t.nextFilled()
	}
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	case problem != nil:
		return nil, &PlanError{Problems: []Problem{problem.Problem}}
	case len(record) != t.header.width: // it went on beyond the head of the file, or was changed just now
		return nil, &PlanError{
			Problems: []Problem{{Line: t.header.line, Rule: fmt.Sprintf("must name the columns in fewer than %d bytes", headSize)}},
		}
	}
	return t, nil
}

func newCSVReader(text io.Reader, comma rune) *csv.Reader {
	reader := csv.NewReader(text)
	reader.Comma = comma
	reader.FieldsPerRecord = -1 // a row of another width is a problem to report, not the end
	reader.ReuseRecord = true
	return reader
}

// rows reads the file from its start. It is read and taken apart on one processor, while what takes the rows, such as a journal
// that stores them, works on another: few enough ahead that it does not show in memory.
func (f *csvFile) rows(take func(row) bool) error {
	const atOnce, chunksAhead = 128, 2
	used := make(chan []row, chunksAhead)
	empty := func() []row {
		select {
		case chunk := <-used:
			return chunk
		default:
			return make([]row, 0, atOnce)
		}
	}
	return prefetch(chunksAhead, func(give func([]row) bool) error {
		chunk := empty()
		err := f.readRows(func(r row) bool {
			chunk = append(chunk, r)
			if len(chunk) < atOnce {
				return true
			}
			full := chunk
			chunk = empty()
			return give(full)
		})
		give(chunk) // what stands above an error is handed over, too
		return err
	}, func(chunk []row) bool {
		for i := range chunk {
			if !take(chunk[i]) {
				return false
			}
		}
		clear(chunk)
		select {
		case used <- chunk[:0]:
		default:
		}
		return true
	})
}

// readRows reads the file from its start, on the goroutine that calls it.
func (f *csvFile) readRows(take func(row) bool) error {
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
			if len(r.problems) > 0 {
				t.header.nameRepeat(&r, record, f.declared)
			}
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
	t.text.remaining = maxRecordBytes
	record, err := t.reader.Read()
	broken := (*csv.ParseError)(nil)
	switch {
	case errors.As(err, &broken):
		t.line, t.end = int64(broken.StartLine), int64(broken.StartLine)
		problem := t.header.unpaired(t.text.lineBefore(t.reader.InputOffset()))
		problem.Line = t.line
		return nil, &recordProblem{Problem: problem}, nil
	case errors.Is(err, errLongRecord):
		t.line = t.end + 1
		return nil, &recordProblem{
			fatal:   true,
			Problem: Problem{Line: t.line, Rule: fmt.Sprintf("must not be longer than %d bytes: a quotation mark may be open", maxRecordBytes)},
		}, nil
	case errors.Is(err, io.EOF):
		return nil, nil, io.EOF
	case err != nil:
		return nil, nil, readingFailed(err)
	}
	line, _ := t.reader.FieldPos(0)
	end, _ := t.reader.FieldPos(len(record) - 1)
	t.line, t.end = int64(line), int64(end+strings.Count(record[len(record)-1], "\n"))
	if slices.ContainsFunc(record, func(field string) bool { return !utf8.ValidString(field) }) {
		return nil, &recordProblem{fatal: true, Problem: Problem{Line: t.line, Rule: notUTF8}}, nil
	}
	return record, nil, nil
}

// readingFailed is the error of a source. One that checks what it reads may refuse the plan itself, which is said as it is.
func readingFailed(err error) error {
	if errors.Is(err, ErrBadPlan) {
		return err
	}
	return fmt.Errorf("payroll: reading the file: %w", err)
}

// isBlank reports whether nobody sees anything in a record: some programs end a file with a character of their own.
func isBlank(record []string) bool {
	if record[0] != "" && record[0][0] > ' ' && record[0][0] < 0x7f {
		return false // as nearly all are
	}
	return !slices.ContainsFunc(record, func(field string) bool {
		return strings.ContainsFunc(field, func(r rune) bool { return !unicode.IsSpace(r) && !unicode.IsControl(r) && !isInvisible(r) })
	})
}

// read takes a record apart, by the columns of the header, and checks what is in it.
func (f *csvFile) read(r *row, record []string, h header) {
	for len(record) > h.width && strings.TrimSpace(record[len(record)-1]) == "" { // spreadsheets write cells that held something once
		record = record[:len(record)-1]
	}
	for len(record) < h.width && len(record) >= h.named { // nor write those that no heading stands over
		record = append(record, "")
	}
	if len(record) != h.width {
		r.problems = append(
			r.problems,
			Problem{Line: r.payout.Line, Rule: fmt.Sprintf("must have %d fields, as line %d has, not %d", h.width, h.line, len(record))},
		)
		return
	}
	cell := func(column string) string {
		if i, ok := h.columns[column]; ok {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	for _, noted := range h.remarks {
		if text := strings.TrimSpace(record[noted.place]); r.remark == "" && text != "" && columns.Withholds(text) {
			r.remark = maskedExcerpt("", noted.heading) + ": " + maskedExcerpt("", text)
		}
	}
	r.unnamed = slices.ContainsFunc(h.unnamed, func(i int) bool { return strings.TrimSpace(record[i]) != "" })
	p := &r.payout
	var err error
	if value := bareNumber(cell(columnMSISDN)); r.accepts(columnMSISDN, value) {
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
	h.checkAmount(r, record)
	if value := unguarded(cell(columnReference)); r.accepts(columnReference, value) {
		p.Reference = value
	}
	if value := cell(columnDescription); r.accepts(columnDescription, value) {
		if strings.Contains(value, "\r") { // a line that ends otherwise is the same line
			value = strings.ReplaceAll(strings.ReplaceAll(value, "\r\n", "\n"), "\r", "\n")
		}
		p.Description = value
	}
	if name, first := cell(columns.Name), cell(columns.FirstName); name != "" || first != "" {
		p.Name = cleanName(name + " " + first)
	}
	r.garbled = garbled(p.Reference, p.Description, p.Name)
	f.rules.check(r)
}

// accepts refuses what a spreadsheet left in place of a value.
func (r *row) accepts(column, value string) bool {
	if column == columnMSISDN && isPlainNumber(value) || column == columnAmount && value != "" && isDigits(value) {
		return true
	}
	rule := ""
	switch number := column == columnMSISDN || column == columnAmount; {
	case column == columnMSISDN && isTotal(value):
		rule = "must be a phone number; a line of totals or of notes must be deleted"
		if mayBeNumber(value) {
			value = beforeDigits(value)
		}
	case column == columnMSISDN && decimals.End(value):
		rule = decimals.Rule
	case column == columnAmount && isStoredFraction(value):
		rule = "must be whole francs: the cell holds a fraction, which its format may not show; round it in the workbook (ROUND, ARRONDI)"
	case value == "" && number:
		rule = "must not be empty; a line of totals must be deleted"
	case isKeptText(value):
		rule = ruleKeptText
	case strings.HasPrefix(value, "="):
		rule = "must be a value and not a formula: replace formulas by their results before saving"
	case strings.HasPrefix(value, "#") && number:
		rule = "must be a value: this is an error of the spreadsheet, or a column too narrow to show it"
	case column != columnAmount || !isDigits(value): // a zero is for the rules of amounts
		rule = leftover(value)
	}
	if rule == "" && column == columnMSISDN && countDigits(value) == 0 {
		rule = "must be a phone number; a line of totals or of notes must be deleted"
	}
	if rule != "" {
		r.problems = append(r.problems, Problem{Line: r.payout.Line, Column: column, Value: maskedExcerpt(column, value), Rule: rule})
	}
	return rule == ""
}
