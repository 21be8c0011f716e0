package djamotest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

const oneMSISDN = "+2250700000001"

// ask posts a body as a client would and returns status and body of the answer.
func ask(t *testing.T, api *djamotest.API, path, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+api.Token)
	r.Header.Set("X-Company-Id", api.CompanyID)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func madeAPI(t *testing.T, opts ...djamotest.Option) *djamotest.API {
	t.Helper()
	api, err := djamotest.New(opts...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = api.Close() })
	return api
}

func transferBody(reference string) string {
	return fmt.Sprintf(`{"msisdn":%q,"amount":5000,"reference":%q,"description":"Salaire","type":"transfer"}`, oneMSISDN, reference)
}

func sendTransfer(t *testing.T, api *djamotest.API, reference string) {
	t.Helper()
	status, body := ask(t, api, "/v1/transactions", transferBody(reference))
	require.Equal(t, http.StatusCreated, status, body)
}

func TestPages_NewestFirstAndNoCopyOfTheRest(t *testing.T) {
	t.Parallel()
	api := madeAPI(t, djamotest.WithManualSettlement(), djamotest.WithRequestHistory(6))
	for i := range 10 {
		sendTransfer(t, api, fmt.Sprint("r/", i))
	}
	require.NoError(t, api.Settle("r/9", "r/3"))

	page := api.TransferPage(djamotest.Page{Limit: 3}, "")
	require.Equal(t, []int64{10, 9, 8}, numbers(page.Items, func(v djamotest.Transaction) int64 { return v.Number }))
	require.True(t, page.More)
	require.EqualValues(t, 10, page.Total)
	page = api.TransferPage(djamotest.Page{Before: 8, Limit: 3}, "")
	require.Equal(t, []int64{7, 6, 5}, numbers(page.Items, func(v djamotest.Transaction) int64 { return v.Number }))
	page = api.TransferPage(djamotest.Page{After: 8}, "")
	require.Equal(t, []int64{10, 9}, numbers(page.Items, func(v djamotest.Transaction) int64 { return v.Number }))
	require.False(t, page.More)
	page = api.TransferPage(djamotest.Page{}, djamotest.StatusCompleted)
	require.Equal(t, []int64{10, 4}, numbers(page.Items, func(v djamotest.Transaction) int64 { return v.Number }))

	found := api.FindTransfers("r/4")
	require.Len(t, found, 1)
	require.EqualValues(t, 5, found[0].Number)
	require.Empty(t, api.FindTransfers("r/99"))

	requests := api.RequestPage(djamotest.Page{Limit: 2})
	require.Equal(t, []int64{10, 9}, numbers(requests.Items, func(v djamotest.Request) int64 { return v.Number }))
	require.EqualValues(t, 6, requests.Total, "as many as are remembered")
	request, caused, ok := api.FindRequest(7)
	require.True(t, ok)
	require.Contains(t, string(request.Body), "r/6")
	require.Len(t, caused, 1)
	require.Equal(t, "r/6", caused[0].Reference)
	_, _, ok = api.FindRequest(4)
	require.False(t, ok, "no longer remembered")

	require.EqualValues(t, 12, api.LedgerPage(djamotest.Page{}).Total)
	require.Equal(t, djamotest.TransferCompleted, api.LedgerPage(djamotest.Page{Limit: 1}).Items[0].Kind)
	counts := api.Counts()
	require.EqualValues(t, 8, counts.Pending)
	require.EqualValues(t, 10, counts.Requests)
}

func numbers[T any](items []T, number func(T) int64) []int64 {
	out := make([]int64, len(items))
	for i, item := range items {
		out[i] = number(item)
	}
	return out
}

func TestHistory_BodiesAreBounded(t *testing.T) {
	t.Parallel()
	api := madeAPI(t, djamotest.WithAnswerBodies(200), djamotest.WithHistoryBytes(8<<10))
	for i := range 100 {
		sendTransfer(t, api, fmt.Sprint("r/", i))
	}
	kept, dropped := 0, 0
	for _, r := range api.Requests() {
		kept += len(r.Body) + len(r.Answer)
		if r.BodyDropped {
			dropped++
			require.Empty(t, r.Body)
		}
	}
	require.LessOrEqual(t, kept, 6<<10)
	require.Positive(t, dropped)
	last, _, _ := api.FindRequest(100)
	require.Len(t, last.Answer, 200)
	require.False(t, last.BodyDropped)
	require.Len(t, api.Ledger(), 100, "the ledger is never shortened")
}

