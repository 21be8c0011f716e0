// Command transfer pays one person, waits until the payment is final, and says what became of it.
//
//	go run ./examples/transfer
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"

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
		// Anything but staging and a server on this machine may move real money, gateways in front of the API included.
		if url := strings.ToLower(os.Getenv(djamo.EnvAPIURL)); strings.Contains(url, "https:") && !strings.Contains(url, "staging") {
			return nil, nil, errors.New("the payee is made up: put in your own, and take this check out, before you pay real money")
		}
		client, err = djamo.NewClientFromEnv()
		return client, func() {}, err
	}
	server, err := djamotest.Start(djamotest.WithSettleAfter(time.Second))
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
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()

	// Store the reference before sending: whatever happens, the payment can be found by it.
	payment := djamo.TransactionParams{
		MSISDN: "+2250748710523", Amount: 50_000, Reference: "invoice-2026-0117", Description: "Facture 117",
	}
	sent, err := client.Transactions.Create(ctx, payment)
	switch {
	case errors.Is(err, djamo.ErrDuplicateReference):
		// An earlier run has used it: for this payment, or for another?
		if sent, err = client.Transactions.GetByReference(ctx, payment.Reference); err == nil && !payment.Matches(sent) {
			return fmt.Errorf("the reference %s does not lead to this payment: look at what it was used for", payment.Reference)
		}
	case errors.Is(err, djamo.ErrOutcomeUnknown):
		return fmt.Errorf("do not pay again before looking the reference up: %w", err)
	}
	if err != nil {
		return err
	}
	final, err := client.Transactions.Wait(ctx, sent.ID, djamo.WaitParams{})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s to %s: %s %s\n", final.Amount, final.MSISDN, final.Status, final.FailureReason)
	return nil
}
