package signature

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/hex"
	"encoding/json"
	"io"
	"iter"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Reencoded is a body that something on the way has encoded or changed: a gateway, a queue or a framework. How follows in
// brackets.
const Reencoded Mistake = "it signs the body as it was before something on the way changed it"

// The changes that Diagnose knows. Several can be on top of each other: the outermost one is named.
const (
	inBase64   Mistake = Reencoded + " (what came is base64 of it): have it handed on raw, or decode it before verifying"
	inGzip     Mistake = Reencoded + " (what came is compressed): decompress it before verifying"
	inForm     Mistake = Reencoded + " (what came is a form with the JSON in a field): have it handed on raw, or take the field"
	inString   Mistake = Reencoded + " (what came is a JSON string that holds it): have it handed on raw, or take the string"
	inEnvelope Mistake = Reencoded + " (what came is an event of a gateway with it as \"body\"): verify that field"
	inLatin1   Mistake = Reencoded + " (it was taken for Latin-1 and encoded as UTF-8 again): verify the raw bytes"
	inField    Mistake = Reencoded + " (what came is an event of a gateway or queue with it in a field): verify that field"
	inHex      Mistake = Reencoded + " (what came is hex of it): have it handed on raw, or decode it before verifying"
	inHTML     Mistake = Reencoded + " (its quotation marks were written as for a web page, &quot;): verify the raw bytes"
	inSlashes  Mistake = Reencoded + " (backslashes were put before its quotation marks): verify the raw bytes"
	toLatin1   Mistake = Reencoded + " (its characters were written as Latin-1): verify the raw bytes"
	inNumbers  Mistake = Reencoded + " (what came is the list of its bytes): have it handed on raw, or make the bytes of it"
	inXML      Mistake = Reencoded + " (what came is XML with it in an element): have it handed on raw, or take the text"
	inUTF16    Mistake = Reencoded + " (what came is UTF-16): verify the raw bytes"
	withMark   Mistake = Reencoded + " (a byte order mark was added): verify the raw bytes"
	lostMark   Mistake = Reencoded + " (its byte order mark was removed): verify the raw bytes"
	lostEnd    Mistake = Reencoded + " (the line end or white space around it was trimmed): verify the raw bytes"
	gotEnd     Mistake = Reencoded + " (a line end or white space was added around it): verify the raw bytes"
	otherEnds  Mistake = Reencoded + " (its line ends were changed): verify the raw bytes"
)

// maxEncoded bounds what is decoded: a form is three times as long as what is in it.
const maxEncoded = 3*maxRewrite + 1<<10

// reencodings yields what a body may have been before something changed it, each with the mistake. What was encoded may have
// been changed beforehand, and encoded twice: two layers are taken off, no more.
func reencodings(body []byte) iter.Seq2[Mistake, []byte] {
	return func(yield func(Mistake, []byte) bool) {
		if len(body) > maxEncoded || !reframings(body, yield) {
			return
		}
		for mistake, inner := range decodings(body) {
			outer := func(_ Mistake, changed []byte) bool { return yield(mistake, changed) }
			if !yield(mistake, inner) || !reframings(inner, outer) {
				return
			}
			for _, innermost := range decodings(inner) {
				if !outer("", innermost) || !reframings(innermost, outer) {
					return
				}
			}
		}
	}
}

