package payoutfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/unicode/norm"

	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/internal/columns"
	"github.com/djamo/djamo-go/payroll"
)

// workbook gives one visible sheet of an .xlsx file as CSV, for payroll.ReadCSV: a line for each row, so the lines of
// its problems are the rows of the sheet.
//
// Cells are taken as the file stores them and not as they are shown, so a number loses no digit to its format. A row that
// is hidden, as by a filter, or a column, is an error: nobody should pay what they do not see. So is a formula whose result
// the file does not have.
//
// The workbook is held in memory, so that no phone number gets into a temporary file; a million rows are better kept as CSV.
type workbook struct {
	file     *excelize.File
	sheet    string
	declared map[string]string // the headings of columns
	facts    *sheetFacts
	parts    *bookParts
	looks    *styles
	hiding   []hider      // what conditional formats may hide
	notes    map[int]note // that may say not to pay a row
	covering []cellRange  // where pictures and shapes lie
	fills    []fillRange  // what formulas and pivot tables fill, by their first rows

	outdated bool   // the results of formulas are
	counted  counts // in the rows that this reading has come to
	whole    counts // in all rows: some readings stop before the end
	begun    int    // how many of the fills begin above this row, or in it
	ended    int    // how many of these, in a row, end above it

	rows     *excelize.Rows
	row      int
	header   int      // the row that names the columns
	width    int      // of the header; 0 before it was met
	names    []string // of its columns, as the plan calls them; "" for those that are not read
	headings []string // as the sheet has them
	lines    bytes.Buffer
}

// counts are what those who confirm a plan are told of a sheet.
type counts struct {
	calculated int // cells of payouts that are results of formulas
	pivoted    int // the same of pivot tables
	noted      int // payouts with notes that may say not to pay them
	firstNote  note
}

// maxUnzipped bounds what a workbook may hold, in bytes: a small file can unpack to a very large one.
const maxUnzipped = 512 << 20

// openWorkbook opens a sheet by its name or, when that is empty, the only visible one that has the columns.
func openWorkbook(path, sheet string, declared map[string]string) (*workbook, error) {
	content, err := inUTF8(path)
	if err != nil {
		return nil, err
	}
	file, err := excelize.OpenReader(
		content,
		excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzipped},
	)
	if err != nil {
		return nil, lang.Errorf("%w: the workbook cannot be read: %w", payroll.ErrBadPlan, err)
	}
	w := &workbook{file: file, declared: declared}
	if err := w.open(sheet); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return w, nil
}

func (w *workbook) open(sheet string) error {
	if err := toUTF8(w.file); err != nil {
		return lang.Errorf("%w: the workbook is damaged: %w", payroll.ErrBadPlan, err)
	}
	if err := checkXML(w.file); err != nil {
		return lang.Errorf("%w: the workbook is damaged: %w", payroll.ErrBadPlan, err)
	}
	var err error
	if w.parts, err = partsOf(w.file); err != nil {
		return lang.Errorf("%w: the workbook is damaged: %w", payroll.ErrBadPlan, err)
	}
	if w.parts.unseen {
		return lang.Errorf("%w: the workbook's window is hidden: show it (in Excel, View, Unhide), so that it can be seen what is paid, "+
			"and save it", payroll.ErrBadPlan)
	}
	w.parts.placeTexts(w.file)
	if w.sheet, err = w.choose(sheet); err != nil {
		return err
	}
	if w.header, _, err = w.findHeader(w.sheet); err != nil {
		return err
	}
	if err := w.look(); err != nil {
		return lang.Errorf("%w: the workbook is damaged: %w", payroll.ErrBadPlan, err)
	}
	properties, err := w.file.GetCalcProps()
	if err != nil {
		return lang.Errorf("%w: the workbook is damaged: %w", payroll.ErrBadPlan, err)
	}
	isSet := func(property *bool, value bool) bool { return property != nil && *property == value }
	w.outdated = w.facts.recalculated || isSet(properties.FullCalcOnLoad, true) ||
		isSet(properties.ForceFullCalc, true) || isSet(properties.CalcCompleted, false)
	_, err = w.Seek(0, io.SeekStart)
	return err
}