func TestHistory_DeliveriesAreBoundedAndStillSent(t *testing.T) {
	t.Parallel()
	var got int
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got++ // one at a time
		_, _ = io.WriteString(w, "thank you")
	}))
	defer receiver.Close()
	api := madeAPI(t, djamotest.WithManualSettlement(), djamotest.WithDeliveryHistory(3), djamotest.WithAnswerBodies(5))
	status, _ := ask(t, api, "/v1/webhooks", `{"topic":"transactions/completed","url":"`+receiver.URL+`"}`)
	require.Equal(t, http.StatusCreated, status)
	for i := range 8 {
		sendTransfer(t, api, fmt.Sprint("r/", i))
	}
	require.Equal(t, 8, api.SettleAll())
	require.Equal(t, 8, got)
	page := api.DeliveryPage(djamotest.Page{})
	require.EqualValues(t, 3, page.Total)
	require.Equal(t, "whd_8", page.Items[0].ID)
	require.Equal(t, "thank", string(page.Items[0].Attempts[0].Answer))
	_, ok := api.FindDelivery("whd_1")
	require.False(t, ok)
	require.EqualValues(t, 8, api.Counts().Webhooks)

	id, err := api.RedeliverEdited("whd_8", []byte(`{"edited":true}`))
	require.NoError(t, err)
	edited, ok := api.FindDelivery(id)
	require.True(t, ok)
	require.JSONEq(t, `{"edited":true}`, string(edited.Body))
	require.True(t, edited.Delivered)
	original, ok := api.FindDelivery("whd_8")
	require.True(t, ok)
	require.NotEqual(t, original.Signature, edited.Signature)
	require.Len(t, original.Attempts, 1)
	_, err = api.RedeliverEdited("whd_1", []byte("{}"))
	require.ErrorContains(t, err, "no webhook has this id")
	_, err = api.RedeliverEdited("whd_8", nil)
	require.ErrorContains(t, err, "must not be empty")
}

func TestChanges_WakeWhoWaits(t *testing.T) {
	t.Parallel()
	api := madeAPI(t)
	seen := api.Changes()
	woken := make(chan int64)
	go func() {
		n, err := api.AwaitChange(t.Context(), seen)
		if err == nil {
			woken <- n
		}
	}()
	sendTransfer(t, api, "r/1")
	require.Greater(t, <-woken, seen)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n, err := api.AwaitChange(ctx, api.Changes())
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, api.Changes(), n)
}

func TestFaults_ListedAndRemoved(t *testing.T) {
	t.Parallel()
	api := madeAPI(t)
	first, err := api.Inject(djamotest.FailBefore(503), djamotest.OneShot(), djamotest.On("POST /v1/transactions"))
	require.NoError(t, err)
	_, err = api.Inject(djamotest.LoseReply(), djamotest.Probability(0.25), djamotest.After(2), djamotest.For(time.Hour))
	require.NoError(t, err)
	status, _ := ask(t, api, "/v1/transactions", transferBody("r/1"))
	require.Equal(t, http.StatusServiceUnavailable, status)

	faults := api.Faults()
	require.Len(t, faults, 2)
	require.Equal(t, first.ID(), faults[0].ID)
	require.Equal(t, 1, faults[0].Struck)
	require.Zero(t, faults[0].Left)
	require.False(t, faults[0].Active)
	require.Equal(t, []string{"POST /v1/transactions"}, faults[0].Scopes)
	require.Equal(t, 250, faults[1].PerMille)
	require.Equal(t, -1, faults[1].Left)
	require.True(t, faults[1].Active)
	require.EqualValues(t, 1, api.Counts().Faults)

	require.NoError(t, api.RemoveFault(faults[1].ID))
	require.Len(t, api.Faults(), 1)
	require.ErrorContains(t, api.RemoveFault(faults[1].ID), "no fault has this id")
}

func TestCustomers_ListedAndRemoved(t *testing.T) {
	t.Parallel()
	api := madeAPI(t, djamotest.WithSettleAfter(0))
	_, everybody := api.Customers()
	require.True(t, everybody)
	require.NoError(t, api.AddCustomer(oneMSISDN, "+2250700000002"))
	require.NoError(t, api.Fail("+2250700000003", "account limited"))
	named, everybody := api.Customers()
	require.False(t, everybody)
	require.Equal(t, []djamotest.Customer{
		{MSISDN: oneMSISDN, HasAccount: true}, {MSISDN: "+2250700000002", HasAccount: true},
		{MSISDN: "+2250700000003", FailureReason: "account limited"},
	}, named)
	require.ErrorContains(t, api.RemoveCustomer(oneMSISDN, "+2250700000009"), "+22507******09")
	require.NoError(t, api.RemoveCustomer(oneMSISDN, "+2250700000002"))
	sendTransfer(t, api, "r/1")
	require.Equal(t, djamotest.StatusFailed, api.FindTransfers("r/1")[0].Status, "nobody has an account any more")
	api.AdmitEverybody()
	sendTransfer(t, api, "r/2")
	require.Equal(t, djamotest.StatusCompleted, api.FindTransfers("r/2")[0].Status)
}

