package money_test

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"
	"testing/quick"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/money"
)

func TestParseJSON(t *testing.T) {
	t.Parallel()
	dinar, err := money.NewCurrency("KWD", 3)
	require.NoError(t, err)
	for _, row := range []struct {
		value string
		in    money.Currency
		want  int64
		fails error
	}{
		{"-2500.00", money.DJF(), -2500, nil},
		{"184500.00", money.DJF(), 184_500, nil},
		{`"184500.00"`, money.DJF(), 184_500, nil},
		{"0.50", money.DJF(), 0, money.ErrFraction},
		{"-0.01", money.XOF(), 0, money.ErrFraction},
		{"12.5", money.USD(), 1250, nil},
		{"12.505", money.EUR(), 0, money.ErrFraction},
		{"12.505", dinar, 12_505, nil},
		{"1.25e2", money.XOF(), 125, nil},
		{"125E-2", money.USD(), 125, nil},
		{"125e-3", money.USD(), 0, money.ErrFraction},
		{"-0", money.USD(), 0, nil},
		{"0e999999999999", money.USD(), 0, nil},
		{"1e999999999999", money.USD(), 0, money.ErrRange},
		{"1e-999999999999", money.USD(), 0, money.ErrFraction},
		{"9223372036854775807", money.XOF(), math.MaxInt64, nil},
		{"-92233720368547758.08", money.USD(), math.MinInt64, nil},
		{"92233720368547758.08", money.USD(), 0, money.ErrRange},
		{"1" + strings.Repeat("0", 5000) + "e-5000", money.XOF(), 0, money.ErrFraction}, // the power is beyond its bound
		{"1" + strings.Repeat("0", 1000) + "e-5000", money.XOF(), 0, money.ErrFraction},
		{"0." + strings.Repeat("0", 1000) + "1e1001", money.XOF(), 0, money.ErrRange},
		{"0." + strings.Repeat("0", 999) + "1e1000", money.XOF(), 1, nil},
	} {
		got, err := money.ParseJSON(json.RawMessage(row.value), row.in)
		if row.fails != nil {
			require.ErrorIs(t, err, row.fails, row.value)
			require.Less(t, len(err.Error()), 200)
			continue
		}
		require.NoError(t, err, row.value)
		require.Equal(t, money.Amount{Minor: row.want, Currency: row.in}, got, row.value)
	}
	for _, value := range []string{
		"", "null", "true", `""`, `" 5"`, `"5 "`, "+5", "05", "5.", ".5", "1 000", `"1,000"`, `"5 USD"`, "0x10", "NaN", `"٥"`, "--5", "[5]", `"5`, "5\n6",
	} {
		_, err := money.ParseJSON(json.RawMessage(value), money.USD())
		require.ErrorContains(t, err, "is no amount", value)
	}
	_, err = money.ParseJSON(json.RawMessage("5"), money.Currency{})
	require.ErrorContains(t, err, "three capital letters")
}

// A phone number that stands where an amount, or a currency, is expected is not told whole.
func TestParse_MasksPhoneNumbers(t *testing.T) {
	t.Parallel()
	for _, phone := range []string{"+2250748710523", "+225 07 48 71 05 23", "0748710523", "07 48 71 05 23", "2250748710523.5", "+25377123456"} {
		for _, value := range []string{phone, `"` + phone + `"`, `"` + phone, phone + strings.Repeat(" ", 50), strings.Repeat("x ", 14) + phone} {
			_, err := money.ParseJSON(json.RawMessage(value), money.XOF())
			require.Error(t, err, value)
			require.NotContains(t, strings.ReplaceAll(err.Error(), " ", ""), "4871", value)
			require.NotContains(t, err.Error(), "771234", value)
		}
		_, err := money.NewCurrency(phone, 2)
		require.Error(t, err)
		require.NotContains(t, strings.ReplaceAll(err.Error(), " ", ""), "4871", phone)
	}
}

func TestCurrency(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"XOF", "DJF", "USD", "EUR"} {
		c, ok := money.Lookup(code)
		require.True(t, ok)
		again, err := money.NewCurrency(c.Code, c.Exponent)
		require.NoError(t, err)
		require.Equal(t, c, again)
	}
	_, ok := money.Lookup("usd")
	require.False(t, ok)
	for _, bad := range []money.Currency{{Code: "usd", Exponent: 2}, {Code: "USDT", Exponent: 2}, {Code: "KWD", Exponent: -1}, {Code: "KWD", Exponent: 9}, {Code: "DJF", Exponent: 2}} {
		_, err := money.NewCurrency(bad.Code, bad.Exponent)
		require.Error(t, err, bad)
	}
}

