package books_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// The rules of camt.053.001.08 for the elements that are written, in the words of this test: order, which are required, how
// often, lengths, codes and forms of amounts and dates. They were taken down from the published schema, which is not part of
// this repository; with DJAMO_TEST_CAMT_XSD, the path of a copy of it, and xmllint the schema itself is asked as well.

// rule is an element: what it holds, or the text it is.
type rule struct {
	children   []child
	choice     bool // exactly one of the children
	text       func(string) error
	attributes map[string]func(string) error
}

type child struct {
	name     string
	min, max int
	rule     *rule
}

func text(most int) *rule {
	return &rule{text: func(s string) error {
		if n := utf8.RuneCountInString(s); n < 1 || n > most {
			return fmt.Errorf("%q has %d characters, and must have 1 to %d", s, n, most)
		}
		return nil
	}}
}

func matches(pattern string) func(string) error {
	expression := regexp.MustCompile("^(?:" + pattern + ")$")
	return func(s string) error {
		if !expression.MatchString(s) {
			return fmt.Errorf("%q does not match %s", s, pattern)
		}
		return nil
	}
}

func decimal(digits, fraction int, negative bool) func(string) error {
	return func(s string) error {
		if err := matches(`[+-]?(\d+(\.\d*)?|\.\d+)`)(s); err != nil {
			return err
		}
		if strings.HasPrefix(s, "-") && !negative {
			return fmt.Errorf("%s is negative", s)
		}
		whole, after, _ := strings.Cut(strings.TrimLeft(s, "+-"), ".")
		after = strings.TrimRight(after, "0")
		if whole = strings.TrimLeft(whole, "0"); len(whole)+len(after) > digits || len(after) > fraction {
			return fmt.Errorf("%s has more than %d digits, or %d behind the point", s, digits, fraction)
		}
		return nil
	}
}

func sequence(children ...child) *rule    { return &rule{children: children} }
func choice(children ...child) *rule      { return &rule{children: children, choice: true} }
func one(name string, r *rule) child      { return child{name, 1, 1, r} }
func optional(name string, r *rule) child { return child{name, 0, 1, r} }

func camtRules() *rule {
	const unbounded = 1 << 30
	dateTime := &rule{text: func(s string) error { _, err := time.Parse(time.RFC3339, s); return err }}
	date := &rule{text: func(s string) error { _, err := time.Parse(time.DateOnly, s); return err }}
	dateChoice := choice(optional("Dt", date), optional("DtTm", dateTime))
	currency := matches("[A-Z]{3,3}")
	amount := &rule{text: decimal(18, 5, false), attributes: map[string]func(string) error{"Ccy": currency}}
	sign := &rule{text: matches("CRDT|DBIT")}
	count, sum := &rule{text: matches("[0-9]{1,15}")}, &rule{text: decimal(18, 17, true)}
	code := text(4)
	account := sequence(
		one("Id", choice(optional("IBAN", &rule{text: matches("[A-Z]{2,2}[0-9]{2,2}[a-zA-Z0-9]{1,30}")}),
			optional("Othr", sequence(one("Id", text(34)))))),
		optional("Ccy", &rule{text: currency}),
	)
	balance := sequence(
		one("Tp", sequence(one("CdOrPrtry", choice(optional("Cd", code))))), one("Amt", amount), one("CdtDbtInd", sign), one("Dt", dateChoice),
	)
	totals := sequence(optional("NbOfNtries", count), optional("Sum", sum))
	summary := sequence(
		optional("TtlNtries", sequence(optional("NbOfNtries", count), optional("Sum", sum),
			optional("TtlNetNtry", sequence(one("Amt", &rule{text: decimal(18, 17, false)}), one("CdtDbtInd", sign))))),
		optional("TtlCdtNtries", totals), optional("TtlDbtNtries", totals),
	)
	details := sequence(
		optional("Refs", sequence(child{"Prtry", 0, unbounded, sequence(one("Tp", text(35)), one("Ref", text(35)))})),
		optional("RmtInf", sequence(child{"Ustrd", 0, unbounded, text(140)})),
	)
	entry := sequence(
		optional("NtryRef", text(35)), one("Amt", amount), one("CdtDbtInd", sign), one("Sts", choice(optional("Cd", code))),
		optional("BookgDt", dateChoice), optional("ValDt", dateChoice), optional("AcctSvcrRef", text(35)),
		one("BkTxCd", sequence(optional("Prtry", sequence(one("Cd", text(35)))))),
		child{"NtryDtls", 0, unbounded, sequence(child{"TxDtls", 0, unbounded, details})}, optional("AddtlNtryInf", text(500)),
	)
	statement := sequence(
		one("Id", text(35)), optional("CreDtTm", dateTime), optional("FrToDt", sequence(one("FrDtTm", dateTime), one("ToDtTm", dateTime))),
		one("Acct", account), child{"Bal", 1, unbounded, balance}, optional("TxsSummry", summary), child{"Ntry", 0, unbounded, entry},
		optional("AddtlStmtInf", text(500)),
	)
	return sequence(one("BkToCstmrStmt", sequence(
		one("GrpHdr", sequence(one("MsgId", text(35)), one("CreDtTm", dateTime))), child{"Stmt", 1, unbounded, statement},
	)))
}

