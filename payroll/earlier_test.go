package payroll_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// backup copies what a journal holds, as a restored backup or a file that was copied without its latest writes does.
func backup(t testing.TB, journal payroll.Journal, plan *payroll.Plan) *journaltest.Memory {
	t.Helper()
	payouts, err := journal.Payouts(t.Context(), 0, 10_000)
	require.NoError(t, err)
	restored := journaltest.NewMemory()
	lease, err := restored.Acquire(t.Context(), "backup", time.Hour)
	require.NoError(t, err)
	require.NoError(t, restored.Plan(t.Context(), lease, plan))
	for _, p := range payouts {
		if p.State == payroll.Planned {
			continue
		}
		through := p
		through.State = payroll.Submitting
		require.NoError(t, restored.Advance(t.Context(), lease, payroll.Change{From: payroll.Planned, Payout: through}))
		if p.State != payroll.Submitting {
			require.NoError(t, restored.Advance(t.Context(), lease, payroll.Change{From: payroll.Submitting, Payout: p}))
		}
	}
	require.NoError(t, restored.Release(t.Context(), lease))
	return restored
}

// A journal that is older than the truth takes payouts for unsent that were paid. Other payments of the account stand
// before them in the listing.
func TestRunner_Run_D21_JournalOlderThanTheTruth(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]djamotest.Option{"refuses repeated references": nil, "accepts repeated references": {djamotest.WithRepeatedReferences()}} {
		for others, count := range map[string]int{"nothing since": 0, "many payments since": 450} {
			t.Run(name+", "+others, func(t *testing.T) {
				t.Parallel()
				inBothModes(t, 60, func(t *testing.T, w *world) {
					require.NoError(t, w.api.SetBalance(int64(w.plan.Total)/3)) // it covers a third of them
					w.runner.AllowShort = true
					_, err := w.run(t)
					require.NoError(t, err)
					old := backup(t, w.journal, w.plan)
					time.Sleep(30 * time.Minute) //nolint:forbidigo // in a bubble
					require.NoError(t, w.api.SetBalance(50_000_000))
					_, err = w.run(t)
					require.NoError(t, err)
					w.check(t)
					for i := range count {
						w.other(t, djamo.TransactionParams{MSISDN: "+2250748700900", Amount: 5_000, Reference: fmt.Sprint("other/", i)})
					}
					time.Sleep(72 * time.Hour) //nolint:forbidigo // in a bubble
					require.NoError(t, w.api.SetBalance(0))
					before := len(w.api.Transactions())

					w.journal, w.runner.AllowShort = old, false
					totals, err := w.run(t)
					require.NoError(t, err, "what was paid need not be covered again")
					require.True(t, totals.AllCompleted(), "%+v", totals)
					require.Len(t, w.api.Transactions(), before, "nothing is sent")
					require.Positive(t, totals.PaidEarlier.Count)
				}, opts...)
			})
		}
	}
}

// A fresh journal of salaries that were paid long ago, behind other payments, says that they were paid earlier; and what is
// paid now is not.
func TestRunner_Run_SaysWhatWasPaidEarlier(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]djamotest.Option{"refuses repeated references": nil, "accepts repeated references": {djamotest.WithRepeatedReferences()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBothModes(t, 6, func(t *testing.T, w *world) {
				for _, p := range payoutsOf(t, w.plan)[:3] {
					w.other(t, p.Params())
				}
				time.Sleep(30 * 24 * time.Hour) //nolint:forbidigo // in a bubble
				for i := range 450 {
					w.other(t, djamo.TransactionParams{MSISDN: "+2250748700900", Amount: 5_000, Reference: fmt.Sprint("other/", i)})
				}
				before := len(w.api.Transactions())
				totals, err := w.run(t)
				require.NoError(t, err)
				require.True(t, totals.AllCompleted())
				require.Len(t, w.api.Transactions(), before+3)
				require.Equal(t, payroll.Sum{Count: 3, Amount: 30_003, Earlier: 3, EarlierAmount: 30_003}, totals.PaidEarlier)
				fees := djamo.XOF(0)
				for reference, p := range w.states(t) {
					require.Equal(t, reference < "run/3", p.PaidEarlier(), reference)
					require.Equal(t, p.PaidEarlier(), p.Fee == 0, "its fee is not this run's: %s", reference)
					fees += p.Fee
				}
				require.Equal(t, fees, totals.Fees)
				require.EqualValues(t, 3, totals.PaidNow.Count)
				require.EqualValues(t, 3, totals.AcceptedNow.Count)
			}, opts...)
		})
	}
}

