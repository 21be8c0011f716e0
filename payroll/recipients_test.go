package payroll_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
)

const check = "GET /v1/transactions/customers/check"

func recipients(t *testing.T) (*djamotest.Server, *djamo.Client) {
	t.Helper()
	server := djamotest.NewServer(t, djamotest.WithSeed(1))
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL), djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 1}))
	require.NoError(t, err)
	return server, client
}

func threePayees() []payroll.Payout {
	return []payroll.Payout{
		{ID: 1, Line: 2, MSISDN: "+2250748710501", Amount: 5_000, Reference: "a"},
		{ID: 2, Line: 3, MSISDN: "+2250748710502", Amount: 6_000, Reference: "b"},
		{ID: 3, Line: 4, MSISDN: "+2250748710501", Amount: 7_000, Reference: "c"},
		{ID: 4, Line: 5, MSISDN: "+2250748710503", Amount: 8_000, Reference: "d"},
	}
}

func referencesOf(payouts []payroll.Payout) []string {
	list := []string{}
	for _, p := range payouts {
		list = append(list, p.Reference)
	}
	return list
}

func TestCheckRecipients(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		accounts         []string
		fault            []djamotest.Fault
		known            djamo.MSISDN
		asked            int
		without, unknown []string
		err              error
	}{
		"everybody has one":       {asked: 3, without: []string{}, unknown: []string{}},
		"somebody has none":       {accounts: []string{"+2250748710502"}, asked: 3, without: []string{"a", "c", "d"}, unknown: []string{}},
		"known":                   {accounts: []string{"+2250748710502"}, known: "+2250748710501", asked: 2, without: []string{"d"}, unknown: []string{}},
		"not found is no answer":  {fault: []djamotest.Fault{djamotest.FailBefore(http.StatusNotFound)}, without: []string{}, unknown: []string{"a", "b", "c", "d"}},
		"refused is no answer":    {fault: []djamotest.Fault{djamotest.FailBefore(http.StatusBadRequest)}, without: []string{}, unknown: []string{"a", "b", "c", "d"}},
		"lost is no answer":       {fault: []djamotest.Fault{djamotest.LoseReply()}, without: []string{}, unknown: []string{"a", "b", "c", "d"}},
		"a bad token ends it":     {fault: []djamotest.Fault{djamotest.FailBefore(http.StatusUnauthorized)}, err: djamo.ErrUnauthorized},
		"the firewall ends it":    {fault: []djamotest.Fault{djamotest.Blocked()}, err: djamo.ErrBlocked},
		"other words are unknown": {fault: []djamotest.Fault{djamotest.TruncateReply()}, without: []string{}, unknown: []string{"a", "b", "c", "d"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := recipients(t)
			if row.accounts != nil {
				require.NoError(t, server.AddCustomer(row.accounts...))
			}
			for _, fault := range row.fault {
				_, err := server.Inject(fault, djamotest.On(check))
				require.NoError(t, err)
			}
			var mu sync.Mutex
			answered := map[djamo.MSISDN]bool{}
			got, err := payroll.CheckRecipients(t.Context(), client, payroll.Rows(threePayees()...), payroll.RecipientOptions{
				PerSecond: 1_000, Known: func(m djamo.MSISDN) bool { return m == row.known },
				Answered: func(m djamo.MSISDN, has bool) {
					mu.Lock()
					defer mu.Unlock()
					answered[m] = has
				},
			})
			if row.err != nil {
				require.ErrorIs(t, err, row.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, 3, got.Payees)
			require.Equal(t, row.asked, got.Asked)
			require.Len(t, answered, row.asked)
			require.Equal(t, row.without, referencesOf(got.Without))
			require.Equal(t, row.unknown, referencesOf(got.Unknown))
			require.Equal(t, len(row.unknown) > 0, got.Err != nil)
		})
	}
}

// Against an API that is away only a few are asked about.
func TestCheckRecipients_GivesUp(t *testing.T) {
	t.Parallel()
	server, client := recipients(t)
	_, err := server.Inject(djamotest.FailBefore(http.StatusServiceUnavailable), djamotest.On(check))
	require.NoError(t, err)
	payouts := make([]payroll.Payout, 500)
	for i := range payouts {
		payouts[i] = payroll.Payout{ID: int64(i + 1), MSISDN: djamo.MSISDN("+22507487" + string(rune('0'+i/100)) + string(rune('0'+i/10%10)) + string(rune('0'+i%10)) + "00"), Amount: 5_000}
	}
	got, err := payroll.CheckRecipients(t.Context(), client, payroll.Rows(payouts...), payroll.RecipientOptions{PerSecond: 1_000, Concurrency: 1})
	require.NoError(t, err)
	require.Len(t, got.Unknown, 500)
	require.Less(t, len(server.Requests()), 30)
}

func TestCheckRecipients_BoundsItsRateAndStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api, err := djamotest.New(djamotest.WithSeed(1))
		require.NoError(t, err)
		defer api.Close()
		client, err := djamo.NewClient(api.Token, djamo.WithBaseURL("https://recipients.example"), djamo.WithHTTPClient(&http.Client{Transport: api.Transport()}))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		done := 0
		_, err = payroll.CheckRecipients(ctx, client, payroll.Rows(threePayees()...), payroll.RecipientOptions{
			PerSecond: 1, Progress: func(n, of int) { done = n; require.Equal(t, 3, of) },
		})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.LessOrEqual(t, done, 1, "a second must pass before the next")
	})
	_, client := recipients(t)
	_, err := payroll.CheckRecipients(t.Context(), client, payroll.Rows(), payroll.RecipientOptions{PerSecond: -1})
	require.Error(t, err)
	broken := errors.New("the source is gone")
	_, err = payroll.CheckRecipients(t.Context(), client, func(yield func(payroll.Payout, error) bool) { yield(payroll.Payout{}, broken) }, payroll.RecipientOptions{})
	require.ErrorIs(t, err, broken)
}

// What is rejected is never sent, and the account need not cover it.
func TestRunner_Reject(t *testing.T) {
	t.Parallel()
	inBothModes(t, 3, func(t *testing.T, w *world) {
		w.runner.Reject = map[string]string{"run/1": payroll.ReasonNoAccount, "nowhere": "x"}
		totals, err := w.run(t)
		require.NoError(t, err)
		require.EqualValues(t, 1, totals.Refused.Count)
		require.EqualValues(t, 2, totals.Completed.Count)
		rejected := w.states(t)["run/1"]
		require.Equal(t, payroll.Refused, rejected.State)
		require.Equal(t, payroll.ReasonNoAccount, rejected.Reason)
		require.Zero(t, rejected.Attempts)
		w.api.AssertNotPaid(t, "run/1")
	})
}
