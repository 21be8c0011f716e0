package payoutfile

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
)

// What a workbook shows is what is paid.

// readWorkbook reads a file as the commands do, and returns what was told.
func readWorkbook(t *testing.T, o Options) (*payroll.Plan, string, error) {
	t.Helper()
	var told bytes.Buffer
	term := terminal.Terminal{Out: &told, Err: &told}
	o.Run = "june"
	file, err := Open(t.Context(), o, term)
	if err != nil {
		return nil, told.String(), err
	}
	t.Cleanup(func() { require.NoError(t, file.Close()) })
	plan, err := Read(t.Context(), file, o)
	if err == nil {
		for _, warning := range plan.Warnings {
			term.Tell("Warning: %s", warning.Text)
		}
	}
	return plan, told.String(), err
}

func TestWorkbook_B7_RefusesWhatNobodySees(t *testing.T) {
	t.Parallel()
	columnXML := func(attributes string) func(string) string {
		return func(s string) string {
			return strings.Replace(s, "<sheetData>", `<cols><col min="4" max="4" `+attributes+`/></cols><sheetData>`, 1)
		}
	}
	rowXML := func(attributes string) func(string) string {
		return func(s string) string { return strings.Replace(s, `<row r="2"`, `<row r="2" `+attributes, 1) }
	}
	whole, err := os.ReadFile(sheetOf(t, nil, columns2, []any{"a", "+2250748710523", "", 5_000}))
	require.NoError(t, err)
	for name, row := range map[string]struct {
		change func(string) string
		want   string // "" is read
	}{
		"a hidden column":         {columnXML(`hidden="1" width="9"`), "column D (amount) is hidden"},
		"hidden, as true":         {columnXML(`hidden="true" width="9"`), "column D (amount) is hidden"},
		"a column of no width":    {columnXML(`width="0" customWidth="1"`), "column D (amount) is hidden"},
		"of no width, as decimal": {columnXML(`width="0.0" customWidth="1"`), "column D (amount) is hidden"},
		"a column like a line":    {columnXML(`width="0.05" customWidth="1"`), "column D (amount) is hidden"},
		"a narrow column":         {columnXML(`width="1.5" customWidth="1"`), ""},
		"a hidden row":            {rowXML(`hidden="1"`), "row 2 is hidden"},
		"a row of no height":      {rowXML(`ht="0" customHeight="1"`), "row 2 is hidden"},
		"a row like a line":       {rowXML(`ht="0.1" customHeight="1"`), "row 2 is hidden"},
		"a low row":               {rowXML(`ht="3.75" customHeight="1"`), ""},
		"rows of no height by default": {func(s string) string {
			return strings.Replace(s, "<sheetData>", `<sheetFormatPr defaultRowHeight="0" customHeight="1"/><sheetData>`, 1)
		}, "row 1 is hidden"},
		"columns of no width by default": {func(s string) string {
			return strings.Replace(s, "<sheetData>", `<sheetFormatPr defaultColWidth="0" defaultRowHeight="15"/><sheetData>`, 1)
		}, "is hidden"},
		"columns of no width by default, each shown": {func(s string) string {
			return strings.Replace(s, "<sheetData>",
				`<sheetFormatPr defaultColWidth="0" defaultRowHeight="15"/><cols><col min="1" max="9" width="12"/></cols><sheetData>`, 1)
		}, ""},
		"an amount under merged cells": {func(s string) string {
			return strings.Replace(s, "</sheetData>", `</sheetData><mergeCells count="1"><mergeCell ref="C2:D2"/></mergeCells>`, 1)
		}, "cell D2: it holds a value that the merged cells C2:D2 cover"},
		"a payout under merged cells": {func(s string) string {
			return strings.Replace(s, "</sheetData>", `</sheetData><mergeCells count="1"><mergeCell ref="A1:D2"/></mergeCells>`, 1)
		}, "cover"},
		"merged cells with nothing under them": {func(s string) string {
			return strings.Replace(s, "</sheetData>", `</sheetData><mergeCells count="1"><mergeCell ref="D2:F2"/></mergeCells>`, 1)
		}, ""},
		"rows of no height": {func(s string) string {
			return strings.Replace(s, "<sheetData>", `<sheetFormatPr defaultRowHeight="15" zeroHeight="1"/><sheetData>`, 1)
		}, "row 1 is hidden"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "salaries.xlsx")
			require.NoError(t, os.WriteFile(path, rezip(t, whole, "xl/worksheets/sheet1.xml", row.change), 0o600))
			plan, _, err := readWorkbook(t, Options{Path: path})
			if row.want == "" {
				require.NoError(t, err)
				require.EqualValues(t, 5_000, plan.Total)
				return
			}
			require.ErrorContains(t, err, row.want)
			require.ErrorIs(t, err, payroll.ErrBadPlan)
			require.Equal(t, exit.Usage, exit.Code(err))
		})
	}
}

