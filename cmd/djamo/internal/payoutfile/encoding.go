package payoutfile

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"

	"golang.org/x/net/html/charset"

	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/payroll"
)

// inUTF8 reads a workbook into memory, with its parts in UTF-8: programs that are no spreadsheets write some in UTF-16 or
// Latin-1, which is allowed, and which the library does not read. Of large sheets it leaves out the rows that hold nothing
// but formats, of which there may be a million. A workbook that has neither comes as it is.
func inUTF8(path string) (io.Reader, error) {
	content, err := os.ReadFile(path) //nolint:gosec // the operator names it
	if err != nil {
		return nil, err
	}
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, damaged(err)
	}
	const large = 4 << 20
	foreign, total := false, uint64(0)
	for _, part := range archive.File {
		if total += part.UncompressedSize64; total > maxUnzipped {
			return nil, lang.Errorf("%w: the workbook unpacks to more than %d MB: keep so many rows as CSV", payroll.ErrBadPlan, maxUnzipped>>20)
		}
		if foreign = foreign || isSheet(part.Name) && part.UncompressedSize64 > large; !isXML(part.Name) || foreign {
			continue
		}
		head, err := headOf(part)
		if err != nil {
			return nil, damaged(err)
		}
		foreign = encodingOf(head) != ""
	}
	if !foreign {
		return bytes.NewReader(content), nil
	}
	var rewritten bytes.Buffer
	to := zip.NewWriter(&rewritten)
	for _, part := range archive.File {
		if err := copyPart(to, part); err != nil {
			return nil, damaged(err)
		}
	}
	if err := to.Close(); err != nil {
		return nil, err
	}
	return &rewritten, nil
}

func damaged(err error) error {
	return lang.Errorf("%w: the workbook is damaged: %w", payroll.ErrBadPlan, err)
}

func isXML(name string) bool {
	return strings.HasSuffix(name, ".xml") || strings.HasSuffix(name, ".rels")
}

func isSheet(name string) bool { return strings.HasPrefix(name, "xl/worksheets/") }

// headOf is the beginning of a part, with its declaration.
func headOf(part *zip.File) ([]byte, error) {
	opened, err := part.Open()
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	const enough = 256
	head, err := io.ReadAll(io.LimitReader(opened, enough))
	return head, err
}

// encodingOf is the encoding of a part by its first bytes; "" for UTF-8.
func encodingOf(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}), bytes.HasPrefix(head, []byte("<\x00")):
		return "utf-16le"
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}), bytes.HasPrefix(head, []byte("\x00<")):
		return "utf-16be"
	}
	declared := regexp.MustCompile(`^\s*<\?xml[^>]*\sencoding\s*=\s*["']([^"']+)["']`).FindSubmatch(bytes.TrimPrefix(head, []byte("\uFEFF")))
	if declared == nil || strings.EqualFold(string(declared[1]), "utf-8") || strings.EqualFold(string(declared[1]), "us-ascii") {
		return ""
	}
	return string(declared[1])
}

// copyPart writes a part of a workbook in UTF-8.
func copyPart(to *zip.Writer, part *zip.File) error {
	opened, err := part.Open()
	if err != nil {
		return err
	}
	defer opened.Close()
	created, err := to.CreateHeader(&zip.FileHeader{Name: part.Name, Method: zip.Store}) // it stays in memory
	if err != nil {
		return err
	}
	data, err := io.ReadAll(io.LimitReader(opened, maxUnzipped))
	if err != nil {
		return err
	}
	if name := encodingOf(data[:min(len(data), 256)]); isXML(part.Name) && name != "" {
		encoding, _ := charset.Lookup(name)
		if encoding == nil {
			return lang.Errorf("%s is in %q, an encoding that is not known: save it in a spreadsheet", part.Name, name)
		}
		decoded, err := encoding.NewDecoder().Bytes(data)
		if err != nil {
			return err
		}
		data = withoutDeclaration(decoded)
	}
	if isSheet(part.Name) {
		data = withoutEmptyRows(data)
	}
	_, err = created.Write(data)
	return errors.Join(err, opened.Close())
}

// withoutDeclaration leaves out what says that a part is in another encoding.
func withoutDeclaration(data []byte) []byte {
	data = bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\uFEFF")), " \r\n\t")
	if rest, ok := bytes.CutPrefix(data, []byte("<?xml")); ok {
		if _, after, ended := bytes.Cut(rest, []byte("?>")); ended {
			return after
		}
	}
	return data
}

// withoutEmptyRows leaves out the rows of a sheet that hold no value and no formula. A sheet that could be misunderstood
// stays as it is: one with comments or raw text, or with rows that do not say where they are.
func withoutEmptyRows(sheet []byte) []byte {
	rows := bytes.Count(sheet, []byte("<row "))
	if bytes.Contains(sheet, []byte("<!")) || bytes.Count(sheet, []byte("<row")) != rows || bytes.Contains(sheet, []byte(":row")) {
		return sheet
	}
	kept := make([]byte, 0, min(len(sheet), 1<<20))
	for rest := sheet; ; {
		start := bytes.Index(rest, []byte("<row "))
		if start < 0 {
			return append(kept, rest...)
		}
		kept = append(kept, rest[:start]...)
		rest = rest[start:]
		tag := bytes.IndexByte(rest, '>')
		if tag < 0 || !bytes.Contains(rest[:tag], []byte(` r="`)) {
			return sheet
		}
		end := tag + 1
		if rest[tag-1] != '/' {
			closing := bytes.Index(rest, []byte("</row>"))
			if closing < 0 {
				return sheet
			}
			end = closing + len("</row>")
		}
		if row := rest[tag:end]; holdsValue(row) || bytes.Contains(row, []byte("<f")) || bytes.Contains(row, []byte("<is")) ||
			bytes.Contains(row, []byte(":")) {
			kept = append(kept, rest[:end]...)
		}
		rest = rest[end:]
	}
}

// holdsValue reports whether a row has a value that is not an empty element.
func holdsValue(row []byte) bool {
	return bytes.Count(row, []byte("<v")) > bytes.Count(row, []byte("<v/>"))+bytes.Count(row, []byte("<v></v>"))
}
