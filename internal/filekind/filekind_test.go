package filekind_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/filekind"
)

func utf16(text string) string {
	return "\xff\xfe" + strings.Join(strings.Split(text, ""), "\x00") + "\x00"
}

// A file is said to be what it is, whatever its name ends in.
func TestOf_B9_NamesWhatAFileIs(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]string{
		"%PDF-1.7\n%\xe2\xe3": "is a PDF", `{\rtf1\ansi msisdn;amount}`: "text document", "\x1f\x8b\x08\x00": "is packed", "7z\xbc\xaf\x27\x1c": "is packed",
		"Rar!\x1a\x07": "is packed", "paie.csv" + strings.Repeat("\x00", 249) + "ustar\x0000": "is packed", "\x89PNG\r\n": "is a picture", "\xff\xd8\xff\xe0": "is a picture", "\x09\x08\x08\x00\x00\x05": "Excel 95", "\x09\x04\x06\x00": "Excel 95",
		"ID;PWXL;N;E\nP;PGeneral\n": "SYLK", "ID;Prénom;Téléphone;Montant\n1;Aya;": "", "SQLite format 3\x00": "database", "\x00\x00\x02\x00\x06\x04": "Lotus",
		"<html><body>": "web page", "\ufeff<!DOCTYPE HTML>\n<html>": "web page", "  \n<table><tr>": "web page", utf16("<html><body>"): "web page",
		`<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>`: "XML spreadsheet", "<?xml version=\"1.0\"?>\n<payments/>": "is XML",
		`<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">`:                   "XML spreadsheet",
		`<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0">`: "flat OpenDocument",
		`{"url":"https://docs.google.com/open?id=x"}`:                                                            "is a link to Google Sheets", `{"url":"https://example.com"}`: "is JSON", "[\n {\"msisdn\": 1}]": "is JSON",
		"\n\n%PDF-1.4": "is a PDF", "BEGIN:VCARD\r\nVERSION:3.0": "card of contacts", "[InternetShortcut]\r\nURL=https://example.com": "is a shortcut",
		"From: paie@example.com\r\nSubject: Paie\r\nMIME-Version: 1.0\r\n": "is a mail", "Date: hier, et rien d'un courriel\n": "",
		"\x03\x7e\x06\x1e\x04\x00\x00\x00\xa1\x00\x20\x00" + strings.Repeat("\x00", 20):              ".dbf",
		"\x03\x7e\x0d\x1e\x04\x00\x00\x00\xa1\x00\x20\x00" + strings.Repeat("\x00", 20) + "month 13": "",
		"": "", "msisdn,amount\n": "", "\ufeffT\u00e9l\u00e9phone;Montant": "", "sep=;\n": "", "[msisdn],[amount]": "", "<msisdn>;<amount>": "", "{msisdn};{amount}": "",
		utf16("msisdn;amount"): "", "id;payee": "", "PK\x03\x04": "", "\xd0\xcf\x11\xe0": "", "T\xe9l;Montant\n": "",
	} {
		if got := filekind.Of([]byte(head)); want == "" {
			require.Empty(t, got, "%q", head)
		} else {
			require.Contains(t, got, want, "%q", head)
		}
	}
}

func TestIsUTF16(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]bool{
		"m\x00s\x00i\x00s\x00": true, "\x00m\x00s\x00i\x00s": true, "m\x00": true, "msisdn": false, "": false, "\x00\x00\x00\x00": false, "m\x00\x00\x00": false,
		"\x1f\x8b\x08\x00": false,
	} {
		require.Equal(t, want, filekind.IsUTF16([]byte(head)), "%q", head)
	}
}

func FuzzOf(f *testing.F) {
	for _, seed := range []string{"", "<", "{", "[", "\xff\xfe<\x00", "%PDF-", "msisdn,amount\n", "\ufeff\ufeff<html"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		if kind := filekind.Of(head); kind != "" {
			require.True(t, strings.HasPrefix(kind, "is "), kind)
		}
		filekind.IsUTF16(head)
	})
}
