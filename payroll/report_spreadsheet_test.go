package payroll_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

func namedPayouts() []payroll.Payout {
	return []payroll.Payout{
		{
			Line: 2, MSISDN: "+2250748710501", Amount: 1_050_000, Reference: "0012", Name: "Koné Awa", Description: "Salaire d’août",
			State: payroll.Completed, TransactionID: "txn_1", Fee: 500,
		},
		{MSISDN: "+2250748710502", Amount: 60_000, Reference: "b", Name: "=1+1", State: payroll.Failed, Reason: "a\x01 <b>\n_x0041_ & \"c\""},
	}
}

// The CSV report opens rightly in a French Excel.
func TestReportWriter_C12_CSVOpensInAFrenchExcel(t *testing.T) {
	t.Parallel()
	for _, separator := range []rune{0, ',', ';', '\t'} {
		var out bytes.Buffer
		_, err := payroll.ReportWriter{Separator: separator}.Write(t.Context(), &out, journalOf(t, namedPayouts()...), payroll.ReportCSV)
		require.NoError(t, err)
		text, marked := strings.CutPrefix(out.String(), "\ufeff")
		require.True(t, marked)
		reader := csv.NewReader(strings.NewReader(text))
		if reader.Comma = separator; separator == 0 {
			reader.Comma = ','
		}
		rows, err := reader.ReadAll()
		require.NoError(t, err)
		require.Equal(t, "name", rows[0][12])
		require.Equal(t, []string{"'0012", "'+2250748710501", "1050000"}, rows[1][:3], "a phone number is a text, an amount a plain integer")
		require.Equal(t, "500", rows[1][5])
		require.Equal(t, "Koné Awa", rows[1][12])
		require.Equal(t, "'=1+1", rows[2][12], "a name never runs")

		again, err := readCSV(out.String(), payroll.CSVOptions{Run: "june", Limits: &djamo.Limits{}})
		require.NoError(t, err, "a report is a plan again")
		for payout, err := range again.Payouts() {
			require.NoError(t, err)
			require.NotEmpty(t, payout.Name)
		}
	}
	_, err := payroll.ReportWriter{Separator: '|'}.Write(t.Context(), io.Discard, mixed(t), payroll.ReportCSV)
	require.ErrorContains(t, err, `the separator '|' must be a comma, a semicolon or a tab`)
}

// A reference that a spreadsheet would show as a number, a date or the result of a sum stays a text, and is read again as it was.
func TestReportWriter_C12_CSVKeepsReferences(t *testing.T) {
	t.Parallel()
	for reference, guarded := range map[string]bool{
		"0012": true, "202607000000000123": true, "123456789012": true, "1-2": true, "10/07": true, "2026-07": true, "07-2026": true, "01.02.2026": true,
		"juin-2026": true, "mars/12": true, "12 mars": true, "févr 26": true, "AOÛT-1": true, "août/31": true, "sept-26": true, "12:30": true, "50%": true, "1,5": true,
		"+225/3": true, "-5": true, "+225-2026-06": true, "12 F": true, "1 1/2": true, "(5)": true, "$5": true, "8h": true,
		"12": false, "12345678901": false, "salaire-2026-07/0001": false, "run/1": false, "E1": true, "A12": false, "juin": false, "paie juin 12": false,
		"é/1": false, "§ 2": true, "n° 12": false, "12-A": false, "juinot-2": false, "ma-1": false, "x": false, "mai/a": false,
	} {
		payout := payroll.Payout{MSISDN: "+2250748710501", Amount: 50_000, Reference: reference, State: payroll.Completed}
		text := write(t, journalOf(t, payout), payroll.ReportCSV)
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
		require.NoError(t, err)
		want := reference
		if guarded {
			want = "'" + reference
		}
		require.Equal(t, want, rows[1][0])
		again, err := readCSV(text, payroll.CSVOptions{})
		require.NoError(t, err, reference)
		for payout, err := range again.Payouts() {
			require.NoError(t, err)
			require.Equal(t, reference, payout.Reference, "a report is a plan again")
		}
	}
	rows, _ := paidBy(t, "msisdn;amount;reference\n+2250748710523;5000;'a\n+2250748710523;6000;''0012\n", payroll.CSVOptions{})
	require.Equal(t, []string{"+2250748710523 5000 'a||", "+2250748710523 6000 ''0012||"}, rows, "no other apostrophe is taken off")
	_, err := readCSV("msisdn;amount;reference\n+2250748710523;5000;0012\n+2250748710524;6000;'0012\n", payroll.CSVOptions{})
	require.ErrorContains(t, err, "must differ from that of line 2")
}

