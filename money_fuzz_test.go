package djamo_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
)

func FuzzParseXOF(f *testing.F) {
	for _, text := range []string{
		"50000", "50 000 FCFA", "50.000", "50,000", "50.5", "5,00", "0.500", "1.500,000", "-3\u202f120\u202fFCFA", "+5", "٥", "F CFA",
		"9223372036854775808", "-9223372036854775808", "184467440737095516165", "+2250748710523", "1\u00a0000 xof", "", "\xff",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		amount, err := djamo.ParseXOF(text)
		if err != nil {
			require.Zero(t, amount)
			require.Less(t, len(err.Error()), 400, "an error is bounded")
			require.NotContains(t, err.Error(), "\n")
			return
		}
		again, err := djamo.ParseXOF(amount.String())
		require.NoError(t, err)
		require.Equal(t, amount, again)

		// Whatever was around and between them, the digits of the text are the digits of the amount.
		keep := func(r rune) rune {
			if r == '-' || '0' <= r && r <= '9' {
				return r
			}
			return -1
		}
		if want := strings.Map(keep, text); want != "-0" {
			require.Equal(t, want, strings.Map(keep, amount.String()))
		}
	})
}

func FuzzXOFUnmarshalJSON(f *testing.F) {
	for _, data := range []string{
		"15000", "-3120", "0", "-0", "00", "-", "50.5", "50.0", "5e4", "1E2", `"15000"`, "null", "true", "{}", "[1]", " 1 ", "",
		"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "\xff",
	} {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		const before = 7
		plain, amount := int64(before), djamo.XOF(before)
		plainErr, err := json.Unmarshal(data, &plain), json.Unmarshal(data, &amount)
		require.Equal(t, plainErr == nil, err == nil, "int64: %v, XOF: %v", plainErr, err)
		require.Equal(t, plain, int64(amount))

		// Called directly, as by another JSON package, the method accepts the same, white space around it aside.
		direct := djamo.XOF(before)
		if directErr := direct.UnmarshalJSON(data); directErr == nil {
			require.NoError(t, plainErr)
			require.Equal(t, plain, int64(direct))
		} else {
			require.Equal(t, djamo.XOF(before), direct)
			require.Less(t, len(directErr.Error()), 400, "an error is bounded")
			if plainErr == nil {
				require.NotEqual(t, strings.Trim(string(data), " \t\r\n"), string(data))
			}
		}
	})
}
