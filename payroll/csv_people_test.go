package payroll_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
)

// Telephones and pages put other blanks and dashes between digits than those on the keyboard.
func TestReadCSV_C10_ReadsPhonesWithBlanksAndDashesOfAnyKind(t *testing.T) {
	t.Parallel()
	for _, phone := range []string{
		"+225\u201107\u201148\u201171\u201105\u201123", "+225 07\u201048\u201071\u201005\u201023", "+225\u200907\u200948\u200971\u200905\u200923",
		"+225\u200707\u200748710523", "+225 07\u201348\u201371\u201305\u201323", "+225 07\u221248710523", "+ 225 07 48 71 05 23", "+\u00a0225 07 48 71 05 23",
		"\u202a+225\u00a007\u201148\u201171\u201105\u201123\u202c", "\uff0b225 07 48 71 05 23",
	} {
		if strings.HasPrefix(phone, "\uff0b") {
			_, err := readCSV("msisdn;amount;reference\n"+phone+";5000;a\n", payroll.CSVOptions{})
			require.ErrorContains(t, err, "must start with + and the country code", "a plus of double width is none")
			continue
		}
		rows, _ := paidBy(t, "msisdn;amount;reference\n"+phone+";5000;a\n", payroll.CSVOptions{})
		require.Equal(t, []string{"+2250748710523 5000 a||"}, rows, "%q", phone)
	}
}

// A character that looks like one on the keyboard is named by its code point.
func TestReadCSV_C10_NamesWhatLooksLikeADigit(t *testing.T) {
	t.Parallel()
	for phone, want := range map[string]string{
		"+225\u041e748710523":      "not 'О' (U+041E)",
		"+225 07 48 71 05 2\u0437": "(U+0437)",
		"+225\u06607487105":        "(U+0660)",
		"+225O748710523":           "not 'O'",
	} {
		_, err := readCSV("msisdn;amount;reference\n"+phone+";5000;a\n", payroll.CSVOptions{})
		require.ErrorContains(t, err, want)
		require.Equal(t, strings.Contains(want, "U+"), strings.Contains(err.Error(), "U+"))
		require.NotContains(t, err.Error(), "48710523")
	}
}

// A program has made CR LF of CR LF: lines are counted as people count them, and marks around fields end them.
func TestReadCSV_C10_ReadsLinesThatEndTwice(t *testing.T) {
	t.Parallel()
	const file = "msisdn;amount;reference;description\r\r\n\"+2250748710523\";\"5000\";\"a\";\"one\r\r\ntwo\"\r\r\n+2250748710524;6000;b;x\r\r\n"
	plan, err := readCSV(file, payroll.CSVOptions{})
	require.NoError(t, err)
	payouts := payoutsOf(t, plan)
	require.Len(t, payouts, 2)
	require.Equal(t, "one\ntwo", payouts[0].Description)
	require.EqualValues(t, 2, payouts[0].Line)
	require.EqualValues(t, 4, payouts[1].Line)

	long := file + strings.Repeat("\r\r\n", 60_000) + "+2250748710525;7000;c;x\r\r\nbad;8000;d;x"
	_, err = readCSV(long, payroll.CSVOptions{})
	problems := problemsOf(t, err)
	require.Len(t, problems, 1)
	require.EqualValues(t, 4+60_000+2, problems[0].Line, "lines are those of the file")

	for name, file := range map[string]string{
		"of an old Mac, with empty lines": "msisdn;amount;reference\r\r\r+2250748710523;5000;a\r\r+2250748710524;6000;b\r",
		"of Windows, with empty lines":    "msisdn;amount;reference\r\n\r\n+2250748710523;5000;a\r\n\r\n+2250748710524;6000;b\r\n",
		"two at the start":                "\r\r\nmsisdn;amount;reference\r\r\n+2250748710523;5000;a\r\r\n+2250748710524;6000;b",
	} {
		rows, warnings := paidBy(t, file, payroll.CSVOptions{})
		require.Equal(t, []string{"+2250748710523 5000 a||", "+2250748710524 6000 b||"}, rows, name)
		require.Empty(t, warnings, name)
	}
}

