package payoutfile

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"path"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/djamo/djamo-go/internal/columns"
)

// What belongs to a sheet beside its cells is kept in parts of its own: pivot tables, which fill cells with results, and
// pictures and shapes, which lie over them.

// fillRange is a range of cells that are filled from somewhere else: by a formula in one of them, or by a pivot table. Apart
// from that cell nothing in them says so.
type fillRange struct {
	cellRange

	changes   bool // it has another result each time that the workbook is opened
	isPivot   bool
	refreshed bool // it is filled anew when the workbook is opened
}

// lookBeside learns what fills the sheet's cells and what lies over them.
func (w *workbook) lookBeside() error {
	name, err := w.parts.sheet(w.sheet)
	if err != nil {
		return err
	}
	relations, err := relationsOfPart(w.file, name)
	if err != nil {
		return err
	}
	w.fills = w.facts.fills
	for _, r := range relations {
		switch path.Base(r.Type) {
		case "pivotTable":
			pivot, err := pivotOf(w.file, r.Target)
			if err != nil {
				return err
			}
			w.fills = append(w.fills, pivot...)
		case "comments":
			if w.notes, err = notesOf(w.file, r.Target); err != nil {
				return err
			}
		case "drawing":
			covering, err := coveringOf(w.file, r.Target)
			if err != nil {
				return err
			}
			w.covering = append(w.covering, covering...)
		}
	}
	slices.SortStableFunc(w.fills, func(a, b fillRange) int { return cmp.Compare(a.firstRow, b.firstRow) })
	return nil
}

// pivotOf is where a pivot table stands.
func pivotOf(file *excelize.File, name string) ([]fillRange, error) {
	var table struct {
		Location struct {
			Cells string `xml:"ref,attr"`
		} `xml:"location"`
	}
	if err := unmarshalPart(file, name, &table); err != nil {
		return nil, err
	}
	cells, ok := rangeOf(table.Location.Cells)
	if !ok {
		return nil, nil
	}
	pivot := fillRange{cellRange: cells, isPivot: true}
	relations, err := relationsOfPart(file, name)
	for _, r := range relations {
		if path.Base(r.Type) != "pivotCacheDefinition" {
			continue
		}
		var cache struct {
			Refreshed string `xml:"refreshOnLoad,attr"`
		}
		if err := unmarshalPart(file, r.Target, &cache); err != nil {
			return nil, err
		}
		pivot.refreshed = pivot.refreshed || isTrue(cache.Refreshed)
	}
	return []fillRange{pivot}, err
}

// note is what somebody wrote to a cell, which is read when the pointer is on it.
type note struct {
	cell string
	text string
}

// notesOf are the notes that may say not to pay a row, by the row; the first of each.
func notesOf(file *excelize.File, name string) (map[int]note, error) {
	var comments struct {
		All []struct {
			Cell  string   `xml:"ref,attr"`
			Text  string   `xml:"text>t"`
			Parts []string `xml:"text>r>t"`
		} `xml:"commentList>comment"`
	}
	if err := unmarshalPart(file, name, &comments); err != nil {
		return nil, err
	}
	notes := map[int]note{}
	for _, c := range comments.All {
		text := strings.Join(strings.Fields(c.Text+strings.Join(c.Parts, "")), " ")
		_, row, err := excelize.CellNameToCoordinates(c.Cell)
		if _, known := notes[row]; err == nil && !known && columns.Withholds(text) {
			notes[row] = note{c.Cell, text}
		}
	}
	return notes, nil
}

// takeNote counts the payouts whose notes may say not to pay them.
func (w *workbook) takeNote() {
	found, ok := w.notes[w.row]
	if !ok {
		return
	}
	if w.counted.noted++; w.counted.noted == 1 {
		w.counted.firstNote = found
	}
}

