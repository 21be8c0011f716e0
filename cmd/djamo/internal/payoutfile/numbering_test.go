package payoutfile

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
)

// The two countries' numbers are those of Google's table, for every beginning of five digits, and nothing of another length is.
func TestNumbering_IsThatOfTheWorldsTable(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		country string
		code    int32
		rest    int
	}{{"CI", 225, 100_000}, {"SN", 221, 10_000}} {
		valid := 0
		for first := range 100_000 {
			digits := fmt.Sprintf("%05d%0*d", first, len(strconv.Itoa(row.rest))-1, first*7919%row.rest)
			want := phonenumbers.IsValidNumberForRegion(national(row.code, digits), row.country)
			if isNational(row.country, digits) != want {
				require.Failf(t, "differs", "%s %s: want %v", row.country, digits, want)
			}
			if want {
				valid++
				require.False(t, isNational(row.country, digits+"0") || isNational(row.country, digits[1:]), digits)
			}
		}
		require.Greater(t, valid, 5_000, row.country)
	}
}

// national is a number whose zeros before it count.
func national(code int32, digits string) *phonenumbers.PhoneNumber {
	var value uint64
	zeros, counting := int32(0), true
	for _, digit := range digits {
		if counting = counting && digit == '0'; counting {
			zeros++
		}
		value = value*10 + uint64(digit-'0')
	}
	leading := zeros > 0
	return &phonenumbers.PhoneNumber{CountryCode: &code, NationalNumber: &value, ItalianLeadingZero: &leading, NumberOfLeadingZeros: &zeros}
}

// FuzzParseMSISDN_ReadsAsTheLibrary: what is read is what Google's library reads, and a valid number for it.
func FuzzParseMSISDN_ReadsAsTheLibrary(f *testing.F) {
	for _, text := range []string{
		"0748710523", "07 48 71 05 23", "2250748710523", "00225 07 48 71 05 23", "2722512345", "2252512345", "225225123456", "77 123 45 67",
		"221771234567", "(77) 123-45-67", "00221771234567", "2212217712345", "0022507", "339280000", "",
	} {
		f.Add(text, true)
		f.Add(text, false)
	}
	f.Fuzz(func(t *testing.T, text string, ivorian bool) {
		country := "SN"
		if ivorian {
			country = "CI"
		}
		digits := digitsOf(text)
		if digits == "" {
			return
		}
		parse, err := parseMSISDN(country)
		require.NoError(t, err)
		got, err := parse(digits)
		want := djamo.MSISDN("")
		if number, err := phonenumbers.Parse(digits, country); err == nil && phonenumbers.IsValidNumberForRegion(number, country) {
			want = djamo.MSISDN(phonenumbers.Format(number, phonenumbers.E164))
		}
		require.Equal(t, want, got, "%s %s: %v", country, digits, err)
	})
}
