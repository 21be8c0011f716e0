// Package onepass reads JSON of a known shape in one pass, without reflection. It reads what is usual exactly as
// encoding/json does, and gives up at everything else: a name in another case, a character or a number in a form that it does
// not know, anything that is no JSON. Done then is false, nothing that was read may be used, and the caller starts anew with
// encoding/json, whose word counts.
package onepass

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Reader is at one place of a text. Once it has given up, its methods do nothing and return nothing.
type Reader struct {
	in     []byte
	at     int
	first  bool // the next member or element of what was opened last is its first
	failed bool
}

// Read begins to read.
func Read(in []byte) Reader { return Reader{in: in} }

// Fail gives up, for a caller that cannot use what it has read.
func (r *Reader) Fail() { r.failed = true }

// Done reports whether all of the text was read: what was read from it is what encoding/json would have read.
func (r *Reader) Done() bool {
	r.space()
	return !r.failed && r.at == len(r.in)
}

// Object enters an object, whose members follow from Member. It returns false for null, which has none.
func (r *Reader) Object() bool { return r.open('{') }

// Array enters an array, whose elements follow while Element says so. It returns false for null.
func (r *Reader) Array() bool { return r.open('[') }

func (r *Reader) open(bracket byte) bool {
	r.space()
	switch {
	case r.null():
		return false
	case r.peek() != bracket:
		r.failed = true
		return false
	}
	r.at++
	r.first = true
	return true
}

// Element moves to the next element of an array. It returns false at the end.
func (r *Reader) Element() bool {
	r.space()
	return r.more(']')
}

// more moves behind the comma, or behind the bracket that ends what was opened last.
func (r *Reader) more(bracket byte) bool {
	first := r.first
	r.first = false
	switch c := r.peek(); {
	case c == bracket:
		r.at++
		return false
	case first && c != 0:
		return true
	case c == ',' && !first:
		r.at++
		r.space()
		if r.peek() != bracket {
			return true
		}
	}
	r.failed = true
	return false
}

// Member moves to the value of the next member of an object and returns its name, which is plain ASCII. It returns nil at
// the end.
func (r *Reader) Member() []byte {
	r.space()
	if !r.more('}') {
		return nil
	}
	r.expect('"')
	from := r.at
	for r.at < len(r.in) && isPlain(r.in[r.at]) {
		r.at++
	}
	to := r.at
	r.expect('"')
	r.space()
	r.expect(':')
	r.space()
	if r.failed {
		return nil
	}
	return r.in[from:to:to]
}

// expect moves behind a character that must follow.
func (r *Reader) expect(c byte) {
	if r.peek() != c {
		r.failed = true
		return
	}
	r.at++
}

// Skip passes over the value of a member whose name is none of the known ones, not even in another case: encoding/json would
// take such a value for that of the known name.
func (r *Reader) Skip(name []byte, known ...string) {
	for _, one := range known {
		if len(one) == len(name) && strings.EqualFold(one, string(name)) {
			r.failed = true
			return
		}
	}
	_ = r.Value()
}

// maxDepth is how deep Value looks. encoding/json allows far more.
const maxDepth = 100

// Value returns a value as it is written, and moves behind it.
func (r *Reader) Value() []byte {
	from := r.at
	r.pass(maxDepth)
	if r.failed {
		return nil
	}
	return r.in[from:r.at:r.at]
}

// pass moves behind a value.
func (r *Reader) pass(depth int) {
	switch c := r.peek(); {
	case depth == 0:
		r.failed = true
	case c == '"':
		var text Text
		r.Text(&text)
	case c == 't':
		r.word("true")
	case c == 'f':
		r.word("false")
	case c == 'n':
		r.word("null")
	case c == '{':
		for r.Object(); r.Member() != nil; {
			r.pass(depth - 1)
		}
	case c == '[':
		for r.Array(); r.Element(); {
			r.pass(depth - 1)
		}
	default:
		r.number()
	}
}

// Int reads a whole number that is written in digits; null leaves it as it is.
func (r *Reader) Int(value *int) {
	if r.null() {
		return
	}
	const maxDigits = 9 // so that it fits an int of 32 bits
	negative, n := r.peek() == '-', 0
	digits := r.number()
	if negative && len(digits) > 0 {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > maxDigits {
		r.failed = true
		return
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			r.failed = true
			return
		}
		n = 10*n + int(c-'0')
	}
	if negative {
		n = -n
	}
	*value = n
}

// number moves behind a number and returns it.
func (r *Reader) number() []byte {
	from := r.at
	if r.peek() == '-' {
		r.at++
	}
	if r.peek() == '0' {
		r.at++
	} else {
		r.digits()
	}
	if r.peek() == '.' {
		r.at++
		r.digits()
	}
	if c := r.peek(); c == 'e' || c == 'E' {
		r.at++
		if c := r.peek(); c == '+' || c == '-' {
			r.at++
		}
		r.digits()
	}
	if r.failed {
		return nil
	}
	return r.in[from:r.at]
}

// digits moves behind one digit or more.
func (r *Reader) digits() {
	from := r.at
	for r.at < len(r.in) && r.in[r.at]-'0' <= 9 {
		r.at++
	}
	r.failed = r.failed || r.at == from
}

// null moves behind null and reports whether it was there.
func (r *Reader) null() bool {
	if r.peek() != 'n' {
		return false
	}
	r.word("null")
	return !r.failed
}

func (r *Reader) word(word string) {
	if !bytes.HasPrefix(r.in[r.at:], []byte(word)) {
		r.failed = true
		return
	}
	r.at += len(word)
}

// peek is the character at the reader's place; 0 at the end, and once it has given up.
func (r *Reader) peek() byte {
	if r.failed || r.at >= len(r.in) {
		return 0
	}
	return r.in[r.at]
}

func (r *Reader) space() {
	for r.at < len(r.in) && (r.in[r.at] == ' ' || r.in[r.at] == '\n' || r.in[r.at] == '\r' || r.in[r.at] == '\t') {
		r.at++
	}
}

// isPlain reports a character that stands for itself in a JSON string.
func isPlain(c byte) bool { return c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf }
