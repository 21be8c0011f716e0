package payoutfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/internal/columns"
	"github.com/djamo/djamo-go/payroll"
)

// checkColumns refuses columns that have a name and are not shown.
func (w *workbook) checkColumns() error {
	for i, name := range w.headings {
		if name = strings.ToLower(strings.TrimSpace(name)); name == "" || !w.facts.hidesColumn(i+1) {
			continue
		}
		letters, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		return lang.Errorf(
			"%w: column %s (%s) is hidden: show every column, or delete those that are not needed",
			payroll.ErrBadPlan,
			letters,
			name,
		)
	}
	return nil
}

// checkFormats refuses values that are shown as something else than what is read.
func (w *workbook) checkFormats(cells []string) error {
	for _, cell := range w.facts.kinds[w.row] {
		if w.isRead(cell.column) {
			return w.badCell(cell.column, fmt.Sprintf("%s: it is %s: format the column as text and enter it as it is to be",
				w.names[cell.column-1], cell.kind))
		}
	}
	for _, cell := range w.facts.styles[w.row] {
		if cell.column > len(cells) || strings.TrimSpace(cells[cell.column-1]) == "" {
			continue
		}
		if rule := w.looks.strikes(cell.style); rule != "" && w.isName(cell.column) { // who is struck out is not to be paid
			return w.badCell(cell.column, columns.Name+": "+rule)
		}
		if !w.isRead(cell.column) {
			continue
		}
		builtin, custom := w.looks.format(cell.style)
		column := w.names[cell.column-1]
		if rule := w.looks.hides(cell.style, cell.isText); rule != "" {
			return w.badCell(cell.column, column+": "+rule)
		}
		switch {
		case cell.isText && hidesText(custom):
			return w.badCell(cell.column, column+": its format shows something else than the text that it holds: format the column as text")
		case cell.isText:
		case column == "amount", column == "msisdn":
			if shows := misleading(builtin, custom); shows != "" {
				return w.badCell(cell.column,
					fmt.Sprintf("%s: its format shows %s: format the column as a number, and see what it holds", column, shows))
			}
		case column == "reference":
			if !isReferenceShown(cells[cell.column-1], digitsShown(builtin, custom)) {
				return w.badCell(cell.column, badReference)
			}
		case column == "description":
			if digitsShown(builtin, custom) == 0 {
				return w.badCell(cell.column, "description: it is a number, which the payee would not see as it is shown: "+
					"format the column as text and enter it as it is to be")
			}
		}
	}
	if err := w.checkShown(cells); err != nil {
		return err
	}
	return w.checkReference(cells)
}

// checkReference refuses a reference that is not there, or not seen as it is stored, though its cell has no format.
func (w *workbook) checkReference(cells []string) error {
	for _, cell := range w.facts.formulas[w.row] {
		if cell.isEmpty && w.isRead(cell.column) && w.names[cell.column-1] == "reference" {
			return w.badCell(cell.column, "reference: it is a formula whose result is empty: enter the reference")
		}
	}
	at := slices.Index(w.names, "reference")
	if at >= 0 && at < len(cells) && w.facts.isNumber(w.row, at+1) && w.styleOf(at+1) == 0 &&
		!isReferenceShown(cells[at], digitsShown(w.looks.format(0))) {
		return w.badCell(at+1, badReference)
	}
	return nil
}

// checkShown refuses values that nobody sees, or may not see, for other reasons than the style of their cells.
func (w *workbook) checkShown(cells []string) error {
	for _, text := range w.facts.unshown[w.row] {
		if w.isRead(text.column) && (text.rule != raised || w.names[text.column-1] != columns.Description) {
			return w.badCell(text.column, w.names[text.column-1]+": "+text.rule)
		}
	}
	for i, name := range w.names {
		if i >= len(cells) || strings.TrimSpace(cells[i]) == "" || !w.isRead(i+1) {
			continue
		}
		if slices.ContainsFunc(w.hiding, func(h hider) bool {
			return h.holds(w.row, i+1) && w.looks.hidesConditionally(h, w.styleOf(i+1))
		}) {
			return w.badCell(i+1, name+": a conditional format can hide what it holds, or strike it out: remove the format, and look again")
		}
		if slices.ContainsFunc(w.covering, func(r cellRange) bool { return r.holds(w.row, i+1) }) {
			return w.badCell(i+1, name+": a picture or a shape lies over it: move that away, or delete it")
		}
	}
	return nil
}

// checkLines refuses lines inside of the values that decide who is paid what: they would be read as if they were one.
func (w *workbook) checkLines(cells []string) error {
	for i, cell := range cells {
		if !w.isRead(i+1) || w.names[i] == columns.Description || !strings.ContainsAny(strings.TrimSpace(cell), "\r\n") {
			continue
		}
		return w.badCell(i+1, w.names[i]+": it holds several lines: write it on one")
	}
	return nil
}

const badReference = "reference: it is a number, which is not shown as it is stored: format the column as text and enter it as it is to be"

// isReferenceShown reports whether a number is seen digit by digit, as a CSV file of the sheet has it too.
func isReferenceShown(cell string, digits int) bool {
	cell = strings.TrimSpace(cell)
	return isDigits(cell) && len(cell) <= digits
}

