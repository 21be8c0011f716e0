package main

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/stretchr/testify/require"
)

const threeRows = header + "+2250748710523,10000,a,x\n+2250748710524,20000,b,x\n+2250748710525,30000,c,x\n"

// Of a run that is under way only what is left is asked for.
func TestPay_AsksForWhatIsLeft(t *testing.T) {
	t.Parallel()
	o := newOperator(t, threeRows, djamotest.WithBalance(15_000))
	o.set.mode, o.set.concurrency, o.set.allowShort = "single", 1, true
	require.Equal(t, exitUnresolved, o.run(t, ""), o.out)
	require.NoError(t, o.server.SetBalance(60_000))
	o.set.yes = false
	require.Equal(t, exitBadInput, o.run(t, "n\n"), o.out)
	require.Contains(t, o.squeezed(), `Run "salaries" is under way: 2 of 3 payouts, 50 000 FCFA, are left to send. The account holds 60 000 FCFA; 10 000 FCFA will be left`)
	require.NotContains(t, o.out, "may have been sent")
	require.Len(t, o.server.Transactions(), 1)
	require.Equal(t, exitOK, o.run(t, "y\n"), o.out)
	require.NotContains(t, o.out, "Nothing was paid")
	o.server.AssertPaidOnce(t, "a", "b", "c")
}

func TestPay_SaysWhatMayHaveBeenSent(t *testing.T) {
	t.Parallel()
	o := newOperator(t, threeRows)
	o.set.patience = 100 * time.Millisecond
	_, err := o.server.Inject(djamotest.LoseReply(), djamotest.On(http.MethodPost))
	require.NoError(t, err)
	_, err = o.server.Inject(djamotest.FailBefore(http.StatusInternalServerError), djamotest.On("GET /v1/transactions"))
	require.NoError(t, err)
	require.NotEqual(t, exitOK, o.run(t, ""), o.out)
	o.server.ClearFaults()
	o.set.yes = false
	require.Equal(t, exitBadInput, o.run(t, ""), o.out)
	require.Contains(t, o.squeezed(), "3 of 3 payouts, 60 000 FCFA, are left to send. 3 of these may have been sent: they are looked up first.")
	require.Equal(t, exitOK, o.run(t, "y\n"), o.out)
	o.server.AssertPaidOnce(t, "a", "b", "c")
}

// When nothing is left to send there is nothing to ask.
func TestPay_AsksNothingWhenAllWasSent(t *testing.T) {
	t.Parallel()
	o := newOperator(t, threeRows, djamotest.WithManualSettlement())
	o.set.patience = 50 * time.Millisecond
	require.Equal(t, exitUnresolved, o.run(t, ""), o.out)
	o.set.yes = false
	require.Equal(t, exitUnresolved, o.run(t, ""), o.out)
	require.Contains(t, o.squeezed(), "all of its 3 payouts were sent before; 3 of them, 60 000 FCFA, have no outcome yet.")
	o.server.SettleAll()
	require.Equal(t, exitOK, o.run(t, ""), o.out)
	require.NotContains(t, o.out, "Nothing was paid", "their outcome is news")
	require.Equal(t, exitOK, o.run(t, ""), o.out)
	require.Contains(t, o.out, `Run "salaries" is finished: each of its 3 payouts has its outcome, and nothing is sent now.`)
	require.NotContains(t, o.out, "Pay?")
}

// The same salaries in a file of the same name are the same run: next month's file pays nobody, and this is said.
func TestPay_SaysThatNothingWasPaid(t *testing.T) {
	t.Parallel()
	const said = `Nothing was paid now: run "salaries" was completed before; give a new month a name of its own with -run.`
	o := newOperator(t, "msisdn,amount\n+2250748710523,10000\n+2250748710524,10000\n")
	require.Equal(t, exitOK, o.run(t, ""), o.out)
	require.NotContains(t, o.out, said)
	require.Equal(t, exitOK, o.run(t, ""), o.out)
	require.Contains(t, o.out, said)
	o.set.journal = filepath.Join(t.TempDir(), "fresh.journal")
	require.Equal(t, exitOK, o.run(t, ""), o.out)
	require.Contains(t, o.out, said)
	require.Len(t, o.server.Transactions(), 2)
	require.NoError(t, os.WriteFile(o.set.in, []byte("msisdn,amount\n+2250748710523,10000\n+2250748710525,10000\n"), 0o600))
	o.set.journal = filepath.Join(t.TempDir(), "other.journal")
	require.Equal(t, exitOK, o.run(t, ""), o.out)
	require.NotContains(t, o.out, said, "one of them was")
	require.Len(t, o.server.Transactions(), 3)
}