// A spreadsheet that did not split a file saves each of its lines as one field.
func TestReadCSV_C10_NamesHeadingsInOneField(t *testing.T) {
	t.Parallel()
	for _, file := range []string{
		"\"msisdn,amount,reference\"\n\"+2250748710523,5000,a\"\n", "\"Téléphone;Montant;Réf\"\n", "\"msisdn,amount,reference\";;\n", "Paie\n\"msisdn;amount\"\n",
	} {
		_, err := readCSV(file, payroll.CSVOptions{Run: "june"})
		problems := problemsOf(t, err)
		if strings.HasPrefix(file, "Paie") {
			require.Contains(t, err.Error(), "must be one of the columns")
			continue
		}
		require.Len(t, problems, 1, file)
		require.Contains(t, problems[0].Rule, "the whole line stands in quotation marks, which makes one column of it", file)
	}
	rows, _ := paidBy(t, "Net;\"Tel;Montant\";Tel;ref\n5000;x;+2250748710523;a\n", payroll.CSVOptions{})
	require.Len(t, rows, 1)
}

// Where a row has parts and a sum, the sum is what a person reads.
func TestReadCSV_C10_WarnsOfATotalThatIsNotRead(t *testing.T) {
	t.Parallel()
	const row = "+2250748710523;50000;10000;60000;a\n"
	rows, warnings := paidBy(t, "Téléphone;Salaire;Prime;Total;Référence\n"+row, payroll.CSVOptions{})
	require.Equal(t, []string{"+2250748710523 50000 a||"}, rows)
	require.Equal(t, []string{`amounts are those of Salaire; not read: Total, which may be what is to be paid: choose with --column amount="Total"`}, warnings)
	for _, headings := range []string{"Montant;Frais;TOTAL (FCFA)", "Amount;Fee;Total amount", "Salaire;Avance;Reste à payer", "Mnt;Bonus;Total à payer"} {
		_, warnings := paidBy(t, "Tel;"+headings+";Ref\n"+row, payroll.CSVOptions{})
		require.Len(t, warnings, 1, headings)
		require.Contains(t, warnings[0], "which may be what is to be paid", headings)
	}
	for _, headings := range []string{"Net à payer;Retenues;Total", "Salaire net;x;Total", "Montant;Total brut;Total retenues", "Montant à virer;Frais;Total",
		"Montant à régler;Frais;Solde",
	} {
		_, warnings := paidBy(t, "Tel;"+headings+";Ref\n"+row, payroll.CSVOptions{})
		require.Empty(t, warnings, headings)
	}
	rows, warnings = paidBy(t, "Téléphone;Salaire;Prime;Total;Référence\n"+row, payroll.CSVOptions{Columns: map[string]string{"amount": "Total"}})
	require.Equal(t, []string{"+2250748710523 60000 a||"}, rows)
	require.Empty(t, warnings, "it was chosen")
}

