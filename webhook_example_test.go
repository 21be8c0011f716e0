package djamo_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
)

// deliver posts an event to a handler as Djamo does, and returns the answer.
func deliver(handler http.Handler, body string) int {
	r := httptest.NewRequest(http.MethodPost, "/webhooks/djamo", strings.NewReader(body))
	r.Header.Set(djamo.SignatureHeader, djamo.SignWebhook([]byte(body), "your webhook secret"))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Code
}

func ExampleWebhookHandler() {
	mux := http.NewServeMux()
	mux.Handle("/webhooks/djamo", &djamo.WebhookHandler{
		Secrets: []string{"your webhook secret"}, // os.Getenv("DJAMO_WEBHOOK_SECRET")
		OnTransactionCompleted: func(ctx context.Context, payment *djamo.Transaction) error {
			fmt.Println("paid:", payment.Reference)
			return nil // an error asks Djamo to deliver again
		},
		OnTransactionFailed: func(ctx context.Context, payment *djamo.Transaction) error {
			fmt.Println("failed:", payment.Reference, payment.FailureReason)
			return nil
		},
		OnCharge: func(ctx context.Context, charge *djamo.Charge) error {
			fmt.Println("charge:", charge.ExternalID, charge.Status)
			return nil
		},
		OnEvent: func(ctx context.Context, event djamo.Event) error {
			fmt.Println("another topic:", event.Topic)
			return nil
		},
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})

	completed := `{"topic":"transactions/completed","data":{"id":"txn_1","reference":"payroll-2026-06/0042","status":"completed"}}`
	fmt.Println(deliver(mux, completed))
	fmt.Println(deliver(mux, completed)) // a repeat is thanked for, and calls nothing back
	fmt.Println(deliver(mux, `{"topic":"charge/events","data":{"id":"ch_1","externalId":"order-1","status":"paid"}}`))
	// Output:
	// paid: payroll-2026-06/0042
	// 200
	// 200
	// charge: order-1 paid
	// 200
}

func ExampleParseWebhook() {
	var tracker djamo.StatusTracker // in your program: a table
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event, err := djamo.ParseWebhook(r, "your webhook secret", "the one before it")
		switch {
		case errors.Is(err, djamo.ErrInvalidSignature):
			http.Error(w, "invalid signature", http.StatusUnauthorized) // the reason in err is for the log
			return
		case err != nil:
			http.Error(w, "cannot be read", http.StatusBadRequest)
			return
		}
		if tracker.Update(event) { // neither a repeat nor overtaken by a later one
			fmt.Println(event.Topic)
		}
	})

	deliver(handler, `{"topic":"transactions/completed","data":{"id":"txn_1","reference":"r","status":"completed"}}`)
	deliver(handler, `{"topic":"transactions/started","data":{"id":"txn_1","reference":"r","status":"pending"}}`)
	// Output: transactions/completed
}

func ExampleVerifyWebhook() {
	existing := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("verified:", r.ContentLength, "bytes")
	})
	mux := http.NewServeMux()
	mux.Handle("/webhooks/djamo", djamo.VerifyWebhook("your webhook secret")(existing))

	fmt.Println(deliver(mux, `{"topic":"transactions/started","data":{"id":"txn_1"}}`))

	forged := httptest.NewRequest(http.MethodPost, "/webhooks/djamo", strings.NewReader(`{}`))
	forged.Header.Set(djamo.SignatureHeader, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, forged)
	fmt.Println(answer.Code)
	// Output:
	// verified: 54 bytes
	// 200
	// 401
}

func ExampleVerifySignature() {
	body := []byte(`{"topic":"transactions/started","data":{"id":"txn_1"}}`)
	hex := "6626575cdb4c576baec850ebcf858632e809fe1045de872aff6c0f6f1f40f484"
	err := djamo.VerifySignature(body, hex, "your webhook secret")
	fmt.Println(errors.Is(err, djamo.ErrInvalidSignature))
	fmt.Println(err)
	// Output:
	// true
	// djamo: invalid webhook signature: the X-Djamo-Hmac-Sha256 header is wrong: it is the hex of the right digest: take the base64 of its 32 bytes
}

func ExampleEvent_Stale() {
	event := func(body string) *djamo.Event {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set(djamo.SignatureHeader, djamo.SignWebhook([]byte(body), "s"))
		event, err := djamo.ParseWebhook(r, "s")
		if err != nil {
			panic(err)
		}
		return event
	}
	started := event(`{"topic":"transactions/started","data":{"id":"txn_1","status":"pending","updatedAt":"2026-06-30T08:00:00Z"}}`)
	completed := event(`{"topic":"transactions/completed","data":{"id":"txn_1","status":"completed","updatedAt":"2026-06-30T08:01:00Z"}}`)
	fmt.Println(completed.Stale(nil), completed.Stale(started), started.Stale(completed), completed.Stale(completed))
	// Output: false false true true
}

func ExampleStatusTracker() {
	var tracker djamo.StatusTracker
	handler := &djamo.WebhookHandler{
		Secrets: []string{"your webhook secret"},
		OnEvent: func(ctx context.Context, event djamo.Event) error {
			fmt.Println(event.Topic, "is news:", tracker.Update(&event))
			return nil
		},
		Timeout: 10 * time.Second,
	}
	// Deliveries come in any order.
	deliver(handler, `{"topic":"transactions/completed","data":{"id":"txn_1","status":"completed","updatedAt":"2026-06-30T08:01:00Z"}}`)
	deliver(handler, `{"topic":"transactions/started","data":{"id":"txn_1","status":"pending","updatedAt":"2026-06-30T08:00:00Z"}}`)

	latest, ok := tracker.Latest(djamo.TopicTransactionStarted, "txn_1")
	fmt.Println(latest.Topic, ok)
	// Output:
	// transactions/completed is news: true
	// transactions/started is news: false
	// transactions/completed true
}

// Testing a receiver of your own: sign a body with the secret it was given.
func ExampleSignWebhook() {
	receiver := &djamo.WebhookHandler{
		Secrets: []string{"test-secret"},
		OnTransactionFailed: func(ctx context.Context, payment *djamo.Transaction) error {
			fmt.Println("show to a person:", payment.Reference)
			return nil
		},
	}

	body := `{"topic":"transactions/failed","data":{"id":"txn_1","reference":"payroll-2026-06/0042","status":"failed"}}`
	r := httptest.NewRequest(http.MethodPost, "/webhooks/djamo", strings.NewReader(body))
	r.Header.Set(djamo.SignatureHeader, djamo.SignWebhook([]byte(body), "test-secret"))
	answer := httptest.NewRecorder()
	receiver.ServeHTTP(answer, r)
	fmt.Println(answer.Code)
	// Output:
	// show to a person: payroll-2026-06/0042
	// 200
}
