package payroll

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// How to save a file so that it can be read.
const (
	asUTF8 = `save it as UTF-8: in Excel choose "CSV UTF-8 (comma delimited)", in LibreOffice the character set "Unicode (UTF-8)"`

	notUTF8    = "is not UTF-8 but, as it seems, Windows-1252 (Latin-1): " + asUTF8
	isUTF16    = "is UTF-16, which Excel calls Unicode text: " + asUTF8
	isWorkbook = "is a workbook and no CSV file: " + asUTF8
)

// headSize is how much of a file is looked at to learn how it is written; its first line must fit.
const headSize = 64 << 10

// longestRecord bounds a record, so that a quotation mark that is never closed does not take the rest of a large file
// into memory.
const longestRecord = 1 << 20

// errLongRecord ends the reading of a record that is too long.
var errLongRecord = errors.New("the record is too long")

// textReader gives a file as encoding/csv reads it: without byte order mark, lines ending in LF or CRLF.
type textReader struct {
	source *bufio.Reader
	oldMac bool // lines end in CR alone
	left   int  // what may still be read of a record
}

// newTextReader recognises files that are not text in UTF-8, as far as their head tells, and returns the head.
func newTextReader(source io.Reader) (*textReader, []byte, error) {
	buffered := bufio.NewReaderSize(source, headSize)
	head, err := buffered.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, fmt.Errorf("payroll: reading the file: %w", err)
	}
	if rule := foreign(head); rule != "" {
		return nil, nil, &PlanError{Problems: []Problem{{Rule: "the file " + rule}}}
	}
	if mark := []byte("\uFEFF"); bytes.HasPrefix(head, mark) {
		head = head[len(mark):]
		_, _ = buffered.Discard(len(mark)) // it was peeked at
	}
	t := &textReader{source: buffered, oldMac: endsInCR(head)}
	head = bytes.Clone(head)
	t.convert(head)
	return t, head, nil
}

// foreign recognises by its first bytes what is no CSV file in UTF-8; "" when it may be one.
func foreign(head []byte) string {
	const zip, compound = "PK\x03\x04", "\xD0\xCF\x11\xE0"
	switch {
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}), bytes.HasPrefix(head, []byte{0xFE, 0xFF}), bytes.IndexByte(head[:min(4, len(head))], 0) >= 0:
		return isUTF16
	case bytes.HasPrefix(head, []byte(zip)), bytes.HasPrefix(head, []byte(compound)):
		return isWorkbook
	}
	return ""
}

// endsInCR reports whether the first line ends in a CR that no LF follows.
func endsInCR(head []byte) bool {
	head = bytes.TrimLeft(head, " \t\r\n")
	end := bytes.IndexAny(head, "\r\n")
	return end >= 0 && end+1 < len(head) && head[end] == '\r' && head[end+1] != '\n'
}

func (t *textReader) convert(text []byte) {
	if t.oldMac {
		for i := range text {
			if text[i] == '\r' {
				text[i] = '\n'
			}
		}
	}
}

// Read implements io.Reader.
func (t *textReader) Read(to []byte) (int, error) {
	if t.left <= 0 {
		return 0, errLongRecord
	}
	n, err := t.source.Read(to[:min(len(to), t.left)])
	t.left -= n
	t.convert(to[:n])
	return n, err
}