// A file with two numbers for a payee has one that is not paid, and perhaps the one that was meant.
func TestReadCSV_C10_WarnsOfASecondPhoneThatIsNotRead(t *testing.T) {
	t.Parallel()
	const row = "+2250748710523;+2250548710523;5000;a\n"
	rows, warnings := paidBy(t, "Téléphone;Téléphone 2;Montant;Réf\n"+row, payroll.CSVOptions{})
	require.Equal(t, []string{"+2250748710523 5000 a||"}, rows)
	require.Equal(t, []string{"phone numbers are those of Téléphone; not read: Téléphone 2, which may be those to pay: " +
		`choose with --column msisdn="Téléphone 2"`}, warnings)
	for _, heading := range []string{
		"Wave", "Tél. secondaire", "N° Wave", "Numéro Orange Money", "OM", "MoMo", "Mobile Money", "Djamo", "Compte Djamo (wallet)", "Tel MTN",
		"Téléphone (2)", "Contact n°2", "Autre numéro", "2ème numéro", "Other phone", "TELEPHONE_BIS", "Téléphone principal", "Phone 2", "Num. Wave",
	} {
		_, warnings := paidBy(t, "Tel;"+heading+";Montant;Réf\n"+row, payroll.CSVOptions{})
		require.Len(t, warnings, 1, heading)
		require.Contains(t, warnings[0], "which may be those to pay", heading)
	}
	for _, headings := range []string{
		"Tel;Téléphone d'urgence", "Tel;Tél. bureau", "Tel;Ancien numéro", "Tel;Matricule 2", "Tel;Orange", "Tel;N° 2", "Tel;Fax",
		"Numéro Djamo;Téléphone 2", "Numéro de paiement;Wave", "Recipient phone;Other phone",
	} {
		_, warnings := paidBy(t, headings+";Montant;Réf\n"+row, payroll.CSVOptions{})
		require.Empty(t, warnings, headings)
	}
	rows, warnings = paidBy(t, "Téléphone;Téléphone 2;Montant;Réf\n"+row, payroll.CSVOptions{Columns: map[string]string{"msisdn": "Téléphone 2"}})
	require.Equal(t, []string{"+2250548710523 5000 a||"}, rows)
	require.Empty(t, warnings, "it was chosen")
}

// Printouts name the columns on each page, and so do files that were put one behind the other.
func TestReadCSV_C10_NamesALineThatRepeatsTheHeadings(t *testing.T) {
	t.Parallel()
	const first, row = "Téléphone;Montant;Référence;Nom\n", "+225074871052%d;5000;a/%d;Awa\n"
	for repeated, want := range map[string]string{
		first:                             "line 3: must not name the columns again, as line 1 does: delete this line",
		"TELEPHONE ; montant;Réf.;Noms\n": "line 3: must not name the columns again, as line 1 does: delete this line",
		"Téléphone;Montant;Référence;Nom;;\n": "line 3: must not name the columns again, as line 1 does: delete this line",
		"Téléphone;Référence;Montant;Nom\n":   "line 3: must not name the columns again, and otherwise than line 1 does: pay the rows from here on in a file of their own",
		"Nom;Prénom;Mobile;Net à payer;Réf\n": "line 3: must not name the columns again, and otherwise than line 1 does: pay the rows from here on in a file of their own",
	} {
		_, err := readCSV(first+fmt.Sprintf(row, 1, 1)+repeated+fmt.Sprintf(row, 2, 2), payroll.CSVOptions{})
		refused := (*payroll.PlanError)(nil)
		require.ErrorAs(t, err, &refused, repeated)
		require.Len(t, refused.Problems, 1, repeated)
		require.Equal(t, want, refused.Problems[0].String())
	}
	_, err := readCSV("Mobile;Net;Brut\n+2250748710523;5000;6000\nMobile;Net;Brut\n", payroll.CSVOptions{
		Run: "june", Columns: map[string]string{"msisdn": "Mobile", "amount": "Brut"},
	})
	require.EqualError(t, err, "payroll: bad plan: line 3: must not name the columns again, as line 1 does: delete this line")
	for row, want := range map[string]string{ // these pay somebody for a "Salaire", by "Mobile"
		"+2250748710523;;Salaire;Mobile\n":    "line 2: amount: must not be empty",
		"+2250748710523;abc;Salaire;Mobile\n": "line 2: amount: must be ",
		";5 000 ;Salaire;Mobile\n":            "line 2: msisdn: must ",
	} {
		_, err := readCSV("Téléphone;Montant;Motif;Moyen\n"+row, payroll.CSVOptions{Run: "june"})
		require.ErrorContains(t, err, want, row)
		require.NotContains(t, err.Error(), "name the columns", row)
	}
	_, err = readCSV(first+"Téléphone;x;y;z\n", payroll.CSVOptions{})
	require.ErrorContains(t, err, "must be a phone number", "it names no columns of payouts")
}

