package djamo_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
)

func FuzzParseMSISDN(f *testing.F) {
	for _, text := range []string{
		"+2250748710523", "+225 07 48 71 05 23", "+221-77.123.45.67", "002250748710523", "2250748710523", "07 48 71 05 23", "+22507XXXXXX00",
		"+225079932203", "+225O748710523", "+2250748710523 poste 12", "\u202a+2250748710523\u202c", "+٢٢٥٠٧٤٨٧١٠٥٢٣", "+", "", "\xff", "XXXXXXXXXXXXX0748710523",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		number, err := djamo.ParseMSISDN(text)
		if err == nil {
			require.NoError(t, number.Validate())
			again, err := djamo.ParseMSISDN(number.E164())
			require.NoError(t, err)
			require.Equal(t, number.E164(), again.E164())
			text = number.E164()
		} else {
			require.Empty(t, number.E164())
			require.Less(t, len(err.Error()), 300, "an error is bounded")
			require.NotContains(t, err.Error(), "\n")
			for _, run := range msisdnDigitRuns(text) {
				require.NotContains(t, err.Error(), run)
			}
		}

		masked := djamo.MSISDN(text).String()
		require.Equal(t, masked, djamo.MSISDN(masked).String(), "masking twice changes nothing")
		for _, run := range msisdnDigitRuns(text) {
			require.NotContains(t, masked, run)
			require.NotContains(t, fmt.Sprintf("%v %s %q %d %#v", number, number, number, number, number), run)
		}
	})
}

// msisdnDigitRuns returns the runs of at least eight digits in a text, the least that a phone number has.
func msisdnDigitRuns(text string) []string {
	var runs []string
	for _, run := range strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
		if len(run) >= 8 {
			runs = append(runs, run)
		}
	}
	return runs
}
