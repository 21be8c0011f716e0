package payroll_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

func TestReadCSV_WarnsOfAMisspelledReferenceColumn(t *testing.T) {
	t.Parallel()
	plan, err := readCSV("msisdn,amount,Réferense,service\n+2250748710523,5000,a,x\n", payroll.CSVOptions{Run: "june"})
	require.NoError(t, err)
	require.Equal(t, []payroll.Warning{{Kind: payroll.WarnHeadings, Lines: []int64{1}, Text: "no column is called reference, so references are derived; not read: Réferense, service"}}, plan.Warnings)

	plan, err = readCSV("msisdn,amount"+strings.Repeat(",c", 12)+"\n+2250748710523,5000"+strings.Repeat(",", 12)+"\n", payroll.CSVOptions{Run: "june"})
	require.NoError(t, err)
	require.ErrorContains(t, errors.New(plan.Warnings[0].Text), "c, c, 2 more")

	plan, err = readCSV("msisdn,amount\n+2250748710523,5000\n", payroll.CSVOptions{Run: "june"})
	require.NoError(t, err)
	require.Empty(t, plan.Warnings, "nothing can have been meant for references")
}

// A quotation mark that opens in one row and closes in another makes one payout of all the rows between, and a sound file.
func TestReadCSV_WarnsOfRowsOfSeveralLines(t *testing.T) {
	t.Parallel()
	const row = "+2250748710523,5000,"
	for name, test := range map[string]struct {
		file  string
		lines [][]int64
	}{
		"none":           {header + row + "a,\"x\"\n" + row + "b,y\n", nil},
		"rows swallowed": {header + row + "a,\"Salaire\n" + row + "b,x\n" + row + "c,Prime \"\n+2250748710524,5000,d,x\n", [][]int64{{2, 4}}},
		"a line break":   {header + row + "a,\"x\ny\"\n+2250748710524,5000,b,\"\n\n\"\n", [][]int64{{2, 3}, {4, 6}}},
		"CRLF":           {strings.ReplaceAll(header+row+"a,\"x\ny\"\n", "\n", "\r\n"), [][]int64{{2, 3}}},
		"CR":             {strings.ReplaceAll(header+row+"a,\"x\ny\"\n", "\n", "\r"), [][]int64{{2, 3}}},
		"not read":       {"note,msisdn,amount,reference\n\"x\ny\"," + row + "a\n", [][]int64{{2, 3}}},
		"in the header":  {"msisdn,amount,reference,\"note\n" + row + "b,x\n\"\n+2250748710524,5000,a,\n", [][]int64{{1, 3}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan, err := readCSV(test.file, payroll.CSVOptions{})
			require.NoError(t, err)
			var lines [][]int64
			for _, warning := range plan.Warnings {
				if strings.HasSuffix(warning.Text, "are one row: a quotation mark may be open") {
					lines = append(lines, warning.Lines)
				}
			}
			require.Equal(t, test.lines, lines)
		})
	}
	plan, err := readCSV(header+"+2250748710523,5000,,\"x\n\"\n+2250748710524,5000,,\"\n\"\n+2250748710525,5000,,\"\n\"\n", payroll.CSVOptions{Run: "june", MaxProblems: 1})
	require.NoError(t, err)
	require.Equal(t, []payroll.Warning{{Kind: payroll.WarnSeveralLines, Lines: []int64{2, 3}, Text: "lines 2 to 3 are one row: a quotation mark may be open"}, {Kind: payroll.WarnSeveralLines, Text: "2 more rows have several lines"}}, plan.Warnings)
}

// References in a column that lost its name would be replaced by others without a word.
func TestReadCSV_WarnsOfAColumnWithoutAName(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file string
		line int64 // 0 for no warning
	}{
		"references":      {",msisdn,amount\nsal-1,+2250748710523,5000\nsal-2,+2250748710524,5000\n", 2},
		"some references": {"msisdn,amount, \n+2250748710523,5000,\n+2250748710524,5000,sal-2\n", 3},
		"nothing in it":   {"msisdn,amount,,\n+2250748710523,5000,, \n", 0},
		"beside them":     {"reference,msisdn,amount,\nsal-1,+2250748710523,5000,x\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan, err := readCSV(test.file, payroll.CSVOptions{Run: "june"})
			require.NoError(t, err)
			if test.line == 0 {
				require.Empty(t, plan.Warnings)
				return
			}
			require.Len(t, plan.Warnings, 1)
			require.Equal(t, []int64{test.line}, plan.Warnings[0].Lines)
			require.Contains(t, plan.Warnings[0].Text, "references are derived; not read: a column without a name")
		})
	}
}
