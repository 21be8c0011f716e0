package payoutfile

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

// What a workbook refuses does not depend on the language of its headings.
func TestWorkbook_C10_ChecksFrenchColumnsToo(t *testing.T) {
	t.Parallel()
	heading, row := []any{"Téléphone", "Net à payer", "Réf."}, []any{"+2250748710523", 50_000, 12}
	format := func(cell, format string) func(*excelize.File) {
		return func(file *excelize.File) {
			style, err := file.NewStyle(&excelize.Style{CustomNumFmt: &format})
			require.NoError(t, err)
			require.NoError(t, file.SetCellStyle("Sheet1", cell, cell, style))
		}
	}
	for want, change := range map[string]func(*excelize.File){
		"cell B2: amount: its format shows":  format("B2", "dd/mm/yyyy"),
		"cell C2: reference: it is a number": format("C2", "0000"),
		"column B (net à payer) is hidden":   func(f *excelize.File) { require.NoError(t, f.SetColVisible("Sheet1", "B", false)) },
		"row 2 is hidden":                    func(f *excelize.File) { require.NoError(t, f.SetRowVisible("Sheet1", 2, false)) },
		"cell B2 is a formula without a": func(f *excelize.File) {
			require.NoError(t, f.SetCellValue("Sheet1", "B2", nil))
			require.NoError(t, f.SetCellFormula("Sheet1", "B2", "A1*2"))
		},
		"all have the columns of payouts: na": func(f *excelize.File) {
			_, err := f.NewSheet("Août")
			require.NoError(t, err)
			require.NoError(t, f.SetSheetRow("Août", "A3", &heading))
		},
	} {
		_, _, err := readFile(t, sheetOf(t, change, heading, row))
		require.ErrorContains(t, err, want, want)
	}
}

// What people keep tables in is said to be what it is, under whatever name it comes.
func TestOpen_B9_NamesWhatIsNoWorkbook(t *testing.T) {
	t.Parallel()
	zipOf := func(files ...string) string {
		var out bytes.Buffer
		writer := zip.NewWriter(&out)
		for i := 0; i < len(files); i += 2 {
			part, err := writer.Create(files[i])
			require.NoError(t, err)
			_, err = part.Write([]byte(files[i+1]))
			require.NoError(t, err)
		}
		require.NoError(t, writer.Close())
		return out.String()
	}
	compound := func(stream string) string {
		return "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 600) + strings.Join(strings.Split(stream, ""), "\x00") + "\x00"
	}
	for content, want := range map[string]string{
		zipOf("Index/Document.iwa", "x"):                                                                                                       "Apple's Numbers",
		zipOf("Index.zip", "x", "buildVersionHistory.plist", "x"):                                                                              "Apple's Numbers",
		zipOf("[Content_Types].xml", "<Types/>", "word/document.xml", "x"):                                                                     "document of Word (.docx)",
		zipOf("[Content_Types].xml", "<Types/>", "ppt/presentation.xml", "x"):                                                                  "presentation (.pptx)",
		zipOf("mimetype", "application/vnd.oasis.opendocument.spreadsheet"):                                                                    "OpenDocument (.ods)",
		zipOf("mimetype", "application/vnd.oasis.opendocument.text"):                                                                           "OpenDocument text",
		zipOf("META-INF/manifest.xml", "<x/>", "content.xml", "<x/>"):                                                                          "OpenDocument (.ods)",
		zipOf("[Content_Types].xml", `<Override ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/>`, "xl/workbook.xml", "x"): "with macros (.xlsm)",
		zipOf("xl/Workbook.bin", "x"):                                                                                                          "binary workbook (.xlsb)",
		compound("Workbook"):                                                                                                                   "Excel 97-2003 (.xls)",
		compound("Book"):                                                                                                                       "Excel 97-2003 (.xls)",
		compound("WordDocument"):                                                                                                               "document of Word",
		compound("PowerPoint Document"):                                                                                                        "presentation",
		compound("__properties_version1.0"):                                                                                                    "mail of Outlook",
		compound("EncryptedPackage"):                                                                                                           "protected by a password",
		"<html><table><tr><td>msisdn</td></tr></table>":                                                                                        "web page (HTML)",
		"%PDF-1.7\n":               "is a PDF",
		"\x1f\x8b\x08\x00":         "is packed",
		"\x09\x08\x10\x00\x00\x06": "Excel 95",
		"\x00\x01\x02\x03\x04":     "is no text",
	} {
		for _, ending := range []string{".xlsx", ".csv", ".xls", ".numbers", ""} {
			if ending == ".xlsx" && want == "is no text" {
				continue // said to be no workbook
			}
			path := filepath.Join(t.TempDir(), "salaries"+ending)
			require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
			_, _, err := readWorkbook(t, Options{Path: path})
			require.ErrorContains(t, err, want, ending)
			require.NotContains(t, err.Error(), "UTF-16")
		}
	}
}
