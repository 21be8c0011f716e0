package webhooks_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/djamo/djamo-go/internal/leaktest"
	"github.com/stretchr/testify/require"
)

// dialed is a connection to a server, with a deadline that fails the test rather than hang it.
func dialed(t *testing.T, server *httptest.Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(5*time.Minute)))
	return conn
}

func readAnswer(t *testing.T, from *bufio.Reader) (status int, closes bool) {
	t.Helper()
	answer, err := http.ReadResponse(from, nil)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, answer.Body) // the next one stands behind it
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	return answer.StatusCode, answer.Close
}

func raw[N int | int64](body string, length N) string {
	return fmt.Sprintf("POST /webhooks/djamo HTTP/1.1\r\nHost: x\r\n%s: %s\r\nContent-Length: %d\r\n\r\n%s",
		djamo.SignatureHeader, djamo.SignWebhook([]byte(clienttest.Delivery), "s"), length, body)
}

func TestWebhookHandler_OverTCP_SlowSenderIsCutOff(t *testing.T) {
	t.Parallel()
	hidden := func(h http.Handler) http.Handler { // as middleware does that wraps the writer and forgets what else it can
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(struct{ http.ResponseWriter }{w}, r) })
	}
	plain := func(h http.Handler) http.Handler { return h }
	for _, tt := range []struct {
		name string
		wrap func(http.Handler) http.Handler
		send func(conn net.Conn)
	}{
		{"half a body and silence", plain, func(conn net.Conn) {
			_, _ = io.WriteString(conn, raw(clienttest.Delivery[:20], len(clienttest.Delivery)))
		}},
		{"no body at all", plain, func(conn net.Conn) { _, _ = io.WriteString(conn, raw("", len(clienttest.Delivery))) }},
		{"byte by byte", plain, func(conn net.Conn) {
			_, _ = io.WriteString(conn, raw("", 1<<20))
			for _, err := io.WriteString(conn, " "); err == nil; _, err = io.WriteString(conn, " ") {
				time.Sleep(time.Millisecond) //nolint:forbidigo // it is what a slow sender does
			}
		}},
		{"a chunk that does not end", plain, func(conn net.Conn) {
			head, _, _ := strings.Cut(raw("", 0), "Content-Length")
			_, _ = io.WriteString(conn, head+"Transfer-Encoding: chunked\r\n\r\n1000\r\n{")
		}},
		{"behind a writer without deadlines", hidden, func(conn net.Conn) {
			_, _ = io.WriteString(conn, raw(clienttest.Delivery[:20], len(clienttest.Delivery)))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			leaktest.Check(t)
			server := httptest.NewServer(tt.wrap(&djamo.WebhookHandler{Secrets: []string{"s"}, OnEvent: clienttest.UnexpectedEvent(t), Timeout: 30 * time.Millisecond}))
			defer server.Close()
			conn := dialed(t, server)
			defer conn.Close()
			go tt.send(conn)
			status, closes := readAnswer(t, bufio.NewReader(conn))
			require.Equal(t, http.StatusRequestTimeout, status)
			require.True(t, closes)
		})
	}
}

// The deadline is for the body alone: a callback may take longer, and the next delivery comes over the same connection.
func TestWebhookHandler_OverTCP_DeadlineEndsWithTheBody(t *testing.T) {
	t.Parallel()
	leaktest.Check(t)
	var handled atomic.Int32
	handler := &djamo.WebhookHandler{Secrets: []string{"s"}, Timeout: 20 * time.Second, OnEvent: func(ctx context.Context, _ djamo.Event) error {
		handled.Add(1)
		return sleep(ctx, 1200*time.Millisecond)
	}}
	var cancelled atomic.Bool
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r)
		cancelled.CompareAndSwap(false, r.Context().Err() != nil)
	}))
	server.Config.ReadTimeout = time.Second
	server.Config.ReadHeaderTimeout, server.Config.IdleTimeout = time.Minute, time.Minute // or a busy machine is cut off between two deliveries
	server.Start()
	defer server.Close()
	conn := dialed(t, server)
	answers := bufio.NewReader(conn)
	for _, body := range []string{clienttest.Delivery, clienttest.Delivery, clienttest.ChargeDelivery} {
		_, err := io.WriteString(conn, strings.Replace(raw(body, len(body)), djamo.SignWebhook([]byte(clienttest.Delivery), "s"), djamo.SignWebhook([]byte(body), "s"), 1))
		require.NoError(t, err)
		status, closes := readAnswer(t, answers)
		require.Equal(t, http.StatusOK, status)
		require.False(t, closes)
	}
	require.EqualValues(t, 2, handled.Load())
	require.False(t, cancelled.Load(), "the deadline for the body was taken for the sender's hanging up")
}

