package terminal

import (
	"io"
	"strings"
	"unicode/utf8"
)

// Prose is a writer of sentences and tables to w. On a terminal it goes on to the next line between two words, where the terminal
// would in the middle of one, and there below the second column, where the line has some; elsewhere it is w. A command to type
// stays whole, so that it can be copied.
func Prose(w io.Writer) io.Writer {
	if width := Width(w); width > 0 {
		return &prose{w: w, width: width}
	}
	return w
}

// prose knows how much stands on the line. Whoever writes to it ends each time at the end of a word.
type prose struct {
	w             io.Writer
	width, column int
	blanks        int  // that follow the last word, as far as another one follows
	indent        int  // of the lines that go on with this one
	hasColumns    bool // this line has
	announced     bool // the last word ended with a colon
}

func (p *prose) Write(b []byte) (int, error) {
	var out strings.Builder
	for text := string(b); text != ""; {
		if text[0] == '\n' {
			out.WriteByte('\n')
			p.column, p.blanks, p.indent, p.hasColumns, text = 0, 0, 0, false, text[1:]
			continue
		}
		word := strings.TrimLeft(text, " ")
		p.blanks += len(text) - len(word)
		text = word
		stop := " \n"
		if p.announced && strings.HasPrefix(word, "djamo ") {
			stop = "\n"
		}
		end := strings.IndexAny(word, stop)
		for end > 0 && isApart(word[end:]) {
			more := strings.IndexAny(word[end+1:], stop)
			if end += 1 + more; more < 0 {
				end = len(word)
			}
		}
		if end >= 0 {
			word = word[:end]
		}
		if text = text[len(word):]; word == "" {
			continue
		}
		long := utf8.RuneCountInString(word)
		p.align()
		if p.column > p.indent && p.column+p.blanks+long > p.width {
			out.WriteByte('\n')
			p.column, p.blanks = 0, p.indent
		}
		out.WriteString(strings.Repeat(" ", p.blanks) + word)
		p.column += p.blanks + long
		p.blanks, p.announced = 0, strings.HasSuffix(word, ":")
	}
	_, err := io.WriteString(p.w, out.String())
	return len(b), err
}

// isApart reports whether a text begins with punctuation that French sets apart by a space, at which no line may end.
func isApart(text string) bool {
	return len(text) > 1 && text[0] == ' ' && strings.IndexByte(";:?!", text[1]) >= 0
}

// align sees where the line would go on, before its next word is written: below the second column, or else as far in as it began.
func (p *prose) align() {
	const narrow = 4 // below a column that begins far to the right nothing fits
	switch begins := p.column + p.blanks; {
	case p.column == 0:
		p.indent = min(begins, p.width/2)
	case p.blanks > 1 && !p.hasColumns:
		if p.indent, p.hasColumns = begins, true; begins > p.width/2 {
			p.indent = narrow
		}
	}
}
