package djamo

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/djamo/djamo-go/internal/redact"
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
		return &ValidationError{
			Field: field,
			Value: quoted(reference),
			Rule:  fmt.Sprintf("must be at most %d bytes long", limits.ReferenceLength),
		}
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
		return &ValidationError{
			Field: field,
			Value: plain,
			Rule:  fmt.Sprintf("must be at least %d, the minimum set with WithLimits", int64(limits.MinAmount)),
		}
	case limits.MaxAmount != 0 && amount > limits.MaxAmount:
		return &ValidationError{
			Field: field,
			Value: plain,
			Rule:  fmt.Sprintf("must be at most %d, the maximum set with WithLimits", int64(limits.MaxAmount)),
		}
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
	const maxLength = 60
	value = redact.MaskPhones(value) // before it is cut: a number without its end would not be known for one
	if len(value) > maxLength {
		value = strings.ToValidUTF8(value[:maxLength], "") + "…"
	}
	return strconv.Quote(value)
}

// quotationMarks are those of keyboards, word processors and web pages, with which values are pasted.
const quotationMarks = "\"'`´‘’‚‛“”„‟«»‹›＂＇"

// What stands around a value in documentation, JSON and programs, and in no token.
const (
	brackets   = "<>{}[]()"
	separators = ",;"
)

// checkToken never shows the token.
func checkToken(field, token string) error {
	if token == "" {
		return &ValidationError{Field: field, Rule: "must not be empty"}
	}
	return checkBare(field, "token", token)
}

// companyID is what a company's id is called in errors.
const companyID = "company id"

// checkBare refuses what surrounds a value that was pasted: the error names it all, and never the value.
func checkBare(field, what, value string) error {
	var around []string
	note := func(found bool, name string) {
		if found {
			around = append(around, name)
		}
	}
	bare := strings.TrimFunc(value, func(r rune) bool { return unicode.IsSpace(r) || isInvisible(r) })
	note(strings.ContainsAny(value, "\r\n\u0085\u2028\u2029") || strings.HasSuffix(bare, `\n`), "line breaks")
	word := strings.Trim(bare, quotationMarks+brackets+separators+" ")
	edges := strings.Replace(bare, word, "", 1) // inside, one may belong to it
	note(strings.ContainsAny(edges, quotationMarks), "quotation marks")
	note(strings.ContainsAny(edges, brackets), "brackets")
	note(strings.ContainsAny(edges, separators), "a comma or semicolon")
	bare = strings.ToLower(word)
	note(strings.HasPrefix(bare, "authorization:"), `"Authorization:"`)
	bare = strings.TrimSpace(strings.TrimPrefix(bare, "authorization:"))
	note(strings.HasPrefix(bare, "bearer"), `"Bearer"`)
	for _, name := range []string{
		EnvAccessToken, EnvCompanyID, "access_token", "accessToken", "token", "api_key", "apiKey", "api-key", "x-api-key",
		"company_id", "companyId", "x-company-id",
	} {
		for _, sign := range "=:" {
			note(strings.HasPrefix(bare, strings.ToLower(name)+string(sign)), `"`+name+string(sign)+`"`)
		}
	}
	if at := strings.IndexFunc(value, isInvisible); at >= 0 {
		for _, r := range value[at:] {
			note(true, fmt.Sprintf("the invisible %U", r))
			break
		}
	}
	note(strings.ContainsAny(value, " \t\u00a0\u202f"), "spaces")
	switch {
	case len(around) > 0:
		return &ValidationError{Field: field, Rule: "must be the bare " + what + ", without " + list(around)}
	case strings.Contains(value, "://"):
		return &ValidationError{Field: field, Rule: "must be the " + what + ", not an address: that is set with WithBaseURL or " + EnvAPIURL}
	case strings.HasPrefix(value, "$"), strings.HasPrefix(value, "%") && strings.HasSuffix(value, "%"):
		return &ValidationError{Field: field, Rule: "must be the " + what + ", not the name of a variable, whose value was not put in"}
	case strings.ContainsAny(value, "*•●∙·…") || strings.Contains(value, "..."):
		return &ValidationError{Field: field, Rule: "must be the whole " + what + ": this one is masked or cut off, as pages show it"}
	case what == companyID && (strings.HasPrefix(bare, "at_") || environmentOfToken(bare) != ""):
		return &ValidationError{Field: field, Rule: "must be the company id: this is an access token"}
	case !isHeaderText(value):
		return &ValidationError{Field: field, Rule: "must be one word of printable ASCII"}
	}
	return nil
}

// isInvisible reports a character that nobody sees, such as a byte order mark; spaces and line breaks aside.
func isInvisible(r rune) bool {
	return !unicode.IsSpace(r) && r != unicode.ReplacementChar && (unicode.Is(unicode.Cf, r) || unicode.IsControl(r))
}

// list joins names: a, b and c.
func list(names []string) string {
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
