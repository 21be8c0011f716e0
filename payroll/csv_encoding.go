package payroll

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/djamo/djamo-go/internal/filekind"
)

// How to save a file so that it can be read.
const (
	asUTF8 = `save it as UTF-8: in Excel choose "CSV UTF-8 (comma delimited)", in LibreOffice the character set "Unicode (UTF-8)"`

	notUTF8    = "is neither UTF-8 nor, without doubt, Windows-1252: " + asUTF8
	isUTF16    = "is UTF-16, which Excel calls Unicode text: " + asUTF8
	isUTF32    = "is UTF-32: " + asUTF8
	notText    = "is no text: name the file of payouts"
	isWorkbook = "is a workbook and no CSV file: " + asUTF8
)

// headSize is how much of a file is looked at to learn how it is written; its first line must fit.
const headSize = 64 << 10

// maxRecordBytes bounds a record, so that a quotation mark that is never closed does not take the rest of a large file
// into memory.
const maxRecordBytes = 1 << 20

// errLongRecord ends the reading of a record that is too long.
var errLongRecord = errors.New("the record is too long")

// textReader gives a file as encoding/csv reads it: without byte order mark, lines ending in LF or CRLF.
type textReader struct {
	source    *bufio.Reader
	oldMac    bool // lines end in CR alone
	doubled   bool // lines end in CRLF with a CR before it: a program has put it there
	remaining int  // what may still be read of a record

	latest []byte // what was read last, so that a line can be looked at again
	passed int64  // how many bytes were read in all
}

// latestSize is how much is kept of what was read: encoding/csv reads 4 KiB ahead of the line that it is at.
const latestSize = 16 << 10

// newTextReader recognises files that are not text in UTF-8, as far as their head tells, and returns the head.
func newTextReader(source io.Reader) (*textReader, []byte, error) {
	buffered := bufio.NewReaderSize(source, headSize)
	head, err := buffered.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, readingFailed(err)
	}
	if rule := foreign(head); rule != "" {
		return nil, nil, &PlanError{Problems: []Problem{{Rule: "the file " + rule}}}
	}
	for mark := []byte("\uFEFF"); bytes.HasPrefix(head, mark); { // two, where a program has put its own before another's
		head = head[len(mark):]
		_, _ = buffered.Discard(len(mark)) // it was peeked at
	}
	t := &textReader{source: buffered}
	t.oldMac, t.doubled = lineEnds(head)
	return t, t.convert(bytes.Clone(head)), nil
}

// foreign recognises by its first bytes what is no CSV file in UTF-8; "" when it may be one.
func foreign(head []byte) string {
	const zip, compound = "PK\x03\x04", "\xD0\xCF\x11\xE0"
	if kind := filekind.Of(head); kind != "" {
		return kind
	}
	switch {
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE, 0, 0}), bytes.HasPrefix(head, []byte{0, 0, 0xFE, 0xFF}):
		return isUTF32
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}),
		bytes.HasPrefix(head, []byte{0xFE, 0xFF}),
		filekind.IsUTF16(head):
		return isUTF16
	case bytes.IndexByte(head[:min(4, len(head))], 0) >= 0:
		return notText
	case bytes.HasPrefix(head, []byte(zip)), bytes.HasPrefix(head, []byte(compound)):
		return isWorkbook
	}
	return ""
}

// garbled finds a text in which UTF-8 was once taken for Windows-1252: Ã© for é, â€™ for an apostrophe.
func garbled(texts ...string) string {
	for _, text := range texts {
		for at, r := range text {
			if r != 'Ã' && r != 'Â' && r != 'â' {
				continue
			}
			next, _ := utf8.DecodeRuneInString(text[at+utf8.RuneLen(r):])
			if r == 'â' && next == '€' || r != 'â' && (next >= 0x80 && next <= 0xbf || strings.ContainsRune("€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ", next)) {
				return text
			}
		}
	}
	return ""
}

// lineEnds reports whether the first line ends in a CR that no LF follows, or in several with one.
func lineEnds(head []byte) (oldMac, doubled bool) {
	head = bytes.TrimLeft(head, " \t\r\n")
	end := bytes.IndexAny(head, "\r\n")
	if end < 0 || head[end] != '\r' {
		return false, false
	}
	rest := bytes.TrimLeft(head[end:], "\r")
	returns := len(head) - end - len(rest)
	return end+1 < len(head) && (len(rest) == 0 || rest[0] != '\n'), returns > 1 && len(rest) > 0 && rest[0] == '\n'
}

// convert gives lines the ends that encoding/csv knows.
func (t *textReader) convert(text []byte) []byte {
	switch {
	case t.oldMac:
		for i := range text {
			if text[i] == '\r' {
				text[i] = '\n'
			}
		}
	case t.doubled:
		return slices.DeleteFunc(text, func(c byte) bool { return c == '\r' })
	}
	return text
}

// Read implements io.Reader.
func (t *textReader) Read(to []byte) (int, error) {
	if t.remaining <= 0 {
		return 0, errLongRecord
	}
	n, err := t.source.Read(to[:min(len(to), t.remaining)])
	t.remaining -= n
	n = len(t.convert(to[:n]))
	t.latest = append(t.latest, to[:n]...)
	if over := len(t.latest) - latestSize; over > latestSize {
		t.latest = t.latest[:copy(t.latest, t.latest[over:])]
	}
	t.passed += int64(n)
	return n, err
}

// lineBefore is the line that ends at an offset, without its end; "" when it is not kept any more.
func (t *textReader) lineBefore(offset int64) string {
	end := offset - t.passed + int64(len(t.latest))
	if end < 0 || end > int64(len(t.latest)) {
		return ""
	}
	line := bytes.TrimRight(t.latest[:end], "\r\n")
	start := bytes.LastIndexByte(line, '\n')
	if start < 0 && t.passed > int64(len(t.latest)) {
		return "" // it began earlier
	}
	return string(line[start+1:])
}
