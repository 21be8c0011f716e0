package djamo_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-querystring/query"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
)

func TestParseXOF_Reads(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		text string
		want djamo.XOF
	}{
		"plain":                      {"50000", 50_000},
		"zero":                       {"0", 0},
		"negative zero":              {"-0", 0},
		"three digits":               {"999", 999},
		"grouped by a space":         {"50 000", 50_000},
		"grouped by no-break spaces": {"1\u00a0500\u00a0000", 1_500_000},
		"grouped by narrow spaces":   {"1\u202f500\u202f000", 1_500_000},
		"spaces of two widths":       {"1 500\u00a0000", 1_500_000},
		"grouped by dots":            {"500.000", 500_000},
		"grouped by commas":          {"1,500,000", 1_500_000},
		"five thousand as the documentation writes it": {"5.000", 5_000},
		"negative":                     {"-3120", -3120},
		"negative and grouped":         {"-50 000", -50_000},
		"FCFA":                         {"50 000 FCFA", 50_000},
		"FCFA without a space":         {"50000FCFA", 50_000},
		"FCFA in lower case":           {"50000 fcfa", 50_000},
		"F CFA":                        {"50 000 F CFA", 50_000},
		"F CFA with a no-break space":  {"50 000\u00a0F\u00a0CFA", 50_000},
		"f cfa":                        {"50.000 f cfa", 50_000},
		"CFA":                          {"50,000 CFA", 50_000},
		"XOF":                          {"50000 XOF", 50_000},
		"xof":                          {"50000xof", 50_000},
		"white space around":           {"\t 50 000 \u00a0\r\n", 50_000},
		"largest":                      {"9223372036854775807", math.MaxInt64},
		"largest, grouped":             {"9 223 372 036 854 775 807 FCFA", math.MaxInt64},
		"lowest":                       {"-9223372036854775808", math.MinInt64},
		"number without a plus is one": {"748710523", 748_710_523},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := djamo.ParseXOF(row.text)
			require.NoError(t, err)
			require.Equal(t, row.want, got)
		})
	}
}

// Amounts as people write them, wherever they can be read one way only.
func TestParseXOF_C11_ReadsWhatHasOneReading(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"50 000 F", "50 000F", "50 000 f", "50 000 F.", "50 000,00", "50 000.00", "50.000,00", "50,000.00", "50000,00", "50000.0", "50 000,0",
		"50.000 FCFA", "50 000 F.CFA", "50 000 F. CFA", "50 000 F C F A", "50 000 Fcfa", "50.000,00 F CFA", "50 000 FCFA.", "50 000 CFAF",
		"XOF 50 000", "xof50000", "FCFA 50.000", "F CFA 50 000", "CFA 50,000", "50 000 CFA", "50 000 francs", "50 000 Francs CFA", "50 000 franc CFA",
		"50 000 FRS", "50 000 F-CFA", "F-CFA 50 000", "50 000 CFA francs", "50\u2009000", "50\u202f000\u202fF", "50\u2007000\u00a0FCFA", "50\u200a000", "50\u2003000 F\u2009CFA", "XOF\u00a050\u202f000,00",
	} {
		got, err := djamo.ParseXOF(text)
		require.NoError(t, err, "%q", text)
		require.EqualValues(t, 50_000, got, "%q", text)
	}
	for _, text := range []string{
		"50,00", "5,00 F", "50.00", "500.0", "50 00,00", "50 000,5", "50 000,000", "50 000.000,00.00", "0,00", "50k", "50 000 $", "50 000 €", "50 000 USD",
		"50 000 FF", "F", "F F 5000", "50 000 / 2", "50 000 FCFA / mois", "~50 000", "50'000", "50 000 -", "50-000", "5 0 0 0 0", "50\u200b000", "50\u2019000",
	} {
		_, err := djamo.ParseXOF(text)
		require.Error(t, err, "%q", text)
		require.ErrorContains(t, err, "understood are 50000, 50 000, 50.000, 50,000, 50 000,00, 50 000 F, 50 000 FCFA and XOF 50 000", "%q", text)
	}
}

