package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fact is something the reference says about the wire. Facts accept every shape the reference leaves open, and nothing
// else. They only read, and send what must be refused, unless they say that they move money. A failure shows types and names, never an answer, which may
// hold somebody's phone number.
type fact struct {
	name  string
	moves bool
	check func(*testing.T, *prober)
}

func facts() []fact {
	return []fact{
		{"a call without a token is unauthorized", false, func(t *testing.T, p *prober) {
			p.refused(t, p.request(t, "GET", "/v1/balance", "", func(r *http.Request) { r.Header.Del("Authorization") }), http.StatusUnauthorized)
		}},
		{"a call with a wrong token is unauthorized", false, func(t *testing.T, p *prober) {
			p.refused(t, p.request(t, "GET", "/v1/balance", "", func(r *http.Request) { r.Header.Set("Authorization", "Bearer at_wrong") }), http.StatusUnauthorized)
		}},
		{"the balance is whole francs", false, func(t *testing.T, p *prober) {
			balance := p.object(t, "GET", "/v1/balance", "")
			isAmount(t, balance, "balance")
			if currency, given := balance["currency"]; given {
				require.Equal(t, "XOF", currency)
			}
		}},
		{"nobody's payment is not found", false, func(t *testing.T, p *prober) {
			p.refused(t, p.request(t, "GET", "/v1/transactions/txn_00000000-0000-4000-8000-000000000000", ""), http.StatusNotFound)
		}},
		{"nobody's reference finds nothing", false, func(t *testing.T, p *prober) {
			status, body := p.send(t, p.request(t, "GET", "/v1/transactions?reference="+url.QueryEscape(p.reference+"/nobody"), ""))
			if status == http.StatusNotFound {
				isEnvelope(t, status, body)
				return
			}
			require.Equal(t, http.StatusOK, status)
			if n := len(found(body)); n > 0 {
				t.Errorf("found %d", n)
			}
		}},
		{"an invalid payment is refused", false, func(t *testing.T, p *prober) {
			for _, body := range []string{`{}`, `{"msisdn":"nobody","amount":-1,"reference":"","type":"transfer"}`} {
				p.refused(t, p.request(t, "POST", "/v1/transactions", body), http.StatusBadRequest)
			}
		}},
		{"an empty batch is refused", false, func(t *testing.T, p *prober) {
			p.refused(t, p.request(t, "POST", "/v1/transactions/batch", `{"transactions":[]}`), http.StatusBadRequest)
		}},
		{"a check of nobody is refused", false, func(t *testing.T, p *prober) {
			p.refused(t, p.request(t, "GET", "/v1/transactions/customers/check", ""), http.StatusBadRequest)
		}},
		{"an invalid sub-company is refused", false, func(t *testing.T, p *prober) {
			p.refused(t, p.request(t, "POST", "/v1/sub-companies", `{}`), http.StatusBadRequest)
		}},
		{"an invalid webhook endpoint is refused", false, func(t *testing.T, p *prober) {
			p.refused(t, p.request(t, "POST", "/v1/webhooks", `{"topic":"","url":"nowhere"}`), http.StatusBadRequest)
		}},
		{"an invalid charge is refused", false, func(t *testing.T, p *prober) {
			p.needsCompany(t)
			p.refused(t, p.request(t, "POST", "/v1/charges", `{"amount":-1}`), http.StatusBadRequest)
		}},
		{"payments come in pages", false, func(t *testing.T, p *prober) {
			for _, payment := range p.pages(t, "/v1/transactions") {
				isPayment(t, payment)
			}
		}},
		{"sub-companies come in pages", false, func(t *testing.T, p *prober) {
			for _, company := range p.pages(t, "/v1/sub-companies") {
				has[string](t, company, "id", "name", "createdAt")
				has[bool](t, company, "isActive")
			}
		}},
		{"webhook endpoints come in pages", false, func(t *testing.T, p *prober) {
			for _, endpoint := range p.pages(t, "/v1/webhooks") {
				has[string](t, endpoint, "id", "topic", "url")
			}
		}},
		{"charges come in pages", false, func(t *testing.T, p *prober) {
			p.needsCompany(t)
			for _, charge := range p.pages(t, "/v1/charges") {
				has[string](t, charge, "id", "status", "createdAt")
				isAmount(t, charge, "amount", "paid", "refunded")
			}
		}},
		{"a customer is checked", true, func(t *testing.T, p *prober) {
			check := p.object(t, "GET", "/v1/transactions/customers/check?msisdn="+url.QueryEscape(p.msisdn), "")
			if result, given := check["result"]; given {
				require.Equal(t, true, result)
				return
			}
			has[string](t, check, "kycStatus")
		}},
		{"a reference pays once", true, paysOncePerReference},
	}
}

