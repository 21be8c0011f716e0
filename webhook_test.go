package djamo_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/stretchr/testify/require"
)

func TestParseWebhook(t *testing.T) {
	t.Parallel()
	event, err := djamo.ParseWebhook(clienttest.Post(clienttest.Delivery, djamo.SignWebhook([]byte(clienttest.Delivery), "new")), "old", "new")
	require.NoError(t, err)
	require.Equal(t, djamo.TopicTransactionCompleted, event.Topic)
	payment, err := event.Transaction()
	require.NoError(t, err)
	require.Equal(t, djamo.XOF(50_000), payment.Amount)
	require.Equal(t, djamo.TransactionCompleted, payment.Status)

	for spelling, want := range map[string]djamo.Topic{"transaction/started": djamo.TopicTransactionStarted, "charges/events": djamo.TopicCharge, "charge/events": djamo.TopicCharge} {
		body := fmt.Sprintf(`{"topic":%q,"data":{"id":"x"}}`, spelling)
		event, err := djamo.ParseWebhook(clienttest.Post(body, djamo.SignWebhook([]byte(body), "s")), "s")
		require.NoError(t, err)
		require.Equal(t, want, event.Topic)
	}
	_, err = djamo.ParseWebhook(clienttest.Post("not JSON", djamo.SignWebhook([]byte("not JSON"), "s")), "s")
	require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer)
	large := strings.Repeat(" ", 1<<20+1)
	_, err = djamo.ParseWebhook(clienttest.Post(large, djamo.SignWebhook([]byte(large), "s")), "s")
	require.ErrorIs(t, err, djamo.ErrWebhookTooLarge)
}

func TestVerifySignature_RefusesEverythingElse(t *testing.T) {
	t.Parallel()
	mac := hmac.New(sha256.New, []byte("s"))
	mac.Write([]byte(clienttest.Delivery))
	sum := mac.Sum(nil)
	right := base64.StdEncoding.EncodeToString(sum)
	require.NoError(t, djamo.VerifySignature([]byte(clienttest.Delivery), right, "s"))
	for name, header := range map[string]string{
		"missing": "", "hex": hex.EncodeToString(sum), "unpadded": strings.TrimRight(right, "="), "line break": right[:20] + "\n" + right[20:],
		"31 bytes": base64.StdEncoding.EncodeToString(sum[:31]), "33 bytes": base64.StdEncoding.EncodeToString(append(sum, 0)),
		"other secret": djamo.SignWebhook([]byte(clienttest.Delivery), "x"), "other body": djamo.SignWebhook([]byte(clienttest.Delivery+" "), "s"), "space": " " + right,
	} {
		require.ErrorIs(t, djamo.VerifySignature([]byte(clienttest.Delivery), header, "s"), djamo.ErrInvalidSignature, name)
	}
	r := clienttest.Post(clienttest.Delivery, right)
	r.Header.Add(djamo.SignatureHeader, right)
	_, err := djamo.ParseWebhook(r, "s")
	require.ErrorIs(t, err, djamo.ErrInvalidSignature, "two headers")
}

// 10: an empty webhook secret accepted as "verified".
func TestDefect10_EmptySecretIsAnError(t *testing.T) {
	t.Parallel()
	for _, secrets := range [][]string{nil, {}, {""}, {"s", ""}} {
		err := djamo.VerifySignature([]byte(clienttest.Delivery), djamo.SignWebhook([]byte(clienttest.Delivery), ""), secrets...)
		require.ErrorIs(t, err, djamo.ErrInvalidRequest)
		event, err := djamo.ParseWebhook(clienttest.Post(clienttest.Delivery, djamo.SignWebhook([]byte(clienttest.Delivery), "")), secrets...)
		require.Error(t, err)
		require.Nil(t, event)
	}
}

// 11: verification that returns (bool, error), where forgetting the bool accepts a forgery.
func TestDefect11_VerificationReturnsOneError(t *testing.T) {
	t.Parallel()
	var verify func([]byte, string, ...string) error = djamo.VerifySignature
	require.ErrorIs(t, verify([]byte(clienttest.Delivery), djamo.SignWebhook([]byte("forged"), "s"), "s"), djamo.ErrInvalidSignature)
}

