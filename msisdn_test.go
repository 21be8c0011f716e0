package djamo_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/djamo/djamo-go"
	"github.com/google/go-querystring/query"
	"github.com/stretchr/testify/require"
)

func TestParseMSISDN_Reads(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		text string
		want djamo.MSISDN
	}{
		"Ivorian":                          {"+2250748710523", "+2250748710523"},
		"Senegalese":                       {"+221771234567", "+221771234567"},
		"French":                           {"+33612345678", "+33612345678"},
		"shortest":                         {"+29012345", "+29012345"},
		"longest":                          {"+491234567890123", "+491234567890123"},
		"spaces":                           {"+225 07 48 71 05 23", "+2250748710523"},
		"no-break spaces":                  {"+225\u00a007\u00a048\u00a071\u00a005\u00a023", "+2250748710523"},
		"narrow no-break spaces":           {"+225\u202f07\u202f48\u202f71\u202f05\u202f23", "+2250748710523"},
		"dots":                             {"+225.07.48.71.05.23", "+2250748710523"},
		"hyphens":                          {"+225-07-48-71-05-23", "+2250748710523"},
		"mixed separators":                 {"+221 - 77 123.45-67", "+221771234567"},
		"white space around":               {"\t+2250748710523 \r\n", "+2250748710523"},
		"no-break space around":            {"\u00a0+2250748710523\u202f", "+2250748710523"},
		"country that starts with 22":      {"+22312345678", "+22312345678"},
		"country that merely looks Ivoire": {"+2245551234", "+2245551234"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := djamo.ParseMSISDN(row.text)
			require.NoError(t, err)
			require.Equal(t, row.want.E164(), got.E164())
			require.NoError(t, got.Validate())
		})
	}
}

func TestParseMSISDN_Refuses(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ text, want string }{
		"empty":                       {"", "must not be empty"},
		"blank":                       {" \t", "must not be empty"},
		"plus alone":                  {"+", "must have 8 to 15 digits after the plus, not 0, got +"},
		"no plus":                     {"2250748710523", "must start with + and the country code, such as +225, got 22507******23"},
		"national":                    {"07 48 71 05 23", "must start with + and the country code, such as +225, got 07 4* ** ** 23"},
		"00 in place of the plus":     {"002250748710523", "must start with + in place of 00, such as +225, got 00225********23"},
		"00 with spaces":              {"00 225 07 48 71 05 23", "must start with + in place of 00, such as +225, got 00 225 ** ** ** ** 23"},
		"plus twice":                  {"++2250748710523", "must hold only digits after the plus, not '+', got ++2250*******23"},
		"plus and 00":                 {"+002250748710523", "must start with a country code, and none starts with 0, got +00225********23"},
		"country code with 0":         {"+0748710523", "must start with a country code, and none starts with 0, got +074*****23"},
		"Ivorian of before 2021":      {"+22548710523", "must have 10 digits after +225, the numbering since 2021, not 8, got +225******23"},
		"Ivorian too short":           {"+225074871052", "must have 10 digits after +225, the numbering since 2021, not 9, got +22507*****52"},
		"Ivorian too long":            {"+22507487105234", "must have 10 digits after +225, the numbering since 2021, not 11, got +22507*******34"},
		"Senegalese too short":        {"+22177123456", "must have 9 digits after +221, not 8, got +221******56"},
		"Senegalese too long":         {"+2217712345678", "must have 9 digits after +221, not 10, got +22177******78"},
		"country code alone":          {"+225", "must have 10 digits after +225, the numbering since 2021, not 0, got +**5"},
		"too short":                   {"+3361234", "must have 8 to 15 digits after the plus, not 7, got +3****34"},
		"too long":                    {"+3361234567890123", "must have 8 to 15 digits after the plus, not 16, got +33612*********23"},
		"masked with X":               {"+22507XXXXXX00", "must be the whole number, without masked digits, got +22507XXXXXX00"},
		"masked with stars":           {"+22507******23", "must be the whole number, without masked digits, got +22507******23"},
		"masked with bullets":         {"+225 07 •• •• •• 23", "must be the whole number, without masked digits, got +225 07 •• •• •• 23"},
		"letter O for a zero":         {"+225O748710523", "must hold only digits after the plus, not 'O', got +225O7******23"},
		"decimals":                    {"+22177123456.0", "must be a phone number: a program wrote it as a number with decimals; enter it as text, with + and the country code, got +22177*****6.0"},
		"brackets":                    {"+225 (0) 748710523", "must hold only digits after the plus, not '(', got +225 (0* *******23"},
		"slash":                       {"+2250748710523/24", "must hold only digits after the plus, not '/', got +22507*********24"},
		"extension":                   {"+2250748710523 poste 12", "must hold only digits after the plus, not 'p', got +22507******** ***** 12"},
		"separator at the end":        {"+2250748710523-", "must hold only digits after the plus, not '-', got +22507******23-"},
		"separator after the plus":    {"+ 2250748710523", "must hold only digits after the plus, not ' ', got + 22507******23"},
		"tab between digits":          {"+225\t0748710523", `must hold only digits after the plus, no invisible character such as U+0009, got "+225\t0*******23"`},
		"pasted with bidi marks":      {"\u202a+2250748710523\u202c", `must start with + and the country code, such as +225, got "\u202a+225*********3\u202c"`},
		"zero-width space":            {"+225\u200b0748710523", `must hold only digits after the plus, no invisible character such as U+200B, got "+225\u200b0*******23"`},
		"invalid UTF-8":               {"+225\xff0748710523", `must hold only digits after the plus, no invisible character such as U+FFFD, got "+225�0*******23"`},
		"Arabic digits":               {"+٢٢٥٠٧٤٨٧١٠٥٢٣", "must hold only digits after the plus, not '٢', got +٢٢٥٠٧******٢٣"},
		"two numbers":                 {"+2250748710523 +221771234567", "must hold only digits after the plus, not '+', got +22507******** ***********67"},
		"word":                        {"inconnu", "must start with + and the country code, such as +225, got i****nu"},
		"long text, cut in the error": {"+225" + strings.Repeat("07", 500), "must have 10 digits after +225, the numbering since 2021, not 1000, got +22507************************07…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := djamo.ParseMSISDN(row.text)
			require.Zero(t, got)
			require.EqualError(t, err, "djamo: msisdn: "+row.want)
			require.ErrorIs(t, err, djamo.ErrInvalidRequest)
			var invalid *djamo.ValidationError
			require.ErrorAs(t, err, &invalid)
			require.Equal(t, "msisdn", invalid.Field)
		})
	}
}

