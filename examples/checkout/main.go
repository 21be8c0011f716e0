// Command checkout asks a customer for money, prints the link to pay at, and refunds a part and then the rest. The
// customer's part is played by the API, which only staging and the embedded one do.
//
//	go run ./examples/checkout
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// connect takes the account from the environment, and an embedded API where there is none.
func connect() (client *djamo.Client, done func(), err error) {
	if os.Getenv(djamo.EnvAccessToken) != "" {
		client, err = djamo.NewClientFromEnv()
		return client, func() {}, err
	}
	server, err := djamotest.Start()
	if err != nil {
		return nil, nil, err
	}
	client, err = djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL), djamo.WithCompanyID(server.CompanyID))
	return client, func() { _ = server.Close() }, err
}

func run(ctx context.Context, out io.Writer) error {
	client, done, err := connect()
	if err != nil {
		return err
	}
	defer done()

	charge, err := client.Charges.Create(ctx, djamo.ChargeParams{
		Amount: 10_000, ExternalID: "order-12182912", Description: "Product purchase",
		OnCompletedRedirectionURL: "https://shop.example/thanks",
		OnCanceledRedirectionURL:  "https://shop.example/basket",
		Metadata:                  map[string]any{"purchaseReference": "00DDAAEESDS"},
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "pay %s at %s\n", charge.Amount, charge.PaymentURL)

	if charge, err = client.Charges.Pay(ctx, charge.ID, djamo.ChargePayParams{}); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: paid %s\n", charge.Status, charge.Paid)

	// A refund has no reference: after a lost answer, read the charge before asking again.
	if charge, err = client.Charges.RefundPart(ctx, charge.ID, 4_000); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: refunded %s\n", charge.Status, charge.Refunded)
	if charge, err = client.Charges.Refund(ctx, charge.ID); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: refunded %s\n", charge.Status, charge.Refunded)
	return nil
}
