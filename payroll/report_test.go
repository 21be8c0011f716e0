package payroll_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/journaltest"
	"github.com/stretchr/testify/require"
)

// journalOf holds a run in which every payout has come as far as it says.
func journalOf(t testing.TB, payouts ...payroll.Payout) *journaltest.Memory {
	t.Helper()
	return journalOfRun(t, "june & july", payouts...)
}

func journalOfRun(t testing.TB, run string, payouts ...payroll.Payout) *journaltest.Memory {
	t.Helper()
	planned := make([]payroll.Payout, len(payouts))
	for i, p := range payouts {
		planned[i] = payroll.Payout{Line: p.Line, MSISDN: p.MSISDN, Amount: p.Amount, Reference: p.Reference, Description: p.Description, Name: p.Name}
	}
	plan, err := payroll.NewPlan(payroll.Rows(planned...), payroll.PlanOptions{Run: run, Limits: &djamo.Limits{}})
	require.NoError(t, err)
	journal := journaltest.NewMemory()
	lease, err := journal.Acquire(t.Context(), "test", time.Hour)
	require.NoError(t, err)
	require.NoError(t, journal.Plan(t.Context(), lease, plan))
	references := payoutsOf(t, plan)
	for i, p := range payouts {
		p.ID, p.Reference = int64(i+1), references[i].Reference
		from := payroll.Planned
		for _, next := range map[payroll.State][]payroll.State{
			payroll.Submitting: {payroll.Submitting}, payroll.Submitted: {payroll.Submitting, payroll.Submitted}, payroll.Unknown: {payroll.Submitting, payroll.Unknown},
			payroll.Completed: {payroll.Submitting, payroll.Completed}, payroll.Failed: {payroll.Submitting, payroll.Failed}, payroll.Refused: {payroll.Submitting, payroll.Refused},
			payroll.Conflict: {payroll.Submitting, payroll.Conflict},
		}[p.State] {
			p.State = next
			require.NoError(t, journal.Advance(t.Context(), lease, payroll.Change{From: from, Payout: p}))
			from = next
		}
	}
	return journal
}

// mixed is a run with a payout in every state, and with texts that mean something to the formats.
func mixed(t testing.TB) *journaltest.Memory {
	t.Helper()
	sent := time.Date(2026, 6, 30, 10, 0, 0, 0, time.UTC)
	return journalOf(t,
		payroll.Payout{Line: 2, MSISDN: "+2250748710501", Amount: 50_000, Reference: "june/1", Description: "Salaire, \"juin\"", State: payroll.Completed, TransactionID: "txn_1", Fee: 500, Attempts: 1, SentAt: sent},
		payroll.Payout{Line: 3, MSISDN: "+2250748710502", Amount: 60_000, Reference: "june/2", Description: "=1+1", State: payroll.Failed, TransactionID: "txn_2", Reason: "<script>account closed</script>", Attempts: 2, SentAt: sent},
		payroll.Payout{Line: 4, MSISDN: "+2250748710503", Amount: 70_000, Reference: "+225/3", State: payroll.Refused, Reason: "=HYPERLINK(\"http://x\")", Attempts: 1, SentAt: sent},
		payroll.Payout{Line: 5, MSISDN: "+2250748710504", Amount: 80_000, Reference: "june/4", State: payroll.Conflict, Reason: "-1", Attempts: 1, SentAt: sent},
		payroll.Payout{Line: 6, MSISDN: "+2250748710505", Amount: 90_000, Reference: "june/5", State: payroll.Unknown, Reason: "timeout\nno answer", Attempts: 3, SentAt: sent},
		payroll.Payout{Line: 7, MSISDN: "+2250748710506", Amount: 100_000, Reference: "june/6", State: payroll.Submitted, TransactionID: "@txn_6", Fee: 10, Attempts: 1, SentAt: sent},
		payroll.Payout{Line: 8, MSISDN: "+2250748710507", Amount: 110_000, Reference: "june/7", State: payroll.Submitting, Attempts: 1, SentAt: sent},
		payroll.Payout{Line: 9, MSISDN: "+2250748710508", Amount: 120_000, Reference: "june/8", State: payroll.Planned},
		payroll.Payout{MSISDN: "+2250748710509", Amount: 130_000, Reference: "june/9", State: payroll.Completed, TransactionID: "txn_9", Earlier: true},
	)
}

func write(t testing.TB, journal payroll.Journal, format payroll.ReportFormat) string {
	t.Helper()
	var out bytes.Buffer
	totals, err := payroll.WriteReport(t.Context(), &out, journal, format)
	require.NoError(t, err)
	require.Positive(t, totals.Planned.Count)
	return out.String()
}

