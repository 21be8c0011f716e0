package djamotest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// livelyAccount has something of everything.
func livelyAccount(t *testing.T, opts ...djamotest.Option) *djamotest.API {
	t.Helper()
	api := madeAPI(t, append([]djamotest.Option{djamotest.WithCustomers(oneMSISDN), djamotest.WithManualSettlement()}, opts...)...)
	for _, topic := range []string{"transactions/completed", "charge/events"} {
		status, body := ask(t, api, "/v1/webhooks", fmt.Sprintf(`{"topic":%q,"url":"http://127.0.0.1:9/hook"}`, topic))
		require.Equal(t, http.StatusCreated, status, body)
	}
	status, body := ask(t, api, "/v1/sub-companies", `{"name":"Chocolate","logoUrl":"https://a.example/l.png"}`)
	require.Equal(t, http.StatusCreated, status, body)
	sub := api.SubCompanies()[0].ID
	for i := range 4 {
		sendTransfer(t, api, fmt.Sprint("r/", i))
	}
	status, body = ask(t, api, "/v1/transactions/batch", fmt.Sprintf(
		`{"subCompanyId":%q,"transactions":[{"msisdn":%q,"amount":700,"reference":"b/1"},{"msisdn":%q,"amount":800,"reference":"b/2"}]}`,
		sub, oneMSISDN, oneMSISDN))
	require.Equal(t, http.StatusCreated, status, body)
	status, _ = ask(t, api, "/v1/transactions", transferBody("r/1"))
	require.Equal(t, http.StatusConflict, status)
	require.NoError(t, api.Settle("r/0"))
	require.NoError(t, api.Reject("r/1", "limited"))
	for i := range 3 {
		status, body = ask(t, api, "/v1/charges",
			fmt.Sprintf(`{"amount":9000,"externalId":"c/%d","description":"x","metadata":{"n":12345678901234567890}}`, i))
		require.Equal(t, http.StatusCreated, status, body)
	}
	require.NoError(t, api.Pay("c/0"))
	ch, _ := api.FindCharge("c/0")
	status, body = ask(t, api, "/v1/charges/"+ch.ID+"/refund", `{"amount":1000}`)
	require.Less(t, status, 300, body)
	require.NoError(t, api.Fail("+2250700000077", "gone"))
	require.NoError(t, api.Advance(5*time.Minute))
	require.NoError(t, api.SetBalance(77_000_000))
	return api
}

func TestSnapshot_RestoresTheWholeAccount(t *testing.T) {
	t.Parallel()
	from := livelyAccount(t, djamotest.WithSeed(7))
	raw, err := from.Snapshot()
	require.NoError(t, err)
	require.NotContains(t, string(raw), djamotest.DefaultToken)
	require.NotContains(t, string(raw), djamotest.DefaultWebhookSecret)

	to := madeAPI(t, djamotest.WithBalance(5))
	sendTransferRefused(t, to)
	require.NoError(t, to.Restore(raw))
	require.Equal(t, from.Transactions(), to.Transactions())
	require.Equal(t, from.Charges(), to.Charges())
	require.Equal(t, from.SubCompanies(), to.SubCompanies())
	require.Equal(t, from.Ledger(), to.Ledger(), "correlation ids included")
	require.Equal(t, from.WebhookEndpoints(), to.WebhookEndpoints())
	require.Equal(t, from.Balance(), to.Balance())
	namedFrom, everybodyFrom := from.Customers()
	namedTo, everybodyTo := to.Customers()
	require.Equal(t, namedFrom, namedTo)
	require.Equal(t, everybodyFrom, everybodyTo)
	require.WithinDuration(t, from.Now(), to.Now(), time.Minute)
	require.Equal(t, from.Counts().Waiting, to.Counts().Waiting)
	require.Equal(t, from.Counts().Pending, to.Counts().Pending)
	require.Positive(t, to.Counts().Waiting)
	to.AssertBalanced(t)

	ids := map[string]bool{}
	for _, tx := range from.Transactions() {
		ids[tx.ID] = true
	}
	sendTransfer(t, to, "after")
	after := to.FindTransfers("after")[0]
	require.False(t, ids[after.ID])
	require.Greater(t, after.Request, from.Counts().Requests)
	require.NoError(t, to.SettleAutomatically(time.Minute))
	require.NoError(t, to.Advance(time.Hour))
	require.Zero(t, to.Counts().Pending)
	to.AssertBalanced(t)

	again, err := from.Snapshot()
	require.NoError(t, err)
	second := madeAPI(t)
	require.NoError(t, second.Restore(again))
	third, err := second.Snapshot()
	require.NoError(t, err)
	a, b := jsonOf(t, again), jsonOf(t, third)
	for _, volatile := range []string{"at"} {
		delete(a, volatile)
		delete(b, volatile)
	}
	require.Equal(t, a, b, "nothing is lost on the way")
}

