package djamotest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

func TestDeliverNow_CountsWhatWentOutByItselfToo(t *testing.T) {
	t.Parallel()
	for i := range 100 {
		api, c := newAPI(t, djamotest.WithWebhookTransport(&listener{}), djamotest.WithManualSettlement())
		c.listen(hook, "transactions/started", "transactions/completed")
		c.pay(awa, 5000, fmt.Sprint(i))
		require.Equal(t, 1, api.DeliverNow(), "whoever was faster")
		require.NoError(t, api.Settle(fmt.Sprint(i)))
		require.Zero(t, api.DeliverNow(), "Settle has waited for its own")
	}
}

func TestWebhookDeliveries_AreCopies(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t, djamotest.WithWebhookTransport(&listener{}))
	c.listen(hook, "transactions/started")
	c.pay(awa, 5000, "r")
	api.DeliverNow()
	clear(api.WebhookDeliveries()[0].Body)
	require.Contains(t, string(api.WebhookDeliveries()[0].Body), `"reference":"r"`)
	require.NoError(t, api.Close())
	for range 20 {
		require.ErrorContains(t, api.Redeliver("whd_1"), "the server is closed")
	}
	require.Len(t, api.WebhookDeliveries()[0].Attempts, 1)
}

func TestCharges_RefundsAreToldApartByTime(t *testing.T) {
	t.Parallel()
	still := time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)
	_, c := newAPI(t, djamotest.WithClock(func() time.Time { return still }))
	id := c.must(201, "POST", "/v1/charges", chargeOf(1000, "x"))["id"].(string)
	c.must(200, "POST", "/v1/charges/"+id+"/pay", nil)
	times := map[any]bool{}
	for range 3 {
		times[c.must(200, "POST", "/v1/charges/"+id+"/refund", object{"amount": 100})["updatedAt"]] = true
	}
	require.Len(t, times, 3)
}

func TestErrors_HaveTheTimestampsOfTheirVariant(t *testing.T) {
	t.Parallel()
	_, c := newAPI(t, djamotest.WithVariants(djamotest.CompactTimestamps))
	_, body := c.call("POST", "/v1/transactions", object{})
	require.Regexp(t, `^\d{8}T\d{6}\.\d{3}Z$`, body["timestamp"])
}

func TestInject_RefusedConnectionsNeedNoNetwork(t *testing.T) {
	t.Parallel()
	srv, _ := newServer(t)
	s := &spy{TB: t}
	require.NoError(t, djamotest.Bind(s, srv))
	_, err := srv.Inject(djamotest.RefuseConnection())
	require.ErrorContains(t, err, "call the server's Refuse and Resume")
	require.Len(t, s.failures, 1)
	_, err = srv.Inject(djamotest.AnyOf(djamotest.RefuseConnection(), djamotest.LoseReply()))
	require.NoError(t, err)
}
