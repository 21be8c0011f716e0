package payoutfile

import (
	"encoding/xml"
	"strconv"

	"github.com/xuri/excelize/v2"

	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
)

// Rows and cells stand in their order, each once, in all that a spreadsheet writes. Of others one reader takes the first of
// two cells, another the last, and the library moves what follows into the next column: what would be paid is not what anybody
// sees. Such a sheet is refused.

// beginData takes in where the rows begin. Alternatives to choose from may stand around pictures, never around rows.
func (r *factReader) beginData(element string) error {
	switch {
	case element == "AlternateContent":
		if r.inData {
			return lang.Errorf("its rows have alternatives: open the file in a spreadsheet and save it")
		}
		return nil
	case r.hasData:
		return lang.Errorf("it has its rows in two places: open the file in a spreadsheet and save it")
	}
	r.hasData, r.inData = true, true
	return nil
}

// beginRow goes on to a row, which is the next one where it has no number.
func (r *factReader) beginRow(element xml.StartElement) error {
	next, number := r.row+1, attribute(element, "r")
	if number != "" {
		var err error
		if next, err = strconv.Atoi(number); err != nil || next <= r.row {
			return lang.Errorf("row %q stands twice, or after a later one: open the file in a spreadsheet and save it", number)
		}
	}
	r.row, r.column = next, 0
	r.facts.addRow(element, r.row)
	return nil
}

// beginCell goes on to a cell of the row, which is the next one where it has no name.
func (r *factReader) beginCell(element xml.StartElement) error {
	r.style, _ = strconv.Atoi(attribute(element, "s")) // none is the first
	r.kind, r.hasValue, r.hasText, r.isFormula = attribute(element, "t"), false, false, false
	r.text, r.unshown = r.text[:0], ""
	name := attribute(element, "r")
	if name == "" {
		r.column++
		return nil
	}
	column, row, err := excelize.CellNameToCoordinates(name)
	switch {
	case err != nil:
		return lang.Errorf("it has a cell %q, which no sheet has: open the file in a spreadsheet and save it", name)
	case row != r.row:
		return lang.Errorf("cell %s stands in row %d: open the file in a spreadsheet and save it", name, r.row)
	case column <= r.column:
		return lang.Errorf("cell %s stands twice, or after a later one: open the file in a spreadsheet and save it", name)
	}
	r.column = column
	return nil
}

// twoValues is an error about this cell.
func (r *factReader) twoValues() error {
	name, err := excelize.CoordinatesToCellName(r.column, r.row)
	if err != nil {
		return err
	}
	return lang.Errorf("cell %s has two values: open the file in a spreadsheet and save it", name)
}
