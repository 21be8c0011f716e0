package redact

import (
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestMaskPhones(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ in, want string }{
		"plain":               {"msisdn +2250748710523 is unknown", "msisdn +22507******23 is unknown"},
		"escaped plus":        {"/check?msisdn=%2B2250748710523", "/check?msisdn=%2B22507******23"},
		"lower-case escape":   {"%2b2250748710523", "%2b22507******23"},
		"without plus":        {"2250748710523", "22507******23"},
		"double zero":         {"002250748710523", "00225********23"},
		"Senegal":             {"221771234567 or +221771234567", "22177*****67 or +22177*****67"},
		"national":            {"call 0748710523.", "call 07487***23."},
		"Senegal national":    {"771234567", "7712***67"},
		"two numbers":         {"+2250748710523,+2250748710524", "+22507******23,+22507******24"},
		"in a reference":      {"salary-2250748710523-june", "salary-22507******23-june"},
		"amount":              {"amount 50000000 is too large", "amount 50000000 is too large"},
		"timestamp":           {"20250128T083908.249Z", "20250128T083908.249Z"},
		"epoch":               {"1744728413766", "1744728413766"},
		"uuid":                {"txn_2cdc8ab1-6d50-49cc-ba14-54e4ac7ec231", "txn_2cdc8ab1-6d50-49cc-ba14-54e4ac7ec231"},
		"hexadecimal":         {"34f66c14821e8ba0e2d2250748710523", "34f66c14821e8ba0e2d2250748710523"},
		"slashes":             {"07/48/71/05/23", "07/48/7*/**/23"},
		"underscores":         {"+225_07_48_71_05_23", "+225_07_**_**_**_23"},
		"many spaces":         {"+225  07   48 71 05 23", "+225  07   ** ** ** 23"},
		"escaped spaces":      {`+225\u00a007\u00a048\u00a071\u00a005\u00a023`, `+225\u00a007\u00a0**\u00a0**\u00a0**\u00a023`},
		"escaped slashes":     {`07\/48\/71\/05\/23`, `07\/48\/7*\/**\/23`},
		"escaped tab":         {`+225\t0748710523`, `+225\t07******23`},
		"after a word":        {"phone2250748710523", "phone22507******23"},
		"after an escape":     {`num\u00e92250748710523`, `num\u00e922507******23`},
		"after %2F":           {"?reference=pay%2F2250748710523", "?reference=pay%2F22507******23"},
		"after %20":           {"?reference=pay%202250748710523", "?reference=pay%2022507******23"},
		"after %C3%A9":        {"num%C3%A92250748710523", "num%C3%A922507******23"},
		"between %22":         {"%220748710523%22%2C%22771234567%22", "%2207487***23%22%2C%227712***67%22"},
		"after a percentage":  {"5%2250748710523", "5%22507******23"},
		"hexadecimal, escape": {"%2Fface2250748710523", "%2Fface2250748710523"},
		"before a word":       {"2250748710523and", "22507******23and"},
		"hexadecimal all":     {"face2250748710523", "face2250748710523"},
		"date with slashes":   {"30/06/2026 12:15", "30/06/2026 12:15"},
		"date, time, slashes": {"2026/06/30 08:35:51", "2026/06/30 08:35:51"},
		"masked already":      {"+22507******23 and +22507XXXXXX00", "+22507******23 and +22507XXXXXX00"},
		"nothing":             {"", ""},
		"tab":                 {"+225\t0748710523", "+225\t07******23"},
		"brackets":            {"+225 (07) 48 71 05 23", "+225 (07) ** ** ** 23"},
		"too many spaces":     {"+225    07 48 71 05 23", "+225    07 48 7* ** 23"},
		"after a colon":       {"msisdn:2250799999999", "msisdn:22507******99"},
		"between stars":       {"*2250748710523*", "*22507******23*"},
		"of other countries":  {"+33612345678", "+33612****78"},
		"words of a query":    {"?reference=pay+2026+06+0042 +07+48+71+05+23+20", "?reference=pay+2026+06+0042 +07+48+7*+**+23+20"},
		"two in a query":      {"+1234567+2250748710523", "+123**67+22507******23"},
		"shortest":            {"+1234567 +123456", "+123**67 +123456"},
		"longest":             {"+123456789012345 +1234567890123456", "+12345********45 +1234567890123456"},
		"before 2021":         {"22548710523 225487105231", "22548****23 225487105231"},
		"fixed line":          {"2722123456", "27221***56"},
		"Senegal, not 77":     {"701234567", "7012***67"},
		"Senegal fixed line":  {"301234567", "3012***67"},
		"in four groups":      {"07 4871 05 23", "07 487* ** 23"},
		"in three groups":     {"07 4871 0523, 0748 710 523", "07 487* **23, 0748 7** *23"},
		"Senegal in groups":   {"77 123 45 67, 77 123 4567, 771 234 567", "77 12* ** 67, 77 12* **67, 771 2** *67"},
		"Senegal fixed, four": {"33 812 34 56", "33 81* ** 56"},
		"a date and an hour":  {"20260630 12", "20260630 12"},
		"an escape cut off":   {`caf\u00e`, `caf\u00e`},
		"around an escape":    {`+2250748710523\u00e92250748710523`, `+22507******23\u00e922507******23`},
		"groups after one":    {"2250748710507 48 71 05 23", "22507******07 48 71 05 23"},
		"its end is no start": {"2250748710502 25 07 48 71 05 23", "22507******02 25 07 48 7* ** 23"},
		"groups after a star": {"0748 710 507 48 71 05 23", "0748 7** *07 48 71 05 23"},
		"groups up to a star": {"221 7712 07 48 71 05 23", "221 7712 07 48 7* ** 23"},
		"two groups, masked":  {"2250748710522 1771234567", "22507******22 1771234567"},
		"groups before one":   {"77 123 771234567", "77 123 7712***67"},
		"hexadecimal in caps": {"A2250748710523 F2250748710523", "A2250748710523 F2250748710523"},
		"hexadecimal behind":  {"2250748710523f 2250748710523face-1", "2250748710523f 2250748710523face-1"},
		"in front of it":      {"id-face2250748710523 {face2250748710523 [face2250748710523", "id-face2250748710523 {face2250748710523 [face2250748710523"},
		"words of letters":    {"zface2250748710523 Zface2250748710523 x1a2250748710523", "zface22507******23 Zface22507******23 x1a22507******23"},
		"other letters":       {"g2250748710523 G2250748710523", "g22507******23 G22507******23"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, row.want, MaskPhones(row.in))
			require.Equal(t, row.want, MaskPhones(row.want), "masking twice changes nothing")
		})
	}
}

