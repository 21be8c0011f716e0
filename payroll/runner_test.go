package payroll_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/journaltest"
	"github.com/stretchr/testify/require"
)

// inBothModes runs a test on virtual time, with payouts sent one by one and in batches.
func inBothModes(t *testing.T, payouts int, test func(*testing.T, *world), opts ...djamotest.Option) {
	t.Helper()
	for _, mode := range []payroll.Mode{payroll.Single, payroll.Batch} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, payouts, quick(mode), opts...)
				defer w.api.Close()
				test(t, w)
			})
		})
	}
}

// run drives the plan with an undisturbed process.
func (w *world) run(t testing.TB) (payroll.Totals, error) {
	t.Helper()
	return w.live(t, &process{})
}

func (w *world) states(t testing.TB) map[string]payroll.Payout {
	t.Helper()
	payouts, err := w.journal.Payouts(t.Context(), 0, 1_000)
	require.NoError(t, err)
	byReference := map[string]payroll.Payout{}
	for _, p := range payouts {
		byReference[p.Reference] = p
	}
	return byReference
}

// posts counts the POST requests to a path.
func (w *world) posts(path string) int {
	n := 0
	for _, r := range w.api.Requests() {
		if r.Method == http.MethodPost && r.Path == path {
			n++
		}
	}
	return n
}

// other sends one payment past the journal.
func (w *world) other(t testing.TB, params djamo.TransactionParams) {
	t.Helper()
	client, err := djamo.NewClient(w.api.Token, djamo.WithBaseURL("https://other.example"), djamo.WithHTTPClient(&http.Client{Transport: w.api.Transport()}))
	require.NoError(t, err)
	_, err = client.Transactions.Create(t.Context(), params)
	require.NoError(t, err)
}

func TestRunner_Run_PaysEveryoneOnce(t *testing.T) {
	t.Parallel()
	inBothModes(t, 25, func(t *testing.T, w *world) {
		var progress []payroll.Totals
		w.runner.Progress = func(totals payroll.Totals) { progress = append(progress, totals) }
		totals, err := w.run(t)
		require.NoError(t, err)
		require.True(t, totals.AllCompleted())
		require.Equal(t, w.plan.Total, totals.Completed.Amount)
		w.check(t)
		require.NotEmpty(t, progress)
		require.Equal(t, totals, progress[len(progress)-1], "what was shown is what the journal says")

		again, err := w.run(t)
		require.NoError(t, err, "a second run finds nothing to do")
		require.Equal(t, totals, again)
		w.check(t)
	})
}

func TestRunner_Run_ReadsOutcomesByPage(t *testing.T) {
	t.Parallel()
	inBothModes(t, 250, func(t *testing.T, w *world) {
		w.runner.BatchSize = 100
		_, err := w.run(t)
		require.NoError(t, err)
		w.check(t)
		reads := 0
		for _, r := range w.api.Requests() {
			if r.Method == http.MethodGet && strings.HasPrefix(r.Path, "/v1/transactions") {
				reads++
			}
		}
		require.LessOrEqual(t, reads, 3*4, "three pages each time, never one request for each payout")
	})
}

func TestRunner_Run_AdoptsWhatWasPaidEarlier(t *testing.T) {
	t.Parallel()
	inBothModes(t, 10, func(t *testing.T, w *world) {
		_, err := w.run(t)
		require.NoError(t, err)
		w.journal = journaltest.NewMemory()
		totals, err := w.run(t)
		require.NoError(t, err)
		require.True(t, totals.AllCompleted())
		w.check(t)
		for reference, p := range w.states(t) {
			require.True(t, p.Earlier, reference)
		}
	})
}

// The account was funded for one payroll, and the journal was lost after it was paid.
func TestRunner_Run_LostJournalNeedsNoSecondFunding(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]djamotest.Option{"refuses repeated references": nil, "accepts repeated references": {djamotest.WithRepeatedReferences()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBothModes(t, 250, func(t *testing.T, w *world) {
				require.NoError(t, w.api.SetBalance(int64(w.plan.Total)*102/100))
				_, err := w.run(t)
				require.NoError(t, err)
				w.journal = journaltest.NewMemory()
				totals, err := w.run(t)
				require.NoError(t, err)
				require.True(t, totals.AllCompleted())
				w.check(t)
			}, opts...)
		})
	}
}

func TestRunner_Run_ConflictsAreForAPerson(t *testing.T) {
	t.Parallel()
	inBothModes(t, 4, func(t *testing.T, w *world) {
		w.other(t, djamo.TransactionParams{MSISDN: "+2250748799999", Amount: 10_001, Reference: "run/1", Description: "to somebody else"})
		w.other(t, djamo.TransactionParams{MSISDN: "+2250748700002", Amount: 99_999, Reference: "run/2", Description: "another amount"})
		w.other(t, djamo.TransactionParams{MSISDN: "+2250748700003", Amount: 10_003, Reference: "run/3", Description: "the very same"})
		totals, err := w.run(t)
		require.NoError(t, err)
		require.Equal(t, int64(2), totals.Conflict.Count)
		states := w.states(t)
		require.Equal(t, payroll.Conflict, states["run/1"].State)
		require.Equal(t, payroll.Conflict, states["run/2"].State)
		require.Contains(t, states["run/2"].Reason, "txn_")
		require.True(t, states["run/3"].Earlier)
		require.False(t, states["run/0"].Earlier)
		w.api.AssertPaidOnce(t, "run/0", "run/1", "run/2", "run/3")
	})
}

