package roundtripper_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/stretchr/testify/require"
)

// body is a response's body that can fail, and that remembers whether it was closed.
type body struct {
	io.Reader

	closed   atomic.Bool
	closeErr error
}

func (b *body) Close() error { b.closed.Store(true); return b.closeErr }

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("connection torn") }

func TestCallersRoundTripper_AnyAnswerIsClosed(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status  int
		content io.Reader
		close   error
		read    error // of a read; nil: success
		unknown bool  // of a write
	}{
		"success":            {200, strings.NewReader(`{"id":"txn_1"}`), nil, nil, false},
		"closing fails":      {200, strings.NewReader(`{"id":"txn_1"}`), errors.New("close"), nil, false},
		"not JSON":           {200, strings.NewReader(`<html>`), nil, djamo.ErrUnexpectedAnswer, true},
		"torn":               {200, io.MultiReader(strings.NewReader(`{"id":`), brokenReader{}), nil, clienttest.ErrNoAnswer, true},
		"torn after all":     {200, io.MultiReader(strings.NewReader(`{"id":"txn_1"}`), brokenReader{}), nil, clienttest.ErrNoAnswer, true},
		"too large":          {200, strings.NewReader(strings.Repeat(" ", 2000) + `{"id":"txn_1"}`), nil, djamo.ErrUnexpectedAnswer, true},
		"refused":            {400, strings.NewReader(`{"message":"no"}`), nil, djamo.ErrInvalidRequest, false},
		"refused, torn":      {400, io.MultiReader(strings.NewReader(`{"message":`), brokenReader{}), nil, djamo.ErrInvalidRequest, false},
		"refused, too large": {422, strings.NewReader(strings.Repeat("x", 5000)), nil, djamo.ErrUnprocessable, false},
		"server error, torn": {500, brokenReader{}, nil, djamo.ErrServer, true},
		"redirected":         {307, strings.NewReader(`moved`), nil, clienttest.Status(307), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := io.ReadAll(row.content)
			for _, write := range []bool{false, true} {
				if write {
					raw = bytes.ReplaceAll(raw, []byte("txn_1"), []byte("ch_1"))
				}
				content := &body{Reader: bytes.NewReader(raw), closeErr: row.close}
				if err != nil {
					content.Reader = io.MultiReader(content.Reader, brokenReader{})
				}
				client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: row.status, Body: content, Request: req}, nil // no headers at all
				}, djamo.WithMaxResponseBytes(1000))
				var got error
				if write {
					_, got = client.Charges.Refund(t.Context(), "ch_1")
					require.Equal(t, row.unknown, errors.Is(got, djamo.ErrOutcomeUnknown), "%v", got)
				} else {
					_, got = client.Transactions.Get(t.Context(), "txn_1")
				}
				require.True(t, content.closed.Load(), "the body is closed")
				if unknown, ok := errors.AsType[*djamo.OutcomeUnknownError](got); ok {
					got = unknown.Err
				}
				switch want := row.read.(type) { //nolint:errorlint // the row's own value, never wrapped
				case nil:
					require.NoError(t, got)
				case clienttest.Status:
					require.Equal(t, int(want), clienttest.AnswerOf(got).StatusCode)
				case clienttest.NoAnswer:
					require.ErrorContains(t, got, "connection torn")
				default:
					require.ErrorIs(t, got, want)
				}
			}
		})
	}
}

// Every path reads its answer to the end, so that all of them share one connection.
func TestClient_KeepsItsConnection(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	answers := []struct {
		status int
		body   string
	}{
		{200, `{"balance":1}`}, {400, `{"message":"no"}`}, {403, "<html>" + strings.Repeat("blocked ", 1000)}, {404, ""}, {409, `{`},
		{500, strings.Repeat("x", 20_000)}, {200, `<html>`}, {200, `{"balance":"1"}`}, {200, ""}, {204, ""}, {200, `{"balance":1}`},
	}
	n := 0
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(answers[n%len(answers)].status)
		_, _ = io.WriteString(w, answers[n%len(answers)].body)
		n++
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	client, err := djamo.NewClient("at_x", djamo.WithBaseURL(server.URL), djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 1}))
	require.NoError(t, err)
	for range answers {
		_, _ = client.Balance.Get(t.Context())
	}
	for range answers {
		_, _ = client.Charges.Refund(t.Context(), "ch_1")
	}
	require.Equal(t, 2*len(answers), n)
	require.EqualValues(t, 1, connections.Load())
}

func TestCallersCheckRedirect_IsAskedLast(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/balance" {
			http.Redirect(w, r, "/moved", http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, `{"balance":9}`)
	}))
	t.Cleanup(server.Close)
	get := func(rule func(*http.Request, []*http.Request) error) error {
		client, err := djamo.NewClient("at_x", djamo.WithBaseURL(server.URL), djamo.WithHTTPClient(&http.Client{CheckRedirect: rule}), djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 1}))
		require.NoError(t, err)
		_, err = client.Balance.Get(t.Context())
		return err
	}
	asked := 0
	require.NoError(t, get(func(*http.Request, []*http.Request) error { asked++; return nil }))
	require.Equal(t, 1, asked)
	require.ErrorContains(t, get(func(*http.Request, []*http.Request) error { return errors.New("not with me") }), "not with me")
	err := get(func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse })
	require.Equal(t, http.StatusFound, clienttest.AnswerOf(err).StatusCode)
}

// go-retryablehttp closes the idle connections of its client when a wait is cancelled; they are not ours to close.
func TestCallersIdleConnections_SurviveACancelledWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		counter := &clienttest.IdleCounter{RoundTripper: clienttest.RoundTripper(func(*http.Request) (*http.Response, error) { return nil, errors.New("reset") })}
		client, err := djamo.NewClient("at_x", djamo.WithBaseURL(clienttest.BaseURL), djamo.WithHTTPClient(&http.Client{Transport: counter}))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err = client.Balance.Get(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = client.Balance.Get(t.Context())
		require.ErrorContains(t, err, "reset")
		require.Zero(t, counter.Closed.Load())
	})
}

// Over HTTP/2 a lost answer is a reset stream on a connection that lives on: net/http must not resend it, and the hooks
// that tell whether a request left must work there too.
func TestHTTP2_LostReplies(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		mu.Lock()
		seen = append(seen, r.Method)
		mu.Unlock()
		if r.ProtoMajor != 2 || r.Method == http.MethodPost {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, `[{"id":"txn_1","reference":"`+clienttest.Payment.Reference+`","amount":50000}]`)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	client, err := djamo.NewClient("at_x", djamo.WithBaseURL(server.URL), djamo.WithHTTPClient(server.Client()))
	require.NoError(t, err)
	require.NoError(t, clienttest.Create(t.Context(), client))
	_, err = client.Batches.Create(t.Context(), clienttest.BatchParams(""))
	require.ErrorIs(t, err, djamo.ErrOutcomeUnknown)
	require.Equal(t, []string{"POST", "GET", "POST"}, seen)
}
