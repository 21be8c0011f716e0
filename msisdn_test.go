package djamo_test

import (
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/google/go-querystring/query"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
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
