package payroll_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

const header = "msisdn,amount,reference,description\n"

// three are the payouts of every file that TestReadCSV_ReadsEveryForm reads.
var three = []payroll.Payout{
	{ID: 1, MSISDN: "+2250748710523", Amount: 50_000, Reference: "a/1", Description: "Salaire de juin – Aya Koné", State: payroll.Planned},
	{ID: 2, MSISDN: "+221771234567", Amount: 5_000, Reference: "a/2", Description: "", State: payroll.Planned},
	{ID: 3, MSISDN: "+2250102030405", Amount: 500_000, Reference: "a/3", Description: "two\nlines; \"quoted\", and more", State: payroll.Planned},
}

const threeRows = "+2250748710523,50000,a/1,Salaire de juin – Aya Koné\n+221771234567,5000,a/2,\n+2250102030405,500000,a/3,\"two\nlines; \"\"quoted\"\", and more\"\n"

func readCSV(text string, options payroll.CSVOptions) (*payroll.Plan, error) {
	return payroll.ReadCSV(strings.NewReader(text), options)
}

// payoutsOf reads a plan, which must be sound.
func payoutsOf(t testing.TB, plan *payroll.Plan) []payroll.Payout {
	t.Helper()
	var payouts []payroll.Payout
	for payout, err := range plan.Payouts() {
		require.NoError(t, err)
		payouts = append(payouts, payout)
	}
	return payouts
}

func problemsOf(t *testing.T, err error) []payroll.Problem {
	t.Helper()
	require.ErrorIs(t, err, payroll.ErrBadPlan)
	bad := (*payroll.PlanError)(nil)
	require.ErrorAs(t, err, &bad)
	return bad.Problems
}

func TestReadCSV_ReadsEveryForm(t *testing.T) {
	t.Parallel()
	rows := header + threeRows
	separated := func(by string) string { // every comma outside the one quoted field
		head, quoted, _ := strings.Cut(rows, "\"")
		return strings.ReplaceAll(head, ",", by) + "\"" + quoted
	}
	for name, file := range map[string]string{
		"commas":               rows,
		"semicolons":           separated(";"),
		"tabs":                 separated("\t"),
		"byte order mark":      "\uFEFF" + rows,
		"CRLF":                 strings.ReplaceAll(rows, "\n", "\r\n"),
		"CR":                   strings.ReplaceAll(rows, "\n", "\r"),
		"mark and CRLF":        "\uFEFF" + strings.ReplaceAll(separated(";"), "\n", "\r\n"),
		"no newline at end":    strings.TrimSuffix(rows, "\n"),
		"header in capitals":   strings.Replace(rows, "msisdn,amount", "MSISDN, Amount ", 1),
		"header quoted":        strings.Replace(rows, "msisdn,amount", `"msisdn","amount"`, 1),
		"fields quoted":        strings.Replace(rows, "+221771234567,5000,a/2,", `"+221771234567","5000","a/2",""`, 1),
		"fields padded":        strings.Replace(rows, "+221771234567,5000,a/2,", " +221771234567 , 5000\u00a0,\ta/2 ,  ", 1),
		"empty lines":          "\n\r\n" + strings.ReplaceAll(rows, "\n+", "\n\n \n,,,\n,,,,,\n+"),
		"grouped by spaces":    strings.Replace(rows, "50000,", "50 000,", 1),
		"grouped by dots":      strings.Replace(rows, "50000,", "50.000,", 1),
		"grouped by commas":    strings.Replace(rows, "50000,", `"50,000 FCFA",`, 1),
		"number in groups":     strings.Replace(rows, "+2250748710523", "+225 07 48-71.05 23", 1),
		"columns in any order": "Description,Note,REFERENCE,Amount,note,msisdn,\nSalaire de juin – Aya Koné,x,a/1,50000,,+2250748710523,\n,,a/2,5000,,+221771234567,\n\"two\nlines; \"\"quoted\"\", and more\",,a/3,500000,,+2250102030405,\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan, err := readCSV(file, payroll.CSVOptions{Run: "june"})
			require.NoError(t, err)
			require.Len(t, plan.Warnings, 1, "of the last row, which has two lines")
			require.Contains(t, plan.Warnings[0].Text, "are one row")
			payouts := payoutsOf(t, plan)
			for i := range payouts {
				require.Positive(t, payouts[i].Line)
				payouts[i].Line = 0
			}
			require.Equal(t, three, payouts)
			require.Equal(t, payroll.PlanInfo{Run: "june", Digest: "d320", Count: 3, Total: 555_000}, shortDigest(plan.PlanInfo), "the same plan, however it is written")
			require.Equal(t, payouts, withoutLines(payoutsOf(t, plan)), "again")
		})
	}
}