func TestSettlement_SwitchedWhileItRuns(t *testing.T) {
	t.Parallel()
	api := madeAPI(t)
	sendTransfer(t, api, "automatic")
	api.SettleManually()
	sendTransfer(t, api, "manual")
	require.NoError(t, api.Advance(time.Hour))
	require.EqualValues(t, 2, api.Counts().Pending)
	_, automatic := api.Settlement()
	require.False(t, automatic)
	require.NoError(t, api.SettleAutomatically(2*time.Hour))
	require.EqualValues(t, 2, api.Counts().Pending)
	require.NoError(t, api.Advance(time.Hour))
	require.Zero(t, api.Counts().Pending)
	require.ErrorContains(t, api.SettleAutomatically(-1), "must not be negative")
	api.AssertBalanced(t)
}

func TestReset_AsTheOptionsMadeIt(t *testing.T) {
	t.Parallel()
	api := madeAPI(t, djamotest.WithCustomers(oneMSISDN), djamotest.WithBalance(1_000_000))
	sendTransfer(t, api, "r/1")
	id := api.FindTransfers("r/1")[0].ID
	_, err := api.Inject(djamotest.RateLimit())
	require.NoError(t, err)
	require.NoError(t, api.Advance(30*time.Hour))
	api.SettleManually()
	before := api.Changes()
	api.Reset()
	require.NotEqual(t, before, api.Changes())
	require.Empty(t, api.Transactions())
	require.Empty(t, api.Ledger())
	require.Empty(t, api.Requests())
	require.Empty(t, api.Faults())
	require.EqualValues(t, 1_000_000, api.Balance())
	require.WithinDuration(t, time.Now(), api.Now(), time.Minute)
	_, automatic := api.Settlement()
	require.True(t, automatic)
	named, everybody := api.Customers()
	require.Len(t, named, 1)
	require.False(t, everybody)
	sendTransfer(t, api, "r/1")
	again := api.FindTransfers("r/1")[0]
	require.NotEqual(t, id, again.ID, "an id never comes back")
	request, caused, ok := api.FindRequest(2)
	require.True(t, ok)
	require.Equal(t, http.StatusCreated, request.Status)
	require.Len(t, caused, 1)
	api.AssertBalanced(t)
}

func TestAddress_IsListenedOnAndSaidWhenTaken(t *testing.T) {
	t.Parallel()
	first, err := djamotest.Start(djamotest.WithAddress("127.0.0.1:0"))
	require.NoError(t, err)
	defer first.Close()
	taken := strings.TrimPrefix(first.URL, "http://")
	_, err = djamotest.Start(djamotest.WithAddress(taken))
	require.ErrorContains(t, err, taken)
	require.ErrorContains(t, err, "choose another address")
	for _, bad := range []string{"8480", "127.0.0.1", "127.0.0.1:http", "127.0.0.1:70000"} {
		_, err := djamotest.New(djamotest.WithAddress(bad))
		require.ErrorContains(t, err, "WithAddress", bad)
	}
}

func TestBarWebhooks_ByResolvedAddress(t *testing.T) {
	t.Parallel()
	reached := false
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer receiver.Close()
	api := madeAPI(t, djamotest.WithManualSettlement())
	require.NoError(t, api.BarWebhooks(receiver.Listener.Addr()))
	require.ErrorContains(t, api.BarWebhooks(&net.UnixAddr{Name: "socket", Net: "unix"}), "want the address of a listener")
	_, port, err := net.SplitHostPort(receiver.Listener.Addr().String())
	require.NoError(t, err)
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]"} {
		registration := fmt.Sprintf(`{"topic":"transactions/started","url":"http://%s:%s/x"}`, host, port)
		status, body := ask(t, api, "/v1/webhooks", registration)
		require.Equal(t, http.StatusCreated, status, body)
	}
	sendTransfer(t, api, "r/1")
	api.DeliverNow()
	deliveries := api.WebhookDeliveries()
	require.Len(t, deliveries, 3)
	for _, d := range deliveries {
		require.False(t, d.Delivered, d.URL)
	}
	require.Contains(t, deliveries[0].Attempts[0].Error, "an address of this server itself")
	require.False(t, reached)
}

func TestPaymentPage_IsWherePaymentURLLeads(t *testing.T) {
	t.Parallel()
	api := madeAPI(t)
	api.SetPaymentURL(func(id string) string { return "http://127.0.0.1:8481/pay/" + id })
	status, body := ask(t, api, "/v1/charges", `{"amount":5000,"externalId":"order/1","description":"x"}`)
	require.Equal(t, http.StatusCreated, status, body)
	ch, ok := api.FindCharge("order/1")
	require.True(t, ok)
	require.Equal(t, "http://127.0.0.1:8481/pay/"+ch.ID, ch.PaymentURL)
	require.Contains(t, body, ch.PaymentURL)
	require.Empty(t, ch.RedirectURL())
	require.NoError(t, api.CancelCharge("order/1"))
	require.ErrorContains(t, api.CancelCharge("order/1"), "cancelled")
	api.AssertBalanced(t)
}

func jsonOf(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v map[string]any
	require.NoError(t, d.Decode(&v))
	return v
}
