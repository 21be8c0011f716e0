package djamo_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/stretchr/testify/require"
)

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
	r := post("", djamo.SignWebhook([]byte(completedEvent), "s"))
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
	r := post("", header)
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
	r, w := post("", ""), discardingWriter{}
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
	event, err := djamo.ParseWebhook(post(completedEvent, djamo.SignWebhook([]byte(completedEvent), "s")), "s")
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