// reframings yields a body with other ends and line ends. It reports whether to go on.
func reframings(body []byte, yield func(Mistake, []byte) bool) bool {
	if len(body) == 0 || len(body) > maxRewrite {
		return true
	}
	mark := []byte("\ufeff")
	unmarked, marked := bytes.CutPrefix(body, mark)
	if marked && !yield(withMark, unmarked) || !yield(lostMark, join(mark, body)) {
		return false
	}
	trimmed := bytes.TrimSpace(unmarked)
	if len(trimmed) < len(unmarked) && !yield(gotEnd, trimmed) {
		return false
	}
	if left := bytes.TrimRight(body, "\r\n"); len(left) < len(body) && !yield(gotEnd, left) {
		return false
	}
	if shorter, found := bytes.CutSuffix(body, []byte("\n")); found && !yield(gotEnd, shorter) {
		return false
	}
	for _, end := range []string{"\n", "\r\n", "\r", " ", "\x00", "\n\n"} {
		if !yield(lostEnd, join(body, []byte(end))) {
			return false
		}
	}
	unix := bytes.ReplaceAll(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	if !bytes.Contains(unix, []byte("\n")) {
		return true
	}
	for _, end := range []string{"\n", "\r\n", "\r", ""} {
		lines := bytes.ReplaceAll(unix, []byte("\n"), []byte(end))
		if !bytes.Equal(lines, body) && !yield(otherEnds, lines) {
			return false
		}
		// An editor ends the last line as well, and JSON that was joined lines has lost that end.
		if end != "" && (!yield(otherEnds, bytes.TrimSuffix(lines, []byte(end))) || !yield(otherEnds, join(lines, []byte(end)))) {
			return false
		}
	}
	return true
}

// decodings yields the contents of an encoded body.
func decodings(body []byte) iter.Seq2[Mistake, []byte] {
	return func(yield func(Mistake, []byte) bool) {
		if len(body) == 0 || len(body) > maxEncoded {
			return
		}
		text := strings.TrimSpace(strings.TrimPrefix(string(body), "\ufeff"))
		for _, way := range []struct {
			mistake Mistake
			decode  func(string) []byte
		}{
			{inBase64, decodeText}, {inGzip, decompress}, {inString, unquote}, {inLatin1, fromLatin1}, {inUTF16, fromUTF16},
			{inHex, fromHex}, {inXML, fromXML}, {inHTML, fromHTML}, {inSlashes, fromSlashes}, {toLatin1, toUTF8}, {inNumbers, fromNumbers},
		} {
			if inner := way.decode(pick(way.mistake, text, body)); inner != nil && !yield(way.mistake, inner) {
				return
			}
		}
		for _, field := range formFields(text) {
			if !yield(inForm, field) {
				return
			}
		}
		if field := envelopeBody(text); field != nil && !yield(inEnvelope, field) {
			return
		}
		for _, field := range textFields(text) {
			if !yield(inField, field) {
				return
			}
		}
		if object := objectWithTopic(text); object != nil {
			yield(inField, object)
		}
	}
}

// pick returns the raw body for binary encodings, and the text without white space around it for the others.
func pick(mistake Mistake, text string, body []byte) string {
	switch mistake {
	case inGzip, inLatin1, inUTF16, toLatin1:
		return string(body)
	}
	return text
}

// decodeText reads base64 in any alphabet, with or without padding, in lines or not, perhaps behind data:…;base64,.
func decodeText(text string) []byte {
	if strings.HasPrefix(text, "data:") {
		_, text, _ = strings.Cut(text, ",")
	}
	text = strings.Trim(text, `"`)
	if strings.ContainsAny(text, "{}<>:,") {
		return nil
	}
	return decodeLoosely(text)
}

// decompress reads gzip and zlib as far as an event may be long: a few bytes may unpack to any number.
func decompress(body string) []byte {
	var unpacked io.ReadCloser
	var err error
	switch {
	case strings.HasPrefix(body, "\x1f\x8b"):
		unpacked, err = gzip.NewReader(strings.NewReader(body))
	case strings.HasPrefix(body, "\x78"):
		unpacked, err = zlib.NewReader(strings.NewReader(body))
	case body != "" && !utf8.ValidString(body): // what servers call deflate and send without its frame
		unpacked = flate.NewReader(strings.NewReader(body))
	default:
		return nil
	}
	if err != nil {
		return nil
	}
	defer unpacked.Close()
	plain, err := io.ReadAll(io.LimitReader(unpacked, maxEncoded+1))
	if err != nil || len(plain) > maxEncoded {
		return nil
	}
	return plain
}

func unquote(text string) []byte {
	var inner string
	if !strings.HasPrefix(text, `"`) || json.Unmarshal([]byte(text), &inner) != nil {
		return nil
	}
	return []byte(inner)
}

func fromHex(text string) []byte {
	inner, err := hex.DecodeString(text)
	if err != nil {
		return nil
	}
	return inner
}

// fromHTML knows what programs write for the marks of JSON. The names of all the others, in package html, are 70 kB.
func fromHTML(text string) []byte {
	marks := strings.NewReplacer("&quot;", `"`, "&#34;", `"`, "&#034;", `"`, "&#x22;", `"`, "&amp;", "&", "&#38;", "&",
		"&lt;", "<", "&gt;", ">", "&#39;", "'", "&#039;", "'", "&#x27;", "'", "&apos;", "'", "&#x2F;", "/", "&#47;", "/")
	if plain := marks.Replace(text); plain != text {
		return []byte(plain)
	}
	return nil
}

// fromSlashes takes off the backslashes that PHP's addslashes and old servers put before quotation marks.
func fromSlashes(text string) []byte {
	if !strings.HasPrefix(text, `{\"`) {
		return nil
	}
	inner := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
		}
		inner = append(inner, text[i])
	}
	return inner
}

