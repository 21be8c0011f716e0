package payoutfile

import (
	"archive/zip"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/payroll"
)

// raw is a workbook with one payout, written part by part: a library writes few of the things that workbooks hold. Its row has
// the cells A2 to D2.
type raw struct {
	phone, amount, reference, description string // whole cells; "" for usual ones

	row        string // attributes of the row
	before     string // between the start of the sheet and its data
	after      string // behind the data
	formats    string // numFmt elements, for the styles' numbers
	fonts      string // beside the usual first
	fills      string // beside the usual two
	styles     string // xf elements, beside the first
	dxfs       string
	shared     string // si elements
	theme      string
	calc       string            // in the workbook
	first      string            // the first xf element, of cells without a style
	borders    string            // beside the usual first
	views      string            // in the workbook, before its sheets
	sheets     string            // in the workbook, behind the usual one
	relations  string            // of the workbook, beside the usual ones
	header     string            // cells beside the usual ones
	cells      string            // the same of the row
	beside     map[string]string // more parts
	namespaces func(string) string
	rename     func(string) string
}

func (r raw) write(t *testing.T) string {
	t.Helper()
	const (
		declared = `<?xml version="1.0" encoding="UTF-8"?>`
		main     = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
		office   = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
		related  = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
		types    = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	)
	or := func(cell, usual string) string {
		if cell != "" {
			return cell
		}
		return usual
	}
	inline := func(at, text string) string {
		return `<c r="` + at + `" t="inlineStr"><is><t>` + text + `</t></is></c>`
	}
	relation := func(id, role, target string) string {
		return fmt.Sprintf(`<Relationship Id=%q Type="%s/%s" Target=%q/>`, id, office, role, target)
	}
	parts := map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="` + types + `sheet.main+xml"/>` +
			`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + types + `worksheet+xml"/></Types>`,
		"_rels/.rels":     related + relation("a", "officeDocument", "xl/workbook.xml") + "</Relationships>",
		"xl/workbook.xml": `<workbook ` + main + ` xmlns:r="` + office + `">` + r.views + `<sheets><sheet name="Été" sheetId="1" r:id="s"/>` + r.sheets + `</sheets>` + r.calc + `</workbook>`,
		"xl/_rels/workbook.xml.rels": related + relation("s", "worksheet", "worksheets/sheet1.xml") + relation("y", "styles", "styles.xml") +
			relation("h", "sharedStrings", "/xl/sharedStrings.xml") + relation("t", "theme", "theme/theme1.xml") + r.relations + "</Relationships>",
		"xl/worksheets/sheet1.xml": `<worksheet ` + main + `>` + r.before + `<sheetData><row r="1">` + inline("A1", "msisdn") + inline("B1", "amount") +
			inline("C1", "reference") + inline("D1", "description") + r.header + `</row><row r="2" ` + r.row + `>` +
			or(r.phone, inline("A2", "+2250748710523")) + or(r.amount, `<c r="B2" s="1"><v>50000</v></c>`) + or(r.reference, inline("C2", "a/1")) +
			or(r.description, inline("D2", "Juin")) + r.cells + `</row></sheetData>` + r.after + `</worksheet>`,
		"xl/styles.xml": `<styleSheet ` + main + `><numFmts>` + r.formats + `</numFmts><fonts><font/>` + r.fonts +
			`</fonts><fills><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>` + r.fills +
			`</fills><borders><border/>` + r.borders + `</borders><cellXfs>` + or(r.first, `<xf numFmtId="0"/>`) + or(r.styles, `<xf numFmtId="3"/>`) + `</cellXfs><dxfs>` + r.dxfs + `</dxfs></styleSheet>`,
		"xl/sharedStrings.xml": `<sst ` + main + `>` + r.shared + `</sst>`,
		"xl/theme/theme1.xml": or(r.theme, `<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:themeElements><a:clrScheme name="Office">`+
			`<a:dk1><a:sysClr val="windowText" lastClr="000000"/></a:dk1><a:lt1><a:sysClr val="window" lastClr="FFFFFF"/></a:lt1>`+
			`<a:dk2><a:srgbClr val="44546A"/></a:dk2><a:lt2><a:srgbClr val="E7E6E6"/></a:lt2><a:accent1><a:srgbClr val="4472C4"/></a:accent1>`+
			`</a:clrScheme></a:themeElements></a:theme>`),
	}
	maps.Copy(parts, r.beside)
	path := filepath.Join(t.TempDir(), "salaries.xlsx")
	file, err := os.Create(path)
	require.NoError(t, err)
	archive := zip.NewWriter(file)
	for name, content := range parts {
		if r.namespaces != nil {
			content = r.namespaces(content)
		}
		if r.rename != nil {
			name, content = r.rename(name), r.rename(content)
		}
		part, err := archive.Create(name)
		require.NoError(t, err)
		_, err = part.Write([]byte(declared + content))
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	require.NoError(t, file.Close())
	return path
}

