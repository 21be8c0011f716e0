package djamotest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// scrubber takes out of an exchange what must not be stored.
type scrubber struct {
	secrets []*regexp.Regexp
	phones  *pseudonyms
	names   names
}

func newScrubber(r *http.Request, phones *pseudonyms, tables []Routes) scrubber {
	s := scrubber{phones: phones}
	if _, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && token != "" {
		s.secrets = append(s.secrets, anyEncoding(token))
	}
	for name, values := range r.Header {
		for _, value := range values {
			// What is too short to be a secret would be found everywhere.
			if name != "Authorization" && len(value) >= 8 && s.names.of(name) == secretName {
				s.secrets = append(s.secrets, anyEncoding(value))
			}
		}
	}
	if table, _, ok := routeOf(tables, r.Method, r.URL.EscapedPath()); ok {
		s.names.private = table.Private
	}
	return s
}

// anyEncoding finds a text with any of its characters percent-encoded.
func anyEncoding(text string) *regexp.Regexp {
	var b strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&b, `(?:%s|%%(?i:%02x))`, regexp.QuoteMeta(text[i:i+1]), text[i])
	}
	return regexp.MustCompile(b.String())
}

func (s scrubber) request(r *http.Request, body []byte) recordedRequest {
	query := r.URL.Query()
	for name, values := range query {
		for i, v := range values {
			values[i] = s.value(name, v)
		}
		if hidden := s.text(name); hidden != name {
			delete(query, name)
			query[hidden] = values
		}
	}
	return recordedRequest{
		Method: r.Method, Path: s.text(r.URL.EscapedPath()), Query: query.Encode(), Body: s.body(r.Header.Get("Content-Type"), body),
	}
}

const (
	hiddenSecret  = "[secret]"
	hiddenPrivate = "[private]"
)

// value hides a named text: whole if its name says that it is secret or private, as a phone number if its name says that
// it is one. What says that there is nothing stays: it tells nothing, and Drift looks for it.
func (s scrubber) value(name, v string) string {
	if isBlank(v) {
		return v
	}
	switch s.names.of(name) {
	case secretName:
		return hiddenSecret
	case privateName:
		return hiddenPrivate
	case phoneName:
		// A name such as mobile may stand for something else than a number, and one that is masked by the API stays as it is.
		if !strings.Contains(v, "*") && (containsAny(strings.ToLower(name), phoneParts) || digitsIn(v) >= 6) {
			return s.phones.mask(phoneDigits(v))
		}
	}
	return s.text(v)
}

// phoneDigits is a number with the usual digits and nothing between them, so that it has one mask however it is written.
func phoneDigits(v string) string {
	if number := noSeparators.Replace(plainOf(v).text); number != "" {
		return number
	}
	return v
}

func digitsIn(v string) (count int) {
	for _, c := range []byte(plainOf(v).text) {
		if c >= '0' && c <= '9' {
			count++
		}
	}
	return count
}

// number hides a named number behind another number, so that its type still shows.
func (s scrubber) number(name string, n json.Number) json.Number {
	whole, exact := plainNumber(n.String())
	switch s.names.of(name) {
	case secretName, privateName:
		return "0"
	case phoneName:
		if containsAny(strings.ToLower(name), phoneParts) || len(whole) >= 6 {
			return s.tagged(whole, exact)
		}
	}
	if knownNumber().MatchString(whole) && len(whole) > len("771234567") { // shorter ones may be amounts
		return s.tagged(whole, exact)
	}
	return n
}

// tagged is the number that stands for another; one that was written as a fraction stays one.
func (s scrubber) tagged(number string, exact bool) json.Number {
	tag := strconv.FormatUint(uint64(s.phones.tag(number)), 10)
	if !exact {
		tag += ".0"
	}
	return json.Number(tag)
}

