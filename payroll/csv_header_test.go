package payroll_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

// Excel writes and reads a line that names the separator.
func TestReadCSV_C10_TakesTheSeparatorFromASepLine(t *testing.T) {
	t.Parallel()
	const rows = "\r\n+2250748710523;5000\r\n"
	for name, file := range map[string]string{
		"semicolon": "sep=;\r\nmsisdn;amount" + rows, "in capitals": "SEP=;\nmsisdn;amount" + rows, "quoted": "\"sep=;\"\nmsisdn;amount" + rows,
		"after a mark": "\uFEFFsep=;\nmsisdn;amount" + rows, "after a blank line": "\n\nsep=;\nmsisdn;amount" + rows,
		"before a blank line": "sep=;\n\nmsisdn;amount" + rows, "in front of columns with commas": "sep=;\n\"a,b,c,d\";msisdn;amount\nx;+2250748710523;5000\n",
		"comma": "sep=,\nmsisdn,amount\n+2250748710523,5000\n", "tab": "sep=\t\nmsisdn\tamount\n+2250748710523\t5000\n",
		"old Mac": "sep=;\rmsisdn;amount\r+2250748710523;5000\r",
	} {
		plan, err := readCSV(file, payroll.CSVOptions{Run: "june"})
		require.NoError(t, err, name)
		require.EqualValues(t, 1, plan.Count, name)
		for range 2 {
			for payout, err := range plan.Payouts() {
				require.NoError(t, err, name)
				require.EqualValues(t, 5_000, payout.Amount, name)
			}
		}
	}
	_, err := readCSV("sep=;\nmsisdn;amount\nx;5000\n", payroll.CSVOptions{Run: "june"})
	require.ErrorContains(t, err, "line 3: msisdn", "lines are those of the file")
}

func TestReadCSV_C10_ListsTheNamesThatWereFound(t *testing.T) {
	t.Parallel()
	_, err := readCSV("Nom,Ann\u200b\u00e9e,Brut \u00e0 d\u00e9clarer\n", payroll.CSVOptions{Run: "june"})
	require.ErrorContains(t, err, "it names Nom, ")
	require.ErrorContains(t, err, `\u200b`)
	require.ErrorContains(t, err, "Brut à déclarer")
	for _, phone := range []string{"+2250748710523", "2250748710523", "07 48 71 05 23", "0748710523", "748710523"} {
		_, err = readCSV(phone+";5000\n", payroll.CSVOptions{Run: "june"})
		require.ErrorContains(t, err, "it names ")
		for _, part := range []string{"0748710523", "748710523", "07 48 71 05 23"} {
			require.NotContains(t, err.Error(), part, "a file without a header has a payee there")
		}
	}
}

func TestReadCSV_C10_EmptyFieldsAfterTheLastColumnDoNotCount(t *testing.T) {
	t.Parallel()
	plan, err := readCSV("msisdn,amount\n+2250748710523,5000,,\n+2250748710524,5000, ,\n+2250748710525,5000\n", payroll.CSVOptions{Run: "june"})
	require.NoError(t, err)
	require.EqualValues(t, 3, plan.Count)
	_, err = readCSV("msisdn,amount\n+2250748710523,5000,,x\n", payroll.CSVOptions{Run: "june"})
	require.ErrorContains(t, err, "must have 2 fields")
	_, err = readCSV("msisdn,amount,reference\n+2250748710523,5000\n", payroll.CSVOptions{Run: "june"})
	require.ErrorContains(t, err, "must have 3 fields", "a row that is cut short is none that ends early")
}

// paidBy is what a file pays, as text.
func paidBy(t *testing.T, file string, options payroll.CSVOptions) (rows []string, warnings []string) {
	t.Helper()
	plan, err := readCSV(file, options)
	require.NoError(t, err, "%q", file)
	for _, warning := range plan.Warnings {
		warnings = append(warnings, warning.Text)
	}
	for payout, err := range plan.Payouts() {
		require.NoError(t, err)
		rows = append(rows, fmt.Sprintf("%s %d %s|%s|%s", payout.MSISDN.E164(), int64(payout.Amount), payout.Reference, payout.Description, payout.Name))
	}
	return rows, warnings
}