// check reads the workbook: want is a part of the error, "" that its payout is read as it stands there.
func (r raw) check(t *testing.T, want string) {
	t.Helper()
	plan, _, err := readWorkbook(t, Options{Path: r.write(t), Sheet: "E\u0301te\u0301"})
	if want != "" {
		require.ErrorContains(t, err, want)
		require.ErrorIs(t, err, payroll.ErrBadPlan)
		require.Equal(t, exit.Usage, exit.Code(err))
		require.NotContains(t, err.Error(), "0748710523")
		return
	}
	require.NoError(t, err)
	require.EqualValues(t, 50_000, plan.Total)
	require.EqualValues(t, 1, plan.Count)
}

func TestWorkbook_B5_RefusesResultsThatAreOldOrChange(t *testing.T) {
	t.Parallel()
	amount := func(formula string) string { return `<c r="B2">` + formula + `<v>50000</v></c>` }
	const changes = "cell B2: it is a formula that goes by the clock or by chance"
	for name, row := range map[string]struct {
		book raw
		want string
	}{
		"a result":                            {raw{amount: amount("<f>25000*2</f>")}, ""},
		"of a shared formula":                 {raw{amount: amount(`<f t="shared" si="0" ref="B2:B3">25000*2</f>`)}, ""},
		"the sheet is to be calculated again": {raw{amount: amount("<f>25000*2</f>"), after: `<sheetCalcPr fullCalcOnLoad="1"/>`}, "are to be calculated again"},
		"and has no formulas":                 {raw{after: `<sheetCalcPr fullCalcOnLoad="1"/>`}, ""},
		"the workbook is, as true":            {raw{amount: amount("<f>25000*2</f>"), calc: `<calcPr fullCalcOnLoad="true"/>`}, "are to be calculated again"},
		"it was not calculated to the end":    {raw{amount: amount("<f>25000*2</f>"), calc: `<calcPr calcCompleted="0"/>`}, "are to be calculated again"},
		"by chance":                           {raw{amount: amount("<f>ROUND(RAND()*90000,0)</f>")}, changes},
		"by chance, shared":                   {raw{amount: amount(`<f t="shared" si="4" ref="B2:B3">RANDBETWEEN(1,90000)</f>`)}, changes},
		"by the clock":                        {raw{amount: amount("<f>IF(today()>46000,50000,0)</f>")}, changes},
		"a newer function":                    {raw{amount: amount("<f>SUM(_xlfn.RANDARRAY(2))</f>")}, changes},
		"a description by the clock": {raw{description: `<c r="D2" t="str"><f>"Salaire "&amp;TEXT(NOW(),"mm/yyyy")</f><v>Salaire 07/2026</v></c>`},
			"cell D2: it is a formula that goes by the clock"},
		"a word like it":    {raw{amount: amount(`<f>IF("TODAY()"="x",0,50000)+BRAND(2)</f>`)}, ""},
		"a sheet like it":   {raw{amount: amount(`<f>'NOW()'!A1</f>`)}, ""},
		"without a result":  {raw{amount: `<c r="B2"><f>1+1</f></c>`}, "cell B2 is a formula without a stored result"},
		"an error for one":  {raw{amount: `<c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c>`}, "error of the spreadsheet"},
		"in a data table":   {raw{amount: amount(`<f t="dataTable" ref="B2:B2" dt2D="0" r1="A1"/>`)}, ""},
		"in another prefix": {raw{amount: amount(`<x:f xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">RAND()</x:f>`)}, changes},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row.book.check(t, row.want)
		})
	}
}

