package payoutfile

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/internal/filekind"
	"github.com/djamo/djamo-go/payroll"
)

// kind is what a file is, whatever its name ends in.
type kind int

const (
	text kind = iota
	xlsx
)

// kindOf looks at a file's content. A workbook of a kind that is not read is said as what it is.
func kindOf(file *os.File) (kind, error) {
	head := make([]byte, filekind.Enough)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return text, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return text, err
	}
	switch head = head[:n]; {
	case besides(file.Name()) != "":
		return text, unreadable(besides(file.Name()))
	case n == 0 && strings.HasPrefix(strings.ToLower(filepath.Ext(file.Name())), ".xls"):
		return text, unreadable("is empty: it may not be written yet, or not downloaded to its end")
	case bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0")):
		return text, compoundFile(file)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return xlsx, zipFile(file)
	case filekind.Of(head) != "":
		return text, unreadable(filekind.Of(head))
	case strings.HasSuffix(strings.ToLower(file.Name()), ".xlsx"):
		return text, unreadable("is no workbook, although its name ends in .xlsx: if it is CSV, give it a name that ends in .csv")
	}
	return text, nil
}

// besides names what programs keep beside a file that is open; "" for any other file.
func besides(path string) string {
	name := filepath.Base(path)
	if strings.HasPrefix(name, "~$") || strings.HasPrefix(name, ".~lock.") {
		return "is what a spreadsheet keeps beside a workbook as long as that is open: name the workbook itself"
	}
	return ""
}

func unreadable(rule string) error {
	return lang.Errorf("%w: the file %s", payroll.ErrBadPlan, lang.Phrase(rule))
}

// compoundFile tells the kinds of files apart that Microsoft keeps in its old container, by the names of the streams.
func compoundFile(file *os.File) error {
	const maxRead = 64 << 20 // the names are in the directory, which is small but may stand anywhere
	content, err := io.ReadAll(io.LimitReader(file, maxRead))
	if err != nil {
		return err
	}
	for _, k := range []struct{ stream, rule string }{
		{"EncryptedPackage", "is protected by a password: save it without one"},
		{"WordDocument", "is a document of Word: copy its table into a workbook and save that as .xlsx"},
		{"PowerPoint Document", "is a presentation: copy its table into a workbook and save that as .xlsx"},
		{"__properties_version1.0", "is a mail of Outlook: save what is attached to it"},
	} {
		if bytes.Contains(content, []byte(strings.Join(strings.Split(k.stream, ""), "\x00")+"\x00")) {
			return unreadable(k.rule)
		}
	}
	return unreadable("is a workbook of Excel 97-2003 (.xls): save it as .xlsx")
}

// zipFile finds out what is kept in a zip file.
func zipFile(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	archive, err := zip.NewReader(file, info.Size())
	if err != nil {
		return lang.Errorf("%w: the workbook is damaged: %w", payroll.ErrBadPlan, err)
	}
	isWorkbook, known, twice := false, map[string]bool{}, false
	for _, entry := range archive.File {
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(entry.Name, `\`, "/"), "/"))
		twice, known[name] = twice || known[name] && !strings.HasSuffix(name, "/"), true
		rule := ""
		switch {
		case name == "mimetype", name == "meta-inf/manifest.xml":
			rule, err = openDocument(entry)
		case name == "[content_types].xml":
			rule, err = withMacros(entry)
		case name == "xl/workbook.bin":
			rule = "is a binary workbook (.xlsb): save it as .xlsx"
		case name == "xl/vbaproject.bin":
			rule = macros
		case name == "index.zip", strings.HasPrefix(name, "index/") && strings.HasSuffix(name, ".iwa"):
			rule = "is a document of Apple's Numbers or Pages (.numbers, .pages): export it to Excel (.xlsx)"
		case name == "word/document.xml":
			rule = "is a document of Word (.docx): copy its table into a workbook and save that as .xlsx"
		case name == "ppt/presentation.xml":
			rule = "is a presentation (.pptx): copy its table into a workbook and save that as .xlsx"
		}
		if err != nil {
			return damaged(err)
		}
		if rule != "" {
			return unreadable(rule)
		}
		isWorkbook = isWorkbook || strings.HasPrefix(name, "xl/")
	}
	if !isWorkbook {
		return unreadable("is a zip file and no workbook: unpack it and name what is to be paid")
	}
	if twice {
		return unreadable("has two parts of one name, of which programs read one or the other: open it in a spreadsheet and save it")
	}
	return nil
}

const macros = "is a workbook with macros (.xlsm): save it as .xlsx, without them"

// openDocument tells a spreadsheet from a text.
func openDocument(entry *zip.File) (string, error) {
	head, err := headOf(entry)
	if err != nil {
		return "", err
	}
	if bytes.Contains(head, []byte("opendocument")) && !bytes.Contains(head, []byte("spreadsheet")) {
		return "is an OpenDocument text or presentation: copy its table into a workbook and save that as .xlsx", nil
	}
	return "is an OpenDocument (.ods): save it as .xlsx", nil
}

// withMacros recognizes a workbook that may hold macros, though it holds none yet.
func withMacros(entry *zip.File) (string, error) {
	opened, err := entry.Open()
	if err != nil {
		return "", err
	}
	defer opened.Close()
	const maxRead = 1 << 20
	content, err := io.ReadAll(io.LimitReader(opened, maxRead))
	if err != nil || !bytes.Contains(bytes.ReplaceAll(content, []byte{0}, nil), []byte("macroEnabled")) {
		return "", err
	}
	return macros, nil
}
