package djamotest_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

func (c *caller) charge(externalID string) string {
	c.t.Helper()
	return c.must(201, "POST", "/v1/charges", chargeOf(5, externalID))["id"].(string)
}

func TestWire_E22_ChargesTakeCurrencyAndAreDueAtOnce(t *testing.T) {
	t.Parallel()
	l := &listener{}
	api, c := newAPI(t, djamotest.WithWebhookTransport(l))
	c.listen(hook, "charge/events")
	body := chargeOf(5, "order_1")
	body["currency"] = "XOF"
	charge := c.must(201, "POST", "/v1/charges", body)
	require.Equal(t, []any{"due", number(5), "XOF"}, []any{charge["status"], charge["due"], charge["currency"]})
	link, err := url.Parse(charge["paymentUrl"].(string))
	require.NoError(t, err)
	require.Equal(t, "p.djamo.com/payment-link/", link.Host+link.Path)
	require.Equal(t, url.Values{"type": {"payment_confirmation"}, "chargeId": {charge["id"].(string)}}, link.Query())
	_, err = time.Parse("2006-01-02T15:04:05.000Z", charge["createdAt"].(string))
	require.NoError(t, err)
	require.Zero(t, api.DeliverNow(), "no webhook was ever recorded for created or due")
}

func TestWire_E22_PayTakesTheRecipient(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		body     any
		variants []djamotest.Variant
		status   int
		want     string
	}{
		"null":                     {object{"recipientMsisdn": nil}, nil, 200, "paid"},
		"null where it is needed":  {object{"recipientMsisdn": nil}, []djamotest.Variant{djamotest.PayerRequired}, 400, "due"},
		"without a plus":           {object{"recipientMsisdn": "2250747000000"}, nil, 200, "paid"},
		"with a plus":              {object{"recipientMsisdn": djamotest.PayerSucceeds}, nil, 200, "paid"},
		"no body":                  {nil, nil, 200, "paid"},
		"a number that fails":      {object{"recipientMsisdn": "2251212121205"}, nil, 200, "failed"},
		"a number named by Fail":   {object{"recipientMsisdn": koffi}, nil, 200, "failed"},
		"no number":                {object{"recipientMsisdn": "soon"}, nil, 400, "due"},
		"201":                      {object{}, []djamotest.Variant{djamotest.ActionsCreated}, 201, "paid"},
		"required and missing":     {nil, []djamotest.Variant{djamotest.PayerRequired}, 400, "due"},
		"required and an object":   {object{}, []djamotest.Variant{djamotest.PayerRequired}, 400, "due"},
		"required and a number":    {object{"recipientMsisdn": awa}, []djamotest.Variant{djamotest.PayerRequired}, 200, "paid"},
		"a number that is no text": {object{"recipientMsisdn": int64(2250747000000)}, nil, 400, "due"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api, c := newAPI(t, djamotest.WithVariants(row.variants...))
			require.NoError(t, api.Fail(koffi, "limit reached"))
			id := c.charge("x")
			status, _ := c.call("POST", "/v1/charges/"+id+"/pay", row.body)
			require.Equal(t, row.status, status)
			require.Equal(t, row.want, api.Charges()[0].Status)
			require.True(t, api.AssertBalanced(t))
		})
	}
}

func TestWire_E22_RefundWithoutABody(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		variants []djamotest.Variant
		status   int
	}{"200": {nil, 200}, "201": {[]djamotest.Variant{djamotest.ActionsCreated}, 201}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api, c := newAPI(t, djamotest.WithVariants(row.variants...))
			id := c.charge("x")
			require.NoError(t, api.Pay("x"))
			r := c.request("POST", "/v1/charges/"+id+"/refund", nil)
			r.Header.Del("X-Company-Id") // read and refunded without it by an integration
			status, refund := c.send(r)
			require.Equal(t, row.status, status)
			require.Equal(t, []any{id, "refunded"}, []any{refund["id"], refund["status"]})
		})
	}
}