func TestWorkbook_B6_GoesByTheFormatsThatTheWorkbookDefines(t *testing.T) {
	t.Parallel()
	built := func(id int) string { return fmt.Sprintf(`<xf numFmtId="%d"/>`, id) }
	define := func(id int, code string) string {
		return fmt.Sprintf(`<numFmt numFmtId="%d" formatCode="%s"/>`, id, code)
	}
	number, plain := `<c r="D2" s="1"><v>46204</v></c>`, `<c r="B2"><v>50000</v></c>`
	for name, row := range map[string]struct {
		book raw
		want string
	}{
		"a built-in one that says nothing":     {raw{styles: built(3), formats: define(3, ";;;")}, "cell B2: amount: its format shows nothing"},
		"the currency of a French Excel":       {raw{styles: built(44), formats: define(44, `_-* #,##0\ &quot;F CFA&quot;_-`)}, ""},
		"the euros of a French Excel":          {raw{styles: built(5), formats: define(5, `#,##0\ &quot;€&quot;`)}, "another currency"},
		"a currency that nobody defines":       {raw{styles: built(7)}, "a currency that depends on the machine"},
		"a format of Thailand":                 {raw{styles: built(71)}, "what depends on the machine"},
		"one that is not defined":              {raw{styles: built(170)}, ""},
		"a style that is not there":            {raw{amount: `<c r="B2" s="9"><v>50000</v></c>`}, ""},
		"three decimals":                       {raw{styles: built(170), formats: define(170, "#,##0.000")}, "three decimals"},
		"a digit among the places":             {raw{styles: built(170), formats: define(170, "0 5")}, "digits that the number does not have"},
		"in white":                             {raw{styles: built(170), formats: define(170, "[White]#,##0")}, "its text has the color of what is behind it"},
		"in the white of the palette":          {raw{styles: built(170), formats: define(170, "[Color 2]0")}, "its text has the color of what is behind it"},
		"in red":                               {raw{styles: built(170), formats: define(170, "[Red]#,##0")}, ""},
		"a text in white":                      {raw{amount: `<c r="B2" s="1" t="inlineStr"><is><t>50 000</t></is></c>`, styles: built(170), formats: define(170, "0;0;0;[White]@")}, "its text has the color"},
		"a description that is a date":         {raw{amount: plain, description: number, styles: built(14)}, "cell D2: description: it is a number, which the payee would not see as it is shown"},
		"a description that is a share":        {raw{amount: plain, description: `<c r="D2" s="1"><v>0.5</v></c>`, styles: built(9)}, "cell D2: description"},
		"a description that is a plain number": {raw{amount: plain, description: number, styles: built(0)}, ""},
		"a text of several lines for a reference": {raw{reference: `<c r="C2" t="inlineStr"><is><t>a&#10;1</t></is></c>`},
			"cell C2: reference: it holds several lines"},
		"for an amount":                   {raw{amount: `<c r="B2" t="inlineStr"><is><t>50_x000D_000</t></is></c>`}, "cell B2: amount: it holds several lines"},
		"a description of several lines":  {raw{description: `<c r="D2" t="inlineStr"><is><t>a&#10;1</t></is></c>`}, ""},
		"a reference before an empty one": {raw{reference: `<c r="C2" t="inlineStr"><is><t>a/1&#10;</t></is></c>`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row.book.check(t, row.want)
		})
	}
}