func shortDigest(info payroll.PlanInfo) payroll.PlanInfo {
	info.Digest = info.Digest[:4]
	return info
}

func withoutLines(payouts []payroll.Payout) []payroll.Payout {
	for i := range payouts {
		payouts[i].Line = 0
	}
	return payouts
}

func TestReadCSV_NumbersLines(t *testing.T) {
	t.Parallel()
	plan, err := readCSV("\n"+header+"\n+2250748710523,5000,a,\"1\n2\n3\"\n+2250748710524,5000,b,\n\n\n+2250748710525,5000,c,\n", payroll.CSVOptions{})
	require.NoError(t, err)
	var lines []int64
	for _, payout := range payoutsOf(t, plan) {
		lines = append(lines, payout.Line)
	}
	require.Equal(t, []int64{4, 7, 10}, lines)
}

// Every kind of bad cell: where it is told to be, what is shown of it, and what must be done.
func TestReadCSV_RefusesBadCells(t *testing.T) {
	t.Parallel()
	const good = "+2250748710523,5000,a,x"
	for name, row := range map[string]struct {
		row    string
		column string
		value  string // in full
		rule   string // a part
	}{
		"no number":               {",5000,a,x", "msisdn", "", "must not be empty"},
		"national number":         {"0748710523,5000,a,x", "msisdn", "074*****23", "must start with + and the country code"},
		"number without plus":     {"2250748710523,5000,a,x", "msisdn", "22507******23", "must start with +"},
		"short number":            {"+22507,5000,a,x", "msisdn", "+***07", "10 digits"},
		"a word":                  {"TOTAL,5000,a,x", "msisdn", "TOTAL", "must be a phone number"},
		"words and a digit":       {"Équipe 2 (nuit),5000,a,x", "msisdn", "Équipe 2 (nuit)", "must start with +"},
		"number as formula":       {"=+2250748710523,5000,a,x", "msisdn", "=+225********23", "not a formula"},
		"shortened number":        {"2.25075E+12,5000,a,x", "msisdn", "2.25*****12", "format the column as text"},
		"shortened, with a comma": {`"2,25075E+12",5000,a,x`, "msisdn", "2,2******12", "format the column as text"},
		"error of a spreadsheet":  {"#REF!,5000,a,x", "msisdn", "#REF!", "error of the spreadsheet"},
		"no amount":               {"+2250748710523,,a,x", "amount", "", "must not be empty"},
		"fraction":                {"+2250748710523,50.5,a,x", "amount", "50.5", "exact groups of three"},
		"words":                   {"+2250748710523,much,a,x", "amount", "much", "whole number of francs"},
		"zero":                    {"+2250748710523,0,a,x", "amount", "0", "positive"},
		"negative":                {"+2250748710523,-5000,a,x", "amount", "-5000", "positive"},
		"too little":              {"+2250748710523,4999,a,x", "amount", "4999", "at least 5\u202f000\u202fFCFA"},
		"too much":                {"+2250748710523,500001,a,x", "amount", "500001", "at most 500\u202f000\u202fFCFA"},
		"a number for an amount":  {"+2250748710523,2250748710523,a,x", "amount", "22507******23", "at most 500\u202f000\u202fFCFA"},
		"formula":                 {"+2250748710523,=A2*2,a,x", "amount", "=A2*2", "not a formula"},
		"shortened amount":        {"+2250748710523,5E+05,a,x", "amount", "5E+05", "was shortened"},
		"#####":                   {"+2250748710523,#####,a,x", "amount", "#####", "too narrow"},
		"not an int64":            {"+2250748710523,99999999999999999999,a,x", "amount", "99999999999999999999", "must lie between"},
		"long reference":          {"+2250748710523,5000," + strings.Repeat("r", 256) + ",x", "reference", `"` + strings.Repeat("r", 60) + `…"`, "255 bytes"},
		"control in reference":    {"+2250748710523,5000,\"a\nb\",x", "reference", `"a\nb"`, "control"},
		"formula as reference":    {"+2250748710523,5000,=1,x", "reference", "=1", "formula"},
		"call as reference":       {"+2250748710523,5000,@SUM(A1),x", "reference", "@SUM(A1)", "formula"},
		"command as reference":    {"+2250748710523,5000,-1+cmd|'/c calc'!A0,x", "reference", "-1+cmd|'/c calc'!A0", "formula"},
		"formula after a ;":       {"+2250748710523,5000,a;=1,x", "reference", "a;=1", "formula"},
		"formula, later and bare": {`+2250748710523,5000,"a;b; ""@SUM(A1)",x`, "reference", `a;b; "@SUM(A1)`, "formula"},
		"command after a ;":       {"+2250748710523,5000,a;-1+cmd|'/c calc'!A0,x", "reference", "a;-1+cmd|'/c calc'!A0", "formula"},
		"mark in a reference":     {"+2250748710523,5000,\ufeffa,x", "reference", `"\ufeffa"`, "that nobody sees"},
		"zero width":              {"+2250748710523,5000,a\u200b,x", "reference", `"a\u200b"`, "that nobody sees"},
		"turned around":           {"+2250748710523,5000,a\u202eb,x", "reference", `"a\u202eb"`, "that nobody sees"},
		"line separator":          {"+2250748710523,5000,a\u2028b,x", "reference", `"a\u2028b"`, "that nobody sees"},
		"long description":        {"+2250748710523,5000,a," + strings.Repeat("é", 1_001), "description", strings.Repeat("é", 30) + "…", "longer than 1000 characters"},
		"shortened reference":     {"+2250748710523,5000,2.0E+11,x", "reference", "2.0E+11", "was shortened"},
		"formula as description":  {`+2250748710523,5000,a,"=HYPERLINK(""x"")"`, "description", `=HYPERLINK("x")`, "not a formula"},
		"zero byte":               {"+2250748710523,5000,a,x\x00", "description", `"x\x00"`, "zero byte"},
		"too few fields":          {"+2250748710523,5000,a", "", "", "must have 4 fields, as line 1 has, not 3"},
		"too many fields":         {good + ",y", "", "", "not 5"},
		"decimal comma":           {"+2250748710523,50000,00,a,x", "", "", "not 5"},
		"quote inside":            {`+2250748710523,5000,a,say "x"`, "", "", "quotation marks in pairs"},
		"quote ends early":        {`+2250748710523,5000,a,"x" y`, "", "", "quotation marks in pairs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := readCSV(header+"+2250748710524,5000,before,x\n"+row.row+"\n+2250748710525,5000,after,x\n", payroll.CSVOptions{Run: "june"})
			problems := problemsOf(t, err)
			require.Len(t, problems, 1)
			require.EqualValues(t, 3, problems[0].Line)
			require.Equal(t, row.column, problems[0].Column)
			require.Equal(t, row.value, problems[0].Value)
			require.Contains(t, problems[0].Rule, row.rule)
			require.NotContains(t, err.Error(), "0748710523")
		})
	}
}

