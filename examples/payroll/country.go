package main

import (
	"fmt"
	"strings"

	"github.com/djamo/djamo-go"
	"github.com/nyaruka/phonenumbers"
)

// parseMSISDN is how a file's phone numbers are read: with the plus and the country code when no country is given, else
// also as they are written inside Côte d'Ivoire (CI) or Senegal (SN). A number in national form must be one that the
// country's numbering plan knows.
func parseMSISDN(country string) (func(string) (djamo.MSISDN, error), error) {
	country = strings.ToUpper(country)
	switch country {
	case "":
		return djamo.ParseMSISDN, nil
	case "CI", "SN":
	default:
		return nil, fmt.Errorf("the country must be CI or SN, not %q", country)
	}
	return func(text string) (djamo.MSISDN, error) {
		text = strings.TrimSpace(text)
		if strings.HasPrefix(text, "+") {
			return djamo.ParseMSISDN(text)
		}
		refused := &djamo.ValidationError{Field: "msisdn", Value: djamo.MSISDN(text).String(), Rule: "must be a phone number of " + country + ", or start with + and the country code"}
		// The library reads letters as a telephone's keys and stops at what it takes for an extension.
		if strings.Trim(text, "0123456789 .-()\u00a0\u202f") != "" {
			return "", refused
		}
		number, err := phonenumbers.Parse(text, country)
		if err != nil || !phonenumbers.IsValidNumberForRegion(number, country) {
			return "", refused
		}
		return djamo.ParseMSISDN(phonenumbers.Format(number, phonenumbers.E164))
	}, nil
}
