package djamo_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/stretchr/testify/require"
)

// templates are all that a RoundTripper may be told: a new one is added here by hand.
var templates = []string{
	"/v1/transactions", "/v1/transactions/{id}", "/v1/transactions/batch", "/v1/transactions/customers/check", "/v1/balance",
	"/v1/sub-companies", "/v1/sub-companies/{id}", "/v1/charges", "/v1/charges/{id}", "/v1/charges/{id}/refund", "/v1/charges/{id}/pay",
	"/v1/webhooks", "/v1/webhooks/{id}",
}

func TestAttemptFromContext_NamesEveryCallWithoutItsIDs(t *testing.T) {
	t.Parallel()
	told := map[string]bool{}
	client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
		attempt, ok := djamo.AttemptFromContext(req.Context())
		require.True(t, ok)
		require.Positive(t, attempt.Number)
		told[attempt.PathTemplate] = true
		return nil, errors.New("enough was seen")
	})
	for _, row := range clienttest.Endpoints(t) {
		_, err := row.Call(t.Context(), client)
		require.Error(t, err, row.Name)
	}
	for template := range told {
		require.Contains(t, templates, template)
	}
	require.Len(t, told, len(templates))
}

func TestAttemptFromContext_DoHasNoTemplate(t *testing.T) {
	t.Parallel()
	var seen []djamo.Attempt
	client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
		attempt, ok := djamo.AttemptFromContext(req.Context())
		require.True(t, ok)
		seen = append(seen, attempt)
		return nil, errors.New("enough was seen")
	})
	require.Error(t, client.Do(t.Context(), http.MethodGet, "/v1/customers/+2250748710523?a=b", nil, nil))
	require.Equal(t, []djamo.Attempt{{Number: 1}}, seen)
}

func TestAttemptFromContext_OfAnotherRequest(t *testing.T) {
	t.Parallel()
	attempt, ok := djamo.AttemptFromContext(t.Context())
	require.False(t, ok)
	require.Zero(t, attempt)
}

// A payment that is sent again after a look-up is the same payment, and the look-ups are calls of their own.
func TestAttemptFromContext_CountsAcrossASettlement(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api, err := djamotest.New(djamotest.WithSeed(1))
		require.NoError(t, err)
		defer api.Close()
		for _, fault := range []djamotest.Fault{djamotest.RateLimitFor(time.Second), djamotest.CloseConnection()} {
			_, err := api.Inject(fault, djamotest.OneShot(), djamotest.On("POST"))
			require.NoError(t, err)
		}
		posts, gets := []int{}, []int{}
		client, err := djamo.NewClient(api.Token, djamo.WithBaseURL("https://api.example"), djamo.WithHTTPClient(&http.Client{Transport: clienttest.RoundTripper(
			func(req *http.Request) (*http.Response, error) {
				attempt, _ := djamo.AttemptFromContext(req.Context())
				if req.Method == http.MethodPost {
					posts = append(posts, attempt.Number)
				} else {
					gets = append(gets, attempt.Number)
				}
				return api.Transport().RoundTrip(req)
			})}))
		require.NoError(t, err)
		require.NoError(t, clienttest.Create(t.Context(), client))
		require.Equal(t, []int{1, 2, 3}, posts)
		require.Equal(t, []int{1, 1}, gets)
	})
}

// wrapper hands requests on as they are, and says so.
type wrapper struct{ next http.RoundTripper }

func (w wrapper) RoundTrip(req *http.Request) (*http.Response, error) { return w.next.RoundTrip(req) }
func (w wrapper) SendsThrough() http.RoundTripper                     { return w.next }

// What vouches for handing requests to net/http's Transport is believed like that Transport, body or not; what vouches for
// anything else is no more believed than that.
func TestSendsThrough_IsBelievedOfNetHTTPOnly(t *testing.T) {
	t.Parallel()
	refused := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	}}
	tail := &wrapper{}
	tail.next = tail // a chain without an end
	rows := map[string]struct {
		base  http.RoundTripper
		known bool
	}{
		"net/http":            {refused, true},
		"around it":           {wrapper{refused}, true},
		"twice around it":     {wrapper{wrapper{refused}}, true},
		"around something":    {wrapper{clienttest.RoundTripper(refused.RoundTrip)}, false},
		"something around it": {clienttest.RoundTripper(wrapper{refused}.RoundTrip), false},
		"around nothing":      {silent{wrapper{nil}, refused}, false},
		"around itself":       {silent{*tail, refused}, false},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := djamo.NewClient("at_x", djamo.WithBaseURL(clienttest.BaseURL), djamo.WithHTTPClient(&http.Client{Transport: row.base}),
				djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 3, MinWait: time.Millisecond, MaxWait: time.Millisecond}))
			require.NoError(t, err)
			err = client.Do(t.Context(), http.MethodPost, "/v1/x", nil, nil)
			require.ErrorContains(t, err, "connection refused")
			require.Equal(t, row.known, !errors.Is(err, djamo.ErrOutcomeUnknown), "%v", err)
		})
	}
}

// silent vouches as a wrapper does and sends through another RoundTripper.
type silent struct {
	wrapper

	real http.RoundTripper
}

func (s silent) RoundTrip(req *http.Request) (*http.Response, error) { return s.real.RoundTrip(req) }
