package client

import (
	"context"
	"fmt"
	"strings"

	"github.com/stripe/stripe-go/v85"
)

const payoutID = "po_1OG9vN2eZvKYlo2C1Q2w3E4r"

func stripeReplies() replies {
	return replies{
		prefix: "v1", one: "/payouts/po_", wrap: "{item}", ids: cursorID(payoutID, "po_"),
		item: `{"id":"{id}","object":"payout","amount":50000,"arrival_date":1700784000,"automatic":false,` +
			`"balance_transaction":"txn_1OG9vN2eZvKYlo2CYq7sJd0v","created":1700847796,"currency":"xof","description":"Salaire de juin {pad}",` +
			`"destination":"ba_1OG9vM2eZvKYlo2C8hKq9V3c","failure_code":null,"livemode":false,"metadata":{"reference":"payroll-2026-06/0042"},` +
			`"method":"standard","source_type":"card","status":"paid","type":"bank_account"}`,
		page: func(page int) (envelope, headers string) {
			return fmt.Sprintf(`{"object":"list","url":"/v1/payouts","has_more":%t,"data":[{items}]}`, page < pages), ""
		},
	}
}

// stripeSDK puts its own /v1 behind the address and refuses paths that begin otherwise.
func stripeSDK(base string) (Calls, error) {
	base = strings.TrimSuffix(base, "/v1")
	backends := stripe.NewBackendsWithConfig(&stripe.BackendConfig{URL: new(base), HTTPClient: wideClient()})
	client := stripe.NewClient(token, stripe.WithBackends(backends))
	return Calls{
		Get: func(ctx context.Context) error {
			payout, err := client.V1Payouts.Retrieve(ctx, payoutID, nil)
			if err != nil {
				return err
			}
			return check(payout.ID, payoutID, payout.Amount)
		},
		Create: func(ctx context.Context) error {
			payout, err := client.V1Payouts.Create(ctx, &stripe.PayoutCreateParams{
				Amount: new(
					int64(amount),
				), Currency: new("xof"), Description: new("Salaire de juin"), Metadata: map[string]string{"reference": reference}})
			if err != nil {
				return err
			}
			return check(payout.ID, payoutID, payout.Amount)
		},
		List: func(ctx context.Context) error {
			var all tally
			params := &stripe.PayoutListParams{}
			params.Limit = new(int64(pageSize))
			for payout, err := range client.V1Payouts.List(ctx, params).All(ctx) {
				if err != nil {
					return err
				}
				all.add(payout.ID != "", payout.Amount)
			}
			return all.check()
		},
	}, nil
}