// anchor is where a picture, a shape, a chart or a line stands: between two corners, or from one on.
type anchor struct {
	From *corner `xml:"from"`
	To   *corner `xml:"to"`
	// Clear is set of a shape that nothing fills: what is under it is seen.
	Clear   *struct{} `xml:"sp>spPr>noFill"`
	Content []byte    `xml:",innerxml"`
}

// corner is a cell, counted from 0, and how far in it, in units of which an inch has 914,400.
type corner struct {
	Column       int   `xml:"col"`
	ColumnOffset int64 `xml:"colOff"`
	Row          int   `xml:"row"`
	RowOffset    int64 `xml:"rowOff"`
}

// coveringOf are the cells over which the drawings of a part lie, as far as that is certain.
func coveringOf(file *excelize.File, name string) (ranges []cellRange, err error) {
	data, err := part(file, name)
	if err != nil {
		return nil, err
	}
	decoder := newDecoder(data)
	for token, err := range tokens(decoder) {
		if err != nil {
			return nil, err
		}
		element, ok := token.(xml.StartElement)
		if !ok || element.Name.Local != "twoCellAnchor" && element.Name.Local != "oneCellAnchor" {
			continue
		}
		var a anchor
		if err := decoder.DecodeElement(&a, &element); err != nil {
			return nil, err
		}
		if r, ok := a.cells(); ok && a.Clear == nil && !bytes.Contains(a.Content, []byte(`hidden="1"`)) {
			ranges = append(ranges, r)
		}
	}
	return ranges, nil
}

// cells are those that are covered. An edge that reaches a little into a cell leaves it to be read.
func (a anchor) cells() (r cellRange, ok bool) {
	const minInside, maxInside = 60_000, 130_000 // of the 190,500 that a usual row is high
	if a.From == nil {
		return r, false
	}
	if a.To == nil { // how far it reaches depends on the heights of rows
		return cellRange{a.From.Column + 1, a.From.Row + 1, a.From.Column + 1, a.From.Row + 1}, a.From.RowOffset <= maxInside
	}
	r = cellRange{a.From.Column + 1, a.From.Row + 1, a.To.Column + 1, a.To.Row + 1}
	if a.From.RowOffset > maxInside {
		r.firstRow++
	}
	if a.To.RowOffset < minInside {
		r.lastRow--
	}
	if a.To.ColumnOffset < minInside {
		r.lastColumn--
	}
	return r, r.firstRow <= r.lastRow && r.firstColumn <= r.lastColumn
}

// checkFilled counts the values of this row that a formula or a pivot table elsewhere fills, and refuses those that are not
// what is seen when the workbook is opened.
func (w *workbook) checkFilled(cells []string) error {
	for w.begun < len(w.fills) && w.fills[w.begun].firstRow <= w.row {
		w.begun++
	}
	for w.ended < w.begun && w.fills[w.ended].lastRow < w.row {
		w.ended++
	}
	if w.row <= w.header || w.width == 0 {
		return nil
	}
	for i := range cells {
		if !w.isRead(i+1) || cells[i] == "" || w.isCalculated(i+1) {
			continue
		}
		around := w.fills[w.ended:w.begun]
		at := slices.IndexFunc(around, func(f fillRange) bool { return f.holds(w.row, i+1) })
		if at < 0 {
			continue
		}
		switch f := around[at]; {
		case f.changes:
			return w.badCell(i+1, changing)
		case f.refreshed:
			return w.badCell(i+1, "it is in a pivot table that is made anew when the workbook is opened: replace the table by its values")
		case f.isPivot:
			w.counted.pivoted++
		case w.outdated:
			return w.unsavedCell(i+1, outdated)
		default:
			w.counted.calculated++
		}
	}
	return nil
}

// isCalculated reports whether a cell of this row holds a formula of its own.
func (w *workbook) isCalculated(column int) bool {
	return slices.ContainsFunc(w.facts.formulas[w.row], func(r result) bool { return r.column == column })
}
