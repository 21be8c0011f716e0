package djamotest_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

func statuses(api *djamotest.API) (out []string) {
	for _, tx := range api.Transactions() {
		out = append(out, tx.Status)
	}
	return out
}

func TestSettlement_FollowsTheServersClock(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t)
	c.pay(awa, 5000, "first")
	require.NoError(t, api.Advance(30*time.Second))
	c.pay(awa, 5000, "second")
	require.Equal(t, []string{"pending", "pending"}, statuses(api))
	require.NoError(t, api.Advance(30*time.Second))
	require.Equal(t, []string{"completed", "pending"}, statuses(api))
	require.NoError(t, api.Advance(24*time.Hour))
	require.Equal(t, []string{"completed", "completed"}, statuses(api))
	for _, tx := range api.Transactions() {
		require.Equal(t, time.Minute, tx.UpdatedAt.Sub(tx.CreatedAt), "settled when it was due, not when somebody looked")
	}
}

func TestSettlement_ByItselfAsTimePasses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api, c := newAPI(t, djamotest.WithSettleAfter(3*time.Second))
		id := c.pay(awa, 5000, "r")
		time.Sleep(3*time.Second - 1)
		require.Equal(t, "pending", c.must(200, "GET", "/v1/transactions/"+id, nil)["status"])
		time.Sleep(time.Nanosecond)
		require.Equal(t, "completed", c.must(200, "GET", "/v1/transactions/"+id, nil)["status"])
		require.True(t, api.AssertBalanced(t))
	})
}

func TestSettlement_AtOnceStillAnswersPendingFirst(t *testing.T) {
	t.Parallel()
	_, c := newAPI(t, djamotest.WithSettleAfter(0))
	created := c.must(201, "POST", "/v1/transactions", transferTo(awa, 5000, "r"))
	require.Equal(t, "pending", created["status"])
	require.Equal(t, "completed", c.must(200, "GET", "/v1/transactions/"+created["id"].(string), nil)["status"])
}

func TestSettlement_FailGivesTheMoneyBack(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t, djamotest.WithBalance(10_100))
	c.pay(koffi, 5000, "before")
	require.NoError(t, api.Fail(koffi, "limit reached"))
	c.pay(koffi, 5000, "after")
	require.Zero(t, api.Balance())
	require.NoError(t, api.Advance(time.Minute))
	require.Equal(t, []string{"failed", "failed"}, statuses(api))
	require.Equal(t, "limit reached", api.Transactions()[0].FailureReason)
	require.Equal(t, int64(10_100), api.Balance())
	require.NoError(t, api.Succeed(koffi))
	c.pay(koffi, 5000, "again")
	require.Equal(t, 1, api.SettleAll())
	require.Equal(t, 0, api.SettleAll())
	require.True(t, api.AssertPaidOnce(t, "again"))
	require.True(t, api.AssertNotPaid(t, "before", "after"))
	require.True(t, api.AssertBalanced(t))
}

func TestSettle_ByReferenceOrID(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t, djamotest.WithManualSettlement())
	c.pay(awa, 5000, "a")
	id := c.pay(awa, 5000, "b")
	c.pay(awa, 5000, "c")
	require.NoError(t, api.Advance(1000*time.Hour))
	require.NoError(t, api.Settle("a", id))
	require.NoError(t, api.Settle("a")) // already final: nothing happens
	require.Equal(t, []string{"completed", "completed", "pending"}, statuses(api))
	require.Len(t, api.Ledger(), 5)
}

func TestClock_NeverGoesBack(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)
	api, _ := newAPI(t, djamotest.WithClock(func() time.Time { return now }))
	require.Equal(t, now, api.Now())
	require.NoError(t, api.Advance(time.Hour))
	require.Equal(t, now.Add(time.Hour), api.Now())
	now = now.Add(-30 * time.Minute)
	require.Equal(t, time.Date(2026, 6, 30, 13, 0, 0, 0, time.UTC), api.Now())
}

// Whoever advances the clock advances it by that much, whether somebody listens or not.
func TestAdvance_AddsUp(t *testing.T) {
	t.Parallel()
	for _, topics := range [][]string{nil, allTopics} {
		now := time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)
		api, c := newAPI(t, djamotest.WithWebhookTransport(&listener{}), djamotest.WithClock(func() time.Time { return now }))
		c.listen(hook, topics...)
		for i := range 20 {
			c.pay(awa, 5000, fmt.Sprint(i))
		}
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() { require.NoError(t, api.Advance(time.Minute)) })
		}
		all.Wait()
		require.Equal(t, 10*time.Minute, api.Now().Sub(now))
	}
}