// textFields are the first texts in an event of a gateway or a queue, wherever they stand, that may be a body, or base64 of one.
func textFields(text string) (fields [][]byte) {
	const maxFields = 4
	var event any
	if !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") || json.Unmarshal([]byte(text), &event) != nil {
		return nil
	}
	for layer := []any{event}; len(layer) > 0 && len(fields) < maxFields; {
		var next []any
		for _, value := range layer {
			switch value := value.(type) {
			case string:
				const asBase64 = "ey" // of {" and what may follow
				if len(fields) < maxFields && (strings.HasPrefix(value, "{") || strings.HasPrefix(value, asBase64)) {
					fields = append(fields, []byte(value))
				}
			case []any:
				next = append(next, value...)
			case map[string]any:
				for _, name := range slices.Sorted(maps.Keys(value)) {
					next = append(next, value[name])
				}
			}
		}
		layer = next
	}
	return fields
}

// fromLatin1 undoes an encoding as UTF-8 of what was UTF-8.
func fromLatin1(body string) []byte {
	if !utf8.ValidString(body) {
		return nil
	}
	inner, changed := make([]byte, 0, len(body)), false
	for _, r := range body {
		if r > 0xff {
			return nil
		}
		changed = changed || r >= utf8.RuneSelf
		inner = append(inner, byte(r)) //nolint:gosec // it was found to be below 256
	}
	if !changed {
		return nil
	}
	return inner
}

// fromUTF16 reads UTF-16 with or without a byte order mark, of JSON, whose first character is ASCII.
func fromUTF16(body string) []byte {
	if len(body) < 4 || len(body)%2 != 0 {
		return nil
	}
	high := 1 // the place of the more significant byte
	if body[0] == 0xfe || body[0] == 0 {
		high = 0
	}
	units := make([]uint16, 0, len(body)/2)
	for i := 0; i < len(body); i += 2 {
		units = append(units, uint16(body[i+high])<<8|uint16(body[i+1-high]))
	}
	if units[0] == 0xfeff {
		units = units[1:]
	}
	if units[0] >= utf8.RuneSelf {
		return nil
	}
	return []byte(string(utf16.Decode(units)))
}

// formFields returns the values of the first few fields of a form, or the decoded body where it is escaped as a whole.
func formFields(text string) (fields [][]byte) {
	const maxFields = 4
	fields = multipartFields(text)
	if name, found := strings.CutSuffix(text, "="); found {
		fields = append(fields, []byte(name)) // JSON that was sent as a form is the name of a field to many servers
	}
	if name, value, named := strings.Cut(text, "="); named && !strings.ContainsAny(name, "{}[]\" ") {
		fields = append(fields, []byte(value)) // not escaped, though a form should be
	}
	if !strings.ContainsAny(text, "=%") || strings.ContainsAny(text, "{}\" \n") {
		return fields
	}
	for field := range strings.SplitSeq(text, "&") {
		if len(fields) >= 2*maxFields {
			break
		}
		name, value, named := strings.Cut(field, "=")
		if !named || value == "" {
			value = name
		}
		for _, decode := range []func(string) (string, error){url.QueryUnescape, url.PathUnescape} {
			if plain, err := decode(value); err == nil && plain != "" {
				fields = append(fields, []byte(plain))
			}
		}
	}
	return fields
}

// envelopeBody is the field of a gateway's or queue's event that holds what came.
func envelopeBody(text string) []byte {
	var envelope struct {
		Body    json.RawMessage `json:"body"`
		RawBody json.RawMessage `json:"rawBody"`
		Payload json.RawMessage `json:"payload"`
		Message json.RawMessage `json:"Message"` //nolint:tagliatelle // as one of these gateways writes it
		Detail  json.RawMessage `json:"detail"`
	}
	if !strings.HasPrefix(text, "{") || json.Unmarshal([]byte(text), &envelope) != nil {
		return nil
	}
	for _, field := range []json.RawMessage{envelope.Body, envelope.RawBody, envelope.Payload, envelope.Message, envelope.Detail} {
		if inner := unquote(string(field)); inner != nil {
			return inner
		}
		if bytes.HasPrefix(field, []byte("{")) {
			return field
		}
	}
	return nil
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
