package clienttest

import (
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// IdleCounter is a RoundTripper that notices when somebody closes its idle connections.
type IdleCounter struct {
	http.RoundTripper

	Closed atomic.Int32
}

// CloseIdleConnections counts the call.
func (c *IdleCounter) CloseIdleConnections() { c.Closed.Add(1) }

// RoundTripper is a caller's own: middleware, or a double in a test.
type RoundTripper func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f RoundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// Through builds a client that sends each request through f and makes one attempt.
func Through(t *testing.T, f RoundTripper, opts ...djamo.Option) *djamo.Client {
	t.Helper()
	client, err := djamo.NewClient("at_secret_token", append([]djamo.Option{
		djamo.WithBaseURL(BaseURL), djamo.WithHTTPClient(&http.Client{Transport: f}), djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 1}),
	}, opts...)...)
	require.NoError(t, err)
	return client
}

// BaseURL is where [Mocked] and [Through] clients send to. It has a path, so that an absolute path fails loudly.
const BaseURL = "https://gateway.example/djamo"

// Mocked builds a client whose every request ends in answer.
func Mocked(t *testing.T, answer httpmock.Responder, opts ...djamo.Option) *djamo.Client {
	t.Helper()
	transport := httpmock.NewMockTransport()
	transport.RegisterNoResponder(answer)
	client, err := djamo.NewClient("at_secret_token", append([]djamo.Option{
		djamo.WithBaseURL(BaseURL), djamo.WithCompanyID("company-1"), djamo.WithHTTPClient(&http.Client{Transport: transport}),
		djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 1, MinWait: 1, MaxWait: 1, MaxRetryAfter: 1, QuietPeriod: 1}), // real time, as little as can be
	}, opts...)...)
	require.NoError(t, err)
	return client
}
