package openapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi-validator/router"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/sandbox"
)

const (
	controlFile = "djamo-sandbox.openapi.yaml"
	controlHost = "127.0.0.1:8481"
)

// handled is a round tripper to a handler.
func handled(h http.Handler) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result(), nil
	})
}

// TestControl_IsAsDescribed makes every call of the control API and holds what is sent and answered to its description,
// fields that are not described included.
func TestControl_IsAsDescribed(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(controlFile)
	require.NoError(t, err)
	document, err := libopenapi.NewDocument(raw)
	require.NoError(t, err)
	model, err := document.BuildV3Model()
	require.NoError(t, err)
	checker := validator.NewValidatorFromV3Model(&model.Model, config.WithFormatAssertions(), config.WithRejectUndeclaredRequestBody())
	whole, errs := validator.NewValidator(document, config.WithFormatAssertions())
	require.Empty(t, errs)
	valid, problems := whole.ValidateDocument()
	for _, problem := range problems {
		t.Error(problem)
	}
	require.True(t, valid)

	api, err := djamotest.New(djamotest.WithManualSettlement(), djamotest.WithAnswerBodies(1<<10), djamotest.WithWebhookTransport(receiver(t)))
	require.NoError(t, err)
	defer api.Close()
	gateway := gatewaytest.New(gatewaytest.Options{Seed: 17, Now: api.Now})
	defer gateway.Close()
	gateway.AddWallet("wal_XOF_aya", 0)
	consent := gateway.Issue("wal_XOF_aya").ID
	box, err := sandbox.New(api, sandbox.WithAPIHosts("127.0.0.1:8480"), sandbox.WithControlHosts(controlHost), sandbox.WithWallets(gateway))
	require.NoError(t, err)
	i := &inspector{
		next: handled(box.Control()), checker: checker, seen: map[string][]int{},
		routes: router.NewRouter(&model.Model, router.WithPathOnlyMatching()),
	}
	call := func(method, path, body string, wrong bool) (int, string) {
		r := httptest.NewRequest(method, "http://"+controlHost+path, strings.NewReader(body))
		r.RequestURI = ""
		r.Header.Set("Authorization", "Bearer "+sandbox.DefaultControlToken)
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		send := i.RoundTrip
		if wrong {
			send = i.replies().RoundTrip
		}
		resp, err := send(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(answer)
	}
	fillAccount(t, api)

	snapshot := ""
	for _, c := range controlCalls(consent) {
		body := c.body
		if body == "SNAPSHOT" {
			body = snapshot
		}
		status, answer := call(c.method, c.path, body, c.status != http.StatusOK)
		require.Equal(t, c.status, status, "%s %s: %s", c.method, c.path, answer)
		if c.path == "/control/snapshot" && c.method == http.MethodGet {
			snapshot = answer
		}
	}
	for _, problem := range i.found() {
		t.Error(problem)
	}
	var all []string
	for item := range model.Model.Paths.PathItems.ValuesFromOldest() {
		for operation := range item.GetOperations().ValuesFromOldest() {
			all = append(all, operation.OperationId)
		}
	}
	require.ElementsMatch(t, all, i.succeeded(), "every call succeeded once")
}

// fillAccount puts something on every list.
func fillAccount(t *testing.T, api *djamotest.API) {
	t.Helper()
	send := func(path, body string) {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+api.Token)
		r.Header.Set("X-Company-Id", api.CompanyID)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		require.Less(t, w.Code, 300, w.Body)
	}
	send("/v1/webhooks", `{"topic":"transactions/started","url":"https://myapp.example/djamo"}`)
	for _, reference := range []string{"a", "b", "c", "d"} {
		send("/v1/transactions", `{"msisdn":"`+payee+`","amount":5000,"reference":"`+reference+`","description":"x","type":"transfer"}`)
	}
	for _, externalID := range []string{"a", "b", "c", "d"} {
		send("/v1/charges", `{"amount":5000,"externalId":"`+externalID+`","description":"x","metadata":{"n":1},`+
			`"onCompletedRedirectionUrl":"https://a.example"}`)
	}
	api.DeliverNow()
}