func TestWriteReport_CSV(t *testing.T) {
	t.Parallel()
	require.Equal(t, "\ufeff"+`reference,msisdn,amount,status,transaction_id,fee,failure_reason,attempts,already_paid_earlier,sent_at,line,description,name,transaction_at,prepared_by,prepared_at,approved_by,approved_at
june/1,'+2250748710501,50000,completed,txn_1,500,,1,false,2026-06-30T10:00:00Z,2,"Salaire, ""juin""",,,,,,
june/2,'+2250748710502,60000,failed,txn_2,0,<script>account closed</script>,2,false,2026-06-30T10:00:00Z,3,'=1+1,,,,,,
'+225/3,'+2250748710503,70000,refused,,0,"'=HYPERLINK(""http://x"")",1,false,2026-06-30T10:00:00Z,4,,,,,,,
june/4,'+2250748710504,80000,conflict,,0,'-1,1,false,2026-06-30T10:00:00Z,5,,,,,,,
june/5,'+2250748710505,90000,unknown,,0,timeout no answer,3,false,2026-06-30T10:00:00Z,6,,,,,,,
june/6,'+2250748710506,100000,submitted,'@txn_6,10,,1,false,2026-06-30T10:00:00Z,7,,,,,,,
june/7,'+2250748710507,110000,submitting,,0,,1,false,2026-06-30T10:00:00Z,8,,,,,,,
june/8,'+2250748710508,120000,planned,,0,,0,false,,9,,,,,,,
june/9,'+2250748710509,130000,completed,txn_9,0,,0,true,,0,,,,,,,
`, write(t, mixed(t), payroll.ReportCSV))
}

// Whoever answers for the run stands in each format, with the time.
func TestReportWriter_SaysWhoHasSigned(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 30, 9, 0, 30, 0, time.UTC)
	writer := payroll.ReportWriter{
		Prepared: payroll.Signature{By: "=awa", At: at}, Approved: payroll.Signature{By: "bintou@example.ci", At: at.Add(time.Hour)},
		ApprovedDigest: "0123456789abcdef",
	}
	for format, wanted := range map[payroll.ReportFormat]string{
		payroll.ReportCSV:  ",'=awa,2026-06-30T09:00:30Z,bintou@example.ci,2026-06-30T10:00:30Z\n",
		payroll.ReportHTML: "ci on 30 June 2026, 10:00</bdi>",
		payroll.ReportJSON: `"preparedBy":"=awa","preparedAt":"2026-06-30T09:00:30Z","approvedBy":"bintou@example.ci",` +
			`"approvedAt":"2026-06-30T10:00:30Z","approvedDigest":"0123456789abcdef"`,
	} {
		require.Contains(t, strings.ReplaceAll(writeWith(t, writer, mixed(t), format), "\u00a0", " "), wanted, format)
	}
	workbook := workbookTexts(t, writeWith(t, writer, mixed(t), payroll.ReportXLSX))
	for _, part := range []string{
		">Prepared by =awa on 30 June 2026, 09:00<", ">Approved by bintou@example.ci on 30 June 2026, 10:00<",
		">Fingerprint of what was approved: 0123456789abcdef<", // on the summary
		`<c r="Q2" s="1" t="inlineStr"><is><t xml:space="preserve">bintou@example.ci</t></is></c><c r="R2" s="4"><v>46203.4170138888</v></c>`,
	} {
		require.Contains(t, strings.ReplaceAll(workbook, "\u00a0", " "), part)
	}
	require.NotContains(t, workbookTexts(t, write(t, mixed(t), payroll.ReportXLSX)), "Approved by", "no empty columns")
}

// A report holds what it takes to make its plan again.
func TestWriteReport_CSVIsAPlan(t *testing.T) {
	t.Parallel()
	journal := journalOf(t, payroll.Payout{MSISDN: "+2250748710501", Amount: 50_000, Reference: "june/1", Description: "x; \"y\"", State: payroll.Completed},
		payroll.Payout{MSISDN: "+221771234567", Amount: 5_000, Description: "é", State: payroll.Failed, Reason: "a\nb"})
	planned, err := journal.Planned(t.Context())
	require.NoError(t, err)
	again, err := readCSV(write(t, journal, payroll.ReportCSV), payroll.CSVOptions{Run: planned.Run})
	require.NoError(t, err)
	require.Equal(t, planned, again.PlanInfo)
}

