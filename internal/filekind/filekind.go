// Package filekind recognizes, by its first bytes, what a file is that is no CSV: whoever chose the wrong one, or was given
// one under another name, should read what it is and how to save it.
package filekind

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// Enough is how many of a file's first bytes Of looks at.
const Enough = 1 << 10

// Of says what a file is by its first bytes; "" when it may be CSV, in whatever encoding, or is a zip file or one of
// Microsoft's old containers, which more than the beginning tells apart.
func Of(head []byte) string {
	head = head[:min(len(head), Enough)]
	for _, k := range []struct{ magic, kind string }{
		{"%PDF-", pdf},
		{`{\rtf`, "is a text document (.rtf): " + copyTable},
		{"\x1f\x8b", packed}, {"7z\xbc\xaf\x27\x1c", packed}, {"Rar!\x1a", packed}, {"BZh", packed},
		{"\xfd7zXZ", packed}, {"\x28\xb5\x2f\xfd", packed},
		{"\x89PNG", picture}, {"\xff\xd8\xff", picture}, {"GIF8", picture}, {"II*\x00", picture}, {"MM\x00*", picture}, {"RIFF", picture},
		{"\x09\x00\x04\x00", oldExcel}, {"\x09\x02\x06\x00", oldExcel}, {"\x09\x04\x06\x00", oldExcel}, {"\x09\x08", oldExcel},
		{"\x00\x00\x02\x00", "is a workbook of Lotus 1-2-3: " + saveWorkbook},
		{"\x00\x05\x16\x07", "is what a Mac keeps beside a file: name the file itself, which is called the same without ._ in front"},
		{"L\x00\x00\x00\x01\x14\x02\x00", shortcut}, {"[InternetShortcut]", shortcut}, {"[Desktop Entry]", shortcut}, {"bplist00", shortcut},
		{"SQLite format 3\x00", "is a database, and perhaps a journal: name the file of payouts"},
	} {
		if bytes.HasPrefix(head, []byte(k.magic)) {
			return k.kind
		}
	}
	switch text := plain(head); {
	case strings.HasPrefix(text, "ID;P") && containsAny(text, "\nP;", "\nC;", "\nB;"):
		return "is a SYLK file (.slk): " + saveWorkbook // and not the headings ID;Prénom
	case len(head) > tarMagic && bytes.HasPrefix(head[tarMagic:], []byte("ustar")):
		return packed
	case isDatabaseOfDOS(head):
		return "is a table of dBase or FoxPro (.dbf): " + saveWorkbook
	case strings.HasPrefix(text, "%PDF-"): // a page sent something before it
		return pdf
	case strings.HasPrefix(text, "BEGIN:VCARD"):
		return "is a card of contacts (.vcf): enter the payees and their amounts in a spreadsheet"
	case isMail(text):
		return "is a mail, or a page kept like one (.eml, .mht): save what is attached to it, or " + copyTable
	case strings.HasPrefix(text, "<"):
		return markup(strings.ToLower(text))
	case isJSON(text) && containsAny(text, `"doc_id"`, "docs.google.com"):
		return "is a link to Google Sheets: download the table there as Microsoft Excel (.xlsx)"
	case isJSON(text):
		return "is JSON, not CSV: " + saveWorkbook
	}
	return ""
}

// tarMagic is where an archive of Unix says what it is.
const tarMagic = 257

const (
	saveWorkbook = "open it in a spreadsheet and save it as .xlsx"
	copyTable    = "copy its table into a spreadsheet and save that as .xlsx"
	pdf          = "is a PDF, which shows a table and holds none: ask for the workbook it was made from"
	shortcut     = "is a shortcut to a file or a page: name the file itself"
	packed       = "is packed: unpack it and name the file inside"
	picture      = "is a picture: enter what it shows in a spreadsheet"
	oldExcel     = "is a workbook of Excel 95 or older (.xls): " + saveWorkbook
)

// markup tells apart what begins with a "<".
func markup(text string) string {
	switch {
	case containsAny(text, "urn:schemas-microsoft-com:office:spreadsheet", `progid="excel.sheet"`):
		return "is an XML spreadsheet of Excel 2003, whatever its name ends in: " + saveWorkbook
	case strings.Contains(text, "opendocument"):
		return "is a flat OpenDocument (.fods): " + saveWorkbook
	case containsAny(text, "<html", "<!doctype html", "<table", "<meta", "<head", "<style"):
		return "is a web page (HTML), which some programs call .xls: " + saveWorkbook
	case strings.HasPrefix(text, "<?xml"):
		return "is XML, not CSV: " + saveWorkbook
	}
	return ""
}

// isMail reports whether a text begins with the headers of a mail.
func isMail(text string) bool {
	name, _, isHeader := strings.Cut(text, ":")
	if !isHeader || !slices.Contains([]string{
		"mime-version", "received", "return-path", "delivered-to", "message-id", "x-received", "arc-seal", "dkim-signature", "from", "date",
		"subject", "content-type",
	}, strings.ToLower(name)) {
		return false
	}
	return containsAny(strings.ToLower(text), "mime-version:", "message-id:", "content-type: ")
}

// isDatabaseOfDOS recognizes a table of dBase by its version, the day on which it was changed, and the length of its head.
func isDatabaseOfDOS(head []byte) bool {
	const minHead = 32
	if len(head) < minHead || !slices.Contains([]byte{0x03, 0x30, 0x83, 0x8b, 0xf5}, head[0]) {
		return false
	}
	month, day := head[2], head[3]
	length := int(head[8]) | int(head[9])<<8
	return month >= 1 && month <= 12 && day >= 1 && day <= 31 && length > minHead && (length%minHead == 1 || head[0] == 0x30) && head[12] == 0
}

func containsAny(text string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}

// isJSON reports whether a text is an object with a name first, or a list of objects.
func isJSON(text string) bool {
	switch {
	case strings.HasPrefix(text, "{"):
		return strings.HasPrefix(strings.TrimLeft(text[1:], " \t\r\n"), `"`)
	case strings.HasPrefix(text, "["):
		return strings.HasPrefix(strings.TrimLeft(text[1:], " \t\r\n"), "{")
	}
	return false
}

// plain is the beginning of a text without marks and blanks before it. One in UTF-16 comes without its zeros, which is enough
// to recognize it.
func plain(head []byte) string {
	for _, mark := range []string{"\xff\xfe", "\xfe\xff", "\ufeff", "\ufeff"} {
		head = bytes.TrimPrefix(head, []byte(mark))
	}
	if bytes.IndexByte(head, 0) >= 0 {
		head = bytes.ReplaceAll(head, []byte{0}, nil)
	}
	for len(head) > 0 && !utf8.Valid(head[len(head)-1:]) {
		head = head[:len(head)-1]
	}
	return strings.TrimLeft(string(head), " \t\r\n")
}

// IsUTF16 reports whether a text without a byte order mark is in UTF-16: every other byte of its beginning is a zero, as ASCII
// is there.
func IsUTF16(head []byte) bool {
	const few = 8
	head = head[:min(len(head)&^1, few)]
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i%2]++
		}
	}
	half := len(head) / 2
	return half > 0 && (zeros[0] == half && zeros[1] == 0 || zeros[1] == half && zeros[0] == 0)
}
