package payroll_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

// Only who was paid was paid earlier: what was sent by others and failed, or goes on, is no pay.
func TestPayout_Note_TellsOfEarlierPayments(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		payout payroll.Payout
		paid   bool
		note   string
	}{
		{payroll.Payout{State: payroll.Completed}, false, ""},
		{payroll.Payout{State: payroll.Failed, Reason: "account closed"}, false, "account closed"},
		{payroll.Payout{State: payroll.Completed, Earlier: true}, true, "already paid earlier"},
		{payroll.Payout{State: payroll.Submitted, Earlier: true}, false, "was sent earlier"},
		{payroll.Payout{State: payroll.Failed, Earlier: true, Reason: "account closed"}, false, "was sent earlier; account closed"},
	} {
		require.Equal(t, row.paid, row.payout.PaidEarlier(), row)
		require.Equal(t, row.note, row.payout.Note(), row)
		row.payout.MSISDN, row.payout.Amount, row.payout.Reference = "+2250748710501", 50_000, "a"
		journal := journalOf(t, row.payout)
		require.Contains(t, write(t, journal, payroll.ReportCSV), fmt.Sprintf(",%v,,0,", row.paid))
		require.Equal(t, row.paid, strings.Contains(write(t, journal, payroll.ReportJSON), `"alreadyPaidEarlier":true`))
		page := write(t, journal, payroll.ReportHTML)
		require.Equal(t, row.payout.Earlier, strings.Contains(page, "were paid under the same references before") || strings.Contains(page, "It was sent before this run."))
	}
}

// A spreadsheet whose list separator is another one starts cells where this file has none.
func TestWriteReport_CSVRunsNowhere(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"=1": "'=1", "-1": "'-1", "\t=1": "'\t'=1", "x;=1": "x;'=1", "x; =1;@b": "x; '=1;'@b", "x;\"=1\"": "x;\"'=1\"", "x;\u00a0+1": "x;\u00a0'+1", "x\t-1": "x\t'-1",
		"x\n=1": "x =1", "\r\n=1": " '=1", " =1": " '=1", "x=1;2": "x=1;2", "a;b-1": "a;b-1", "x;\"\n=1": "x;\" '=1", "": "",
	} {
		journal := journalOf(t, payroll.Payout{MSISDN: "+2250748710501", Amount: 1, Reference: "a", State: payroll.Failed, Reason: text})
		rows, err := csv.NewReader(strings.NewReader(write(t, journal, payroll.ReportCSV))).ReadAll()
		require.NoError(t, err)
		require.Equal(t, want, rows[1][6], "%q", text)
	}
}