// sleep is a callback at work.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func TestWebhookHandler_OverTCP_SenderHangsUp(t *testing.T) {
	t.Parallel()
	leaktest.Check(t)
	started, hungUp, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	handler := &djamo.WebhookHandler{Secrets: []string{"s"}, OnEvent: func(ctx context.Context, _ djamo.Event) error {
		close(started)
		<-hungUp
		ended <- ctx.Err()
		return nil
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		go func() {
			<-r.Context().Done() // net/http has noticed
			select {
			case <-hungUp:
			default:
				close(hungUp)
			}
		}()
		handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	conn := dialed(t, server)
	_, err := io.WriteString(conn, raw(clienttest.Delivery, len(clienttest.Delivery)))
	require.NoError(t, err)
	<-started
	require.NoError(t, conn.Close())
	require.NoError(t, <-ended, "the callback goes on without the sender")
	require.Eventually(t, func() bool {
		// A second run would close started again and panic: the answer would be 500.
		return clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery)).Code == http.StatusOK
	}, 5*time.Minute, time.Millisecond)
}

func TestWebhookHandler_OverTCP_PanicLeavesTheServerAlive(t *testing.T) {
	t.Parallel()
	leaktest.Check(t)
	server := httptest.NewServer(&djamo.WebhookHandler{Secrets: []string{"s"},
		OnTransactionCompleted: func(context.Context, *djamo.Transaction) error { panic("a bug") },
		OnCharge:               func(context.Context, *djamo.Charge) error { return nil },
	})
	defer server.Close()
	for range 3 {
		require.Equal(t, http.StatusInternalServerError, posted(t, server, clienttest.Delivery))
		require.Equal(t, http.StatusOK, posted(t, server, clienttest.ChargeDelivery))
	}
}

// posted delivers over TCP.
func posted(t *testing.T, server *httptest.Server, body string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/webhooks/djamo", strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set(djamo.SignatureHeader, djamo.SignWebhook([]byte(body), "s"))
	answer, err := server.Client().Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

func TestWebhookHandler_OverTCP_LargeBodyIsRefusedUnread(t *testing.T) {
	t.Parallel()
	leaktest.Check(t)
	server := httptest.NewServer(&djamo.WebhookHandler{Secrets: []string{"s"}, OnEvent: clienttest.UnexpectedEvent(t)})
	defer server.Close()
	conn := dialed(t, server)
	_, err := io.WriteString(conn, raw("", int64(1<<40))) // and nothing of it is sent
	require.NoError(t, err)
	status, _ := readAnswer(t, bufio.NewReader(conn))
	require.Equal(t, http.StatusRequestEntityTooLarge, status)
	require.NoError(t, conn.Close())
}

// A sender that writes all it has before it reads, over a connection of its own, still learns the answer.
func TestWebhookHandler_OverTCP_RefusalReachesTheSender(t *testing.T) {
	t.Parallel()
	leaktest.Check(t)
	server := httptest.NewServer(&djamo.WebhookHandler{Secrets: []string{"s"}, OnEvent: clienttest.UnexpectedEvent(t)})
	defer server.Close()
	misconfigured := httptest.NewServer(&djamo.WebhookHandler{OnEvent: clienttest.UnexpectedEvent(t)})
	defer misconfigured.Close()
	for _, tt := range []struct {
		server *httptest.Server
		method string
		size   int
		want   int
	}{
		{server, "POST", 600, 401}, {server, "POST", 1 << 20, 401}, {server, "POST", 1<<20 + 1, 413}, {server, "POST", 4 << 20, 413},
		{server, "PUT", 4 << 20, 405}, {misconfigured, "POST", 4 << 20, 500},
	} {
		learns := func() (status int, err error) {
			conn := dialed(t, tt.server)
			defer conn.Close()
			_, err = fmt.Fprintf(conn, "%s / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", tt.method, tt.size, strings.Repeat(" ", tt.size))
			if err != nil {
				return 0, err
			}
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				return 0, err
			}
			defer answer.Body.Close()
			return answer.StatusCode, nil
		}
		status, err := learns()
		for tries := 0; err != nil && tries < 20; tries++ { // half a second may be too little for a busy machine, but not each time
			status, err = learns()
		}
		require.NoError(t, err, "%+v", tt)
		require.Equal(t, tt.want, status)
	}
}
