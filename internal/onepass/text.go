package onepass

import (
	"strings"
	"unicode/utf8"
)

// Text is a string of a JSON text. It stays where it was read until Keep copies it.
type Text struct {
	from, to int    // in the text that is read
	own      string // in place of that: what had to be spelled out, or is there already
}

// Kept is a text that is there already.
func Kept(text string) Text { return Text{own: text} }

// Text reads a string; null leaves it as it is.
func (r *Reader) Text(text *Text) {
	if r.null() {
		return
	}
	if r.peek() != '"' {
		r.failed = true
		return
	}
	r.at++
	from, plain := r.at, true
	for ; r.at < len(r.in); r.at++ {
		switch c := r.in[r.at]; {
		case isPlain(c):
		case c == '"':
			if raw := r.in[from:r.at]; plain || utf8.Valid(raw) {
				*text = Text{from: from, to: r.at}
				r.at++
				return
			}
			r.failed = true
			return
		case c == '\\':
			r.spell(text, from)
			return
		case c < ' ':
			r.failed = true
			return
		default:
			plain = false
		}
	}
	r.failed = true
}

// spell reads a string from its first backslash on. It does not know characters that are written as two.
func (r *Reader) spell(text *Text, from int) {
	const room = 256
	var start [room]byte
	spelled := append(start[:0], r.in[from:r.at]...)
	for r.at < len(r.in) {
		c := r.in[r.at]
		r.at++
		switch {
		case c == '"':
			if !utf8.Valid(spelled) {
				r.failed = true
				return
			}
			*text = Text{own: string(spelled)}
			return
		case c == '\\':
			if spelled = r.escaped(spelled); r.failed {
				return
			}
		case c < ' ':
			r.failed = true
			return
		default:
			spelled = append(spelled, c)
		}
	}
	r.failed = true
}

// escaped appends the character that follows a backslash.
func (r *Reader) escaped(spelled []byte) []byte {
	c := r.peek()
	r.at++
	const marks, meant = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if at := strings.IndexByte(marks, c); at >= 0 {
		return append(spelled, meant[at])
	}
	const digits = 4
	if c != 'u' || len(r.in)-r.at < digits {
		r.failed = true
		return nil
	}
	var char rune
	for _, c := range r.in[r.at : r.at+digits] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			r.failed = true
			return nil
		}
		char = 16*char + rune(c)
	}
	r.at += digits
	if !utf8.ValidRune(char) { // half of a character
		r.failed = true
		return nil
	}
	return utf8.AppendRune(spelled, char)
}

// Like takes a text that is there already, of the object before, in place of one that says the same.
func (r *Reader) Like(text *Text, there string) {
	if text.own == "" && there != "" && string(r.in[text.from:text.to]) == there {
		text.own = there
	}
}

// Keep copies the texts out of what is read: all of them into one string, of which each is a part.
func (r *Reader) Keep(texts []Text) {
	length := 0
	for i := range texts {
		if texts[i].own == "" {
			length += texts[i].to - texts[i].from
		}
	}
	if length == 0 || r.failed {
		return
	}
	var room strings.Builder
	room.Grow(length)
	for i := range texts {
		if texts[i].own == "" {
			room.Write(r.in[texts[i].from:texts[i].to])
		}
	}
	all := room.String()
	for i := range texts {
		if texts[i].own == "" {
			n := texts[i].to - texts[i].from
			texts[i].own, all = all[:n], all[n:]
		}
	}
}

// String is the text, once it is kept.
func (t Text) String() string { return t.own }
