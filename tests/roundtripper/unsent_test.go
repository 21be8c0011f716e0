package roundtripper_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/stretchr/testify/require"
)

// A connection that could not be made proves that nothing left, unless the request was sent some other way before: by a
// RoundTripper that tries HTTP/3 first and net/http second. What it did to the body tells.
func TestCallersRoundTripper_ThatTriesTwice(t *testing.T) {
	t.Parallel()
	refused := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	}}
	var kept []io.ReadCloser
	ways := map[string]struct {
		first    func(*http.Request)
		attempts int // of a write with a body
		bodyless int // of one without
	}{
		"net/http at once":    {func(*http.Request) {}, 3, 1},
		"body read":           {func(req *http.Request) { _, _ = io.Copy(io.Discard, bodyOf(req)) }, 1, 1},
		"one byte read":       {func(req *http.Request) { _, _ = bodyOf(req).Read(make([]byte, 1)) }, 1, 1},
		"body closed, unread": {func(req *http.Request) { _ = bodyOf(req).Close() }, 3, 1},
		"body kept for later": {func(req *http.Request) { kept = append(kept, bodyOf(req)) }, 3, 1},
	}
	for name, way := range ways {
		for in, want := range map[any]int{nil: way.bodyless, "a body": way.attempts} {
			attempts := 0
			client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
				attempts++
				way.first(req)
				return refused.RoundTrip(req)
			}, djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 3, MinWait: time.Millisecond, MaxWait: time.Millisecond}))
			err := client.Do(t.Context(), http.MethodPost, "/v1/x", in, nil)
			require.ErrorContains(t, err, "connection refused", name)
			require.Equal(t, want, attempts, "%s, with %v", name, in)
			require.Equal(t, want == 1, errors.Is(err, djamo.ErrOutcomeUnknown), "%s, with %v: %v", name, in, err)
		}
	}
	require.NotEmpty(t, kept)
	for _, late := range kept {
		n, err := io.Copy(io.Discard, late)
		require.Zero(t, n, "what was called unsent must not be sent afterwards")
		require.Equal(t, late == http.NoBody, err == nil)
	}
}

// bodyOf is the request's body, or an empty one.
func bodyOf(req *http.Request) io.ReadCloser {
	if req.Body == nil {
		return http.NoBody
	}
	return req.Body
}

// With nothing around net/http's own Transport its word is enough, body or not.
func TestCallersTransport_RefusedConnectionIsKnown(t *testing.T) {
	t.Parallel()
	for _, in := range []any{nil, "a body"} {
		dials := 0
		client, err := djamo.NewClient("at_x", djamo.WithBaseURL(clienttest.BaseURL), djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 3, MinWait: time.Millisecond, MaxWait: time.Millisecond}),
			djamo.WithHTTPClient(&http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
				dials++
				return nil, errors.New("connection refused")
			}}}))
		require.NoError(t, err)
		err = client.Do(t.Context(), http.MethodPost, "/v1/x", in, nil)
		require.ErrorContains(t, err, "connection refused")
		require.NotErrorIs(t, err, djamo.ErrOutcomeUnknown)
		require.Equal(t, 3, dials)
	}
}

// A process that was frozen past its request's time must not send it when it wakes, should its timers come later than its
// connection. Whoever keeps a journal relies on that.
func TestSingleAttempt_NothingLeavesTooLate(t *testing.T) {
	t.Parallel()
	for name, frozen := range map[string]time.Duration{"in time": 900 * time.Millisecond, "too late": 1100 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var left []byte
				client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
					time.Sleep(frozen) //nolint:forbidigo // the clock of the bubble; not the context's end
					var err error
					if left, err = io.ReadAll(bodyOf(req)); err != nil {
						return nil, err
					}
					return nil, errors.New("connection reset")
				})
				err := client.Do(t.Context(), http.MethodPost, "/v1/x", "a body", nil, djamo.WithSingleAttempt(), djamo.WithRequestTimeout(time.Second))
				require.ErrorIs(t, err, djamo.ErrOutcomeUnknown)
				require.Equal(t, name == "in time", len(left) > 0)
			})
		})
	}
}

// net/http's own Transport may hand the request on as well, to a RoundTripper registered for the scheme, and that one may
// try twice. So the body is looked at there too.
func TestCallersTransport_WithAProtocolOfItsOwn(t *testing.T) {
	t.Parallel()
	refused := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("connection refused")
	}}
	sending := func(req *http.Request) { _, _ = io.Copy(io.Discard, req.Body) }
	for name, row := range map[string]struct {
		first    func(*http.Request)
		opts     []djamo.RequestOption
		attempts int
		unknown  bool
	}{
		"sent, then tried again": {sending, nil, 1, true},
		"not sent":               {func(*http.Request) {}, nil, 3, false},
		"a single attempt, sent, then tried again": {sending, []djamo.RequestOption{djamo.WithSingleAttempt()}, 1, true},
		"a single attempt, not sent":               {func(*http.Request) {}, []djamo.RequestOption{djamo.WithSingleAttempt()}, 1, false},
	} {
		attempts := 0
		registered := &http.Transport{TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}} // no HTTP/2
		registered.RegisterProtocol("https", clienttest.RoundTripper(func(req *http.Request) (*http.Response, error) {
			attempts++
			row.first(req)
			return refused.RoundTrip(req)
		}))
		client, err := djamo.NewClient("at_x", djamo.WithBaseURL(clienttest.BaseURL), djamo.WithHTTPClient(&http.Client{Transport: registered}),
			djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 3, MinWait: time.Millisecond, MaxWait: time.Millisecond}))
		require.NoError(t, err)
		_, err = client.Charges.RefundPart(t.Context(), "ch_1", 5000, row.opts...)
		require.ErrorContains(t, err, "connection refused", name)
		require.Equal(t, row.attempts, attempts, name)
		require.Equal(t, row.unknown, errors.Is(err, djamo.ErrOutcomeUnknown), "%s: %v", name, err)
	}
}