func TestWorkbook_B5_RefusesFormulasWithoutAResult(t *testing.T) {
	t.Parallel()
	for column, cell := range map[string]string{"reference": "A2", "msisdn": "B2", "amount": "D2", "description": "E2"} {
		path := sheetOf(t, func(file *excelize.File) {
			require.NoError(t, file.SetCellValue("Sheet1", cell, nil))
			require.NoError(t, file.SetCellFormula("Sheet1", cell, "1+1"))
		}, columns2, []any{"a", "+2250748710523", "", 5_000, "x"})
		_, _, err := readWorkbook(t, Options{Path: path})
		require.ErrorContains(t, err, "cell "+cell+" is a formula without a stored result", column)
	}
	path := sheetOf(t, func(file *excelize.File) { require.NoError(t, file.SetCellFormula("Sheet1", "C2", "1+1")) },
		columns2, []any{"a", "+2250748710523", nil, 5_000, "x"})
	_, _, err := readWorkbook(t, Options{Path: path})
	require.NoError(t, err, "a column that is not read")
}

// A result may be an old one: that is a warning, and an error when the workbook says so itself.
func TestWorkbook_B5_WarnsOfResultsOfFormulas(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile(sheetOf(t, nil, columns2, []any{"a", "+2250748710523", 7, 5_000, "x"}))
	require.NoError(t, err)
	calculated := rezip(t, whole, "xl/worksheets/sheet1.xml", func(s string) string {
		return strings.Replace(strings.Replace(s, "<v>5000</v>", "<f>2500*2</f><v>5000</v>", 1), "<v>7</v>", "<f>3+4</f><v>7</v>", 1)
	})
	path := filepath.Join(t.TempDir(), "salaries.xlsx")
	require.NoError(t, os.WriteFile(path, calculated, 0o600))
	plan, told, err := readWorkbook(t, Options{Path: path})
	require.NoError(t, err)
	require.EqualValues(t, 5_000, plan.Total)
	require.Contains(t, told, "Warning: results of formulas: 1, as the workbook was last saved")

	outdated := rezip(t, calculated, "xl/workbook.xml", func(s string) string {
		if strings.Contains(s, "<calcPr") {
			return strings.Replace(s, "<calcPr", `<calcPr fullCalcOnLoad="1"`, 1)
		}
		return strings.Replace(s, "</sheets>", `</sheets><calcPr fullCalcOnLoad="1"/>`, 1)
	})
	require.NoError(t, os.WriteFile(path, outdated, 0o600))
	_, _, err = readWorkbook(t, Options{Path: path})
	require.ErrorContains(t, err, "cell D2 is a formula, and the workbook says that its results are to be calculated again")
}

