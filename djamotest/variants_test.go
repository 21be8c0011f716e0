package djamotest_test

import (
	"encoding/json"
	"io"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// raw sends a request and decodes whatever JSON comes back.
func (c *caller) raw(method, path string, body any) (int, any) {
	c.t.Helper()
	resp, err := c.do(c.request(method, path, body))
	require.NoError(c.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(c.t, err)
	return resp.StatusCode, decode(c.t, text)
}

func decodeMap(raw []byte) map[string]any {
	var out map[string]any
	_ = json.Unmarshal(raw, &out)
	return out
}

func TestVariants_Lookup(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name           string
		variants       []djamotest.Variant
		found, missing func(t *testing.T, status int, body any)
	}{
		{"page", nil,
			func(t *testing.T, status int, body any) { require.Len(t, body.(object)["data"], 1) },
			func(t *testing.T, status int, body any) {
				require.Equal(t, 200, status)
				require.Empty(t, body.(object)["data"])
			}},
		{"array", []djamotest.Variant{djamotest.LookupArray},
			func(t *testing.T, status int, body any) { require.Equal(t, "r", body.([]any)[0].(object)["reference"]) },
			func(t *testing.T, status int, body any) { require.Equal(t, []any{200, []any{}}, []any{status, body}) }},
		{"array is never wrapped", []djamotest.Variant{djamotest.LookupArray, djamotest.WrapData},
			func(t *testing.T, status int, body any) { require.Len(t, body, 1) },
			func(t *testing.T, status int, body any) { require.Equal(t, []any{}, body) }},
		{"object", []djamotest.Variant{djamotest.LookupObject},
			func(t *testing.T, status int, body any) { require.Equal(t, "r", body.(object)["reference"]) },
			func(t *testing.T, status int, body any) { require.Equal(t, 404, status) }},
		{"wrapped object", []djamotest.Variant{djamotest.LookupObject, djamotest.WrapData},
			func(t *testing.T, status int, body any) {
				require.Equal(t, "r", body.(object)["data"].(object)["reference"])
			},
			func(t *testing.T, status int, body any) {
				require.Equal(t, "Not Found Exception", body.(object)["error"])
			}},
		{"page or 404", []djamotest.Variant{djamotest.LookupNotFound},
			func(t *testing.T, status int, body any) { require.Len(t, body.(object)["data"], 1) },
			func(t *testing.T, status int, body any) { require.Equal(t, 404, status) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, c := newAPI(t, djamotest.WithVariants(tt.variants...))
			c.raw("POST", "/v1/transactions", transferTo(awa, 5000, "r"))
			status, body := c.raw("GET", "/v1/transactions?reference=r", nil)
			require.Equal(t, 200, status)
			tt.found(t, status, body)
			status, body = c.raw("GET", "/v1/transactions?reference=nobody", nil)
			tt.missing(t, status, body)
		})
	}
}

func TestVariants_WrapSingleObjectsOnly(t *testing.T) {
	t.Parallel()
	_, c := newAPI(t, djamotest.WithVariants(djamotest.WrapData))
	for _, got := range []object{
		c.must(201, "POST", "/v1/transactions", transferTo(awa, 5000, "r")),
		c.must(201, "POST", "/v1/charges", chargeOf(500, "x")),
		c.must(200, "GET", "/v1/balance", nil),
	} {
		require.Len(t, got, 1)
		require.NotEmpty(t, got["data"].(object))
	}
	require.Contains(t, c.must(200, "GET", "/v1/transactions", nil), "cursor")
	require.Len(t, c.refused(404, "GET", "/v1/transactions/x", nil), 1)
}

func TestVariants_MessageAsString(t *testing.T) {
	t.Parallel()
	_, c := newAPI(t, djamotest.WithVariants(djamotest.MessageString))
	_, body := c.call("POST", "/v1/transactions", `{"amount":0,"msisdn":"x","reference":"r","type":"transfer"}`)
	require.Equal(t, "msisdn must be a valid phone number; amount must be a positive number", body["message"])
}

func TestVariants_ExtraFieldsEverywhereButInMetadata(t *testing.T) {
	t.Parallel()
	l := &listener{}
	api, c := newAPI(t, djamotest.WithVariants(djamotest.ExtraFields), djamotest.WithWebhookTransport(l))
	c.listen(hook, "charge/events")
	charge := c.must(201, "POST", "/v1/charges", chargeOf(500, "x"))
	require.Contains(t, charge, "xFutureField")
	require.Equal(t, chargeOf(500, "x")["metadata"].(object)["purchaseReference"], charge["metadata"].(object)["purchaseReference"])
	require.Len(t, charge["metadata"], 2)
	require.Equal(t, number(12345678901234567), charge["metadata"].(object)["nested"].(object)["n"])
	list := c.must(200, "GET", "/v1/charges", nil)
	require.Contains(t, list["cursor"], "xFutureField")
	require.Contains(t, list["data"].([]any)[0], "xFutureNumber")
	_, failure := c.call("GET", "/v1/charges/nobody", nil)
	require.Contains(t, failure, "xFutureField")
	require.NoError(t, api.Pay("x"))
	require.Contains(t, decodeMap(l.bodies[0])["data"], "xFutureField")
}

func TestVariants_Timestamps(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 1, 28, 8, 39, 8, 249e6, time.UTC)
	tests := []struct {
		name                string
		variants            []djamotest.Variant
		transaction, charge string
	}{
		{"as recorded", nil, "2025-01-28T08:39:08.249Z", "2025-01-28T08:39:08.249Z"},
		{"compact", []djamotest.Variant{djamotest.CompactTimestamps}, "20250128T083908.249Z", "20250128T083908.249Z"},
		{"seconds", []djamotest.Variant{djamotest.SecondTimestamps}, "2025-01-28T08:39:08Z", "2025-01-28T08:39:08Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, c := newAPI(t, djamotest.WithVariants(tt.variants...), djamotest.WithClock(func() time.Time { return at }))
			require.Equal(t, tt.transaction, c.must(201, "POST", "/v1/transactions", transferTo(awa, 5000, "r"))["createdAt"])
			require.Equal(t, tt.charge, c.must(201, "POST", "/v1/charges", chargeOf(500, "x"))["createdAt"])
		})
	}
}

