package djamo

import (
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
		"a wider mask":                     {"+22507********03", true},
		"a wider mask, another end":        {"+22507********04", false},
		"a wider mask, another beginning":  {"+22509********03", false},
		"a wider mask, ends overlap":       {"+225079932200*003", false},
		"two masks":                        {"+225****93****03", true},
		"two masks, digits out of order":   {"+225****39****03", false},
		"masked with signs":                {"+22507######03", true},
		"masked, digits elsewhere":         {"+22579XXXXXX03", false},
		"masked, without the plus":         {"22507XXXXXX03", true},
		"masked, national":                 {"07XXXXXX03", true},
		"masked wider, national":           {"07*********03", true},
		"masked, national, another end":    {"07XXXXXX04", false},
		"a mask at the end":                {"+2250799****", true},
		"a mask at the end, another begin": {"+2250798****", false},
		"a mask before the end":            {"****2003", true},
		"a mask before another end":        {"****2004", false},
		"a mask after all of it":           {"+2250799322003XXX", true},
		"double zero":                      {"002250799322003", true},
		"double zero, another number":      {"002250799322004", false},
		"brackets":                         {"(+225) 0799322003", true},
		"brackets around the operator":     {"+225 (07) 99-32-20-03", true},
		"slashes":                          {"07/99/32/20/03", true},
		"underscores, another number":      {"07_99_32_20_04", false},
		"another country":                  {"+221799322003", false},
		"a word":                           {"unknown", true},
		"a word that ends in the number":   {"tel 0799322003", true},
		"a word that ends in another":      {"tel 0799322004", false},
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
	require.False(t, MSISDN("").matches(sent))
	require.True(t, MSISDN("").matches(""))
}
