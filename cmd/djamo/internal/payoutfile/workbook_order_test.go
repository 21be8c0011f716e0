package payoutfile

import (
	"fmt"
	"testing"
)

// A cell that stands twice moved all that followed into the next column: the amount was paid, under another reference.
func TestWorkbook_B9_RefusesRowsAndCellsOutOfOrder(t *testing.T) {
	t.Parallel()
	const (
		amount = `<c r="B2"><v>50000</v></c>`
		last   = `<c r="D2" t="inlineStr"><is><t>Juin</t></is></c>`
		again  = `<c r="A%d" t="inlineStr"><is><t>+2250748710523</t></is></c><c r="B%d"><v>60000</v></c><c r="C%d" t="inlineStr"><is><t>a/2</t></is></c>`
	)
	row := func(number int) string {
		return last + fmt.Sprintf(`</row><row r="%d">`+again, number, number, number, number)
	}
	for name, test := range map[string]struct {
		book raw
		want string
	}{
		"as it is":                     {raw{amount: amount}, ""},
		"without names":                {raw{amount: `<c><v>50000</v></c>`, reference: `<c t="inlineStr"><is><t>a/1</t></is></c>`}, ""},
		"a cell twice":                 {raw{amount: amount + `<c r="B2"><v>60000</v></c>`}, "cell B2 stands twice, or after a later one"},
		"a cell after a later one":     {raw{phone: amount, amount: `<c r="A2" t="inlineStr"><is><t>+2250748710523</t></is></c>`}, "cell A2 stands twice, or after"},
		"a cell of another row":        {raw{amount: `<c r="B3"><v>50000</v></c>`}, "cell B3 stands in row 2"},
		"a cell of no sheet":           {raw{amount: `<c r="2B"><v>50000</v></c>`}, "2B"},
		"a row twice":                  {raw{amount: amount, description: row(2)}, `row "2" stands twice, or after a later one`},
		"a row after a later one":      {raw{amount: amount, description: row(1)}, `row "1" stands twice, or after a later one`},
		"a row of no number":           {raw{amount: amount, description: row(-1)}, `row "-1" stands twice`},
		"two values":                   {raw{amount: `<c r="B2"><v>50000</v><v>60000</v></c>`}, "cell B2 has two values"},
		"a value and a text":           {raw{amount: `<c r="B2" t="inlineStr"><v>60000</v><is><t>50000</t></is></c>`}, "cell B2 has two values"},
		"a comment inside of a value":  {raw{amount: `<c r="B2"><v>50<!-- 1 -->000</v></c>`}, ""},
		"a value that is not read":     {raw{amount: `<c r="B2"><v><![CDATA[50000]]></v></c>`}, ""},
		"rows in two places":           {raw{amount: amount, after: `<sheetData><row r="3"/></sheetData>`}, "it has its rows in two places"},
		"alternatives among the rows":  {raw{amount: amount, description: last + `<AlternateContent><c r="E2"/></AlternateContent>`}, "its rows have alternatives"},
		"alternatives after the rows":  {raw{amount: amount, after: `<AlternateContent><c/></AlternateContent>`}, ""},
		"a phone number with a sound":  {raw{amount: amount, reference: `<c r="C2" t="inlineStr"><is><t>a/1</t><rPh sb="0" eb="1"><t>b</t></rPh></is></c>`}, ""},
		"an amount in small exponents": {raw{amount: `<c r="B2"><v>5.0E4</v></c>`}, "was shortened by the spreadsheet"},
		"an amount in base sixteen":    {raw{amount: `<c r="B2"><v>0xC350</v></c>`}, "must be a whole number of francs"},
		"a little less":                {raw{amount: `<c r="B2"><v>49999.999999999996</v></c>`}, "(decimal point)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.book.check(t, test.want)
		})
	}
}