func TestWire_E22_ChargesFailAndAreCancelled(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		act      func(*djamotest.API) error
		variants []djamotest.Variant
		status   string
	}{
		"failed":    {func(a *djamotest.API) error { return a.FailCharge("x") }, nil, "failed"},
		"cancelled": {func(a *djamotest.API) error { return a.CancelCharge("x") }, nil, "cancelled"},
		"canceled": {func(a *djamotest.API) error { return a.CancelCharge("x") },
			[]djamotest.Variant{djamotest.CanceledOneL}, "canceled"},
		"dropped": {func(a *djamotest.API) error { return a.Expire("x") }, nil, "dropped"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &listener{}
			api, c := newAPI(t, djamotest.WithWebhookTransport(l), djamotest.WithVariants(row.variants...))
			c.listen(hook, "charge/events")
			id := c.charge("x")
			require.Empty(t, api.Charges()[0].RedirectURL())
			require.NoError(t, row.act(api))
			require.Equal(t, row.status, c.must(200, "GET", "/v1/charges/"+id, nil)["status"])
			require.Equal(t, []string{"charge/events " + row.status}, l.seen())
			back, err := url.Parse(api.Charges()[0].RedirectURL())
			require.NoError(t, err)
			require.Equal(t, "https://www.merchant.com/cancel", back.Scheme+"://"+back.Host+back.Path)
			require.Equal(t, url.Values{"status": {"failure"}, "chargeId": {id}}, back.Query())
			require.Error(t, row.act(api), "it is final")
			require.True(t, api.AssertBalanced(t))
		})
	}
}

func TestWire_E22_RedirectKeepsTheCallersQuery(t *testing.T) {
	t.Parallel()
	charge := djamotest.Charge{ID: "c", Status: "paid", OnCompletedRedirectionURL: "https://shop.test/back?order=7#paid"}
	require.Equal(t, "https://shop.test/back?chargeId=c&order=7&status=success#paid", charge.RedirectURL())
	charge.OnCompletedRedirectionURL = ""
	require.Empty(t, charge.RedirectURL())
}

func TestWire_E22_MessagesAreMixed(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		variants           []djamotest.Variant
		validation, others any
	}{
		"as NestJS":    {nil, []any{"limit must be an integer number"}, "charge not found"},
		"all strings":  {[]djamotest.Variant{djamotest.MessageString}, "limit must be an integer number", "charge not found"},
		"all in lists": {[]djamotest.Variant{djamotest.MessageArray}, []any{"limit must be an integer number"}, []any{"charge not found"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := newAPI(t, djamotest.WithVariants(row.variants...))
			_, list := c.call("GET", "/v1/charges?limit=x", nil)
			_, one := c.call("GET", "/v1/charges/nobody", nil)
			require.Equal(t, []any{row.validation, row.others}, []any{list["message"], one["message"]})
		})
	}
}

func TestWire_E22_DjamoReferenceComesWithTheCreation(t *testing.T) {
	t.Parallel()
	_, c := newAPI(t)
	created := c.must(201, "POST", "/v1/transactions", transferTo(awa, 5000, "r"))
	require.NotEmpty(t, created["djamoTransactionReference"])
	later := c.must(200, "GET", "/v1/transactions/"+created["id"].(string), nil)
	require.Equal(t, created["djamoTransactionReference"], later["djamoTransactionReference"])
}

func TestWire_E22_FailureReasonsAreOpen(t *testing.T) {
	t.Parallel()
	for _, reason := range []string{"limit reached", "Compte du bénéficiaire bloqué", "RECIPIENT_LIMIT_EXCEEDED", "<b>&\u2028"} {
		api, c := newAPI(t)
		id := c.pay(awa, 5000, "r")
		require.NoError(t, api.Reject("r", reason))
		require.Equal(t, reason, c.must(200, "GET", "/v1/transactions/"+id, nil)["failureReason"])
	}
}

func TestWire_E22_CompanyIsRequiredToCreateAChargeAlone(t *testing.T) {
	t.Parallel()
	_, c := newAPI(t)
	id := c.charge("x")
	for path, want := range map[string]int{"GET /v1/charges": 200, "GET /v1/charges/" + id: 200, "POST /v1/charges": 400} {
		method, path, _ := strings.Cut(path, " ")
		var body any
		if method == "POST" {
			body = chargeOf(5, "y")
		}
		r := c.request(method, path, body)
		r.Header.Del("X-Company-Id")
		status, _ := c.send(r)
		require.Equal(t, want, status, path)
	}
}