// paysOncePerReference sends the smallest payment the documentation allows, and tries to send it again.
func paysOncePerReference(t *testing.T, p *prober) {
	const minAmount = 5_000
	body := func(amount int) string {
		raw, err := json.Marshal(map[string]any{
			"msisdn": p.msisdn, "amount": amount, "reference": p.reference, "type": "transfer", "description": "djamo-go conformance"})
		require.NoError(t, err)
		return string(raw)
	}
	sent := p.object(t, "POST", "/v1/transactions", body(minAmount))
	isPayment(t, sent)
	require.Equal(t, []any{p.reference, json.Number(fmt.Sprint(minAmount))}, []any{sent["reference"], sent["amount"]})

	p.refused(t, p.request(t, "POST", "/v1/transactions", body(minAmount)), http.StatusConflict)
	p.refused(t, p.request(t, "POST", "/v1/transactions", body(minAmount+1)), http.StatusConflict)

	id, _ := sent["id"].(string)
	read := p.object(t, "GET", "/v1/transactions/"+id, "")
	isPayment(t, read)
	require.Equal(t, p.reference, read["reference"])
	status, answer := p.send(t, p.request(t, "GET", "/v1/transactions?reference="+url.QueryEscape(p.reference), ""))
	require.Equal(t, http.StatusOK, status)
	if n := len(found(answer)); n != 1 {
		t.Fatalf("found %d", n)
	}
	require.Equal(t, id, found(answer)[0]["id"])
}

// isPayment holds an object to what is documented of every payment.
func isPayment(t *testing.T, payment map[string]any) {
	t.Helper()
	has[string](t, payment, "id", "msisdn", "status", "reference", "createdAt")
	isAmount(t, payment, "amount", "fee", "totalAmount")
	sum := int64(0)
	for name, sign := range map[string]int64{"amount": 1, "fee": 1, "totalAmount": -1} {
		n, err := payment[name].(json.Number).Int64()
		require.NoError(t, err)
		sum += sign * n
	}
	require.Zero(t, sum, "totalAmount is amount and fee")
}

// isAmount holds fields to whole francs: an integer, neither a fraction nor a text.
func isAmount(t *testing.T, object map[string]any, names ...string) {
	t.Helper()
	has[json.Number](t, object, names...)
	for _, name := range names {
		n, err := object[name].(json.Number).Int64()
		require.NoError(t, err, name)
		require.GreaterOrEqual(t, n, int64(0), name)
	}
}

// has holds fields to a type.
func has[T any](t *testing.T, object map[string]any, names ...string) {
	t.Helper()
	for _, name := range names {
		require.IsType(t, *new(T), object[name], name)
	}
}

// isEnvelope holds a refusal to the documented body. Any of its fields may be missing, but what is there has its type.
func isEnvelope(t *testing.T, status int, body any) {
	t.Helper()
	envelope, ok := body.(map[string]any)
	require.True(t, ok, "a refusal is an object, not %T", body)
	require.NotEmpty(t, envelope["message"], "a refusal says why")
	switch message := envelope["message"].(type) {
	case string:
	case []any:
		for _, line := range message {
			require.IsType(t, "", line)
		}
	default:
		t.Errorf("message is %T, neither a text nor a list of texts", message)
	}
	if code, given := envelope["statusCode"]; given {
		require.Equal(t, json.Number(fmt.Sprint(status)), code)
	}
	for _, name := range []string{"error", "correlationId", "path", "timestamp"} {
		if _, given := envelope[name]; given {
			has[string](t, envelope, name)
		}
	}
}

// found lists what a lookup found, in any of the shapes its answer may have.
func found(body any) (objects []map[string]any) {
	switch body := body.(type) {
	case []any:
		for _, item := range body {
			objects = append(objects, found(item)...)
		}
	case map[string]any:
		if data, wrapped := body["data"]; wrapped && body["id"] == nil {
			return found(data)
		}
		objects = append(objects, body)
	}
	return objects
}

// placeOf is a path without what differs from run to run, for messages.
func placeOf(path string) string {
	place, _, _ := strings.Cut(path, "?")
	return place
}
