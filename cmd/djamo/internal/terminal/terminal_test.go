package terminal

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlain_IsFitForATerminal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Salaire de juin – Aya Koné":               "Salaire de juin – Aya Koné",
		"june/+2250748710523":                      "june/+22507******23",
		"account \x1b[2J+2250748710524\x07 closed": "account [2J+22507******24 closed",
		"+22507\u200b48710524":                     "+22507******24",
		"a\u202eb\x00c\r\n\td\ufeff":               "abc d",
		"50\u202f000\u202fFCFA":                    "50 000 FCFA",
		"":                                         "",
	} {
		require.Equal(t, want, Plain(text), "%q", text)
	}
}

func TestMaskName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"": "", "Koné Awa": "K*** A***", "Élodie": "É***", "\x1b[2J": "[***", "a\u202eb  c": "a*** c***"} {
		require.Equal(t, want, MaskName(name), "%q", name)
	}
}

func TestIsFrench(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		all, messages, lang string
		want                bool
	}{
		{"", "", "", false}, {"", "", "fr_CI.UTF-8", true}, {"", "", "fr", true}, {"C", "", "fr_FR", false}, {"", "fr_FR.UTF-8", "en_US", true}, {"", "", "fro_XX", false},
	} {
		got := IsFrench(func(name string) string {
			return map[string]string{"LC_ALL": row.all, "LC_MESSAGES": row.messages, "LANG": row.lang}[name]
		})
		require.Equal(t, row.want, got, row)
	}
}
