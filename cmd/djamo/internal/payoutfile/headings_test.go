package payoutfile

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/unicode"

	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
)

// readFile reads a file by flags, as the commands do.
func readFile(t *testing.T, path string, flags ...string) (rows []string, told string, err error) {
	t.Helper()
	o := Options{Path: path}
	set := pflag.NewFlagSet("plan", pflag.ContinueOnError)
	o.AddFlags(set)
	if err := set.Parse(append([]string{"--run", "june"}, flags...)); err != nil {
		return nil, "", err
	}
	require.NoError(t, o.Check())
	var out bytes.Buffer
	screen := terminal.Terminal{Out: &out, Err: &out}
	file, err := Open(context.Background(), o, screen)
	if err != nil {
		return nil, out.String(), err
	}
	defer file.Close()
	plan, err := Read(t.Context(), file, o)
	if err != nil {
		return nil, out.String(), err
	}
	for _, warning := range plan.Warnings {
		screen.Tell("%s", warning.Text)
	}
	for p, err := range plan.Payouts() {
		require.NoError(t, err)
		rows = append(rows, fmt.Sprintf("%s %d %s %s %s", p.MSISDN.E164(), int64(p.Amount), p.Reference, p.Description, p.Name))
	}
	return rows, out.String(), nil
}

// A workbook's headings are understood as those of a CSV file are.
func TestWorkbook_C10_UnderstandsFrenchHeadings(t *testing.T) {
	t.Parallel()
	path := sheetOf(t, nil, []any{"Paie de juillet 2026"}, nil, []any{"Nom", "Prénom", "N° de téléphone", "Net à payer (FCFA)", "Réf.", "Motif"},
		[]any{"Koné", "Awa", "'+225 07 48 71 05 23", 50_000, "r-1", "Salaire"})
	rows, told, err := readFile(t, path)
	require.NoError(t, err)
	require.Equal(t, []string{"+2250748710523 50000 r-1 Salaire Koné Awa"}, rows)
	require.Contains(t, told, "the columns are named on line 3; not read above it: Paie de juillet 2026")

	for _, stored := range []string{"50.125", "50000.5", "50.000"} {
		path = sheetOf(t, func(file *excelize.File) { require.NoError(t, file.SetCellDefault("Sheet1", "B2", stored)) },
			[]any{"Téléphone", "Montant", "Référence"}, []any{"+2250748710523", nil, "a"})
		_, _, err = readFile(t, path)
		require.ErrorContains(t, err, "line 2: amount: must be", "a fraction is none, whatever the column is called: "+stored)
	}
	path = sheetOf(t, nil, []any{"Téléphone", "Montant", "Net à payer", "Référence"}, []any{"+2250748710523", 60_000, 50_000, "a"})
	_, _, err = readFile(t, path)
	require.ErrorContains(t, err, "Montant and Net à payer both name it")
	rows, _, err = readFile(t, path, "--column", `amount="Net à payer"`, "--column", "reference=référence")
	require.NoError(t, err)
	require.Equal(t, []string{"+2250748710523 50000 a  "}, rows)
}

func TestOptions_C10_Column(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{
		{"--column", "amount"}, {"--column", "amount="}, {"--column", "montant=x"}, {"--column", "amount=a", "--column", "amount=b"},
	} {
		_, _, err := readFile(t, "unread.csv", flags...)
		require.ErrorContains(t, err, "--column", flags)
	}
}

// The message names the cause and the flag.
func TestParseMSISDN_C13_NamesTheCause(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ country, text, want string }{
		{"", "0748710523", "without its country: add --country CI"}, {"", "07 48 71 05 23", "--country CI"},
		{"", "748710523", "lost its first zero"}, {"", "771234567", "--country SN"}, {"", "77 123 45 67", "--country SN"},
		{"", "2250748710523", "has lost its plus"}, {"", "221771234567", "--country SN"}, {"", "48710523", "before 2021"},
		{"CI", "748710523", "has lost its first zero, as a number cell does: format the column as text"}, {"CI", "48710523", "before 2021"},
		{"", "002250748710523", "in place of 00"},
	} {
		parse, err := parseMSISDN(row.country)
		require.NoError(t, err)
		_, err = parse(row.text)
		require.ErrorContains(t, err, row.want, row)
		require.NotContains(t, err.Error(), "8710523", row)
	}
}