// A row that is marked as cancelled, or as paid, is none that a person would pay.
func TestReadCSV_C10_WarnsOfRemarksThatMayWithholdARow(t *testing.T) {
	t.Parallel()
	file := func(heading string, remarks ...string) string {
		var text strings.Builder
		fmt.Fprintf(&text, "Tel;Montant;Ref;%s\n", heading)
		for i, remark := range remarks {
			fmt.Fprintf(&text, "+225074871052%d;5000;a/%d;%s\n", i, i, remark)
		}
		return text.String()
	}
	plan, err := readCSV(file("Statut", "", "Annulé", "À payer", "ANNULEE le 3"), payroll.CSVOptions{})
	require.NoError(t, err)
	require.Equal(t, []payroll.Warning{{Kind: payroll.WarnHeadings, Lines: []int64{3, 5},
		Text: "remarks that are not read and may say not to pay: 2, first line 3: Statut: Annulé"}}, plan.Warnings)

	for heading, remarks := range map[string][]string{
		"Observations": {"ne pas payer", "NE PLUS PAYER", "suspendu", "Déjà payé en juin", "a démissionné", "licencié", "compte bloqué"},
		"Payé":         {"déjà payé", "payé", "Non"}, "Payer ?": {"non", "NON", "n"}, "État": {"Payée", "rejeté", "réglé"},
		"status": {"completed", "cancelled", "on hold", "PAID"}, "Commentaire": {"Do not pay", "don't pay", "exclu du mois"},
	} {
		for _, remark := range remarks {
			plan, err := readCSV(file(heading, remark), payroll.CSVOptions{})
			require.NoError(t, err)
			require.Len(t, plan.Warnings, 1, "%s: %s", heading, remark)
		}
	}
	for heading, remarks := range map[string][]string{
		"Statut": {"À payer", "actif", "CDI", "en attente", "impayé", "ok", "failed"}, "Observations": {"prime annuelle", "congé", "non-cadre", "x"},
		"Service": {"Annulé", "ne pas payer"}, "Payer ?": {"oui", "O", "1"},
	} {
		for _, remark := range remarks {
			plan, err := readCSV(file(heading, remark), payroll.CSVOptions{})
			require.NoError(t, err)
			require.Empty(t, plan.Warnings, "%s: %s", heading, remark)
		}
	}
	plan, err = readCSV(file("Note", "ne pas payer +2250748710523", strings.Repeat("ne pas payer ", 20)), payroll.CSVOptions{})
	require.NoError(t, err)
	require.NotContains(t, plan.Warnings[0].Text, "0748710523")
	require.Less(t, len(plan.Warnings[0].Text), 200)
}

// UTF-8 that was once taken for Windows-1252 stays so when it is saved: the payee gets what the file has.
func TestReadCSV_C13_WarnsOfTextsThatWereReadInAWrongEncoding(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"Prime d'Ã©tÃ©", "Prime d’aoÃ»t", "Salaire â€“ juin", "d’Ã‰té", "50Â\u00a0%", "Ã\u00a0 payer"} {
		plan, err := readCSV("tel;montant;ref;motif\n+2250748710523;5000;a;x\n+2250748710524;5000;b;"+text+"\n", payroll.CSVOptions{})
		require.NoError(t, err, text)
		require.Len(t, plan.Warnings, 1, text)
		require.Equal(t, payroll.WarnEncoding, plan.Warnings[0].Kind)
		require.Equal(t, []int64{3}, plan.Warnings[0].Lines)
		require.Contains(t, plan.Warnings[0].Text, "texts that were read in a wrong encoding before: 1, first line 3: ")
	}
	for _, text := range []string{"Prime d'été", "Âge d'or", "São", "SÃO", "chât€au", "Â", "â", "Ã x", "ÂÃâ"} {
		plan, err := readCSV("tel;montant;ref;motif\n+2250748710524;5000;b;"+text+"\n", payroll.CSVOptions{})
		require.NoError(t, err, text)
		require.Empty(t, plan.Warnings, text)
	}
}

