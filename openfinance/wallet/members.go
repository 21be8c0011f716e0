package wallet

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// A page is read in one pass: encoding/json says that it is valid, and then the values are taken out of it where they stand.
// Decoding into a map, and each field anew, took most of the time of storing a page.

// skipSpace is the index of the first byte from i on that is no space.
func skipSpace(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r') {
		i++
	}
	return i
}

// valueEnd is the index behind the value that begins at i in valid JSON.
func valueEnd(text []byte, i int) int {
	switch text[i] {
	case '"':
		for i++; text[i] != '"'; i++ {
			if text[i] == '\\' {
				i++
			}
		}
		return i + 1
	case '{', '[':
		for depth := 0; ; {
			switch text[i] {
			case '"':
				i = valueEnd(text, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
			i++
		}
	}
	for i < len(text) && text[i] != ',' && text[i] != '}' && text[i] != ']' && skipSpace(text, i) == i {
		i++
	}
	return i
}

// eachMember visits the members of an object, which is valid JSON; false: it is no object. A value stands from one index to
// another.
func eachMember(object []byte, visit func(name []byte, from, to int)) bool {
	i := skipSpace(object, 0)
	if object[i] != '{' {
		return false
	}
	for i = skipSpace(object, i+1); object[i] != '}'; i = skipSpace(object, i) {
		end := valueEnd(object, i)
		name := object[i+1 : end-1]
		i = skipSpace(object, skipSpace(object, end)+1) // behind the colon
		end = valueEnd(object, i)
		if bytes.IndexByte(name, '\\') >= 0 {
			var unescaped string
			_ = json.Unmarshal([]byte(`"`+string(name)+`"`), &unescaped)
			name = []byte(unescaped)
		}
		visit(name, i, end)
		if i = skipSpace(object, end); object[i] == ',' {
			i++
		}
	}
	return true
}

// elements of an array, which is valid JSON, but no more than most; false: it is no array.
func elements(array []byte, most int) ([]json.RawMessage, bool) {
	i := skipSpace(array, 0)
	if array[i] != '[' {
		return nil, false
	}
	var list []json.RawMessage
	for i = skipSpace(array, i+1); array[i] != ']' && len(list) < most; i = skipSpace(array, i) {
		end := valueEnd(array, i)
		list = append(list, array[i:end:end])
		if i = skipSpace(array, end); array[i] == ',' {
			i++
		}
	}
	return list, true
}

// stringOf decodes a text, which is valid JSON and UTF-8; false: it is no text. Only one with an escape is copied: whole is
// the text as a string already.
func stringOf(value []byte, whole string) (string, bool) {
	if value[0] != '"' {
		return "", false
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return whole[1 : len(whole)-1], true
	}
	var text string
	err := json.Unmarshal(value, &text)
	return text, err == nil
}

// FieldNames has the names of the fields that items have, in their order and with commas between them, for an audit: never a
// value. A name that is none of the usual kind counts as "other".
func FieldNames(items []Item) string {
	const maxMembers = 64
	seen := make(map[string]bool, maxMembers)
	for i := range items {
		raw := items[i].Raw
		if items[i].Reason != "" && !json.Valid(raw) || len(raw) == 0 {
			continue
		}
		eachMember(raw, func(name []byte, _, _ int) {
			if seen[string(name)] {
				return
			}
			if len(seen) < maxMembers-1 && usualName(name) {
				seen[string(name)] = true
			} else {
				seen["other"] = true
			}
		})
	}
	return strings.Join(slices.Sorted(maps.Keys(seen)), ",")
}

func usualName(name []byte) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '.' {
			return false
		}
	}
	return len(name) > 0 && len(name) <= 40
}

// member of an object whose values are simple, as it stands there with its quotation marks.
type member struct{ name, value []byte }

// canonical writes an object as json.Marshal writes the map of it, without what is null: in the order of the names, without
// space. It does so for objects as gateways send them: whole numbers, and texts without an escape; ok is false for any other.
func canonical(text, out []byte) (object []byte, ok bool) {
	var room [32]member
	members := room[:0]
	i := skipSpace(text, 0)
	if i == len(text) || text[i] != '{' {
		return nil, false
	}
	for i = skipSpace(text, i+1); ; i = skipSpace(text, i+1) {
		name := plain(text, i)
		if name <= i || text[i] != '"' {
			return nil, false
		}
		colon := skipSpace(text, name)
		if colon >= len(text) || text[colon] != ':' {
			return nil, false
		}
		value := skipSpace(text, colon+1)
		end := plain(text, value)
		if end <= value {
			return nil, false
		}
		members = append(members, member{name: text[i:name], value: text[value:end]})
		i = skipSpace(text, end)
		if i < len(text) && text[i] == '}' {
			break
		}
		if i >= len(text) || text[i] != ',' {
			return nil, false
		}
	}
	// Without the closing quotation mark a name is before those that begin with it, as it is among strings.
	slices.SortFunc(members, func(a, b member) int { return bytes.Compare(a.name[:len(a.name)-1], b.name[:len(b.name)-1]) })
	empty := len(out) + 1
	out = append(out, '{')
	for n, m := range members {
		if n > 0 && bytes.Equal(m.name, members[n-1].name) {
			return nil, false
		}
		if m.value[0] == 'n' {
			continue
		}
		if len(out) > empty {
			out = append(out, ',')
		}
		out = append(append(append(out, m.name...), ':'), m.value...)
	}
	return append(out, '}'), true
}

// plain is the index behind a simple value that begins at i and that json.Marshal writes as it stands; i for any other.
func plain(text []byte, i int) int {
	if i >= len(text) {
		return i
	}
	if text[i] == '"' {
		return plainText(text, i)
	}
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(text[i:], []byte(word)) {
			return i + len(word)
		}
	}
	end := i
	if text[end] == '-' {
		end++
	}
	digits := end
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	if end == digits || text[digits] == '0' && end > digits+1 {
		return i
	}
	return end
}

func plainText(text []byte, i int) int {
	ascii := true
	for end := i + 1; end < len(text); end++ {
		switch c := text[end]; {
		case c == '"':
			// json.Marshal escapes the two separators of lines that JavaScript takes for such.
			if inside := text[i+1 : end]; !ascii && (!utf8.Valid(inside) || bytes.Contains(inside, []byte("\xe2\x80\xa8")) ||
				bytes.Contains(inside, []byte("\xe2\x80\xa9"))) {
				return i
			}
			return end + 1
		case c < ' ', c == '\\', c == '<', c == '>', c == '&':
			return i
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return i
}

// Hash identifies the content of an item: it is the same whatever the order of its fields, the space between them and the
// fields that are null.
func Hash(raw []byte) string {
	var room [1024]byte
	text, ok := canonical(raw, room[:0])
	if !ok {
		text = canonicalAny(raw)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// canonicalAny does what canonical does, for whatever can be read. What cannot stays as it is.
func canonicalAny(raw []byte) []byte {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var fields map[string]any
	if err := decoder.Decode(&fields); err != nil {
		return raw
	}
	for name, value := range fields {
		if value == nil {
			delete(fields, name)
		}
	}
	text, err := json.Marshal(fields) // sorts the names
	if err != nil {
		return raw
	}
	return text
}
