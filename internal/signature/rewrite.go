package signature

import (
	"bytes"
	"encoding/json"
	"iter"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// rewrites yields JSON as the programs write it that parse a body and sign what they make of it, each with the mistake
// it would be. It yields nothing unless the body is JSON.
func rewrites(body []byte) iter.Seq2[Mistake, []byte] {
	return func(yield func(Mistake, []byte) bool) {
		var compact bytes.Buffer
		if json.Compact(&compact, body) != nil || !yield(asCompact, compact.Bytes()) {
			return
		}
		var value any
		if json.Unmarshal(body, &value) == nil {
			if written, err := json.Marshal(value); err == nil && (!yield(asGo, written) || !yield(asEncoder, append(written, '\n'))) {
				return
			}
		}
		for _, style := range []style{
			{mistake: asJS, numbers: true},
			{mistake: asPython, spaced: true, ascii: true},
			{mistake: asPHP, ascii: true, slash: true},
		} {
			if !yield(style.mistake, style.write(compact.Bytes())) {
				return
			}
		}
	}
}

// style is how a program writes JSON in the order in which it came.
type style struct {
	mistake Mistake
	spaced  bool // a space after : and ,
	ascii   bool // \u for all that is not ASCII
	slash   bool // \/ for /
	numbers bool // 15000 for 15000.00
}

// write takes JSON that is valid and compact.
func (s style) write(compact []byte) []byte {
	out := make([]byte, 0, len(compact)+len(compact)/4)
	for at := 0; at < len(compact); {
		switch c := compact[at]; c {
		case '"':
			end := stringEnd(compact, at)
			out = s.appendString(out, compact[at:end])
			at = end
		case ':', ',':
			out = append(out, c)
			if s.spaced {
				out = append(out, ' ')
			}
			at++
		case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			end := at + 1
			for end < len(compact) && strings.IndexByte("+-.eE0123456789", compact[end]) >= 0 {
				end++
			}
			out = s.appendNumber(out, compact[at:end])
			at = end
		default:
			out = append(out, c)
			at++
		}
	}
	return out
}

// stringEnd is the place after the string that starts at a quotation mark of valid JSON.
func stringEnd(text []byte, at int) int {
	for at++; at < len(text) && text[at] != '"'; at++ {
		if text[at] == '\\' {
			at++
		}
	}
	return min(at+1, len(text))
}

// appendNumber writes a number as JavaScript does, and encoding/json for its sake: 15000.00 is 15000.
func (s style) appendNumber(out, number []byte) []byte {
	if !s.numbers || !bytes.ContainsAny(number, ".eE") {
		return append(out, number...)
	}
	var value any
	if json.Unmarshal(number, &value) != nil {
		return append(out, number...)
	}
	written, err := json.Marshal(value)
	if err != nil {
		return append(out, number...)
	}
	return append(out, written...)
}

func (s style) appendString(out, quoted []byte) []byte {
	if s.keeps(quoted) {
		return append(out, quoted...)
	}
	var text string
	if json.Unmarshal(quoted, &text) != nil {
		return append(out, quoted...)
	}
	out = append(out, '"')
	for _, r := range text {
		out = s.appendRune(out, r)
	}
	return append(out, '"')
}

// keeps reports whether a string is written as it came, as nearly all are.
func (s style) keeps(quoted []byte) bool {
	for _, c := range quoted {
		if c == '\\' || c >= utf8.RuneSelf || c == '/' && s.slash {
			return false
		}
	}
	return true
}

func (s style) appendRune(out []byte, r rune) []byte {
	switch {
	case r == '"', r == '\\', r == '/' && s.slash:
		return append(out, '\\', byte(r))
	case r == '\b':
		return append(out, `\b`...)
	case r == '\f':
		return append(out, `\f`...)
	case r == '\n':
		return append(out, `\n`...)
	case r == '\r':
		return append(out, `\r`...)
	case r == '\t':
		return append(out, `\t`...)
	case r < ' ', r >= utf8.RuneSelf && s.ascii && r <= 0xffff:
		return appendEscape(out, r)
	case r > 0xffff && s.ascii:
		high, low := utf16.EncodeRune(r)
		return appendEscape(appendEscape(out, high), low)
	}
	return utf8.AppendRune(out, r)
}

func appendEscape(out []byte, r rune) []byte {
	const digits = 4
	hex := strconv.FormatInt(int64(r), 16)
	out = append(out, `\u0000`[:2+digits-len(hex)]...)
	return append(out, hex...)
}