// 12: an unknown event type as an error.
func TestDefect12_UnknownTopicIsDelivered(t *testing.T) {
	t.Parallel()
	body := `{"topic":"loans/granted","data":{"id":"loan_1"}}`
	event, err := djamo.ParseWebhook(clienttest.Post(body, djamo.SignWebhook([]byte(body), "s")), "s")
	require.NoError(t, err)
	require.Equal(t, djamo.Topic("loans/granted"), event.Topic)
	require.JSONEq(t, `{"id":"loan_1"}`, string(event.Data))
}

func FuzzVerifySignature(f *testing.F) {
	f.Add([]byte(clienttest.Delivery), "c2lnbmF0dXJl", "s")
	f.Add([]byte{}, djamo.SignWebhook(nil, "s"), "s")
	f.Fuzz(func(t *testing.T, body []byte, header, secret string) {
		err := djamo.VerifySignature(body, header, secret)
		if (err == nil) != (secret != "" && header == djamo.SignWebhook(body, secret)) {
			t.Fatalf("%q verified as %v", header, err)
		}
	})
}

// A program prints its configuration, and the handler is part of it.
func TestWebhookSecrets_PrintThemselvesNowhere(t *testing.T) {
	t.Parallel()
	type app struct{ Hook djamo.WebhookHandler }
	config := &app{Hook: djamo.WebhookHandler{Secrets: []string{"whsec_live_1", "whsec_live_2"}}}
	var log bytes.Buffer
	for _, logger := range []*slog.Logger{slog.New(slog.NewTextHandler(&log, nil)), slog.New(slog.NewJSONHandler(&log, nil))} {
		logger.Info("config", "app", config, "secrets", config.Hook.Secrets)
	}
	encoded, err := json.Marshal(config.Hook.Secrets)
	require.NoError(t, err)
	out := bytes.NewBufferString(log.String() + string(encoded) + fmt.Sprintln(config.Hook.Secrets))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		require.Equal(t, "[2 webhook secrets]", fmt.Sprintf(verb, config.Hook.Secrets))
		fmt.Fprintf(out, verb+verb+verb, config, config.Hook.Secrets, &config.Hook)
	}
	text := out.String()
	require.Contains(t, text, "2 webhook secrets")
	require.NotContains(t, text, "whsec")
	require.NotContains(t, text, fmt.Sprintf("%x", "whsec"))
}

// completedEvent is a delivery of 600 bytes.
const completedEvent = `{"topic":"transactions/completed","data":{"id":"txn_01HJ3K8Z6V9Q2W4E5R6T7Y8U9I","createdAt":"2023-11-24T17:43:15.970Z",` +
	`"updatedAt":"2023-11-24T17:44:02.113Z","amount":50000,"fee":500,"totalAmount":50500,"msisdn":"+22507XXXXXX00","status":"completed",` +
	`"reference":"payroll-2026-06/0042","type":"transfer","description":"Salaire de juin 2026, Direction des operations, Abidjan Plateau,Treichville",` +
	`"batchId":"bat_01HJ3K8Z6V9Q2W4E5R6T7Y8U9I","subCompanyId":"subco_01HJ3K8Z6V9Q2W4E5R6T7Y8U9I","failureReason":null,` +
	`"djamoTransactionReference":"DJM-2023-11-24-000123456","correlationId":"34f66c14821e8ba0"}}`

// resent is one request that can be read again and again without allocating for it.
func resent(b *testing.B) (*http.Request, func()) {
	b.Helper()
	body := bytes.NewReader([]byte(completedEvent))
	r := clienttest.Post("", djamo.SignWebhook([]byte(completedEvent), "s"))
	r.Body, r.ContentLength = io.NopCloser(body), int64(body.Len())
	return r, func() { _, _ = body.Seek(0, io.SeekStart) }
}

