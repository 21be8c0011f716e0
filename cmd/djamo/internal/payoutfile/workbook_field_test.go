package payoutfile

import (
	"archive/zip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/djamo/djamo-go/payroll"
)

const (
	officeRelations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	relationsOpen   = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
)

func sheetRelations(kind, target string) string {
	return relationsOpen + fmt.Sprintf(`<Relationship Id="b" Type="%s/%s" Target=%q/></Relationships>`, officeRelations, kind, target)
}

// withPivot is a workbook whose amounts are those of a pivot table.
func withPivot(location, cache string) raw {
	return raw{beside: map[string]string{
		"xl/worksheets/_rels/sheet1.xml.rels":         sheetRelations("pivotTable", "../pivotTables/pivotTable1.xml"),
		"xl/pivotTables/pivotTable1.xml":              `<pivotTableDefinition><location ref="` + location + `"/></pivotTableDefinition>`,
		"xl/pivotTables/_rels/pivotTable1.xml.rels":   sheetRelations("pivotCacheDefinition", "../pivotCache/pivotCacheDefinition1.xml"),
		"xl/pivotCache/pivotCacheDefinition1.xml":     `<pivotCacheDefinition ` + cache + `/>`,
		"xl/pivotTables/_rels/nothing.to.do.with.xml": `<x/>`,
	}}
}

// One formula may fill many cells, which do not say so themselves.
func TestWorkbook_B5_WarnsOfResultsInRangesThatAFormulaFills(t *testing.T) {
	t.Parallel()
	anchor := func(formula string) string {
		return `<c r="E2" t="str" cm="1">` + formula + `<v>Koné</v></c>`
	}
	for name, row := range map[string]struct {
		book raw
		want string // of the error
		told string
	}{
		"an array from a column that is not read": {raw{header: `<c r="E1" t="inlineStr"><is><t>Service</t></is></c>`,
			cells: anchor(`<f t="array" ref="A2:E9">FILTER(Paie!A:E,Paie!F:F="oui")</f>`)}, "", "results of formulas: 4"},
		"one that goes by the clock": {raw{header: `<c r="E1" t="inlineStr"><is><t>Service</t></is></c>`,
			cells: anchor(`<f t="array" ref="A2:E9">FILTER(Paie!A:E,Paie!F:F&lt;TODAY())</f>`)}, "cell A2: it is a formula that goes by the clock", ""},
		"one that is to be calculated again": {raw{header: `<c r="E1" t="inlineStr"><is><t>Service</t></is></c>`, calc: `<calcPr fullCalcOnLoad="1"/>`,
			cells: anchor(`<f t="array" ref="A2:E9">SORT(Paie!A:E)</f>`)}, "cell A2 is a formula, and the workbook says that its results are to be calculated again", ""},
		"an array beside the columns": {raw{header: `<c r="E1" t="inlineStr"><is><t>Service</t></is></c>`,
			cells: anchor(`<f t="array" ref="E2:F9">SORT(Paie!A:E)</f>`)}, "", ""},
		"a table of data": {raw{amount: `<c r="B2"><v>50000</v></c>`, header: `<c r="E1" t="inlineStr"><is><t>Taux</t></is></c>`,
			cells: `<c r="E2"><f t="dataTable" ref="B2:E4" dt2D="1" dtr="1" r1="G1" r2="G2"/><v>3</v></c>`}, "", "results of formulas: 3"},
		"a pivot table": {withPivot("A1:B9", ""), "", "values of pivot tables: 2, as they were last refreshed"},
		"one that is made anew": {withPivot("B1:B9", `refreshOnLoad="1"`),
			"cell B2: it is in a pivot table that is made anew when the workbook is opened: replace the table by its values", ""},
		"one beside": {withPivot("F1:G9", `refreshOnLoad="1"`), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, told, err := readWorkbook(t, Options{Path: row.book.write(t)})
			if row.want != "" {
				require.ErrorContains(t, err, row.want)
				require.ErrorIs(t, err, payroll.ErrBadPlan)
				return
			}
			require.NoError(t, err)
			if row.told == "" {
				require.NotContains(t, told, "Warning")
				return
			}
			require.Contains(t, told, row.told)
		})
	}
}