// What is no number in any country says what it is, with --country and without: nobody is to guess which of two is paid.
func TestParseMSISDN_C13_NamesWhatIsInTheCell(t *testing.T) {
	t.Parallel()
	const several, only = "the cell holds more than one: keep the one that is to be paid", "must hold only digits, "
	for text, want := range map[string]string{
		"07 48 71 05 23 / 05 48 71 05 23": several, "0748710523/0548710523": several, "0748710523 ou 0548710523": several, "0748710523 0548710523": several,
		"+2250748710523 +2250548710523": several, "+2250748710523, +2250548710523": several, "77 123 45 67 - 78 123 45 67": several, "48710523;05487105": several,
		"0748710523\u200b": only + "no invisible character such as U+200B", "07487105\u00ad23": only + "no invisible character such as U+00AD",
		"07 48 71 05 2\u041e": only + "not '\u041e'", "O7 48 71 05 23": only + "not 'O'", "07 48 7l 05 23": only + "not 'l'", "Orange 0748710523": only + "not 'O'",
		"+2250748710523 Awa": "must hold only digits after the plus, not 'A'", "+225 07 48 71 05 23.": "must hold only digits after the plus, not '.'",
	} {
		for _, country := range []string{"", "CI", "SN"} {
			parse, err := parseMSISDN(country)
			require.NoError(t, err)
			_, err = parse(text)
			require.ErrorContains(t, err, want, "%q in %q", text, country)
			require.NotContains(t, err.Error(), "8710523", text)
		}
	}
	parse, err := parseMSISDN("CI")
	require.NoError(t, err)
	for _, text := range []string{"771234567", "70 123 45 67"} { // with a zero before it somebody else's
		_, err = parse(text)
		require.ErrorContains(t, err, "it is a number of Senegal, to be written with +221, or one of Côte d'Ivoire that lost its first zero", text)
	}
}

// recoded writes a workbook whose XML parts are in another encoding.
func recoded(t *testing.T, path string, by func(string) []byte) string {
	t.Helper()
	from, err := zip.OpenReader(path)
	require.NoError(t, err)
	defer from.Close()
	to, err := os.Create(filepath.Join(t.TempDir(), "recoded.xlsx"))
	require.NoError(t, err)
	defer to.Close()
	archive := zip.NewWriter(to)
	for _, part := range from.File {
		opened, err := part.Open()
		require.NoError(t, err)
		content, err := io.ReadAll(opened)
		require.NoError(t, err)
		created, err := archive.Create(part.Name)
		require.NoError(t, err)
		_, err = created.Write(by(string(withoutDeclaration(content))))
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	return to.Name()
}

// Parts in other encodings are read.
func TestWorkbook_B9_ReadsPartsInOtherEncodings(t *testing.T) {
	t.Parallel()
	path := sheetOf(t, nil, []any{"Téléphone", "Montant", "Référence", "Nom"}, []any{"+2250748710523", 50_000, "été-1", "Koné"})
	for name, by := range map[string]func(string) []byte{
		"UTF-8 with a mark": func(s string) []byte { return []byte("\ufeff" + `<?xml version="1.0" encoding="utf-8"?>` + s) },
		"UTF-16, small end": func(s string) []byte {
			data, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(`<?xml version="1.0" encoding="UTF-16"?>` + s))
			return data
		},
		"UTF-16, big end, no mark": func(s string) []byte {
			data, _ := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().Bytes([]byte(`<?xml version="1.0" encoding="UTF-16"?>` + s))
			return data
		},
		"Latin-1": func(s string) []byte {
			data := []byte(`<?xml version="1.0" encoding="ISO-8859-1"?>`)
			for _, r := range s {
				if r > 0xff {
					data = fmt.Appendf(data, "&#%d;", r)
					continue
				}
				data = append(data, byte(r))
			}
			return data
		},
		"no declaration": func(s string) []byte { return []byte(s) },
	} {
		rows, _, err := readFile(t, recoded(t, path, by))
		require.NoError(t, err, name)
		require.Equal(t, []string{"+2250748710523 50000 été-1  Koné"}, rows, name)
	}
	_, _, err := readFile(t, recoded(t, path, func(s string) []byte { return []byte(`<?xml version="1.0" encoding="klingon"?>` + s) }))
	require.ErrorIs(t, err, payroll.ErrBadPlan)
}

