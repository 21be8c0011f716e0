package payroll_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

// What a spreadsheet or a program leaves in place of a value is refused in every column, whatever writes the file.
func TestReadCSV_A4_RefusesWhatStandsForNoValue(t *testing.T) {
	t.Parallel()
	for rule, values := range map[string][]string{
		"error of the spreadsheet": {
			"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#n/a", "#VALEUR!", "#NOM?", "#NOMBRE!", "#NUL!",
			"#BLOQUÉ!", "#ERROR!", "#GETTING_DATA", "####", "#", "Err:502", "err:508", "#NAME", "#SPILL",
			"#N/A N/A",
		},
		"where there is none": {
			"nan", "NaN", "NULL", "Null", "None", "nil", "N/A", "undefined", "(null)", "<NA>", "-", "–", "--", "0", "00", "0.0", "0,00", "?", "...",
			"néant", "Aucun", "vide", "_", `\N`, "pd.NA", "1.#QNAN", "-1.#IND", "1.#INF", "s.o.", "N.C.", "FAUX", "true",
		},
		"shortened by the spreadsheet": {"1,2E15", "1.2E+15", "5E04", "5e4", "2.25e+12", "1.0E9", "1E-05", "-1,5E+07"},
	} {
		for _, value := range values {
			for _, column := range []string{"msisdn", "amount", "reference", "description"} {
				cells := map[string]string{"msisdn": "+2250748710523", "amount": "5000", "reference": "a", "description": "x", column: `"` + value + `"`}
				file := header + strings.Join([]string{cells["msisdn"], cells["amount"], cells["reference"], cells["description"]}, ",") + "\n"
				_, err := readCSV(file, payroll.CSVOptions{Run: "june"})
				problems := problemsOf(t, err)
				require.Len(t, problems, 1, "%s: %s", column, value)
				require.Equal(t, column, problems[0].Column, value)
				require.EqualValues(t, 2, problems[0].Line)
				if column == "reference" || column == "description" {
					require.Contains(t, problems[0].Rule, rule, value)
				}
			}
		}
	}
}

func TestReadCSV_TakesValuesThatLookLikeNone(t *testing.T) {
	t.Parallel()
	for i, value := range []string{"#12", "NaN-1", "none 1", "0-1", "A0", "E12", "12E", "1E2A", "#tag", "null.1", "Nana", "E", "10", "#salaire juin", "1 E 5"} {
		_, err := readCSV(header+"+2250748710523,5000,"+value+","+value+"\n", payroll.CSVOptions{})
		require.NoError(t, err, "%d: %s", i, value)
	}
}

