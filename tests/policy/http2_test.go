package policy_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/djamo/djamo-go/internal/leaktest"
	"github.com/stretchr/testify/require"
)

// http2Server is an HTTP/2 server written by hand, since net/http's own resets streams with INTERNAL_ERROR only. It reads
// every request to its end, as one that carries it out does, and resets its stream with a code of the script. When the
// script is used up it answers with a status and a body.
type http2Server struct {
	resets   []uint32
	status   string
	body     string
	requests atomic.Int32
}

// The frames, flags and codes of RFC 9113 that are needed here.
const (
	frameData, frameHeaders, frameReset, frameSettings = 0, 1, 3, 4

	flagEnd, flagAck, flagEndHeaders = 1, 1, 4

	protocolError, internalError, refusedStream, cancelled = 1, 2, 7, 8
)

// client starts the server and builds a client for it.
func (s *http2Server) client(t *testing.T, opts ...djamo.Option) *djamo.Client {
	t.Helper()
	leaktest.Check(t)
	certified := httptest.NewUnstartedServer(http.NotFoundHandler()) // lends its certificate
	certified.EnableHTTP2 = true
	certified.StartTLS()
	t.Cleanup(certified.Close)
	config := certified.TLS.Clone()
	config.NextProtos = []string{"h2"}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			context.AfterFunc(t.Context(), func() { _ = conn.Close() }) // net/http keeps one that was reset a moment ago
			go s.serve(conn)
		}
	}()
	client, err := djamo.NewClient("at_x", append([]djamo.Option{djamo.WithBaseURL("https://" + listener.Addr().String()), djamo.WithHTTPClient(certified.Client()),
		djamo.WithTimeout(5 * time.Minute), djamo.WithRetry(djamo.RetryPolicy{MinWait: time.Millisecond, QuietPeriod: time.Millisecond})}, opts...)...)
	require.NoError(t, err)
	return client
}

func (s *http2Server) serve(conn net.Conn) {
	defer conn.Close()
	reader := bufio.NewReader(conn)
	if _, err := reader.Discard(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")); err != nil {
		return
	}
	send := func(kind, flags byte, stream uint32, payload string) {
		header := make([]byte, 9)
		binary.BigEndian.PutUint32(header, uint32(len(payload))<<8|uint32(kind))
		header[4] = flags
		binary.BigEndian.PutUint32(header[5:], stream)
		_, _ = io.WriteString(conn, string(header)+payload)
	}
	send(frameSettings, 0, 0, "")
	for {
		header := make([]byte, 9)
		if _, err := io.ReadFull(reader, header); err != nil {
			return
		}
		first := binary.BigEndian.Uint32(header)
		if _, err := reader.Discard(int(first >> 8)); err != nil {
			return
		}
		kind, flags, stream := byte(first), header[4], binary.BigEndian.Uint32(header[5:])
		switch {
		case kind == frameSettings && flags&flagAck == 0:
			send(frameSettings, flagAck, 0, "")
		case (kind == frameData || kind == frameHeaders) && flags&flagEnd != 0: // the request is whole, and carried out
			if n := int(s.requests.Add(1)); n <= len(s.resets) {
				send(frameReset, 0, stream, string(binary.BigEndian.AppendUint32(nil, s.resets[n-1])))
				continue
			}
			send(frameHeaders, flagEndHeaders, stream, "\x48\x03"+s.status) // :status, a literal of three bytes
			send(frameData, flagEnd, stream, s.body)
		}
	}
}

// A server may have carried a request out before it resets its stream. net/http sends it again by itself after some
// codes, unless it cannot: it must not be able to.
func TestHTTP2_ResetWriteIsNeverSentAgain(t *testing.T) {
	t.Parallel()
	calls := map[string]func(context.Context, *djamo.Client) error{
		"create": func(ctx context.Context, c *djamo.Client) error {
			return clienttest.Second(c.Transactions.Create(ctx, clienttest.Payment, djamo.WithSingleAttempt()))
		},
		"batch": func(ctx context.Context, c *djamo.Client) error {
			return clienttest.Second(c.Batches.Create(ctx, clienttest.BatchParams("")))
		},
		"refund": func(ctx context.Context, c *djamo.Client) error {
			return clienttest.Second(c.Charges.Refund(ctx, "ch_1"))
		},
		"raw":          func(ctx context.Context, c *djamo.Client) error { return c.Do(ctx, http.MethodPost, "/v1/x", 1, nil) },
		"without body": func(ctx context.Context, c *djamo.Client) error { return c.Do(ctx, http.MethodPost, "/v1/x", nil, nil) },
	}
	for name, call := range calls {
		for _, code := range []uint32{protocolError, internalError, refusedStream, cancelled} {
			t.Run(fmt.Sprint(name, "/", code), func(t *testing.T) {
				t.Parallel()
				server := &http2Server{resets: []uint32{code, code, code}, status: "200", body: `{"id":"x"}`}
				err := call(t.Context(), server.client(t))
				require.ErrorIs(t, err, djamo.ErrOutcomeUnknown)
				require.EqualValues(t, 1, server.requests.Load())
				require.NotErrorIs(t, err, context.Canceled)
				require.NotContains(t, err.Error(), "no answer within", "time had not run out")
			})
		}
	}
}

// What was reset is looked up like any other lost answer.
func TestHTTP2_ResetPaymentIsSettled(t *testing.T) {
	t.Parallel()
	server := &http2Server{resets: []uint32{protocolError}, status: "200", body: `{"data":[{"id":"txn_1","reference":"` + clienttest.Payment.Reference + `","amount":50000}]}`}
	var response djamo.Response
	tx, err := server.client(t).Transactions.Create(t.Context(), clienttest.Payment, djamo.WithResponse(&response))
	require.NoError(t, err)
	require.Equal(t, "txn_1", tx.ID)
	require.True(t, response.Settled)
	require.EqualValues(t, 2, server.requests.Load())
}

// What is sent again on purpose has its body, and a write without one says so, over HTTP/1 too.
func TestWrites_RepeatedAfter429CarryTheSameBody(t *testing.T) {
	t.Parallel()
	for want, in := range map[string]any{`{"n":1}`: map[string]int{"n": 1}, "": nil} {
		var seen []string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			seen = append(seen, fmt.Sprintf("%q %d %v %v %v", body, r.ContentLength, r.TransferEncoding, r.Header["Content-Length"], err))
			if len(seen) < 3 {
				w.WriteHeader(http.StatusTooManyRequests)
			}
		}))
		t.Cleanup(server.Close)
		client, err := djamo.NewClient("at_x", djamo.WithBaseURL(server.URL), djamo.WithRetry(djamo.RetryPolicy{MinWait: time.Millisecond}))
		require.NoError(t, err)
		require.NoError(t, client.Do(t.Context(), http.MethodPost, "/v1/x", in, nil))
		once := fmt.Sprintf("%q %d [] [%d] <nil>", want, len(want), len(want))
		require.Equal(t, []string{once, once, once}, seen)
	}
}