// A cell that names no style has the first one, which is not always the plain one: people change the style "Normal".
func TestWorkbook_B6_GoesByTheFirstStyleToo(t *testing.T) {
	t.Parallel()
	plain := `<c r="B2"><v>50000</v></c>`
	for name, row := range map[string]struct {
		book raw
		want string
	}{
		"a date":       {raw{amount: plain, first: `<xf numFmtId="14"/>`}, "cell B2: amount: its format shows a date or a time"},
		"a percentage": {raw{amount: plain, first: `<xf numFmtId="10"/>`}, "a percentage"},
		"nothing": {raw{amount: plain, first: `<xf numFmtId="170"/>`, formats: `<numFmt numFmtId="170" formatCode=";;;"/>`},
			"its format shows something else than the text"},
		"white":             {raw{amount: plain, first: `<xf numFmtId="0" fontId="1"/>`, fonts: `<font><color rgb="FFFFFFFF"/></font>`}, "has the color of what is behind it"},
		"struck out":        {raw{amount: plain, first: `<xf numFmtId="0" fontId="1"/>`, fonts: `<font><strike/></font>`}, "it is struck out"},
		"as LibreOffice":    {raw{amount: plain, first: `<xf numFmtId="164"/>`, formats: `<numFmt numFmtId="164" formatCode="General"/>`}, ""},
		"another font":      {raw{amount: plain, first: `<xf numFmtId="0" fontId="1"/>`, fonts: `<font><b/></font>`}, ""},
		"whole numbers":     {raw{amount: plain, first: `<xf numFmtId="1"/>`, reference: `<c r="C2"><v>202607000001</v></c>`}, ""},
		"numbers with more": {raw{amount: plain, first: `<xf numFmtId="0"/>`, reference: `<c r="C2"><v>202607000001</v></c>`}, "reference: it is a number, which is not shown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row.book.check(t, row.want)
		})
	}
}

// The mark of a note behind an amount, 50 000 with a small 1, is a digit of it to a program.
func TestWorkbook_B6_RefusesRaisedDigits(t *testing.T) {
	t.Parallel()
	runs := func(cell, align string) string {
		return `<c r="` + cell + `" t="inlineStr"><is><r><t>50 000</t></r><r><rPr><vertAlign val="` + align + `"/></rPr><t>1</t></r></is></c>`
	}
	raw{amount: runs("B2", "superscript")}.check(t, "cell B2: amount: a part of its text is raised or lowered")
	raw{reference: runs("C2", "subscript")}.check(t, "cell C2: reference: a part of its text is raised or lowered")
	raw{description: runs("D2", "superscript")}.check(t, "")
	raw{reference: runs("C2", "baseline")}.check(t, "")
	const white, small = `<r><rPr><color rgb="FFFFFFFF"/></rPr><t>x</t></r>`, `<r><rPr><vertAlign val="superscript"/></rPr><t>er</t></r>`
	for _, parts := range []string{white + small, small + white} {
		raw{description: `<c r="D2" t="inlineStr"><is>` + parts + `</is></c>`}.check(t, "cell D2: description: a part of its text is white")
		raw{description: `<c r="D2" t="s"><v>0</v></c>`, shared: "<si>" + parts + "</si>"}.check(t, "a part of its text is white")
	}
	raw{reference: `<c r="C2" t="s"><v>0</v></c>`, shared: `<si><r><t>a</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>2</t></r></si>`}.
		check(t, "cell C2: reference: a part of its text is raised")
}

func TestWorkbook_B6_RefusesMoreFormatsThatMislead(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		`0*0`: "digits that the number does not have", `#,##0*5`: "digits that the number does not have", `#,##0* `: "", `**#,##0`: "",
		`0\:00`: "a date or a time", `0":"00`: "a date or a time", `0:00`: "a date or a time", `"FCFA : "#,##0`: "",
	} {
		raw{styles: `<xf numFmtId="170"/>`, formats: `<numFmt numFmtId="170" formatCode="` + strings.ReplaceAll(format, `"`, "&quot;") + `"/>`}.check(t, want)
	}
}