// Two references that a person cannot tell apart are two payments.
func TestPlan_A4_RefusesReferencesThatLookAlike(t *testing.T) {
	t.Parallel()
	for reference, want := range map[string]string{
		"sal\u00a01":       "U+00A0",
		"sal\u202f1":       "U+202F",
		"sal\u30001":       "U+3000",
		"sal\u28001":       "U+2800",
		"sal  1":           "two spaces",
		"sal\u20111":       "U+2011",
		"sal\u20131":       "U+2013",
		"sal\u22121":       "U+2212",
		"sal\u25001":       "U+2500",
		"sal\u23af1":       "U+23AF",
		"sal\u207b1":       "U+207B",
		"sal\u02c91":       "U+02C9",
		"sal\u00af1":       "U+00AF",
		"sal\u31611":       "U+3161",
		"\U0001d159sal":    "U+1D159",
		"sal\u00ad1":       "U+00AD",
		"sal\u200b1":       "U+200B",
		"sal\u2060-1":      "U+2060",
		"sal\u31641":       "U+3164",
		"sal\u115f1":       "U+115F",
		"sal\ufe0f1":       "U+FE0F",
		"sal\u034f1":       "U+034F",
		"\U000e0041sal":    "U+E0041",
		"e\u0301te":        "U+0301",
		"\u212b-1":         "U+212B",
		"\u2126":           "U+2126",
		"\uac00\u11a8":     "U+AC00 (Hangul)",
		"\uff53\uff411":    "U+FF53",
		"\U0001d5ee1":      "U+1D5EE",
		"s\u0430l-1":       "U+0430 (Cyrillic)",
		"S\u0391L":         "U+0391 (Greek)",
		"\u0410\u0412-1":   "U+0410 (Cyrillic)", // whole words too: АВ-1 is not AB-1
		"\u03bf\u03bd":     "U+03BF (Greek)",
		"\ua4d0\ua4e2-1":   "U+A4D0 (Lisu)",
		"\u13aa-1":         "U+13AA (Cherokee)",
		"\u0555-1":         "U+0555 (Armenian)",
		"\u2c9f-1":         "U+2C9F (Coptic)",
		"\u2d54-1":         "U+2D54 (Tifinagh)",
		"\u07c0-1":         "U+07C0 (Nko)",
		"\u10ff-1":         "U+10FF (Georgian)",
		"\U00010404-1":     "U+10404 (Deseret)",
		"\U000104c2-1":     "U+104C2 (Osage)",
		"\ua78c":           "U+A78C",
		"s\u0251l":         "U+0251",
		"\u01c0-1":         "U+01C0",
		"\u2160-1":         "U+2160",
		"sal-\u0131":       "U+0131",
		"sal-\u0661":       "U+0661 (Arabic)",
		"sal-\u09e6":       "U+09E6 (Bengali)",
		"a\u20441":         "U+2044",
		"a\u22151":         "U+2215",
		"a\u2024b":         "U+2024",
		"a\u201ab":         "U+201A",
		"d\u2019ao\u00fbt": "U+2019",
		"n\u00ba 1":        "U+00BA",
		"2\u00d75":         "U+00D7",
		"a\u2026":          "U+2026",
		"\u24d0":           "U+24D0",
		"\U0001f170":       "U+1F170",
		"july\ufeff":       "U+FEFF",
		"a\u064e":          "U+064E",
		"a\u2028b":         "U+2028",
		"5E04":             "shortened",
		"None":             "where there is none",
		"a;=cmd|'/c x'!A":  "formula",
	} {
		payout := payroll.Payout{MSISDN: "+2250748710523", Amount: 5_000, Reference: reference}
		_, err := payroll.NewPlan(payroll.Rows(payout), payroll.PlanOptions{})
		problems := problemsOf(t, err)
		require.Len(t, problems, 1, "%q", reference)
		require.Equal(t, "reference", problems[0].Column)
		require.Contains(t, problems[0].Rule, want, "%q", reference)

		payout.Reference = ""
		_, err = payroll.NewPlan(payroll.Rows(payout), payroll.PlanOptions{Run: reference})
		require.ErrorIs(t, err, payroll.ErrBadPlan, "%q as the name of a run", reference)
		require.ErrorContains(t, err, "the name of the run", "%q", reference)
	}
	for _, reference := range []string{"é/1", "salaire-2026-07/0001", "Müller 1", "ŋ-1", "Ɔkɔ 1", "Aɲɛ", "n° 12", "Łódź œuvre Ÿ", "a_b.c:d", "+225-1", "§ 2", "100 €"} {
		_, err := payroll.NewPlan(payroll.Rows(payroll.Payout{MSISDN: "+2250748710523", Amount: 5_000, Reference: reference}), payroll.PlanOptions{})
		require.NoError(t, err, "%q", reference)
	}
}

// A file that is saved again may hold the same text in other bytes, and would derive another reference for it.
func TestPlan_A1_DerivesNoReferenceFromTextThatHasTwoForms(t *testing.T) {
	t.Parallel()
	const composed, decomposed = "Prime d'\u00e9t\u00e9", "Prime d'e\u0301te\u0301"
	_, err := readCSV(header+"+2250748710523,5000,,"+decomposed+"\n", payroll.CSVOptions{Run: "june"})
	problems := problemsOf(t, err)
	require.Len(t, problems, 1)
	require.Equal(t, "description", problems[0].Column)
	require.Contains(t, problems[0].Rule, "U+0301")
	for _, file := range []string{header + "+2250748710523,5000,,👍🏽 " + composed + "\n", header + "+2250748710523,5000,a," + decomposed + "\n"} {
		_, err = readCSV(file, payroll.CSVOptions{Run: "june"})
		require.NoError(t, err)
	}
}

func TestPlan_A4_WarnsOfReferencesThatAreMadeAmongOthers(t *testing.T) {
	t.Parallel()
	plan, err := readCSV(header+"+2250748710523,5000,a,x\n+2250748710524,5000,,x\n+2250748710525,5000,b,x\n+2250748710526,5000, ,x\n", payroll.CSVOptions{Run: "june"})
	require.NoError(t, err)
	require.Equal(t, []payroll.Warning{{Kind: payroll.WarnNoReference, Lines: []int64{3, 5}, Text: "no reference stands on line 3, 5: one is made from the run's name and the row"}}, plan.Warnings)

	payouts := []payroll.Payout{{MSISDN: "+2250748710500", Amount: 5_000, Reference: "a"}}
	for i := range 13 {
		payouts = append(payouts, payroll.Payout{MSISDN: djamo.MSISDN(fmt.Sprintf("+22507487106%02d", i)), Amount: 5_000})
	}
	plan, err = payroll.NewPlan(payroll.Rows(payouts...), payroll.PlanOptions{Run: "june"})
	require.NoError(t, err)
	require.Len(t, plan.Warnings, 1)
	require.Contains(t, plan.Warnings[0].Text, "line 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 3 more")

	plan, err = payroll.NewPlan(payroll.Rows(payouts[1:]...), payroll.PlanOptions{Run: "june"})
	require.NoError(t, err)
	require.Empty(t, plan.Warnings, "all of them are made")
}