func TestWorkbook_B7_RefusesWhatIsThereAndNotSeen(t *testing.T) {
	t.Parallel()
	const (
		color    = "its text has the color of what is behind it"
		hides    = "cell B2: amount: a conditional format can hide what it holds"
		ruled    = `<conditionalFormatting sqref="%s"><cfRule type="expression" dxfId="0" priority="1"><formula>1</formula></cfRule></conditionalFormatting>`
		blueFill = `<fill><patternFill patternType="solid"><fgColor rgb="FF003366"/></patternFill></fill>`
	)
	font := func(f string) raw {
		return raw{fonts: "<font>" + f + "</font>", styles: `<xf numFmtId="3" fontId="1"/>`}
	}
	filled := func(f string) raw {
		r := font(f)
		r.fills, r.styles = blueFill, `<xf numFmtId="3" fontId="1" fillId="2"/>`
		return r
	}
	pane := func(top, pane string) raw {
		return raw{before: `<sheetViews><sheetView workbookViewId="0" topLeftCell="` + top + `">` + pane + `</sheetView></sheetViews>`}
	}
	shared := func(runs string) raw {
		return raw{reference: `<c r="C2" t="s"><v>0</v></c>`, shared: "<si>" + runs + "</si>"}
	}
	for name, row := range map[string]struct {
		book raw
		want string
	}{
		"white":                          {font(`<color rgb="FFFFFFFF"/>`), color},
		"almost white":                   {font(`<color rgb="FFFAFAFA"/>`), color},
		"the white of the theme":         {font(`<color theme="0"/>`), color},
		"a little darker":                {font(`<color theme="0" tint="-0.02"/>`), color},
		"much darker":                    {font(`<color theme="0" tint="-0.5"/>`), ""},
		"black until it is lightened":    {font(`<color theme="1" tint="0.999"/>`), color},
		"of the palette":                 {font(`<color indexed="9"/>`), color},
		"of the window":                  {font(`<color indexed="65"/>`), color},
		"black":                          {font(`<color theme="1"/>`), ""},
		"red":                            {font(`<color rgb="FFFF0000"/>`), ""},
		"of itself":                      {font(`<color auto="1"/>`), ""},
		"white on blue":                  {filled(`<color rgb="FFFFFFFF"/>`), ""},
		"blue on blue":                   {filled(`<color rgb="FF003366"/>`), color},
		"struck out":                     {font(`<strike/>`), "it is struck out"},
		"not struck out":                 {font(`<strike val="0"/>`), ""},
		"repeated":                       {raw{styles: `<xf numFmtId="3"><alignment horizontal="fill"/></xf>`}, "it is repeated as often as the cell has room"},
		"frozen below a row":             {pane("A3", `<pane ySplit="1" topLeftCell="A4" state="frozen"/>`), "row 1 is hidden"},
		"frozen at the top":              {pane("A1", `<pane ySplit="1" topLeftCell="A2" state="frozen"/>`), ""},
		"scrolled, not frozen":           {pane("A3", ``), ""},
		"frozen beside a column":         {pane("C1", `<pane xSplit="1" topLeftCell="D1" state="frozen"/>`), "column A (msisdn) is hidden"},
		"columns of no width by base":    {raw{before: `<sheetFormatPr baseColWidth="0" defaultRowHeight="15"/>`}, "is hidden"},
		"a row of an outline":            {raw{row: `hidden="1" outlineLevel="1"`}, "row 2 is hidden"},
		"a column of an outline":         {raw{before: `<cols><col min="2" max="3" width="9" outlineLevel="1" hidden="1" collapsed="1"/></cols>`}, "is hidden"},
		"a condition that shows nothing": {raw{after: fmt.Sprintf(ruled, "B2:B9"), dxfs: `<dxf><numFmt numFmtId="170" formatCode=";;;"/></dxf>`}, hides},
		"a condition for white":          {raw{after: fmt.Sprintf(ruled, "A9 $B$2"), dxfs: `<dxf><font><color rgb="FFFFFFFF"/></font></dxf>`}, hides},
		"a condition that strikes out":   {raw{after: fmt.Sprintf(ruled, "B2"), dxfs: `<dxf><font><strike/></font></dxf>`}, hides},
		"a condition for other cells":    {raw{after: fmt.Sprintf(ruled, "E2:F9 B3"), dxfs: `<dxf><font><color rgb="FFFFFFFF"/></font></dxf>`}, ""},
		"a condition for white on blue": {raw{after: fmt.Sprintf(ruled, "B2"),
			dxfs: `<dxf><font><color rgb="FFFFFFFF"/></font><fill><patternFill><bgColor rgb="FF003366"/></patternFill></fill></dxf>`}, ""},
		"a bar in place of the number":  {raw{after: `<conditionalFormatting sqref="B2"><cfRule type="dataBar" priority="1"><dataBar showValue="0"/></cfRule></conditionalFormatting>`}, hides},
		"a sign in place of the number": {raw{after: `<conditionalFormatting sqref="B2"><cfRule type="iconSet" priority="1"><iconSet showValue="0"/></cfRule></conditionalFormatting>`}, hides},
		"a bar beside the number":       {raw{after: `<conditionalFormatting sqref="B2"><cfRule type="dataBar" priority="1"><dataBar/></cfRule></conditionalFormatting>`}, ""},
		"a condition of newer programs": {raw{after: `<extLst><ext xmlns:x14="y"><x14:conditionalFormattings><x14:conditionalFormatting xmlns:xm="z"><x14:cfRule>` +
			`<xm:f>1</xm:f><x14:dxf><font><color theme="0"/></font></x14:dxf></x14:cfRule><xm:sqref>B2:B3</xm:sqref></x14:conditionalFormatting>` +
			`</x14:conditionalFormattings></ext></extLst>`}, hides},
		"a white part of a text":          {shared(`<r><t>a/</t></r><r><rPr><color rgb="FFFFFFFF"/></rPr><t>1</t></r>`), "cell C2: reference: a part of its text is white"},
		"a part that is struck out":       {shared(`<r><t>a/</t></r><r><rPr><strike/></rPr><t>1</t></r>`), "a part of its text is struck out"},
		"a bold part, and how it is said": {shared(`<r><t>a/</t></r><r><rPr><b/></rPr><t>1</t></r><rPh sb="0" eb="1"><t>zz</t></rPh>`), ""},
		"a white part of a text of its own": {raw{phone: `<c r="A2" t="inlineStr"><is><r><t>+225</t></r><r><rPr><color indexed="9"/></rPr><t>0748710523</t></r></is></c>`},
			"cell A2: msisdn: a part of its text is white"},
		"a text that is not there": {raw{amount: `<c r="B2" t="s"><v>50000</v></c>`}, "must not be empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row.book.check(t, row.want)
		})
	}
}

