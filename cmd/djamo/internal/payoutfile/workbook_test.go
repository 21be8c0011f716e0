package payoutfile

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
)

// sheetOf writes a workbook whose first sheet has these rows, and lets change do the rest.
func sheetOf(t *testing.T, change func(*excelize.File), rows ...[]any) string {
	t.Helper()
	file := excelize.NewFile()
	defer file.Close()
	for i, row := range rows {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		require.NoError(t, err)
		require.NoError(t, file.SetSheetRow("Sheet1", cell, &row))
	}
	if change != nil {
		change(file)
	}
	path := filepath.Join(t.TempDir(), "salaries.xlsx")
	require.NoError(t, file.SaveAs(path))
	return path
}

func readSheet(t *testing.T, path string, options payroll.CSVOptions) (*payroll.Plan, error) {
	t.Helper()
	book, err := openWorkbook(path, "", nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, book.Close()) })
	return payroll.ReadCSV(book, options)
}

var columns2 = []any{"Reference", "MSISDN", "Nom", "Amount", "Description"}

func TestWorkbook_IsReadLikeCSV(t *testing.T) {
	t.Parallel()
	path := sheetOf(t, nil, nil, columns2,
		[]any{"june/1", "+225 07 48 71 05 23", "Aya", 50_000, "Salaire, \"juin\"\nAya"},
		nil,
		[]any{"june/2", "+221771234567", "Yao", "60 000"})
	plan, err := readSheet(t, path, payroll.CSVOptions{Run: "june"})
	require.NoError(t, err)
	for range 2 {
		var payouts []payroll.Payout
		for payout, err := range plan.Payouts() {
			require.NoError(t, err)
			payouts = append(payouts, payout)
		}
		require.Equal(t, []payroll.Payout{
			{ID: 1, Line: 3, MSISDN: "+2250748710523", Amount: 50_000, Reference: "june/1", Description: `Salaire, "juin" Aya`, Name: "Aya", State: payroll.Planned},
			{ID: 2, Line: 5, MSISDN: "+221771234567", Amount: 60_000, Reference: "june/2", Name: "Yao", State: payroll.Planned},
		}, payouts, "the lines are the rows of the sheet")
	}
	text, err := payroll.ReadCSV(strings.NewReader("msisdn;amount;reference;description\n+2250748710523;50000;june/1;\"Salaire, \"\"juin\"\" Aya\"\n+221771234567;60000;june/2;\n"), payroll.CSVOptions{Run: "june"})
	require.NoError(t, err)
	require.Equal(t, text.PlanInfo, plan.PlanInfo, "the same plan as from CSV")
}

// Numbers are taken as the file stores them, whatever their format shows, and never rounded.
func TestWorkbook_TakesNumbersExactly(t *testing.T) {
	t.Parallel()
	for stored, want := range map[string]djamo.XOF{
		"50000": 50_000, "50000.0": 50_000, "50000.00": 50_000, "9007199254740993": 9_007_199_254_740_993, "1.234.567": 1_234_567, "50,000": 50_000,
		"50000.5": 0, "50.125": 0, "50.000": 0, "49999.999999999993": 0, "5E+4": 0, "5E4": 0, "1E-7": 0, "-50000": 0, "": 0, "#N/A": 0, "0.5": 0, ".5": 0, "50.": 0,
	} {
		t.Run(stored, func(t *testing.T) {
			t.Parallel()
			path := sheetOf(t, func(file *excelize.File) {
				style, err := file.NewStyle(&excelize.Style{NumFmt: 4}) // shown as 50,000.00
				require.NoError(t, err)
				require.NoError(t, file.SetCellDefault("Sheet1", "D2", stored))
				require.NoError(t, file.SetCellStyle("Sheet1", "D2", "D2", style))
			}, columns2, []any{"a", "+2250748710523", "Aya", nil, "x"})
			plan, err := readSheet(t, path, payroll.CSVOptions{Limits: &djamo.Limits{}})
			if want == 0 {
				bad := (*payroll.PlanError)(nil)
				require.ErrorAs(t, err, &bad)
				require.Len(t, bad.Problems, 1)
				require.EqualValues(t, 2, bad.Problems[0].Line)
				require.Equal(t, "amount", bad.Problems[0].Column)
				return
			}
			require.NoError(t, err)
			require.Equal(t, want, plan.Total)
		})
	}
}

// A phone number that the sheet stores as a number has lost its plus, and maybe a zero: it is read for a country or refused.
func TestWorkbook_PhoneNumbersStoredAsNumbers(t *testing.T) {
	t.Parallel()
	ivorian, err := parseMSISDN("CI")
	require.NoError(t, err)
	senegalese, err := parseMSISDN("SN")
	require.NoError(t, err)
	for _, row := range []struct {
		stored string
		parse  func(string) (djamo.MSISDN, error)
		want   djamo.MSISDN
	}{
		{"2250748710523", nil, ""},
		{"2250748710523", ivorian, "+2250748710523"},
		{"2250748710523.0", ivorian, "+2250748710523"},
		{"748710523", ivorian, ""},
		{"2.250748710523E+12", ivorian, ""},
		{"771234567", senegalese, "+221771234567"},
		{"771234567.0", senegalese, "+221771234567"},
		{"221771234567", senegalese, "+221771234567"},
	} {
		path := sheetOf(t, func(file *excelize.File) { require.NoError(t, file.SetCellDefault("Sheet1", "B2", row.stored)) }, columns2, []any{"a", nil, "Aya", 50_000, "x"})
		plan, err := readSheet(t, path, payroll.CSVOptions{ParseMSISDN: row.parse})
		if row.want == "" {
			bad := (*payroll.PlanError)(nil)
			require.ErrorAs(t, err, &bad, row.stored)
			require.Equal(t, "msisdn", bad.Problems[0].Column)
			require.NotContains(t, err.Error(), "748710523")
			continue
		}
		require.NoError(t, err, row.stored)
		for payout := range plan.Payouts() {
			require.Equal(t, row.want, payout.MSISDN)
		}
	}
}