func TestRunner_Run_SaysWhatWasRefusedAndWhatFailed(t *testing.T) {
	t.Parallel()
	inBothModes(t, 5, func(t *testing.T, w *world) {
		require.NoError(t, w.api.Fail("+2250748700003", "account closed"))
		totals, err := w.run(t)
		require.NoError(t, err)
		states := w.states(t)
		require.Equal(t, payroll.Refused, states["run/0"].State, "10,000 is below the limit of this API")
		require.Contains(t, states["run/0"].Reason, "10001")
		require.Equal(t, payroll.Failed, states["run/3"].State)
		require.Equal(t, "account closed", states["run/3"].Reason)
		require.Equal(t, int64(3), totals.Completed.Count, "one bad payout keeps none of the others back")
		w.api.AssertNotPaid(t, "run/0", "run/3")
		w.api.AssertPaidOnce(t, "run/1", "run/2", "run/4")
	}, djamotest.WithTransferLimits(10_001, 500_000))
}

func TestRunner_Run_Funds(t *testing.T) {
	t.Parallel()
	inBothModes(t, 8, func(t *testing.T, w *world) {
		_, err := w.run(t)
		require.ErrorIs(t, err, payroll.ErrInsufficientFunds)
		require.ErrorContains(t, err, "45\u202f000\u202fFCFA")
		require.Empty(t, w.api.Transactions(), "nothing was sent")

		w.runner.AllowShort = true
		totals, err := w.run(t)
		require.NoError(t, err)
		require.Equal(t, int64(4), totals.Completed.Count, "as many as the balance covers")
		require.Equal(t, int64(4), totals.Unsent.Count, "the rest stays planned")

		w.runner.AllowShort = false
		totals, err = w.run(t)
		require.NoError(t, err, "what was sent before is settled, the rest is not sent")
		require.Equal(t, int64(4), totals.Unsent.Count)

		require.NoError(t, w.api.SetBalance(1_000_000))
		totals, err = w.run(t)
		require.NoError(t, err)
		require.True(t, totals.AllCompleted())
		w.check(t)
	}, djamotest.WithBalance(45_000), djamotest.WithFee(func(int64) int64 { return 100 }))
}

func TestRunner_Run_StopsWhenTheAPITurnsItAway(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]djamotest.Fault{"firewall": djamotest.Blocked()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBothModes(t, 9, func(t *testing.T, w *world) {
				injection, err := w.api.Inject(fault, djamotest.On(http.MethodPost))
				require.NoError(t, err)
				totals, err := w.run(t)
				require.ErrorIs(t, err, payroll.ErrStopped)
				require.ErrorIs(t, err, djamo.ErrBlocked)
				require.Equal(t, int64(9), totals.Unsent.Count)
				require.LessOrEqual(t, injection.Fired(), 2, "it does not knock once for each payout")
				w.api.ClearFaults()
				_, err = w.run(t)
				require.NoError(t, err)
				w.check(t)
			})
		})
	}
}

func TestRunner_Run_CancelledAtAnyInstant(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{0, time.Millisecond, 900 * time.Millisecond, 1500 * time.Millisecond, 2500 * time.Millisecond, 5 * time.Second} {
		t.Run(after.String(), func(t *testing.T) {
			t.Parallel()
			inBothModes(t, 20, func(t *testing.T, w *world) {
				_, err := w.api.Inject(djamotest.ProcessLate(time.Second), djamotest.On("POST /v1/transactions"))
				require.NoError(t, err)
				_, err = w.api.Inject(djamotest.Stall(0), djamotest.On("POST /v1/transactions/batch"), djamotest.Probability(0.5))
				require.NoError(t, err)
				ctx, cancel := context.WithTimeout(t.Context(), after)
				defer cancel()
				runner := w.runner
				runner.Journal = w.journal
				runner.Client, err = djamo.NewClient(w.api.Token, djamo.WithBaseURL("https://cancelled.example"), djamo.WithHTTPClient(&http.Client{Transport: w.api.Transport()}))
				require.NoError(t, err)
				started := time.Now()
				_, err = runner.Run(ctx, w.plan)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.Less(t, time.Since(started), after+10*time.Second)
				if states := w.states(t); len(states) > 0 {
					for reference, p := range states {
						require.NotEqual(t, payroll.Submitting, p.State, "%s was in flight and is not recorded", reference)
					}
				}
				w.api.ClearFaults()
				_, err = w.run(t)
				require.NoError(t, err)
				w.check(t)
			})
		})
	}
}