func TestMSISDN_Validate(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		number djamo.MSISDN
		want   string
	}{
		"whole":              {"+2250748710523", ""},
		"Senegalese":         {"+221771234567", ""},
		"zero value":         {"", "djamo: msisdn: must not be empty"},
		"separators":         {"+225 0748710523", "djamo: msisdn: must hold only digits after the plus, not ' ', got +225 07******23"},
		"white space around": {" +2250748710523", "djamo: msisdn: must start with + and the country code, such as +225, got  +2250*******23"},
		"masked":             {"+22507XXXXXX00", "djamo: msisdn: must be the whole number, without masked digits, got +22507XXXXXX00"},
		"short, from the API": {
			"+225079932203", "djamo: msisdn: must have 10 digits after +225, the numbering since 2021, not 9, got +22507*****03",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := row.number.Validate()
			if row.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, row.want)
			require.ErrorIs(t, err, djamo.ErrInvalidRequest)
		})
	}
}

func TestMSISDN_TravelsWhole(t *testing.T) {
	t.Parallel()
	type params struct {
		To      djamo.MSISDN            `json:"to" url:"to" xml:"to"`
		Pointer *djamo.MSISDN           `json:"pointer" url:"pointer" xml:"-"`
		Absent  djamo.MSISDN            `json:"absent,omitempty" url:"absent,omitempty" xml:"absent,omitempty"`
		ByPhone map[djamo.MSISDN]string `json:"byPhone" url:"-" xml:"-"`
	}
	number := djamo.MSISDN("+2250748710523")
	in := params{To: number, Pointer: &number, ByPhone: map[djamo.MSISDN]string{number: "a"}}

	encoded, err := json.Marshal(in)
	require.NoError(t, err)
	require.JSONEq(t, `{"to":"+2250748710523","pointer":"+2250748710523","byPhone":{"+2250748710523":"a"}}`, string(encoded))
	var out params
	require.NoError(t, json.Unmarshal(encoded, &out))
	require.Equal(t, in, out)

	values, err := query.Values(in)
	require.NoError(t, err)
	require.Equal(t, "pointer=%2B2250748710523&to=%2B2250748710523", values.Encode())

	document, err := xml.Marshal(in)
	require.NoError(t, err)
	require.Equal(t, "<params><to>+2250748710523</to></params>", string(document))

	require.Equal(t, "+2250748710523", number.E164())
}

func TestMSISDN_ResponsesAreNeverRejected(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"+22507XXXXXX00", "+225079932203", "", "unknown", "2250748710523", "07 48", "+٢٢٥", strings.Repeat("9", 500)} {
		encoded, err := json.Marshal(number)
		require.NoError(t, err)
		var got struct{ MSISDN djamo.MSISDN }
		require.NoError(t, json.Unmarshal([]byte(`{"msisdn":`+string(encoded)+`}`), &got))
		require.Equal(t, number, got.MSISDN.E164())
	}
	kept := struct{ MSISDN djamo.MSISDN }{"+2250748710523"}
	require.NoError(t, json.Unmarshal([]byte(`{"msisdn":null}`), &kept))
	require.Equal(t, "+2250748710523", kept.MSISDN.E164())
}

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

