package decimaltest

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/apd/v3"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/money"
)

// exact is what the library makes of a JSON number in minor units; ok is false when it is no whole number of them within
// 64 bits.
func exact(t *testing.T, text string, exponent int) (minor int64, ok bool) {
	t.Helper()
	d, _, err := apd.NewFromString(text)
	if err != nil {
		return 0, false
	}
	if d.IsZero() {
		return 0, true
	}
	d.Exponent += int32(exponent)
	d.Reduce(d)
	if d.Exponent < 0 || d.Exponent > 20 {
		return 0, false
	}
	minor, err = d.Int64()
	return minor, err == nil
}

func compare(t *testing.T, text string, exponent int) {
	t.Helper()
	c, err := money.NewCurrency("ZZZ", exponent)
	require.NoError(t, err)
	amount, err := money.Parse(text, c)
	// Powers beyond what both of them take say nothing.
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		if power, failed := strconv.Atoi(text[at+1:]); failed != nil || power > 1000 || power < -1000 {
			return
		}
	}
	if !json.Valid([]byte(text)) || strings.TrimLeft(text, "-0123456789.eE+") != "" || strings.ContainsAny(text, " \t\r\n") {
		require.Error(t, err, text)
		return
	}
	minor, ok := exact(t, text, exponent)
	if !ok {
		require.Error(t, err, "%s with %d decimals", text, exponent)
		require.True(t, errors.Is(err, money.ErrFraction) || errors.Is(err, money.ErrRange), text)
		return
	}
	require.NoError(t, err, "%s with %d decimals", text, exponent)
	require.Equal(t, money.Amount{Minor: minor, Currency: c}, amount)

	// What is printed is the same number.
	printed, _, err := apd.NewFromString(amount.Decimal())
	require.NoError(t, err)
	read, _, err := apd.NewFromString(text)
	require.NoError(t, err)
	require.Zero(t, read.Cmp(printed), "%s is printed as %s", text, amount.Decimal())
}

// Random numbers of every length and power, and those at the edges.
func TestMoney_AgreesWithDecimals(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, text := range []string{"0", "-0", "-0.00", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "0.1e1"} {
		for exponent := range money.MaxExponent + 1 {
			compare(t, text, exponent)
		}
	}
	digits := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte(byte('0' + random.IntN(10)))
		}
		return b.String()
	}
	for range 20_000 {
		text := strings.TrimLeft(digits(random.IntN(22)), "0")
		if text == "" {
			text = "0"
		}
		if random.IntN(2) == 0 {
			text = "-" + text
		}
		if random.IntN(2) == 0 {
			text += "." + digits(1+random.IntN(12)) + strings.Repeat("0", random.IntN(4))
		}
		if random.IntN(3) == 0 {
			text += "e" + strconv.Itoa(random.IntN(40)-20)
		}
		compare(t, text, random.IntN(money.MaxExponent+1))
	}
}

func FuzzMoney_AgreesWithDecimals(f *testing.F) {
	for _, seed := range []string{"-2500.00", "0.50", "1e3", "9223372036854775808", "1.25E-2", "0e9999"} {
		f.Add(seed, uint8(2))
	}
	f.Fuzz(func(t *testing.T, text string, exponent uint8) {
		compare(t, text, int(exponent)%(money.MaxExponent+1))
	})
}
