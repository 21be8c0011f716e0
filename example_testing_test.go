package djamo_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/stretchr/testify/require"
)

// payInvoice is the code under test: it pays each invoice under one reference.
func payInvoice(ctx context.Context, client *djamo.Client, number int, payee djamo.MSISDN, amount djamo.XOF) error {
	_, err := client.Transactions.Create(ctx, djamo.TransactionParams{
		MSISDN: payee, Amount: amount, Reference: fmt.Sprintf("invoice-%d", number)})
	return err
}

func TestPayInvoice(t *testing.T) {
	t.Parallel()
	server := djamotest.NewServer(t, djamotest.WithBalance(100_000))
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL))
	require.NoError(t, err)
	_, err = server.Inject(djamotest.LoseReply(), djamotest.OneShot(), djamotest.On("POST /v1/transactions"))
	require.NoError(t, err)

	err = payInvoice(t.Context(), client, 117, "+2250748710523", 50_000)

	require.NoError(t, err, "a lost reply is no reason to fail")
	server.AssertPaidOnce(t, "invoice-117")
	server.AssertBalanced(t)
}

// In a test, djamotest.NewServer(t) starts the server and closes it, and server.AssertPaidOnce(t, …) asks the ledger.
func Example_testingHappyPath() {
	server, err := djamotest.Start(djamotest.WithBalance(100_000))
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL), djamo.WithCompanyID(server.CompanyID))
	if err != nil {
		log.Fatal(err)
	}

	// the code under test
	ctx := context.Background()
	payment, err := client.Transactions.Create(ctx, djamo.TransactionParams{
		MSISDN: "+2250748710523", Amount: 50_000, Reference: "payroll-2026-06/0042"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(payment.Status)

	// a minute passes for the server, not for the test
	if err := server.Advance(time.Minute); err != nil {
		log.Fatal(err)
	}
	payment, err = client.Transactions.Get(ctx, payment.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(payment.Status)
	fmt.Println(len(server.Transactions()), "payment,", server.Balance(), "francs left")
	// Output:
	// pending
	// completed
	// 1 payment, 49500 francs left
}

// A transfer that fails is accepted first; later its status says so, and the money is back.
func Example_testingFailedTransfer() {
	server, client := sandbox(djamotest.WithBalance(100_000))
	defer server.Close()
	ctx := context.Background()

	if err := server.Fail("+2250748710524", "account closed"); err != nil {
		log.Fatal(err)
	}
	payment, err := client.Transactions.Create(ctx, djamo.TransactionParams{
		MSISDN: "+2250748710524", Amount: 50_000, Reference: "payroll-2026-06/0043"})
	if err != nil {
		log.Fatal(err) // a refusal; a payment that fails is none
	}
	payment, err = client.Transactions.Wait(ctx, payment.ID, djamo.WaitParams{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(payment.Status, "-", payment.FailureReason)
	fmt.Println(server.Balance(), "francs left")
	for _, line := range server.Ledger() {
		fmt.Printf("%s: %+d\n", line.Kind, line.Delta)
	}
	// Output:
	// failed - account closed
	// 100000 francs left
	// transfer accepted: -50500
	// transfer failed: +50500
}

// A reply gets lost after the payment was carried out. The client finds the payment by its reference; only when look-ups
// fail too does the code under test have to deal with an unknown outcome.
func Example_testingLostReply() {
	server, client := sandbox()
	defer server.Close()
	ctx := context.Background()
	params := djamo.TransactionParams{MSISDN: "+2250748710523", Amount: 50_000, Reference: "payroll-2026-06/0044"}

	_, lost := server.Inject(djamotest.LoseReply(), djamotest.OneShot(), djamotest.On("POST /v1/transactions"))
	_, blocked := server.Inject(djamotest.Blocked(), djamotest.On("GET /v1/transactions?reference"))
	if err := errors.Join(lost, blocked); err != nil {
		log.Fatal(err)
	}
	_, err := client.Transactions.Create(ctx, params)
	fmt.Println("unknown:", errors.Is(err, djamo.ErrOutcomeUnknown))

	// what to do then: look the reference up, and if it is absent send the same payment again, later
	server.ClearFaults()
	payment, err := client.Transactions.GetByReference(ctx, params.Reference)
	if errors.Is(err, djamo.ErrNotFound) {
		payment, err = client.Transactions.Create(ctx, params)
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("paid:", params.Matches(payment), "in", len(server.Transactions()), "payment")
	// Output:
	// unknown: true
	// paid: true in 1 payment
}

// Registered endpoints get signed deliveries for every change of status, again and again until they acknowledge.
func Example_testingWebhookHandler() {
	server, err := djamotest.Start(djamotest.WithManualSettlement())
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	// the code under test
	busy := true
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event, err := djamo.ParseWebhook(r, server.WebhookSecret)
		if err != nil {
			http.Error(w, "not from Djamo", http.StatusUnauthorized)
			return
		}
		payment, err := event.Transaction()
		if err != nil || busy {
			busy = false
			fmt.Println("cannot store it now")
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		fmt.Println(event.Topic, payment.Reference, payment.Status)
	})
	receiver := httptest.NewServer(handler)
	defer receiver.Close()

	_, err = client.WebhookEndpoints.Create(ctx, djamo.WebhookEndpointParams{Topic: djamo.TopicTransactionCompleted, URL: receiver.URL})
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Transactions.Create(ctx, djamo.TransactionParams{
		MSISDN: "+2250748710523", Amount: 50_000, Reference: "payroll-2026-06/0045"})
	if err != nil {
		log.Fatal(err)
	}
	if err := server.Settle("payroll-2026-06/0045"); err != nil { // returns when the handler has answered
		log.Fatal(err)
	}
	fmt.Println("acknowledged:", server.DeliverNow())

	forged, err := receiver.Client().Post(receiver.URL, "application/json", http.NoBody)
	if err != nil {
		log.Fatal(err)
	}
	defer forged.Body.Close()
	fmt.Println("forged:", forged.StatusCode)
	// Output:
	// cannot store it now
	// transactions/completed payroll-2026-06/0045 completed
	// acknowledged: 1
	// forged: 401
}
