package payoutfile

import (
	"bytes"
	"encoding/xml"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
)

// sheetFacts is what a sheet says about its cells beside their values, which the library does not tell while it reads
// rows: what nobody sees, and which values are results of formulas.
type sheetFacts struct {
	lastRow           int                 // that holds a value; there may be a million formatted ones after it
	everyRowHidden    bool                // rows that say nothing of themselves are not shown
	shownRows         map[int]bool        // those that do, and are shown
	flatRows          map[int]bool        // rows of no height
	everyColumnHidden bool                // columns that say nothing of themselves are not shown
	shownColumns      [][2]int            // those that do, and are shown: first and last, counted from 1
	hiddenColumns     [][2]int            // the same of those that are not
	formulas          map[int][]result    // by row
	styles            map[int][]styled    // by row
	numbers           []uint64            // by row, a bit for each of the first 64 columns: cells that are numbers
	kinds             map[int][]kinded    // by row
	merged            map[int][]cellRange // by row
	unshown           map[int][]unshown   // by row
	conditionals      []conditional
	fills             []fillRange // ranges that a formula in one of their cells fills
	firstRow          int         // above it nothing can be scrolled to
	firstColumn       int         // the same to its left
	recalculated      bool        // results of formulas are, when the workbook is opened
	showsFormulas     bool        // in place of their results
}

// unshown is a text of which a part is not seen, and why.
type unshown struct {
	column int
	rule   string
}

// styled is a value in a format of its own.
type styled struct {
	column, style int
	isText        bool
}

// kinded is a value that is neither a number nor a text.
type kinded struct {
	column int
	kind   string
}

// cellRange is a rectangle of cells.
type cellRange struct{ firstColumn, firstRow, lastColumn, lastRow int }

// rangeOf reads a range such as A1:B2, or a single cell.
func rangeOf(reference string) (r cellRange, ok bool) {
	first, last, isRange := strings.Cut(strings.ReplaceAll(reference, "$", ""), ":")
	if !isRange {
		last = first
	}
	firstColumn, firstRow, firstErr := excelize.CellNameToCoordinates(first)
	lastColumn, lastRow, lastErr := excelize.CellNameToCoordinates(last)
	return cellRange{firstColumn, firstRow, lastColumn, lastRow}, firstErr == nil && lastErr == nil
}

func (r cellRange) holds(row, column int) bool {
	return r.firstColumn <= column && column <= r.lastColumn && r.firstRow <= row && row <= r.lastRow
}

func (r cellRange) isOne() bool { return r.firstColumn == r.lastColumn && r.firstRow == r.lastRow }

// result is a cell that holds a formula.
type result struct {
	column  int // counted from 1
	stored  bool
	isEmpty bool // a text of nothing
	changes bool // it has another result each time that the workbook is opened
}

// hidesColumn reports whether a column, counted from 1, is not shown.
func (f *sheetFacts) hidesColumn(column int) bool {
	within := func(spans [][2]int) bool {
		return slices.ContainsFunc(spans, func(span [2]int) bool { return span[0] <= column && column <= span[1] })
	}
	return column < f.firstColumn || within(f.hiddenColumns) || f.everyColumnHidden && !within(f.shownColumns)
}

// isNumber reports whether a cell is stored as a number.
func (f *sheetFacts) isNumber(row, column int) bool {
	return row < len(f.numbers) && column <= 64 && f.numbers[row]&(1<<(column-1)) != 0
}

// coveredBy finds the merged cells that hide a cell.
func (f *sheetFacts) coveredBy(row, column int) (cellRange, bool) {
	for _, m := range f.merged[row] {
		if m.holds(row, column) && (row != m.firstRow || column != m.firstColumn) {
			return m, true
		}
	}
	return cellRange{}, false
}

// hidesRow reports whether a row is not shown, apart from rows that are marked as hidden, which the library tells.
func (f *sheetFacts) hidesRow(row int) bool {
	return row < f.firstRow || f.flatRows[row] || f.everyRowHidden && !f.shownRows[row]
}

// factsOf reads a sheet's part of the workbook once.
func factsOf(file *excelize.File, parts *bookParts, style *styles, sheet string) (*sheetFacts, error) {
	name, err := parts.sheet(sheet)
	if err != nil {
		return nil, err
	}
	data, err := part(file, name)
	if err != nil {
		return nil, err
	}
	shared, err := unshownTexts(file, parts, style)
	if err != nil {
		return nil, err
	}
	decoder := newDecoder(data)
	facts := &sheetFacts{
		shownRows: map[int]bool{}, flatRows: map[int]bool{}, formulas: map[int][]result{}, styles: map[int][]styled{},
		kinds: map[int][]kinded{}, merged: map[int][]cellRange{}, unshown: map[int][]unshown{},
	}
	reader := factReader{facts: facts, decoder: decoder, looks: style, shared: shared, changing: map[string]bool{}}
	for token, err := range tokens(decoder) {
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			err = reader.begin(token)
		case xml.CharData:
			reader.addText(token)
		case xml.EndElement:
			reader.end(token)
		}
		if err != nil {
			return nil, err
		}
	}
	return facts, nil
}

