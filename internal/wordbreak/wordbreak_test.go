package wordbreak_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/wordbreak"
)

func TestText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                           "",
		"Jean-Marc N’Guessan":        "Jean-Marc N’Guessan",
		"Coulibaly-Ouattara-Diabaté": "Coulibaly-|Ouattara-|Diabaté",
		strings.Repeat("W", 60):      strings.Repeat("W", 28) + "|" + strings.Repeat("W", 28) + "|WWWW",
		strings.Repeat("mot ", 20):   strings.TrimSpace(strings.Repeat("mot ", 20)),
		"\u202eAya\u202c\x1b":        "Aya",
		"a\u00a0b\nc":                "a b c",
		// An accent and the parts of a flag stay with what they belong to.
		strings.Repeat("W", 27) + "e\u0301t": strings.Repeat("W", 27) + "e\u0301|t",
		strings.Repeat("W", 27) + "🇨🇮t":      strings.Repeat("W", 27) + "🇨🇮|t",
	} {
		require.Equal(t, want, strings.Join(wordbreak.Text(text), "|"), "%q", text)
	}
}

func TestCode(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"":                                     "",
		"salaire-2026-07/00012":                "salaire-2026-07/00012",
		"salaire-2026-07/direction/00012":      "salaire-|2026-07/|direction/|00012",
		"0190f3a1-7c2e-4b1d-9a86-d3a4b0c1e2f7": "0190f3a1-|7c2e-4b1d-|9a86-d3a4b0c1e2f7",
		strings.Repeat("x", 45):                strings.Repeat("x", 20) + "|" + strings.Repeat("x", 20) + "|xxxxx",
	} {
		require.Equal(t, want, strings.Join(wordbreak.Code(code), "|"), "%q", code)
	}
}

// Whatever a text holds, its pieces are the text, and none is too long for a column.
func FuzzText(f *testing.F) {
	f.Add("Jean-Marc N’Guessan")
	f.Add(strings.Repeat("e\u0301", 150))
	f.Add("👩‍👩‍👧‍👦🇨🇮👍🏽\u202e\xff")
	f.Fuzz(func(t *testing.T, text string) {
		for _, cut := range []func(string) []string{wordbreak.Text, wordbreak.Code} {
			require.Equal(t, wordbreak.Visible(text), strings.Join(cut(text), ""))
		}
	})
}
