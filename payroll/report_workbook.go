package payroll

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/wordbreak"
)

// The formats of the cells of a workbook, in the order of its styles.
const (
	cellNumber  = iota // as it is
	cellText           // which no spreadsheet changes or runs
	cellAmount         // with its thousands apart
	cellHeading        // above a column
	cellMoment         // a day and a time
	cellTitle
	cellTotal // an amount that others add up to
	cellTotalText
)

// workbookParts are the parts of a workbook that hold no payouts.
func (r *report) workbookParts(rows int64) [][2]string {
	const (
		declaration = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
		main        = `http://schemas.openxmlformats.org/spreadsheetml/2006/main`
		relations   = `http://schemas.openxmlformats.org/package/2006/relationships`
		office      = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
		types       = `application/vnd.openxmlformats-officedocument.spreadsheetml.`
		xf          = `<xf fontId="0" fillId="0" borderId="0" xfId="0"/>`
	)
	summary, payouts := r.words.SummarySheet, r.words.PayoutsSheet
	last := columnName(len(r.workbookColumns())-1) + "$" + strconv.FormatInt(rows+1, 10)
	return [][2]string{
		{"[Content_Types].xml", declaration + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="` + types + `sheet.main+xml"/>` +
			`<Override PartName="/xl/styles.xml" ContentType="` + types + `styles+xml"/>` +
			`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + types + `worksheet+xml"/>` +
			`<Override PartName="/xl/worksheets/sheet2.xml" ContentType="` + types + `worksheet+xml"/></Types>`},
		{"_rels/.rels", declaration + `<Relationships xmlns="` + relations + `">` +
			`<Relationship Id="rId1" Type="` + office + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", declaration + `<workbook xmlns="` + main + `" xmlns:r="` + office + `"><sheets>` +
			`<sheet name="` + summary + `" sheetId="2" r:id="rId3"/><sheet name="` + payouts + `" sheetId="1" r:id="rId1"/></sheets>` +
			`<definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="1" hidden="1">` +
			`'` + payouts + `'!$A$1:$` + last + `</definedName>` +
			`<definedName name="_xlnm.Print_Titles" localSheetId="1">'` + payouts + `'!$1:$1</definedName></definedNames></workbook>`},
		{"xl/_rels/workbook.xml.rels", declaration + `<Relationships xmlns="` + relations + `">` +
			`<Relationship Id="rId1" Type="` + office + `/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId2" Type="` + office + `/styles" Target="styles.xml"/>` +
			`<Relationship Id="rId3" Type="` + office + `/worksheet" Target="worksheets/sheet2.xml"/></Relationships>`},
		{"xl/styles.xml", declaration + `<styleSheet xmlns="` + main + `">` +
			`<numFmts count="1"><numFmt numFmtId="164" formatCode="` +
			r.language.or("yyyy-mm-dd hh:mm:ss", "dd/mm/yyyy hh:mm:ss") + `"/></numFmts>` +
			`<fonts count="3"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font>` +
			`<font><b/><sz val="16"/><name val="Calibri"/></font></fonts>` +
			`<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>` +
			`<fill><patternFill patternType="solid"><fgColor rgb="FFE8EDF2"/></patternFill></fill></fills>` +
			`<borders count="2"><border/><border><left/><right/><top style="thin"/><bottom/></border></borders>` +
			`<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="8">` + xf +
			`<xf numFmtId="49" xfId="0" quotePrefix="1" applyNumberFormat="1"/><xf numFmtId="3" xfId="0" applyNumberFormat="1"/>` +
			`<xf fontId="1" fillId="2" xfId="0" applyFont="1" applyFill="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>` +
			`<xf numFmtId="164" xfId="0" applyNumberFormat="1"/><xf fontId="2" xfId="0" applyFont="1"/>` +
			`<xf numFmtId="3" fontId="1" borderId="1" xfId="0" applyNumberFormat="1" applyFont="1" applyBorder="1"/>` +
			`<xf fontId="1" borderId="1" xfId="0" applyFont="1" applyBorder="1"/></cellXfs></styleSheet>`},
	}
}

