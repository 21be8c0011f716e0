package djamo

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// A delivery is read where it lies: its data stay part of the bytes that were verified, and naming it or putting it in
// order needs four fields and no second decoding. encoding/json would copy and look at everything twice.

// fields iterates over the members of a JSON object. The JSON must be valid: invalid JSON only ends the iteration early.
type fields struct{ rest []byte }

// fieldsOf reports whether the JSON is an object.
func fieldsOf(object []byte) (fields, bool) {
	object = trimSpace(object)
	if len(object) == 0 || object[0] != '{' {
		return fields{}, false
	}
	return fields{object[1:]}, true
}

// next returns the name as it is written, with its quotation marks, and the value; a nil name at the end.
func (f *fields) next() (name, value []byte) {
	if f.rest = trimSpace(f.rest); len(f.rest) > 0 && f.rest[0] == ',' {
		f.rest = trimSpace(f.rest[1:])
	}
	if len(f.rest) == 0 || f.rest[0] != '"' {
		return nil, nil
	}
	name = f.take()
	if f.rest = trimSpace(f.rest); len(f.rest) > 0 && f.rest[0] == ':' {
		f.rest = trimSpace(f.rest[1:])
	}
	if len(f.rest) == 0 {
		return nil, nil
	}
	return name, f.take()
}

// take cuts the value at the beginning off the rest. Nobody can append to one and write into the next.
func (f *fields) take() []byte {
	end := valueEnd(f.rest)
	value := f.rest[:end:end]
	f.rest = f.rest[end:]
	return value
}

// valueEnd is the place after the value that starts at 0.
func valueEnd(json []byte) int {
	depth := 0
	for at := 0; at < len(json); at++ {
		switch json[at] {
		case '"':
			at = stringEnd(json, at)
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
		default:
			if depth > 0 {
				continue
			}
			return at + bareEnd(json[at:])
		}
		if depth <= 0 {
			return min(at+1, len(json))
		}
	}
	return len(json)
}

// stringEnd is the place of the mark that ends the string that starts at a mark.
func stringEnd(json []byte, at int) int {
	for at++; at < len(json) && json[at] != '"'; at++ {
		if json[at] == '\\' {
			at++
		}
	}
	return at
}

// bareEnd is the length of a number, true, false or null.
func bareEnd(json []byte) int {
	for i, c := range json {
		switch c {
		case ',', '}', ']', ':', ' ', '\t', '\r', '\n':
			return max(i, 1)
		}
	}
	return len(json)
}

func trimSpace(json []byte) []byte {
	for len(json) > 0 && (json[0] == ' ' || json[0] == '\n' || json[0] == '\r' || json[0] == '\t') {
		json = json[1:]
	}
	return json
}

// fieldName is what a name says, for comparing; nothing is copied unless it is spelled with escapes.
func fieldName(name []byte) string {
	if bytes.IndexByte(name, '\\') >= 0 {
		return fieldText(name)
	}
	switch string(name) {
	case `"topic"`:
		return "topic"
	case `"data"`:
		return "data"
	case `"id"`:
		return "id"
	case `"status"`:
		return "status"
	case `"updatedAt"`:
		return "updatedAt"
	case `"paid"`:
		return "paid"
	case `"refunded"`:
		return "refunded"
	}
	return ""
}

// foldedName is fieldName for names in any case, which encoding/json takes too: Status is status.
func foldedName(name []byte) string {
	field := fieldName(name)
	if field != "" && bytes.IndexByte(name, '\\') < 0 {
		return field
	}
	if field == "" && len(name) >= 2 {
		field = string(name[1 : len(name)-1])
	}
	for _, known := range [...]string{"data", "id", "status", "updatedAt", "paid", "refunded"} {
		if strings.EqualFold(field, known) {
			return known
		}
	}
	return ""
}

// fieldText reads a string. Anything else is "".
func fieldText(value []byte) string {
	if len(value) < 2 || value[0] != '"' {
		return ""
	}
	if bytes.IndexByte(value, '\\') < 0 && utf8.Valid(value) {
		return string(value[1 : len(value)-1])
	}
	var text string
	_ = json.Unmarshal(value, &text) // what cannot be read is as good as absent
	return text
}

// fieldNumber reads a whole number. Anything else is 0.
func fieldNumber(value []byte) int64 {
	number, rule := readWhole(value)
	if rule != "" {
		number, _ = readNumber(value)
	}
	return number
}