// What may stand before a number or between its digits, each in every way it is written.
func TestMaskPhones_SignsAndSeparators(t *testing.T) {
	t.Parallel()
	for _, plus := range []string{"+", "%2B", "%2b", `\u002b`, `\u002B`, "%252B", "%252b", "(+"} {
		require.Equal(t, plus+"33612****78", MaskPhones(plus+"33612345678"))
	}
	for _, gap := range []string{
		" ", ".", "-", "(", ")", "/", "_", "\t", "\u00a0", "\u202f", "%20", `\u00a0`, `\u00A0`, `\u202f`, `\u202F`, `\t`, `\/`, ") (", `\t\/%20`,
	} {
		require.Equal(t, strings.ReplaceAll("+225 07 ** ** ** 23", " ", gap), MaskPhones(strings.ReplaceAll("+225 07 48 71 05 23", " ", gap)))
	}
	for _, gap := range []string{" ", ".", "-", "(", ")", "/", "_", "\u00a0", "\u202f", ") ("} { // as a query writes them
		gap = url.QueryEscape(gap)
		require.Equal(t, strings.ReplaceAll("?reference=%2B225 07 ** ** ** 23", " ", gap), MaskPhones(strings.ReplaceAll("?reference=%2B225 07 48 71 05 23", " ", gap)))
		require.Equal(t, strings.ReplaceAll("?reference=07 48 7* ** 23", " ", gap), MaskPhones(strings.ReplaceAll("?reference=07 48 71 05 23", " ", gap)))
	}
}

// A reference or an amount that is refused is masked before it is cut, and people send all manner of things for one.
func TestMaskPhones_HexadecimalTakesNoLonger(t *testing.T) {
	t.Parallel()
	took := func(pattern string) time.Duration {
		text := strings.Repeat(pattern, 1<<18/len(pattern))
		start := time.Now()
		require.Equal(t, text, MaskPhones(text))
		return time.Since(start)
	}
	hexadecimal, other := time.Hour, time.Hour
	for try := 0; try == 0 || try < 10 && hexadecimal >= 100*other+time.Second; try++ { // the fastest of each counts
		hexadecimal, other = min(hexadecimal, took("a1")), min(other, took("p1"))
	}
	require.Less(t, hexadecimal, 100*other+time.Second)
	for _, n := range []int{127, 128, 129} {
		long := strings.Repeat("f", n)
		require.Equal(t, long+"2250748710523", MaskPhones(long+"2250748710523"))
		require.Equal(t, "2250748710523"+long, MaskPhones("2250748710523"+long))
	}
}

func TestSnippet(t *testing.T) {
	t.Parallel()
	require.Equal(t, "<html> <h1>Bad Gateway</h1>", Snippet([]byte("<html>\r\n\t<h1>Bad\nGateway</h1>\n")))
	long := Snippet([]byte(strings.Repeat("é", 500)))
	require.True(t, utf8.ValidString(long))
	require.LessOrEqual(t, len(long), 124)
	require.Equal(t, "\uFFFD", Snippet([]byte{0xff, 0xfe}))
	require.Equal(t, strings.Repeat("x", 120), Snippet([]byte(strings.Repeat("x", 120))))
	require.Equal(t, strings.Repeat("x", 120)+"…", Snippet([]byte(strings.Repeat("x", 121))))
	spaces := strings.Repeat(" ", 479)
	require.Equal(t, "x", Snippet([]byte(spaces+"x\n")))
	require.Empty(t, Snippet([]byte(spaces+" x")), "it looks no further")
	require.Equal(t, "\uFFFD", Snippet([]byte(spaces+"é")))
	// Bytes that become one sign, or none, must not bring into sight a number that was cut too early to be known for one.
	for _, filler := range []string{"\xff", " "} {
		for cut := range 20 {
			require.NotContains(t, Snippet([]byte(strings.Repeat(filler, 960-cut)+"2250748710523")), "225074", "%q, %d", filler, cut)
		}
	}
}

func FuzzMaskPhones(f *testing.F) {
	f.Add("x +2250748710523 y")
	f.Add("%2B221771234567")
	f.Add("00 0000 00 00 0000 0000")
	f.Fuzz(func(t *testing.T, text string) {
		masked := MaskPhones(text)
		if len(masked) != len(text) {
			t.Fatalf("length changed: %q -> %q", text, masked)
		}
		again := MaskPhones(masked) // may find what the first number had taken a part of
		for i := range again {
			if again[i] != masked[i] && again[i] != '*' {
				t.Fatalf("masked and shown again: %q -> %q -> %q", text, masked, again)
			}
		}
		if strings.Contains(" "+masked+" ", " +2250748710523 ") {
			t.Fatalf("a number got through: %q", masked)
		}
	})
}