// element of a document.
type element struct {
	name       xml.Name
	attributes []xml.Attr
	children   []*element
	text       string
}

func parse(document []byte) (*element, error) {
	decoder := xml.NewDecoder(strings.NewReader(string(document)))
	root := &element{}
	open := []*element{root}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			if len(root.children) != 1 {
				return nil, errors.New("a document has one element")
			}
			return root.children[0], nil
		}
		if err != nil {
			return nil, err
		}
		last := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name, attributes: token.Attr}
			last.children = append(last.children, e)
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			last.text += string(token)
		}
	}
}

const namespace = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"

func (r *rule) check(e *element, path string) error {
	path += "/" + e.name.Local
	if e.name.Space != namespace {
		return fmt.Errorf("%s is in the namespace %q", path, e.name.Space)
	}
	given := map[string]string{}
	for _, a := range e.attributes {
		if a.Name.Local != "xmlns" {
			given[a.Name.Local] = a.Value
		}
	}
	for name, form := range r.attributes {
		value, ok := given[name]
		if !ok {
			return fmt.Errorf("%s has no %s", path, name)
		}
		if err := form(value); err != nil {
			return fmt.Errorf("%s %s: %w", path, name, err)
		}
		delete(given, name)
	}
	if len(given) > 0 {
		return fmt.Errorf("%s has attributes that it must not have: %v", path, given)
	}
	if r.text != nil {
		if len(e.children) > 0 {
			return fmt.Errorf("%s holds elements", path)
		}
		if err := r.text(e.text); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	}
	if strings.TrimSpace(e.text) != "" {
		return fmt.Errorf("%s holds the text %q", path, e.text)
	}
	return r.checkChildren(e, path)
}

func (r *rule) checkChildren(e *element, path string) error {
	rest := e.children
	if r.choice && len(rest) != 1 {
		return fmt.Errorf("%s holds %d elements, and must hold one", path, len(rest))
	}
	for _, c := range r.children {
		count := 0
		for len(rest) > 0 && rest[0].name.Local == c.name {
			if err := c.rule.check(rest[0], path); err != nil {
				return err
			}
			rest = rest[1:]
			count++
		}
		if count < c.min || count > c.max {
			return fmt.Errorf("%s holds %s %d times", path, c.name, count)
		}
	}
	if len(rest) > 0 {
		return fmt.Errorf("%s holds %s, which is not known or not in its place", path, rest[0].name.Local)
	}
	return nil
}

// validate checks a document against the rules and, where it can be had, the schema.
func validate(t testing.TB, document []byte) *element {
	t.Helper()
	root, err := parse(document)
	require.NoError(t, err, "%s", document)
	require.Equal(t, "Document", root.name.Local)
	require.NoError(t, camtRules().check(root, ""), "%s", document)
	if schema := os.Getenv("DJAMO_TEST_CAMT_XSD"); schema != "" {
		file := filepath.Join(t.TempDir(), "statement.xml")
		require.NoError(t, os.WriteFile(file, document, 0o600))
		out, err := exec.CommandContext(t.Context(), "xmllint", "--noout", "--schema", schema, file).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	return root
}

// find lists the elements at a path below an element.
func (e *element) find(path ...string) (list []*element) {
	if len(path) == 0 {
		return []*element{e}
	}
	for _, c := range e.children {
		if c.name.Local == path[0] {
			list = append(list, c.find(path[1:]...)...)
		}
	}
	return list
}

func (e *element) only(t testing.TB, path ...string) string {
	t.Helper()
	list := e.find(path...)
	require.Len(t, list, 1, path)
	return list[0].text
}

// exact is the amount of a text.
func exact(t testing.TB, text string) *big.Rat {
	t.Helper()
	value, ok := new(big.Rat).SetString(text)
	require.True(t, ok, text)
	return value
}

// The rules themselves find what is wrong.
func TestCAMT_TheRulesFindMistakes(t *testing.T) {
	t.Parallel()
	document := write(t, statementOf(3))
	for name, change := range map[string][2]string{
		"order": {"<CdtDbtInd>CRDT</CdtDbtInd>\n    <Sts>", "<Sts>"}, "a code": {">CRDT<", ">CREDIT<"}, "an amount": {`<Amt Ccy="EUR">`, `<Amt Ccy="EUR">-`},
		"a currency": {`Ccy="EUR"`, `Ccy="eur"`}, "no currency": {` Ccy="EUR"`, ""}, "a day": {"<Dt>2026-04-01</Dt>", "<Dt>1.4.2026</Dt>"},
		"a namespace": {"001.08", "001.02"}, "an empty text": {"<NtryRef>TX-0</NtryRef>", "<NtryRef></NtryRef>"}, "unknown": {"<Ntry>", "<Ntry><X/>"},
		"too long": {"<NtryRef>TX-0", "<NtryRef>" + strings.Repeat("x", 36)},
	} {
		broken := strings.Replace(string(document), change[0], change[1], 1)
		require.NotEqual(t, string(document), broken, name)
		root, err := parse([]byte(broken))
		require.NoError(t, err, name)
		require.Error(t, camtRules().check(root, ""), name)
	}
}
