package djamotest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptrace"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

func TestTransport_RefusesConnections(t *testing.T) {
	t.Parallel()
	api, _ := newAPI(t)
	c := overTransport(t, api)
	_, err := api.Inject(djamotest.AnyOf(djamotest.RefuseConnection()), djamotest.OneShot(), djamotest.On("POST"))
	require.NoError(t, err)
	var steps []string
	trace := &httptrace.ClientTrace{
		GetConn:              func(string) { steps = append(steps, "get") },
		ConnectDone:          func(_, _ string, err error) { steps = append(steps, fmt.Sprint("connect ", err != nil)) },
		GotConn:              func(httptrace.GotConnInfo) { steps = append(steps, "got") },
		WroteRequest:         func(httptrace.WroteRequestInfo) { steps = append(steps, "wrote") },
		GotFirstResponseByte: func() { steps = append(steps, "answer") },
	}
	send := func() outcome {
		r := c.request("POST", "/v1/transactions", transferTo(awa, 5000, "r"))
		return c.exchange(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
	}
	require.ErrorIs(t, send().err, syscall.ECONNREFUSED)
	require.Equal(t, []string{"get", "connect true"}, steps)
	require.Empty(t, api.Requests())
	steps = nil
	require.Equal(t, 201, send().status)
	require.Equal(t, []string{"get", "got", "wrote", "answer"}, steps)
}

func TestServer_RefuseAndResume(t *testing.T) {
	t.Parallel()
	srv, c := newServer(t)
	c.pay(awa, 5000, "before") // leaves an idle connection behind
	require.NoError(t, srv.Refuse())
	require.Eventually(t, func() bool { // the client's side notices the closed idle connection a moment later
		return errors.Is(c.exchange(c.request("GET", "/v1/balance", nil)).err, syscall.ECONNREFUSED)
	}, 5*time.Second, time.Millisecond)
	require.NoError(t, srv.Resume())
	c.pay(awa, 5000, "after")
	require.NoError(t, srv.Refuse())

	s := &spy{TB: t}
	require.NoError(t, djamotest.Bind(s, srv))
	require.ErrorContains(t, srv.Refuse(), "call Resume first")
	require.NoError(t, srv.Resume())
	require.ErrorContains(t, srv.Resume(), "call Refuse first")
	require.Equal(t, []string{"transport_test.go", "transport_test.go"}, s.places)
}

func TestTransport_BehavesLikeNetHTTP(t *testing.T) {
	t.Parallel()
	api, _ := newAPI(t)
	c := overTransport(t, api)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, c.exchange(c.request("GET", "/v1/balance", nil).WithContext(ctx)).err, context.Canceled)
	require.Empty(t, api.Requests())

	r := c.request("GET", "/v1/balance", nil)
	header := r.Header.Clone()
	resp, err := c.do(r)
	require.NoError(t, err)
	require.Equal(t, header, r.Header, "a round tripper must not touch the request")
	require.Same(t, r, resp.Request)
	raw, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, int64(len(raw)), resp.ContentLength)

	require.NoError(t, api.Close())
	require.Equal(t, 503, c.exchange(c.request("GET", "/v1/balance", nil)).status)
}