func TestWriteReport_C12_XLSXHasTypedCells(t *testing.T) {
	t.Parallel()
	text := write(t, journalOf(t, namedPayouts()...), payroll.ReportXLSX)
	archive, err := zip.NewReader(strings.NewReader(text), int64(len(text)))
	require.NoError(t, err)
	for _, part := range archive.File {
		opened, err := part.Open()
		require.NoError(t, err)
		content, err := io.ReadAll(opened)
		require.NoError(t, err)
		decoder := xml.NewDecoder(bytes.NewReader(content))
		for {
			if _, err := decoder.Token(); err != nil {
				require.ErrorIs(t, err, io.EOF, part.Name)
				break
			}
		}
		if part.Name != "xl/worksheets/sheet1.xml" {
			continue
		}
		sheet := string(content)
		for _, cell := range []string{
			`<c r="A2" s="1" t="inlineStr"><is><t xml:space="preserve">0012</t></is></c>`,
			`<c r="B2" s="1" t="inlineStr"><is><t xml:space="preserve">+2250748710501</t></is></c>`, `<c r="C2" s="2"><v>1050000</v></c>`,
			`<c r="M2" s="1" t="inlineStr"><is><t xml:space="preserve">Koné Awa</t></is></c>`, `<c r="M3" s="1" t="inlineStr"><is><t xml:space="preserve">=1+1</t></is></c>`,
			`a &lt;b&gt; _x005F_x0041_ &amp; &#34;c&#34;`, `<autoFilter ref="A1:N3"/>`,
		} {
			require.Contains(t, sheet, cell)
		}
		require.NotContains(t, sheet, "<f>")
	}
	_, err = payroll.WriteReport(t.Context(), io.Discard, counted{payouts: 1 << 20}, payroll.ReportXLSX)
	require.ErrorContains(t, err, "choose .csv")
}

func TestWriteReport_C10_HasTheName(t *testing.T) {
	t.Parallel()
	journal := journalOf(t, namedPayouts()...)
	require.Contains(t, write(t, journal, payroll.ReportJSON), `"name":"Koné Awa"`)
	page := write(t, journalOf(t, namedPayouts()[0]), payroll.ReportHTML)
	require.Contains(t, page, "<bdi>Koné Awa</bdi>")
	requireWellFormed(t, page)
}

// Whatever stands in a name or a reference, the workbook opens, and shows that text.
func TestWriteReport_C12_XLSXShowsOddTexts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0012": "0012", "10/07": "10/07", "+225/3": "+225/3", "=1+1": "=1+1", "'0012": "'0012", "@SUM(A1)": "@SUM(A1)", "#N/A": "#N/A", "1E5": "1E5",
		"_x0041_": "_x0041_", "_x005F_x0041_": "_x005F_x0041_", "a\x00b": "a\ufffdb", "a\tb\r\nc": "a b  c", "\u200fعلي": "\u200fعلي", "👍🏽 Awa": "👍🏽 Awa",
		"a\uffffb": "a\ufffdb", "a\xffb": "a\ufffdb", "]]>&amp;<t>": "]]>&amp;<t>", "  Awa  ": "  Awa  ", strings.Repeat("é", 40_000): strings.Repeat("é", 16_000) + "…",
	} {
		payout := payroll.Payout{MSISDN: "+2250748710501", Amount: 50_000, Reference: "a", State: payroll.Failed, Reason: text}
		file := write(t, journalOf(t, payout), payroll.ReportXLSX)
		archive, err := zip.NewReader(strings.NewReader(file), int64(len(file)))
		require.NoError(t, err)
		sheet, err := archive.Open("xl/worksheets/sheet1.xml")
		require.NoError(t, err)
		var content struct {
			Cells []struct {
				Place string  `xml:"r,attr"`
				Text  *string `xml:"is>t"`
			} `xml:"sheetData>row>c"`
		}
		require.NoError(t, xml.NewDecoder(sheet).Decode(&content), "%q", text)
		require.NoError(t, sheet.Close())
		found := false
		for _, cell := range content.Cells {
			if cell.Place == "G2" {
				found = true
				require.NotNil(t, cell.Text, "%q is a text", text)
				require.Equal(t, want, strings.ReplaceAll(*cell.Text, "_x005F_", "_"), "%q", text)
			}
		}
		require.True(t, found)
	}
}