func TestWire_E22_DocumentedChargesHaveFewerFields(t *testing.T) {
	t.Parallel()
	_, c := newAPI(t, djamotest.WithVariants(djamotest.DocumentedCharges))
	charge := c.must(201, "POST", "/v1/charges", chargeOf(5, "x"))
	require.NotContains(t, charge, "updatedAt")
	require.NotContains(t, charge, "description")
	paid := c.must(200, "POST", "/v1/charges/"+charge["id"].(string)+"/pay", nil)
	require.Equal(t, charge["id"], paid["transactions"].([]any)[0].(object)["charge"])
}

func TestWire_E22_WebhookBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	l := &listener{}
	_, c := newAPI(t, djamotest.WithWebhookTransport(l), djamotest.WithVariants(djamotest.WebhookFirst))
	c.listen(hook, "transactions/started")
	c.pay(awa, 5000, "r")
	require.Equal(t, []string{"transactions/started pending"}, l.seen())
}

func TestWire_E23_LenientModeLogsWhatItLetPass(t *testing.T) {
	t.Parallel()
	good := `"msisdn":"+2250700000001","amount":5000,"reference":"r"`
	for name, row := range map[string]struct{ path, body, complaint string }{
		"unknown property": {"/v1/transactions", `{` + good + `,"type":"transfer","colour":1}`, "property colour should not exist"},
		"no type":          {"/v1/transactions", `{` + good + `}`, "type is missing"},
		"a fraction of nothing": {"/v1/transactions", strings.Replace(`{`+good+`,"type":"transfer"}`, "5000", "5000.0", 1),
			"amount is written as 5000.0"},
		"an exponent": {"/v1/transactions", strings.Replace(`{`+good+`,"type":"transfer"}`, "5000", "5e3", 1),
			"amount is written as 5e3"},
		"no plus": {"/v1/transactions", strings.Replace(`{`+good+`,"type":"transfer"}`, "+225", "225", 1),
			"msisdn has no plus"},
		"in a batch": {"/v1/transactions/batch", `{"transactions":[{` + good + `,"x":1}]}`, "property transactions.0.x should not exist"},
		"a query":    {"/v1/charges?sort=asc", "", "property sort should not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			lenient, c := newAPI(t, djamotest.WithLenient(slog.New(slog.NewTextHandler(&log, nil))))
			_, strict := newAPI(t)
			method, body := "POST", any(row.body)
			if row.body == "" {
				method, body = "GET", nil
			}
			status, _ := c.call(method, row.path, body)
			refused, _ := strict.call(method, row.path, body)
			require.Equal(t, 400, refused)
			require.Less(t, status, 300)
			require.Contains(t, log.String(), row.complaint)
			require.NotContains(t, log.String(), "0700000001")
			for _, tx := range lenient.Transactions() {
				require.Equal(t, []any{int64(5000), awa}, []any{tx.Amount, tx.MSISDN})
			}
		})
	}
}

func TestWire_E23_LenientModeStillRefusesOtherMoney(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t, djamotest.WithLenient(slog.New(slog.DiscardHandler)))
	for _, amount := range []string{`5000.5`, `"5000"`, `-5e3`, `5e-1`, `1e400`, `5e99`, `null`, `0.0`, `1e999999999999`} {
		status, _ := c.call("POST", "/v1/transactions", `{"msisdn":"+2250700000001","amount":`+amount+`,"reference":"r","type":"transfer"}`)
		require.Equal(t, 400, status, amount)
	}
	for currency, want := range map[string]int{`"EUR"`: 400, `"xof"`: 400, `952`: 400, `["XOF"]`: 400, `""`: 400, `"XOF"`: 201, `null`: 201} {
		money, c := newAPI(t, djamotest.WithLenient(slog.New(slog.DiscardHandler)))
		for i, name := range []string{"currency", "Currency"} {
			status, _ := c.call("POST", "/v1/transactions", `{"msisdn":"+2250700000001","amount":5000,"reference":"r`+strconv.Itoa(i)+
				`","type":"transfer","`+name+`":`+currency+`}`)
			require.Equal(t, want, status, currency)
			status, _ = c.call("POST", "/v1/transactions/batch", `{"transactions":[{"msisdn":"+2250700000001","amount":5000,"reference":"b`+strconv.Itoa(i)+
				`","`+name+`":`+currency+`}]}`)
			require.Equal(t, want, status, currency)
		}
		require.Len(t, money.Transactions(), map[int]int{400: 0, 201: 4}[want], currency)
	}
	require.Empty(t, api.Transactions())
}

