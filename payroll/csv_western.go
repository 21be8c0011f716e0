package payroll

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// findEncoding reads the file once, to learn whether it is UTF-8 or, without doubt, Windows-1252. What is neither is left
// to the reading of its rows, which names the line.
func (f *csvFile) findEncoding() error {
	last := byte('\n')
	valid, err := f.scan(func(r *bufio.Reader) (ok bool, err error) { return isUTF8(r, &last) })
	f.isOpen = valid && last != '\n' && last != '\r'
	if err != nil || valid {
		return err
	}
	line := int64(0)
	western, err := f.scan(func(r *bufio.Reader) (ok bool, err error) {
		line, ok, err = isWestern(r)
		return ok, err
	})
	if western {
		f.western = line
	}
	return err
}

func (f *csvFile) scan(by func(*bufio.Reader) (bool, error)) (bool, error) {
	if _, err := f.source.Seek(0, io.SeekStart); err != nil {
		return false, fmt.Errorf("payroll: going to the start of the file: %w", err)
	}
	ok, err := by(bufio.NewReaderSize(f.source, headSize))
	if err != nil {
		return false, readingFailed(err)
	}
	return ok, nil
}

// decoded is the source in UTF-8.
func (f *csvFile) decoded() io.Reader {
	if f.western == 0 {
		return f.source
	}
	return &westernReader{source: f.source}
}

func (f *csvFile) encodingWarnings() []Warning {
	if f.western == 0 {
		return nil
	}
	return []Warning{{Kind: WarnEncoding, Lines: []int64{f.western}, Text: fmt.Sprintf(
		"the file is not UTF-8: it was read as Windows-1252, in which Excel saves CSV files, for the first time on line %d", f.western)}}
}

// isUTF8 reports whether all of a file is, and notes its last byte.
func isUTF8(r *bufio.Reader, last *byte) (bool, error) {
	for {
		chunk, err := r.Peek(headSize)
		if len(chunk) == 0 {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return err == nil, err
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		whole := len(chunk)
		if err == nil { // a character may go on in the next
			for cut := 1; cut < utf8.UTFMax; cut++ {
				if b := chunk[len(chunk)-cut]; utf8.RuneStart(b) {
					if !utf8.FullRune(chunk[len(chunk)-cut:]) {
						whole -= cut
					}
					break
				}
			}
		}
		if !utf8.Valid(chunk[:whole]) {
			return false, nil
		}
		*last = chunk[whole-1]
		_, _ = r.Discard(whole) // it was peeked at
	}
}

// isWestern reports whether a file can be nothing but Windows-1252 (or Latin-1, which has the same letters): each of its
// bytes beyond ASCII is a letter of French inside a word, or a mark where French has it. In the other encodings of Western
// spreadsheets these letters are other bytes. line is where the first stands.
func isWestern(r *bufio.Reader) (line int64, western bool, err error) {
	at := int64(1)
	var before, last byte = '\n', '\n'
	for {
		c, err := r.ReadByte()
		if errors.Is(err, io.EOF) {
			return line, line > 0, nil
		}
		if err != nil {
			return 0, false, err
		}
		if c == '\n' || last == '\r' {
			at++
		}
		if c < ' ' && !strings.ContainsRune("\t\r\n", rune(c)) || c == 0x7f {
			return 0, false, nil
		}
		if c >= utf8.RuneSelf {
			next := byte('\n')
			if peeked, err := r.Peek(1); err == nil {
				next = peeked[0]
			}
			if !fits(before, last, c, next) {
				return 0, false, nil
			}
			if line == 0 {
				line = at
			}
		}
		before, last = last, c
	}
}

// fits reports whether a byte is what Windows-1252 has there, between its neighbors.
func fits(before, last, c, next byte) bool {
	switch c {
	case 0xa0, 0xab, 0xb0, 0xb2, 0xb7, 0xbb: // no-break space, quotation marks, degree, square, dot
		return true
	case 0x92: // the apostrophe
		return isLetter(last) && isLetter(next)
	case 0x96: // the dash
		return last == ' ' && next == ' '
	case 0x93: // an opening quotation mark
		return !isLetter(last) && isLetter(next)
	case 0x94: // a closing one
		return last != ' ' && !isLetter(next)
	case 0x85: // three dots
		return !isLetter(next)
	case 0x9c: // œ
		return isLetter(last) && isLetter(next)
	case 0x8c: // Œ
		return !isLetter(last) && isLetter(next) || isCapital(last) && isCapital(next)
	case 0x80: // the euro sign
		return !isLetter(last) && !isLetter(next)
	}
	if !isFrench(c) || isFrench(before) && isFrench(last) {
		return false
	}
	isLower, inCapitals := c >= 0xe0, isCapital(last) && isCapital(next)
	return !(isLower && inCapitals) && (isLetter(last) || isLetter(next) || c == 0xe0 || c == 0xc0)
}

// isFrench reports whether a byte of Windows-1252 is an accented letter of French.
func isFrench(c byte) bool {
	return c >= 0xc0 && strings.ContainsRune("ÀÂÇÈÉÊËÎÏÔÙÛÜàâçèéêëîïôùûü", rune(c))
}

func isLetter(c byte) bool {
	return 'a' <= c && c <= 'z' || isCapital(c) || isFrench(c)
}

func isCapital(c byte) bool { return 'A' <= c && c <= 'Z' }

// westernReader gives a file in Windows-1252 as UTF-8.
type westernReader struct {
	source  io.Reader
	pending []byte
}

// Read implements io.Reader.
func (w *westernReader) Read(to []byte) (int, error) {
	for len(w.pending) == 0 {
		chunk := make([]byte, 32<<10)
		n, err := w.source.Read(chunk)
		for _, c := range chunk[:n] {
			w.pending = utf8.AppendRune(w.pending, westernRune(c))
		}
		if n == 0 && err != nil {
			return 0, err
		}
	}
	n := copy(to, w.pending)
	w.pending = w.pending[n:]
	return n, nil
}

// westernRune is the character of a byte that fits has let pass.
func westernRune(c byte) rune {
	switch c {
	case 0x80:
		return '€'
	case 0x85:
		return '…'
	case 0x8c:
		return 'Œ'
	case 0x92:
		return '\u2019'
	case 0x93:
		return '\u201c'
	case 0x94:
		return '\u201d'
	case 0x96:
		return '\u2013'
	case 0x9c:
		return 'œ'
	}
	if c >= 0x80 && c < 0xa0 {
		return utf8.RuneError // of a file that was changed meanwhile
	}
	return rune(c)
}