func TestWriteReport_JSON(t *testing.T) {
	t.Parallel()
	text := write(t, mixed(t), payroll.ReportJSON)
	var got struct {
		Run, Digest string
		Totals      map[string]struct{ Count, Amount int64 }
		Fees        int64
		Payouts     []map[string]any
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&got))
	require.Equal(t, "june & july", got.Run)
	require.Len(t, got.Digest, 64)
	require.EqualValues(t, 510, got.Fees)
	require.Equal(t, map[string]struct{ Count, Amount int64 }{
		"planned": {9, 810_000}, "accepted": {3, 210_000}, "completed": {1, 50_000}, "failed": {1, 60_000}, "refused": {1, 70_000},
		"conflict": {1, 80_000}, "unknown": {1, 90_000}, "open": {3, 330_000}, "paidEarlier": {1, 130_000},
	}, got.Totals)
	require.Len(t, got.Payouts, 9)
	require.Equal(t, map[string]any{
		"reference": "june/2", "msisdn": "+2250748710502", "amount": json.Number("60000"), "status": "failed", "transactionId": "txn_2", "fee": json.Number("0"),
		"failureReason": "<script>account closed</script>", "attempts": json.Number("2"), "sentAt": "2026-06-30T10:00:00Z", "line": json.Number("3"), "description": "=1+1",
	}, got.Payouts[1])
	require.Equal(t, map[string]any{
		"reference": "june/9", "msisdn": "+2250748710509", "amount": json.Number("130000"), "status": "completed", "transactionId": "txn_9", "fee": json.Number("0"),
		"attempts": json.Number("0"), "alreadyPaidEarlier": true,
	}, got.Payouts[8])
}

// requireWellFormed checks that every element is closed.
func requireWellFormed(t *testing.T, page string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(page))
	decoder.Strict, decoder.AutoClose, decoder.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	depth := 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		switch token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
	}
	require.Zero(t, depth)
}

// Runs of more than one page of the journal come out whole, in every format.
func TestWriteReport_WritesEveryPayout(t *testing.T) {
	t.Parallel()
	payouts := make([]payroll.Payout, 2_500)
	for i := range payouts {
		payouts[i] = payroll.Payout{MSISDN: djamo.MSISDN(fmt.Sprintf("+22507%08d", i)), Amount: 1, Reference: fmt.Sprintf("r%d.", i), State: []payroll.State{payroll.Completed, payroll.Planned}[i%2]}
	}
	journal := journalOf(t, payouts...)
	rows, err := csv.NewReader(strings.NewReader(write(t, journal, payroll.ReportCSV))).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 2_501)
	for _, format := range []payroll.ReportFormat{payroll.ReportJSON, payroll.ReportHTML} {
		text := write(t, journal, format)
		for _, p := range payouts {
			require.Equal(t, 1, strings.Count(text, p.Reference), p.Reference)
		}
	}
}

// spoiled is a journal that fails, or says what is not so, at one of its calls.
type spoiled struct {
	*journaltest.Memory

	fail    map[string]error
	sums    func(map[payroll.State]payroll.Sum)
	payouts func([]payroll.Payout) []payroll.Payout
}

func (s spoiled) Planned(ctx context.Context) (payroll.PlanInfo, error) {
	info, err := s.Memory.Planned(ctx)
	return info, errors.Join(err, s.fail["planned"])
}

func (s spoiled) Sums(ctx context.Context) (map[payroll.State]payroll.Sum, error) {
	sums, err := s.Memory.Sums(ctx)
	if s.sums != nil {
		s.sums(sums)
	}
	return sums, errors.Join(err, s.fail["sums"])
}

func (s spoiled) Payouts(ctx context.Context, after int64, limit int, states ...payroll.State) ([]payroll.Payout, error) {
	page, err := s.Memory.Payouts(ctx, after, limit, states...)
	if s.payouts != nil {
		page = s.payouts(page)
	}
	return page, errors.Join(err, s.fail["payouts"])
}