// A phone number in a number cell has lost its zero or its plus, and its format may give them back: that is what a person reads.
func TestWorkbook_B6_ReadsPhoneNumbersAsTheirFormatShowsThem(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ stored, format, country, want string }{
		{"748710523", `0#" "##" "##" "##" "##`, "CI", "+2250748710523"}, // the format of a French Excel for phone numbers
		{"748710523", "0000000000", "CI", "+2250748710523"},
		{"748710523", "00 00 00 00 00", "CI", "+2250748710523"},
		{"2250748710523", `"+"0`, "", "+2250748710523"},
		{"2250748710523", `\+000" "00" "00" "00" "00" "00`, "", "+2250748710523"},
		{"2250748710523", "+0", "", "+2250748710523"},
		{"771234567", "0", "SN", "+221771234567"},
		{"771234567", "0000000000", "SN", ""}, // 0771234567 is a number of Côte d'Ivoire
		{"748710523", "0", "CI", ""},
		{"748710523", "#,##0", "CI", ""},
		{"748710523", `"+225 "0000000000`, "CI", ""}, // digits that the cell does not hold
	} {
		book := raw{
			phone:  `<c r="A2" s="2"><v>` + row.stored + `</v></c>`,
			styles: `<xf numFmtId="3"/><xf numFmtId="170"/>`, formats: `<numFmt numFmtId="170" formatCode="` + strings.ReplaceAll(row.format, `"`, "&quot;") + `"/>`,
		}
		plan, _, err := readWorkbook(t, Options{Path: book.write(t), Country: row.country})
		if row.want == "" {
			require.ErrorContains(t, err, "msisdn", row)
			require.NotContains(t, err.Error(), "748710523")
			continue
		}
		require.NoError(t, err, row)
		for payout, err := range plan.Payouts() {
			require.NoError(t, err)
			require.Equal(t, row.want, payout.MSISDN.E164(), row)
		}
	}
}

func TestWorkbook_B7_RefusesWhatIsCrossedOutOrCovered(t *testing.T) {
	t.Parallel()
	crossed := func(b string) raw {
		return raw{borders: b, styles: `<xf numFmtId="3" borderId="1"/>`}
	}
	named := func(style string) raw {
		return raw{header: `<c r="E1" t="inlineStr"><is><t>Nom</t></is></c><c r="F1" t="inlineStr"><is><t>Service</t></is></c>`,
			cells: `<c r="E2" s="2" t="inlineStr"><is><t>Koné Awa</t></is></c><c r="F2" t="inlineStr"><is><t>Paie</t></is></c>`,
			fonts: "<font>" + style + "</font>", styles: `<xf numFmtId="3"/><xf numFmtId="0" fontId="1"/>`}
	}
	drawn := func(anchors string) raw {
		return raw{beside: map[string]string{
			"xl/worksheets/_rels/sheet1.xml.rels": sheetRelations("drawing", "../drawings/drawing1.xml"),
			"xl/drawings/drawing1.xml": `<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" ` +
				`xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">` + anchors + `</xdr:wsDr>`,
		}}
	}
	corner := func(name string, column, columnOffset, row, rowOffset int) string {
		return fmt.Sprintf(`<xdr:%s><xdr:col>%d</xdr:col><xdr:colOff>%d</xdr:colOff><xdr:row>%d</xdr:row><xdr:rowOff>%d</xdr:rowOff></xdr:%s>`,
			name, column, columnOffset, row, rowOffset, name)
	}
	two := func(from, to, content string) string {
		return `<xdr:twoCellAnchor>` + from + to + content + `<xdr:clientData/></xdr:twoCellAnchor>`
	}
	const (
		picture = `<xdr:pic><xdr:nvPicPr><xdr:cNvPr id="2" name="Logo"/></xdr:nvPicPr><xdr:spPr/></xdr:pic>`
		shape   = `<xdr:sp><xdr:nvSpPr><xdr:cNvPr id="2" name="R"/></xdr:nvSpPr><xdr:spPr>%s</xdr:spPr></xdr:sp>`
		line    = `<xdr:cxnSp><xdr:spPr/></xdr:cxnSp>`
		lies    = "a picture or a shape lies over it: move that away, or delete it"
	)
	filled, outlined := fmt.Sprintf(shape, `<a:solidFill/>`), fmt.Sprintf(shape, `<a:noFill/>`)
	hidden := strings.Replace(filled, `id="2"`, `id="2" hidden="1"`, 1)
	for name, row := range map[string]struct {
		book raw
		want string
	}{
		"crossed out":            {crossed(`<border diagonalUp="1"><diagonal style="thin"/></border>`), "it is crossed out by a border"},
		"crossed out twice":      {crossed(`<border diagonalUp="true" diagonalDown="true"><diagonal style="medium"/></border>`), "it is crossed out by a border"},
		"no line across":         {crossed(`<border diagonalUp="1"><left style="thin"/><diagonal/></border>`), ""},
		"a line that is off":     {crossed(`<border><left style="thin"/><diagonal style="thin"/></border>`), ""},
		"a payee struck out":     {named(`<strike/>`), "cell E2: name: it is struck out: delete the row"},
		"a payee in small":       {named(`<sz val="2"/>`), ""},
		"a window that is seen":  {raw{views: `<bookViews><workbookView visibility="hidden"/><workbookView/></bookViews>`}, ""},
		"no window that is seen": {raw{views: `<bookViews><workbookView visibility="hidden"/></bookViews>`}, "the workbook's window is hidden"},
		"a picture over amounts": {drawn(two(corner("from", 1, 0, 1, 0), corner("to", 3, 0, 5, 0), picture)), "cell B2: amount: " + lies},
		"a shape over the row":   {drawn(two(corner("from", 0, 0, 1, 9_000), corner("to", 6, 0, 2, 0), filled)), "cell A2: msisdn: " + lies},
		"a line through the row": {drawn(two(corner("from", 0, 0, 1, 95_000), corner("to", 4, 0, 1, 95_000), line)), "cell A2: msisdn: " + lies},
		"a line under the row":   {drawn(two(corner("from", 0, 0, 1, 190_000), corner("to", 4, 0, 1, 190_000), line)), ""},
		"a logo above it":        {drawn(two(corner("from", 0, 0, 0, 0), corner("to", 4, 0, 1, 30_000), picture)), ""},
		"a logo beside it":       {drawn(two(corner("from", 5, 0, 0, 0), corner("to", 9, 0, 9, 0), picture)), ""},
		"a shape around it":      {drawn(two(corner("from", 1, 0, 1, 0), corner("to", 2, 0, 2, 0), outlined)), ""},
		"a shape that is hidden": {drawn(two(corner("from", 1, 0, 1, 0), corner("to", 3, 0, 5, 0), hidden)), ""},
		"a picture from a cell on": {drawn(`<xdr:oneCellAnchor>` + corner("from", 2, 0, 1, 0) + `<xdr:ext cx="9525" cy="9525"/>` + picture +
			`<xdr:clientData/></xdr:oneCellAnchor>`), "cell C2: reference: " + lies},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row.book.check(t, row.want)
		})
	}
}

