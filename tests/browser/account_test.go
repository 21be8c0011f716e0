package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/openfinance/gatewaytest"
)

// fill makes transfers, as many as asked for.
func fill(t *testing.T, api *djamotest.API, transfers int) {
	t.Helper()
	for i := range transfers {
		send(t, api, "/v1/transactions", fmt.Sprintf(
			`{"msisdn":"+22507%08d","amount":%d,"reference":"salaire-2026-07/%06d","description":"Salaire de juillet","type":"transfer"}`,
			i, 150_000+i%400*500, i))
	}
}

// send makes a call without a network.
func send(t *testing.T, api *djamotest.API, path, body string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+api.Token)
	r.Header.Set("X-Company-Id", api.CompanyID)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	require.Less(t, w.Code, 300, w.Body)
}

// hostile are texts that a page could take for something else.
func hostile() []string {
	return []string{
		`<script>window.pwned = 1</script>`, `"><img src=x onerror="window.pwned = 1">`, `';window.pwned=1;//`, `{{.API}}`, `</code></td></tr>`,
		`javascript:window.pwned=1`,
	}
}

// busy fills an account with something of everything: long texts, texts that are none, amounts of many digits.
func busy(t *testing.T, s *stage, transfers int) {
	t.Helper()
	api := s.api
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(receiver.Close)
	fill(t, api, transfers)
	require.NoError(t, api.Advance(time.Second))
	if transfers > 20 {
		require.NoError(t, api.Settle("salaire-2026-07/000003", "salaire-2026-07/000004"))
		require.NoError(t, api.Reject("salaire-2026-07/000005", "recipient account is limited"))
	}
	for _, url := range []string{receiver.URL + "/accepts", "http://127.0.0.1:1/refuses/with/a/long/path?shop=4711&environment=staging"} {
		for _, topic := range []string{djamotest.TopicTransactionsStarted, djamotest.TopicChargeEvents} {
			send(t, api, "/v1/webhooks", fmt.Sprintf(`{"topic":%q,"url":%q}`, topic, url))
		}
	}
	for i, text := range append(hostile(), strings.Repeat("long-reference-without-a-blank-", 5)) {
		text = text[:min(len(text), 60)]
		send(t, api, "/v1/transactions", fmt.Sprintf(
			`{"msisdn":%q,"amount":%d,"reference":%q,"description":%q,"type":"transfer"}`, payee, 1_000_000+i, text, text))
		send(t, api, "/v1/charges", fmt.Sprintf(`{"amount":%d,"externalId":%q,"description":%q}`, 9000+i, text, text))
	}
	require.NoError(t, api.Reject(hostile()[0], hostile()[1]))
	send(t, api, "/v1/charges", `{"amount":25000,"externalId":"order/1","description":"Panier de 3 articles"}`)
	send(t, api, "/v1/charges", `{"amount":25000,"externalId":"order/2","description":"Panier de 3 articles"}`)
	require.NoError(t, api.Pay("order/1"))
	require.NoError(t, api.Advance(time.Second))
	api.DeliverNow()
	s.gateway.AddWallet("wal_XOF_aya", 100_000)
	s.gateway.Live("wal_XOF_aya", api.Now().AddDate(0, -1, 0), 30, false)
	s.gateway.Add("wal_XOF_aya", map[string]any{"type": hostile()[0], "merchant": hostile()[1], "amount_minor": -5})
	s.gateway.Issue("wal_XOF_aya")
	s.gateway.Revoke(s.gateway.Issue("wal_XOF_aya").ID)
	s.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.RateLimit, Wallet: "wal_XOF_aya", Count: 2, After: 1})
	require.NoError(t, api.AddCustomer(payee, "+2250700000001"))
	require.NoError(t, api.Fail(payee, "recipient account is limited"))
	_, err := api.Inject(djamotest.LoseReply(), djamotest.On("POST /v1/charges/*/refund"), djamotest.Times(3), djamotest.After(2))
	require.NoError(t, err)
	_, err = api.Inject(djamotest.FailBefore(503), djamotest.Percent(1), djamotest.For(time.Hour))
	require.NoError(t, err)
}
