package djamo_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
)

func FuzzParseTimestamp(f *testing.F) {
	for _, text := range []string{
		"2023-05-10T12:19:12Z", "2023-11-24T17:43:15.970Z", "20250128T083908.249Z", "20250128T083908Z", "2023-05-10T13:19:12+01:00",
		"20230510T131912.5-0330", "2024-02-29T00:00:00Z", "2023-02-29T00:00:00Z", "0000-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
		"0001-01-01T00:00:00Z", "2023-05-10T12:19:12.1234567891Z", "2023-05-10T12:19:12", "1683721152", "null", "", "\\u005a", "\xff",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := djamo.ParseTimestamp(text)
		var direct djamo.Timestamp
		directErr := direct.UnmarshalJSON([]byte(`"` + text + `"`))
		if err != nil {
			require.True(t, parsed.IsZero())
			require.Less(t, len(err.Error()), 400, "an error is bounded")
			if directErr == nil && text != "" {
				require.Contains(t, text, `\`, "only escapes make the JSON form accept more")
			}
			return
		}
		require.NoError(t, directErr)
		require.Equal(t, parsed, direct)

		encoded, err := json.Marshal(parsed)
		require.NoError(t, err)
		var back djamo.Timestamp
		require.NoError(t, json.Unmarshal(encoded, &back))
		require.Equal(t, parsed, back)

		// The extended form with a colon in its offset is RFC 3339, where package time must agree.
		if standard, err := time.Parse(time.RFC3339, text); err == nil {
			require.True(t, standard.Equal(parsed.Time), "package time reads %v", standard)
		} else {
			extended := strings.Contains(text, "-") && strings.Count(text, ":") == 3 || strings.Count(text, ":") == 2 && strings.HasSuffix(text, "Z")
			require.False(t, extended, "package time refuses: %v", err)
		}
	})
}