// look learns how the sheet shows its cells.
func (w *workbook) look() error {
	var err error
	if w.looks, err = stylesOf(w.file, w.parts); err != nil {
		return err
	}
	if w.facts, err = factsOf(w.file, w.parts, w.looks, w.sheet); err != nil {
		return err
	}
	if err = w.lookBeside(); err != nil {
		return err
	}
	for _, c := range w.facts.conditionals {
		w.hiding = append(w.hiding, w.looks.hidersOf(c)...)
	}
	return nil
}

// choose finds the sheet to pay. Where several could be meant it does not guess.
func (w *workbook) choose(wanted string) (string, error) {
	wanted = norm.NFC.String(wanted)
	isWanted := func(sheet string) bool { return norm.NFC.String(sheet) == wanted }
	var seen, fitting []string
	for _, sheet := range w.file.GetSheetList() {
		visible, err := w.file.GetSheetVisible(sheet)
		switch {
		case err != nil:
			return "", lang.Errorf("%w: the workbook is damaged: %w", payroll.ErrBadPlan, err)
		case isWanted(sheet) && !visible:
			return "", lang.Errorf("%w: the sheet %q is hidden: show it, so that it can be seen what is paid", payroll.ErrBadPlan, sheet)
		case isWanted(sheet):
			return sheet, nil
		case !visible:
			continue
		}
		seen = append(seen, sheet)
		if _, fits, err := w.findHeader(sheet); err != nil {
			return "", err
		} else if fits {
			fitting = append(fitting, sheet)
		}
	}
	switch {
	case len(seen) == 0:
		return "", lang.Errorf("%w: the workbook has no visible sheet", payroll.ErrBadPlan)
	case wanted != "":
		return "", lang.Errorf("%w: the workbook has no sheet %q, but %q", payroll.ErrBadPlan, wanted, seen)
	case len(fitting) > 1:
		return "", lang.Errorf(
			"%w: the sheets %q all have the columns of payouts: name the one to pay with --sheet",
			payroll.ErrBadPlan,
			fitting,
		)
	case len(fitting) == 1:
		return fitting[0], nil
	}
	return seen[0], nil // what it lacks is told by who reads it
}

// findHeader finds the row that names the columns of payouts, and reports whether there is one: titles may stand above it.
// Where there is none it is the one that comes nearest, as payroll.ReadCSV looks for it.
func (w *workbook) findHeader(sheet string) (row int, found bool, err error) {
	rows, err := w.file.Rows(sheet)
	if err != nil {
		return 0, false, lang.Errorf("%w: the workbook is damaged: %w", payroll.ErrBadPlan, err)
	}
	defer rows.Close()
	const maxTitles = 20
	best := -1
	for at, filled := 1, 0; filled <= maxTitles && rows.Next(); at++ {
		cells, err := rows.Columns()
		if err != nil {
			return 0, false, lang.Errorf("%w: the workbook is damaged: %w", payroll.ErrBadPlan, err)
		}
		if !slices.ContainsFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) != "" }) {
			continue
		}
		filled++
		columns := columns.Find(cells, w.declared)
		if len(columns.At) > best || columns.Payouts() {
			row, best = at, len(columns.At)
		}
		if columns.Payouts() {
			return row, true, nil
		}
	}
	return row, false, nil
}

// checkXML reads every sheet to its end: the library takes one that breaks off for one that is shorter.
func checkXML(file *excelize.File) (err error) {
	file.Pkg.Range(func(name, content any) bool {
		data, ok := content.([]byte)
		if path, _ := name.(string); !ok || !strings.HasPrefix(path, "xl/worksheets/") && path != "xl/sharedStrings.xml" {
			return true
		}
		decoder := newDecoder(data)
		for err == nil {
			_, err = decoder.Token()
		}
		if errors.Is(err, io.EOF) { // with every element closed
			err = nil
		}
		return err == nil
	})
	return err
}

// Seek goes back to the first row; there is nowhere else to go.
func (w *workbook) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekStart {
		return 0, errors.ErrUnsupported
	}
	rows, err := w.file.Rows(w.sheet)
	if err != nil {
		return 0, err
	}
	if w.rows != nil {
		_ = w.rows.Close() // it was only read
	}
	w.rows, w.row, w.width, w.names, w.headings = rows, 0, 0, nil, nil
	w.counted, w.begun, w.ended = counts{}, 0, 0
	w.lines.Reset()
	return 0, nil
}

