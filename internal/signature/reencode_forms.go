package signature

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// multipartFields are the contents of the first parts of a form with parts, as files are sent in.
func multipartFields(text string) (fields [][]byte) {
	const maxFields = 4
	first, _, _ := strings.Cut(text, "\n")
	boundary := strings.TrimRight(first, "\r")
	if len(boundary) < 3 || !strings.HasPrefix(boundary, "--") {
		return nil
	}
	for part := range strings.SplitSeq(text, boundary) {
		part = strings.ReplaceAll(part, "\r\n", "\n")
		if _, content, found := strings.Cut(part, "\n\n"); found && len(fields) < maxFields {
			fields = append(fields, []byte(strings.TrimSuffix(content, "\n")))
		}
	}
	return fields
}

// fromNumbers reads a body that came as the list of its bytes, as JavaScript writes a Buffer.
func fromNumbers(text string) []byte {
	var buffer struct {
		Data []int `json:"data"`
	}
	switch {
	case strings.HasPrefix(text, "["):
		if json.Unmarshal([]byte(text), &buffer.Data) != nil {
			return nil
		}
	case !strings.HasPrefix(text, `{"type":"Buffer"`) || json.Unmarshal([]byte(text), &buffer) != nil:
		return nil
	}
	inner := make([]byte, 0, len(buffer.Data))
	for _, b := range buffer.Data {
		if b < 0 || b > 0xff {
			return nil
		}
		inner = append(inner, byte(b))
	}
	if len(inner) == 0 {
		return nil
	}
	return inner
}

// fromXML takes the first text that begins as JSON out of an element, where old servers put what came.
func fromXML(text string) []byte {
	if !strings.HasPrefix(text, "<") {
		return nil
	}
	if _, inner, found := strings.Cut(text, "<![CDATA["); found {
		inner, _, _ = strings.Cut(inner, "]]>")
		return []byte(inner)
	}
	_, inner, found := strings.Cut(text, ">{")
	if !found {
		return nil
	}
	inner, _, _ = strings.Cut("{"+inner, "<")
	if plain := fromHTML(inner); plain != nil {
		return plain
	}
	return []byte(inner)
}

// toUTF8 undoes an encoding as Latin-1 of what was UTF-8.
func toUTF8(body string) []byte {
	if utf8.ValidString(body) {
		return nil
	}
	inner := make([]byte, 0, len(body)+len(body)/8)
	for _, b := range []byte(body) {
		inner = utf8.AppendRune(inner, rune(b))
	}
	return inner
}

// objectWithTopic is the object of an event where it stands in another value: in a list, in a field of any name, in a call.
func objectWithTopic(text string) []byte {
	before, _, found := strings.Cut(text, `"topic"`)
	start := strings.LastIndexByte(before, '{')
	if !found || start <= 0 {
		return nil
	}
	var object json.RawMessage
	if json.NewDecoder(strings.NewReader(text[start:])).Decode(&object) != nil || bytes.Equal(object, []byte(text)) {
		return nil
	}
	return object
}