func TestVariants_BatchInParts(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t, djamotest.WithVariants(djamotest.BatchInParts), djamotest.WithBalance(20_000))
	c.pay(awa, 5000, "used")
	item := func(ref string, amount int64) object {
		return object{"msisdn": awa, "amount": amount, "reference": ref}
	}
	got := c.must(201, "POST", "/v1/transactions/batch", object{"transactions": []any{
		item("a", 5000), item("used", 1), item("a", 1), item("too much", 9_901), item("b", 9_801),
	}})
	var refs []string
	for _, tx := range got["transactions"].([]any) {
		refs = append(refs, tx.(object)["reference"].(string))
	}
	require.Equal(t, []string{"a", "b"}, refs)
	require.Equal(t, []any{number(14_801), number(148)}, []any{got["totalAmount"], got["totalFee"]})
	require.Equal(t, int64(1), api.Balance())
	require.Equal(t, []string{"a transaction with reference b already exists"},
		c.refused(409, "POST", "/v1/transactions/batch", object{"transactions": []any{item("b", 1), item("c", 5000)}}))
	api.AssertPaidOnce(t, "used", "a", "b")
	api.AssertNotPaid(t, "too much", "c")
	api.AssertBalanced(t)
	require.Equal(t, []djamotest.EntryKind{
		djamotest.TransferAccepted,
		djamotest.TransferRefused, djamotest.TransferRefused, djamotest.TransferRefused, djamotest.TransferAccepted, djamotest.TransferAccepted,
		djamotest.TransferRefused, djamotest.TransferRefused,
	}, kinds(api))
}

func TestVariants_CustomerCheckAsBefore(t *testing.T) {
	t.Parallel()
	_, c := newAPI(t, djamotest.WithVariants(djamotest.CustomerKYC), djamotest.WithCustomers(koffi))
	require.Equal(t, object{"kycStatus": "VERIFIED"},
		c.must(200, "GET", "/v1/transactions/customers/check?msisdn="+url.QueryEscape(koffi), nil))
	c.refused(404, "GET", "/v1/transactions/customers/check?msisdn="+url.QueryEscape(awa), nil)
}
