package djamo_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/stretchr/testify/require"
)

func TestWebhookHandler_Answers(t *testing.T) {
	t.Parallel()
	large := `{"topic":"ping","data":"` + strings.Repeat("x", 1<<20) + `"}`
	twice := clienttest.Signed(clienttest.Delivery)
	twice.Header.Add(djamo.SignatureHeader, twice.Header.Get(djamo.SignatureHeader))
	endless := clienttest.Signed(clienttest.Delivery)
	endless.Body, endless.ContentLength = io.NopCloser(endlessSpaces{}), -1
	with := func(method string) *http.Request {
		r := clienttest.Signed(clienttest.Delivery)
		r.Method = method
		return r
	}
	for _, tt := range []struct {
		name    string
		request *http.Request
		want    int
		reason  string // in the log
	}{
		{"transaction", clienttest.Signed(clienttest.Delivery), 200, "handled"},
		{"charge", clienttest.Signed(clienttest.ChargeDelivery), 200, "handled"},
		{"unknown topic", clienttest.Signed(`{"topic":"loans/granted","data":{"id":"loan_1"}}`), 200, "no callback takes it"},
		{"unknown topic without data", clienttest.Signed(`{"topic":"ping"}`), 200, "no callback takes it"},
		{"GET", with("GET"), 405, "a webhook is a POST"},
		{"HEAD", with("HEAD"), 405, "a webhook is a POST"},
		{"PUT", with("PUT"), 405, "a webhook is a POST"},
		{"OPTIONS", with("OPTIONS"), 405, "a webhook is a POST"},
		{"large, announced", clienttest.Signed(large), 413, "longer than 1048576 bytes"},
		{"large, not announced", endless, 413, "longer than 1048576 bytes"},
		{"no signature", clienttest.Post(clienttest.Delivery, ""), 401, "header is missing"},
		{"malformed", clienttest.Post(clienttest.Delivery, "x"), 401, "not standard base64 of 32 bytes"},
		{"hex", clienttest.Post(clienttest.Delivery, "be874ebd3557dfbe4096693d083302bf9b98a7b57b952c51492e01387bdda321"), 401, "not standard base64 of 32 bytes"},
		{"forged", clienttest.Post(clienttest.Delivery, djamo.SignWebhook([]byte(clienttest.Delivery), "x")), 401, "verify the raw request body"},
		{"two signatures", twice, 401, "more than one"},
		{"signed, not JSON", clienttest.Signed("{"), 400, "is not JSON"},
		{"signed, no topic", clienttest.Signed(`{"data":{}}`), 400, "has no topic"},
		{"signed, no object", clienttest.Signed(`[]`), 400, "is not a JSON object"},
		{"signed, data of another shape", clienttest.Signed(`{"topic":"transactions/completed","data":{"id":"txn_1","amount":"five"}}`), 400, "its data cannot be read"},
		{"signed, data without an id", clienttest.Signed(`{"topic":"transactions/completed","data":{}}`), 400, `it has no \"id\"`},
		{"cut off", clienttest.Unread(func() error { return io.ErrUnexpectedEOF }), 400, "unexpected EOF"},
		{"a body that panics", clienttest.Unread(func() error { panic("body") }), 400, "panic: body"},
		{"a body that gives nothing for ever", clienttest.Unread(func() error { return nil }), 400, io.ErrNoProgress.Error()},
		{"a body that ends its goroutine", clienttest.Unread(func() error { runtime.Goexit(); return nil }), 400, "stopped halfway"},
		{"a limit of the caller's", clienttest.Unread(func() error { return &http.MaxBytesError{Limit: 7} }), 413, "longer than 7 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			called := 0
			handler := &djamo.WebhookHandler{
				Secrets:                []string{"other-secret", "s"},
				OnTransactionCompleted: func(context.Context, *djamo.Transaction) error { called++; return nil },
				OnCharge:               func(context.Context, *djamo.Charge) error { called++; return nil },
				Logger:                 slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			}
			w := clienttest.AnswerTo(handler, tt.request)
			require.Equal(t, tt.want, w.Code)
			require.Contains(t, log.String(), tt.reason)
			require.Equal(t, tt.reason == "handled", called == 1)
			for _, secret := range []string{"other-secret", "payroll", "order-1", "+2250748710523", "07XXXXXX00"} {
				require.NotContains(t, log.String(), secret)
			}
			switch tt.want {
			case 405:
				require.Equal(t, "POST", w.Header().Get("Allow"))
			case 401:
				require.Equal(t, "Unauthorized\n", w.Body.String(), "no hint to the sender")
				require.Len(t, w.Header(), 2, "%v", w.Header())
			case 200:
				require.Empty(t, w.Body.String())
			}
		})
	}
}

