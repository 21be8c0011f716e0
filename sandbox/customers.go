package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/djamo/djamo-go/djamotest"
)

// customersPage is what is known of phone numbers.
type customersPage struct {
	Named     []customerRow
	Everybody bool
}

type customerRow struct {
	djamotest.Customer

	ID string
}

func (s *Sandbox) customers() customersPage {
	named, everybody := s.api.Customers()
	p := customersPage{Everybody: everybody}
	for _, c := range named {
		p.Named = append(p.Named, customerRow{c, s.customerID(c.MSISDN)})
	}
	return p
}

const customerPrefix = "#"

// customerID names a phone number in a form without saying it: the page masks it.
func (s *Sandbox) customerID(msisdn string) string {
	mac := hmac.New(sha256.New, []byte(s.key))
	mac.Write([]byte(msisdn))
	return customerPrefix + hex.EncodeToString(mac.Sum(nil)[:8])
}

// msisdn is the phone number that an action was told, by itself or by its id on a page.
func (s *Sandbox) msisdn(in input) string {
	given := in.str("msisdn")
	if !strings.HasPrefix(given, customerPrefix) {
		return given
	}
	named, _ := s.api.Customers()
	for _, c := range named {
		if s.customerID(c.MSISDN) == given {
			return c.MSISDN
		}
	}
	return given
}
