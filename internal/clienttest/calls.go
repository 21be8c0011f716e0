// Package clienttest is what the tests of the client share: clients whose answers are scripted or mocked, the endpoints and
// their recorded answers, and signed webhook deliveries. No program imports it.
package clienttest

import (
	"context"
	"errors"

	"github.com/djamo/djamo-go"
)

// Payment is the payment that most tests send.
var Payment = djamo.TransactionParams{MSISDN: "+2250748710523", Amount: 50_000, Reference: "payroll-2026-06/0042", Description: "Salaire de juin"}

// Create sends [Payment] and checks that the result is that payment.
func Create(ctx context.Context, c *djamo.Client) error {
	got, err := c.Transactions.Create(ctx, Payment)
	if err == nil && (got.Reference != Payment.Reference || got.Amount != Payment.Amount && got.Amount != 0) {
		return errors.New("the answer is not the payment that was sent")
	}
	return err
}

// Call is one call of a client, of which only the error counts.
type Call = func(context.Context, *djamo.Client) error

// CreateCharge sends a charge and checks that the result is that charge.
func CreateCharge(ctx context.Context, c *djamo.Client) error {
	got, err := c.Charges.Create(ctx, djamo.ChargeParams{Amount: 10_000, ExternalID: "order-7"})
	if err == nil && got.ExternalID != "order-7" {
		return errors.New("the answer is not the charge that was sent")
	}
	return err
}
