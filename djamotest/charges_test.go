package djamotest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

func chargeOf(amount int64, externalID string) object {
	return object{
		"amount": amount, "externalId": externalID, "description": "Product purchase",
		"metadata":                 object{"purchaseReference": "00DDAAEESDS", "nested": object{"n": int64(12345678901234567)}},
		"onCanceledRedirectionUrl": "https://www.merchant.com/cancel", "onCompletedRedirectionUrl": "https://www.merchant.com/ok",
	}
}

func TestCharges_CreatePayRefund(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 1, 28, 8, 39, 8, 249e6, time.UTC)
	api, c := newAPI(t, djamotest.WithBalance(0), djamotest.WithClock(func() time.Time { return at }))
	created := c.must(201, "POST", "/v1/charges", chargeOf(10_000, "12182912"))
	id := created["id"].(string)
	require.Equal(t, object{
		"id": id, "externalId": "12182912", "status": "due", "amount": number(10_000), "currency": "XOF",
		"due": number(10_000), "paid": number(0), "refunded": number(0), "fees": number(0), "transactions": []any{},
		"paymentUrl": "https://p.djamo.com/payment-link/?type=payment_confirmation&chargeId=" + id, "description": "Product purchase",
		"metadata":  object{"purchaseReference": "00DDAAEESDS", "nested": object{"n": number(12345678901234567)}},
		"createdAt": "2025-01-28T08:39:08.249Z", "updatedAt": "2025-01-28T08:39:08.249Z",
	}, created)
	require.Equal(t, "due", c.must(200, "GET", "/v1/charges/"+id, nil)["status"])

	paid := c.must(200, "POST", "/v1/charges/"+id+"/pay", nil)
	require.Equal(t, []any{"paid", number(0), number(10_000), number(100)}, []any{paid["status"], paid["due"], paid["paid"], paid["fees"]})
	require.Len(t, paid["transactions"], 1)
	require.Equal(t, int64(9_900), api.Balance())
	require.Equal(t, []string{"charge cannot be paid: it is paid"}, c.refused(422, "POST", "/v1/charges/"+id+"/pay", object{}))

	part := c.must(200, "POST", "/v1/charges/"+id+"/refund", object{"amount": 4_000})
	require.Equal(t, []any{"refunded_partially", number(4_000)}, []any{part["status"], part["refunded"]})
	require.Equal(t, []string{"refund exceeds what is left of the charge: 6000"},
		c.refused(422, "POST", "/v1/charges/"+id+"/refund", object{"amount": 6_001}))
	require.Equal(t, []string{"insufficient balance"}, c.refused(422, "POST", "/v1/charges/"+id+"/refund", object{}))
	require.NoError(t, api.SetBalance(6_000))
	whole := c.must(200, "POST", "/v1/charges/"+id+"/refund", object{})
	require.Equal(t, []any{"refunded", number(10_000)}, []any{whole["status"], whole["refunded"]})
	require.Zero(t, api.Balance())
	require.Equal(t, []string{"charge cannot be refunded: it is refunded"},
		c.refused(422, "POST", "/v1/charges/"+id+"/refund", object{"amount": 1}))
	require.True(t, api.AssertBalanced(t))
	require.Equal(t, []djamotest.EntryKind{
		djamotest.ChargeAccepted, djamotest.ChargeCollected, djamotest.ChargeRefused, djamotest.ChargeGivenBack,
		djamotest.ChargeRefused, djamotest.ChargeRefused, djamotest.BalanceSet, djamotest.ChargeGivenBack, djamotest.ChargeRefused,
	}, kinds(api))
}

func TestCharges_Refuse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, path string
		body       any
		status     int
		want       []string
	}{
		{"no amount", "", object{"externalId": "x"}, 400, []string{"amount must be a positive number", "amount must be an integer number"}},
		{"no externalId", "", object{"amount": 1}, 400, []string{"externalId should not be empty", "externalId must be a string"}},
		{"odd link", "", object{"amount": 1, "externalId": "x", "onCompletedRedirectionUrl": "merchant.com"}, 400,
			[]string{"onCompletedRedirectionUrl must be a URL address"}},
		{"metadata that is no object", "", object{"amount": 1, "externalId": "x", "metadata": "m"}, 400,
			[]string{"metadata must be an object"}},
		{"unknown field", "", object{"amount": 1, "externalId": "x", "colour": "red"}, 400, []string{"property colour should not exist"}},
		{"used externalId", "", object{"amount": 1, "externalId": "used"}, 409, []string{"a charge with externalId used already exists"}},
		{"another currency", "", object{"amount": 1, "externalId": "x", "currency": "EUR"}, 400,
			[]string{"currency must be one of the following values: XOF"}},
		{"refund by half a body", "/ID/refund", "{", 400, []string{"Unexpected end of JSON input"}},
		{"refund of nothing", "/ID/refund", object{"amount": 0}, 400, []string{"amount must be a positive number"}},
		{"refund with a fraction", "/ID/refund", `{"amount":10.5}`, 400, []string{"amount must be an integer number"}},
		{"refund of an unpaid charge", "/ID/refund", object{}, 422, []string{"charge cannot be refunded: it is due"}},
		{"refund of an unknown charge", "/nobody/refund", object{}, 404, []string{"charge not found"}},
		{"pay an unknown charge", "/nobody/pay", object{}, 404, []string{"charge not found"}},
		{"pay with fields", "/ID/pay", object{"amount": 1}, 400, []string{"property amount should not exist"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api, c := newAPI(t)
			id := c.must(201, "POST", "/v1/charges", object{"amount": 500, "externalId": "used"})["id"].(string)
			path := tt.path
			if len(path) > 3 && path[:3] == "/ID" {
				path = "/" + id + path[3:]
			}
			require.Equal(t, tt.want, c.refused(tt.status, "POST", "/v1/charges"+path, tt.body))
			require.Equal(t, djamotest.DefaultBalance, api.Balance())
			require.Len(t, api.Charges(), 1)
			require.Equal(t, []djamotest.EntryKind{djamotest.ChargeAccepted, djamotest.ChargeRefused}, kinds(api))
		})
	}
}

func TestCharges_DropAfterAnHourUnpaid(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t)
	ids := make([]string, 3)
	for i, name := range []string{"late", "paid", "expired"} {
		ids[i] = c.must(201, "POST", "/v1/charges", object{"amount": 500, "externalId": name})["id"].(string)
	}
	require.NoError(t, api.Advance(59*time.Minute))
	require.NoError(t, api.Pay("paid"))
	require.NoError(t, api.Expire(ids[2]))
	require.Equal(t, "due", api.Charges()[0].Status)
	require.NoError(t, api.Advance(time.Minute))
	var got []string
	for _, ch := range api.Charges() {
		got = append(got, ch.Status)
	}
	require.Equal(t, []string{"dropped", "paid", "dropped"}, got)
	late := api.Charges()[0]
	require.Equal(t, time.Hour, late.UpdatedAt.Sub(late.CreatedAt))
	require.Zero(t, late.Due)
	require.Equal(t, []string{"charge cannot be paid: it is dropped"}, c.refused(422, "POST", "/v1/charges/"+ids[0]+"/pay", nil))
	list := c.must(200, "GET", "/v1/charges?limit=2", nil)
	require.Len(t, list["data"], 2)
	require.Equal(t, ids[2], list["data"].([]any)[0].(object)["id"])
}