func TestWorkbook_B6_RefusesFormatsThatMislead(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		cell   string
		value  any
		format string
		want   string
	}{
		{"D2", 50_000, "yyyy-mm-dd", "cell D2: amount: its format shows a date or a time"},
		{"D2", 50_000, "0%", "a percentage"},
		{"D2", 50_000, "#,##0 €", "another currency"},
		{"D2", 50_000, ";;;", "nothing"},
		{"D2", 50_000, "#,##0,", "thousands"},
		{"D2", 50_000, `#,##0" FCFA"`, ""},
		{"B2", int64(2250748710523), "hh:mm", "cell B2: msisdn: its format shows a date or a time"},
		{"A2", 42, "0000", "cell A2: reference: it is a number, which is not shown as it is stored"},
		{"A2", 45_000, "dd/mm/yyyy", "cell A2: reference: it is a number, which is not shown as it is stored"},
		{"A2", "42", "0000", ""},
		{"A2", 7.4, "0", "cell A2: reference: it is a number, which is not shown"},
		{"A2", 1.1, "General", "cell A2: reference: it is a number, which is not shown"},
		{"A2", int64(202607000001), "General", "cell A2: reference: it is a number, which is not shown"},
		{"A2", int64(202607000001), "0", ""},
		{"A2", true, "General", "cell A2: reference: it is a truth value"},
		{"A2", "a", ";;;", "cell A2: reference: its format shows something else than the text that it holds"},
		{"D2", "50 000", ";;;", "cell D2: amount: its format shows something else than the text"},
		{"D2", "50 000", `0;0;0;"5 000"`, "cell D2: amount: its format shows something else than the text"},
		{"B2", "+2250748710523", `0;0;0;"x"`, "cell B2: msisdn: its format shows something else than the text"},
		{"D2", "50 000", "@", ""},
		{"D2", 50_000, `0"000"`, "digits that the number does not have"},
		{"D2", 50_000, "[<1000]0;0,", "thousands"},
		{"D2", 54_321, "0E+00", "a shortened number"},
		{"A2", 42, "0", ""},
		{"C2", 45_000, "dd/mm/yyyy", ""}, // not read
	} {
		path := sheetOf(t, func(file *excelize.File) {
			style, err := file.NewStyle(&excelize.Style{CustomNumFmt: &row.format})
			require.NoError(t, err)
			require.NoError(t, file.SetCellValue("Sheet1", row.cell, row.value))
			require.NoError(t, file.SetCellStyle("Sheet1", row.cell, row.cell, style))
		}, columns2, []any{"a", "+2250748710523", "", 50_000, "x"})
		_, _, err := readWorkbook(t, Options{Path: path, Country: "CI"})
		if row.want == "" {
			require.NoError(t, err, row)
			continue
		}
		require.ErrorContains(t, err, row.want, row)
		require.NotContains(t, err.Error(), "0748710523")
	}
}

// Other programs write other encodings than Excel's, and formulas whose results they do not know.
func TestWorkbook_B9_ReadsAnyEncodingOfItsParts(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile(sheetOf(t, nil, columns2, []any{"a", "+2250748710523", "Aya", 5_000, "Salaire d'été"}))
	require.NoError(t, err)
	for name, encode := range map[string]func(string) string{
		"UTF-16": func(s string) string {
			encoded, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(strings.Replace(s, "UTF-8", "UTF-16", 1))
			require.NoError(t, err)
			return encoded
		},
		"UTF-16, big end first": func(s string) string {
			encoded, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(strings.Replace(s, "UTF-8", "UTF-16", 1))
			require.NoError(t, err)
			return encoded
		},
		"Latin-1": func(s string) string {
			encoded, err := charmap.ISO8859_1.NewEncoder().String(strings.Replace(s, "UTF-8", "ISO-8859-1", 1))
			require.NoError(t, err)
			return encoded
		},
		"Windows-1252": func(s string) string {
			encoded, err := charmap.Windows1252.NewEncoder().String(strings.Replace(s, "UTF-8", "windows-1252", 1))
			require.NoError(t, err)
			return encoded
		},
		"a byte order mark": func(s string) string { return "\uFEFF" + s },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "salaries.xlsx")
			require.NoError(t, os.WriteFile(path, rezip(t, rezip(t, whole, "xl/sharedStrings.xml", encode), "xl/worksheets/sheet1.xml", encode), 0o600))
			plan, _, err := readWorkbook(t, Options{Path: path})
			require.NoError(t, err)
			require.EqualValues(t, 5_000, plan.Total)
			for payout, err := range plan.Payouts() {
				require.NoError(t, err)
				require.Equal(t, "Salaire d'été", payout.Description)
			}
		})
	}
}

// An empty element is no result: a program that is no spreadsheet writes one for each formula.
func TestWorkbook_B5_RefusesFormulasWithAnEmptyResult(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile(sheetOf(t, nil, columns2, []any{"a", "+2250748710523", "", 5_000, "x"}))
	require.NoError(t, err)
	for _, result := range []string{"<v></v>", "<v/>", "", "<v> </v>"} {
		path := filepath.Join(t.TempDir(), "salaries.xlsx")
		require.NoError(t, os.WriteFile(path, rezip(t, whole, "xl/worksheets/sheet1.xml", func(s string) string {
			return regexp.MustCompile(`<c r="A2"[^>]*>.*?</c>`).ReplaceAllString(s, `<c r="A2"><f>B9&amp;1</f>`+result+`</c>`)
		}), 0o600))
		_, _, err := readWorkbook(t, Options{Path: path})
		require.ErrorContains(t, err, "cell A2 is a formula without a stored result", result)
	}
}