func TestWorkbook_B7_RefusesWhatNobodyReads(t *testing.T) {
	t.Parallel()
	const (
		color = "its text has the color of what is behind it"
		hides = "cell B2: amount: a conditional format can hide what it holds"
		ruled = `<conditionalFormatting sqref="B2:B9"><cfRule type="expression" dxfId="0" priority="1"><formula>1</formula></cfRule></conditionalFormatting>`
		black = `<fill><patternFill patternType="solid"><fgColor rgb="FF000000"/></patternFill></fill>`
		gold  = `<fill><patternFill patternType="solid"><fgColor indexed="51"/></patternFill></fill>`
	)
	font := func(f string) raw {
		return raw{fonts: "<font>" + f + "</font>", styles: `<xf numFmtId="3" fontId="1"/>`}
	}
	filled := func(fill, f string) raw {
		return raw{fills: fill, fonts: "<font>" + f + "</font>", styles: `<xf numFmtId="3" fontId="1" fillId="2"/>`}
	}
	gradient := func(from, to, f string) raw {
		return filled(fmt.Sprintf(`<fill><gradientFill degree="90"><stop position="0"><color rgb=%q/></stop><stop position="1"><color rgb=%q/></stop></gradientFill></fill>`,
			from, to), f)
	}
	scale := func(a, b string) raw {
		return raw{after: fmt.Sprintf(`<conditionalFormatting sqref="B2"><cfRule type="colorScale" priority="1"><colorScale><cfvo type="min"/><cfvo type="max"/>`+
			`<color rgb=%q/><color rgb=%q/></colorScale></cfRule></conditionalFormatting>`, a, b)}
	}
	conditional := func(book raw, dxf string) raw {
		book.after, book.dxfs = ruled, "<dxf>"+dxf+"</dxf>"
		return book
	}
	for name, test := range map[string]struct {
		book raw
		want string
	}{
		"black on black, by default":       {filled(black, ``), color},
		"black on black, by itself":        {filled(black, `<color auto="1"/>`), color},
		"the black of the window on black": {filled(black, `<color indexed="64"/>`), color},
		"white on black":                   {filled(black, `<color rgb="FFFFFFFF"/>`), ""},
		"gold on gold":                     {filled(gold, `<color indexed="51"/>`), color},
		"black on gold":                    {filled(gold, ``), ""},
		"black on a dark gradient":         {gradient("FF000000", "FF101010", ``), color},
		"black on a half dark gradient":    {gradient("FFFFFFFF", "FF000000", ``), color},
		"black on a light gradient":        {gradient("FFFFFFFF", "FFDDEEFF", ``), ""},
		"white on a dark gradient":         {gradient("FF000000", "FF101010", `<color rgb="FFFFFFFF"/>`), ""},
		"one point high":                   {font(`<sz val="1"/>`), "its text is too small to be read"},
		"two and a half points":            {font(`<sz val="2.5"/>`), "its text is too small to be read"},
		"eight points":                     {font(`<sz val="8"/>`), ""},
		"in pictures":                      {font(`<name val="Wingdings 2"/>`), "its font shows pictures"},
		"in letters":                       {font(`<name val="Calibri"/>`), ""},
		"a part in pictures": {raw{reference: `<c r="C2" t="inlineStr"><is><r><t>a/</t></r><r><rPr><rFont val="Webdings"/></rPr><t>1</t></r></is></c>`},
			"cell C2: reference: its font shows pictures"},
		"a part in one point": {raw{reference: `<c r="C2" t="s"><v>0</v></c>`, shared: `<si><r><t>a/</t></r><r><rPr><sz val="1"/></rPr><t>1</t></r></si>`},
			"cell C2: reference: its text is too small"},
		"a scale from white to black":      {scale("FFFFFFFF", "FF000000"), hides},
		"a scale from red to green":        {scale("FFF8696B", "FF63BE7B"), ""},
		"a condition for a black fill":     {conditional(raw{}, `<fill><patternFill><bgColor rgb="FF000000"/></patternFill></fill>`), hides},
		"for a fill of the text's color":   {conditional(font(`<color rgb="FFFF0000"/>`), `<fill><patternFill><bgColor rgb="FFFF0000"/></patternFill></fill>`), hides},
		"for a text of the fill's color":   {conditional(filled(gold, ``), `<font><color indexed="51"/></font>`), hides},
		"for white on black":               {conditional(raw{}, `<font><color rgb="FFFFFFFF"/></font><fill><patternFill><bgColor rgb="FF000000"/></patternFill></fill>`), ""},
		"for dark green on light green":    {conditional(raw{}, `<font><color rgb="FF006100"/></font><fill><patternFill><bgColor rgb="FFC6EFCE"/></patternFill></fill>`), ""},
		"for white, where the cell is red": {conditional(filled(`<fill><patternFill patternType="solid"><fgColor rgb="FFC00000"/></patternFill></fill>`, ``), `<font><color theme="0"/></font>`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.book.check(t, test.want)
		})
	}
}

// One amount in a cell over two rows is read as the amount of each by a person, and as that of the first by the file.
func TestWorkbook_B7_RefusesOneValueForSeveralRows(t *testing.T) {
	t.Parallel()
	const (
		last   = `<c r="D2" t="inlineStr"><is><t>Juin</t></is></c>`
		second = last + `</row><row r="3"><c r="A3" t="inlineStr"><is><t>+2250748710524</t></is></c><c r="B3"/><c r="C3" t="inlineStr"><is><t>a/2</t></is></c>`
		merged = `<mergeCells><mergeCell ref="%s"/></mergeCells>`
	)
	raw{description: second, after: fmt.Sprintf(merged, "B2:B3")}.check(t, "cell B3: the merged cells B2:B3 show one value for several rows")
	raw{description: second, after: fmt.Sprintf(merged, "E2:E3")}.check(t, "line 3: amount: must not be empty")
	raw{description: last + `</row><row r="3"/><row r="4">`, after: fmt.Sprintf(merged, "A3:D4")}.check(t, "")
	raw{after: fmt.Sprintf(merged, "D2:F2")}.check(t, "")
}
