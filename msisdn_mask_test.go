package djamo_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
)

func TestMSISDN_String(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		number djamo.MSISDN
		want   string
	}{
		"Ivorian":                         {"+2250748710523", "+22507******23"},
		"Senegalese":                      {"+221771234567", "+22177*****67"},
		"longest":                         {"+491234567890123", "+49123********23"},
		"without a plus":                  {"2250748710523", "22507******23"},
		"ten digits":                      {"0748710523", "074*****23"},
		"eight digits":                    {"48710523", "48****23"},
		"six digits":                      {"710523", "7***23"},
		"four digits":                     {"0523", "**23"},
		"three digits":                    {"523", "**3"},
		"one digit":                       {"5", "*"},
		"empty":                           {"", ""},
		"plus alone":                      {"+", "+"},
		"masked by the API":               {"+22507XXXXXX00", "+22507XXXXXX00"},
		"masked by us":                    {"+22507******23", "+22507******23"},
		"masked otherwise":                {"+225••••••0523", "+225••••••0523"},
		"masked but for the end":          {"XXXXXXXX0523", "XXXXXXXX0523"},
		"masked in too few places":        {"+22507487105XX", "+22507******XX"},
		"whole behind a mask":             {"XXXXXXXXXXXXX0748710523", "XXXXXXXXXXXXX********23"},
		"shortened by the API":            {"+225079932203", "+22507*****03"},
		"with spaces":                     {"+225 07 48 71 05 23", "+225 07 ** ** ** 23"},
		"another script":                  {"+٢٢٥٠٧٤٨٧١٠٥٢٣", "+٢٢٥٠٧******٢٣"},
		"something else, such as a token": {"at_live_0123456789abcdef", "at_li*****************ef"},
		"long":                            {djamo.MSISDN(strings.Repeat("1234", 1000)), "12341" + strings.Repeat("*", 25) + "34…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, row.want, row.number.String())
			require.Equal(t, row.want, djamo.MSISDN(row.want).String(), "masking twice changes nothing")
			require.Equal(t, fmt.Sprintf("djamo.MSISDN(%q)", row.want), row.number.GoString())
			require.Equal(t, row.want, row.number.LogValue().String())
		})
	}
}

func TestMSISDN_MaskHidesAtLeastHalfOrAllButSeven(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(2026, 3))
	for range 20_000 {
		number := make([]byte, random.IntN(20))
		for i := range number {
			number[i] = byte('0' + random.IntN(10))
		}
		whole := []string{"", "+"}[random.IntN(2)] + string(number)
		masked := djamo.MSISDN(whole).String()
		shown := len(number) - strings.Count(masked, "*")

		require.Len(t, masked, len(whole), "lengths stay")
		require.True(t, shown <= len(number)/2 || len(number) >= 12 && shown == 7, "%q shows too much", masked)
		if len(number) > 0 {
			require.NotContains(t, masked, string(number))
		}
		require.Equal(t, masked, djamo.MSISDN(masked).String())
	}
}

// msisdnHolders are the ways a number reaches fmt.
func msisdnHolders(number djamo.MSISDN) map[string]any {
	type inner struct{ To djamo.MSISDN }
	type outer struct {
		Inner   inner
		Pointer *djamo.MSISDN
		List    []djamo.MSISDN
		Any     any
	}
	return map[string]any{
		"value":             number,
		"struct":            inner{number},
		"pointer to struct": &inner{number},
		"nested":            outer{inner{number}, &number, []djamo.MSISDN{number}, number},
		"slice":             []djamo.MSISDN{number},
		"array":             [1]djamo.MSISDN{number},
		"map key":           map[djamo.MSISDN]int{number: 1},
		"map value":         map[string]djamo.MSISDN{"to": number},
		"slice of any":      []any{number},
		"slice of structs":  []inner{{number}},
	}
}

