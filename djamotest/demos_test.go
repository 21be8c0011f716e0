package djamotest_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// The requests of Djamo's own demos in Node and PHP (github.com/djamoapp/business-api-integration-demo), as axios and curl send
// them, and what the demos read of the answers. The Node demo itself was run against the sandbox, unchanged; the PHP demo was
// typed again from its published text.

// demo is the HTTP client of one of the demos.
type demo struct {
	*caller

	headers map[string]string
}

func (d demo) send(method, path, body string) (int, object) {
	d.t.Helper()
	var sent any
	if body != "" {
		sent = body
	}
	r := d.request(method, path, sent)
	for name, value := range d.headers {
		r.Header.Set(name, value)
	}
	return d.caller.send(r)
}

// orders is the store of a demo: what its webhook handler makes of a charge or a transfer, by its id.
func orders(t *testing.T, api *djamotest.API, l *listener) map[string]string {
	t.Helper()
	api.DeliverNow()
	l.mu.Lock()
	defer l.mu.Unlock()
	found := map[string]string{}
	for i, body := range l.bodies {
		mac := hmac.New(sha256.New, []byte(djamotest.DefaultWebhookSecret))
		mac.Write(body)
		require.Equal(t, base64.StdEncoding.EncodeToString(mac.Sum(nil)), l.heads[i].Get("X-Djamo-Hmac-Sha256"), "PHP compares this")
		require.Empty(t, l.heads[i].Get("X-Djamo-Signature"), "Node compares this, with something else, when it is there")
		event := decodeMap(body)
		data := event["data"].(map[string]any)
		found[data["id"].(string)] = event["topic"].(string) + " " + data["status"].(string)
	}
	return found
}

func TestDemos_E22_Node(t *testing.T) {
	t.Parallel()
	l := &listener{answer: func(int) int { return http.StatusOK }} // res.json({ received: true })
	api, c := newAPI(t, djamotest.WithWebhookTransport(l))
	c.listen(hook, "charge/events")
	node := demo{c, map[string]string{"Accept": "application/json, text/plain, */*", "User-Agent": "axios/1.13.2"}}

	status, charge := node.send("POST", "/v1/charges", `{"amount":15,"currency":"XOF","description":"Commande de 2 produit(s)",`+
		`"externalId":"order_1795947304197","onCompletedRedirectionUrl":"http://localhost:5173/orders/",`+
		`"onCanceledRedirectionUrl":"http://localhost:5173/orders/"}`)
	require.Less(t, status, 300, charge)
	id := charge["id"].(string)
	require.Equal(t, "due", charge["status"])
	require.True(t, strings.HasPrefix(charge["paymentUrl"].(string), "http"))

	_, charge = node.send("GET", "/v1/charges/"+id, "")
	require.Equal(t, "due", charge["status"])
	_, list := node.send("GET", "/v1/charges", "")
	require.Len(t, list["data"], 1)

	status, _ = node.send("POST", "/v1/charges/"+id+"/pay", `{"recipientMsisdn":"2250747000000"}`) // as the documentation says
	require.Less(t, status, 300)
	require.Equal(t, map[string]string{id: "charge/events paid"}, orders(t, api, l))

	status, refund := node.send("POST", "/v1/charges/"+id+"/refund", `{"amount":15}`)
	require.Less(t, status, 300)
	require.Equal(t, id, refund["id"], "the demo keeps it as refundId")
	require.Equal(t, map[string]string{id: "charge/events refunded"}, orders(t, api, l))

	status, _ = node.send("POST", "/v1/charges/"+id+"/refund", `{"amount":15}`)
	require.NotContains(t, []int{200, 201, 404}, status, "at a 404 the demo says that it has refunded")
	status, failed := node.send("POST", "/v1/charges", `{"amount":0,"currency":"XOF"}`)
	require.Equal(t, 400, status)
	require.IsType(t, []any{}, failed["message"], "which the demo makes a text of")
	require.True(t, api.AssertBalanced(t))
}

func TestDemos_E22_PHP(t *testing.T) {
	t.Parallel()
	l := &listener{answer: func(int) int { return http.StatusOK }}
	api, c := newAPI(t, djamotest.WithWebhookTransport(l), djamotest.WithManualSettlement())
	c.listen(hook, "charge/events", "transactions/started", "transactions/completed", "transactions/failed")
	php := demo{c, map[string]string{"Accept": "application/json", "User-Agent": ""}}

	// The README leaves the pages to go back to out, and the demo sends them as null.
	status, charge := php.send("POST", "/v1/charges", `{"amount":10000,"externalId":"order_1001","description":"Product purchase",`+
		`"onCompletedRedirectionUrl":null,"onCanceledRedirectionUrl":null}`)
	require.Less(t, status, 300, charge)
	id := charge["id"].(string)
	require.NotEmpty(t, charge["paymentUrl"])
	status, twice := php.send("POST", "/v1/charges", `{"amount":10000,"externalId":"order_1001","description":"Payment",`+
		`"onCompletedRedirectionUrl":null,"onCanceledRedirectionUrl":null}`)
	require.Equal(t, 409, status)
	require.IsType(t, "", twice["message"], "the demo's exception takes a text")

	require.NoError(t, api.Pay("order_1001"))
	_, charge = php.send("GET", "/v1/charges/"+id, "")
	require.Equal(t, "paid", charge["status"])
	_, refund := php.send("POST", "/v1/charges/"+id+"/refund", `{"amount":5000}`)
	require.Equal(t, "refunded_partially", refund["status"])
	_, refund = php.send("POST", "/v1/charges/"+id+"/refund", `{}`)
	require.Equal(t, "refunded", refund["status"])
	require.Equal(t, "charge/events refunded", orders(t, api, l)[id])

	status, transfer := php.send("POST", "/v1/transactions", `{"msisdn":"+2250700000001","amount":50000,`+
		`"reference":"transfer_75be2c2e9c70fc55","description":"Salaire de juin","type":"transfer"}`)
	require.Less(t, status, 300, transfer)
	require.Equal(t, "pending", transfer["status"])
	paid := transfer["id"].(string)
	_, transfer = php.send("GET", "/v1/transactions/"+paid, "")
	require.Equal(t, "pending", transfer["status"])
	require.NoError(t, api.Settle("transfer_75be2c2e9c70fc55"))
	require.Equal(t, "transactions/completed completed", orders(t, api, l)[paid])

	_, transfer = php.send("POST", "/v1/transactions", `{"msisdn":"+2250700000001","amount":50000,"reference":"transfer_2",`+
		`"description":"Transfer","type":"transfer"}`)
	require.NoError(t, api.Reject("transfer_2", "recipient account is limited"))
	require.Equal(t, "transactions/failed failed", orders(t, api, l)[transfer["id"].(string)])
	require.True(t, api.AssertBalanced(t))
}