// A reference that a formula leaves empty would be made, and be another one next month.
func TestWorkbook_B5_RefusesAReferenceThatAFormulaLeavesEmpty(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile(sheetOf(t, nil, columns2, []any{"a", "+2250748710523", "", 5_000, "x"}, []any{"b", "+2250748710524", "", 5_000, "x"}))
	require.NoError(t, err)
	for cell, want := range map[string]string{"A3": "cell A3: reference: it is a formula whose result is empty", "E3": ""} {
		path := filepath.Join(t.TempDir(), "salaries.xlsx")
		require.NoError(t, os.WriteFile(path, rezip(t, whole, "xl/worksheets/sheet1.xml", func(s string) string {
			return regexp.MustCompile(`<c r="`+cell+`"[^>]*>.*?</c>`).
				ReplaceAllString(s, `<c r="`+cell+`" t="str"><f>IF(B3="","x","")</f><v></v></c>`)
		}), 0o600))
		_, _, err := readWorkbook(t, Options{Path: path})
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, want)
	}
}

// Rows that are formatted and empty are passed over at once, after the last that holds a value.
func TestWorkbook_B9_StopsAfterTheLastValue(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile(sheetOf(t, nil, columns2, []any{"a", "+2250748710523", "", 5_000, "x"}))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "salaries.xlsx")
	require.NoError(t, os.WriteFile(path, rezip(t, whole, "xl/worksheets/sheet1.xml", func(s string) string {
		var empty strings.Builder
		for row := 3; row < 20_000; row++ {
			fmt.Fprintf(&empty, `<row r="%d"><c r="A%d" s="0"/><c r="B%d" s="0"/></row>`, row, row, row)
		}
		return strings.Replace(s, "</sheetData>", empty.String()+"</sheetData>", 1)
	}), 0o600))
	file, err := openWorkbook(path, "", nil)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, file)
	require.NoError(t, err)
	require.Equal(t, 2, file.row, "nothing after the last value is read")
	require.NoError(t, file.Close())
}

func TestWorkbook_B8_PaysTheSheetThatIsMeant(t *testing.T) {
	t.Parallel()
	path := sheetOf(t, func(file *excelize.File) {
		for i, name := range []string{"June", "July", "Hidden"} {
			_, err := file.NewSheet(name)
			require.NoError(t, err)
			require.NoError(t, file.SetSheetRow(name, "A1", &columns2))
			require.NoError(t, file.SetSheetRow(name, "A2", &[]any{name, "+2250748710523", "", 10_000 * (i + 1)}))
		}
		require.NoError(t, file.SetSheetVisible("Hidden", false))
	}, []any{"Read me first"})
	_, _, err := readWorkbook(t, Options{Path: path})
	require.ErrorContains(t, err, `the sheets ["June" "July"] all have the columns of payouts: name the one to pay with --sheet`)
	plan, told, err := readWorkbook(t, Options{Path: path, Sheet: "July"})
	require.NoError(t, err)
	require.EqualValues(t, 20_000, plan.Total)
	require.Contains(t, told, `Sheet "July" of the workbook is read.`)
	_, _, err = readWorkbook(t, Options{Path: path, Sheet: "Hidden"})
	require.ErrorContains(t, err, `the sheet "Hidden" is hidden`)
	_, _, err = readWorkbook(t, Options{Path: path, Sheet: "August"})
	require.ErrorContains(t, err, `no sheet "August", but ["Sheet1" "June" "July"]`)

	one := sheetOf(t, func(file *excelize.File) {
		_, err := file.NewSheet("Payroll")
		require.NoError(t, err)
		require.NoError(t, file.SetSheetRow("Payroll", "A1", &columns2))
		require.NoError(t, file.SetSheetRow("Payroll", "A2", &[]any{"a", "+2250748710523", "", 5_000}))
	}, []any{"Read me first"})
	_, told, err = readWorkbook(t, Options{Path: one})
	require.NoError(t, err)
	require.Contains(t, told, `Sheet "Payroll" of the workbook is read.`)

	text := filepath.Join(t.TempDir(), "a.csv")
	require.NoError(t, os.WriteFile(text, []byte("msisdn,amount,reference\n+2250748710523,5000,a\n"), 0o600))
	_, _, err = readWorkbook(t, Options{Path: text, Sheet: "June"})
	require.ErrorContains(t, err, `--sheet "June": the file is no workbook`)
}

