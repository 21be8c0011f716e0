package payoutfile

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMisleading_B6_NamesWhatIsShown(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"": "", "General": "", "0": "", "#,##0": "", `#,##0" FCFA"`: "", `#,##0\ "F CFA"`: "", `[$FCFA-40C] #,##0`: "", `#,##0 [$XOF]`: "", `[$F CFA] #,##0`: "",
		`_-* #,##0 _F_C_F_A_-;-* #,##0`: "", `[Red]#,##0`: "", `0000000000`: "", `+0`: "", `## ## ## ## ##`: "", "#,##0.00": "", "@": "",
		"yyyy-mm-dd": "a date or a time", "dd/mm/yyyy": "a date or a time", "[h]:mm": "a date or a time", "mmmm": "a date or a time", `d" du mois"`: "a date or a time",
		"0%": "a percentage", "0.0%": "a percentage", `0"%"`: "a percentage", `0\%`: "a percentage", `0.0‰`: "a percentage",
		`#,##0 €`: "another currency", `[$€-40C] #,##0`: "another currency", `"EUR" 0`: "another currency", "$#,##0": "another currency", `[$USD] 0`: "another currency",
		";;;": "nothing, or only words", `"payé"`: "nothing, or only words", ";0;0;": "nothing, or only words",
		`0"000"`: "digits that the number does not have", `0\0\0`: "digits that the number does not have", `#,##0"0"`: "digits that the number does not have",
		`General"000"`: "digits that the number does not have", `"1"0`: "digits that the number does not have",
		`-0`: "a sign that the number does not have", `"-"0`: "a sign that the number does not have", `(0)`: "a sign that the number does not have",
		`0" euros"`: "another currency", `0 "CHF"`: "another currency", `0 "naira"`: "words that are no currency of ours", `0" mille"`: "words that are no currency of ours",
		`0 "F.CFA"`: "", `0 "francs CFA"`: "", `# ##0" Frs"`: "", `"F "#\ ##0`: "",
		`[<1000]0;0,`: "thousands", `[=1]0;0%`: "a percentage", `[>=100]#,##0;"rien"`: "nothing, or only words", `[Red][<0]0;0`: "",
		"0.00E+00": "a shortened number", "0E+00": "a shortened number", "##0.0E+0": "a shortened number", "# ?/?": "a fraction", "0/10": "a fraction",
		`#\.##0`: "", `#\.###\.##0`: "", `0\.00`: "a separator at a place of its own", `0","00`: "a separator at a place of its own",
		"#,##0,": "thousands", `0,"k"`: "thousands", "0,,": "thousands",
	} {
		require.Equal(t, want, misleading(0, code), code)
	}
	for builtin, want := range map[int]string{
		0: "", 1: "", 3: "", 4: "", 37: "", 41: "", 49: "", 11: "a shortened number", 48: "a shortened number", 12: "a fraction",
		5: "a currency that depends on the machine", 44: "a currency that depends on the machine", 9: "a percentage", 10: "a percentage", 14: "a date or a time", 22: "a date or a time", 46: "a date or a time", 30: "a date or a time",
	} {
		require.Equal(t, want, misleading(builtin, ""), builtin)
	}
}

// A French Excel leaves a gap as wide as its currency's sign behind numbers with separators: the button "000" makes this format.
func TestMisleading_B6_ReadsTheThousandsOfAFrenchExcel(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		`_-* #,##0.00\ _€_-;\-* #,##0.00\ _€_-;_-* "-"??\ _€_-;_-@_-`: "", `_-* #,##0\ _€_-;\-* #,##0\ _€_-;_-* "-"\ _€_-;_-@_-`: "",
		`_($* #,##0_);_($* (#,##0)`: "another currency", `#,##0_£`: "", `_-* #,##0\ _F_-`: "",
		`_-* #,##0.00\ €_-;\-* #,##0.00\ €_-`: "another currency", `_-* #,##0\ "€"_-`: "another currency", `*€#,##0`: "another currency",
		`_€€#,##0`: "another currency", `\_€#,##0`: "another currency",
	} {
		require.Equal(t, want, misleading(0, code), code)
	}
}

func TestHidesText(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		"": false, "General": false, "@": false, "0": false, "#,##0": false, "0;0;0;@": false, `0;0;0;"x"@`: true, "0;-0;0": false,
		";;;": true, `0;0;0;"5 000"`: true, `"x"@`: true, `@"x"`: true, `@_-`: false, `_-@_-`: false, `0;0;0;General`: false, "@@": true,
	} {
		require.Equal(t, want, hidesText(code), code)
	}
}

func TestDigitsShown(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]int{"": 11, "General": 11, "@": 11, "0": 15, "#,##0": 0, "000000": 0, "0.00": 0} {
		require.Equal(t, want, digitsShown(0, code), code)
	}
	require.Equal(t, 15, digitsShown(1, ""))
	require.Zero(t, digitsShown(2, ""))
}

func FuzzMisleading(f *testing.F) {
	for _, seed := range []string{"", "General", `#,##0" FCFA"`, `[$€-40C] #,##0`, ";;;", `"`, `\`, "[", "_", "*"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, code string) {
		_ = misleading(0, code)
		_, _ = digitsShown(0, code), hidesText(code)
	})
}