func TestWorkbook_B9_LeavesOutRowsThatHoldNothing(t *testing.T) {
	t.Parallel()
	for sheet, want := range map[string]string{
		`<d><row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2" s="1"/></row><row r="3" hidden="1"/><row r="4"><c><f>A1</f></c></row></d>`: `<d><row r="1"><c r="A1"><v>1</v></c></row><row r="4"><c><f>A1</f></c></row></d>`,
		`<d><row r="1"><c t="inlineStr"><is><t>x</t></is></c></row><row r="2"/></d>`:                                                               `<d><row r="1"><c t="inlineStr"><is><t>x</t></is></c></row></d>`,
		`<d><row r="1"/><row><c><v>1</v></c></row></d>`:                                                                                            "", // the second row is where the first says
		`<d><!-- <row r="1"/> --><row r="2"/></d>`:                                                                                                 "",
		`<x:d><x:row r="1"/></x:d>`:                                                                                                                "",
		`<d><row r="1"><x:c><x:v>1</x:v></x:c></row></d>`:                                                                                          "",
		`<d><row r="1"><c`: "",
	} {
		if want == "" {
			want = sheet
		}
		require.Equal(t, want, string(withoutEmptyRows([]byte(sheet))))
	}
}

// BenchmarkWorkbook_B9_EmptyRows reads a sheet with two payouts and a million rows that are formatted and empty.
func BenchmarkWorkbook_B9_EmptyRows(b *testing.B) {
	path := filepath.Join(b.TempDir(), "large.xlsx")
	file := excelize.NewFile()
	require.NoError(b, file.SetSheetRow("Sheet1", "A1", &[]any{"Téléphone", "Montant", "Référence"}))
	require.NoError(b, file.SetSheetRow("Sheet1", "A2", &[]any{"+2250748710523", 50_000, "a"}))
	require.NoError(b, file.SaveAs(path))
	var rows strings.Builder
	for i := range 1_000_000 {
		fmt.Fprintf(&rows, `<row r="%d"><c r="A%d" s="0"/><c r="B%d" s="0"/><c r="C%d" s="0"/></row>`, i+3, i+3, i+3, i+3)
	}
	from, err := zip.OpenReader(path)
	require.NoError(b, err)
	large := filepath.Join(b.TempDir(), "rows.xlsx")
	to, err := os.Create(large)
	require.NoError(b, err)
	archive := zip.NewWriter(to)
	for _, part := range from.File {
		opened, err := part.Open()
		require.NoError(b, err)
		content, err := io.ReadAll(opened)
		require.NoError(b, err)
		created, err := archive.Create(part.Name)
		require.NoError(b, err)
		_, err = io.WriteString(created, strings.Replace(string(content), "</sheetData>", rows.String()+"</sheetData>", 1))
		require.NoError(b, err)
	}
	require.NoError(b, archive.Close())
	require.NoError(b, to.Close())
	b.ReportAllocs()
	for b.Loop() {
		book, err := openWorkbook(large, "", nil)
		require.NoError(b, err)
		plan, err := payroll.ReadCSV(book, payroll.CSVOptions{Run: "june"})
		require.NoError(b, err)
		require.EqualValues(b, 1, plan.Count)
		require.NoError(b, book.Close())
	}
}