func TestWriteReport_RefusesWhatDoesNotAddUp(t *testing.T) {
	t.Parallel()
	disk := errors.New("the disk is gone")
	for name, row := range map[string]struct {
		journal spoiled
		want    error
		text    string
	}{
		"planned":         {spoiled{fail: map[string]error{"planned": disk}}, disk, ""},
		"sums":            {spoiled{fail: map[string]error{"sums": disk}}, disk, ""},
		"payouts":         {spoiled{fail: map[string]error{"payouts": disk}}, disk, ""},
		"a payout counts": {spoiled{sums: func(s map[payroll.State]payroll.Sum) { s[payroll.Failed] = payroll.Sum{} }}, payroll.ErrJournal, "do not add up"},
		"a payout moved": {spoiled{sums: func(s map[payroll.State]payroll.Sum) {
			s[payroll.Failed], s[payroll.Refused] = s[payroll.Refused], s[payroll.Failed]
		}}, nil, "the run went on"},
		"a fee came":    {spoiled{payouts: func(p []payroll.Payout) []payroll.Payout { p[0].Fee++; return p }}, nil, "the run went on"},
		"a payout less": {spoiled{payouts: func(p []payroll.Payout) []payroll.Payout { return p[1:] }}, nil, "the run went on"},
		"out of order":  {spoiled{payouts: func(p []payroll.Payout) []payroll.Payout { return append(p, p[0]) }}, payroll.ErrJournal, "comes after"},
		"overflow": {spoiled{payouts: func(p []payroll.Payout) []payroll.Payout {
			p[0].Amount = 1<<63 - 1
			return append(p, payroll.Payout{ID: 99, Amount: 1, State: p[0].State})
		}}, payroll.ErrJournal, "overflow"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, format := range []payroll.ReportFormat{payroll.ReportCSV, payroll.ReportXLSX, payroll.ReportJSON, payroll.ReportHTML} {
				row.journal.Memory = mixed(t)
				_, err := payroll.WriteReport(t.Context(), io.Discard, row.journal, format)
				require.Error(t, err)
				if row.want != nil {
					require.ErrorIs(t, err, row.want)
				}
				require.ErrorContains(t, err, row.text)
			}
		})
	}
	_, err := payroll.WriteReport(t.Context(), io.Discard, journaltest.NewMemory(), payroll.ReportCSV)
	require.ErrorIs(t, err, payroll.ErrNoPlan)
	_, err = payroll.WriteReport(t.Context(), io.Discard, mixed(t), "pdf")
	require.ErrorContains(t, err, `no format "pdf"`)
}

// Wherever the writer fails, the report does.
func TestWriteReport_FailsWithItsWriter(t *testing.T) {
	t.Parallel()
	payouts := make([]payroll.Payout, 600)
	for i := range payouts {
		payouts[i] = payroll.Payout{MSISDN: "+2250748710501", Amount: 1, Reference: fmt.Sprint(i + 1), Description: strings.Repeat("x", 300), State: payroll.Failed, Reason: strings.Repeat("y", 300)}
	}
	journal := journalOf(t, payouts...)
	for _, format := range []payroll.ReportFormat{payroll.ReportCSV, payroll.ReportXLSX, payroll.ReportJSON, payroll.ReportHTML} {
		size := len(write(t, journal, format))
		for at := 0; at < size; at += size / 6 {
			_, err := payroll.WriteReport(t.Context(), &full{left: at}, journal, format)
			require.ErrorIs(t, err, errFull)
		}
	}
	_, err := payroll.WriteReport(t.Context(), iotest.TruncateWriter(io.Discard, 1), mixed(t), payroll.ReportCSV)
	require.NoError(t, err)
}

var errFull = errors.New("no space left")

type full struct{ left int }

func (f *full) Write(data []byte) (int, error) {
	if len(data) > f.left {
		return f.left, errFull
	}
	f.left -= len(data)
	return len(data), nil
}

func TestWriteReportFile_ReplacesOnlyWhenComplete(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	for _, ending := range []string{".csv", ".JSON", ".html", ".xlsx"} {
		path := filepath.Join(directory, "report"+ending)
		require.NoError(t, os.WriteFile(path, []byte("older"), 0o644))
		_, err := payroll.WriteReportFile(t.Context(), path, spoiled{Memory: mixed(t), fail: map[string]error{"payouts": io.ErrUnexpectedEOF}})
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, "older", string(content))

		totals, err := payroll.WriteReportFile(t.Context(), path, mixed(t))
		require.NoError(t, err)
		require.EqualValues(t, 9, totals.Planned.Count)
		content, err = os.ReadFile(path)
		require.NoError(t, err)
		if ending != ".xlsx" {
			require.Contains(t, string(content), "june/9")
		}
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode(), "whole phone numbers")
	}
	left, err := os.ReadDir(directory)
	require.NoError(t, err)
	require.Len(t, left, 4, "nothing else is left behind")
}

func TestWriteReportFile_RefusesBadPlaces(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(directory, "dir.csv"), 0o700))
	require.NoError(t, os.Symlink(os.DevNull, filepath.Join(directory, "null.csv")))
	require.NoError(t, os.WriteFile(filepath.Join(directory, "file"), nil, 0o600))
	for name, want := range map[string]string{
		"report.pdf": "must end in .csv, .xlsx, .json or .html", "report": "must end in", "dir.csv": "which is no file", "null.csv": "which is no file",
		"missing/report.csv": "no such file", "file/report.csv": "not a directory",
	} {
		_, err := payroll.WriteReportFile(t.Context(), filepath.Join(directory, name), mixed(t))
		require.ErrorContains(t, err, want)
	}
}

// This test changes the working directory, so it is not parallel.
func TestWriteReportFile_TakesABareName(t *testing.T) {
	t.Chdir(t.TempDir())
	_, err := payroll.WriteReportFile(t.Context(), "report.csv", mixed(t))
	require.NoError(t, err)
	require.FileExists(t, "report.csv")
}