// A sheet of charts, which has no cells, is no sheet of payouts, and no damage.
func TestWorkbook_B8_PassesOverSheetsOfCharts(t *testing.T) {
	t.Parallel()
	raw{
		sheets:    `<sheet name="Graphique1" sheetId="2" r:id="g"/>`,
		relations: `<Relationship Id="g" Type="` + officeRelations + `/chartsheet" Target="chartsheets/sheet1.xml"/>`,
		beside:    map[string]string{"xl/chartsheets/sheet1.xml": `<chartsheet><sheetViews><sheetView workbookViewId="0"/></sheetViews></chartsheet>`},
	}.checkReference(t, "a/1")
}

// Of two parts of one name one program reads the first, another the last.
func TestWorkbook_B9_RefusesPartsThatCanBeMistaken(t *testing.T) {
	t.Parallel()
	second := func(name string) raw {
		return raw{sheets: `<sheet name="` + name + `" sheetId="2" r:id="g"/>`,
			relations: `<Relationship Id="g" Type="` + officeRelations + `/worksheet" Target="worksheets/sheet2.xml"/>`,
			beside:    map[string]string{"xl/worksheets/sheet2.xml": `<worksheet><sheetData/></worksheet>`}}
	}
	second("Note").check(t, "")
	for _, name := range []string{"Été", "ÉTÉ", "E\u0301te\u0301"} {
		second(name).check(t, "two of its sheets have the name")
	}
	book := second("Note")
	book.relations = strings.Replace(book.relations, `Id="g"`, `Id="s"`, 1)
	book.check(t, `two of its parts have the relation "s"`)

	// The shared texts are those that the workbook names, and no others.
	texts := func(text string) string {
		return `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>` + text + `</t></si></sst>`
	}
	raw{
		reference: `<c r="C2" t="s"><v>0</v></c>`,
		beside: map[string]string{
			"xl/sharedStrings.xml": texts("not/this"), "xl/strings.xml": texts("a/1"),
			"xl/_rels/workbook.xml.rels": relationsOpen + `<Relationship Id="s" Type="` + officeRelations + `/worksheet" Target="worksheets/sheet1.xml"/>` +
				`<Relationship Id="h" Type="` + officeRelations + `/sharedStrings" Target="strings.xml"/></Relationships>`,
		},
	}.checkReference(t, "a/1")

	path := raw{}.write(t)
	whole, err := zip.OpenReader(path)
	require.NoError(t, err)
	defer whole.Close()
	twice, err := os.Create(filepath.Join(t.TempDir(), "twice.xlsx"))
	require.NoError(t, err)
	defer twice.Close()
	archive := zip.NewWriter(twice)
	for _, part := range whole.File {
		require.NoError(t, archive.Copy(part))
		if part.Name == "xl/worksheets/sheet1.xml" {
			require.NoError(t, archive.Copy(part))
		}
	}
	require.NoError(t, archive.Close())
	_, _, err = readWorkbook(t, Options{Path: twice.Name()})
	require.ErrorContains(t, err, "has two parts of one name")
}