func sendTransferRefused(t *testing.T, api *djamotest.API) {
	t.Helper()
	status, _ := ask(t, api, "/v1/transactions", transferBody("too much"))
	require.Equal(t, http.StatusUnprocessableEntity, status)
}

func TestRestore_RefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	raw, err := livelyAccount(t).Snapshot()
	require.NoError(t, err)
	first := func(list string) func(map[string]any) map[string]any {
		return func(s map[string]any) map[string]any { return s[list].([]any)[0].(map[string]any) }
	}
	at := func(list string, i int) func(map[string]any) map[string]any {
		return func(s map[string]any) map[string]any { return s[list].([]any)[i].(map[string]any) }
	}
	top := func(s map[string]any) map[string]any { return s }
	tests := []struct {
		name  string
		of    func(map[string]any) map[string]any
		field string
		value any
		want  string
	}{
		{"another version", top, "version", 2, "version 2"},
		{"another format", top, "format", "wiremock", "no snapshot"},
		{"an unknown field", top, "future", 1, `unknown field "future"`},
		{"an unknown field deep inside", first("transfers"), "future", 1, `unknown field "future"`},
		{"an unknown status", first("transfers"), "status", "reversed", "transfers[0].status"},
		{"an unknown kind", first("ledger"), "kind", "gift", "ledger[0].kind"},
		{"an unknown topic", first("webhookEndpoints"), "topic", "x/y", "webhookEndpoints[0]"},
		{"an unknown charge status", first("charges"), "status", "x", "charges[0].status"},
		{"an amount that does not add up", first("transfers"), "amount", 5001, "books do not balance"},
		{"a balance that does not add up", top, "balance", 1, "books do not balance"},
		{"a negative amount", first("transfers"), "amount", -1, "transfers[0]"},
		{"a fraction", first("transfers"), "amount", 1.5, "amount"},
		{"a phone number that is none", first("transfers"), "msisdn", "0700000001", "transfers[0].msisdn"},
		{"the same id twice", at("transfers", 1), "id", livelyID(t, raw), "appears twice"},
		{"a batch that is not there", first("transfers"), "batchId", "bat_x", "there is no batch"},
		{"a transfer that is not there", first("ledger"), "transferId", "txn_x", "there is no transfer"},
		{"a moment that no clock here can show", top, "at", "3000-01-01T00:00:00Z", "between 1970 and 2261"},
		{"no random state", top, "random", "", "random"},
		{"time out of order", at("transfers", 1), "createdAt", "2001-01-01T00:00:00Z", "out of order"},
		{"more paid than its payments say", first("charges"), "paid", 9001, "charges[0]"},
		{"an endpoint that is not there", first("waitingWebhooks"), "endpointId", "x", "waitingWebhooks[0]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			document := jsonOf(t, raw)
			tt.of(document)[tt.field] = tt.value
			changed, err := json.Marshal(document)
			require.NoError(t, err)
			api := madeAPI(t)
			sendTransfer(t, api, "mine")
			err = api.Restore(changed)
			require.ErrorContains(t, err, tt.want)
			require.ErrorContains(t, err, "nothing was changed")
			require.NotContains(t, err.Error(), oneMSISDN)
			require.Len(t, api.Transactions(), 1)
			api.AssertBalanced(t)
		})
	}
	for name, text := range map[string]string{
		"half": string(raw[:len(raw)/2]), "nothing": "", "more behind it": string(raw) + "{}", "another document": `[1]`,
		"only its name": `{"format":"djamotest","version":1}`,
	} {
		require.ErrorContains(t, madeAPI(t).Restore([]byte(text)), "nothing was changed", name)
	}
}

func livelyID(t *testing.T, raw []byte) string {
	t.Helper()
	id, ok := jsonOf(t, raw)["transfers"].([]any)[0].(map[string]any)["id"].(string)
	require.True(t, ok)
	return id
}

func FuzzRestore(f *testing.F) {
	api, err := djamotest.New()
	require.NoError(f, err)
	raw, err := api.Snapshot()
	require.NoError(f, err)
	_ = api.Close()
	f.Add(raw)
	f.Add([]byte(strings.Replace(string(raw), `"ledger":[]`, `"ledger":[{"kind":"balance set","delta":5}]`, 1)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		api := madeAPI(t)
		if api.Restore(raw) == nil {
			api.AssertBalanced(t)
		}
	})
}
