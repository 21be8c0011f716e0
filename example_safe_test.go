package djamo_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
)

// The outcome of a payment is unknown: its reference, which was stored before it was sent, tells what to do. The program
// that asks need not be the one that sent it.
func Example_settlingByHand() {
	server, client := sandbox()
	defer server.Close()
	ctx := context.Background()
	arrived := djamo.TransactionParams{MSISDN: "+2250748710523", Amount: 50_000, Reference: "invoice-118"}
	taken := djamo.TransactionParams{MSISDN: "+2250748710523", Amount: 75_000, Reference: "invoice-119"}
	for _, earlier := range []djamo.TransactionParams{arrived, taken} {
		if _, err := client.Transactions.Create(ctx, earlier); err != nil {
			log.Fatal(err)
		}
	}
	taken.Amount = 80_000 // the reference was used for another amount
	absent := djamo.TransactionParams{MSISDN: "+2250748710524", Amount: 60_000, Reference: "invoice-120"}

	for _, payment := range []djamo.TransactionParams{arrived, taken, absent} {
		found, err := client.Transactions.GetByReference(ctx, payment.Reference)
		switch {
		case errors.Is(err, djamo.ErrNotFound):
			fmt.Println(payment.Reference, "is not there: after the quiet period, look again, and send it under this reference")
		case err != nil:
			fmt.Println(payment.Reference, "is as unknown as before: ask again later")
		case payment.Matches(found):
			fmt.Println(payment.Reference, "was carried out:", found.Status)
		default:
			fmt.Println(payment.Reference, "belongs to another payment: show a person both")
		}
	}
	// Output:
	// invoice-118 was carried out: completed
	// invoice-119 belongs to another payment: show a person both
	// invoice-120 is not there: after the quiet period, look again, and send it under this reference
}

// A program with a journal of its own writes down each step before it takes it, and lets the client send once: the
// journal must know of every request. What it holds as "sending" when the program starts again is looked up first.
func ExampleWithSingleAttempt_journal() {
	server, client := sandbox()
	defer server.Close()
	ctx := context.Background()
	_, err := server.Inject(djamotest.LoseReply(), djamotest.On("POST /v1/transactions"), djamotest.OneShot())
	if err != nil {
		log.Fatal(err)
	}
	payment := djamo.TransactionParams{MSISDN: "+2250748710523", Amount: 50_000, Reference: "invoice-121"}
	journal := map[string]string{} // in a program: a table whose rows are on the disk before the next line runs

	journal[payment.Reference] = "sending"
	sent, err := client.Transactions.Create(ctx, payment, djamo.WithSingleAttempt())
	var refused *djamo.Error
	switch {
	case err == nil:
		journal[payment.Reference] = "sent as " + sent.ID
	case errors.Is(err, djamo.ErrOutcomeUnknown), errors.Is(err, djamo.ErrDuplicateReference), errors.Is(err, djamo.ErrUnprocessable):
		journal[payment.Reference] = "look up" // never "failed", and never under another reference
	case errors.Is(err, djamo.ErrInvalidRequest):
		journal[payment.Reference] = "refused: " + err.Error()
	case errors.As(err, &refused):
		journal[payment.Reference] = "not sent" // the token, the address or the rate, not the payment
	default:
		journal[payment.Reference] = "not sent" // nothing has left
	}
	fmt.Println(journal[payment.Reference])
	// Output: look up
}