// styleOf is the style of a cell of this row; 0 when it has none of its own.
func (w *workbook) styleOf(column int) int {
	for _, s := range w.facts.styles[w.row] {
		if s.column == column {
			return s.style
		}
	}
	return 0
}

// checkMerged refuses values in cells that other cells cover: the file holds them, and nobody sees them. It refuses cells
// without a value that show the one of a row above, too: it would be taken for theirs.
func (w *workbook) checkMerged(cells []string) error {
	if len(w.facts.merged[w.row]) == 0 || len(cells) == 0 {
		return nil
	}
	for i := range max(len(cells), w.width) {
		m, covered := w.facts.coveredBy(w.row, i+1)
		isEmpty := i >= len(cells) || strings.TrimSpace(cells[i]) == ""
		if !covered || isEmpty && (m.firstRow == w.row || !w.isRead(i+1)) {
			continue
		}
		first, firstErr := excelize.CoordinatesToCellName(m.firstColumn, m.firstRow)
		last, lastErr := excelize.CoordinatesToCellName(m.lastColumn, m.lastRow)
		if err := errors.Join(firstErr, lastErr); err != nil {
			return err
		}
		if isEmpty {
			return w.badCell(i+1, fmt.Sprintf("the merged cells %s:%s show one value for several rows: take the merging back, "+
				"and write the value in each row", first, last))
		}
		return w.badCell(i+1, fmt.Sprintf("it holds a value that the merged cells %s:%s cover: take the merging back", first, last))
	}
	return nil
}

// badCell is an error about a cell of this row.
func (w *workbook) badCell(column int, rule string) error {
	name, err := excelize.CoordinatesToCellName(column, w.row)
	if err != nil {
		return err
	}
	return lang.Errorf("%w: cell %s: %s", payroll.ErrBadPlan, name, lang.Phrase(rule))
}

// checkFormulas refuses formulas in the columns that are read whose result the file does not have, or says is out of date: a
// program that is no spreadsheet wrote it, and a reader would take an empty cell, or an old amount. It counts the others.
func (w *workbook) checkFormulas() error {
	if w.row < w.header {
		return nil // a title pays nobody
	}
	for _, cell := range w.facts.formulas[w.row] {
		if w.width > 0 && !w.isRead(cell.column) {
			continue
		}
		if cell.stored && !cell.changes && !w.outdated && !w.facts.showsFormulas {
			w.counted.calculated++
			continue
		}
		switch {
		case w.facts.showsFormulas:
			return w.badCell(cell.column, "it is a formula, and the sheet shows formulas in place of their results: let it show these, and save it")
		case cell.changes:
			return w.badCell(cell.column, changing)
		case cell.stored:
			return w.unsavedCell(cell.column, outdated)
		}
		return w.unsavedCell(cell.column, "is a formula without a stored result")
	}
	return nil
}

const (
	changing = "it is a formula that goes by the clock or by chance, so it shows something else each time: replace it by its result"
	outdated = "is a formula, and the workbook says that its results are to be calculated again"
)

// unsavedCell is an error about a cell of this row whose result the file does not have.
func (w *workbook) unsavedCell(column int, rule string) error {
	name, err := excelize.CoordinatesToCellName(column, w.row)
	if err != nil {
		return err
	}
	return lang.Errorf("%w: cell %s %s: open the file in a spreadsheet and save it", payroll.ErrBadPlan, name, lang.Phrase(rule))
}

// isRead reports whether a column, counted from 1, is one that decides what is paid.
func (w *workbook) isRead(column int) bool {
	return column <= len(w.names) && slices.Contains(decisive(), w.names[column-1])
}

// isName reports whether a column, counted from 1, has the payees' names.
func (w *workbook) isName(column int) bool {
	return column <= len(w.names) && (w.names[column-1] == columns.Name || w.names[column-1] == columns.FirstName)
}

// WarnFormulas is the kind of the warning that a workbook's amounts or payees are results of formulas.
const WarnFormulas payroll.WarningKind = "formulas"

// maxNote is how much of a note is shown, in characters.
const maxNote = 60

// warnings are for whoever confirms the plan, once the sheet was read to its end.
func (w *workbook) warnings() (list []payroll.Warning) {
	if w.whole.calculated > 0 {
		list = append(list, payroll.Warning{Kind: WarnFormulas, Text: fmt.Sprintf(
			"results of formulas: %d, as the workbook was last saved: check that they are up to date", w.whole.calculated)})
	}
	if w.whole.noted > 0 {
		text := djamo.MaskPhones(w.whole.firstNote.text)
		if shown := []rune(text); len(shown) > maxNote {
			text = string(shown[:maxNote]) + "…"
		}
		list = append(list, payroll.Warning{Kind: payroll.WarnHeadings, Text: fmt.Sprintf(
			"notes on cells that are not read and may say not to pay: %d, first at %s: %s", w.whole.noted, w.whole.firstNote.cell, text)})
	}
	if w.whole.pivoted > 0 {
		list = append(list, payroll.Warning{Kind: WarnFormulas, Text: fmt.Sprintf(
			"values of pivot tables: %d, as they were last refreshed: check that they are up to date", w.whole.pivoted)})
	}
	return list
}

// decisive are the columns that decide what is paid. A name is only for people to read.
func decisive() []string {
	return []string{columns.MSISDN, columns.Amount, columns.Reference, columns.Description}
}
