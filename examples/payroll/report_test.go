package main

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
		require.Equal(t, want, plain(text), "%q", text)
	}
}

func TestPay_PrintsNeitherNumbersNorControls(t *testing.T) {
	t.Parallel()
	o := newOperator(t, header+"+2250748710523,10000,june/+2250748710523,x\n+2250748710524,10000,b,x\n")
	require.NoError(t, o.server.Fail("+2250748710524", "account \x1b[2J+2250748710524\x07 closed"))
	require.Equal(t, exitUnresolved, o.run(t, ""), o.out)
	for _, part := range []string{"0748710523", "0748710524", "\x1b", "\x07"} {
		require.NotContains(t, o.out, part)
	}
	require.Contains(t, o.out, "june/+22507******23")
}
