package payoutfile

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
)

func TestParseMSISDN_ReadsNationalNumbers(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		country, text string
		want          djamo.MSISDN // "" is refused
	}{
		{"", "+2250748710523", "+2250748710523"},
		{"", "0748710523", ""},
		{"CI", "0748710523", "+2250748710523"},
		{"ci", " 07 48 71 05 23 ", "+2250748710523"},
		{"CI", "07-48.71 05\u00a023", "+2250748710523"},
		{"CI", "+225 07 48 71 05 23", "+2250748710523"},
		{"CI", "2250748710523", "+2250748710523"},
		{"CI", "002250748710523", "+2250748710523"},
		{"CI", "+221771234567", "+221771234567"}, // with its plus, any country's
		{"CI", "00221771234567", ""},
		{"CI", "48710523", ""}, // the eight digits of before 2021
		{"CI", "748710523", ""},
		{"CI", "07487105233", ""},
		{"CI", "0748710523 ext. 5", ""},
		{"CI", "07ABCDEFGH", ""},
		{"CI", "0748710523/0748710524", ""},
		{"CI", "*123#", ""},
		{"CI", "", ""},
		{"CI", "+", ""},
		{"CI", "+0748710523", ""},
		{"SN", "77 123 45 67", "+221771234567"},
		{"SN", "(77) 123-45-67", "+221771234567"},
		{"SN", "221771234567", "+221771234567"},
		{"SN", "0748710523", ""},
	} {
		parse, err := parseMSISDN(row.country)
		require.NoError(t, err)
		got, err := parse(row.text)
		require.Equal(t, row.want, got, row)
		if row.want == "" {
			refused := (*djamo.ValidationError)(nil)
			require.ErrorAs(t, err, &refused, row)
			require.NotContains(t, err.Error(), "0748710523")
			continue
		}
		require.NoError(t, err, row)
		require.NoError(t, got.Validate())
	}
	_, err := parseMSISDN("FR")
	require.ErrorContains(t, err, `must be CI or SN, not "FR"`)
}