func TestWorkbook_B8_ReadsTheFirstSheetThatIsSeen(t *testing.T) {
	t.Parallel()
	path := sheetOf(t, func(file *excelize.File) {
		_, err := file.NewSheet("Salaries")
		require.NoError(t, err)
		require.NoError(t, file.SetSheetRow("Salaries", "A1", &columns2))
		require.NoError(t, file.SetSheetRow("Salaries", "A2", &[]any{"b", "+2250748710523", "", 7_000}))
		file.SetActiveSheet(1)
		require.NoError(t, file.SetSheetVisible("Sheet1", false))
	}, columns2, []any{"a", "+2250748710523", "", 5_000})
	plan, err := readSheet(t, path, payroll.CSVOptions{})
	require.NoError(t, err)
	require.EqualValues(t, 7_000, plan.Total)
}

func TestWorkbook_B7_RefusesHiddenRows(t *testing.T) {
	t.Parallel()
	path := sheetOf(t, func(file *excelize.File) { require.NoError(t, file.SetRowVisible("Sheet1", 3, false)) },
		columns2, []any{"a", "+2250748710523", "", 5_000}, []any{"b", "+2250748710524", "", 5_000})
	_, err := readSheet(t, path, payroll.CSVOptions{})
	require.ErrorIs(t, err, payroll.ErrBadPlan)
	require.ErrorContains(t, err, "row 3 is hidden")
}

func TestWorkbook_RefusesRowsThatAreTooWide(t *testing.T) {
	t.Parallel()
	_, err := readSheet(t, sheetOf(t, nil, columns2, []any{"a", "+2250748710523", "", 5_000, "x", " ", nil}, []any{"b", "+2250748710523", "", 6_000, "x", "y"}), payroll.CSVOptions{})
	require.EqualError(t, err, "payroll: bad plan: line 3: must have 5 fields, as line 1 has, not 6")
}

func TestWorkbook_RefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile(sheetOf(t, nil, columns2, []any{"a", "+2250748710523", "", 5_000}, []any{"b", "+2250748710524", "", 5_000}))
	require.NoError(t, err)
	for name, content := range map[string][]byte{
		"empty": {}, "CSV": []byte("msisdn,amount\n"), "cut": whole[:len(whole)/2],
		"a sheet that breaks off": rezip(t, whole, "xl/worksheets/sheet1.xml", func(s string) string {
			before, _, _ := strings.Cut(s, `<row r="3"`)
			return before
		}),
		"texts that break off": rezip(t, whole, "xl/sharedStrings.xml", func(s string) string { return s[:len(s)-10] }),
		"nothing to be seen":   rezip(t, whole, "xl/workbook.xml", func(s string) string { return strings.Replace(s, `<sheet `, `<sheet state="hidden" `, 1) }),
	} {
		path := filepath.Join(t.TempDir(), "salaries.xlsx")
		require.NoError(t, os.WriteFile(path, content, 0o600))
		_, err := openWorkbook(path, "", nil)
		require.ErrorIs(t, err, payroll.ErrBadPlan, name)
	}
	_, err = openWorkbook("missing.xlsx", "", nil)
	require.ErrorContains(t, err, "no such file")
}

// rezip changes one file of a workbook.
func rezip(t *testing.T, whole []byte, name string, change func(string) string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	require.NoError(t, err)
	var out bytes.Buffer
	writer := zip.NewWriter(&out)
	changed := false
	for _, entry := range in.File {
		source, err := entry.Open()
		require.NoError(t, err)
		content, err := io.ReadAll(source)
		require.NoError(t, err)
		if entry.Name == name {
			after := change(string(content))
			changed = after != string(content)
			content = []byte(after)
		}
		target, err := writer.Create(entry.Name)
		require.NoError(t, err)
		_, err = target.Write(content)
		require.NoError(t, err)
	}
	require.True(t, changed)
	require.NoError(t, writer.Close())
	return out.Bytes()
}

func TestWorkbook_IsAReader(t *testing.T) {
	t.Parallel()
	book, err := openWorkbook(sheetOf(t, nil, columns2, []any{"a", "+2250748710523", "", 5_000}), "", nil)
	require.NoError(t, err)
	defer book.Close()
	want := "Reference,MSISDN,Nom,Amount,Description\na,+2250748710523,,5000,\n"
	require.NoError(t, iotest.TestReader(io.MultiReader(book), []byte(want)))
	for range 2 {
		_, err = book.Seek(0, io.SeekStart)
		require.NoError(t, err)
		got, err := io.ReadAll(book)
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
	_, err = book.Seek(1, io.SeekStart)
	require.Error(t, err)
	_, err = book.Seek(0, io.SeekEnd)
	require.Error(t, err)
}
