package payroll_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

// Texts that come back each month in place of a reference pay nobody the second time.
func TestReadCSV_A3_A4_RefusesWordsThatAreNoReferences(t *testing.T) {
	t.Parallel()
	for _, reference := range []string{
		"TODO", "XXX", "inconnu", "UNKNOWN", "sans objet", "Sans référence", "pas de réf.", "à compléter", "[object Object]", "{reference}", "${ref}",
		"<Référence>", "Référence", "idem", "Err :502", "12.0", "202607001,00", "2026.000", "Ø1", "þ1",
	} {
		_, err := readCSV("msisdn;amount;reference\n+2250748710523;5000;"+reference+"\n", payroll.CSVOptions{})
		problems := problemsOf(t, err)
		require.Len(t, problems, 1, reference)
		require.Equal(t, "reference", problems[0].Column, reference)
	}
	for _, reference := range []string{"x", "todo 1", "ref-1", "idem/2", "12.5", "2026.07", "1.0.0", "v2.0", "référence 7", "réf/1", "ŋ1"} {
		_, err := readCSV("msisdn;amount;reference\n+2250748710523;5000;"+reference+"\n", payroll.CSVOptions{})
		require.NoError(t, err, reference)
	}
}

func TestReadCSV_C10_ReadsWhatSpreadsheetsAddAtTheEnd(t *testing.T) {
	t.Parallel()
	const row = "+2250748710523;5000;a/1"
	for name, file := range map[string]string{
		"headings with empty ones behind": "msisdn;amount;reference;;;\n" + row + "\n",
		"some rows with them":             "msisdn;amount;reference;;\n" + row + "\n+2250748710524;5000;a/2;;\n",
		"sep with fields behind":          "sep=;;;\nmsisdn;amount;reference\n" + row + "\n",
		"sep with a blank behind":         "sep=; \nmsisdn;amount;reference\n" + row + "\n",
		"the end of a file of DOS":        "msisdn;amount;reference\n" + row + "\n\x1a",
		"zeros":                           "msisdn;amount;reference\n" + row + "\n\x00\x00",
		"a line that nobody sees":         "msisdn;amount;reference\n\u200b;\ufeff;\n" + row + "\n",
		"three marks":                     "\ufeff\ufeff\ufeffmsisdn;amount;reference\n" + row + "\n",
	} {
		plan, err := readCSV(file, payroll.CSVOptions{})
		require.NoError(t, err, name)
		require.Empty(t, plan.Warnings, name)
	}
	_, err := readCSV("msisdn;amount;reference;;\n+2250748710523;5000\n", payroll.CSVOptions{Run: "june"})
	require.ErrorContains(t, err, "must have 5 fields", "the reference is missing, and nobody guesses it")
	plan, err := readCSV("Paie \"juillet\nmsisdn;amount;reference\n"+row+"\n", payroll.CSVOptions{})
	require.NoError(t, err)
	require.Len(t, plan.Warnings, 1)
	require.Contains(t, plan.Warnings[0].Text, "not read above it: line 1, which has an odd quotation mark")
}

func TestReadCSV_C13_NamesTheCauseOfOddPhones(t *testing.T) {
	t.Parallel()
	for phone, want := range map[string]string{
		"2250748710523.0":       "wrote it as a number with decimals",
		"\"+2250748710523,00\"": "wrote it as a number with decimals",
		"748710523.0":           "wrote it as a number with decimals",
		"7712345.00":            "wrote it as a number with decimals",
		"Total 2026":            "a line of totals or of notes must be deleted, got Total 2026",
		"TOTAL 15 000 000":      "a line of totals or of notes must be deleted, got TOTAL …",
		"SOUS-TOTAL : 15000000": "a line of totals or of notes must be deleted, got SOUS-TOTAL …",
		"Net à payer 1 500 000": "a line of totals or of notes must be deleted, got Net à payer …",
	} {
		_, err := readCSV("msisdn;amount;reference\n"+phone+";5000;a\n", payroll.CSVOptions{})
		require.ErrorContains(t, err, want, phone)
		require.NotContains(t, err.Error(), "748710523")
	}
}

func TestReadCSV_C13_ReadsThePunctuationOfWindows1252(t *testing.T) {
	t.Parallel()
	western := strings.NewReplacer("é", "\xe9", "Œ", "\x8c", "œ", "\x9c", "“", "\x93", "”", "\x94", "…", "\x85", "’", "\x92", "–", "\x96")
	const text = "“Prime” d’été – Œuvre sœur…"
	plan, err := readCSV("msisdn;amount;reference;description\n+2250748710523;5000;a;"+western.Replace(text)+"\n", payroll.CSVOptions{})
	require.NoError(t, err)
	require.Len(t, plan.Warnings, 1)
	for payout, err := range plan.Payouts() {
		require.NoError(t, err)
		require.Equal(t, text, payout.Description)
	}
	for name, file := range map[string]string{
		"Mac Roman": "T\x8el\x8ephone;Montant\n", "code page 850": "T\x82l\x82phone;Montant\n", "a letter where a mark would be": "a\x93b;\xe9t\xe9\n",
	} {
		_, err := readCSV(file+"+2250748710523;5000\n", payroll.CSVOptions{Run: "june"})
		require.ErrorContains(t, err, "is neither UTF-8 nor, without doubt, Windows-1252", name)
	}
	for file, want := range map[string]string{
		"\xff\xfe\x00\x00m\x00\x00\x00": "is UTF-32", "\xff\xfem\x00s\x00": "is UTF-16", "\x00\x01\x02\x03": "is no text", "\x1f\x8b\x08\x00": "is packed",
		"<html><table>": "is a web page",
	} {
		_, err := readCSV(file, payroll.CSVOptions{Run: "june"})
		require.ErrorContains(t, err, want)
	}
}

