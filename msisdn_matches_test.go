package djamo

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMSISDN_matches(t *testing.T) {
	t.Parallel()
	const sent = MSISDN("+2250799322003")
	for name, row := range map[string]struct {
		got  MSISDN
		want bool
	}{
		"same":                             {sent, true},
		"absent":                           {"", true},
		"masked as the API does":           {"+22507XXXXXX03", true},
		"masked in lower case":             {"+22507xxxxxx03", true},
		"masked with stars":                {"+22507******03", true},
		"masked with bullets":              {"+22507••••••03", true},
		"masked throughout":                {"+XXXXXXXXXXXXX", true},
		"shortened as the documents do":    {"+225079932203", true},
		"shortened and masked":             {"+22507XXX03", true},
		"national":                         {"0799322003", true},
		"last four":                        {"2003", true},
		"without the plus":                 {"2250799322003", true},
		"with spaces":                      {"+225 07 99 32 20 03", true},
		"another number":                   {"+2250799322004", false},
		"two digits swapped":               {"+2250799320203", false},
		"masked, another end":              {"+22507XXXXXX04", false},
		"masked, another operator":         {"+22505XXXXXX03", false},
		"shortened, digits out of order":   {"+225079932230", false},
		"shortened, a digit we never sent": {"+22507993220", true},
		"shortened, a foreign digit":       {"+225079832203", false},
		"one digit more":                   {"+22507993220033", false},
		"one masked digit more":            {"+22507XXXXXXX03", false},
		"another country":                  {"+221799322003", false},
		"a word":                           {"unknown", false},
		"a word that ends in the number":   {"tel 0799322003", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, row.want, sent.matches(row.got))
		})
	}
}

func TestMSISDN_matches_OnlyFromTheSentSide(t *testing.T) {
	t.Parallel()
	require.True(t, MSISDN("+2250748710523").matches("+22507XXXXXX23"))
	require.False(t, MSISDN("+22507XXXXXX23").matches("+2250748710523"), "a mask that was sent is no wildcard")
}

func TestMSISDN_matches_ItsOwnMaskAndEveryShortening(t *testing.T) {
	t.Parallel()
	const sent = "+2250748710523"
	require.True(t, MSISDN(sent).matches(MSISDN(MSISDN(sent).String())))
	for i := 1; i < len(sent); i++ {
		require.True(t, MSISDN(sent).matches(MSISDN(sent[:i]+sent[i+1:])), "without character %d", i)
		require.True(t, MSISDN(sent).matches(MSISDN(sent[:i])))
		changed := '0' + (sent[i]-'0'+1)%10
		require.False(t, MSISDN(sent).matches(MSISDN(sent[:i]+string(changed)+sent[i+1:])), "another digit at %d", i)
	}
	require.False(t, MSISDN(sent).matches(MSISDN(sent+strings.Repeat("X", 3))))
}