func TestWorkbook_B9_ReadsEveryFormOfTheFile(t *testing.T) {
	t.Parallel()
	strict := strings.NewReplacer("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main",
		"http://schemas.openxmlformats.org/officeDocument/2006/relationships", "http://purl.oclc.org/ooxml/officeDocument/relationships",
		"http://schemas.openxmlformats.org/drawingml/2006/main", "http://purl.oclc.org/ooxml/drawingml/main")
	renamed := strings.NewReplacer("workbook.xml", "workbook2.xml", "sheet1.xml", "tabelle.xml", "styles.xml", "formats.xml")
	white := raw{fonts: `<font><color rgb="FFFFFFFF"/></font>`, styles: `<xf numFmtId="3" fontId="1"/>`}
	for name, row := range map[string]struct {
		book raw
		want string
	}{
		"strict":                        {raw{namespaces: strict.Replace}, ""},
		"strict, with a hidden row":     {raw{namespaces: strict.Replace, row: `hidden="true"`}, "row 2 is hidden"},
		"parts of other names":          {raw{rename: renamed.Replace}, ""},
		"with an unseen amount":         {raw{rename: renamed.Replace, fonts: white.fonts, styles: white.styles}, "has the color"},
		"folders by the other slash":    {raw{rename: func(s string) string { return strings.ReplaceAll(s, "worksheets/", `worksheets\`) }}, ""},
		"a workbook that allows macros": {raw{rename: func(s string) string { return strings.ReplaceAll(s, "sheet.main+xml", "sheet.macroEnabled.main+xml") }}, "with macros (.xlsm)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row.book.check(t, row.want)
		})
	}
}
