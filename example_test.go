package djamo_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
)

// The examples run against the API in memory.
func sandbox(opts ...djamotest.Option) (*djamotest.Server, *djamo.Client) {
	server, err := djamotest.Start(append(opts, djamotest.WithSettleAfter(0))...)
	if err != nil {
		log.Fatal(err)
	}
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL), djamo.WithCompanyID(server.CompanyID))
	if err != nil {
		log.Fatal(err)
	}
	return server, client
}

// A first payment, with the account in the environment.
func Example() {
	server, _ := sandbox()
	defer server.Close()
	for name, value := range map[string]string{djamo.EnvAccessToken: server.Token, djamo.EnvAPIURL: server.URL} {
		if err := os.Setenv(name, value); err != nil {
			log.Fatal(err)
		}
		defer os.Unsetenv(name)
	}

	ctx := context.Background()
	client, err := djamo.NewClientFromEnv( // reads DJAMO_ACCESS_TOKEN, DJAMO_API_URL and DJAMO_COMPANY_ID
		djamo.WithLimits(djamo.Limits{MinAmount: 5_000, MaxAmount: 500_000}))
	if err != nil {
		log.Fatal(err)
	}

	params := djamo.TransactionParams{
		MSISDN:      "+2250748710523",
		Amount:      50_000,                 // whole francs
		Reference:   "payroll-2026-06/0042", // store it before you send
		Description: "Salaire de juin",
	}
	payment, err := client.Transactions.Create(ctx, params)
	if errors.Is(err, djamo.ErrOutcomeUnknown) {
		log.Fatalf("do not pay again; look up %s: %v", params.Reference, err)
	}
	if err != nil {
		log.Fatal(err) // this call paid nothing
	}

	payment, err = client.Transactions.Wait(ctx, payment.ID, djamo.WaitParams{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(payment.Reference, payment.Status, payment.FailureReason)
	// Output: payroll-2026-06/0042 completed
}

func ExampleNewClient() {
	client, err := djamo.NewClient("at_your_token",
		djamo.WithEnvironment(djamo.StagingCIV),
		djamo.WithTimeout(20*time.Second))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client)
	// Output: djamo.Client(https://apibusiness-staging-civ.djamo.io)
}

func ExampleTransactionService_Create() {
	server, client := sandbox()
	defer server.Close()
	ctx := context.Background()

	payment, err := client.Transactions.Create(ctx, djamo.TransactionParams{
		MSISDN:      "+2250748710523",
		Amount:      50_000, // whole francs
		Reference:   "payroll-2026-06/0042",
		Description: "Salaire de juin",
	})
	if err != nil {
		log.Fatal(err)
	}
	payment, err = client.Transactions.Wait(ctx, payment.ID, djamo.WaitParams{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(int64(payment.Amount), payment.MSISDN, payment.Status)
	// Output: 50000 +22507******23 completed
}

func ExampleTransactionService_List() {
	server, client := sandbox()
	defer server.Close()
	ctx := context.Background()
	for i := range 3 {
		_, err := client.Transactions.Create(ctx, djamo.TransactionParams{
			MSISDN: "+2250748710523", Amount: 10_000, Reference: fmt.Sprintf("invoice/%d", i)})
		if err != nil {
			log.Fatal(err)
		}
	}

	total := djamo.XOF(0)
	for payment, err := range client.Transactions.List(ctx, djamo.TransactionListParams{Limit: 2}) {
		if err != nil {
			log.Fatal(err)
		}
		if total, err = total.Add(payment.Amount); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Printf("%d francs\n", total)
	// Output: 30000 francs
}

// The order of a listing is not documented: stop when what was looked for is found, and after so many payments in any case.
func ExampleTransactionService_List_stop() {
	server, client := sandbox()
	defer server.Close()
	ctx := context.Background()
	for i := range 9 {
		_, err := client.Transactions.Create(ctx, djamo.TransactionParams{
			MSISDN: "+2250748710523", Amount: 10_000, Reference: fmt.Sprintf("invoice/%d", i)})
		if err != nil {
			log.Fatal(err)
		}
	}

	const atMost = 1000
	wanted := map[string]bool{"invoice/3": true, "invoice/5": true}
	seen := 0
	for payment, err := range client.Transactions.List(ctx, djamo.TransactionListParams{Limit: 2}) {
		if err != nil {
			log.Fatal(err)
		}
		if delete(wanted, payment.Reference); len(wanted) == 0 {
			break // no further page is read
		}
		if seen++; seen == atMost {
			break
		}
	}
	fmt.Println(len(wanted), "not found")
	// Output: 0 not found
}

func ExampleParseNationalMSISDN() {
	payee, err := djamo.ParseNationalMSISDN("CI", "07 48 71 05 23")
	fmt.Println(payee, err) // printed, a number masks itself

	_, err = djamo.ParseNationalMSISDN("CI", "48 71 05 23")
	fmt.Println(err)
	// Output:
	// +22507******23 <nil>
	// djamo: msisdn: has 8 digits, as before 2021: since then 01 (Moov), 05 (MTN) or 07 (Orange) stands before a mobile number, and 21, 25 or 27 before a fixed one; ask the payee for the 10 digits, got 48****23
}

func Example_errors() {
	server, client := sandbox()
	defer server.Close()
	ctx := context.Background()
	params := djamo.TransactionParams{MSISDN: "+2250748710523", Amount: 50_000, Reference: "payroll-2026-06/0042"}
	if _, err := client.Transactions.Create(ctx, params); err != nil {
		log.Fatal(err)
	}

	payment, err := client.Transactions.Create(ctx, params)
	var unknown *djamo.OutcomeUnknownError
	var refused *djamo.Error
	switch {
	case err == nil:
		fmt.Println("accepted", payment.ID)
	case errors.As(err, &unknown):
		fmt.Println("do not pay again; look up", unknown.References)
	case errors.Is(err, djamo.ErrDuplicateReference):
		earlier, err := client.Transactions.GetByReference(ctx, params.Reference)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("the same payment:", params.Matches(earlier))
	case errors.As(err, &refused):
		fmt.Println("refused", refused.StatusCode, refused.Messages, refused.CorrelationID)
	default:
		fmt.Println("not sent:", err)
	}
	// Output: the same payment: true
}

func ExampleTransactionService_GetByReference() {
	server, client := sandbox()
	defer server.Close()
	_, err := client.Transactions.GetByReference(context.Background(), "never-sent")
	fmt.Println(errors.Is(err, djamo.ErrNotFound))
	// Output: true
}

func ExampleBatchService_Create() {
	server, client := sandbox()
	defer server.Close()
	batch, err := client.Batches.Create(context.Background(), djamo.BatchParams{Transactions: []djamo.TransactionParams{
		{MSISDN: "+2250748710523", Amount: 50_000, Reference: "bonus/1", Description: "Prime de juin"},
		{MSISDN: "+2250748710524", Amount: 60_000, Reference: "bonus/2", Description: "Prime de juin"},
	}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(batch.Status, len(batch.Transactions), int64(batch.TotalAmount))
	// Output: processing 2 110000
}

func ExampleCustomerService_Check() {
	server, client := sandbox(djamotest.WithCustomers("+2250748710523"))
	defer server.Close()
	for _, number := range []djamo.MSISDN{"+2250748710523", "+2250748710524"} {
		check, err := client.Customers.Check(context.Background(), djamo.CustomerCheckParams{MSISDN: number})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(number, check.HasAccount)
	}
	// Output:
	// +22507******23 true
	// +22507******24 false
}

func ExampleBalanceService_Get() {
	server, client := sandbox(djamotest.WithBalance(1_500_000))
	defer server.Close()
	balance, err := client.Balance.Get(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(int64(balance.Balance), balance.Currency)
	// Output: 1500000 XOF
}

func ExampleSubCompanyService_Deactivate() {
	server, client := sandbox()
	defer server.Close()
	ctx := context.Background()
	factory, err := client.SubCompanies.Create(ctx, djamo.SubCompanyParams{Name: "Chocolate Factory", LogoURL: "https://myapp.example/logo.png"})
	if err != nil {
		log.Fatal(err)
	}
	if factory, err = client.SubCompanies.Deactivate(ctx, factory.ID); err != nil {
		log.Fatal(err)
	}
	fmt.Println(factory.Name, factory.IsActive)
	// Output: Chocolate Factory false
}

func ExampleChargeService_Create() {
	server, client := sandbox()
	defer server.Close()
	ctx := context.Background()
	charge, err := client.Charges.Create(ctx, djamo.ChargeParams{Amount: 10_000, ExternalID: "order-7", Description: "Product purchase"})
	if err != nil {
		log.Fatal(err)
	}
	if charge, err = client.Charges.Pay(ctx, charge.ID, djamo.ChargePayParams{}); err != nil { // staging only: plays the customer
		log.Fatal(err)
	}
	if charge, err = client.Charges.RefundPart(ctx, charge.ID, 4_000); err != nil {
		log.Fatal(err)
	}
	fmt.Println(charge.Status, int64(charge.Refunded))
	// Output: refunded_partially 4000
}

func ExampleWebhookEndpointService_Create() {
	server, client := sandbox()
	defer server.Close()
	endpoint, err := client.WebhookEndpoints.Create(context.Background(), djamo.WebhookEndpointParams{
		Topic: djamo.TopicTransactionCompleted, URL: "https://myapp.example/webhooks/djamo"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(endpoint.Topic, endpoint.URL)
	// Output: transactions/completed https://myapp.example/webhooks/djamo
}

func ExampleClient_Do() {
	server, client := sandbox()
	defer server.Close()
	var balance struct {
		Currency string `json:"currency"`
	}
	if err := client.Do(context.Background(), http.MethodGet, "/v1/balance", nil, &balance); err != nil {
		log.Fatal(err)
	}
	fmt.Println(balance.Currency)
	// Output: XOF
}