// checkReference reads the workbook, whose payout has this reference.
func (r raw) checkReference(t *testing.T, want string) {
	t.Helper()
	plan, _, err := readWorkbook(t, Options{Path: r.write(t)})
	require.NoError(t, err)
	for payout, err := range plan.Payouts() {
		require.NoError(t, err)
		require.Equal(t, want, payout.Reference)
	}
}

// What lies beside a file, or is only the way to it, is named as that.
func TestOpen_B9_NamesWhatOnlyLooksLikeTheFile(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ content, want string }{
		"~$salaires.xlsx":            {"\x05Awa K" + strings.Repeat("\x00 ", 70), "keeps beside a workbook as long as that is open"},
		".~lock.salaires.xlsx#":      {",awa,pc,30.07.2026 10:00,file:///x;", "keeps beside a workbook as long as that is open"},
		"._salaires.xlsx":            {"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X", "is what a Mac keeps beside a file"},
		"._salaires.csv":             {"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X", "is what a Mac keeps beside a file"},
		"salaires.xlsx":              {"", "is empty"},
		"salaires.csv":               {"", "must start with a line that names its columns"},
		"salaires.xlsx - Raccourci":  {"L\x00\x00\x00\x01\x14\x02\x00\x00", "is a shortcut"},
		"salaires.url":               {"[InternetShortcut]\r\nURL=https://example.com\r\n", "is a shortcut"},
		"salaires.gsheet":            {`{"":"WARNING! DO NOT EDIT THIS FILE!","doc_id":"1x","resource_key":""}`, "is a link to Google Sheets"},
		"contacts.csv":               {"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Awa\r\n", "is a card of contacts"},
		"salaires.xls":               {"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"x\"\r\n", "is a mail, or a page kept like one"},
		"salaires.eml.csv":           {"Return-Path: <a@b.c>\r\nMessage-ID: <1@b>\r\nSubject: Paie\r\n", "is a mail"},
		"paie.dbf":                   {"\x03\x7a\x07\x1e\x02\x00\x00\x00\x61\x00\x20\x00" + strings.Repeat("\x00", 60), "is a table of dBase"},
		"a page before it.pdf":       {"\r\n\r\n%PDF-1.4\n", "is a PDF"},
		"empty.zip":                  {"PK\x05\x06" + strings.Repeat("\x00", 18), "is a zip file and no workbook"},
		"salaires (téléchargé).xlsx": {strings.Repeat("\x00", 4096), "is no workbook, although its name ends in .xlsx"},
	} {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, []byte(row.content), 0o600))
		_, _, err := readWorkbook(t, Options{Path: path})
		require.ErrorContains(t, err, row.want, name)
		require.ErrorIs(t, err, payroll.ErrBadPlan)
	}
}