func TestReadCSV_C10_UnderstandsFrenchHeadings(t *testing.T) {
	t.Parallel()
	const want = "+2250748710523 50000 r-1|Salaire|Koné Awa"
	for _, file := range []string{
		"Téléphone;Montant;Référence;Motif;Nom\n+2250748710523;50 000;r-1;Salaire;Koné Awa\n",
		"\ufeff\ufeffNUMÉRO;NET À PAYER;Réf.;Libellé;Nom et prénoms\n+2250748710523;50 000 F;r-1;Salaire;Koné Awa\n",
		"Nom,Prénom,N° de téléphone,Net_a_payer (FCFA),reference,motif\nKoné,Awa,+2250748710523,50.000,r-1,Salaire\n",
		"Paie de juillet 2026\n\nEntreprise Kouassi; Abidjan\nMobile;Montant;Référence;Libellé;Nom\n+2250748710523;50000,00;r-1;Salaire;Koné Awa\n",
		"sep=;\nPaie\ntel;montant;ref;objet;nom\n+2250748710523;50000;r-1;Salaire;Koné Awa\n",
		"Paie \"juillet\", mois\nTéléphone,Montant,Référence,Motif,Nom\n+2250748710523,50000,r-1,Salaire,Koné\u200b\tAwa\n",
	} {
		rows, _ := paidBy(t, file, payroll.CSVOptions{})
		require.Equal(t, []string{want}, rows, file)
	}
	rows, warnings := paidBy(t, "Paie\n\nTel;Montant;Réf\n+2250748710523;5000;a\n", payroll.CSVOptions{})
	require.Len(t, rows, 1)
	require.Equal(t, []string{"the columns are named on line 3; not read above it: Paie"}, warnings)
	_, err := readCSV("Paie\n\nTel;Montant;Réf\n+2250748710523;much;a\n", payroll.CSVOptions{})
	require.ErrorContains(t, err, "line 4: amount")
}

func TestReadCSV_C10_RefusesTwoHeadingsForOneColumn(t *testing.T) {
	t.Parallel()
	const file = "Téléphone;Mobile;Montant;Net à payer\n+2250748710523;+2250748710524;5000;6000\n"
	_, err := readCSV(file, payroll.CSVOptions{Run: "june"})
	require.ErrorContains(t, err, "msisdn: must be one column, and Téléphone and Mobile both name it")
	require.ErrorContains(t, err, `amount: must be one column, and Montant and Net à payer both name it: rename one of them, or declare which it is, as with --column amount="Net à payer"`)

	rows, _ := paidBy(t, file, payroll.CSVOptions{Run: "june", Columns: map[string]string{"msisdn": "MOBILE", "amount": "Net à payer"}})
	require.Len(t, rows, 1)
	require.Contains(t, rows[0], "+2250748710524 6000 ")

	_, err = readCSV(file, payroll.CSVOptions{Run: "june", Columns: map[string]string{"msisdn": "Mobile", "amount": "Net à verser"}})
	require.ErrorContains(t, err, "line 1: amount: was declared to be called Net à verser, and no column is; the columns are Téléphone, Mobile, Montant, Net à payer")
}

