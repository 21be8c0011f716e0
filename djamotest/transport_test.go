package djamotest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptrace"
	"syscall"
	"testing"
	"testing/synctest"
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
	}, 5*time.Minute, time.Millisecond)
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

func TestTransport_IsLikeAConnection(t *testing.T) {
	t.Parallel()
	srv, tcp := newServer(t)
	for name, c := range map[string]*caller{"over TCP": tcp, "in process": overTransport(t, srv.API)} {
		r := c.request("POST", "/v1/transactions", transferTo(awa, 5000, name))
		r.Body, r.ContentLength = io.NopCloser(io.MultiReader(r.Body)), 0 // of unknown length
		require.Equal(t, 201, c.exchange(r).status, name)

		r = c.request("GET", "/v1/balance", nil)
		r.Header["authorization"] = r.Header["Authorization"]
		delete(r.Header, "Authorization")
		require.Equal(t, 200, c.exchange(r).status, name)

		head := c.exchange(c.request("HEAD", "/v1/balance", nil))
		require.Equal(t, []any{200, ""}, []any{head.status, head.body}, name)
	}
}

func TestTransport_EndsWhatItsCallerAbandons(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // a bubble does not end before its goroutines
		api, err := djamotest.New()
		require.NoError(t, err)
		c := overTransport(t, api)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r := c.request("POST", "/v1/transactions", nil).WithContext(ctx)
		body, never := io.Pipe()
		defer never.Close()
		r.Body, r.ContentLength = body, 100
		_, err = c.do(r) //nolint:bodyclose // there is no answer
		require.ErrorIs(t, err, context.DeadlineExceeded)

		ctx, abandon := context.WithCancel(t.Context())
		resp, err := c.do(c.request("GET", "/v1/balance", nil).WithContext(ctx)) //nolint:bodyclose // the point of it
		require.NoError(t, err)
		abandon()
		synctest.Wait()
		_, err = io.ReadAll(resp.Body)
		require.ErrorIs(t, err, context.Canceled)
		require.NoError(t, api.Close())
	})
}

// What a request leaves out is filled in as net/http does.
func TestTransport_FillsInWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	srv, tcp := newServer(t)
	for name, c := range map[string]*caller{"over TCP": tcp, "in process": overTransport(t, srv.API)} {
		r := c.request("GET", "/v1/balance", nil)
		r.Method = ""
		require.Equal(t, 200, c.exchange(r).status, name)
		require.Equal(t, "GET", srv.Requests()[len(srv.Requests())-1].Method, name)

		r = c.request("GET", "", nil)
		require.Equal(t, []string{"Cannot GET /"}, messages(t, decode(t, []byte(c.exchange(r).body)).(object)), name)

		r = c.request("GET", "/v1/balance", nil)
		r.URL = nil
		require.ErrorContains(t, c.exchange(r).err, "URL", name)
	}
}