func TestAmount_Print(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		amount                   money.Amount
		decimal, english, french string
	}{
		{money.Amount{Minor: -2500, Currency: money.DJF()}, "-2500", "-2,500 DJF", "−2 500 DJF"},
		{money.Amount{Minor: 123_456_789, Currency: money.USD()}, "1234567.89", "1,234,567.89 USD", "1 234 567,89 USD"},
		{money.Amount{Minor: -5, Currency: money.EUR()}, "-0.05", "-0.05 EUR", "−0,05 EUR"},
		{money.Amount{Minor: math.MinInt64, Currency: money.EUR()}, "-92233720368547758.08", "-92,233,720,368,547,758.08 EUR", "−92 233 720 368 547 758,08 EUR"},
		{money.Amount{}, "0", "0", "0"},
	} {
		plain := strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace
		require.Equal(t, row.decimal, row.amount.Decimal())
		require.Equal(t, row.english, plain(row.amount.English()))
		require.Equal(t, row.french, plain(row.amount.French()))
		text, err := json.Marshal(row.amount)
		require.NoError(t, err)
		var again money.Amount
		require.NoError(t, json.Unmarshal(text, &again))
		require.Equal(t, row.amount, again)
	}
	require.Equal(t, "-2500 DJF", money.Amount{Minor: -2500, Currency: money.DJF()}.String())
	var a money.Amount
	for _, bad := range []string{`5`, `{"amount":"0.5","currency":"DJF"}`, `{"amount":"5","currency":""}`, `{"amount":"1.123456789","currency":"XXX"}`} {
		require.Error(t, json.Unmarshal([]byte(bad), &a), bad)
	}
}

// Sums are those of integers without bounds, or fail.
func TestAmount_Arithmetic(t *testing.T) {
	t.Parallel()
	require.NoError(t, quick.Check(func(x, y int64) bool {
		a, b := money.Amount{Minor: x, Currency: money.USD()}, money.Amount{Minor: y, Currency: money.USD()}
		sum, errSum := a.Add(b)
		difference, errDifference := a.Sub(b)
		opposite, errOpposite := a.Neg()
		order, err := a.Cmp(b)
		bx, by := big.NewInt(x), big.NewInt(y)
		return agrees(new(big.Int).Add(bx, by), sum, errSum) && agrees(new(big.Int).Sub(bx, by), difference, errDifference) &&
			agrees(new(big.Int).Neg(bx), opposite, errOpposite) && err == nil && order == bx.Cmp(by)
	}, &quick.Config{MaxCount: 5000}))
	for _, pair := range [][2]int64{{math.MaxInt64, 1}, {math.MinInt64, -1}, {math.MinInt64, math.MinInt64}, {math.MaxInt64, math.MaxInt64}, {-1, math.MinInt64}} {
		a, b := money.Amount{Minor: pair[0], Currency: money.DJF()}, money.Amount{Minor: pair[1], Currency: money.DJF()}
		sum, err := a.Add(b)
		require.True(t, agrees(new(big.Int).Add(big.NewInt(pair[0]), big.NewInt(pair[1])), sum, err))
		difference, err := a.Sub(b)
		require.True(t, agrees(new(big.Int).Sub(big.NewInt(pair[0]), big.NewInt(pair[1])), difference, err))
	}
	_, err := money.Amount{Minor: math.MinInt64, Currency: money.DJF()}.Neg()
	require.ErrorIs(t, err, money.ErrRange)
}

func agrees(want *big.Int, got money.Amount, err error) bool {
	if !want.IsInt64() {
		return err != nil && strings.Contains(err.Error(), money.ErrRange.Error()) && got == money.Amount{}
	}
	return err == nil && got.Minor == want.Int64()
}

func TestAmount_NeverAcrossCurrencies(t *testing.T) {
	t.Parallel()
	franc, dollar := money.Amount{Minor: 5, Currency: money.DJF()}, money.Amount{Currency: money.USD()}
	_, err := franc.Add(dollar)
	require.ErrorIs(t, err, money.ErrCurrency, "not even a zero")
	_, err = dollar.Sub(franc)
	require.ErrorIs(t, err, money.ErrCurrency)
	_, err = franc.Cmp(money.Amount{Minor: 5, Currency: money.XOF()})
	require.ErrorIs(t, err, money.ErrCurrency)
	sum, err := money.Amount{}.Add(franc)
	require.NoError(t, err, "a sum starts with the zero value")
	require.Equal(t, franc, sum)
	difference, err := franc.Sub(money.Amount{})
	require.NoError(t, err)
	require.Equal(t, franc, difference)
	require.False(t, franc.IsZero())
	require.True(t, dollar.IsZero())
}

// What was read is printed as it is meant, and read again.
func FuzzParseJSON(f *testing.F) {
	for _, seed := range []string{"-2500.00", `"0.50"`, "1e3", "9223372036854775808", "null", "1.25E-2"} {
		f.Add([]byte(seed), 2)
	}
	f.Fuzz(func(t *testing.T, value []byte, exponent int) {
		c, err := money.NewCurrency("ZZZ", exponent)
		if err != nil {
			return
		}
		amount, err := money.ParseJSON(value, c)
		if err != nil {
			require.Equal(t, money.Amount{}, amount)
			return
		}
		again, err := money.Parse(amount.Decimal(), c)
		require.NoError(t, err)
		require.Equal(t, amount, again)
	})
}