func TestReadCSV_C10_ReadsPhonesWithMarksAround(t *testing.T) {
	t.Parallel()
	for _, phone := range []string{
		"\u202a+225 07 48 71 05 23\u202c", "\u2068+2250748710523\u2069", "\u200e+2250748710523", "(+225) 07 48 71 05 23", "(+2250748710523)", "[+2250748710523]",
		"'+2250748710523", "\u2019+2250748710523", "tel:+2250748710523", "<tel:+2250748710523>", "«\u00a0+2250748710523\u00a0»", "\ufeff+2250748710523", "\u061c\u202b(+225)0748710523\u202c",
	} {
		rows, _ := paidBy(t, "msisdn;amount;reference\n"+phone+";5000;a\n", payroll.CSVOptions{})
		require.Equal(t, []string{"+2250748710523 5000 a||"}, rows, "%q", phone)
	}
	for phone, want := range map[string]string{
		"+22507\u200b48710523": "U+200B", "+2250748710523 (Awa)": "'('", "+225 (0) 748710523": "'('", "+22507\u202d48710523": "U+202D", "(+2250748710523": "line 2: msisdn",
	} {
		_, err := readCSV("msisdn;amount;reference\n"+phone+";5000;a\n", payroll.CSVOptions{})
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "48710523")
	}
}

func TestReadCSV_C13_ShowsWhatIsNoPhoneNumber(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"TOTAL": "must be a phone number; a line of totals or of notes must be deleted, got TOTAL", "Total 2026": "got Total 2026",
		"": "must not be empty; a line of totals must be deleted", "néant": "got néant",
	} {
		_, err := readCSV("msisdn;amount;reference\n+2250748710523;5000;a\n"+cell+";5000;b\n", payroll.CSVOptions{})
		require.ErrorContains(t, err, "line 3: msisdn: ")
		require.ErrorContains(t, err, want)
	}
}

func TestReadCSV_C13_ReadsWindows1252WhereThereIsNoDoubt(t *testing.T) {
	t.Parallel()
	western := func(text string) string {
		var bytes []byte
		for _, r := range text {
			switch r {
			case '’':
				bytes = append(bytes, 0x92)
			case 'œ':
				bytes = append(bytes, 0x9c)
			case '–':
				bytes = append(bytes, 0x96)
			default:
				bytes = append(bytes, byte(r))
			}
		}
		return string(bytes)
	}
	const file = "Téléphone;Montant;Référence;Motif;Nom\r\n+2250748710523;50\u00a0000;r-1;Prime d’août – cœur à l’été;KONÉ Créée\r\n"
	for name, text := range map[string]string{"whole": file, "long": file + strings.Repeat("\r\n", 200_000)} {
		rows, warnings := paidBy(t, western(text), payroll.CSVOptions{})
		require.Equal(t, []string{"+2250748710523 50000 r-1|Prime d’août – cœur à l’été|KONÉ Créée"}, rows, name)
		require.Len(t, warnings, 1)
		require.Contains(t, warnings[0], "read as Windows-1252")
		require.Contains(t, warnings[0], "on line 1")
	}
	same, err := readCSV(file, payroll.CSVOptions{})
	require.NoError(t, err)
	other, err := readCSV(western(file), payroll.CSVOptions{})
	require.NoError(t, err)
	require.Equal(t, same.PlanInfo, other.PlanInfo, "the encoding does not make another plan")

	for name, doubtful := range map[string]string{
		"code page 850": "ao\x96t", "Mac Roman": "\x8et\x8e", "both": "Kon\xe9 \xc3\xa9t\xc3\xa9", "Cyrillic": "\xef\xf0\xe8\xe2\xe5\xf2", "a control": "Kon\xe9\x01",
		"undefined": "Kon\xe9 \x81", "Mac capitals": "M\xe9RE M\xe9RE", "Central European": "Kon\xf8", "currency": "Kon\xe9 5\xa4",
	} {
		_, err := readCSV("msisdn;amount;reference;description\n+2250748710523;5000;a;"+doubtful+"\n", payroll.CSVOptions{})
		require.ErrorContains(t, err, "line 2", name)
	}
}

func TestReadCSV_C13_HeadingsInAnotherEncodingAreSaidToBe(t *testing.T) {
	t.Parallel()
	_, err := readCSV("T\x82l\x82phone;Montant;Ref\n+2250748710523;50000;a\n", payroll.CSVOptions{Run: "june"})
	require.ErrorContains(t, err, "line 1: is neither UTF-8 nor, without doubt, Windows-1252")
}
