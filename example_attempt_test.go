package djamo_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
)

// narrator is a RoundTripper that says what is sent, by names that hold no id.
type narrator struct{ next http.RoundTripper }

func (n narrator) RoundTrip(req *http.Request) (*http.Response, error) {
	if attempt, ok := djamo.AttemptFromContext(req.Context()); ok {
		fmt.Println(req.Method, attempt.PathTemplate, "attempt", attempt.Number)
	}
	return n.next.RoundTrip(req) // with its body as it is
}

// SendsThrough vouches that every request goes to n.next, once and as it is.
func (n narrator) SendsThrough() http.RoundTripper { return n.next }

func ExampleAttemptFromContext() {
	server, err := djamotest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL),
		djamo.WithHTTPClient(&http.Client{Transport: narrator{http.DefaultTransport}}))
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	payment, err := client.Transactions.Create(ctx, djamo.TransactionParams{
		MSISDN: "+2250748710523", Amount: 50_000, Reference: "payroll-2026-06/0042"})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := server.Inject(djamotest.FailBefore(http.StatusBadGateway), djamotest.OneShot()); err != nil {
		log.Fatal(err)
	}
	if _, err := client.Transactions.Get(ctx, payment.ID); err != nil {
		log.Fatal(err)
	}
	// Output:
	// POST /v1/transactions attempt 1
	// GET /v1/transactions/{id} attempt 1
	// GET /v1/transactions/{id} attempt 2
}