// An API that answers a repeated reference with the payment that bears it, as if it were new.
func TestRunner_Run_OldPaymentsForAnAnswerWerePaidEarlier(t *testing.T) {
	t.Parallel()
	inBothModes(t, 2, func(t *testing.T, w *world) {
		w.answer = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if !isPost(r) {
				return next.RoundTrip(r)
			}
			var request map[string]any
			require.NoError(t, json.Unmarshal([]byte(bodyOf(t, r)), &request))
			old := func(item map[string]any) map[string]any { //nolint:unparam // it is used where there is a list
				item["id"], item["status"], item["createdAt"] = "txn_old", "completed", time.Now().Add(-30*24*time.Hour).UTC().Format(time.RFC3339)
				return item
			}
			if list, ok := request["transactions"].([]any); ok {
				for _, item := range list {
					old(item.(map[string]any))
				}
				request["id"], request["status"] = "bat_1", "processing"
			} else {
				old(request)
			}
			body, err := json.Marshal(request)
			require.NoError(t, err)
			return reply(http.StatusOK, string(body)), nil
		}
		totals, err := w.run(t)
		require.NoError(t, err)
		require.EqualValues(t, 2, totals.PaidEarlier.Count)
	})
}

// A process that ended with requests under way may have lost what it was about to record, also one of an engine's.
func TestStep_LooksForEarlierPaymentsAfterACrash(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, _ := newSteps(t, 5, payroll.Single, djamotest.WithRepeatedReferences())
		for _, p := range payoutsOf(t, w.plan)[1:] { // what the journal has lost
			w.other(t, p.Params())
		}
		lease, err := w.journal.Acquire(t.Context(), "dead", time.Second)
		require.NoError(t, err)
		require.NoError(t, w.journal.Plan(t.Context(), lease, w.plan))
		first, err := w.journal.Payouts(t.Context(), 0, 1)
		require.NoError(t, err)
		first[0].State, first[0].Attempts, first[0].SentAt = payroll.Submitting, 1, time.Now()
		require.NoError(t, w.journal.Advance(t.Context(), lease, payroll.Change{From: payroll.Planned, Payout: first[0]}))
		time.Sleep(time.Minute) //nolint:forbidigo // in a bubble
		w.steps(t)
		w.check(t)
	})
}

// A run that is told to stop before its plan is stored says why it ended, and not that there is no plan.
func TestRunner_Run_StoppedBeforeItsPlanIsStored(t *testing.T) {
	t.Parallel()
	inBothModes(t, 2, func(t *testing.T, w *world) {
		told := errors.New("the operator went home")
		ctx, cancel := context.WithCancelCause(t.Context())
		w.journal = stopsAtPlan{w.journal, func() { cancel(told) }}
		runner := w.runner
		runner.Client, runner.Journal = w.client(t), w.journal
		totals, err := runner.Run(ctx, w.plan)
		require.ErrorIs(t, err, told)
		require.NotErrorIs(t, err, payroll.ErrNoPlan)
		require.Zero(t, totals)
		require.Equal(t, 1, strings.Count(err.Error(), "operator"), err)
	})
}

// stopsAtPlan is a journal whose caller is told to stop while it stores the plan.
type stopsAtPlan struct {
	payroll.Journal

	stop func()
}

func (s stopsAtPlan) Plan(ctx context.Context, _ payroll.Lease, _ *payroll.Plan) error {
	s.stop()
	return ctx.Err()
}