// A file that is still written, or was cut off, may end in the middle of an amount.
func TestReadCSV_C10_WarnsOfALastLineThatMayBeCutOff(t *testing.T) {
	t.Parallel()
	const amounts, references = "reference;msisdn;amount\na;+2250748710523;50000\nb;+2250748710524;75000\n", "msisdn;amount;reference\n" +
		"+2250748710523;50000;sal-001\n+2250748710524;75000;sal-002\n"
	for file, want := range map[string]string{
		amounts + "c;+2250748710525;6500":                                              "the last line, 4, has no end, and its amount is shorter than all others",
		references + "+2250748710525;65000;sal-0":                                      "the last line, 4, has no end, and its reference is shorter than all others",
		"\ufeff" + strings.ReplaceAll(amounts, "\n", "\r\n") + "c;+2250748710525;5000": "the last line, 4, has no end",
		amounts + "c;+2250748710525;65000":                                             "",
		amounts + "c;+2250748710525;6500\n":                                            "",
		amounts + "c;+2250748710525;6500\r":                                            "",
		references + "+2250748710525;65000;sal-0033":                                   "",
		"reference;msisdn;amount\na;+2250748710523;50000\nb;+2250748710524;7500":       "", // two rows show no rule
		"amount;msisdn;reference;name\n50000;+2250748710523;sal-001;Koné Awa\n50000;+2250748710524;sal-002;Yao Koffi\n50000;+2250748710525;s;K": "",
	} {
		plan, err := readCSV(file, payroll.CSVOptions{})
		require.NoError(t, err, file)
		var texts []string
		for _, warning := range plan.Warnings {
			if strings.Contains(warning.Text, "has no end") {
				texts = append(texts, warning.Text)
				require.Equal(t, []int64{4}, warning.Lines)
			}
		}
		if want == "" {
			require.Empty(t, texts, file)
			continue
		}
		require.Len(t, texts, 1, file)
		require.Contains(t, texts[0], want)
	}
}

func TestReadCSV_C10_NamesHeadingsThatWereReadInAWrongEncoding(t *testing.T) {
	t.Parallel()
	_, err := readCSV("TÃ©lÃ©phone;Montant;RÃ©f\n+2250748710523;50000;a\n", payroll.CSVOptions{})
	problems := problemsOf(t, err)
	require.Len(t, problems, 1)
	require.Contains(t, problems[0].Rule, "was read in a wrong encoding before")
	require.Equal(t, "TÃ©lÃ©phone", problems[0].Value)
	rows, _ := paidBy(t, "tel;Montant;ref;AnnÃ©e\n+2250748710523;50000;a;x\n", payroll.CSVOptions{})
	require.Len(t, rows, 1, "a column that is not read")
}

// Digits and signs that look like those on the keyboard are named in amounts too.
func TestReadCSV_C11_NamesWhatLooksLikeAnAmount(t *testing.T) {
	t.Parallel()
	for amount, want := range map[string]string{
		"５００００": "got ５００００ (U+FF15)", "٥٠٠٠٠": "(U+0665)", "5О 000": "got 5О 000 (U+041E)", "₣ 50 000": "(U+20A3)", "50 000 €": "got 50 000 €", "50\u200b000": `got "50\u200b000"`,
		"50 00O": "got 50 00O",
	} {
		_, err := readCSV("msisdn;amount;reference\n+2250748710523;"+amount+";a\n", payroll.CSVOptions{})
		require.ErrorContains(t, err, "line 2: amount: must be")
		require.Contains(t, err.Error(), want)
		require.Equal(t, strings.Contains(want, "U+"), strings.Contains(err.Error(), "U+"), amount)
	}
}