// maxWorkbookRows is how many payouts a sheet has room for, below its headings.
const maxWorkbookRows = 1<<20 - 1

// writeWorkbook writes a workbook with a summary and a table of all payouts. Phone numbers, references and all that came
// from elsewhere are texts, which no spreadsheet changes or runs; amounts and times are numbers. It is written row by row:
// no library that writes workbooks does so without a temporary file, and these rows hold phone numbers.
func (r *report) writeWorkbook(ctx context.Context, to io.Writer) error {
	if r.info.Count > maxWorkbookRows {
		return fmt.Errorf("%d payouts do not fit into a sheet, which has room for %d: choose .csv", r.info.Count, maxWorkbookRows)
	}
	seen, err := r.survey(ctx)
	if err != nil {
		return err
	}
	archive := zip.NewWriter(to)
	for _, part := range r.workbookParts(r.info.Count) {
		w, err := archive.Create(part[0])
		if err == nil {
			_, err = io.WriteString(w, part[1])
		}
		if err != nil {
			return err
		}
	}
	for _, sheet := range []struct {
		name  string
		write func(w *bufio.Writer) error
	}{
		{"xl/worksheets/sheet1.xml", func(w *bufio.Writer) error { return r.writeSheet(ctx, w) }},
		{"xl/worksheets/sheet2.xml", func(w *bufio.Writer) error { return r.writeSummary(w, seen) }},
	} {
		w, err := archive.Create(sheet.name)
		if err != nil {
			return err
		}
		buffered := bufio.NewWriterSize(w, 64<<10)
		if err := sheet.write(buffered); err != nil {
			return err
		}
		if err := buffered.Flush(); err != nil {
			return err
		}
	}
	return archive.Close()
}

// workbookColumn is a column of the table and how wide it is.
type workbookColumn struct {
	name  string
	width int
}

func (r *report) workbookColumns() []workbookColumn {
	w := r.words
	columns := []workbookColumn{
		{w.Reference, 26}, {w.Phone, 18}, {w.Amount, 14}, {w.Status, 16}, {w.Transaction, 30}, {w.Fee, 10}, {w.Reason, 36}, {w.Attempts, 10},
		{w.Earlier, 12}, {w.Sent, 20}, {w.LineOf, 10}, {w.Description, 28}, {w.Name, 28}, {w.Made, 20},
	}
	if r.isSigned() {
		columns = append(columns, []workbookColumn{{w.PreparedBy, 26}, {w.PreparedAt, 20}, {w.ApprovedBy, 26}, {w.ApprovedAt, 20}}...)
	}
	return columns
}

// isSigned reports whether people are named who answer for the run.
func (r *report) isSigned() bool { return r.prepared.By != "" || r.approved.By != "" }

const (
	sheetStart = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" +
		`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>`
	sheetFoot = `<headerFooter><oddFooter>&amp;R&amp;P / &amp;N</oddFooter></headerFooter>`
)