func TestParseXOF_Refuses(t *testing.T) {
	t.Parallel()
	const (
		digits   = "must be a whole number of francs, written in digits"
		groups   = "could be read two ways"
		zero     = "must not start with a zero"
		overflow = "must lie between -9223372036854775808 and 9223372036854775807"
	)
	for name, row := range map[string]struct{ text, rule string }{
		"empty":                       {"", digits},
		"blank":                       {" \t", digits},
		"unit alone":                  {"FCFA", digits},
		"minus alone":                 {"-", digits},
		"separator alone":             {".", groups},
		"fraction of one digit":       {"50.5", groups},
		"fraction of two digits":      {"5,00", groups},
		"small fraction":              {"1.5", groups},
		"group of four":               {"50,0000", groups},
		"group of two":                {"50 00", groups},
		"group of two in the middle":  {"1 00 000", groups},
		"first group of four":         {"5000 000", groups},
		"separator at the end":        {"50.", groups},
		"separator at the start":      {".500", groups},
		"two separators in a row":     {"50  000", groups},
		"half a franc":                {"0.500", zero},
		"two kinds of separator":      {"1.500,000", "must use one kind of separator throughout"},
		"thousands and a fraction":    {"1 500,50", "must use one kind of separator throughout"},
		"fraction of three zeros":     {"50000,000", groups},
		"fraction with its group":     {"1.500.00", groups},
		"fraction after three digits": {"500,00", groups},
		"leading zero":                {"050000", zero},
		"zeros":                       {"00", zero},
		"negative leading zero":       {"-01", zero},
		"plus":                        {"+50000", "must be written without a plus sign"},
		"two minus signs":             {"--5", digits},
		"minus after the number":      {"50000-", digits},
		"minus and space":             {"- 50000", groups},
		"typographic minus":           {"−50000", digits},
		"in brackets":                 {"(50000)", digits},
		"apostrophe":                  {"50'000", digits},
		"underscore":                  {"50_000", digits},
		"exponent":                    {"5e4", digits},
		"hexadecimal":                 {"0x10", digits},
		"letters":                     {"cinquante", digits},
		"letter O for a zero":         {"5O000", digits},
		"Arabic digits":               {"٥٠٠٠", digits},
		"full-width digits":           {"５０００", digits},
		"another currency":            {"50 EUR", digits},
		"unit twice":                  {"5000 FCFA FCFA", digits},
		"unit on both sides":          {"XOF 5000 FCFA", digits},
		"another currency before":     {"EUR 5000", digits},
		"unit after a separator":      {"50. F", digits},
		"invalid UTF-8":               {"50\xff000", digits},
		"one too large":               {"9223372036854775808", overflow},
		"one too low":                 {"-9223372036854775809", overflow},
		"twenty digits":               {"18446744073709551616", overflow},
		"wraps to a small number":     {"184467440737095516165", overflow},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := djamo.ParseXOF(row.text)
			require.Zero(t, got)
			require.ErrorContains(t, err, row.rule)
			require.True(t, strings.HasPrefix(err.Error(), "djamo: amount: "), err.Error())
			require.ErrorIs(t, err, djamo.ErrInvalidRequest)
			var invalid *djamo.ValidationError
			require.ErrorAs(t, err, &invalid)
		})
	}
}

func TestParseXOF_ErrorShowsTheValue(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ text, shown string }{
		"short":                     {"50.5", "got 50.5"},
		"on one line":               {"50\n00x", `got "50\n00x"`},
		"bounded":                   {strings.Repeat("9", 1000), "got " + strings.Repeat("9", 40) + "…"},
		"cut between characters":    {strings.Repeat("9", 39) + "éé", "got " + strings.Repeat("9", 39) + "…"},
		"phone number":              {"+2250748710523", "got +22507******23"},
		"phone number with spaces":  {"+225 07 48 71 05 23", "got +225 07 ** ** ** 23"},
		"national phone number":     {"07 48 71 05 23", "got 07 4* ** ** 23"},
		"phone number, other field": {"tel:+2250748710523", "got tel:+22507******23"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := djamo.ParseXOF(row.text)
			require.Error(t, err)
			require.True(t, strings.HasSuffix(err.Error(), row.shown), err.Error())
		})
	}
}