func ExampleParseMSISDN() {
	number, err := djamo.ParseMSISDN("+225 07 48 71 05 23")
	fmt.Println(number, err) // printed, a number masks itself
	fmt.Println(len(number.E164()))

	_, err = djamo.ParseMSISDN("00225 07 48 71 05 23")
	fmt.Println(err)
	// Output:
	// +22507******23 <nil>
	// 14
	// djamo: msisdn: must start with + in place of 00, such as +225, got 00225 ** ** ** ** 23
}

func BenchmarkParseMSISDN(b *testing.B) {
	for name, text := range map[string]string{"clean": "+2250748710523", "spaces": "+225 07 48 71 05 23"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := djamo.ParseMSISDN(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkMSISDN_String(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = djamo.MSISDN("+2250748710523").String()
	}
}

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

func TestParseNationalMSISDN_D17_Reads(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ country, text, want string }{
		{"CI", "07 48 71 05 23", "+2250748710523"},
		{"ci", "0748710523", "+2250748710523"},
		{" CI ", "07.48.71.05.23", "+2250748710523"},
		{"CI", "07-48-71-05-23", "+2250748710523"},
		{"CI", "07–48—71‑05−23", "+2250748710523"},
		{"CI", "(07) 48 71 05 23", "+2250748710523"},
		{"CI", "[07] 48 71 05 23", "+2250748710523"},
		{"CI", "07\u00a048\u202f71\u200905\u300023", "+2250748710523"},
		{"CI", "\u202a07 48 71 05 23\u202c", "+2250748710523"},
		{"CI", "\ufeff\u200e07\u200b48710523\u00ad", "+2250748710523"},
		{"CI", "\t0748710523\r\n", "+2250748710523"},
		{"CI", "01 02 03 04 05", "+2250102030405"},
		{"CI", "05 05 05 05 05", "+2250505050505"},
		{"CI", "27 22 44 55 66", "+2252722445566"},
		{"CIV", "21 22 44 55 66", "+2252122445566"},
		{"CI", "+225 (0)7 48 71 05 23", "+2250748710523"},
		{"CI", "07 48 71 05 23.", "+2250748710523"},
		{"CI", "0 7 4 8 7 1 0 5 2 3", "+2250748710523"},
		{"CI", "\u2066(225) 07 48 71 05 23\u2069", "+2250748710523"},
		{"SN", "77 123 45 67", "+221771234567"},
		{"sn", "70-123-45-67", "+221701234567"},
		{"SEN", "33 821 00 00", "+221338210000"},
		// An international number of the same country, passed by mistake.
		{"CI", "+225 07 48 71 05 23", "+2250748710523"},
		{"CI", "(+225) 07 48 71 05 23", "+2250748710523"},
		{"CI", "00225 0748710523", "+2250748710523"},
		{"CI", "225 07 48 71 05 23", "+2250748710523"},
		{"SN", "+221 77 123 45 67", "+221771234567"},
		{"SN", "00221771234567", "+221771234567"},
		{"SN", "221771234567", "+221771234567"},
	} {
		got, err := djamo.ParseNationalMSISDN(row.country, row.text)
		require.NoError(t, err, "%q", row.text)
		require.Equal(t, row.want, got.E164(), "%q", row.text)
		require.NoError(t, got.Validate())
	}
}

func TestParseNationalMSISDN_D17_Refuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ country, text, want string }{
		{"CI", "48 71 05 23", "has 8 digits, as before 2021: since then 01 (Moov), 05 (MTN) or 07 (Orange) stands before"},
		{"CI", "48710523", "ask the payee for the 10 digits"},
		{"CI", "748710523", "may have lost its first zero, as in a spreadsheet"},
		{"CI", "771234567", "or be a number of Senegal"},
		{"CI", "09 48 71 05 23", "must begin with 01, 05, 07, 21, 25, 27, as numbers in Côte d'Ivoire do"},
		{"CI", "2250748710", "must begin with 01"},
		{"CI", "07 48 71 05 2", "9"},
		{"CI", "07 48 71 05 23 4", "must have 10 digits in Côte d'Ivoire, not 11"},
		{"CI", "0748710523/0505050505", "must hold only digits, not '/'"},
		{"CI", "+221 77 123 45 67", "must be a number of Côte d'Ivoire (+225): read one of another country with ParseMSISDN"},
		{"CI", "0033612345678", "must be a number of Côte d'Ivoire (+225)"},
		{"CI", "+225 48 71 05 23", "has 8 digits, as before 2021"},
		{"CI", "225 48 71 05 23", "has 8 digits, as before 2021"},
		{"CI", "00225 48710523", "has 8 digits, as before 2021"},
		{"CI", "(+225) 48-71-05-23", "has 8 digits, as before 2021"},
		{"CI", "+225 748710523", "must have 10 digits after +225"},
		{"CI", "+225 (0) 07 48 71 05 23", "must have 10 digits after +225"},
		{"CI", "00 07 48 71 05 23", "must"},
		{"CI", "07/48/71/05/23", "must hold only digits, not '/'"},
		{"CI", "N° 07 48 71 05 23", "must hold only digits, not 'N'"},
		{"CI", "0748710523.0", "wrote it as a number with decimals"},
		{"CI", "722445566.0", "wrote it as a number with decimals"},
		{"CI", "272244556.0", "wrote it as a number with decimals"}, // its digits would be those of 27 22 44 55 60
		{"SN", "77123456.0", "wrote it as a number with decimals"},
		{"SN", "7712345.00", "wrote it as a number with decimals"},
		{"SN", "+22177123456,0", "wrote it as a number with decimals"},
		{"CI", "7,48710523E8", "must hold only digits"},
		{"CI", "07 48 71 05 2l", "must hold only digits, not 'l'"},
		{"SN", "+221 (0) 77 123 45 67", "must have 9 digits after +221"},
		{"SN", "48 71 05 23", "must have 9 digits in Senegal, not 8"},
		{"côte d'ivoire", "07 48 71 05 23", "must be CI or SN"},
		{"225", "07 48 71 05 23", "must be CI or SN"},
		{"CI", "+225 09 48 71 05 23", "must begin with 01"},
		{"CI", "07XXXXXX23", "without masked digits"},
		{"CI", "O7 48 71 05 23", "must hold only digits, not 'O'"},
		{"CI", "07 48 71 05 23 poste", "must hold only digits, not 'p'"},
		{"CI", "０７４８７１０５２３", "must hold only digits"},
		{"CI", "07 48 71\x00 05 23", "no invisible character such as U+0000"},
		{"CI", "", "must not be empty"},
		{"CI", " -\u200e ", "must not be empty"},
		{"SN", "07 48 71 05 23", "must have 9 digits in Senegal, not 10"},
		{"SN", "077 123 45 67", "must have 9 digits in Senegal, not 10"},
		{"SN", "221771234", "must begin with 7, 3"},
		{"SN", "+225 07 48 71 05 23", "must be a number of Senegal (+221)"},
		{"FR", "06 12 34 56 78", "must be CI or SN"},
		{"", "0748710523", "must be CI or SN"},
		{"+2250748710523", "CI", "must be CI or SN"},
	} {
		got, err := djamo.ParseNationalMSISDN(row.country, row.text)
		require.ErrorContains(t, err, row.want, "%q", row.text)
		require.Empty(t, got)
		var validation *djamo.ValidationError
		require.ErrorAs(t, err, &validation)
		require.Less(t, len(err.Error()), 400)
		for _, secret := range []string{"48710523", "48 71 05 23", "0748710523", "771234567", "123 45 67", "505050505"} {
			require.NotContains(t, err.Error(), secret, "%q", row.text)
		}
	}
}

