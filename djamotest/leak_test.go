package djamotest_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/leaktest"
)

// Tests look for what they leave by themselves (newServer and newAPI do); this finds the rest.
func TestMain(m *testing.M) { os.Exit(leaktest.Main(m)) }

// A webhook's connection is kept for the next one; after Close it is gone, not on its way out.
func TestServer_Close_ClosesWebhookConnections(t *testing.T) {
	t.Parallel()
	srv, c := newServer(t)
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer receiver.Close()
	c.listen(receiver.URL, "transactions/started")
	c.pay(awa, 5000, "ref-1")
	require.Equal(t, 1, srv.DeliverNow())
	require.Equal(t, 1, djamotest.WebhookConnections(srv))
	require.NoError(t, srv.Close())
	require.Zero(t, djamotest.WebhookConnections(srv))
}

// A server that cannot end says why, instead of hanging until the test binary is killed.
func TestNewServer_TellsWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	leaktest.Check(t)
	hold, held := make(chan struct{}), make(chan struct{}, 2)
	stubborn := tripper(func(*http.Request) (*http.Response, error) {
		held <- struct{}{}
		<-hold
		return nil, http.ErrServerClosed
	})
	s := &spy{TB: t, keep: true}
	srv := djamotest.NewServer(s, djamotest.WithWebhookTransport(stubborn), djamotest.WithFee(func(amount int64) int64 {
		if amount == 1 {
			held <- struct{}{}
			<-hold
		}
		return 0
	}), djamotest.CloseWithin(10*time.Millisecond))
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	c := &caller{t: t, api: srv.API, url: srv.URL, do: transport.RoundTrip}
	c.listen("http://receiver.test", "transactions/started")
	c.pay(awa, 5000, "ref-1")
	answered := make(chan outcome)
	go func() { answered <- c.exchange(c.request("POST", "/v1/transactions", transferTo(awa, 1, "ref-2"))) }()
	<-held
	<-held
	s.end()
	require.Len(t, s.failures, 1)
	require.Contains(t, s.failures[0], "djamotest: the server has not ended 10ms after Close: ")
	require.Contains(t, s.failures[0], "1 requests being answered, 1 webhooks being sent, 0 webhook connections open")
	close(hold)
	require.Error(t, (<-answered).err)
	require.NoError(t, srv.Close())
}

// TestServer_Close_LeavesNothingBehind closes a server in the middle of everything it can be busy with.
func TestServer_Close_LeavesNothingBehind(t *testing.T) {
	t.Parallel()
	leaktest.Check(t)
	hold := make(chan struct{})
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hold }))
	defer receiver.Close()
	defer close(hold)
	srv, err := djamotest.Start()
	require.NoError(t, err)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	overTCP := &caller{t: t, api: srv.API, url: srv.URL, do: transport.RoundTrip}
	inProcess := overTransport(t, srv.API)

	overTCP.listen(receiver.URL, "transactions/started") // a webhook that is never answered
	overTCP.pay(awa, 5000, "webhook")
	_, err = srv.Inject(djamotest.Stall(0), djamotest.On("/v1/balance"))
	require.NoError(t, err)
	_, err = srv.Inject(djamotest.ProcessLate(time.Hour), djamotest.On("POST /v1/transactions"))
	require.NoError(t, err)
	_, err = srv.Inject(djamotest.SlowBody(time.Hour), djamotest.On("/v1/charges"))
	require.NoError(t, err)
	answers := make(chan outcome)
	for _, c := range []*caller{overTCP, inProcess} {
		go func() { answers <- c.exchange(c.request("GET", "/v1/balance", nil)) }()
		go func() { answers <- c.exchange(c.request("POST", "/v1/transactions", transferTo(awa, 5000, "late"))) }()
		go func() { answers <- c.exchange(c.request("GET", "/v1/charges", nil)) }()
	}
	unread, err := inProcess.do(inProcess.request("GET", "/v1/transactions", nil)) // an answer nobody reads
	require.NoError(t, err)
	defer unread.Body.Close()
	require.Eventually(t, func() bool { return len(srv.Requests()) == 9 }, 5*time.Minute, time.Millisecond)

	require.NoError(t, srv.Close())
	for range 6 {
		got := <-answers
		// net/http sends a read again whose kept connection was closed, and may still find the listener open.
		require.True(t, got.err != nil || got.readErr != nil || got.status == http.StatusServiceUnavailable, "%+v", got)
	}
	srv.AssertNotPaid(t, "late")
	srv.AssertBalanced(t)
}