type controlCall struct {
	method, path, body string
	status             int
}

// controlCalls are every call of the control API, in an order in which each succeeds, and some that do not.
func controlCalls(consent string) []controlCall {
	get := func(path string) controlCall { return controlCall{http.MethodGet, path, "", http.StatusOK} }
	post := func(path, body string) controlCall {
		return controlCall{http.MethodPost, "/control/" + path, body, http.StatusOK}
	}
	return []controlCall{
		post("wallets/add", `{"id":"wal_XOF_kofi","opening":5000,"days":3}`), get("/control/wallets"), get("/control/wallets/wal_XOF_kofi?limit=2"),
		{http.MethodPost, "/control/wallets/add", `{"id":"wal_XOF_kofi"}`, http.StatusConflict},
		post("wallets/wal_XOF_kofi/transaction", `{"amount":-500,"rail":"wave"}`), post("wallets/wal_XOF_kofi/consent", ""),
		get("/control/consents"), get("/control/consents/" + consent), post("consents/"+consent+"/expire-token", ""),
		post("consents/"+consent+"/expire", ""), post("consents/"+consent+"/reissue", ""), post("consents/"+consent+"/revoke", ""),
		{http.MethodPost, "/control/consents/nobody/revoke", "", http.StatusNotFound},
		post("wallet-faults/add", `{"kind":"rate-limit","wallet":"wal_XOF_kofi","times":2,"after":1,"retryAfter":"7s"}`),
		get("/control/wallet-faults"), post("wallet-faults/clear", ""),
		get("/healthz"), post("transfers/a/settle", ""), post("transfers/b/fail", `{"reason":"limited"}`),
		{http.MethodPost, "/control/transfers/b/settle", "", http.StatusConflict},
		{http.MethodPost, "/control/transfers/nobody/settle", "", http.StatusNotFound},
		{http.MethodPost, "/control/transfers/c/fail", "{}", http.StatusBadRequest},
		post("transfers/settle-all", ""), post("charges/a/pay", ""), post("charges/b/cancel", ""), post("charges/c/expire", ""),
		post("webhooks/deliver", ""), post("webhooks/whd_1/redeliver", ""), post("webhooks/whd_1/redeliver", `{"body":"{}"}`),
		post("faults/add", `{"kind":"fail-before","status":503,"on":"POST /v1/charges","times":2,"after":1,"percent":50,"for":"1h"}`),
		post("faults/add", `{"kind":"lose-reply"}`), get("/control/faults"), post("faults/fault_1/remove", ""), post("faults/clear", ""),
		post("customers/add", `{"msisdns":["`+payee+`","+2250700000009"]}`), post("customers/remove", `{"msisdn":"+2250700000009"}`),
		post("customers/fail", `{"msisdn":"`+payee+`","reason":"limited"}`), get("/control/customers?reveal=true"),
		post("customers/succeed", `{"msisdn":"`+payee+`"}`), post("customers/everybody", ""), post("clock/advance", `{"by":"90s"}`),
		post("clock/settlement", `{"mode":"automatic","after":"5m"}`), post("balance/set", `{"balance":5000000}`),
		get("/control/state"), get("/control/clock"), get("/control/changes"), get("/control/transfers?limit=2&status=completed"),
		get("/control/transfers?name=a"), get("/control/transfers/b"), get("/control/charges?before=4"), get("/control/charges/a"),
		get("/control/ledger?after=2"), get("/control/ledger.csv"), get("/control/requests?reveal=true"), get("/control/requests/2"),
		get("/control/webhook-endpoints"), get("/control/webhooks"), get("/control/webhooks/whd_1"),
		{http.MethodGet, "/control/webhooks/whd_99", "", http.StatusNotFound}, get("/control/snapshot"), post("reset", `{"confirm":"reset"}`),
		post("snapshot", "SNAPSHOT"), {http.MethodPost, "/control/snapshot", `{}`, http.StatusBadRequest},
	}
}
