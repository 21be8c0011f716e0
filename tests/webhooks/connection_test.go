package webhooks_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/stretchr/testify/require"
)

// connection is a recorder that knows deadlines, as the writer of a real server does, and counts what is asked of it.
type connection struct {
	*httptest.ResponseRecorder
	deadlines []time.Time
	flushed   int
	rigid     bool // it cannot be flushed
}

func (c *connection) SetReadDeadline(deadline time.Time) error {
	c.deadlines = append(c.deadlines, deadline)
	return nil
}

func (c *connection) FlushError() error {
	if c.rigid {
		return http.ErrNotSupported
	}
	c.flushed++
	return nil
}

// counting counts the bytes that are read from an endless body.
type counting struct{ n int64 }

func (c *counting) Read(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

func refusing(w http.ResponseWriter, r *http.Request) {
	(&djamo.WebhookHandler{Secrets: []string{"s"}}).ServeHTTP(w, r)
}

func TestWebhookHandler_ReadsWithinADeadline(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ timeout, server, want time.Duration }{
		{0, 0, 10 * time.Second},
		{2 * time.Second, 0, 2 * time.Second},
		{time.Hour, 3 * time.Second, 3 * time.Second},
		{2 * time.Second, 3 * time.Second, 2 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			handler := &djamo.WebhookHandler{Secrets: []string{"s"}, Timeout: tt.timeout}
			ctx := context.WithValue(t.Context(), http.ServerContextKey, &http.Server{ReadTimeout: tt.server, ReadHeaderTimeout: time.Second})
			w := &connection{ResponseRecorder: httptest.NewRecorder()}
			start := time.Now()
			handler.ServeHTTP(w, clienttest.Signed(clienttest.Delivery).WithContext(ctx))
			require.Equal(t, http.StatusOK, w.Code)
			require.Equal(t, []time.Time{start.Add(tt.want), {}}, w.deadlines, "it ends with the body")
		})
	}
}

// A refusal takes in some of what the sender still writes, for a short while, or the sender may never read it.
func TestWebhookHandler_LingersAfterARefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body := &counting{}
		r := httptest.NewRequest(http.MethodGet, "/", body)
		w := &connection{ResponseRecorder: httptest.NewRecorder()}
		start := time.Now()
		refusing(w, r)
		require.Equal(t, http.StatusMethodNotAllowed, w.Code)
		require.Equal(t, 1, w.flushed)
		require.Equal(t, []time.Time{start.Add(500 * time.Millisecond)}, w.deadlines)
		require.EqualValues(t, 8<<20, body.n)
		require.Empty(t, w.Header().Get("Connection"))

		body.n = 0
		w = &connection{ResponseRecorder: httptest.NewRecorder(), rigid: true}
		refusing(w, r)
		require.Empty(t, w.deadlines, "what cannot be flushed has not been answered yet: nothing is read")
		require.Zero(t, body.n)

		for name, body := range map[string]io.ReadCloser{"no request body": nil, "an empty one": http.NoBody} {
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			r.Body = body
			guard := djamo.VerifyWebhook("s")(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Errorf("%s: it was handed on", name) }))
			for _, w := range []http.ResponseWriter{&connection{ResponseRecorder: httptest.NewRecorder()}, httptest.NewRecorder()} {
				require.NotPanics(t, func() { guard.ServeHTTP(w, r) }, name)
			}
		}
	})
}

// What is still to come from a sender that is too slow, or has too much, is not waited for by the connection either.
func TestWebhookHandler_ClosesOnWhatIsStillToCome(t *testing.T) {
	t.Parallel()
	large := clienttest.Signed(clienttest.Delivery)
	large.ContentLength = 2 << 20
	slow := clienttest.Unread(func() error { return &net.OpError{Op: "read", Err: timedOut{}} })
	reset := clienttest.Unread(func() error { return &net.OpError{Op: "read", Err: errors.New("connection reset by peer")} })
	for _, tt := range []struct {
		name    string
		request *http.Request
		want    int
		closes  string
		flushed int
	}{
		{"too large", large, http.StatusRequestEntityTooLarge, "close", 1},
		{"too slow", slow, http.StatusRequestTimeout, "close", 0},
		{"reset", reset, http.StatusBadRequest, "", 1},
		{"forged", clienttest.Post(clienttest.Delivery, "forged"), http.StatusUnauthorized, "", 1},
	} {
		w := &connection{ResponseRecorder: httptest.NewRecorder()}
		refusing(w, tt.request)
		require.Equal(t, tt.want, w.Code, tt.name)
		require.Equal(t, tt.closes, w.Header().Get("Connection"), tt.name)
		require.Equal(t, tt.flushed, w.flushed, tt.name)
		require.NotContains(t, w.deadlines, time.Time{}, "%s: only a whole body ends the deadline", tt.name)
	}
}

type timedOut struct{}

func (timedOut) Error() string   { return "i/o timeout" }
func (timedOut) Timeout() bool   { return true }
func (timedOut) Temporary() bool { return false }

