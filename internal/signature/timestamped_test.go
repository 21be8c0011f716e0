package signature_test

import (
	"encoding/hex"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go/internal/signature"
	"github.com/stretchr/testify/require"
)

const tolerance = 5 * time.Minute

func TestTimestamped(t *testing.T) {
	t.Parallel()
	signed := time.Unix(1_779_959_642, 0)
	right := signature.SignTimestamped([]byte(event), signed, "s")
	_, v1, _ := strings.Cut(right, ",")
	other := "v1=" + strings.Repeat("0", 64)
	for _, tt := range []struct {
		name, header string
		after        time.Duration // since it was signed
		want         error
	}{
		{"right", right, 0, nil},
		{"at the end of the tolerance", right, tolerance, nil},
		{"past it", right, tolerance + 1, signature.ErrOutOfTime},
		{"as far in the future", right, -tolerance, nil},
		{"further", right, -tolerance - 1, signature.ErrOutOfTime},
		{"two signatures, the first fits", right + "," + other, 0, nil},
		{"two signatures, the second fits", "t=1779959642," + other + "," + v1, 0, nil},
		{"the time last", v1 + ",t=1779959642", 0, nil},
		{"a scheme of the future beside it", right + ",v2=abc", 0, nil},
		{"missing", "", 0, signature.ErrMissing},
		{"no time", v1, 0, signature.ErrMalformed},
		{"no signature", "t=1779959642", 0, signature.ErrMalformed},
		{"another scheme alone", "t=1779959642,v0=" + v1[3:], 0, signature.ErrMalformed},
		{"two times", right + ",t=1779959642", 0, signature.ErrMalformed},
		{"empty time", "t=," + v1, 0, signature.ErrMalformed},
		{"time with a sign", "t=+1779959642," + v1, 0, signature.ErrMalformed},
		{"time with a zero before", "t=01779959642," + v1, 0, signature.ErrMalformed},
		{"time beyond 64 bits", "t=99999999999999999999," + v1, 0, signature.ErrMalformed},
		{"time with a fraction", "t=1779959642.5," + v1, 0, signature.ErrMalformed},
		{"space after the comma", "t=1779959642, " + v1, 0, signature.ErrMalformed},
		{"nothing after the comma", right + ",", 0, signature.ErrMalformed},
		{"a part without a name", right + ",=x", 0, signature.ErrMalformed},
		{"short signature", right[:len(right)-2], 0, signature.ErrMalformed},
		{"too many signatures", "t=1779959642" + strings.Repeat(","+other, 8) + "," + v1, 0, signature.ErrMalformed},
		{"the time was changed", "t=1779959643," + v1, 0, signature.ErrMismatch},
		{"forged and old", "t=1," + other, 0, signature.ErrMismatch},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, signature.Timestamped([]byte(event), tt.header, signed.Add(tt.after), tolerance, "old", "s"))
		})
	}
	require.Equal(t, signature.ErrNoSecret, signature.Timestamped([]byte(event), right, signed, tolerance))
	require.Equal(t, signature.ErrNoTolerance, signature.Timestamped([]byte(event), right, signed, 0, "s"), "a tolerance of zero is not one without end")
	for _, seconds := range []int64{0, -1, math.MinInt64, math.MaxInt64} {
		at := time.Unix(seconds, 0)
		require.Equal(t, signature.ErrOutOfTime, signature.Timestamped([]byte(event), signature.SignTimestamped([]byte(event), at, "s"), signed, tolerance, "s"), seconds)
	}
}

// The PI-SPI event of the reference, as it would be posted.
func TestTimestamped_PISPI(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/pispi_settlement_event.json")
	require.NoError(t, err)
	header := "t=1779959642,v1=" + pispiDigest
	now := time.Unix(1_779_959_700, 0)
	require.NoError(t, signature.Timestamped(body, header, now, tolerance, "s"))
	require.Equal(t, signature.ErrMismatch, signature.Timestamped(append(body, ' '), header, now, tolerance, "s"))
	require.Equal(t, signature.ErrOutOfTime, signature.Timestamped(body, header, now.Add(time.Hour), tolerance, "s"))
}

func FuzzTimestamped(f *testing.F) {
	f.Add([]byte(event), signature.SignTimestamped([]byte(event), time.Unix(1_779_959_642, 0), "s"), "s", int64(1_779_959_642))
	f.Add([]byte(event), "t=1,v1="+strings.Repeat("a", 64), "s", int64(1))
	f.Fuzz(func(t *testing.T, body []byte, header, secret string, unix int64) {
		now := time.Unix(unix, 0)
		err := signature.Timestamped(body, header, now, tolerance, secret)
		// Nothing is accepted that does not hold the right signature for a time close to now.
		if err == nil && !anyFits(body, header, secret, now) {
			t.Fatalf("%q was accepted", header)
		}
		if secret == "" {
			return
		}
		if err := signature.Timestamped(body, signature.SignTimestamped(body, now, secret), now, tolerance, secret); err != nil {
			t.Fatal(err)
		}
	})
}

func anyFits(body []byte, header, secret string, now time.Time) bool {
	const maxAge = int64(tolerance / time.Second)
	for seconds := now.Unix() - maxAge; seconds <= now.Unix()+maxAge; seconds++ {
		if !strings.Contains(header, "t="+strconv.FormatInt(seconds, 10)) {
			continue
		}
		want := signature.SignTimestamped(body, time.Unix(seconds, 0), secret)
		_, digest, _ := strings.Cut(want, ",v1=")
		for part := range strings.SplitSeq(header, ",") {
			got, err := hex.DecodeString(strings.TrimPrefix(part, "v1="))
			if err == nil && hex.EncodeToString(got) == digest {
				return true
			}
		}
	}
	return false
}
