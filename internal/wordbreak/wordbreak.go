// Package wordbreak says where a long word may break across lines on a page that people read: a name, a reference, an ID. A
// browser that is left alone breaks such a word nowhere, and the page is wider than the screen, or anywhere, and it reads as
// two. A page puts <wbr> between the pieces.
package wordbreak

import (
	"strings"
	"unicode"
)

// Text cuts a text where it may break besides its spaces: only a word that no column has room for.
func Text(text string) []string { return cutAt(text, 28) }

// Code cuts references and the like, none of which may break anywhere else.
func Code(text string) []string {
	const whole = 24
	if len([]rune(text)) <= whole && text != "" {
		return []string{Visible(text)}
	}
	return cutAt(text, 20)
}

func cutAt(text string, longest int) []string {
	var cut []string
	var piece strings.Builder
	width := 0
	runes := []rune(Visible(text))
	for i, r := range runes {
		piece.WriteRune(r)
		if width++; unicode.IsSpace(r) {
			width = 0
		}
		last := i == len(runes)-1
		if last || width == 0 || r == zeroWidthJoiner || joins(runes[i+1]) {
			continue
		}
		if width >= longest || width >= longest/3 && strings.ContainsRune("/-_.:@", r) {
			cut, width = append(cut, piece.String()), 0
			piece.Reset()
		}
	}
	if piece.Len() > 0 {
		cut = append(cut, piece.String())
	}
	return cut
}

const zeroWidthJoiner = '\u200d'

// joins reports whether a character belongs to the one before it, as accents and the parts of some emoji do.
func joins(r rune) bool {
	return unicode.Is(unicode.M, r) || r == zeroWidthJoiner || r >= 0x1f3fb && r <= 0x1f3ff || r >= 0x1f1e6 && r <= 0x1f1ff
}

// Visible leaves out the characters that nobody sees, but for the joiners that scripts and emoji need: marks of direction
// would turn the rest of a line around.
func Visible(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u200c' || r == '\u200d':
			return r
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Cf, r), unicode.IsControl(r):
			return -1
		}
		return r
	}, strings.TrimSpace(strings.ToValidUTF8(text, "\ufffd")))
}
