package djamo_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
)

// The payment is carried out and its answer is lost: the client finds it by its reference, and nothing is paid twice.
func Example_lostAnswer() {
	server, client := sandbox()
	defer server.Close()
	_, err := server.Inject(djamotest.LoseReply(), djamotest.On("POST /v1/transactions"), djamotest.OneShot())
	if err != nil {
		log.Fatal(err)
	}

	var response djamo.Response
	payment, err := client.Transactions.Create(context.Background(), djamo.TransactionParams{
		MSISDN: "+2250748710523", Amount: 50_000, Reference: "payroll-2026-06/0042"}, djamo.WithResponse(&response))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(payment.Reference, "settled:", response.Settled, "payments:", len(server.Transactions()))
	// Output: payroll-2026-06/0042 settled: true payments: 1
}

// A batch has no key of its own. Each of its references tells, one by one, whether it was paid.
func ExampleOutcomeUnknownError() {
	server, client := sandbox()
	defer server.Close()
	ctx := context.Background()
	_, err := server.Inject(djamotest.LoseReply(), djamotest.On("POST /v1/transactions/batch"), djamotest.OneShot())
	if err != nil {
		log.Fatal(err)
	}

	_, err = client.Batches.Create(ctx, djamo.BatchParams{Transactions: []djamo.TransactionParams{
		{MSISDN: "+2250748710523", Amount: 50_000, Reference: "bonus/1"},
		{MSISDN: "+2250748710524", Amount: 60_000, Reference: "bonus/2"},
	}})
	if unknown, ok := errors.AsType[*djamo.OutcomeUnknownError](err); ok {
		for _, reference := range unknown.References {
			payment, err := client.Transactions.GetByReference(ctx, reference)
			switch {
			case err == nil:
				fmt.Println(reference, "was paid:", int64(payment.Amount))
			case errors.Is(err, djamo.ErrNotFound):
				fmt.Println(reference, "is not there yet: look again later, and pay it under this reference only")
			default:
				log.Fatal(err)
			}
		}
	}
	// Output:
	// bonus/1 was paid: 50000
	// bonus/2 was paid: 60000
}

// A program with a journal of its own sends once, and settles by itself.
func ExampleWithSingleAttempt() {
	server, client := sandbox()
	defer server.Close()
	_, err := server.Inject(djamotest.FailAfter(502), djamotest.On("POST /v1/transactions"), djamotest.OneShot())
	if err != nil {
		log.Fatal(err)
	}

	_, err = client.Transactions.Create(context.Background(), djamo.TransactionParams{
		MSISDN: "+2250748710523", Amount: 50_000, Reference: "payroll-2026-06/0043"}, djamo.WithSingleAttempt())
	fmt.Println(errors.Is(err, djamo.ErrOutcomeUnknown), len(server.Requests()))
	// Output: true 1
}

// Tests of programs that use this package can build every error.
func ExampleError() {
	err := fmt.Errorf("paying invoice 8: %w", &djamo.Error{
		Method: "POST", Path: "/v1/transactions", StatusCode: 409,
		Messages: []string{"reference already used"}, CorrelationID: "34f66c14821e8ba0e2d7749406c06081"})
	fmt.Println(errors.Is(err, djamo.ErrDuplicateReference))
	fmt.Println(err)
	// Output:
	// true
	// paying invoice 8: djamo: POST /v1/transactions: 409 Conflict: reference already used (correlation id 34f66c14821e8ba0e2d7749406c06081)
}
