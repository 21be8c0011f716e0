package mycac

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
)

// IBAN is an international bank account number (ISO 13616) without spaces, in capital letters. [ParseIBAN] makes one.
//
// It is personal data, so an IBAN masks itself wherever it is printed, as DJ21…0154: with every verb of fmt, and as a
// log/slog attribute. The whole number comes out of [IBAN.Whole], a conversion to string, JSON and a database/sql argument.
type IBAN string

// maxIBAN is the longest that ISO 13616 allows.
const maxIBAN = 34

// ibanLength says how long the IBANs of a country are, by the registry of SWIFT (release 99); 0 for a country that has none.
func ibanLength(country string) int {
	return map[string]int{
		"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29, "BY": 28,
		"CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
		"FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28,
		"IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
		"LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28,
		"NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24,
		"SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26,
		"UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
	}[country]
}

// ParseIBAN reads an IBAN as people write it: spaces between its characters are removed and small letters made capital. It
// checks the country, the length that the country's IBANs have, and the two check digits (mod 97). The error says what is
// wrong and shows the IBAN masked. Whether there is such an account is for the bank to say.
func ParseIBAN(text string) (IBAN, error) {
	iban := strings.ToUpper(strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f', '\t':
			return -1
		}
		return r
	}, strings.TrimSpace(text)))
	if rule := ibanRule(iban); rule != "" {
		return "", fmt.Errorf("%q %s", maskIBAN(iban), rule)
	}
	return IBAN(iban), nil
}

// ibanRule says what is wrong with an IBAN, "" when nothing is.
func ibanRule(iban string) string {
	const country = 2
	switch {
	case iban == "":
		return "is empty: write an IBAN such as DJ21 0001 0000 0001 5400 0100 186"
	case len(iban) > maxIBAN:
		return fmt.Sprintf("is longer than %d characters, which no IBAN is", maxIBAN)
	}
	for i := range len(iban) {
		isLetter, isDigit := 'A' <= iban[i] && iban[i] <= 'Z', '0' <= iban[i] && iban[i] <= '9'
		switch {
		case !isLetter && !isDigit:
			return "must have only the letters A to Z and digits"
		case i < country && !isLetter:
			return "must begin with the two letters of a country, such as DJ"
		case (i == country || i == country+1) && !isDigit:
			return "must have two check digits after the country"
		}
	}
	if len(iban) < country+2 {
		return "is cut off after the country"
	}
	switch length := ibanLength(iban[:country]); {
	case length == 0:
		return fmt.Sprintf("begins with %s, which has no IBANs", iban[:country])
	case len(iban) != length:
		return fmt.Sprintf("has %d characters, and one of %s has %d", len(iban), iban[:country], length)
	case mod97(iban) != 1:
		return "has check digits that do not fit: a digit or letter is wrong or has changed places"
	}
	return ""
}

// mod97 is the remainder of ISO 7064 that a right IBAN leaves 1 of.
func mod97(iban string) int {
	const moved, modulus = 4, 97
	rest := 0
	for _, r := range iban[moved:] + iban[:moved] {
		if r >= 'A' {
			rest = (rest*100 + int(r-'A') + 10) % modulus
			continue
		}
		rest = (rest*10 + int(r-'0')) % modulus
	}
	return rest
}

// maskIBAN shows the country, the check digits and the last four characters. What is too short to hide anything is hidden whole.
func maskIBAN(text string) string {
	const head, tail, minLength = 4, 4, 12
	runes := []rune(text)
	switch {
	case len(runes) == 0:
		return ""
	case len(runes) < minLength:
		return "…"
	}
	return string(runes[:head]) + "…" + string(runes[len(runes)-tail:])
}

// Whole returns the whole number, unmasked: for the bank and for stores, not for logs.
func (i IBAN) Whole() string { return string(i) }

// String returns the number masked: DJ21…0186.
func (i IBAN) String() string { return maskIBAN(string(i)) }

// Format prints the masked number with any verb.
func (i IBAN) Format(state fmt.State, verb rune) {
	text := i.String()
	if verb == 'v' && state.Flag('#') {
		text = "mycac.IBAN(" + strconv.Quote(text) + ")"
		_, _ = io.WriteString(state, text)
		return
	}
	_, _ = fmt.Fprintf(state, fmt.FormatString(state, verb), text)
}

// LogValue gives slog the masked number.
func (i IBAN) LogValue() slog.Value { return slog.StringValue(i.String()) }
