package djamotest_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// TestServer_Close_LeavesNothingBehind closes a server in the middle of everything it can be busy with, and looks for its
// goroutines afterwards.
//
//nolint:paralleltest // what it finds must be its own
func TestServer_Close_LeavesNothingBehind(t *testing.T) {
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
	require.Eventually(t, func() bool { return len(srv.Requests()) == 9 }, 5*time.Second, time.Millisecond)

	require.NoError(t, srv.Close())
	for range 6 {
		got := <-answers
		// net/http sends a read again whose kept connection was closed, and may still find the listener open.
		require.True(t, got.err != nil || got.readErr != nil || got.status == http.StatusServiceUnavailable, "%+v", got)
	}
	require.Eventually(t, func() bool { return len(ownGoroutines()) == 0 }, 5*time.Second, time.Millisecond,
		"still running:\n%s", strings.Join(ownGoroutines(), "\n\n"))
	srv.AssertNotPaid(t, "late")
	srv.AssertBalanced(t)
}

// ownGoroutines are the stacks that run this package's code or a server's connection, tests and receivers aside.
func ownGoroutines() (stacks []string) {
	buf := make([]byte, 1<<20)
	for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		own := strings.Contains(stack, "djamotest.(*") || strings.Contains(stack, "net/http.(*conn).serve")
		if own && !strings.Contains(stack, "httptest") && !strings.Contains(stack, "djamotest_test.Test") {
			stacks = append(stacks, stack)
		}
	}
	return stacks
}
