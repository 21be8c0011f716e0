package browser_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/journaltest"
)

// printed is the run that is printed: most were paid, the last few failed.
func printed(t *testing.T, payouts, failed int) payroll.Journal { //nolint:ireturn // any journal will do
	t.Helper()
	sent := time.Date(2026, 7, 28, 9, 0, 0, 0, time.UTC)
	planned := make([]payroll.Payout, payouts)
	for i := range planned {
		planned[i] = payroll.Payout{
			Line: int64(i + 2), MSISDN: djamo.MSISDN(fmt.Sprintf("+22507%08d", i)), Amount: djamo.XOF(85_000 + i*37%61*2_500), Name: "Jean-Marc N’Guessan",
			Reference: fmt.Sprintf("salaire-2026-07/%05d", i+1), Description: "Salaire de juillet 2026",
		}
	}
	plan, err := payroll.NewPlan(payroll.Rows(planned...), payroll.PlanOptions{Run: "salaire-2026-07"})
	require.NoError(t, err)
	journal := journaltest.NewMemory()
	lease, err := journal.Acquire(t.Context(), "test", time.Hour)
	require.NoError(t, err)
	require.NoError(t, journal.Plan(t.Context(), lease, plan))
	for i, p := range planned {
		p.ID, p.State, p.Attempts, p.SentAt = int64(i+1), payroll.Submitting, 1, sent
		require.NoError(t, journal.Advance(t.Context(), lease, payroll.Change{From: payroll.Planned, Payout: p}))
		p.TransactionID, p.TransactionAt = fmt.Sprintf("0190f3a1-7c2e-4b1d-9a86-%012d", i), sent
		if p.State, p.Fee = payroll.Completed, 750; i >= payouts-failed {
			p.State, p.Fee, p.Reason = payroll.Failed, 0, "recipient account is limited"
		}
		require.NoError(t, journal.Advance(t.Context(), lease, payroll.Change{From: payroll.Submitting, Payout: p}))
	}
	return journal
}

// printPDF prints a page as a person does, and returns the text of each page of paper, or nil where no program can read it.
func printPDF(t *testing.T, write func(io.Writer) error) (pages int, texts []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	var text bytes.Buffer
	require.NoError(t, write(&text))
	require.NoError(t, os.WriteFile(path, text.Bytes(), 0o600))
	person := newStage(t).open(t, desktop())
	person.visit(address(t, path))
	ofThePage := true
	pdf := prepare(person, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: &ofThePage}).Data
	pages = len(regexp.MustCompile(`/Type\s*/Page\b`).FindAll(pdf, -1))
	if *screenshots != "" {
		require.NoError(t, os.WriteFile(filepath.Join(*screenshots, strings.ReplaceAll(t.Name(), "/", "-")+".pdf"), pdf, 0o600))
	}
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Log("NOT CHECKED: PDFTOTEXT IS NOT INSTALLED. What stands on the printed pages is not tested; install poppler-utils.")
		return pages, nil
	}
	read := exec.CommandContext(t.Context(), program, "-layout", "-", "-")
	read.Stdin = bytes.NewReader(pdf)
	out, err := read.Output()
	require.NoError(t, err)
	texts = strings.Split(strings.TrimSuffix(string(out), "\f"), "\f")
	require.Len(t, texts, pages)
	return pages, texts
}

// A long report is printed with its headings on each page, each payment once, and page numbers.
func TestPrint_Report(t *testing.T) {
	t.Parallel()
	chromium.running(t)
	const payouts, failed = 900, 60
	journal := printed(t, payouts, failed)
	pages, texts := printPDF(t, func(w io.Writer) error {
		_, err := payroll.ReportWriter{Language: payroll.French, Company: "Chocolaterie du Plateau"}.Write(t.Context(), w, journal, payroll.ReportHTML)
		return err
	})
	require.Greater(t, pages, payouts/40, "each row has room")
	require.Less(t, pages, payouts/10, "no page is left half empty")
	if texts == nil {
		return
	}
	seen := map[string]int{}
	reference := regexp.MustCompile(`salaire-2026-07/\d{5}`)
	for i, text := range texts {
		require.Contains(t, text, fmt.Sprintf("%d / %d", i+1, pages), "the page number")
		found := reference.FindAllString(text, -1)
		for _, each := range found {
			seen[each]++
		}
		if len(found) == 0 {
			continue
		}
		before, _, _ := strings.Cut(text, found[0])
		require.Contains(t, before, "Référence", "page %d has its headings above its first payment", i+1)
		require.Contains(t, before, "Bénéficiaire", "page %d", i+1)
	}
	require.Len(t, seen, payouts)
	for each, times := range seen {
		require.Equal(t, 1, times, each)
	}
}

// Each receipt is a page of its own, and whole.
func TestPrint_Receipts(t *testing.T) {
	t.Parallel()
	chromium.running(t)
	const payouts = 60
	journal := printed(t, payouts, 0)
	pages, texts := printPDF(t, func(w io.Writer) error {
		_, err := payroll.ReportWriter{Language: payroll.French, Company: "Chocolaterie du Plateau"}.WriteReceipts(t.Context(), w, journal,
			payroll.ReceiptOptions{})
		return err
	})
	require.Equal(t, payouts, pages)
	for i, text := range texts {
		require.Equal(t, 1, strings.Count(text, "Reçu de paiement"), "page %d", i+1)
		require.Contains(t, text, fmt.Sprintf("salaire-2026-07/%05d", i+1))
		require.Contains(t, strings.Join(strings.Fields(text), " "), "Reçu établi le", "it is whole")
	}
}

// On a phone each payout is a block as wide as the page, in a long report too, whose columns have widths of their own on paper.
func TestPrint_LongReportOnAPhone(t *testing.T) {
	t.Parallel()
	chromium.running(t)
	journal := printed(t, 300, 20)
	path := filepath.Join(t.TempDir(), "report.html")
	_, err := payroll.ReportWriter{Language: payroll.French}.WriteFile(t.Context(), path, journal)
	require.NoError(t, err)
	person := newStage(t).open(t, look{width: 390, scheme: "light"})
	person.visit(address(t, path))
	require.Equal(t, "300 0", person.eval(`(() => {
		const cells = [...document.querySelectorAll(".rows tbody td")].filter(cell => cell.offsetWidth > 0);
		const narrow = cells.filter(cell => cell.offsetWidth < cell.parentElement.offsetWidth - 1);
		return cells.filter(cell => cell.className === "lead").length + " " + narrow.length;
	})()`))
}