// A forged delivery is somebody else's fault, a handler without secrets is ours.
func TestWebhookHandler_LogsOurFaultsAsErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		secrets []string
		status  int
		want    string
	}{
		{[]string{"another"}, http.StatusUnauthorized, "level=WARN"},
		{nil, http.StatusInternalServerError, "level=ERROR"},
	} {
		var log bytes.Buffer
		handler := &djamo.WebhookHandler{Secrets: tt.secrets, Logger: slog.New(slog.NewTextHandler(&log, nil))}
		require.Equal(t, tt.status, clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery)).Code)
		require.Contains(t, log.String(), tt.want)
	}
}

// A handler behind VerifyWebhook reads the body as if nobody had, whichever way it takes.
func TestVerifyWebhook_TheBodyCanBeRead(t *testing.T) {
	t.Parallel()
	var bodies []string
	guard := djamo.VerifyWebhook("s")(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		bodies = append(bodies, fmt.Sprint(string(body), err))
	}))
	clienttest.AnswerTo(guard, clienttest.Signed(clienttest.Delivery))
	require.Equal(t, []string{fmt.Sprint(clienttest.Delivery, nil)}, bodies)
}

func TestParseWebhook_NeedsABody(t *testing.T) {
	t.Parallel()
	bare := clienttest.Signed(clienttest.Delivery)
	bare.Body = nil
	for _, r := range []*http.Request{nil, bare} {
		event, err := djamo.ParseWebhook(r, "s")
		require.Nil(t, event)
		require.EqualError(t, err, "djamo: request: must be a request with its body unread, got nil")
		require.ErrorIs(t, err, djamo.ErrInvalidRequest)
	}
}

// The copy that VerifyWebhook leaves is taken only where the body itself gives nothing, is closed, and can fail.
func TestParseWebhook_TakesTheCopyOfABodyThatWasRead(t *testing.T) {
	t.Parallel()
	fresh := clienttest.Signed(clienttest.Delivery)
	fresh.GetBody = func() (io.ReadCloser, error) { t.Error("the body is there"); return nil, clienttest.ErrNotNow }
	_, err := djamo.ParseWebhook(fresh, "s")
	require.NoError(t, err)

	one := clienttest.Signed("7")
	one.GetBody = fresh.GetBody
	_, err = djamo.ParseWebhook(one, "s")
	require.ErrorContains(t, err, "not a JSON object", "a body of one byte is a body")

	broken := clienttest.Unread(func() error { return clienttest.ErrNotNow })
	broken.GetBody = fresh.GetBody
	_, err = djamo.ParseWebhook(broken, "s")
	require.ErrorIs(t, err, clienttest.ErrNotNow)

	read := clienttest.Signed(clienttest.Delivery)
	read.Body = http.NoBody
	read.GetBody = func() (io.ReadCloser, error) { return nil, clienttest.ErrNotNow }
	_, err = djamo.ParseWebhook(read, "s")
	require.ErrorIs(t, err, clienttest.ErrNotNow)
	require.ErrorContains(t, err, "djamo: reading a webhook again: ")

	copied := &closeCounter{Reader: bytes.NewReader([]byte(clienttest.Delivery))}
	read.GetBody = func() (io.ReadCloser, error) { return copied, nil }
	_, err = djamo.ParseWebhook(read, "s")
	require.NoError(t, err)
	require.Equal(t, 1, copied.closed)
}

type closeCounter struct {
	io.Reader
	closed int
}

func (c *closeCounter) Close() error {
	c.closed++
	return nil
}

// A body that gives nothing a hundred times is given up; one that gives something at last is not.
func TestParseWebhook_EmptyReadsAreBounded(t *testing.T) {
	t.Parallel()
	for empty, want := range map[int]error{99: nil, 100: io.ErrNoProgress} {
		r := clienttest.Signed(clienttest.Delivery)
		left := empty
		r.Body = io.NopCloser(io.MultiReader(readerFunc(func([]byte) (int, error) {
			if left == 0 {
				return 0, io.EOF
			}
			left--
			return 0, nil
		}), bytes.NewReader([]byte(clienttest.Delivery))))
		_, err := djamo.ParseWebhook(r, "s")
		require.ErrorIs(t, err, want, "%d empty reads", empty)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// An error of any callback, by topic or for all, means that the delivery was not handled and must come again.
func TestWebhookHandler_EveryCallbacksErrorAsksForTheDeliveryAgain(t *testing.T) {
	t.Parallel()
	onTransaction := func(context.Context, *djamo.Transaction) error { return clienttest.ErrNotNow }
	handler := &djamo.WebhookHandler{
		Secrets: []string{"s"}, OnTransactionStarted: onTransaction, OnTransactionCompleted: onTransaction, OnTransactionFailed: onTransaction,
		OnCharge: func(context.Context, *djamo.Charge) error { return clienttest.ErrNotNow }, OnEvent: func(context.Context, djamo.Event) error { return clienttest.ErrNotNow },
	}
	for _, topic := range []djamo.Topic{djamo.TopicTransactionStarted, djamo.TopicTransactionCompleted, djamo.TopicTransactionFailed, djamo.TopicCharge, "loans/granted"} {
		body := `{"topic":"` + string(topic) + `","data":{"id":"x_1","status":"completed"}}`
		require.Equal(t, http.StatusInternalServerError, clienttest.AnswerTo(handler, clienttest.Signed(body)).Code, topic)
	}
}