// factReader is where the reading of a sheet stands.
type factReader struct {
	facts       *sheetFacts
	decoder     *xml.Decoder
	looks       *styles
	shared      map[string]string // texts of which a part is not seen, by their numbers
	changing    map[string]bool   // shared formulas that have another result each time
	row, column int
	style       int
	kind        string // of the cell's value, as its attribute t says
	inValue     int    // elements around here that hold the value: v, or is and t
	hasValue    bool   // there is one, be it empty
	hasText     bool   // it is not empty
	hasData     bool   // the sheet's rows have begun
	inData      bool   // and have not ended
	firstRow    int    // of what is seen of the sheet at once
	firstColumn int
	isFormula   bool
	inFormula   bool
	sharedBy    string // what a formula that is shared is known by
	filled      string // the range that a formula fills, if it is not its own cell
	text        []byte // of the formula, or the number of a shared text
	changes     bool   // the formula has another result each time
	unshown     string // why a part of the text is not seen
}

// addText takes what stands in a value or a formula.
func (r *factReader) addText(text []byte) {
	r.hasText = r.hasText || r.inValue > 0 && len(bytes.TrimSpace(text)) > 0
	if r.inFormula || r.inValue > 0 && r.kind == "s" {
		r.text = append(r.text, text...)
	}
}

func (r *factReader) begin(element xml.StartElement) error {
	f := r.facts
	switch element.Name.Local {
	case "sheetFormatPr":
		f.everyRowHidden = isTrue(attribute(element, "zeroHeight")) || isNothingTall(attribute(element, "defaultRowHeight"))
		width := attribute(element, "defaultColWidth")
		f.everyColumnHidden = isNothingTall(width) || width == "" && isNothingTall(attribute(element, "baseColWidth"))
	case "col":
		f.addColumns(element)
	case "sheetData", "AlternateContent":
		return r.beginData(element.Name.Local)
	case "row":
		return r.beginRow(element)
	case "c":
		return r.beginCell(element)
	case "f":
		r.isFormula, r.inFormula, r.sharedBy, r.filled = true, true, attribute(element, "si"), ""
		if kind := attribute(element, "t"); kind == "array" || kind == "dataTable" {
			r.filled = attribute(element, "ref")
		}
	case "rPr":
		run, err := fontOf(r.decoder, &element)
		r.unshown = worse(r.unshown, r.looks.hidesRun(run))
		return err
	case "v", "is":
		if r.inValue == 0 && r.hasValue {
			return r.twoValues()
		}
		r.inValue++
		r.hasValue = true
	case "sheetView":
		r.firstRow, r.firstColumn = 1, 1
		f.showsFormulas = f.showsFormulas || isTrue(attribute(element, "showFormulas"))
		if column, row, err := excelize.CellNameToCoordinates(attribute(element, "topLeftCell")); err == nil {
			r.firstRow, r.firstColumn = row, column
		}
	case "pane":
		r.addPane(element)
	case "sheetCalcPr":
		f.recalculated = isTrue(attribute(element, "fullCalcOnLoad"))
	case "conditionalFormatting":
		var c conditional
		if err := r.decoder.DecodeElement(&c, &element); err != nil {
			return err
		}
		f.conditionals = append(f.conditionals, c)
	case "mergeCell":
		return f.addMerge(attribute(element, "ref"))
	}
	return nil
}

