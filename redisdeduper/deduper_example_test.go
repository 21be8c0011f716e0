package redisdeduper_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/redisdeduper"
)

// One delivery reaches two machines: the callback runs once.
func Example() {
	server, err := miniredis.Run() // yours is a Redis that all machines reach
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	for _, machine := range []string{"first", "second"} {
		rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
		defer rdb.Close()
		seen, err := redisdeduper.New(rdb)
		if err != nil {
			log.Fatal(err)
		}

		handler := &djamo.WebhookHandler{
			Secrets: []string{"whsec_example"},
			Seen:    seen,
			OnTransactionCompleted: func(_ context.Context, payment *djamo.Transaction) error {
				fmt.Println(machine, "machine: paid", payment.Reference)
				return nil
			},
		}
		fmt.Println(machine, "machine answers", receive(handler))
	}
	// Output:
	// first machine: paid payroll-2026-06/0042
	// first machine answers 200
	// second machine answers 200
}

// receive delivers what Djamo would and returns the status.
func receive(handler http.Handler) int {
	const body = `{"topic":"transactions/completed","data":{"id":"6ae4","status":"completed",` +
		`"reference":"payroll-2026-06/0042","amount":50000,"updatedAt":"2026-06-30T10:00:00.000Z"}}`
	r := httptest.NewRequest(http.MethodPost, "/webhooks/djamo", strings.NewReader(body))
	r.Header.Set(djamo.SignatureHeader, djamo.SignWebhook([]byte(body), "whsec_example"))
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, r)
	return answer.Code
}
