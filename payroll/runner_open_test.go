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

func TestRunner_Run_HearsOfOutcomes(t *testing.T) {
	t.Parallel()
	inBothModes(t, 3, func(t *testing.T, w *world) {
		updates := make(chan *djamo.Transaction)
		w.runner.Updates, w.runner.PollMin, w.runner.PollMax = updates, time.Hour, time.Hour
		w.runner.IdleTimeout = 24 * time.Hour
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			totals, err := w.run(t)                //nolint:testifylint // what fails here closes ended and fails the test
			require.NoError(t, err)                //nolint:testifylint // as above
			require.True(t, totals.AllCompleted()) //nolint:testifylint // as above
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
			select {
			case updates <- &late:
			case <-ended: // of its last news a run may be the sooner to end
			}
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
		posts := w.posts("/v1/transactions") + w.posts("/v1/transactions/batch")

		runner := w.runner
		runner.Journal = w.journal
		runner.Client, err = djamo.NewClient(w.api.Token, djamo.WithBaseURL("https://later.example"), djamo.WithHTTPClient(&http.Client{Transport: w.api.Transport()}))
		require.NoError(t, err)
		totals, err = runner.Reconcile(t.Context())
		require.NoError(t, err)
		require.True(t, totals.AllCompleted())
		require.Equal(t, posts, w.posts("/v1/transactions")+w.posts("/v1/transactions/batch"))
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
		"QuietPeriod": {Client: client, Journal: journal, SendTimeout: time.Minute, QuietPeriod: time.Minute},
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
		require.Equal(t, 1, w.posts("/v1/transactions/batch"))
		require.False(t, slices.ContainsFunc(w.api.Requests(), func(r djamotest.Request) bool { return strings.Contains(r.Query, "reference=") }))
	})
}