func TestXOF_String(t *testing.T) {
	t.Parallel()
	for want, amount := range map[string]djamo.XOF{
		"0_FCFA":                          0,
		"5_FCFA":                          5,
		"999_FCFA":                        999,
		"1_000_FCFA":                      1_000,
		"50_000_FCFA":                     50_000,
		"-999_FCFA":                       -999,
		"-3_120_FCFA":                     -3_120,
		"9_223_372_036_854_775_807_FCFA":  math.MaxInt64,
		"-9_223_372_036_854_775_808_FCFA": math.MinInt64,
	} {
		want = strings.ReplaceAll(want, "_", "\u202f")
		require.Equal(t, want, amount.String())
		require.Equal(t, want, fmt.Sprintf("%v", amount))
		require.Equal(t, fmt.Sprint(int64(amount)), fmt.Sprintf("%d", amount))
	}
}

func TestXOF_UnmarshalJSON(t *testing.T) {
	t.Parallel()
	const (
		unchanged = djamo.XOF(7)
		integer   = "must be a whole number of francs, as a JSON number without quotes, got "
		overflow  = "must lie between -9223372036854775808 and 9223372036854775807, got "
	)
	for name, row := range map[string]struct {
		json string
		want djamo.XOF
		fail string
	}{
		"integer":                    {"15000", 15_000, ""},
		"zero":                       {"0", 0, ""},
		"negative zero":              {"-0", 0, ""},
		"debit":                      {"-3120", -3120, ""},
		"largest":                    {"9223372036854775807", math.MaxInt64, ""},
		"lowest":                     {"-9223372036854775808", math.MinInt64, ""},
		"null":                       {"null", unchanged, ""},
		"fraction":                   {"50.5", unchanged, integer + "50.5"},
		"whole number as a fraction": {"50.0", 50, ""},
		"exponent":                   {"5e4", 50_000, ""},
		"exponent with signs":        {"-5E+04", -50_000, ""},
		"fraction and exponent":      {"1.5e1", 15, ""},
		"negative exponent":          {"500000e-1", 50_000, ""},
		"largest as a fraction":      {"9223372036854775807.000", math.MaxInt64, ""},
		"lowest as an exponent":      {"-9223372036854775808e0", math.MinInt64, ""},
		"nothing, times anything":    {"0e99999999999999999999", 0, ""},
		"negative zero, written so":  {"-0.0", 0, ""},
		"small digits far away":      {"0.00005e9", 50_000, ""},
		"a franc and a little":       {"1.00000000000000000001", unchanged, integer + "1.00000000000000000001"},
		"half a franc":               {"5e-1", unchanged, integer + "5e-1"},
		"next to nothing":            {"1e-99999999999999999999", unchanged, integer + "1e-99999999999999999999"},
		"beyond a float's digits":    {"9007199254740993.0", 9_007_199_254_740_993, ""},
		"one too large, as fraction": {"9223372036854775808.0", unchanged, overflow + "9223372036854775808.0"},
		"too large an exponent":      {"1e19", unchanged, overflow + "1e19"},
		"an exponent without end":    {"1e99999999999999999999", unchanged, overflow + "1e99999999999999999999"},
		"string":                     {`"15000"`, unchanged, integer + `"15000"`},
		"empty string":               {`""`, unchanged, integer + `""`},
		"true":                       {"true", unchanged, integer + "true"},
		"object":                     {`{"value":1}`, unchanged, integer + `{"value":1}`},
		"array":                      {`[1]`, unchanged, integer + `[1]`},
		"one too large":              {"9223372036854775808", unchanged, overflow + "9223372036854775808"},
		"one too low":                {"-9223372036854775809", unchanged, overflow + "-9223372036854775809"},
		"long object":                {`{"value":"` + strings.Repeat("v", 1000) + `"}`, unchanged, integer + `{"value":"` + strings.Repeat("v", 30) + "…"},
		"phone number":               {`"+2250748710523"`, unchanged, integer + `"+225*********3"`},
		"phone number inside":        {`{"msisdn":"+2250748710523"}`, unchanged, integer + `{"msisdn":"+22507******23"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			direct, field, pointer := unchanged, struct{ Amount djamo.XOF }{unchanged}, struct{ Amount *djamo.XOF }{}
			errs := []error{
				direct.UnmarshalJSON([]byte(row.json)),
				json.Unmarshal([]byte(`{"amount": `+row.json+` }`), &field),
				json.Unmarshal([]byte(`{"amount": `+row.json+` }`), &pointer),
			}
			for _, err := range errs {
				if row.fail == "" {
					require.NoError(t, err)
				} else {
					require.EqualError(t, err, "djamo: amount: "+row.fail)
					require.NotErrorIs(t, err, djamo.ErrInvalidRequest, "an answer that cannot be read says nothing about the request")
				}
			}
			require.Equal(t, row.want, direct)
			require.Equal(t, row.want, field.Amount)
			if row.json == "null" {
				require.Nil(t, pointer.Amount)
			} else if row.fail == "" {
				require.Equal(t, row.want, *pointer.Amount)
			}
		})
	}
}

func TestXOF_UnmarshalJSON_RefusesWhatEncodingJSONWouldCatch(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"", "-", "00", "01", "-01", "+1", " 1", "1 ", "--1", "1_000", "NULL", "nul"} {
		amount := djamo.XOF(7)
		require.Error(t, amount.UnmarshalJSON([]byte(data)), "%q", data)
		require.Equal(t, djamo.XOF(7), amount)
	}
}

func TestXOF_OtherEncodings(t *testing.T) {
	t.Parallel()
	type params struct {
		Amount  djamo.XOF           `json:"amount" url:"amount"`
		Pointer *djamo.XOF          `json:"pointer" url:"pointer"`
		Absent  djamo.XOF           `json:"absent,omitempty" url:"absent,omitempty"`
		ByLimit map[djamo.XOF]int64 `json:"byLimit" url:"-"`
	}
	amount := djamo.XOF(1_500_000)
	in := params{Amount: -amount, Pointer: &amount, ByLimit: map[djamo.XOF]int64{5_000: 1}}

	encoded, err := json.Marshal(in)
	require.NoError(t, err)
	require.JSONEq(t, `{"amount":-1500000,"pointer":1500000,"byLimit":{"5000":1}}`, string(encoded))
	var out params
	require.NoError(t, json.Unmarshal(encoded, &out))
	require.Equal(t, in, out)

	values, err := query.Values(in)
	require.NoError(t, err)
	require.Equal(t, "amount=-1500000&pointer=1500000", values.Encode())

	var wire bytes.Buffer
	require.NoError(t, gob.NewEncoder(&wire).Encode(in))
	var back params
	require.NoError(t, gob.NewDecoder(&wire).Decode(&back))
	require.Equal(t, in, back)
}

func TestXOF_ArithmeticNamesBothSides(t *testing.T) {
	t.Parallel()
	_, err := djamo.XOF(math.MaxInt64).Add(1)
	require.EqualError(t, err, "djamo: amount overflow: 9223372036854775807 + 1")
	_, err = djamo.XOF(math.MinInt64).Sub(1)
	require.EqualError(t, err, "djamo: amount overflow: -9223372036854775808 - 1")
	_, err = djamo.XOF(math.MinInt64).Mul(-1)
	require.EqualError(t, err, "djamo: amount overflow: -9223372036854775808 * -1")
	_, err = djamo.SumXOF(math.MaxInt64, 1)
	require.EqualError(t, err, "djamo: amount overflow: the sum of 2 amounts")
}

// moneyOperand prefers what breaks arithmetic: both ends, small numbers, powers of two and the root of the range.
func moneyOperand(random *rand.Rand) int64 {
	near := []int64{0, math.MaxInt64, math.MinInt64, 1 << random.IntN(63), -1 << random.IntN(63), 3_037_000_499, -3_037_000_500}
	switch random.IntN(4) {
	case 0:
		return int64(random.Uint64())
	case 1:
		return int64(random.Uint64()) >> random.IntN(64)
	}
	return near[random.IntN(len(near))] + random.Int64N(5) - 2 // may wrap round, which is another operand
}

func TestXOF_ArithmeticAgreesWithBigInt(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(2026, 1))
	overflows, fits := 0, 0
	check := func(name string, exact *big.Int, got djamo.XOF, err error) {
		if exact.IsInt64() {
			fits++
			require.NoError(t, err, name)
			require.Equal(t, exact.Int64(), int64(got), name)
			return
		}
		overflows++
		require.ErrorIs(t, err, djamo.ErrOverflow, name)
		require.Zero(t, got, name)
	}
	for range 50_000 {
		x, y := moneyOperand(random), moneyOperand(random)
		bigX, bigY := big.NewInt(x), big.NewInt(y)

		sum, err := djamo.XOF(x).Add(djamo.XOF(y))
		check(fmt.Sprintf("%d + %d", x, y), new(big.Int).Add(bigX, bigY), sum, err)
		difference, err := djamo.XOF(x).Sub(djamo.XOF(y))
		check(fmt.Sprintf("%d - %d", x, y), new(big.Int).Sub(bigX, bigY), difference, err)
		product, err := djamo.XOF(x).Mul(y)
		check(fmt.Sprintf("%d * %d", x, y), new(big.Int).Mul(bigX, bigY), product, err)

		amounts, total := make([]djamo.XOF, random.IntN(6)), new(big.Int)
		for i := range amounts {
			amounts[i] = djamo.XOF(moneyOperand(random))
			total.Add(total, big.NewInt(int64(amounts[i])))
		}
		whole, err := djamo.SumXOF(amounts...)
		check(fmt.Sprintf("sum of %d", amounts), total, whole, err)
	}
	require.Greater(t, overflows, 10_000, "the operands must reach both sides of the limit")
	require.Greater(t, fits, 10_000, "the operands must reach both sides of the limit")
}

func TestXOF_MultiplicationAtTheEdges(t *testing.T) {
	t.Parallel()
	edges := []int64{math.MinInt64, math.MinInt64 + 1, math.MinInt64 / 2, -2, -1, 0, 1, 2, math.MaxInt64 / 2, math.MaxInt64}
	for _, x := range edges {
		for _, n := range edges {
			exact := new(big.Int).Mul(big.NewInt(x), big.NewInt(n))
			got, err := djamo.XOF(x).Mul(n)
			require.Equal(t, exact.IsInt64(), err == nil, "%d * %d", x, n)
			if err == nil {
				require.Equal(t, exact.Int64(), int64(got), "%d * %d", x, n)
			}
		}
	}
}

func TestXOF_StringRoundTrips(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(2026, 2))
	for range 20_000 {
		amount := djamo.XOF(moneyOperand(random))
		for _, text := range []string{amount.String(), fmt.Sprintf("%d", amount)} {
			back, err := djamo.ParseXOF(text)
			require.NoError(t, err)
			require.Equal(t, amount, back)
		}
	}
}

// People cannot see which of three spaces a spreadsheet wrote.
func TestParseXOF_NoReaderTellsSpacesApart(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"1\u202f000\u00a0000 000", "1 000\u202f000\u202f000 FCFA", "1\u00a0000\u202f000 000"} {
		amount, err := djamo.ParseXOF(text)
		require.NoError(t, err, "%q", text)
		require.Equal(t, djamo.XOF(1_000_000_000), amount, "%q", text)
	}
	_, err := djamo.ParseXOF("1\u202f000.000")
	require.Error(t, err)
}

func ExampleParseXOF() {
	for _, text := range []string{"50 000 FCFA", "500.000", "50.5"} {
		amount, err := djamo.ParseXOF(text)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%d\n", amount)
	}
	// Output:
	// 50000
	// 500000
	// djamo: amount: must be whole francs in exact groups of three digits: anything else could be read two ways (understood are 50000, 50 000, 50.000, 50,000, 50 000,00, 50 000 F, 50 000 FCFA and XOF 50 000), got 50.5
}

func ExampleXOF_Add() {
	salary, bonus := djamo.XOF(250_000), djamo.XOF(40_000)
	total, err := salary.Add(bonus)
	fmt.Printf("%d %v\n", total, err)

	_, err = djamo.XOF(math.MaxInt64).Add(1)
	fmt.Println(errors.Is(err, djamo.ErrOverflow))
	// Output:
	// 290000 <nil>
	// true
}

func ExampleSumXOF() {
	total, err := djamo.SumXOF(250_000, 310_000, 190_500)
	fmt.Printf("%d francs, %v\n", total, err)
	// Output: 750500 francs, <nil>
}

// BenchmarkXOF_DecodeJSON decodes the same thousand amounts into XOF and, for comparison, into int64.
func BenchmarkXOF_DecodeJSON(b *testing.B) {
	data := []byte("[" + strings.Repeat("15000,150,500000,-3120,", 250) + "1]")
	b.Run("XOF", func(b *testing.B) {
		b.ReportAllocs()
		amounts := make([]djamo.XOF, 0, 1001)
		for b.Loop() {
			if err := json.Unmarshal(data, &amounts); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("int64", func(b *testing.B) {
		b.ReportAllocs()
		amounts := make([]int64, 0, 1001)
		for b.Loop() {
			if err := json.Unmarshal(data, &amounts); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("direct", func(b *testing.B) {
		b.ReportAllocs()
		number := []byte("15000")
		var amount djamo.XOF
		for b.Loop() {
			if err := amount.UnmarshalJSON(number); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkParseXOF(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := djamo.ParseXOF("1 500 000 FCFA"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkXOF_String(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = djamo.XOF(1_500_000).String()
	}
}

// fractionOfNothing is at the end of an amount, or before its unit.
var fractionOfNothing = regexp.MustCompile(`[.,](00?)\D*$`)

func FuzzParseXOF(f *testing.F) {
	for _, text := range []string{
		"50000", "50 000 FCFA", "50.000", "50,000", "50.5", "5,00", "0.500", "1.500,000", "50 000,00", "1000,0 F", "-3\u202f120\u202fFCFA", "+5", "٥", "F CFA",
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

		// Whatever was around and between them, the digits of the text are the digits of the amount, but for a fraction of nothing.
		keep := func(r rune) rune {
			if r == '-' || '0' <= r && r <= '9' {
				return r
			}
			return -1
		}
		want, got := strings.Map(keep, text), strings.Map(keep, amount.String())
		if fraction := fractionOfNothing.FindStringSubmatch(text); fraction != nil && want != got {
			got += fraction[1]
		}
		if want != "-0" {
			require.Equal(t, want, got)
		}
	})
}

func FuzzXOFUnmarshalJSON(f *testing.F) {
	for _, data := range []string{
		"15000", "-3120", "0", "-0", "00", "-", "50.5", "50.0", "5e4", "1E2", "1E00000", "1e-000000", "0e99999", `"15000"`, "null", "true", "{}", "[1]", " 1 ", "",
		"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "\xff",
	} {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		const before = 7
		plain, amount := int64(before), djamo.XOF(before)
		plainErr, err := json.Unmarshal(data, &plain), json.Unmarshal(data, &amount)
		if exact, ok := wholeNumber(data); ok { // what encoding/json refuses of an int64, for how it is written
			plain, plainErr = exact, nil
		}
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

// wholeNumber reads a JSON number with arithmetic of any size.
func wholeNumber(data []byte) (int64, bool) {
	var number json.Number
	if json.Unmarshal(data, &number) != nil || strings.Contains(string(data), `"`) {
		return 0, false
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(number.String()), "e")
	if len(strings.TrimLeft(strings.TrimLeft(exponent, "+-"), "0")) > 4 { // more digits than fit into memory
		exact, ok := new(big.Rat).SetString(mantissa)
		return 0, ok && exact.Sign() == 0
	}
	exact, ok := new(big.Rat).SetString(number.String())
	if !ok || !exact.IsInt() || !exact.Num().IsInt64() {
		return 0, false
	}
	return exact.Num().Int64(), true
}
