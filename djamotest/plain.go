package djamotest

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

// plain is a text as a phone number is looked for in it: digits of every script are ASCII, what is not seen is left out,
// every kind of space, dash and plus is the usual one, and percent-escapes are decoded. Each byte knows where it came from.
type plain struct {
	text       string
	start, end []int // of each byte of text in the source; nil when nothing had to be changed
}

// source is the part of the source that a part of the text stands for.
func (p plain) source(start, end int) (int, int) {
	if p.start == nil {
		return start, end
	}
	return p.start[start], p.end[end-1]
}

func plainOf(s string) plain {
	if isPlain(s) {
		return plain{text: s}
	}
	p := plain{start: make([]int, 0, len(s)), end: make([]int, 0, len(s))}
	text := make([]byte, 0, len(s))
	for at := 0; at < len(s); {
		r, size := runeAt(s[at:])
		if c, seen := plainByte(r); seen {
			text = append(text, c)
			p.start, p.end = append(p.start, at), append(p.end, at+size)
		}
		at += size
	}
	p.text = string(text)
	return p
}

func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c < ' ' || c == '%' {
			return false
		}
	}
	return true
}

// runeAt is the first character of a text, percent-encoded or not, and how many bytes it takes there.
func runeAt(s string) (r rune, size int) {
	if s[0] != '%' {
		return utf8.DecodeRuneInString(s)
	}
	var decoded [utf8.UTFMax]byte
	for n := range decoded {
		c, err := unescape(s[size:])
		if err != nil {
			break
		}
		decoded[n], size = c, size+3
		if r, _ := utf8.DecodeRune(decoded[:n+1]); r != utf8.RuneError {
			return r, size
		}
		if c < utf8.RuneSelf {
			break
		}
	}
	return utf8.RuneError, max(1, min(size, 3))
}

// unescape decodes the escape that a text begins with.
func unescape(s string) (byte, error) {
	if len(s) < 3 || s[0] != '%' {
		return 0, strconv.ErrSyntax
	}
	c, err := strconv.ParseUint(s[1:3], 16, 8)
	return byte(c), err
}

// plainByte stands for a character; seen is false for one that is not seen.
func plainByte(r rune) (c byte, seen bool) {
	switch {
	case r >= ' ' && r < utf8.RuneSelf:
		return byte(r), true
	case unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me): // zero-width characters, soft hyphens, keycaps
		return 0, false
	case unicode.In(r, unicode.Zs, unicode.Zl, unicode.Zp), unicode.IsSpace(r), r == 0x2800, r == 0x3164, r == 0x115f, r == 0x1160:
		return ' ', true
	case unicode.Is(unicode.Pd, r), r == '−', r == '·', r == '•', r == '‧', r == '∙', r == '⁄':
		return '-', true
	case r == '＋', r == '﹢', r == '⁺', r == '₊', r == '➕':
		return '+', true
	case r == '．', r == '。':
		return '.', true
	}
	if digit, ok := digitOf(r); ok {
		return '0' + digit, true
	}
	return 0x1, true // no digit, and nothing between digits
}

// digitOf is the value of a digit in any script: the decimal digits of Unicode stand in tens, from zero on.
func digitOf(r rune) (byte, bool) {
	const ten = 10
	for _, block := range unicode.Nd.R16 {
		if r >= rune(block.Lo) && r <= rune(block.Hi) {
			return byte((r - rune(block.Lo)) % ten), true //nolint:gosec // less than ten
		}
	}
	for _, block := range unicode.Nd.R32 {
		if r >= rune(block.Lo) && r <= rune(block.Hi) { //nolint:gosec // no character is beyond an int32
			return byte((r - rune(block.Lo)) % ten), true //nolint:gosec // as above
		}
	}
	for _, more := range digitsElsewhere {
		if r >= more.first && r <= more.last {
			return byte(r - more.first + more.value), true //nolint:gosec // less than ten
		}
	}
	return 0, false
}

// digitsElsewhere are the digits that Unicode does not count as decimal: raised, lowered and in circles.
var digitsElsewhere = []struct{ first, last, value rune }{ //nolint:gochecknoglobals // a table
	{'⁰', '⁰', 0},
	{'¹', '¹', 1},
	{'²', '³', 2},
	{'⁴', '⁹', 4},
	{'₀', '₉', 0},
	{'⓪', '⓪', 0},
	{'①', '⑨', 1},
	{'⑴', '⑼', 1},
	{'⒈', '⒐', 1},
	{'⓵', '⓽', 1},
	{'⓿', '⓿', 0},
	{'❶', '❾', 1},
	{'➀', '➈', 1},
	{'➊', '➒', 1},
}