func TestReadCSV_RefusesBadFiles(t *testing.T) {
	t.Parallel()
	utf16Text := func(order binary.AppendByteOrder, mark string) string {
		var text []byte
		for _, unit := range utf16.Encode([]rune(mark + header + threeRows)) {
			text = order.AppendUint16(text, unit)
		}
		return string(text)
	}
	for name, row := range map[string]struct {
		file string
		want []string // the error's lines, in part
	}{
		"empty":                {"", []string{"names its columns"}},
		"blank":                {"\n\n , ,\n", []string{"names its columns"}},
		"no rows":              {header, []string{"no payouts"}},
		"no rows but blanks":   {header + ",,,\n\n", []string{"no payouts"}},
		"no header":            {threeRows, []string{"line 1: msisdn: must be one of the columns", "line 1: amount: must"}},
		"a column missing":     {"\nmsisdn;montand;reference\n", []string{"line 2: amount: must be one of the columns"}},
		"a column twice":       {"msisdn,amount,Amount,MSISDN,x,x\n", []string{"line 1: amount: must be named once", "line 1: msisdn: must be named once"}},
		"for Excel, unknown":   {"sep=|\nmsisdn|amount\n+2250748710523|5000\n", []string{`line 1: must name the columns: after "sep=" only`}},
		"for Excel, alone":     {"sep=;\n", []string{"names its columns"}},
		"header never closed":  {`"msisdn,amount`, []string{"names its columns"}},
		"header too long":      {"msisdn,amount," + strings.Repeat("x,", 40_000) + "\n", []string{"line 1: must name the columns in fewer than 65536 bytes"}},
		"UTF-16, small end":    {utf16Text(binary.LittleEndian, "\uFEFF"), []string{"the file is UTF-16", "CSV UTF-8"}},
		"UTF-16, big end":      {utf16Text(binary.BigEndian, "\uFEFF"), []string{"the file is UTF-16"}},
		"UTF-16 without mark":  {utf16Text(binary.LittleEndian, ""), []string{"the file is UTF-16"}},
		"UTF-16, big, no mark": {utf16Text(binary.BigEndian, ""), []string{"the file is UTF-16"}},
		"code page 850":        {header + "+2250748710523,5000,a,Salaire\n+2250748710523,5000,b,Kon\x82\n+225,y,c,\n", []string{"line 3: is neither UTF-8 nor, without doubt, Windows-1252", "CSV UTF-8"}},
		"Mac Roman header":     {"msisdn,amount,p\x8Eriode\n+2250748710523,5000,a\n", []string{"line 1: is neither UTF-8"}},
		"XLSX":                 {"PK\x03\x04abc", []string{"is a workbook"}},
		"XLS":                  {"\xD0\xCF\x11\xE0abc", []string{"is a workbook"}},
		"never closed":         {header + "+2250748710523,5000,a,x\n+2250748710524,5000,b,\"x\n+2250748710525,5000,c,x\n", []string{"line 3: must have its quotation marks in pairs"}},
		"never closed, long":   {header + "+2250748710523,5000,a,\"1\n2\"\n+2250748710524,5000,b,\"" + strings.Repeat("x\n", 1<<20), []string{"line 4: must not be longer than 1048576 bytes"}},
		"a long line":          {header + "+2250748710523,5000,a,x\n" + strings.Repeat("x", 2<<20), []string{"line 3: must not be longer"}},
		"the total":            {header + strings.Repeat("+2250748710523,5000000000000000000,,x\n", 3), []string{"line 3: amount: must not take the total", "line 3: reference", "line 4: reference"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := readCSV(row.file, payroll.CSVOptions{Run: "june", Limits: &djamo.Limits{}})
			require.Len(t, problemsOf(t, err), max(1, strings.Count(strings.Join(row.want, "\n"), "line ")))
			for _, part := range row.want {
				require.ErrorContains(t, err, part)
			}
		})
	}
}