// An amount of another currency would be paid as so many francs.
func TestReadCSV_C11_RefusesAmountsOfAnotherCurrency(t *testing.T) {
	t.Parallel()
	file := func(heading, currency string) string {
		return "Tel;Montant;Ref;" + heading + "\n+2250748710523;50000;a/1;XOF\n+2250748710524;50000;a/2;" + currency + "\n"
	}
	for heading, currencies := range map[string][]string{
		"Devise": {"EUR", "€", "USD", "XAF", "Franc CFA (BEAC)", "euros", "GNF", "F CFA / €", "FCFA CEMAC", "Franc CFA (Cameroun)", "CFA/EUR"}, "Currency": {"usd", "NGN"}, "Code devise": {"978"}, "MONNAIE": {"Dollar"},
	} {
		for _, currency := range currencies {
			_, err := readCSV(file(heading, currency), payroll.CSVOptions{})
			problems := problemsOf(t, err)
			require.Len(t, problems, 1, currency)
			require.EqualValues(t, 3, problems[0].Line)
			require.Equal(t, "amount", problems[0].Column)
			require.Equal(t, heading+": "+currency, problems[0].Value)
			require.Contains(t, problems[0].Rule, "must be in francs CFA")
		}
	}
	for heading, currencies := range map[string][]string{
		"Devise":   {"", "XOF", "xof", "F CFA", "FCFA", "CFA", "F", "Francs", "-", "XOF - Franc CFA (BCEAO)", "952", "Franc CFA", "Franc BCEAO", "UEMOA", "N/A", "Néant"},
		"currency": {"CFA Franc BCEAO"}, "Service": {"EUR"}, "Devise du compte bancaire": {"EUR"},
	} {
		for _, currency := range currencies {
			rows, warnings := paidBy(t, file(heading, currency), payroll.CSVOptions{})
			require.Len(t, rows, 2, currency)
			require.Empty(t, warnings, currency)
		}
	}
	rows, _ := paidBy(t, file("Devise", "EUR"), payroll.CSVOptions{Columns: map[string]string{"description": "Devise"}})
	require.Len(t, rows, 2, "it was declared to be something else")
}

// Where the comma separates fields, it cuts an amount that has one between its thousands.
func TestReadCSV_C11_RefusesAmountsThatAreCutAtTheirComma(t *testing.T) {
	t.Parallel()
	for _, file := range []string{
		"msisdn,reference,amount,\n+2250748710523,a/1,50,000\n", "msisdn,amount,,reference\n+2250748710523,50,000,a/1\n",
		"reference,amount,,,msisdn\na/1,500, 000 ,,+2250748710523\n", "msisdn,reference,amount, ,\n+2250748710523,a/1,7,500\n",
		"msisdn,reference,amount,\n+2250748710523,a/1,50,000.00\n", "msisdn,reference,amount,\n+2250748710523,a/1,50,000 FCFA\n",
	} {
		_, err := readCSV(file, payroll.CSVOptions{Limits: &djamo.Limits{}})
		problems := problemsOf(t, err)
		require.Len(t, problems, 1, file)
		require.Equal(t, "amount", problems[0].Column, file)
		require.Contains(t, problems[0].Rule, "must not be cut at a comma")
	}
	for _, file := range []string{
		"msisdn,reference,amount,\n+2250748710523,a/1,50000,\n", "msisdn,reference,amount,\n+2250748710523,a/1,\"50,000\",\n",
		"msisdn,reference,amount,\n+2250748710523,a/1,50000,x\n", "msisdn;reference;amount;\n+2250748710523;a/1;50000;000\n",
		"msisdn,reference,amount,code\n+2250748710523,a/1,50000,123\n",
		"msisdn,reference,amount,\n+2250748710523,a/1,50000,123\n", "msisdn,reference,amount,\n+2250748710523,a/1,50 000,101\n",
		"msisdn,reference,amount,\n+2250748710523,a/1,50000,101 Compta\n",
	} {
		rows, _ := paidBy(t, file, payroll.CSVOptions{Limits: &djamo.Limits{}})
		require.Equal(t, []string{"+2250748710523 50000 a/1||"}, rows, file)
	}
}