// ="0012" is how programs keep the zeros of a text from a spreadsheet. It is named as that, with or without marks around the field.
func TestReadCSV_C13_NamesTextsThatAreKeptByAFormula(t *testing.T) {
	t.Parallel()
	const rule = `must be the text alone and not ="…", a formula by which programs keep digits: `
	for row, want := range map[string]string{
		`+2250748710523;5000;="77123"`:                         `line 3: reference: ` + rule,
		`+2250748710523;5000; ="77123" `:                       `line 3: reference: ` + rule,
		`+2250748710523;5000;"=""77123"""`:                     `line 3: reference: ` + rule,
		`+2250748710523;="5000";a`:                             `line 3: amount: ` + rule,
		`"+2250748710523";"5000";="0012"`:                      `line 3: reference: ` + rule,
		`="+2250748710523";5000;a`:                             `line 3: msisdn: ` + rule,
		`="+2250748710523";="5000";="a"`:                       `line 3: msisdn: ` + rule,
		`"=""+2250748710523""";5000;a`:                         `line 3: msisdn: ` + rule,
		`+2250748710523;5000;="77"&"123"`:                      "line 3: must have its quotation marks in pairs",
		`+2250748710523;5000;a="77123"`:                        "line 3: must have its quotation marks in pairs",
		`+2250748710523;5000;="77123`:                          "line 3: reference: " + rule,
		`+2250748710523;5000;"=77123"`:                         "line 3: reference: must be a value and not a formula",
		`+2250748710523;5000;"=""77""&""123"""`:                "line 3: reference: must be a value and not a formula",
		`+2250748710523;5000;5"`:                               "line 3: must have its quotation marks in pairs",
		strings.Repeat("x", 70_000) + `;5000;="77123"`:         "line 3: must have its quotation marks in pairs",
		strings.Repeat("x", 5_000) + `;5000;="77123"`:          "line 3: reference: " + rule,
		`+2250748710523;"a` + "\n" + `b";="77123"`:             "line 3: ",
		"\"+2250748710523\";5000;=\"77123\"\r\n+2250748710524": "line 3: reference: " + rule,
	} {
		for _, before := range []int{0, 3_000} { // lines between, so that the one in question is read in the middle of the file
			good := "+2250748710521;5000;a\n"
			_, err := readCSV("msisdn;amount;reference\n"+good+strings.Repeat("\n", before)+row+"\n"+good, payroll.CSVOptions{MaxProblems: 1})
			require.ErrorContains(t, err, strings.Replace(want, "line 3", fmt.Sprint("line ", 3+before), 1), row)
			require.NotContains(t, err.Error(), "0748710523", row)
		}
	}
	for _, end := range []string{"\n", "\r\n", "\r"} {
		_, err := readCSV(strings.ReplaceAll("msisdn,amount,reference,name\n+2250748710521,5000,a,\n+2250748710522,5000,b,=\"Awa\"\n", "\n", end), payroll.CSVOptions{})
		require.ErrorContains(t, err, "line 3: "+rule, "of a column that is not checked: %q", end)
	}
}

// An empty cell in a format for dates is shown as the date of zero, in every row and in every month.
func TestReadCSV_A4_RefusesTheDateOfZero(t *testing.T) {
	t.Parallel()
	for _, reference := range []string{"00/01/1900", "30/12/1899", "1900-01-00", "00-janv", "0-Jan-00", "00:00:00", "0:00"} {
		_, err := readCSV("msisdn;amount;reference\n+2250748710523;5000;"+reference+"\n", payroll.CSVOptions{})
		require.ErrorContains(t, err, "line 2: reference: must be a value: this is what spreadsheets and programs write where there is none", reference)
	}
	for _, reference := range []string{"01/07/2026", "janv-01", "00:01", "2026-07-01", "00-01", "jan-00/1"} {
		_, err := readCSV("msisdn;amount;reference\n+2250748710523;5000;"+reference+"\n", payroll.CSVOptions{})
		require.NoError(t, err, reference)
	}
}

// A number that a program wrote with all its digits has lost none, and is not to be entered again.
func TestReadCSV_C13_NamesNumbersWithAnExponent(t *testing.T) {
	t.Parallel()
	const written, lost = "a program wrote it with an exponent (E)", "was shortened by the spreadsheet, its digits are lost"
	for phone, want := range map[string]string{
		"2.250748710523E12": written, "2.250748710523e+12": written, "7.48710523E8": written, "2.25075E+12": lost, "2,25075E+12": lost, "2.2507E12": lost,
		"2.25075e+012": lost, "2.250749e+12": lost, "2,2507487E+12": lost, "2.250748710523E-12": lost, "225074871052E99": lost,
	} {
		_, err := readCSV("msisdn;amount;reference\n"+phone+";5000;a\n", payroll.CSVOptions{})
		require.ErrorContains(t, err, want, phone)
		require.NotContains(t, err.Error(), "0748710523")
	}
}