// A letter that was typed for a digit makes another reference, which reads like the first: EMP-0I and EMP-01.
func TestPlan_A4_WarnsOfReferencesThatReadAlike(t *testing.T) {
	t.Parallel()
	planOf := func(references ...string) (payouts []payroll.Payout) {
		for i, reference := range references {
			payouts = append(payouts, payroll.Payout{MSISDN: djamo.MSISDN(fmt.Sprintf("+22507487%05d", i)), Amount: 5_000, Reference: reference})
		}
		return payouts
	}
	for name, row := range map[string]struct {
		references []string
		want       [][]int64
	}{
		"I and 1":              {[]string{"EMP-01", "EMP-02", "EMP-0I"}, [][]int64{{1, 3}}},
		"O and 0":              {[]string{"EMP-O1", "EMP-01"}, [][]int64{{1, 2}}},
		"o and 0":              {[]string{"s-100", "s-1oo"}, [][]int64{{1, 2}}},
		"l and I":              {[]string{"paie/l", "paie/I"}, [][]int64{{1, 2}}},
		"a bar":                {[]string{"a|b", "alb"}, [][]int64{{1, 2}}},
		"Roman and Arabic":     {[]string{"LOT II", "LOT 11", "LOT I1"}, [][]int64{{1, 2}, {1, 3}}},
		"whole words":          {[]string{"1000", "lOoO"}, [][]int64{{1, 2}}},
		"beside accents":       {[]string{"é-l", "é-1"}, [][]int64{{1, 2}}},
		"case alone":           {[]string{"emp-a", "EMP-A"}, nil},
		"other letters":        {[]string{"EMP-05", "EMP-0S", "EMP-08", "EMP-0B", "EMP-02", "EMP-0Z"}, nil},
		"an i has a dot":       {[]string{"EMP-0i", "EMP-01"}, nil},
		"sequences of numbers": {[]string{"salaire/0001", "salaire/0010", "salaire/0100", "salaire/1000"}, nil},
		"made for rows":        {[]string{"", "", "", ""}, nil},
	} {
		for _, room := range []int{64, 1 << 10} {
			plan, err := payroll.NewPlanIn(room, payroll.Rows(planOf(row.references...)...), payroll.PlanOptions{Run: "june"})
			require.NoError(t, err, name)
			var lines [][]int64
			for _, warning := range plan.Warnings {
				require.Equal(t, payroll.WarnLookAlike, warning.Kind, name)
				lines = append(lines, warning.Lines)
			}
			require.Equal(t, row.want, lines, name)
		}
	}
	plan, err := payroll.NewPlan(payroll.Rows(planOf("EMP-01", "x", "EMP-0I")...), payroll.PlanOptions{})
	require.NoError(t, err)
	require.Equal(t, "the reference on line 3, EMP-0I, reads like that on line 1, EMP-01: they differ in letters and digits such as O and 0, or I, l and 1",
		plan.Warnings[0].Text)

	// Counters that use letters have many such pairs: they are counted, in bounded memory, and refuse nothing.
	var counters []string
	for i := range 36 * 36 * 2 {
		counters = append(counters, "N-"+strings.ToUpper(strconv.FormatInt(int64(36*36+i), 36)))
	}
	for _, room := range []int{64, 1 << 12} {
		plan, err = payroll.NewPlanIn(room, payroll.Rows(planOf(counters...)...), payroll.PlanOptions{MaxProblems: 10})
		require.NoError(t, err)
		require.Len(t, plan.Warnings, 11)
		require.Regexp(t, `^\d+ more references read like earlier ones$`, plan.Warnings[10].Text)
	}
	_, err = payroll.NewPlan(payroll.Rows(planOf("EMP-01", "EMP-0I", "EMP-01")...), payroll.PlanOptions{})
	require.ErrorContains(t, err, "line 3: reference: must differ from that of line 1", "what repeats is still refused")
}

// Most references are plain words, which are let pass at a glance: none of them may be one that the rules refuse.
func TestPlan_PlainReferencesPassAllRules(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 0))
	const letters = "EEeeNnAaFfIiDd00011259-_//zX"
	plain := 0
	for range 300_000 {
		text := make([]byte, 1+random.IntN(7))
		for i := range text {
			text[i] = letters[random.IntN(len(letters))]
		}
		if isPlain, rule := payroll.OddReferenceRule(string(text)); isPlain {
			plain++
			require.Empty(t, rule, "%s", text)
		}
	}
	require.Greater(t, plain, 50_000)
	for _, text := range []string{"salaries-2026-06/0042", "june/abcdefghijklmn27", "SAL_2026_06_0001"} {
		isPlain, _ := payroll.OddReferenceRule(text)
		require.True(t, isPlain, text)
	}
	for _, text := range []string{"", "1E5", "run 1", "é1", "=A1", "A1;=B2", "A1\t", "xxx", "a.0"} {
		isPlain, _ := payroll.OddReferenceRule(text)
		require.False(t, isPlain, text)
	}
}