// Whatever the verb and the flags, a printed number is masked. %p and %w are left out: fmt reports both as mistakes
// without asking the value how it wants to be printed, and go vet refuses them for a string.
func TestMSISDN_NoVerbPrintsTheWhole(t *testing.T) {
	t.Parallel()
	number := djamo.MSISDN("+2250748710523")
	secrets := []string{
		"0748710523", "48710523",
		hex.EncodeToString([]byte("48710523")), strings.ToUpper(hex.EncodeToString([]byte("48710523"))),
		fmt.Sprintf("% x", "48710523"), fmt.Sprintf("%# x", "48710523"), fmt.Sprintf("%v", []byte("48710523")),
	}
	var verbs []string
	for verb := rune(' '); verb < 0x250; verb++ {
		if verb != 'p' && verb != 'w' && !strings.ContainsRune("+-# 0123456789.*[]%", verb) {
			verbs = append(verbs, string(verb))
		}
	}
	holders := msisdnHolders(number)
	holders["pointer"] = &number
	printed := 0
	for name, holder := range holders {
		for _, flags := range []string{"", "+", "#", "-", " ", "0", "# ", "+#", "30", "-30", ".40", "30.40", "[1]"} {
			for _, verb := range verbs {
				text := fmt.Sprintf("%"+flags+verb, holder)
				for _, secret := range secrets {
					require.NotContains(t, text, secret, "%s with %%%s%s", name, flags, verb)
				}
				printed++
			}
		}
		for call, text := range map[string]string{
			"Sprint": fmt.Sprint(holder), "Sprintln": fmt.Sprintln(holder), "Append": string(fmt.Append(nil, holder)),
			"an argument too many": fmt.Sprintf(strings.Repeat("x", 1), holder), "an argument as width": fmt.Sprintf("%*d", holder, 1),
			"Errorf": fmt.Errorf("to %v", holder).Error(),
		} {
			for _, secret := range secrets {
				require.NotContains(t, text, secret, "%s by %s", name, call)
			}
		}
	}
	require.Greater(t, printed, 10_000)
}

func TestMSISDN_Format(t *testing.T) {
	t.Parallel()
	number := djamo.MSISDN("+2250748710523")
	var absent *djamo.MSISDN
	for format, want := range map[string]string{
		"%v":     "+22507******23",
		"%s":     "+22507******23",
		"%+v":    "+22507******23",
		"%q":     `"+22507******23"`,
		"%x":     hex.EncodeToString([]byte("+22507******23")),
		"%X":     strings.ToUpper(hex.EncodeToString([]byte("+22507******23"))),
		"%#v":    `djamo.MSISDN("+22507******23")`,
		"%d":     "%!d(string=+22507******23)",
		"%20s":   "      +22507******23",
		"%-16s|": "+22507******23  |",
		"%.6s":   "+22507",
		"%T":     "djamo.MSISDN",
	} {
		require.Equal(t, want, fmt.Sprintf(format, number), format)
	}
	require.Equal(t, "<nil>", fmt.Sprintf("%v", absent))
	require.Equal(t, `[]djamo.MSISDN{djamo.MSISDN("+22507******23")}`, fmt.Sprintf("%#v", []djamo.MSISDN{number}))
}

func TestMSISDN_LogsMasked(t *testing.T) {
	t.Parallel()
	number := djamo.MSISDN("+2250748710523")
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(out *bytes.Buffer) slog.Handler { return slog.NewTextHandler(out, nil) },
		"json": func(out *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(out, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			logger := slog.New(handler(&out))
			logger.Info("paid", slog.Any("msisdn", number), slog.Group("payee", slog.Any("msisdn", number)), slog.Any("pointer", &number))
			logger.With("msisdn", number).Info("again")
			require.Equal(t, 4, strings.Count(out.String(), "+22507******23"), out.String())
			require.NotContains(t, out.String(), "48710523")
		})
	}
}

func TestMSISDN_MaskIsOneLineOfTheSameLength(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"+225\n0748710523", "+225é748710523", "٠٧٤٨٧١٠٥٢٣"} {
		require.Equal(t, utf8.RuneCountInString(number), utf8.RuneCountInString(djamo.MSISDN(number).String()))
	}
}

func TestMaskPhones_HidesNumbersInATextAndNothingElse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                       "",
		"salaire-2026-06/0042, 500000 F":         "salaire-2026-06/0042, 500000 F",
		"no account for +225 07 48 71 05 23 yet": "no account for +225 07 ** ** ** 23 yet",
		"0748710523/2026-06":                     "07487***23/2026-06",
	} {
		require.Equal(t, want, djamo.MaskPhones(text))
	}
}