type endlessSpaces struct{}

func (endlessSpaces) Read(p []byte) (int, error) { return copy(p, "    "), nil }

func TestWebhookHandler_CallsBackByTopic(t *testing.T) {
	t.Parallel()
	var called []string
	onTransaction := func(name string) func(context.Context, *djamo.Transaction) error {
		return func(_ context.Context, payment *djamo.Transaction) error {
			called = append(called, name+" "+payment.ID)
			return nil
		}
	}
	onEvent := func(_ context.Context, event djamo.Event) error {
		called = append(called, "event "+string(event.Topic))
		return nil
	}
	onCharge := func(_ context.Context, c *djamo.Charge) error { called = append(called, "charge "+c.ID); return nil }
	bodies := []string{
		`{"topic":"transactions/started","data":{"id":"txn_1"}}`, `{"topic":"transaction/completed","data":{"id":"txn_2"}}`,
		`{"topic":"transactions/failed","data":{"id":"txn_3"}}`, `{"topic":"charges/events","data":{"id":"ch_4"}}`, `{"topic":"loans/granted","data":{"id":"loan_5"}}`,
	}
	for _, tt := range []struct {
		name    string
		handler *djamo.WebhookHandler
		want    []string
	}{
		{"all", &djamo.WebhookHandler{
			OnTransactionStarted: onTransaction("started"), OnTransactionCompleted: onTransaction("completed"), OnTransactionFailed: onTransaction("failed"),
			OnCharge: onCharge, OnEvent: onEvent,
		}, []string{"started txn_1", "completed txn_2", "failed txn_3", "charge ch_4", "event loans/granted"}},
		{"the catch-all alone", &djamo.WebhookHandler{OnEvent: onEvent}, []string{
			"event transactions/started", "event transactions/completed", "event transactions/failed", "event charge/events", "event loans/granted",
		}},
		{"one and the catch-all", &djamo.WebhookHandler{OnTransactionFailed: onTransaction("failed"), OnEvent: onEvent}, []string{
			"event transactions/started", "event transactions/completed", "failed txn_3", "event charge/events", "event loans/granted",
		}},
		{"one alone", &djamo.WebhookHandler{OnCharge: onCharge}, []string{"charge ch_4"}},
		{"none", &djamo.WebhookHandler{}, nil},
	} {
		called = nil
		tt.handler.Secrets = []string{"s"}
		for range 2 { // the second time round all are repeats
			for _, body := range bodies {
				require.Equal(t, http.StatusOK, clienttest.AnswerTo(tt.handler, clienttest.Signed(body)).Code, tt.name)
			}
		}
		require.Equal(t, tt.want, called, tt.name)
	}
}

func TestWebhookHandler_LimitsAreSettable(t *testing.T) {
	t.Parallel()
	handler := &djamo.WebhookHandler{Secrets: []string{"s"}, MaxBytes: int64(len(clienttest.Delivery))}
	require.Equal(t, http.StatusOK, clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery)).Code)
	require.Equal(t, http.StatusRequestEntityTooLarge, clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery+" ")).Code)
	unannounced := clienttest.Signed(clienttest.Delivery + " ")
	unannounced.ContentLength = -1
	require.Equal(t, http.StatusRequestEntityTooLarge, clienttest.AnswerTo(handler, unannounced).Code)
}

// A writer that knows no deadline, as a recorder's, still does not make the handler wait for ever.
func TestWebhookHandler_StalledBodyIsGivenUp(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ timeout, want time.Duration }{{0, 10 * time.Second}, {time.Second, time.Second}, {time.Hour, 10 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			hangUp := make(chan struct{})
			handler := &djamo.WebhookHandler{Secrets: []string{"s"}, OnEvent: clienttest.UnexpectedEvent(t), Timeout: tt.timeout}
			start := time.Now()
			w := clienttest.AnswerTo(handler, clienttest.Unread(func() error { <-hangUp; return io.ErrUnexpectedEOF }))
			require.Equal(t, http.StatusRequestTimeout, w.Code)
			require.Equal(t, "close", w.Header().Get("Connection"))
			require.Equal(t, tt.want, time.Since(start))
			close(hangUp)
		})
	}
}