// A file is refused with all that is wrong with it, in the order of its lines, up to a limit that is told to be one.
func TestReadCSV_ListsEveryProblem(t *testing.T) {
	t.Parallel()
	file := header +
		"x,y,\"a\nb\",=z\n" + // lines 2 and 3: every column
		"+2250748710523,5000,twice,x\n" +
		"+2250748710524\n" +
		"+2250748710525,4000,twice,x\n" +
		"+2250748710526,5000,a\"b,x\n" +
		"+2250748710527,5000,twice,x\n"
	_, err := readCSV(file, payroll.CSVOptions{})
	var found []string
	for _, problem := range problemsOf(t, err) {
		found = append(found, fmt.Sprintf("%d %s", problem.Line, problem.Column))
	}
	require.Equal(t, []string{"2 msisdn", "2 amount", "2 description", "2 reference", "5 ", "6 amount", "6 reference", "7 ", "8 reference"}, found)
	require.Regexp(t, `(?s)^payroll: bad plan: 9 problems\nline 2: msisdn: must .*\nline 8: reference: must differ from that of line 4, since it identifies a payout, got twice$`, err.Error())

	for limit := 1; limit < 9; limit++ {
		_, limited := readCSV(file, payroll.CSVOptions{MaxProblems: limit})
		bad := (*payroll.PlanError)(nil)
		require.ErrorAs(t, limited, &bad)
		require.Equal(t, problemsOf(t, err)[:limit], bad.Problems, "the first ones")
		require.Equal(t, 9-limit, bad.More)
		require.ErrorContains(t, bad, fmt.Sprintf("\nand %d more", 9-limit))
	}
}

