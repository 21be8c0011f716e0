package payrollcmd

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/djamotest"
)

const threeRows = header + "+2250748710523,10000,a,x\n+2250748710524,20000,b,x\n+2250748710525,30000,c,x\n"

// Of a run that is under way only what is left is asked for.
func TestPay_AsksForWhatIsLeft(t *testing.T) {
	t.Parallel()
	o := newOperator(t, threeRows, djamotest.WithBalance(15_000))
	o.hasten()
	o.set.mode, o.set.concurrency, o.set.allowShort = "single", 1, true
	require.Equal(t, exit.Unresolved, o.run(t, ""), o.out)
	require.NoError(t, o.server.SetBalance(60_000))
	o.set.yes = false
	require.Equal(t, exit.Usage, o.run(t, "n\n"), o.out)
	require.Contains(t, o.squeezed(), `Run "salaries" is under way: 2 of 3 payouts, 50 000 FCFA, are left to send. The account holds 60 000 FCFA; 10 000 FCFA will be left`)
	require.NotContains(t, o.out, "may have been sent")
	require.Len(t, o.server.Transactions(), 1)
	require.Equal(t, exit.OK, o.run(t, "y\n"), o.out)
	require.NotContains(t, o.out, "Nothing was paid")
	o.server.AssertPaidOnce(t, "a", "b", "c")
}

func TestPay_SaysWhatMayHaveBeenSent(t *testing.T) {
	t.Parallel()
	o := newOperator(t, threeRows)
	o.hasten()
	o.set.idleTimeout = 100 * time.Millisecond
	_, err := o.server.Inject(djamotest.LoseReply(), djamotest.On(http.MethodPost))
	require.NoError(t, err)
	_, err = o.server.Inject(djamotest.FailBefore(http.StatusInternalServerError), djamotest.On("GET /v1/transactions"), djamotest.After(1))
	require.NoError(t, err)
	require.NotEqual(t, exit.OK, o.run(t, ""), o.out)
	o.server.ClearFaults()
	o.set.yes, o.set.idleTimeout = false, 5*time.Minute
	require.Equal(t, exit.Usage, o.run(t, ""), o.out)
	require.Contains(t, o.squeezed(), "3 of 3 payouts, 60 000 FCFA, are left to send. 3 of these may have been sent: they are looked up first.")
	require.Equal(t, exit.OK, o.run(t, "y\n"), o.out)
	o.server.AssertPaidOnce(t, "a", "b", "c")
}

// When nothing is left to send there is nothing to ask.
func TestPay_AsksNothingWhenAllWasSent(t *testing.T) {
	t.Parallel()
	o := newOperator(t, threeRows, djamotest.WithManualSettlement())
	o.set.idleTimeout = 50 * time.Millisecond
	require.Equal(t, exit.Unresolved, o.run(t, ""), o.out)
	o.set.yes = false
	require.Equal(t, exit.Unresolved, o.run(t, ""), o.out)
	require.Contains(t, o.squeezed(), "all of its 3 payouts were sent before; 3 of them, 60 000 FCFA, have no outcome yet.")
	o.server.SettleAll()
	o.set.idleTimeout = 5 * time.Minute
	require.Equal(t, exit.OK, o.run(t, ""), o.out)
	require.NotContains(t, o.out, "Nothing was paid", "their outcome is news")
	require.Equal(t, exit.OK, o.run(t, ""), o.out)
	require.Contains(t, o.out, `Run "salaries" is finished: each of its 3 payouts has its outcome, and nothing is sent now.`)
	require.NotContains(t, o.out, "Pay?")
}

// The same salaries under the same name are the same run: it pays nobody again, and this is said.
func TestPay_SaysThatNothingWasPaid(t *testing.T) {
	t.Parallel()
	const said = `Nothing was paid now: run "salaries" was completed before; give a new month a name of its own with --run.`
	const earlier = "2 of 2 payouts, 20 000 FCFA, were paid earlier under these references, and not now."
	file := "msisdn,amount\n+2250748710523,10000\n+2250748710524,10000\n"
	o := newOperator(t, file)
	o.with(t, "salaries.csv", file, "--run", "salaries")
	require.Equal(t, exit.OK, o.run(t, ""), o.out)
	require.NotContains(t, o.out, said)
	require.Equal(t, exit.OK, o.run(t, ""), o.out)
	require.Contains(t, o.out, said)
	o.set.journal = filepath.Join(t.TempDir(), "fresh.journal")
	require.Equal(t, exit.Unresolved, o.run(t, ""), o.out)
	require.Contains(t, o.squeezed(), earlier)
	require.Len(t, o.server.Transactions(), 2)
	o.with(t, "salaries.csv", strings.Replace(file, "524", "525", 1), "--run", "salaries")
	require.Equal(t, exit.Unresolved, o.run(t, ""), o.out)
	require.Contains(t, o.squeezed(), "1 of 2 payouts, 10 000 FCFA, were paid earlier", "one of them was")
	require.Len(t, o.server.Transactions(), 3)
}

// What an account lacks is said before the question, and nothing is asked or sent.
func TestPay_C13_SaysTheShortageBeforeItAsks(t *testing.T) {
	t.Parallel()
	for _, yes := range []bool{false, true} {
		o := newOperator(t, threeRows, djamotest.WithBalance(15_000))
		o.set.yes = yes
		require.Equal(t, exit.Usage, o.run(t, "y\n"), o.out)
		require.Contains(t, o.squeezed(), "The account holds 15 000 FCFA; 45 000 FCFA are missing.")
		require.Contains(t, o.squeezed(), "nothing was sent: the account does not cover the payouts: 45 000 FCFA are missing; --allow-short sends what it covers")
		require.NotContains(t, o.out, "Pay?")
		require.Empty(t, o.server.Transactions())
		require.NoFileExists(t, o.set.journal)
	}
}

// Whoever confirms sees who is paid.
func TestPay_C10_ListsTheFirstPayoutsBeforeItAsks(t *testing.T) {
	t.Parallel()
	o := newOperator(t, "Téléphone;Montant;Réf;Nom\n+2250748710523;10 000 F;a;Koné Awa\n+2250748710524;20 000 F;b;\n")
	o.set.yes = false
	require.Equal(t, exit.Usage, o.run(t, "n\n"), o.out)
	require.Contains(t, o.squeezed(), "a +22507******23 K*** A*** 10 000 FCFA")
	require.NotContains(t, o.out, "Awa")
	require.Less(t, strings.Index(o.out, "K*** A***"), strings.Index(o.out, "Pay?"))
}