func TestWire_E23_ChargeLimits(t *testing.T) {
	t.Parallel()
	_, c := newAPI(t, djamotest.WithChargeLimits(100, 200_000_000))
	require.Equal(t, []string{"amount must not be less than 100"}, c.refused(400, "POST", "/v1/charges", chargeOf(99, "a")))
	require.Equal(t, []string{"amount must not be greater than 200000000"}, c.refused(400, "POST", "/v1/charges", chargeOf(200_000_001, "b")))
	c.must(201, "POST", "/v1/charges", chargeOf(100, "c"))
	for _, limits := range [][2]int64{{0, 1}, {2, 1}, {1, 1 << 60}} {
		_, err := djamotest.New(djamotest.WithChargeLimits(limits[0], limits[1]))
		require.ErrorContains(t, err, "WithChargeLimits")
	}
}

func TestWire_E23_IDsDoNotComeBackAfterARestart(t *testing.T) {
	t.Parallel()
	ids := func(opts ...djamotest.Option) string {
		_, c := newAPI(t, opts...)
		return c.pay(awa, 5000, "r")
	}
	first, second := ids(), ids()
	require.NotEqual(t, first, second)
	first, second = ids(djamotest.WithSeed(1)), ids(djamotest.WithSeed(1))
	require.Equal(t, first, second)
	seeded := func() string { return direct(t, djamotest.NewServer(t).API).pay(awa, 5000, "r") }
	first, second = seeded(), seeded()
	require.Equal(t, first, second, "a test's server repeats itself")
}

func TestWire_E23_ExternalIDFilters(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		variant djamotest.Variant
		status  int
		want    []string
	}{
		"unknown to the API": {"", 400, nil},
		"exact":              {djamotest.ExternalIDExact, 200, []string{"order/1"}},
		"prefix":             {djamotest.ExternalIDPrefix, 200, []string{"order/10", "order/1"}},
		"ignored":            {djamotest.ExternalIDIgnored, 200, []string{"other", "order/10", "order/1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var opts []djamotest.Option
			if row.variant != "" {
				opts = append(opts, djamotest.WithVariants(row.variant))
			}
			_, c := newAPI(t, opts...)
			for _, id := range []string{"order/1", "order/10", "other"} {
				c.charge(id)
			}
			status, page := c.call("GET", "/v1/charges?externalId="+url.QueryEscape("order/1"), nil)
			require.Equal(t, row.status, status)
			require.Equal(t, row.want, fieldOf(page, "externalId"))
		})
	}
}

func TestWire_E23_LookupFilters(t *testing.T) {
	t.Parallel()
	for variant, want := range map[djamotest.Variant][]string{
		djamotest.LookupPrefix: {"r10", "r1"}, djamotest.LookupContains: {"xr1", "r10", "r1"},
		djamotest.LookupIgnored: {"xr1", "r10", "r1"},
	} {
		_, c := newAPI(t, djamotest.WithVariants(variant))
		for _, reference := range []string{"r1", "r10", "xr1"} {
			c.pay(awa, 5000, reference)
		}
		require.Equal(t, want, fieldOf(c.must(200, "GET", "/v1/transactions?reference=r1", nil), "reference"))
	}
}

func fieldOf(page object, name string) (out []string) {
	list, _ := page["data"].([]any)
	for _, item := range list {
		out = append(out, item.(object)[name].(string))
	}
	return out
}

// An optional property that is null counts as absent, as everywhere.
func TestWire_E22_CurrencyMayBeNull(t *testing.T) {
	t.Parallel()
	_, c := newAPI(t)
	for currency, want := range map[any]int{nil: 201, "XOF": 201, "EUR": 400, "": 400} {
		status, _ := c.call("POST", "/v1/charges", object{"amount": 5, "externalId": fmt.Sprint(currency), "currency": currency})
		require.Equal(t, want, status, "%v", currency)
	}
}