func (r *report) writeSheet(ctx context.Context, w *bufio.Writer) error {
	columns := r.workbookColumns()
	_, _ = w.WriteString(sheetStart + `<sheetViews><sheetView workbookViewId="0">` +
		`<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>`)
	row := sheetRow{}
	for i, column := range columns {
		_, _ = fmt.Fprintf(w, `<col min="%d" max="%d" width="%d" customWidth="1"/>`, i+1, i+1, column.width)
		row.text(cellHeading, column.name)
	}
	if _, err := w.WriteString(`</cols><sheetData>`); err != nil {
		return err
	}
	if err := row.writeTo(w, 1); err != nil {
		return err
	}
	line := 1
	err := r.each(ctx, func(p Payout) error {
		line++
		p, number := r.asReported(p)
		row.text(cellText, p.Reference)
		row.text(cellText, number)
		row.amount(p.Amount)
		row.text(cellText, p.StatusIn(r.language))
		row.text(cellText, p.TransactionID)
		row.amount(p.Fee)
		reason := p.Reason
		if r.language == French {
			reason = frenchReason(p)
		}
		row.text(cellText, reason)
		row.number(cellNumber, int64(p.Attempts))
		row.text(cellText, map[bool]string{true: r.words.Yes, false: r.words.No}[p.PaidEarlier()])
		row.moment(p.SentAt, r.zone)
		row.number(cellNumber, p.Line)
		row.text(cellText, p.Description)
		row.text(cellText, p.Name)
		row.moment(p.TransactionAt, r.zone)
		if r.isSigned() {
			row.text(cellText, r.prepared.By)
			row.moment(r.prepared.At, r.zone)
			row.text(cellText, r.approved.By)
			row.moment(r.approved.At, r.zone)
		}
		return row.writeTo(w, line)
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, `</sheetData><autoFilter ref="A1:%s%d"/><pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>`+
		sheetFoot+`</worksheet>`, columnName(len(columns)-1), line)
	return err
}

// writeSummary writes what the report says before its rows. Its totals are formulas, whose results stand beside them.
func (r *report) writeSummary(w *bufio.Writer, seen runSurvey) error {
	head, err := r.pageHead(seen, time.Now())
	if err != nil {
		return err
	}
	_, _ = w.WriteString(sheetStart + `<sheetViews><sheetView workbookViewId="0" tabSelected="1" showGridLines="0"/></sheetViews>` +
		`<cols><col min="1" max="1" width="34" customWidth="1"/><col min="2" max="3" width="24" customWidth="1"/></cols><sheetData>`)
	row, line := sheetRow{}, 0
	next := func() error {
		line++
		return row.writeTo(w, line)
	}
	row.text(cellTitle, r.words.Title+" · "+head.RunText)
	err = next()
	about := slices.Concat([]string{r.company, r.wholeAccount()}, r.signed(), []string{head.When, head.Zone, head.Written, head.Verdict},
		head.VerdictMore)
	about = append(about, r.signedDigest())
	for _, text := range about {
		if text != "" && err == nil {
			row.text(cellText, text)
			err = next()
		}
	}
	for _, heading := range []string{r.words.Outcome, r.words.Count, r.words.Amount} {
		row.text(cellHeading, heading)
	}
	line++ // an empty one
	if err == nil {
		err = next()
	}
	first := line + 1
	for of := range outcomes {
		row.text(cellText, head.Groups[of].Name)
		row.number(cellAmount, seen.sums[of].Count)
		row.amount(seen.sums[of].Amount)
		if err == nil {
			err = next()
		}
	}
	row.text(cellTotalText, r.words.Planned)
	row.formula(cellTotal, fmt.Sprintf("SUM(B%d:B%d)", first, line), djamo.XOF(r.totals.Planned.Count))
	row.formula(cellTotal, fmt.Sprintf("SUM(C%d:C%d)", first, line), r.totals.Planned.Amount)
	if err == nil {
		err = next()
	}
	row.text(cellText, r.words.WholeRun)
	row.text(cellText, "")
	row.formula(cellAmount, fmt.Sprintf("SUM('%s'!C2:C%d)", r.words.PayoutsSheet, max(r.info.Count+1, 2)), r.totals.Planned.Amount)
	if err == nil {
		err = next()
	}
	if err != nil {
		return err
	}
	if err := r.writeLeft(&row, next, seen, first, &line); err != nil {
		return err
	}
	_, err = w.WriteString(`</sheetData><pageSetup paperSize="9" fitToHeight="0"/>` + sheetFoot + `</worksheet>`)
	return err
}

// wholeAccount names the account that has paid, with the company's ID.
func (r *report) wholeAccount() string {
	return strings.Trim(r.accountText()+" · "+wordbreak.Visible(r.account.CompanyID), " ·")
}

// signedDigest shows what both have signed; "" where nobody has.
func (r *report) signedDigest() string {
	if r.approvedDigest == "" {
		return ""
	}
	return r.words.SignedDigest + r.words.Colon + " " + r.approvedDigest
}

// writeLeft writes what the run has taken from the account: the amounts of the row first, and the fees.
func (r *report) writeLeft(row *sheetRow, next func() error, seen runSurvey, first int, line *int) error {
	paid := seen.sums[outcomePaid]
	left, err := paid.Amount.Add(paid.Fees)
	if err != nil {
		return err
	}
	row.text(cellText, r.words.Fees)
	row.text(cellText, "")
	row.amount(paid.Fees)
	if err = next(); err != nil {
		return err
	}
	row.text(cellTotalText, r.words.LeftAccount)
	row.text(cellTotalText, "")
	row.formula(cellTotal, fmt.Sprintf("C%d+C%d", first, *line), left)
	return next()
}

// columnName is the letter of a column, counted from 0. No sheet here has more than 26.
func columnName(i int) string { return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i : i+1] }

