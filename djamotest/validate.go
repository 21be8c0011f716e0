package djamotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxAmount is the largest integer that JavaScript, which the API runs on, holds exactly.
const maxAmount = 1<<53 - 1

// maxText bounds references, names and descriptions (assumption: nothing is documented).
const maxText = 255

// fields reads one JSON object strictly and collects complaints in the words of NestJS's class-validator, which the API's
// own messages come from. Whatever is not read is an unknown property.
type fields struct {
	raw      map[string]json.RawMessage
	path     string // "transactions.0." for a nested object
	known    []string
	problems *[]string
	lenient  func(complaint string) bool // reports whether a departure passes, and notes it
}

// parseObject reads a request's whole body as one JSON object.
func (a *API) parseObject(c *call) (*fields, error) {
	body := c.body
	if !utf8.Valid(body) {
		return nil, refuse(http.StatusBadRequest, "request body must be valid UTF-8")
	}
	f := &fields{problems: new([]string), lenient: func(complaint string) bool { return a.tolerates(c, complaint) }}
	if err := json.Unmarshal(body, &f.raw); err != nil {
		return nil, refuse(http.StatusBadRequest, jsonComplaint(body, err))
	}
	if f.raw == nil { // the body was null
		return nil, refuse(http.StatusBadRequest, "request body must be a JSON object")
	}
	return f, nil
}

// jsonComplaint says what the API's JSON parser says about a body it cannot read.
func jsonComplaint(body []byte, err error) string {
	var syntax *json.SyntaxError
	switch {
	case !errors.As(err, &syntax):
		return "request body must be a JSON object"
	case syntax.Offset >= int64(len(body)) && !json.Valid(body) && strings.HasPrefix(syntax.Error(), "unexpected end"):
		return "Unexpected end of JSON input"
	default:
		at := min(max(syntax.Offset-1, 0), int64(len(body)-1))
		return fmt.Sprintf("Unexpected token %c in JSON at position %d", body[at], at)
	}
}

func (f *fields) complain(name, rule string) {
	*f.problems = append(*f.problems, f.path+name+" "+rule)
}

// take returns a property's raw value; null counts as absent.
func (f *fields) take(name string) (json.RawMessage, bool) {
	f.known = append(f.known, name)
	raw, ok := f.raw[name]
	if !ok || bytes.Equal(raw, []byte("null")) {
		return nil, false
	}
	return raw, true
}

// has says whether a property was given, null included.
func (f *fields) has(name string) bool {
	_, ok := f.raw[name]
	return ok
}

// str reads a string of at most maxText characters; required ones must not be empty.
func (f *fields) str(name string, required bool) string {
	raw, ok := f.take(name)
	if !ok {
		if required {
			f.complain(name, "should not be empty")
			f.complain(name, "must be a string")
		}
		return ""
	}
	var s string
	if raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		f.complain(name, "must be a string")
		return ""
	}
	switch {
	case required && strings.TrimSpace(s) == "":
		f.complain(name, "should not be empty")
	case utf8.RuneCountInString(s) > maxText:
		f.complain(name, "must be shorter than or equal to "+strconv.Itoa(maxText)+" characters")
	}
	return s
}

// id reads the id of something that may be left out; a blank one is refused, since the caller lost it.
func (f *fields) id(name string) string {
	s := f.str(name, false)
	if raw, ok := f.raw[name]; ok && raw[0] == '"' && strings.TrimSpace(s) == "" {
		f.complain(name, "should not be empty")
	}
	return s
}