// plainNumber is a JSON number without a fraction of zeros and an exponent, as far as it is as long as a phone number;
// exact says whether it was written so.
func plainNumber(n string) (whole string, exact bool) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(n), "e")
	if mantissa == n && !strings.Contains(n, ".") {
		return n, true
	}
	digits, fraction, _ := strings.Cut(mantissa, ".")
	shift := 0
	if exponent != "" {
		var err error
		if shift, err = strconv.Atoi(exponent); err != nil {
			return n, false
		}
	}
	const maxDigits = 20
	point := len(digits) + shift // where it is in all digits
	if point < 1 || point > maxDigits {
		return n, false
	}
	all := digits + fraction + strings.Repeat("0", max(0, shift))
	if strings.Trim(all[point:], "0") != "" {
		return n, false
	}
	return all[:point], false
}

// body scrubs a body: JSON field by field, with sorted keys and exact numbers, forms by their parameters, anything else
// as text.
func (s scrubber) body(contentType string, raw []byte) json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	if out, ok := s.object(contentType, raw); ok {
		return out
	}
	out, _ := encode(s.other(contentType, raw)) // a string always encodes
	return out
}

// other scrubs a body that is not declared as JSON, or is not valid.
func (s scrubber) other(contentType string, raw []byte) string {
	media, parameters, _ := mime.ParseMediaType(contentType)
	switch {
	case media == "application/x-www-form-urlencoded":
		return s.form(string(raw))
	case strings.HasPrefix(media, "multipart/") && parameters["boundary"] != "":
		if out, ok := s.multipart(raw, parameters["boundary"]); ok {
			return out
		}
	case bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")), bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")):
		if out, ok := s.object("application/json", raw); ok {
			return string(out)
		}
	}
	return s.text(string(raw))
}

// form scrubs the parameters of a form, in their order.
func (s scrubber) form(raw string) string {
	parameters := strings.Split(raw, "&")
	for i, parameter := range parameters {
		name, value, _ := strings.Cut(parameter, "=")
		plainName, errName := url.QueryUnescape(name)
		plainValue, errValue := url.QueryUnescape(value)
		if errName != nil || errValue != nil {
			parameters[i] = s.text(parameter)
			continue
		}
		if hidden := s.value(plainName, plainValue); hidden != plainValue {
			value = url.QueryEscape(hidden)
		}
		if hidden := s.text(plainName); hidden != plainName {
			name = url.QueryEscape(hidden)
		}
		if parameters[i] = name; strings.Contains(parameter, "=") {
			parameters[i] = name + "=" + value
		}
	}
	return strings.Join(parameters, "&")
}

// object scrubs a body that is JSON, and says whether it is.
func (s scrubber) object(contentType string, raw []byte) (json.RawMessage, bool) {
	media, _, _ := mime.ParseMediaType(contentType)
	if !strings.HasSuffix(media, "json") || !json.Valid(raw) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil, false
	}
	out, err := encode(s.walk("", v))
	return out, err == nil
}

// walk scrubs a value under its name. What is below a name that is secret, private or a phone's is so whatever its own.
func (s scrubber) walk(name string, v any) any {
	switch v := v.(type) {
	case string:
		return s.value(name, v)
	case json.Number:
		return s.number(name, v)
	case []any:
		for i := range v {
			v[i] = s.walk(name, v[i])
		}
	case map[string]any:
		return s.members(name, v)
	}
	return v
}

func (s scrubber) members(name string, v map[string]any) map[string]any {
	out := make(map[string]any, len(v))
	for key, value := range v {
		below := key
		switch s.names.of(name) {
		case secretName, privateName:
			below = name
		case phoneName:
			if s.names.of(key) == openName {
				below = "mobile" // hides what is long enough for a number
			}
		}
		if named := namedBy(v, key); s.names.of(below) == openName && named != "" {
			below = named
		}
		out[s.text(key)] = s.walk(below, value)
	}
	return out
}

// namedBy is the name that a value has from its neighbor, as in {"name": "pin", "value": "1234"}.
func namedBy(v map[string]any, key string) string {
	if key != "value" && key != "values" && key != "content" {
		return ""
	}
	for _, neighbor := range []string{"name", "key", "field", "id", "type", "label", "code"} {
		if name, ok := v[neighbor].(string); ok {
			return name
		}
	}
	return ""
}