func TestReadCSV_TakesNationalNumbersThroughAFunction(t *testing.T) {
	t.Parallel()
	national := func(s string) (djamo.MSISDN, error) {
		switch {
		case s == "0748710599":
			return "not a number", nil
		case strings.HasPrefix(s, "07"):
			return djamo.MSISDN("+225" + s), nil
		}
		return "", errors.New("no number of this country: " + s)
	}
	plan, err := readCSV(header+"0748710523,5000,a,x\n", payroll.CSVOptions{ParseMSISDN: national})
	require.NoError(t, err)
	require.Equal(t, "+2250748710523", payoutsOf(t, plan)[0].MSISDN.E164())

	_, err = readCSV(header+"0148710523,5000,a,x\n0748710599,5000,b,x\n", payroll.CSVOptions{ParseMSISDN: national})
	require.Equal(t, "payroll: bad plan: 2 problems\nline 2: msisdn: no number of this country: 014*****23\n"+
		"line 3: msisdn: must start with + and the country code, such as +225, got not * ****er", err.Error())
}

func TestReadCSV_LimitsAreSettable(t *testing.T) {
	t.Parallel()
	rows := header + "+2250748710523,1,abc,x\n+2250748710524,200000000,abcd,x\n"
	_, err := readCSV(rows, payroll.CSVOptions{})
	require.Len(t, problemsOf(t, err), 2)
	_, err = readCSV(rows, payroll.CSVOptions{Limits: &djamo.Limits{}})
	require.NoError(t, err)
	_, err = readCSV(rows, payroll.CSVOptions{Limits: &djamo.Limits{MinAmount: 1, MaxAmount: 200_000_000, ReferenceLength: 4}})
	require.NoError(t, err, "inclusive")
	_, err = readCSV(rows, payroll.CSVOptions{Limits: &djamo.Limits{MinAmount: 2, MaxAmount: 199_999_999, ReferenceLength: 3}})
	require.Len(t, problemsOf(t, err), 3)
	for _, limits := range []djamo.Limits{{MinAmount: -1}, {MaxAmount: -1}, {MinAmount: 2, MaxAmount: 1}, {ReferenceLength: -1}} {
		_, err = readCSV(rows, payroll.CSVOptions{Limits: &limits})
		require.ErrorIs(t, err, payroll.ErrBadPlan)
		require.ErrorContains(t, err, "limits contradict themselves")
	}
}

// What the source says when it cannot be read is no judgement on the plan.
func TestReadCSV_PassesTheErrorsOfTheSource(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	for after := range 5 {
		source := &failing{ReadSeeker: strings.NewReader(header + threeRows + strings.Repeat("\n", 100_000)), left: after, err: broken}
		_, err := payroll.ReadCSV(source, payroll.CSVOptions{})
		require.ErrorIs(t, err, broken)
		require.NotErrorIs(t, err, payroll.ErrBadPlan)
	}
	_, err := payroll.ReadCSV(seekless{iotest.ErrReader(io.EOF)}, payroll.CSVOptions{})
	require.ErrorIs(t, err, errors.ErrUnsupported)
}

