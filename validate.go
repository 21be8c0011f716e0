package djamo

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/djamo/djamo-go/internal/transport"
)

// defaultReferenceLength is an assumption: nothing public says how long a reference may be.
const defaultReferenceLength = 255

// checkReference refuses what the API might store otherwise than it was sent, since a payment is found again by the
// exact text of its reference.
func checkReference(field, reference string, limits Limits) error {
	switch {
	case reference == "":
		return &ValidationError{Field: field, Rule: "must not be empty"}
	case len(reference) > limits.ReferenceLength:
		return &ValidationError{Field: field, Value: quoted(reference), Rule: fmt.Sprintf("must be at most %d bytes long", limits.ReferenceLength)}
	case !utf8.ValidString(reference) || hasControl(reference):
		return &ValidationError{Field: field, Value: quoted(reference), Rule: "must be UTF-8 without control characters"}
	case strings.TrimSpace(reference) != reference:
		return &ValidationError{Field: field, Value: quoted(reference), Rule: "must not start or end with a space"}
	}
	return nil
}

func checkAmount(field string, amount XOF, limits Limits) error {
	plain := strconv.FormatInt(int64(amount), 10)
	switch {
	case amount <= 0:
		return &ValidationError{Field: field, Value: plain, Rule: "must be a positive number of whole francs"}
	case amount < limits.MinAmount:
		return &ValidationError{Field: field, Value: plain, Rule: fmt.Sprintf("must be at least %d, the minimum set with WithLimits", int64(limits.MinAmount))}
	case limits.MaxAmount != 0 && amount > limits.MaxAmount:
		return &ValidationError{Field: field, Value: plain, Rule: fmt.Sprintf("must be at most %d, the maximum set with WithLimits", int64(limits.MaxAmount))}
	}
	return nil
}

// checkMSISDN refuses a payee that is no E.164 number; the error shows it masked.
func checkMSISDN(field string, msisdn MSISDN) error {
	if msisdn == "" {
		return &ValidationError{Field: field, Rule: "must not be empty"}
	}
	if rule := msisdnRule(string(msisdn)); rule != "" {
		return &ValidationError{Field: field, Value: msisdn.String(), Rule: rule}
	}
	return nil
}

// checkText is for free texts: anything goes that arrives as it was sent.
func checkText(field, text string) error {
	if !utf8.ValidString(text) {
		return &ValidationError{Field: field, Value: quoted(text), Rule: "must be UTF-8"}
	}
	return nil
}

func hasControl(text string) bool { return strings.IndexFunc(text, unicode.IsControl) >= 0 }

// quoted shows a value in an error: bounded, and without phone numbers.
func quoted(value string) string {
	const most = 60
	value = transport.MaskPhones(value) // before it is cut: a number without its end would not be known for one
	if len(value) > most {
		value = strings.ToValidUTF8(value[:most], "") + "…"
	}
	return strconv.Quote(value)
}