// sheetRow is a row that is being written.
type sheetRow struct {
	cells   bytes.Buffer
	columns int
}

func (s *sheetRow) at(format int) string {
	s.columns++
	return `<c r="` + columnName(s.columns-1) + "\x00" + `" s="` + strconv.Itoa(format) + `"`
}

func (s *sheetRow) number(format int, n int64) {
	fmt.Fprintf(&s.cells, `%s><v>%d</v></c>`, s.at(format), n)
}

// maxExact is the largest amount that a spreadsheet keeps to the franc: it calculates with 15 digits.
const maxExact = 999_999_999_999_999

// amount writes an amount, as a text when a spreadsheet would round it.
func (s *sheetRow) amount(amount djamo.XOF) {
	if amount > maxExact {
		s.text(cellText, francs(amount))
		return
	}
	s.number(cellAmount, int64(amount))
}

// formula writes a formula with its result. Where a spreadsheet would round the result there is no formula.
func (s *sheetRow) formula(format int, formula string, result djamo.XOF) {
	if result > maxExact {
		s.text(cellText, francs(result))
		return
	}
	fmt.Fprintf(&s.cells, `%s><f>%s</f><v>%d</v></c>`, s.at(format), strings.ReplaceAll(formula, "'", "&apos;"), int64(result))
}

// moment writes a time as spreadsheets keep it: in days since the end of 1899, by the clock of a zone.
func (s *sheetRow) moment(at time.Time, z zone) {
	start := s.at(cellMoment)
	if at.IsZero() {
		return
	}
	at = at.In(z.Location)
	_, offset := at.Zone()
	const day, epoch = 86_400, 25_569
	seconds := at.Unix() + int64(offset) + epoch*day
	// A day has 86,400 seconds: ten digits are more than one of them needs.
	fmt.Fprintf(&s.cells, `%s><v>%d.%010d</v></c>`, start, seconds/day, seconds%day*10_000_000_000/day)
}

func (s *sheetRow) text(format int, text string) {
	start := s.at(format)
	if text == "" {
		return
	}
	s.cells.WriteString(start + ` t="inlineStr"><is><t xml:space="preserve">`)
	text = strings.ReplaceAll(cellSized(text), "_x", "_x005F_x") // a spreadsheet reads _x0041_ as A
	_ = xml.EscapeText(&s.cells, []byte(cleanLine(text)))        // a buffer takes everything
	s.cells.WriteString(`</t></is></c>`)
}

// cellSized cuts a text to what a cell has room for. Nothing that is sent or asked for is that long.
func cellSized(text string) string {
	const maxLength = 16_000 // of which each may count twice
	if runes := []rune(text); len(runes) > maxLength {
		return string(runes[:maxLength]) + "…"
	}
	return text
}

// writeTo ends the row and begins another.
func (s *sheetRow) writeTo(w io.Writer, line int) error {
	number := strconv.Itoa(line)
	cells := bytes.ReplaceAll(s.cells.Bytes(), []byte{0}, []byte(number))
	_, err := fmt.Fprintf(w, `<row r="%s">%s</row>`, number, cells)
	s.cells.Reset()
	s.columns = 0
	return err
}

// cleanLine leaves out the control characters, which XML cannot hold, and has one line.
func cleanLine(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r < ' ':
			return -1
		}
		return r
	}, text)
}
