package payroll_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
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

// requests counts the requests of a method to a path.
func (w *world) requests(method, path string) int {
	n := 0
	for _, r := range w.api.Requests() {
		if r.Method == method && r.Path == path {
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
		require.ErrorIs(t, err, payroll.ErrShort)
		require.ErrorContains(t, err, "45000")
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

func TestRunner_Run_HearsOfOutcomes(t *testing.T) {
	t.Parallel()
	inBothModes(t, 3, func(t *testing.T, w *world) {
		updates := make(chan *djamo.Transaction)
		w.runner.Updates, w.runner.PollMin, w.runner.PollMax = updates, time.Hour, time.Hour
		w.runner.Patience = 24 * time.Hour
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			totals, err := w.run(t)
			require.NoError(t, err)
			require.True(t, totals.AllCompleted())
		}()
		synctest.Wait()
		before := len(w.api.Requests())
		updates <- nil
		updates <- &djamo.Transaction{ID: "txn_x", Reference: "of another run", Status: djamo.TransactionCompleted}
		for _, tx := range w.api.Transactions() {
			news := djamo.Transaction{ID: tx.ID, Reference: tx.Reference, Amount: djamo.XOF(tx.Amount), MSISDN: djamo.MSISDN(tx.MSISDN), Status: djamo.TransactionCompleted}
			late := news
			late.Status = djamo.TransactionPending
			updates <- &news
			updates <- &late
		}
		close(updates)
		w.api.SettleAll()
		<-ended
		require.Len(t, w.api.Requests(), before, "nothing had to be asked")
		w.check(t)
	}, djamotest.WithManualSettlement())
}

func TestRunner_Reconcile_SendsNothing(t *testing.T) {
	t.Parallel()
	inBothModes(t, 6, func(t *testing.T, w *world) {
		totals, err := w.run(t)
		require.NoError(t, err)
		require.Equal(t, int64(6), totals.Accepted.Count)
		require.Equal(t, int64(6), totals.Open.Count, "patience has an end")
		w.api.SettleAll()
		posts := w.requests(http.MethodPost, "/v1/transactions") + w.requests(http.MethodPost, "/v1/transactions/batch")

		runner := w.runner
		runner.Journal = w.journal
		runner.Client, err = djamo.NewClient(w.api.Token, djamo.WithBaseURL("https://later.example"), djamo.WithHTTPClient(&http.Client{Transport: w.api.Transport()}))
		require.NoError(t, err)
		totals, err = runner.Reconcile(t.Context())
		require.NoError(t, err)
		require.True(t, totals.AllCompleted())
		require.Equal(t, posts, w.requests(http.MethodPost, "/v1/transactions")+w.requests(http.MethodPost, "/v1/transactions/batch"))
		w.check(t)
	}, djamotest.WithManualSettlement())
}

func TestRunner_Run_RefusesAnotherPlan(t *testing.T) {
	t.Parallel()
	inBothModes(t, 2, func(t *testing.T, w *world) {
		_, err := w.run(t)
		require.NoError(t, err)
		w.plan, err = payroll.NewPlan(payroll.Rows(payroll.Payout{MSISDN: "+2250748700009", Amount: 5_000, Reference: "x"}), payroll.PlanOptions{Run: "another"})
		require.NoError(t, err)
		_, err = w.run(t)
		require.ErrorIs(t, err, payroll.ErrPlanDiffers)
		w.api.AssertNotPaid(t, "x")
	})
}

func TestRunner_Resume_NeedsAPlan(t *testing.T) {
	t.Parallel()
	inBothModes(t, 1, func(t *testing.T, w *world) {
		client, err := djamo.NewClient(w.api.Token, djamo.WithBaseURL("https://empty.example"), djamo.WithHTTPClient(&http.Client{Transport: w.api.Transport()}))
		require.NoError(t, err)
		_, err = (&payroll.Runner{Client: client, Journal: w.journal}).Resume(t.Context())
		require.ErrorIs(t, err, payroll.ErrNoPlan)
	})
}

func TestRunner_Settings(t *testing.T) {
	t.Parallel()
	client, err := djamo.NewClient("at_x", djamo.WithBaseURL("https://settings.example"))
	require.NoError(t, err)
	journal := journaltest.NewMemory()
	for want, runner := range map[string]payroll.Runner{
		"Client":      {Journal: journal},
		"Journal":     {Client: client},
		"Mode":        {Client: client, Journal: journal, Mode: "fast"},
		"BatchSize":   {Client: client, Journal: journal, BatchSize: -1},
		"Concurrency": {Client: client, Journal: journal, Concurrency: -1},
		"times":       {Client: client, Journal: journal, Lease: -1},
		"Quiet":       {Client: client, Journal: journal, SendTimeout: time.Minute, Quiet: time.Minute},
	} {
		_, err := runner.Resume(t.Context())
		require.ErrorContains(t, err, want)
	}
}

// failingJournal fails its nth write, before or after it is made.
type failingJournal struct {
	payroll.Journal

	left  int
	after bool
}

var errDisk = errors.New("no space left on device")

func (j *failingJournal) Advance(ctx context.Context, lease payroll.Lease, changes ...payroll.Change) error {
	j.left--
	if j.left < 0 && !j.after {
		return errDisk
	}
	err := j.Journal.Advance(ctx, lease, changes...)
	if j.left < 0 {
		return errDisk
	}
	return err
}

func TestRunner_Run_NothingIsSentThatIsNotRecorded(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		inBothModes(t, 7, func(t *testing.T, w *world) {
			w.runner.Concurrency = 1
			memory := w.journal
			for writes := 0; ; writes++ {
				w.journal = &failingJournal{Journal: memory, left: writes, after: after}
				_, err := w.run(t)
				if err == nil {
					require.Greater(t, writes, 2)
					break
				}
				require.ErrorIs(t, err, errDisk)
				states := w.states(t)
				for _, tx := range w.api.Transactions() {
					require.NotEqual(t, payroll.Planned, states[tx.Reference].State, "%s was sent and the journal does not know", tx.Reference)
				}
			}
			w.journal = memory
			w.check(t)
		})
	}
}

func TestRunner_Run_LogsNoPhoneNumber(t *testing.T) {
	t.Parallel()
	inBothModes(t, 12, func(t *testing.T, w *world) {
		var log bytes.Buffer
		w.runner.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		unkind(t, w.api, 0.6)
		_, err := w.api.Inject(djamotest.RateLimit(), djamotest.On(http.MethodPost), djamotest.Times(3))
		require.NoError(t, err)
		_, err = w.live(t, &process{dieAt: 60})
		require.Error(t, err)
		w.api.ClearFaults()
		_, err = w.run(t)
		require.NoError(t, err)
		require.NotEmpty(t, log.String())
		require.NotContains(t, log.String(), "0748700")
		require.NotContains(t, log.String(), w.api.Token)
		for _, p := range w.states(t) {
			require.NotContains(t, p.Reason, "0748700")
		}
	})
}

// An API in trouble is left alone until what was sent to it is settled: most payouts stay provably unsent.
func TestRunner_Run_BrakesWhenAnswersAreLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 200, quick(payroll.Single))
		defer w.api.Close()
		trouble, err := w.api.Inject(djamotest.FailBefore(http.StatusInternalServerError), djamotest.On("POST /v1/transactions"))
		require.NoError(t, err)
		totals, err := w.run(t)
		require.NoError(t, err)
		require.Equal(t, int64(200), totals.Open.Count+totals.Unknown.Count)
		require.Less(t, trouble.Fired(), 3*60*4, "a few each time, for as long as its patience lasts")
		require.Greater(t, totals.Unsent.Count, int64(180))
		w.api.ClearFaults()
		_, err = w.run(t)
		require.NoError(t, err)
		w.check(t)
	})
}

