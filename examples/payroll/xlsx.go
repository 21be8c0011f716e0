package main

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/djamo/djamo-go/payroll"
	"github.com/xuri/excelize/v2"
)

// workbook gives the first visible sheet of an .xlsx file as CSV, for payroll.ReadCSV: a line for each row, so the lines of
// its problems are the rows of the sheet.
//
// Cells are taken as the file stores them and not as they are shown, so a number loses no digit to its format. A row that
// is hidden, as by a filter, is an error: nobody should pay what they do not see.
//
// The workbook is held in memory, so that no phone number gets into a temporary file; a million rows are better kept as CSV.
type workbook struct {
	file  *excelize.File
	sheet string
	rows  *excelize.Rows
	row   int
	width int      // of the header; 0 before it was met
	names []string // of its columns, in lower case
	lines bytes.Buffer
}

// mostUnzipped bounds what a workbook may hold, in bytes: a small file can unpack to a very large one.
const mostUnzipped = 512 << 20

func openWorkbook(path string) (*workbook, error) {
	file, err := excelize.OpenFile(path, excelize.Options{RawCellValue: true, UnzipSizeLimit: mostUnzipped, UnzipXMLSizeLimit: mostUnzipped})
	if err != nil {
		return nil, fmt.Errorf("%w: the workbook cannot be read: %w", payroll.ErrBadPlan, err)
	}
	w := &workbook{file: file}
	if err := w.open(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return w, nil
}

func (w *workbook) open() error {
	if err := checkXML(w.file); err != nil {
		return fmt.Errorf("%w: the workbook is damaged: %w", payroll.ErrBadPlan, err)
	}
	for _, sheet := range w.file.GetSheetList() {
		visible, err := w.file.GetSheetVisible(sheet)
		if err != nil {
			return fmt.Errorf("%w: the workbook is damaged: %w", payroll.ErrBadPlan, err)
		}
		if visible {
			w.sheet = sheet
			_, err = w.Seek(0, io.SeekStart)
			return err
		}
	}
	return fmt.Errorf("%w: the workbook has no visible sheet", payroll.ErrBadPlan)
}

// checkXML reads every sheet to its end: the library takes one that breaks off for one that is shorter.
func checkXML(file *excelize.File) (err error) {
	file.Pkg.Range(func(name, content any) bool {
		data, ok := content.([]byte)
		if path, _ := name.(string); !ok || !strings.HasPrefix(path, "xl/worksheets/") && path != "xl/sharedStrings.xml" {
			return true
		}
		decoder := xml.NewDecoder(bytes.NewReader(data))
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
	w.rows, w.row, w.width, w.names = rows, 0, 0, nil
	w.lines.Reset()
	return 0, nil
}

func (w *workbook) Read(to []byte) (int, error) {
	for w.lines.Len() == 0 {
		if !w.rows.Next() {
			if err := w.rows.Error(); err != nil {
				return 0, err
			}
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
		return fmt.Errorf("row %d: %w", w.row, err)
	}
	for i := range cells {
		cells[i] = strings.Join(strings.FieldsFunc(cells[i], func(r rune) bool { return r == '\r' || r == '\n' }), " ") // one line for each row
	}
	for len(cells) > w.width && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	if len(cells) > 0 && w.rows.GetRowOpts().Hidden {
		return fmt.Errorf("%w: row %d is hidden: show every row, or delete those that are not to be paid", payroll.ErrBadPlan, w.row)
	}
	switch {
	case w.width == 0 && len(cells) > 0:
		w.width = len(cells)
		for _, name := range cells {
			w.names = append(w.names, strings.ToLower(strings.TrimSpace(name)))
		}
	case len(cells) > 0:
		for len(cells) < w.width {
			cells = append(cells, "")
		}
		w.change(cells, "amount", wholeAmount)
		w.change(cells, "msisdn", wholeNumber)
	}
	writer := csv.NewWriter(&w.lines)
	if err := writer.Write(cells); err != nil {
		return err
	}
	writer.Flush()
	return writer.Error()
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