// A sheet that shows formulas does not show what they come to.
func TestWorkbook_B5_RefusesFormulasThatAreShownInPlaceOfTheirResults(t *testing.T) {
	t.Parallel()
	shows := `<sheetViews><sheetView workbookViewId="0" showFormulas="1"/></sheetViews>`
	raw{before: shows, amount: `<c r="B2"><f>25000*2</f><v>50000</v></c>`}.check(t, "cell B2: it is a formula, and the sheet shows formulas in place")
	raw{before: shows}.check(t, "")
	raw{before: strings.Replace(shows, `"1"`, `"0"`, 1), amount: `<c r="B2"><f>25000*2</f><v>50000</v></c>`}.check(t, "")
}

// A note that says not to pay is seen when the pointer is on it.
func TestWorkbook_C10_WarnsOfNotesThatMayWithholdARow(t *testing.T) {
	t.Parallel()
	noted := func(cell, text string) raw {
		return raw{beside: map[string]string{
			"xl/worksheets/_rels/sheet1.xml.rels": sheetRelations("comments", "../comments1.xml"),
			"xl/comments1.xml":                    `<comments><commentList><comment ref="` + cell + `" authorId="0"><text>` + text + `</text></comment></commentList></comments>`,
		}}
	}
	for name, row := range map[string]struct {
		book raw
		want string
	}{
		"on a payout":   {noted("B2", "<r><rPr><b/></rPr><t>Awa :</t></r><r><t>\nne pas payer +2250748710523</t></r>"), "notes on cells that are not read and may say not to pay: 1, first at B2: Awa : ne pas payer +22507******23"},
		"a long one":    {noted("F2", "<t>suspendu "+strings.Repeat("x", 90)+"</t>"), "first at F2: suspendu " + strings.Repeat("x", 51) + "…"},
		"on a heading":  {noted("B1", "<t>ne pas payer sans visa</t>"), ""},
		"about nothing": {noted("B2", "<t>prime comprise</t>"), ""},
	} {
		_, told, err := readWorkbook(t, Options{Path: row.book.write(t)})
		require.NoError(t, err, name)
		if row.want == "" {
			require.NotContains(t, told, "Warning", name)
			continue
		}
		require.Contains(t, told, row.want, name)
	}
}

// Rows that repeat each other are looked up again by a reading that stops behind them: it must not make the rest forgotten.
func TestWorkbook_C10_WarnsOfNotesBehindRepeats(t *testing.T) {
	t.Parallel()
	const rows, noted = 3_000, "B2900"
	for name, second := range map[string]int{"no repeat": 20_001, "a repeat": 20_000} {
		book := excelize.NewFile()
		for i := range rows {
			amount := 20_000 + i
			if i == 1 {
				amount = second
			}
			phone := fmt.Sprintf("+22507%08d", max(1, i))
			require.NoError(t, book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+2), &[]any{phone, amount, fmt.Sprint("juin-", i), "Salaire du mois de juin"}))
		}
		require.NoError(t, book.SetSheetRow("Sheet1", "A1", &[]any{"msisdn", "amount", "reference", "description"}))
		require.NoError(t, book.AddComment("Sheet1", excelize.Comment{Cell: noted, Text: "annulé, ne pas payer"}))
		path := filepath.Join(t.TempDir(), "salaries.xlsx")
		require.NoError(t, book.SaveAs(path))
		require.NoError(t, book.Close())
		_, told, err := readWorkbook(t, Options{Path: path})
		require.NoError(t, err, name)
		require.Contains(t, told, "notes on cells that are not read and may say not to pay: 1, first at "+noted+": annulé, ne pas payer", name)
	}
}

// A file is read several times: what can be read once only is said to be that.
func TestOpen_B9_NamesWhatCanBeReadOnceOnly(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(os.DevNull); err != nil {
		t.Skip("there is no such device")
	}
	_, _, err := readWorkbook(t, Options{Path: os.DevNull})
	require.ErrorContains(t, err, "can be read once only, as a pipe can: write it to a file, and name that")
}

// A format rounds what a cell holds: 49999.9999996 is shown as 50 000.
func TestWorkbook_C11_SaysThatAnAmountHasAFraction(t *testing.T) {
	t.Parallel()
	for stored, want := range map[string]string{
		"49999.999999999993": "line 2: amount: must be whole francs: the cell holds a fraction", "50000.4": "the cell holds a fraction",
		"50.125": "must be a whole number of francs", "50000.0": "",
	} {
		raw{amount: `<c r="B2" s="1"><v>` + stored + `</v></c>`}.check(t, want)
	}
}
