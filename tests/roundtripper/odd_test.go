package roundtripper_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/stretchr/testify/require"
)

// A double in a caller's test leaves out the body, or the whole response: net/http copes with both, and so must we.
func TestCallersRoundTripper_WithoutBodyOrResponse(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		answer func() *http.Response
		want   error // of a write
	}{
		"no body":          {func() *http.Response { return &http.Response{StatusCode: http.StatusOK} }, djamo.ErrOutcomeUnknown},
		"no body, refused": {func() *http.Response { return &http.Response{StatusCode: http.StatusNotFound} }, djamo.ErrNotFound},
		"no body, trouble": {func() *http.Response { return &http.Response{StatusCode: http.StatusBadGateway} }, djamo.ErrOutcomeUnknown},
		"no response":      {func() *http.Response { return nil }, djamo.ErrOutcomeUnknown},
	} {
		client := clienttest.Through(t, func(*http.Request) (*http.Response, error) { return row.answer(), nil })
		require.NotPanics(t, func() {
			_, err := client.Charges.Refund(t.Context(), "ch_1")
			require.ErrorIs(t, err, row.want, name)
			_, err = client.Transactions.Get(t.Context(), "txn_1")
			require.Error(t, err, name)
		}, name)
	}
}

// The Timeout of the caller's own client ends an attempt too, and what it cut off is settled like any lost answer.
func TestCallersTimeout_EndsAnAttemptAndIsSettled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := clienttest.NewScriptedAPI(t, []clienttest.Fault{clienttest.StalledAfter}, []clienttest.Fault{clienttest.StalledAfter})
		client := api.Client() // serves; its transport is borrowed below
		transport := &http.Transport{DisableKeepAlives: true, DialContext: api.Dial}
		t.Cleanup(transport.CloseIdleConnections)
		client, err := client.Clone(djamo.WithHTTPClient(&http.Client{Timeout: 3 * time.Second, Transport: api.DialFaults(transport)}))
		require.NoError(t, err)
		start := time.Now()
		require.NoError(t, clienttest.Create(t.Context(), client))
		require.Equal(t, "POST GET GET", api.Sequence())
		require.GreaterOrEqual(t, time.Since(start), 6*time.Second, "the POST and the first look-up ran into it")
		require.Less(t, time.Since(start), 10*time.Second, "and not into the client's own limit of 30 s")
		require.Len(t, api.Paid, 1)
	})
}

// The Timeout of the caller's own client is for requests, not for the pause that the API has asked for before the next one.
func TestCallersTimeout_DoesNotRunWhileTheAPIAsksForAPause(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		call          clienttest.Call
		writes, reads []clienttest.Fault
		want          string
	}{
		"read": {func(ctx context.Context, c *djamo.Client) error {
			return clienttest.Second(c.Transactions.Get(ctx, "txn_1"))
		}, nil, []clienttest.Fault{clienttest.LimitedSeconds}, "GET GET"},
		"payment": {clienttest.Create, []clienttest.Fault{clienttest.LimitedSeconds}, nil, "POST POST"},
		"refund": {func(ctx context.Context, c *djamo.Client) error {
			return clienttest.Second(c.Charges.Refund(ctx, "ch_1"))
		}, []clienttest.Fault{clienttest.LimitedSeconds}, nil, "POST POST"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := clienttest.NewScriptedAPI(t, row.writes, row.reads)
				client := api.Client() // serves; its transport is borrowed below
				transport := &http.Transport{DisableKeepAlives: true, DialContext: api.Dial}
				t.Cleanup(transport.CloseIdleConnections)
				client, err := client.Clone(djamo.WithHTTPClient(&http.Client{Timeout: 3 * time.Second, Transport: api.DialFaults(transport)}))
				require.NoError(t, err)
				start := time.Now()
				require.NoError(t, row.call(t.Context(), client))
				require.Equal(t, row.want, api.Sequence())
				require.GreaterOrEqual(t, time.Since(start), 7*time.Second)
				require.Less(t, time.Since(start), 9*time.Second)
			})
		})
	}
}

// net/http leaves a goroutine and a timer behind for each answer whose body is not closed. The bubble notices both.
func TestCallersTimeout_LeavesNothingBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, answer := range []int{http.StatusOK, http.StatusNoContent, http.StatusBadRequest, http.StatusInternalServerError, http.StatusTemporaryRedirect} {
			client, err := djamo.NewClient("at_x", djamo.WithBaseURL(clienttest.BaseURL), djamo.WithHTTPClient(&http.Client{Timeout: time.Hour, Transport: clienttest.RoundTripper(
				func(req *http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: answer, Body: http.NoBody, Request: req, Header: http.Header{}}, nil
				})}))
			require.NoError(t, err)
			start := time.Now()
			_, err = client.Balance.Get(t.Context())
			require.Error(t, err)
			_, err = client.Charges.Refund(t.Context(), "ch_1")
			require.Error(t, err)
			require.Less(t, time.Since(start), time.Minute)
		}
	})
}
