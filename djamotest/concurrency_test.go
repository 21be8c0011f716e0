package djamotest_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// Payments, faults, webhooks to receivers of every kind and every way to steer, all at the same time, and for some seeds
// Close in the middle of it: the books balance, no reference is accepted twice, and nothing is left.
func TestServer_EverythingAtOnce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			srv, c := newServer(t, djamotest.WithSeed(seed), djamotest.WithBalance(500_000), djamotest.WithSettleAfter(5*time.Millisecond),
				djamotest.WithWebhookTimeout(time.Millisecond), djamotest.WithWebhookBackoff(time.Millisecond))
			require.NoError(t, djamotest.Bind(&spy{TB: t}, srv)) // much of it is misuse
			hold := make(chan struct{})
			for _, receive := range []http.HandlerFunc{
				func(http.ResponseWriter, *http.Request) {},
				func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
				func(http.ResponseWriter, *http.Request) { <-hold },
				func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			} {
				receiver := httptest.NewServer(receive)
				defer receiver.Close()
				c.listen(receiver.URL, allTopics...)
			}
			defer close(hold)
			_, err := srv.Inject(djamotest.AnyOf(djamotest.LoseReply(), djamotest.ResetReply(), djamotest.FailAfter(500),
				djamotest.FailBefore(503),
				djamotest.TruncateReply(), djamotest.ProcessLate(time.Millisecond),
				djamotest.SlowBody(time.Millisecond), djamotest.Stall(time.Millisecond),
				djamotest.DuplicateWebhook(), djamotest.ReorderWebhook(), djamotest.LookupLag(time.Millisecond)), djamotest.Probability(0.4))
			require.NoError(t, err)

			var all sync.WaitGroup
			for worker := range uint64(4) {
				all.Go(func() { payAtRandom(c, rand.New(rand.NewPCG(seed, worker)), 30) })
				all.Go(func() { steerAtRandom(srv, rand.New(rand.NewPCG(seed, 100+worker)), 15) })
			}
			if seed%2 == 1 {
				for i := 0; len(srv.Transactions()) <= 3; i++ { // on a busy machine the others may give up on all of theirs
					_ = srv.SetBalance(500_000)
					c.exchange(c.request("POST", "/v1/transactions", transferTo(awa, 5000, fmt.Sprint("sure/", i))))
				}
				require.NoError(t, srv.Close())
			}
			all.Wait()
			require.NoError(t, srv.Close())
			srv.AssertBalanced(t)
			accepted := map[string]bool{}
			for _, tx := range srv.Transactions() {
				require.False(t, accepted[tx.Reference], tx.Reference)
				accepted[tx.Reference] = true
			}
			require.NotEmpty(t, accepted)
		})
	}
}

// payAtRandom sends requests that may collide, and gives up on some.
func payAtRandom(c *caller, rng *rand.Rand, times int) {
	for range times {
		reference := strconv.Itoa(rng.IntN(30))
		calls := []*http.Request{
			c.request("POST", "/v1/transactions", transferTo(awa, 5000, reference)),
			c.request("POST", "/v1/transactions/batch", object{"transactions": []object{
				{"msisdn": awa, "amount": 100, "reference": reference}, {"msisdn": koffi, "amount": 100, "reference": reference + "b"}}}),
			c.request("POST", "/v1/charges", chargeOf(500, reference)),
			c.request("GET", "/v1/transactions?reference="+reference, nil),
		}
		for _, charge := range c.api.Charges() {
			calls = append(calls, c.request("POST", "/v1/charges/"+charge.ID+"/refund", object{"amount": 10}))
		}
		ctx, cancel := context.WithTimeout(c.t.Context(), time.Duration(1+rng.IntN(20))*time.Millisecond)
		if resp, err := c.do(calls[rng.IntN(len(calls))].WithContext(ctx)); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		cancel()
	}
}

// steerAtRandom steers without regard to what is sensible.
func steerAtRandom(srv *djamotest.Server, rng *rand.Rand, times int) {
	for range times {
		name := strconv.Itoa(rng.IntN(30))
		ways := []func(){
			func() { _ = srv.Settle(name) },
			func() { _ = srv.Reject(name, "closed") },
			func() { _ = srv.Pay(name) },
			func() { _ = srv.Expire(name) },
			func() { _ = srv.Advance(time.Millisecond) },
			func() { srv.DeliverNow() },
			func() { _ = srv.Redeliver("whd_" + name) },
			func() { _ = srv.SetBalance(int64(rng.IntN(500_000))) },
			func() { _ = srv.Fail(awa, "closed") },
			func() { _ = srv.Succeed(awa) },
			func() { srv.SettleAll() },
			func() { srv.WebhookDeliveries(); srv.Ledger(); srv.Requests() },
		}
		ways[rng.IntN(len(ways))]()
	}
}
