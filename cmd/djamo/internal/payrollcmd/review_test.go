package payrollcmd

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
)

const (
	june = "msisdn,amount,reference,description,name\n+2250748710523,100000,june/1,x,Aya Koné\n+2250748710524,120000,june/2,x,Awa Bamba\n"
	july = "msisdn,amount,reference,description,name\n+2250748710523,100000,july/1,x,Aya Koné\n+2250748710524,240000,july/2,x,Awa Bamba\n"
)

// A salary that has doubled since June is seen, and paid only once each group of warnings was confirmed.
func TestPay_ComparesWithTheNewestRunOfTheJournal(t *testing.T) {
	t.Parallel()
	o := newOperator(t, june)
	o.set.journal = filepath.Join(t.TempDir(), "payroll.journal")
	journal := o.set.journal
	o.with(t, "june.csv", june, "--run", "june", "--yes", "--journal", journal)
	require.Equal(t, exit.OK, o.run(t, ""), o.out)
	require.Contains(t, o.squeezed(), "Not compared with an earlier run")

	o.with(t, "july.csv", july, "--run", "july", "--yes", "--journal", journal, "--allow-repeats")
	require.Equal(t, exit.Usage, o.run(t, ""), o.out)
	for _, part := range []string{
		"Compared with june: 2 payments, 220 000 FCFA. The total changes by +120 000 FCFA.",
		"Warning 1. Amount unusual for its payee: 1", "at most 120 000 FCFA before",
		"Warning 2. Changed amounts: 1", "was 120 000 FCFA, +120 000 FCFA (+100 %)",
		"--yes does not confirm warnings of the review (open: 2): correct the file, or add --confirm unusual-amounts=1 --confirm changed-amounts=1",
	} {
		require.Contains(t, o.squeezed(), part)
	}
	o.server.AssertNotPaid(t, "july/1", "july/2")

	confirmed := []string{"--run", "july", "--yes", "--journal", journal, "--allow-repeats", "--confirm", "unusual-amounts=1", "--confirm", "changed-amounts=1"}
	o.with(t, "july.csv", july, confirmed...)
	require.Equal(t, exit.OK, o.run(t, ""), o.out)
	require.Equal(t, exit.OK, o.run(t, ""), "what confirmed it when it began does no harm afterwards: "+o.out)
	o.server.AssertPaidOnce(t, "june/1", "june/2", "july/1", "july/2")
}

// On a terminal each group is asked about by itself, and one no is enough.
func TestPay_AsksForEachGroupOfWarnings(t *testing.T) {
	t.Parallel()
	o := newOperator(t, july)
	before := filepath.Join(t.TempDir(), "june.csv")
	require.NoError(t, os.WriteFile(before, []byte(june), 0o600))
	page := filepath.Join(t.TempDir(), "review.html")
	o.with(t, "july.csv", july, "--since", before, "--review", page)
	o.set.yes = false
	for _, answer := range []string{"y\n", "y\nn\ny\n", "y\ny\n", "y\ny\nn\n"} {
		require.Equal(t, exit.Usage, o.run(t, answer), o.out)
		require.Empty(t, o.server.Transactions())
		require.NoFileExists(t, o.set.journal)
	}
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(text), "Awa Bamba")
	require.Equal(t, exit.OK, o.run(t, "y\ny\ny\n"), o.out)
	require.Contains(t, o.out, "Is warning 2 right (Changed amounts: 1)? [y/N] ")
	o.server.AssertPaidOnce(t, "july/1", "july/2")
}