// BenchmarkParseWebhook reads, verifies and parses a request.
func BenchmarkParseWebhook(b *testing.B) {
	require.Len(b, completedEvent, 600)
	b.Run("djamo", func(b *testing.B) {
		r, rewind := resent(b)
		b.ReportAllocs()
		for b.Loop() {
			rewind()
			if _, err := djamo.ParseWebhook(r, "s"); err != nil {
				b.Fatal(err)
			}
		}
	})
	// The body in hand: the bare loop does not even read it.
	b.Run("bare", func(b *testing.B) {
		body, header, secret := []byte(completedEvent), djamo.SignWebhook([]byte(completedEvent), "s"), []byte("s")
		b.ReportAllocs()
		for b.Loop() {
			if _, err := bareWebhook(body, header, secret); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func bareWebhook(body []byte, header string, secret []byte) (*djamo.Event, error) {
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	sum, err := base64.StdEncoding.DecodeString(header)
	if err != nil || !hmac.Equal(sum, mac.Sum(nil)) {
		return nil, errors.New("forged")
	}
	event := new(djamo.Event)
	return event, json.Unmarshal(body, event)
}

// It reads the body too, which the bare loop is given, and still takes neither more allocations nor more bytes. The time
// is for benchmarks: see the module of that name.
//
//nolint:paralleltest // it counts what is allocated
func TestParseWebhook_TakesNoMoreThanBare(t *testing.T) {
	body, header := []byte(completedEvent), djamo.SignWebhook([]byte(completedEvent), "s")
	reader := bytes.NewReader(body)
	r := clienttest.Post("", header)
	r.Body, r.ContentLength = io.NopCloser(reader), int64(len(body))
	want, err := bareWebhook(body, header, []byte("s"))
	require.NoError(t, err)
	got, err := djamo.ParseWebhook(r, "s")
	require.NoError(t, err)
	require.Equal(t, want, got, "both do the same work")
	ours, ourBytes := allocated(t, func() error {
		reader.Reset(body)
		_, err := djamo.ParseWebhook(r, "s")
		return err
	})
	bare, bareBytes := allocated(t, func() error {
		_, err := bareWebhook(body, header, []byte("s"))
		return err
	})
	t.Logf("djamo %d allocations, %d bytes; bare %d allocations, %d bytes", ours, ourBytes, bare, bareBytes)
	require.LessOrEqual(t, ours, bare)
	require.LessOrEqual(t, ourBytes, bareBytes)
}

// allocated is what one call takes: the least of several rounds, for others may allocate meanwhile.
func allocated(t *testing.T, do func() error) (allocations, size uint64) {
	t.Helper()
	const rounds, calls = 5, 200
	allocations, size = math.MaxUint64, math.MaxUint64
	for range rounds {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range calls {
			require.NoError(t, do())
		}
		runtime.ReadMemStats(&after)
		allocations = min(allocations, (after.Mallocs-before.Mallocs)/calls)
		size = min(size, (after.TotalAlloc-before.TotalAlloc)/calls)
	}
	return allocations, size
}

// BenchmarkWebhookHandler handles deliveries that are all different, and reports what the process holds in the end: with
// -benchtime 10000000x it shows that memory does not grow with them.
func BenchmarkWebhookHandler(b *testing.B) {
	handler := &djamo.WebhookHandler{Secrets: []string{"s"}, OnEvent: func(context.Context, djamo.Event) error { return nil }}
	body := []byte(completedEvent)
	at := bytes.Index(body, []byte("K8Z6V9Q2W4E5R6T7Y8U9I"))
	r, w := clienttest.Post("", ""), discardingWriter{}
	b.ReportAllocs()
	for i := range b.N {
		copy(body[at:], fmt.Sprintf("%021d", i))
		r.Header[djamo.SignatureHeader] = []string{djamo.SignWebhook(body, "s")}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		handler.ServeHTTP(w, r)
	}
	b.StopTimer()
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(memory.HeapAlloc)/(1<<20), "MB-held")
	b.ReportMetric(float64(memory.Sys)/(1<<20), "MB-from-system")
	runtime.KeepAlive(handler)
}

// discardingWriter takes deadlines, as a connection's writer does.
type discardingWriter struct{}

func (discardingWriter) Header() http.Header             { return http.Header{} }
func (discardingWriter) Write(p []byte) (int, error)     { return len(p), nil }
func (discardingWriter) SetReadDeadline(time.Time) error { return nil }
func (discardingWriter) WriteHeader(status int) {
	if status != http.StatusOK {
		panic(status)
	}
}

func BenchmarkEvent(b *testing.B) {
	event, err := djamo.ParseWebhook(clienttest.Post(completedEvent, djamo.SignWebhook([]byte(completedEvent), "s")), "s")
	require.NoError(b, err)
	b.Run("Key", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = event.Key()
		}
	})
	b.Run("Transaction", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := event.Transaction(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