func TestVerifyWebhook_HandsTheBodyOn(t *testing.T) {
	t.Parallel()
	reached := 0
	var got *http.Request
	verified := djamo.VerifyWebhook("old", "s")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached++
		got = r
		w.WriteHeader(http.StatusAccepted)
	}))
	r := clienttest.Signed(clienttest.Delivery)
	r.SetPathValue("path", "kept")
	r.ContentLength, r.TransferEncoding = -1, []string{"chunked"}
	before := *r
	require.Equal(t, http.StatusAccepted, clienttest.AnswerTo(verified, r).Code)
	require.Equal(t, before.ContentLength, r.ContentLength, "the caller's request is left as it is")
	require.EqualValues(t, len(clienttest.Delivery), got.ContentLength)
	require.Empty(t, got.TransferEncoding)
	require.Equal(t, "kept", got.PathValue("path"))
	for range 3 {
		event, err := djamo.ParseWebhook(got, "s")
		require.NoError(t, err)
		require.Equal(t, djamo.TopicTransactionCompleted, event.Topic)
	}
	_, err := djamo.ParseWebhook(got, "another")
	require.ErrorIs(t, err, djamo.ErrInvalidSignature, "the copy is verified like the body")
	for range 2 {
		again, err := got.GetBody()
		require.NoError(t, err)
		body, err := io.ReadAll(again)
		require.NoError(t, err)
		require.True(t, bytes.Equal([]byte(clienttest.Delivery), body), "the very same bytes")
	}
	require.Equal(t, 1, reached)

	for want, refused := range map[int]*http.Request{
		401: clienttest.Post(clienttest.Delivery, djamo.SignWebhook([]byte(clienttest.Delivery), "forged")), 413: clienttest.Signed(strings.Repeat(" ", 1<<20+1)), 405: httptest.NewRequest(http.MethodGet, "/", nil),
	} {
		require.Equal(t, want, clienttest.AnswerTo(verified, refused).Code)
	}
	require.Equal(t, 1, reached, "what is refused goes no further")
	require.Equal(t, http.StatusAccepted, clienttest.AnswerTo(djamo.VerifyWebhook("s")(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
	})), clienttest.Signed("signed, and whatever it is")).Code, "nothing but the signature counts")
}

// A reading that ends without a result has verified nothing.
func TestVerifyWebhook_EndedReadingIsNoVerdict(t *testing.T) {
	t.Parallel()
	forged := clienttest.Post(clienttest.Delivery, "forged")
	forged.Body = io.NopCloser(clienttest.FailingReader{Do: func() error { runtime.Goexit(); return nil }})
	verified := djamo.VerifyWebhook("s")(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("an unverified delivery was handed on") }))
	require.Equal(t, http.StatusBadRequest, clienttest.AnswerTo(verified, forged).Code)
}

// Frameworks use a request again once it is answered: a reading that goes on may touch its body alone. The race detector
// sees the rest.
func TestWebhookHandler_TouchesOnlyTheBodyOnceAnswered(t *testing.T) {
	t.Parallel()
	read, answered := make(chan struct{}), make(chan struct{})
	late := clienttest.Signed(clienttest.Delivery)
	late.Body = io.NopCloser(io.MultiReader(clienttest.FailingReader{Do: func() error { <-answered; return io.EOF }}, clienttest.FailingReader{Do: func() error { close(read); return io.EOF }}))
	handler := &djamo.WebhookHandler{Secrets: []string{"s"}, Timeout: time.Millisecond}
	require.Equal(t, http.StatusRequestTimeout, clienttest.AnswerTo(handler, late).Code)
	close(answered)
	late.Header.Set(djamo.SignatureHeader, "that of the next request")
	late.ContentLength, late.GetBody, late.Body = 0, nil, nil
	handler.MaxBytes = 1
	<-read
}

// The secrets are copied: a slice that is used again does not change who gets in.
func TestVerifyWebhook_CopiesTheSecrets(t *testing.T) {
	t.Parallel()
	secrets := []string{"s"}
	verified := djamo.VerifyWebhook(secrets...)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	secrets[0] = "changed"
	require.Equal(t, http.StatusOK, clienttest.AnswerTo(verified, clienttest.Signed(clienttest.Delivery)).Code)
}

func TestWebhookHandler_Verify_LogsTheReason(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	guard := &djamo.WebhookHandler{Secrets: []string{"s"}, MaxBytes: 10, Logger: slog.New(slog.NewTextHandler(&log, nil))}
	require.Equal(t, http.StatusRequestEntityTooLarge, clienttest.AnswerTo(guard.Verify(http.NotFoundHandler()), clienttest.Signed(clienttest.Delivery)).Code)
	require.Contains(t, log.String(), "longer than 10 bytes")
}