func TestPay_ReviewOfBadInput(t *testing.T) { //nolint:tparallel // its rows share one operator
	t.Parallel()
	o := newOperator(t, july)
	for name, row := range map[string]struct{ flag, want string }{ //nolint:paralleltest // they share one operator
		"missing":  {filepath.Join(t.TempDir(), "none.json"), "cannot be read"},
		"the file": {o.set.file.Path, "it is the file to pay itself"},
		"garbage":  {o.set.file.Path + ".garbage", "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(o.set.file.Path+".garbage", []byte("{"), 0o600))
			o.set.review.Since = []string{row.flag}
			require.Equal(t, exit.Usage, o.run(t, ""), o.out)
			require.Contains(t, o.out, row.want)
			require.Empty(t, o.server.Transactions())
		})
	}
	o.set.review.Since, o.set.review.File = nil, o.set.file.Path
	require.ErrorContains(t, o.set.checkReview(), "would replace a file that is needed")
}

// Payees without an account are left out once that is confirmed, and reported; without it nobody is paid.
func TestPay_ChecksRecipients(t *testing.T) {
	t.Parallel()
	o := newOperator(t, july)
	require.NoError(t, o.server.AddCustomer("+2250748710523"))
	o.with(t, "july.csv", july, "--yes", "--check-recipients")
	require.Equal(t, exit.Usage, o.run(t, ""), o.out)
	require.Contains(t, o.squeezed(), "Warning 1. Payees without a Djamo account: 1 line 3 july/2 +22507******24 A*** B*** 240 000 FCFA")
	require.Contains(t, o.out, "add --confirm no-account=1")
	require.Empty(t, o.server.Transactions())

	report := filepath.Join(t.TempDir(), "report.csv")
	o.with(t, "july.csv", july, "--yes", "--check-recipients", "--confirm", "no-account=1", "--report", report)
	require.NoError(t, o.server.SetBalance(101_000))
	for range 2 { // the second finds it rejected already
		require.Equal(t, exit.Unresolved, o.run(t, ""), o.out)
		require.Contains(t, o.squeezed(), "refused 1 240 000 FCFA")
	}
	text, err := os.ReadFile(report)
	require.NoError(t, err)
	require.Contains(t, string(text), payroll.ReasonNoAccount)
	o.server.AssertPaidOnce(t, "july/1")
	require.Len(t, o.server.Transactions(), 1)
}

// An answer that fails says nothing about the account.
func TestPay_UnknownIsNoMissingAccount(t *testing.T) {
	t.Parallel()
	o := newOperator(t, july)
	_, err := o.server.Inject(djamotest.FailBefore(http.StatusNotFound), djamotest.On("GET /v1/transactions/customers/check"))
	require.NoError(t, err)
	o.with(t, "july.csv", july, "--check-recipients")
	o.set.yes = false
	require.Equal(t, exit.Usage, o.run(t, "n\n"), o.out)
	require.Contains(t, o.out, "Payees whose account could not be checked: 2")
	require.NotContains(t, o.out, "without a Djamo account")
	require.Equal(t, exit.OK, o.run(t, "y\ny\n"), o.out)
	o.server.AssertPaidOnce(t, "july/1", "july/2")
}

// A run that was stopped before it has sent anything is checked when it goes on.
func TestResume_ChecksRecipients(t *testing.T) {
	t.Parallel()
	o := newOperator(t, july, djamotest.WithBalance(101_000))
	o.with(t, "july.csv", july, "--yes", "--allow-short", "--check-recipients=no", "--mode", "single", "--concurrency", "1")
	o.hasten()
	require.NotEqual(t, exit.OK, o.run(t, ""), o.out)
	require.NoError(t, o.server.AddCustomer("+2250748710523"))
	require.NoError(t, o.server.SetBalance(500_000))
	o.with(t, "july.csv", july, "--check-recipients=yes", "--journal", o.set.journal)
	o.set.journalMustExist, o.set.yes = true, false
	require.Equal(t, exit.Usage, o.run(t, "n\n"), o.out)
	require.Equal(t, exit.Unresolved, o.run(t, "y\n"), o.out)
	require.Contains(t, o.squeezed(), "refused 1 240 000 FCFA")
	require.Contains(t, o.out, "Go on without the payment of warning 1?")
	require.Len(t, o.server.Transactions(), 1)
}
