package payroll_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/journaltest"
	"github.com/stretchr/testify/require"
)

// sampleRun is a run as people have them: most was paid, one failed, one number has no account, one is not finished.
func sampleRun(t testing.TB, sent time.Time) *journaltest.Memory {
	t.Helper()
	paid := payroll.Payout{State: payroll.Completed, Fee: 100, Attempts: 1, SentAt: sent}
	failed := payroll.Payout{State: payroll.Failed, Attempts: 1, SentAt: sent, TransactionID: "txn_03", Reason: "account closed"}
	refused := payroll.Payout{State: payroll.Refused, Attempts: 1, SentAt: sent, Reason: "recipient not found"}
	open := payroll.Payout{State: payroll.Submitted, Attempts: 1, SentAt: sent, TransactionID: "txn_05"}
	payouts := make([]payroll.Payout, 0, 6)
	for i, payee := range []struct {
		name    string
		phone   djamo.MSISDN
		amount  djamo.XOF
		outcome payroll.Payout
	}{
		{"Aya Koné", "+2250700000001", 150_000, paid},
		{"Moussa Traoré", "+2250700000002", 95_000, paid},
		{"Awa Kouamé", "+2250500000003", 120_000, failed},
		{"Jean-Marc N’Guessan", "+2250100000004", 210_000, refused},
		{"Fatou Diallo", "+2250700000005", 135_000, open},
		{"Mariam Ouattara", "+2250500000006", 175_500, paid},
	} {
		p := payee.outcome
		number := string(rune('1' + i))
		p.Line, p.Name, p.MSISDN, p.Amount = int64(i+2), payee.name, payee.phone, payee.amount
		p.Reference, p.Description = "salaire-2026-06/000"+number, "Salaire de juin 2026"
		if p.State == payroll.Completed {
			p.TransactionID = "txn_0" + number
		}
		payouts = append(payouts, p)
	}
	return journalOfRun(t, "salaire-2026-06", payouts...)
}

// The documentation shows a report and receipts. They are those that are written today: DJAMO_WRITE_DOCS=1 writes them,
// and the browser tests draw their pictures.
func TestReport_InTheDocs(t *testing.T) {
	t.Parallel()
	for language, ending := range map[payroll.Language]string{payroll.English: ".html", payroll.French: "-fr.html"} {
		t.Run(string(language), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sent := time.Date(2026, 6, 30, 10, 0, 0, 0, time.UTC)
				time.Sleep(time.Until(sent.Add(5 * time.Minute))) //nolint:forbidigo // of the bubble
				writer := payroll.ReportWriter{
					Language: language, Company: "Chocolaterie du Plateau",
					Prepared: payroll.Signature{By: "A. Bamba", At: sent.Add(-2 * time.Hour)},
					Approved: payroll.Signature{By: "S. Diallo", At: sent.Add(-time.Hour)},
					Account:  djamo.Account{Environment: djamo.ProductionCIV, Host: "api-civ.djamo.com", CompanyID: "biz_1"},
				}
				requireInDocs(t, "report"+ending, writeWith(t, writer, sampleRun(t, sent), payroll.ReportHTML))
				var receipts strings.Builder
				count, err := writer.WriteReceipts(t.Context(), &receipts, sampleRun(t, sent), payroll.ReceiptOptions{})
				require.NoError(t, err)
				require.EqualValues(t, 3, count)
				requireInDocs(t, "receipts"+ending, receipts.String())
			})
		})
	}
}

func requireInDocs(t *testing.T, name, page string) {
	t.Helper()
	path := filepath.Join("..", "docs", "pictures", name)
	if os.Getenv("DJAMO_WRITE_DOCS") != "" {
		require.NoError(t, os.WriteFile(path, []byte(page), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), page, "write it with DJAMO_WRITE_DOCS=1 go test -run InTheDocs ./payroll, then draw it: see tests/browser")
}