// What the API does not know is settled as not sent, without sending it.
func TestRunner_Reconcile_SettlesWhatNeverArrived(t *testing.T) {
	t.Parallel()
	inBothModes(t, 5, func(t *testing.T, w *world) {
		_, err := w.api.Inject(djamotest.CloseConnection(), djamotest.On(http.MethodPost))
		require.NoError(t, err)
		_, err = w.live(t, &process{dieAt: 30})
		require.Error(t, err)
		runner := w.runner
		runner.Journal = w.journal
		runner.Client, err = djamo.NewClient(w.api.Token, djamo.WithBaseURL("https://later.example"), djamo.WithHTTPClient(&http.Client{Transport: w.api.Transport()}))
		require.NoError(t, err)
		totals, err := runner.Reconcile(t.Context())
		require.NoError(t, err)
		require.Equal(t, int64(5), totals.Unsent.Count)
		require.Empty(t, w.api.Transactions())
		w.api.ClearFaults()
		_, err = w.run(t)
		require.NoError(t, err)
		w.check(t)
	})
}

// A batch whose answer got lost is found again on a page of the listing, without one look-up for each payout.
func TestRunner_Run_FindsALostBatchByPage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 30, quick(payroll.Batch))
		defer w.api.Close()
		w.runner.BatchSize = 30
		_, err := w.api.Inject(djamotest.LoseReply(), djamotest.On("POST /v1/transactions/batch"), djamotest.OneShot())
		require.NoError(t, err)
		_, err = w.run(t)
		require.NoError(t, err)
		w.check(t)
		require.Equal(t, 1, w.requests(http.MethodPost, "/v1/transactions/batch"))
		require.False(t, slices.ContainsFunc(w.api.Requests(), func(r djamotest.Request) bool { return strings.Contains(r.Query, "reference=") }))
	})
}