func FuzzParseNationalMSISDN(f *testing.F) {
	for _, text := range []string{"07 48 71 05 23", "+225 0748710523", "77-123-45-67", "48710523", "(07)48710523", "x", "\u202a07"} {
		f.Add("CI", text)
		f.Add("SN", text)
	}
	f.Fuzz(func(t *testing.T, country, text string) {
		number, err := djamo.ParseNationalMSISDN(country, text)
		if err != nil {
			require.Empty(t, number)
			require.Less(t, len(err.Error()), 500)
			return
		}
		require.NoError(t, number.Validate())
		again, err := djamo.ParseNationalMSISDN(country, number.E164())
		require.NoError(t, err)
		require.Equal(t, number, again)
		require.True(t, strings.HasPrefix(number.E164(), "+225") || strings.HasPrefix(number.E164(), "+221"))
	})
}

// Blanks between digits are read; the sign behind them is what a person is to take off.
func TestParseMSISDN_NamesTheSignAtItsEnd(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"+225 07 48 71 05 23.": "not '.'", "+225 07 48 71 05 23 -": "not ' '", "+ 225 07 48 71 05 23": "not ' '", "+225 07 48 71 05 23/": "not '/'",
		"+225-07-48-71-05-23-": "not '-'",
	} {
		_, err := djamo.ParseMSISDN(number)
		require.ErrorContains(t, err, want, number)
	}
}