func (w *workbook) Read(to []byte) (int, error) {
	for w.lines.Len() == 0 {
		if w.row >= w.facts.lastRow || !w.rows.Next() { // what follows the last row is formatted, and empty
			if err := w.rows.Error(); err != nil {
				return 0, err
			}
			w.whole = w.counted
			return 0, io.EOF
		}
		if err := w.next(); err != nil {
			return 0, err
		}
	}
	return w.lines.Read(to)
}

func (w *workbook) Close() error {
	return errors.Join(w.rows.Close(), w.file.Close())
}

// next writes the next row as a line of CSV.
func (w *workbook) next() error {
	w.row++
	cells, err := w.rows.Columns()
	if err != nil {
		return lang.Errorf("row %d: %w", w.row, err)
	}
	if err := w.checkFormulas(); err != nil {
		return err
	}
	if err := w.checkFilled(cells); err != nil {
		return err
	}
	if err := w.checkLines(cells); err != nil {
		return err
	}
	for i := range cells {
		cells[i] = strings.Join(
			strings.FieldsFunc(cells[i], func(r rune) bool { return r == '\r' || r == '\n' }),
			" ",
		) // one line for each row
	}
	for len(cells) > w.width && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	if len(cells) > 0 && (w.rows.GetRowOpts().Hidden || w.facts.hidesRow(w.row)) {
		return lang.Errorf("%w: row %d is hidden: show every row, or delete those that are not to be paid", payroll.ErrBadPlan, w.row)
	}
	if err := w.checkMerged(cells); err != nil {
		return err
	}
	switch {
	case w.row < w.header: // a title
	case w.width == 0 && len(cells) > 0:
		w.takeHeader(cells)
		if err := w.checkColumns(); err != nil {
			return err
		}
	case len(cells) > 0:
		for len(cells) < w.width {
			cells = append(cells, "")
		}
		if err := w.checkFormats(cells); err != nil {
			return err
		}
		w.takeNote()
		w.change(cells, "amount", wholeAmount)
		w.change(cells, "msisdn", wholeNumber)
		if at := slices.Index(w.names, "msisdn"); at >= 0 && w.facts.isNumber(w.row, at+1) {
			_, custom := w.looks.format(w.styleOf(at + 1))
			w.change(cells, "msisdn", func(digits string) string { return phoneShown(digits, custom) })
		}
	}
	writer := csv.NewWriter(&w.lines)
	if err := writer.Write(cells); err != nil {
		return err
	}
	writer.Flush()
	return writer.Error()
}

// takeHeader learns what the columns are.
func (w *workbook) takeHeader(cells []string) {
	w.width, w.headings, w.names = len(cells), slices.Clone(cells), make([]string, len(cells))
	found := columns.Find(cells, w.declared)
	for column, place := range found.At {
		w.names[place] = column
	}
	for _, repeated := range found.Repeated { // ReadCSV refuses them
		w.names[repeated.Second] = repeated.Column
	}
}

func (w *workbook) change(cells []string, column string, by func(string) string) {
	if i := slices.Index(w.names, column); i >= 0 {
		cells[i] = by(strings.TrimSpace(cells[i]))
	}
}

// wholeNumber writes a number that the workbook stores with a fraction of nothing, 2250748710523.0, as the integer it is.
func wholeNumber(cell string) string {
	if digits, fraction, ok := strings.Cut(cell, "."); ok && isDigits(digits) && strings.Trim(fraction, "0") == "" && digits[0] != '0' {
		return digits
	}
	return cell
}

// wholeAmount does the same for an amount. In a workbook 50.125 can be a number with decimals and 50.000 a text, where a
// CSV file has a thousands separator in both, so every other amount with one dot is marked, and ReadCSV refuses it.
func wholeAmount(cell string) string {
	digits, fraction, ok := strings.Cut(cell, ".")
	if !ok || !isDigits(digits) || !isDigits(fraction) {
		return cell
	}
	if whole := wholeNumber(cell); whole != cell && len(fraction) != 3 {
		return whole
	}
	return cell + " (decimal point)"
}

func isDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }
