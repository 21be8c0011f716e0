package djamotest_test

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// slowHost answers at once, except for one host, which hangs until the caller gives up.
type slowHost struct {
	hangs string
	mu    sync.Mutex
	got   map[string]int
}

func (s *slowHost) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == s.hangs {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got[r.URL.Host]++
	return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: r}, nil
}

func TestDeliveries_E23_AHangingEndpointHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ concurrency, want int }{"two at a time": {2, 3}, "one at a time": {1, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				hosts := &slowHost{hangs: "slow.test", got: make(map[string]int)}
				api, err := djamotest.New(djamotest.WithWebhookTransport(hosts), djamotest.WithWebhookConcurrency(row.concurrency),
					djamotest.WithManualSettlement(), djamotest.WithWebhookTimeout(time.Hour))
				require.NoError(t, err)
				c := direct(t, api)
				c.listen("https://slow.test/hook", "transactions/started")
				c.listen("https://fast.test/hook", "transactions/started")
				for _, reference := range []string{"a", "b", "c"} {
					c.pay(awa, 5000, reference)
				}
				time.Sleep(time.Second)
				synctest.Wait()
				hosts.mu.Lock()
				require.Equal(t, row.want, hosts.got["fast.test"])
				hosts.mu.Unlock()
				require.NoError(t, api.Close())
			})
		})
	}
}

func TestDeliveries_E23_WebhooksAreDelayed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	l := &listener{}
	api, c := newAPI(t, djamotest.WithWebhookTransport(l), djamotest.WithManualSettlement(),
		djamotest.WithWebhookDelay(10*time.Second), djamotest.WithClock(func() time.Time { return now }))
	c.listen(hook, "transactions/started")
	c.pay(awa, 5000, "r")
	require.NoError(t, api.Advance(9*time.Second))
	require.Empty(t, l.seen())
	require.NoError(t, api.Advance(time.Second))
	require.Len(t, l.seen(), 1)
	for _, opt := range []djamotest.Option{djamotest.WithWebhookDelay(-1), djamotest.WithWebhookConcurrency(0)} {
		_, err := djamotest.New(opt)
		require.ErrorContains(t, err, "WithWebhook")
	}
}