// end takes a cell in whose value is known now. A cell without one shows nothing in whatever format, and there may be
// millions.
func (r *factReader) end(element xml.EndElement) {
	f := r.facts
	switch element.Name.Local {
	case "v", "is":
		r.inValue--
		return
	case "f":
		r.endFormula()
		return
	case "sheetData":
		r.inData = false
		return
	case "c":
	default:
		return
	}
	if r.isFormula {
		// A formula may give an empty text, which is stored as one.
		f.formulas[r.row] = append(f.formulas[r.row], result{
			column: r.column, stored: r.hasText || r.hasValue && r.kind == "str", isEmpty: !r.hasText,
			changes: r.changes,
		})
	}
	r.changes = false
	if !r.hasText {
		return
	}
	f.lastRow = max(f.lastRow, r.row)
	if rule := r.shared[string(bytes.TrimSpace(r.text))]; r.kind == "s" && rule != "" {
		r.unshown = rule
	}
	if r.unshown != "" {
		f.unshown[r.row] = append(f.unshown[r.row], unshown{r.column, r.unshown})
	}
	isText := r.kind == "s" || r.kind == "str" || r.kind == "inlineStr"
	if r.style > 0 || r.looks.isOdd {
		f.styles[r.row] = append(f.styles[r.row], styled{r.column, r.style, isText})
	}
	switch {
	case r.kind == "b":
		f.kinds[r.row] = append(f.kinds[r.row], kinded{r.column, "a truth value"})
	case r.kind == "d":
		f.kinds[r.row] = append(f.kinds[r.row], kinded{r.column, "a date"})
	case !isText && r.kind != "e" && r.column <= 64:
		for len(f.numbers) <= r.row {
			f.numbers = append(f.numbers, 0)
		}
		f.numbers[r.row] |= 1 << (r.column - 1)
	}
}

// endFormula finds out whether a formula has another result each time.
func (r *factReader) endFormula() {
	r.inFormula = false
	if r.changes = changesByItself(string(r.text)); r.changes && r.sharedBy != "" {
		r.changing[r.sharedBy] = true
	}
	r.changes = r.changes || r.changing[r.sharedBy]
	if filled, ok := rangeOf(r.filled); ok && !filled.isOne() {
		r.facts.fills = append(r.facts.fills, fillRange{cellRange: filled, changes: r.changes})
	}
	r.text = r.text[:0]
}

// changesByItself reports whether a formula goes by the clock, or by chance.
func changesByItself(formula string) bool {
	plain := regexp.MustCompile(`"[^"]*"|'[^']*'`).ReplaceAllString(strings.ToUpper(formula), "")
	return regexp.MustCompile(`(^|[^A-Z0-9_.])(_XLFN\.)?(NOW|TODAY|RAND|RANDBETWEEN|RANDARRAY)\s*\(`).MatchString(plain)
}

// addPane notes which rows and columns cannot be scrolled to: panes were frozen while they were out of sight.
func (r *factReader) addPane(element xml.StartElement) {
	if !strings.HasPrefix(attribute(element, "state"), "frozen") {
		return
	}
	if y := attribute(element, "ySplit"); y != "" && y != "0" {
		r.facts.firstRow = max(r.facts.firstRow, r.firstRow)
	}
	if x := attribute(element, "xSplit"); x != "" && x != "0" {
		r.facts.firstColumn = max(r.facts.firstColumn, r.firstColumn)
	}
}

// maxMergedRows bounds how many rows the merged cells of a sheet may cover in all.
const maxMergedRows = 1 << 20

func (f *sheetFacts) addMerge(reference string) error {
	r, ok := rangeOf(reference)
	if !ok {
		return nil // nothing that a spreadsheet would merge
	}
	for row := r.firstRow; row <= min(r.lastRow, f.lastRow); row++ {
		if len(f.merged) > maxMergedRows {
			return lang.Errorf("it merges too many cells")
		}
		f.merged[row] = append(f.merged[row], r)
	}
	return nil
}

func (f *sheetFacts) addRow(element xml.StartElement, row int) {
	height, hidden := attribute(element, "ht"), attribute(element, "hidden")
	switch {
	case isNothingTall(height):
		f.flatRows[row] = true
	case f.everyRowHidden && (hidden != "" && !isTrue(hidden) || hidden == "" && height != ""):
		f.shownRows[row] = true
	}
}

func (f *sheetFacts) addColumns(element xml.StartElement) {
	first, firstErr := strconv.Atoi(attribute(element, "min"))
	last, lastErr := strconv.Atoi(attribute(element, "max"))
	switch width := attribute(element, "width"); {
	case errors.Join(firstErr, lastErr) != nil:
	case isTrue(attribute(element, "hidden")), isNothingTall(width):
		f.hiddenColumns = append(f.hiddenColumns, [2]int{first, last})
	case width != "":
		f.shownColumns = append(f.shownColumns, [2]int{first, last})
	}
}

func attribute(element xml.StartElement, name string) string {
	for _, a := range element.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func isTrue(value string) bool { return value == "1" || value == "true" }

// isNothingTall reports whether a height in points, or a width in characters, is given and is too little to see anything in:
// less than one.
func isNothingTall(value string) bool {
	whole, _, _ := strings.Cut(value, ".")
	return value != "" && strings.Trim(whole, "0") == "" || strings.HasPrefix(value, "-") || strings.Contains(strings.ToLower(value), "e-")
}