// failing fails after so many reads.
type failing struct {
	io.ReadSeeker

	left int
	err  error
}

func (f *failing) Read(to []byte) (int, error) {
	if f.left == 0 {
		return 0, f.err
	}
	f.left--
	return f.ReadSeeker.Read(to[:min(len(to), 40_000)])
}

type seekless struct{ io.Reader }

func (seekless) Seek(int64, int) (int64, error) { return 0, errors.ErrUnsupported }

// A file that is changed after it was checked is not paid.
func TestPlan_Payouts_NoticesAChangedFile(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(string) string{
		"an amount":       func(s string) string { return strings.Replace(s, ",50000,", ",50001,", 1) },
		"a payee":         func(s string) string { return strings.Replace(s, "+2250748710523", "+2250748710524", 1) },
		"a reference":     func(s string) string { return strings.Replace(s, "a/1", "a/9", 1) },
		"a description":   func(s string) string { return strings.Replace(s, "juin", "mai", 1) },
		"two amounts":     func(s string) string { return strings.NewReplacer(",50000,", ",50001,", ",5000,", ",4999,").Replace(s) },
		"a row more":      func(s string) string { return s + "+2250748710529,5000,a/4,x\n" },
		"a row less":      func(s string) string { return strings.Replace(s, "+221771234567,5000,a/2,\n", "", 1) },
		"a row bad":       func(s string) string { return strings.Replace(s, ",5000,", ",much,", 1) },
		"the header":      func(s string) string { return strings.Replace(s, "amount", "amounth", 1) },
		"the order":       func(s string) string { return strings.NewReplacer("a/1", "a/2", "a/2", "a/1").Replace(s) },
		"everything":      func(string) string { return "" },
		"an amount, huge": func(s string) string { return strings.Replace(s, ",500000,", ",9223372036854775807,", 1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := bytes.NewReader([]byte(header + threeRows))
			plan, err := payroll.ReadCSV(source, payroll.CSVOptions{Run: "june", Limits: &djamo.Limits{}})
			require.NoError(t, err)
			source.Reset([]byte(change(header + threeRows)))
			var last error
			for _, err := range plan.Payouts() {
				require.NoError(t, last, "an error ends it")
				last = err
			}
			require.ErrorIs(t, last, payroll.ErrBadPlan)
		})
	}
	for _, err := range new(payroll.Plan).Payouts() {
		require.ErrorIs(t, err, payroll.ErrBadPlan)
	}
}

// A file that gives every reference is read once under the name that the run has by default, which no reference is derived from.
func TestReadCSV_DefaultRunNamesCompleteFiles(t *testing.T) {
	t.Parallel()
	complete, lacking := header+threeRows, header+"+2250748710523,50000,,Salaire\n"
	named, err := readCSV(complete, payroll.CSVOptions{Run: "june"})
	require.NoError(t, err)
	unnamed, err := readCSV(complete, payroll.CSVOptions{})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		options payroll.CSVOptions
		want    payroll.PlanInfo
	}{
		"default":                     {payroll.CSVOptions{DefaultRun: "june"}, named.PlanInfo},
		"given":                       {payroll.CSVOptions{Run: "june", DefaultRun: "july"}, named.PlanInfo},
		"a name that no run can have": {payroll.CSVOptions{DefaultRun: "+2250748710523"}, unnamed.PlanInfo},
	} {
		plan, err := readCSV(complete, c.options)
		require.NoError(t, err, name)
		require.Equal(t, c.want, plan.PlanInfo, name)
		require.Equal(t, payoutsOf(t, named), payoutsOf(t, plan), name)
	}
	_, err = readCSV(lacking, payroll.CSVOptions{DefaultRun: "june"})
	bad := (*payroll.PlanError)(nil)
	require.ErrorAs(t, err, &bad)
	require.True(t, bad.NeedsRun)
}