// amount reads whole positive francs. 5000.0 and 5e3 are refused: a client that writes money so uses floats.
func (f *fields) amount(name string) int64 {
	raw, ok := f.take(name)
	if !ok || (raw[0] != '-' && (raw[0] < '0' || raw[0] > '9')) {
		f.complain(name, "must be a positive number")
		f.complain(name, "must be an integer number")
		return 0
	}
	if whole, ok := wholeNumber(raw); ok && f.lenient(f.path+name+" is written as "+string(raw)) {
		raw = whole
	}
	if bytes.ContainsAny(raw, ".eE") {
		f.complain(name, "must be an integer number")
		return 0
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	switch {
	case raw[0] == '-' || (err == nil && n <= 0):
		f.complain(name, "must be a positive number")
	case err != nil || n > maxAmount:
		f.complain(name, "must not be greater than "+strconv.FormatInt(maxAmount, 10))
	}
	return n
}

// limits checks an amount that amount accepted against the account's limits.
func (f *fields) limits(name string, n, low, high int64) {
	switch {
	case n <= 0 || n > maxAmount: // already refused
	case n < low:
		f.complain(name, "must not be less than "+strconv.FormatInt(low, 10))
	case n > high:
		f.complain(name, "must not be greater than "+strconv.FormatInt(high, 10))
	}
}

func (f *fields) msisdn(name string) string {
	raw, ok := f.take(name)
	var s string
	if !ok || json.Unmarshal(raw, &s) != nil {
		f.complain(name, "must be a valid phone number")
		return s
	}
	if !validMSISDN(s) && validMSISDN("+"+s) && f.lenient(f.path+name+" has no plus") {
		s = "+" + s
	}
	if !validMSISDN(s) {
		f.complain(name, "must be a valid phone number")
	}
	return s
}

// payer reads the phone number that plays a customer. Integrations send it without a plus, so both forms are right.
func (f *fields) payer(name string) string {
	raw, ok := f.take(name)
	var s string
	if ok && json.Unmarshal(raw, &s) == nil && !strings.HasPrefix(s, "+") {
		s = "+" + s
	}
	if !validMSISDN(s) {
		f.complain(name, "must be a valid phone number")
	}
	return s
}

func (f *fields) boolean(name string) (value, given bool) {
	raw, ok := f.take(name)
	if !ok {
		return false, false
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		f.complain(name, "must be a boolean value")
	}
	return value, true
}

// link reads an absolute http or https URL.
func (f *fields) link(name string, required bool) string {
	raw, ok := f.take(name)
	if !ok && !required {
		return ""
	}
	var s string
	if !ok || json.Unmarshal(raw, &s) != nil {
		f.complain(name, "must be a URL address")
		return ""
	}
	if u, err := url.Parse(s); err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "" {
		f.complain(name, "must be a URL address")
	}
	return s
}

func (f *fields) oneOf(name string, values ...string) string {
	raw, ok := f.take(name)
	var s string
	if !ok || json.Unmarshal(raw, &s) != nil || !slices.Contains(values, s) {
		f.complain(name, "must be one of the following values: "+strings.Join(values, ", "))
	}
	return s
}

// object reads a free JSON object and keeps its bytes.
func (f *fields) object(name string) json.RawMessage {
	raw, ok := f.take(name)
	if !ok {
		return nil
	}
	if raw[0] != '{' {
		f.complain(name, "must be an object")
		return nil
	}
	return bytes.Clone(raw)
}

// list reads an array of objects, each to be read with the fields it yields.
func (f *fields) list(name string) []*fields {
	raw, ok := f.take(name)
	var items []json.RawMessage
	if !ok || json.Unmarshal(raw, &items) != nil {
		f.complain(name, "must be an array")
		return nil
	}
	if len(items) == 0 {
		f.complain(name, "should not be empty")
	}
	out := make([]*fields, 0, len(items))
	for i, item := range items {
		sub := &fields{path: f.path + name + "." + strconv.Itoa(i) + ".", problems: f.problems, lenient: f.lenient}
		if err := json.Unmarshal(item, &sub.raw); err != nil || sub.raw == nil {
			f.complain("each value in nested property "+name, "must be either object or array")
			continue
		}
		out = append(out, sub)
	}
	return out
}

// rest complains about every property that was not read.
func (f *fields) rest() {
	if len(f.raw) == 0 {
		return
	}
	var unknown []string
	for name := range f.raw {
		if !slices.Contains(f.known, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		if !f.meansOtherMoney(name) && f.lenient(unknownProperty(f.path+name)) {
			continue
		}
		*f.problems = append(*f.problems, unknownProperty(f.path+name))
	}
}

// meansOtherMoney reports whether a property that is not read changes what an amount means: 5000 of another currency are no
// 5000 francs.
func (f *fields) meansOtherMoney(name string) bool {
	return strings.EqualFold(name, "currency") && string(f.raw[name]) != `"XOF"` && string(f.raw[name]) != "null"
}

// err ends the reading of a whole body.
func (f *fields) err() error {
	f.rest()
	if len(*f.problems) == 0 {
		return nil
	}
	return invalid(*f.problems)
}

func unknownProperty(name string) string { return "property " + name + " should not exist" }

// unknownQuery complains about query parameters the call does not have, and about repeated ones.
func (a *API) unknownQuery(c *call, known ...string) []string {
	var problems []string
	for name, values := range c.query {
		switch {
		case !slices.Contains(known, name):
			if !a.tolerates(c, "query: "+unknownProperty(name)) {
				problems = append(problems, unknownProperty(name))
			}
		case len(values) > 1:
			problems = append(problems, name+" must be a string")
		}
	}
	slices.Sort(problems)
	return problems
}

// validMSISDN says whether a request may name this phone number: E.164, and for Côte d'Ivoire and Senegal the exact length.
func validMSISDN(s string) bool {
	digits, ok := strings.CutPrefix(s, "+")
	if !ok || len(digits) < 8 || len(digits) > 15 || digits[0] == '0' {
		return false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return false
		}
	}
	switch {
	case strings.HasPrefix(digits, "225"):
		return len(digits) == 13
	case strings.HasPrefix(digits, "221"):
		return len(digits) == 12
	}
	return true
}