func TestOpen_B9_SaysWhatAFileIsWhateverItsName(t *testing.T) {
	t.Parallel()
	zipOf := func(names ...string) []byte {
		var out bytes.Buffer
		writer := zip.NewWriter(&out)
		for _, name := range names {
			_, err := writer.Create(name)
			require.NoError(t, err)
		}
		require.NoError(t, writer.Close())
		return out.Bytes()
	}
	book, err := os.ReadFile(sheetOf(t, nil, columns2, []any{"a", "+2250748710523", "", 5_000}))
	require.NoError(t, err)
	locked := excelize.NewFile()
	lockedPath := filepath.Join(t.TempDir(), "locked.xlsx")
	require.NoError(t, locked.SaveAs(lockedPath, excelize.Options{Password: "secret"}))
	require.NoError(t, locked.Close())
	protected, err := os.ReadFile(lockedPath)
	require.NoError(t, err)
	for name, row := range map[string]struct {
		content []byte
		want    string
	}{
		"password":  {protected, "is protected by a password"},
		"xls":       {append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), make([]byte, 1000)...), "is a workbook of Excel 97-2003 (.xls)"},
		"ods":       {zipOf("mimetype", "content.xml"), "is an OpenDocument (.ods)"},
		"xlsm":      {zipOf("xl/workbook.xml", "xl/vbaProject.bin"), "with macros (.xlsm)"},
		"xlsb":      {zipOf("xl/workbook.bin"), "is a binary workbook (.xlsb)"},
		"zip":       {zipOf("salaries.csv"), "is a zip file and no workbook"},
		"xlsx":      {book, ""},
		"cut short": {book[:len(book)/2], "damaged"},
	} {
		for _, ending := range []string{".xlsx", ".csv", ".xls", ""} {
			path := filepath.Join(t.TempDir(), "salaries"+ending)
			require.NoError(t, os.WriteFile(path, row.content, 0o600))
			plan, _, err := readWorkbook(t, Options{Path: path})
			if row.want == "" {
				require.NoError(t, err, ending)
				require.EqualValues(t, 1, plan.Count)
				continue
			}
			require.ErrorContains(t, err, row.want, "%s %s", name, ending)
			require.Equal(t, exit.Usage, exit.Code(err))
		}
	}
	path := filepath.Join(t.TempDir(), "text.xlsx")
	require.NoError(t, os.WriteFile(path, []byte("msisdn,amount\n"), 0o600))
	_, _, err = readWorkbook(t, Options{Path: path})
	require.ErrorContains(t, err, "is no workbook, although its name ends in .xlsx")
}

// A sheet whose format was set far below its last row is as fast to read, and as small, as one without.
func TestWorkbook_B9_ReadsManyEmptyRowsInLittleMemory(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile(sheetOf(t, nil, columns2, []any{"a", "+2250748710523", "", 5_000}))
	require.NoError(t, err)
	var rows strings.Builder
	for i := 3; i < 100_000; i++ {
		fmt.Fprintf(&rows, `<row r="%d"><c r="D%d" s="0"/></row>`, i, i)
	}
	path := filepath.Join(t.TempDir(), "salaries.xlsx")
	require.NoError(t, os.WriteFile(path, rezip(t, whole, "xl/worksheets/sheet1.xml", func(s string) string {
		return strings.Replace(s, "</sheetData>", rows.String()+"</sheetData>", 1)
	}), 0o600))
	book, err := openWorkbook(path, "", nil)
	require.NoError(t, err)
	defer book.Close()
	require.Empty(t, book.facts.styles)
	require.Empty(t, book.facts.formulas)
	plan, err := payroll.ReadCSV(book, payroll.CSVOptions{Run: "june"})
	require.NoError(t, err)
	require.EqualValues(t, 1, plan.Count)
}
