package payroll_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

func receiptsOf(t *testing.T, writer payroll.ReportWriter, journal payroll.Journal, options payroll.ReceiptOptions) (string, int64) {
	t.Helper()
	var out bytes.Buffer
	count, err := writer.WriteReceipts(t.Context(), &out, journal, options)
	require.NoError(t, err)
	requireWellFormed(t, out.String())
	return out.String(), count
}

// Each payee who was paid has one receipt, and nobody else.
func TestReportWriter_WriteReceipts(t *testing.T) {
	t.Parallel()
	journal := journalOf(t,
		payroll.Payout{
			MSISDN: "+2250748710501", Amount: 300_000, Reference: "july/1", Name: "Aya Koné", Description: "Salaire de juillet", State: payroll.Completed,
			TransactionID: "txn_1", Fee: 750, Attempts: 1, SentAt: time.Date(2026, 7, 28, 9, 12, 41, 0, time.UTC), TransactionAt: time.Date(2026, 7, 28, 9, 12, 42, 0, time.UTC),
		},
		payroll.Payout{MSISDN: "+2250748710502", Amount: 5_000, Reference: "july/2", Name: "<script>alert(1)</script>", State: payroll.Completed},
		payroll.Payout{MSISDN: "+2250748710503", Amount: 7_000, Reference: "july/3", Name: "Failed Payee", State: payroll.Failed},
		payroll.Payout{MSISDN: "+2250748710504", Amount: 8_000, Reference: "july/4", Name: "Earlier Payee", State: payroll.Completed, Earlier: true},
		payroll.Payout{MSISDN: "+2250748710505", Amount: 9_000, Reference: "july/5", Name: "Open Payee", State: payroll.Submitted},
	)
	writer := payroll.ReportWriter{Language: payroll.French, Company: "Chocolaterie du Plateau", Account: djamo.Account{Environment: djamo.ProductionCIV, Host: "x"}}
	page, count := receiptsOf(t, writer, journal, payroll.ReceiptOptions{})
	require.EqualValues(t, 2, count)
	require.Equal(t, 2, strings.Count(page, "<article>"))
	text := readable(page)
	for _, part := range []string{
		"Reçu de paiement", "300 000 F", "Aya Koné +225 07 ** ** ** 01", "Chocolaterie du Plateau", "Compte Djamo · production Côte d’Ivoire",
		"28 juillet 2026 09:12 (Abidjan, UTC+0)", "Salaire de juillet", "july/1", "txn_1", "<script>alert(1)</script>",
	} {
		require.Contains(t, text, part)
	}
	for _, absent := range []string{"Failed Payee", "Open Payee", "Earlier Payee", "48 71"} {
		require.NotContains(t, text, absent)
	}
	require.NotContains(t, page, "<script")

	page, count = receiptsOf(t, payroll.ReportWriter{}, journal, payroll.ReceiptOptions{WholePhones: true, Earlier: true})
	require.EqualValues(t, 3, count)
	require.Contains(t, readable(page), "Payment receipt")
	require.Contains(t, readable(page), "+225 07 48 71 05 04")
	require.Contains(t, page, "break-after: page")

	whole := page
	for skip := range int64(5) {
		page, count = receiptsOf(t, payroll.ReportWriter{}, journal, payroll.ReceiptOptions{WholePhones: true, Earlier: true, Skip: skip, Most: 2})
		require.Equal(t, min(2, max(0, 3-skip)), count, "from receipt %d on", skip)
		require.EqualValues(t, count, strings.Count(page, "<article>"))
		for i, article := range strings.SplitAfter(whole, "</article>")[:3] {
			_, article, _ = strings.Cut(article, "<article>")
			require.Equal(t, int64(i) >= skip && int64(i) < skip+2, strings.Contains(page, article), "receipt %d of those from %d on", i, skip)
		}
	}
	_, err := writer.WriteReceipts(t.Context(), io.Discard, journal, payroll.ReceiptOptions{Most: -1})
	require.ErrorContains(t, err, "must not be negative")

	page, count = receiptsOf(t, writer, journalOf(t, payroll.Payout{MSISDN: "+2250748710503", Amount: 7_000, Reference: "a", State: payroll.Refused}), payroll.ReceiptOptions{})
	require.Zero(t, count)
	require.Contains(t, readable(page), "Cette paie n’a payé personne")
}

// While receipts are written, the older ones stay.
func TestReportWriter_WriteReceiptsFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "receipts.html")
	require.NoError(t, os.WriteFile(path, []byte("older"), 0o600))
	_, err := payroll.ReportWriter{}.WriteReceiptsFile(t.Context(), path, spoiled{Memory: mixed(t), fail: map[string]error{"payouts": io.ErrUnexpectedEOF}}, payroll.ReceiptOptions{})
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "older", string(content))
	count, err := payroll.ReportWriter{}.WriteReceiptsFile(t.Context(), path, mixed(t), payroll.ReceiptOptions{})
	require.NoError(t, err)
	require.EqualValues(t, 1, count)
	_, err = payroll.ReportWriter{}.WriteReceipts(t.Context(), io.Discard, spoiled{Memory: mixed(t), payouts: func(p []payroll.Payout) []payroll.Payout { return p[1:] }}, payroll.ReceiptOptions{})
	require.ErrorContains(t, err, "the run went on")
}
