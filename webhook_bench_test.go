package djamo_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"

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
