package djamotest_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// listener receives webhooks as a round tripper, so that no network is needed, and answers what its test says.
type listener struct {
	mu     sync.Mutex
	got    []string // "topic status" of each
	bodies [][]byte
	heads  []http.Header
	answer func(n int) int
}

func (l *listener) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	l.receive(w, r.Header, body)
	return w.Result(), nil
}

func (l *listener) receive(w http.ResponseWriter, header http.Header, body []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	data := decodeMap(body)["data"].(map[string]any)
	l.got = append(l.got, fmt.Sprint(decodeMap(body)["topic"], " ", data["status"]))
	l.bodies, l.heads = append(l.bodies, body), append(l.heads, header.Clone())
	status := http.StatusNoContent
	if l.answer != nil {
		status = l.answer(len(l.got))
	}
	w.WriteHeader(status)
}

func (l *listener) seen() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.got)
}

func (c *caller) listen(url string, topics ...string) {
	c.t.Helper()
	for _, topic := range topics {
		c.must(201, "POST", "/v1/webhooks", object{"topic": topic, "url": url})
	}
}

const hook = "https://myapp.com/webhooks/djamo"

var allTopics = []string{
	djamotest.TopicTransactionsStarted, djamotest.TopicTransactionsCompleted, djamotest.TopicTransactionsFailed, djamotest.TopicChargeEvents,
}

func TestWebhooks_AreSignedOverTheRawBody(t *testing.T) {
	t.Parallel()
	l := &listener{}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil && r.Method == http.MethodPost && r.URL.Path == "/hook" {
			l.receive(w, r.Header, body)
		}
	}))
	t.Cleanup(receiver.Close)
	srv, c := newServer(t, djamotest.WithWebhookSecret("s3cret"), djamotest.WithManualSettlement())
	c.listen(receiver.URL+"/hook", "transaction/started", "transactions/completed")
	id := c.pay(awa, 5000, "r")
	require.NoError(t, srv.Settle("r"))
	require.Equal(t, []string{"transaction/started pending", "transactions/completed completed"}, l.seen())
	stored := c.must(200, "GET", "/v1/transactions/"+id, nil)
	require.Equal(t, stored, decode(t, l.bodies[1]).(object)["data"])
	for i, body := range l.bodies {
		mac := hmac.New(sha256.New, []byte("s3cret"))
		mac.Write(body)
		require.Equal(t, base64.StdEncoding.EncodeToString(mac.Sum(nil)), l.heads[i].Get("X-Djamo-Hmac-Sha256"))
		require.Equal(t, "application/json", l.heads[i].Get("Content-Type"))
	}
	deliveries := srv.WebhookDeliveries()
	require.Len(t, deliveries, 2)
	d := deliveries[1]
	require.Equal(t, []any{"whd_2", id, "completed", "transactions/completed", receiver.URL + "/hook", true, false, l.bodies[1],
		l.heads[1].Get("X-Djamo-Hmac-Sha256")},
		[]any{d.ID, d.ObjectID, d.Status, d.Topic, d.URL, d.Delivered, d.GaveUp, d.Body, d.Signature})
	require.Len(t, d.Attempts, 1)
	require.Equal(t, 204, d.Attempts[0].Status)
	require.Equal(t, srv.WebhookEndpoints()[1].ID, d.EndpointID)
}

func TestWebhooks_ForEveryChangeOfStatus(t *testing.T) {
	t.Parallel()
	l := &listener{}
	api, c := newAPI(t, djamotest.WithWebhookTransport(l))
	c.listen(hook, allTopics...)
	c.pay(awa, 5000, "good")
	c.pay(koffi, 5000, "bad")
	require.NoError(t, api.Reject("bad", "limit reached"))
	require.NoError(t, api.Advance(time.Minute))
	id := c.must(201, "POST", "/v1/charges", chargeOf(500, "x"))["id"].(string)
	c.must(201, "POST", "/v1/charges", chargeOf(500, "y"))
	require.NoError(t, api.Pay("x"))
	c.must(200, "POST", "/v1/charges/"+id+"/refund", object{"amount": 100})
	c.must(200, "POST", "/v1/charges/"+id+"/refund", object{})
	require.NoError(t, api.Advance(time.Hour))
	require.Equal(t, []string{
		"transactions/started pending", "transactions/started pending", "transactions/failed failed", "transactions/completed completed",
		"charge/events paid", "charge/events refunded_partially", "charge/events refunded", "charge/events dropped",
	}, l.seen())
}

func TestWebhooks_GoOutByThemselves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &listener{answer: func(n int) int { return []int{500, 204, 204}[n-1] }}
		api, err := djamotest.New(djamotest.WithWebhookTransport(l), djamotest.WithSettleAfter(3*time.Second),
			djamotest.WithWebhookBackoff(time.Second))
		require.NoError(t, err)
		defer api.Close()
		c := direct(t, api)
		c.listen(hook, allTopics...)
		c.pay(awa, 5000, "r")
		synctest.Wait()
		require.Len(t, l.seen(), 1)
		time.Sleep(time.Second)
		synctest.Wait()
		require.Len(t, l.seen(), 2)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Equal(t, "transactions/completed completed", l.seen()[2])
	})
}

func TestWebhooks_BackOffUntilAcknowledgedOrGivenUp(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		answer    func(n int) int
		attempts  []time.Duration // since the webhook was made
		delivered bool
	}{
		{"at once", func(int) int { return 200 }, []time.Duration{0}, true},
		{"third time", func(n int) int { return map[int]int{1: 500, 2: 404, 3: 201}[n] },
			[]time.Duration{0, 10 * time.Second, 40 * time.Second}, true},
		{"redirects acknowledge nothing", func(n int) int { return map[int]int{1: 301, 2: 200}[n] },
			[]time.Duration{0, 10 * time.Second}, true},
		{"never", func(int) int { return 503 }, []time.Duration{0, 10 * time.Second, 40 * time.Second, 160 * time.Second}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			now := time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)
			api, c := newAPI(t, djamotest.WithWebhookTransport(&listener{answer: tt.answer}), djamotest.WithClock(func() time.Time { return now }),
				djamotest.WithWebhookBackoff(10*time.Second, 30*time.Second, 2*time.Minute), djamotest.WithManualSettlement())
			c.listen(hook, "transactions/started")
			c.pay(awa, 5000, "r")
			require.NoError(t, api.Advance(0)) // waits for the first attempt, whoever makes it
			require.NoError(t, api.Advance(24*time.Hour))
			d := api.WebhookDeliveries()[0]
			var got []time.Duration
			for _, a := range d.Attempts {
				got = append(got, a.At.Sub(now))
			}
			require.Equal(t, tt.attempts, got)
			require.Equal(t, []bool{tt.delivered, !tt.delivered}, []bool{d.Delivered, d.GaveUp})
			require.True(t, d.NextAttempt.IsZero())
		})
	}
}

func TestWebhooks_DeliverNowAndRedeliver(t *testing.T) {
	t.Parallel()
	status := 500
	l := &listener{answer: func(int) int { return status }}
	now := time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)
	api, c := newAPI(t, djamotest.WithWebhookTransport(l), djamotest.WithManualSettlement(),
		djamotest.WithClock(func() time.Time { return now }))
	c.listen(hook, allTopics...)
	c.pay(awa, 5000, "a")
	c.pay(awa, 5000, "b")
	require.NoError(t, api.Advance(0))
	require.Len(t, l.seen(), 2)
	require.Equal(t, now.Add(10*time.Second), api.WebhookDeliveries()[0].NextAttempt)
	require.Zero(t, api.DeliverNow())
	require.Len(t, l.seen(), 4, "each waiting webhook once, though none was acknowledged")
	require.ErrorContains(t, api.Redeliver("whd_1"), "did not acknowledge: status 500")
	status = 200
	require.NoError(t, api.Redeliver("whd_1"))
	require.NoError(t, api.Redeliver("whd_1"))
	require.Equal(t, 1, api.DeliverNow(), "only the other one still waits")
	require.Zero(t, api.DeliverNow())
	require.Len(t, l.seen(), 8)
	require.Len(t, api.WebhookDeliveries()[0].Attempts, 5)
}

func TestWebhooks_Faults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault djamotest.Fault
		rules []djamotest.Rule
		want  []string
	}{
		{"duplicates", djamotest.DuplicateWebhook(), nil, []string{"started", "started", "completed", "completed"}},
		{"one duplicate", djamotest.DuplicateWebhook(), []djamotest.Rule{djamotest.On("transactions/completed")},
			[]string{"started", "completed", "completed"}},
		{"out of order", djamotest.ReorderWebhook(), []djamotest.Rule{djamotest.OneShot()}, []string{"completed", "started"}},
		{"dropped", djamotest.DropWebhook(), []djamotest.Rule{djamotest.OneShot()}, []string{"completed"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := &listener{}
			api, c := newAPI(t, djamotest.WithWebhookTransport(l), djamotest.WithManualSettlement())
			c.listen(hook, allTopics...)
			_, err := api.Inject(tt.fault, tt.rules...)
			require.NoError(t, err)
			c.pay(awa, 5000, "r")
			require.NoError(t, api.Advance(time.Second))
			require.NoError(t, api.Settle("r"))
			var got []string
			for _, s := range l.seen() {
				got = append(got, strings.TrimPrefix(strings.Fields(s)[0], "transactions/"))
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestWebhooks_HeldBackForAMinuteAtMost(t *testing.T) {
	t.Parallel()
	l := &listener{}
	now := time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)
	api, c := newAPI(t, djamotest.WithWebhookTransport(l), djamotest.WithManualSettlement(),
		djamotest.WithClock(func() time.Time { return now }))
	c.listen(hook, allTopics...)
	_, err := api.Inject(djamotest.ReorderWebhook(), djamotest.OneShot())
	require.NoError(t, err)
	c.pay(awa, 5000, "held")
	c.pay(awa, 5000, "other") // about another object: releases nothing
	require.NoError(t, api.Advance(59*time.Second))
	require.Len(t, l.seen(), 1)
	require.NoError(t, api.Advance(time.Second))
	require.Len(t, l.seen(), 2)
}

func TestWebhooks_DroppedCanBeRedelivered(t *testing.T) {
	t.Parallel()
	l := &listener{}
	api, c := newAPI(t, djamotest.WithWebhookTransport(l))
	c.listen(hook, allTopics...)
	_, err := api.Inject(djamotest.DropWebhook())
	require.NoError(t, err)
	c.pay(awa, 5000, "r")
	require.True(t, api.WebhookDeliveries()[0].GaveUp)
	require.NoError(t, api.Redeliver("whd_1"))
	require.Len(t, l.seen(), 1)
	require.False(t, api.WebhookDeliveries()[0].GaveUp)
}

func TestWebhooks_StayOnTheMachine(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t)
	c.listen(hook, "transactions/started")
	c.listen("http://192.0.2.1:9/hook", "transactions/started")
	c.pay(awa, 5000, "r")
	api.DeliverNow()
	for _, d := range api.WebhookDeliveries() {
		require.True(t, d.GaveUp)
		require.Len(t, d.Attempts, 1)
		require.Contains(t, d.Attempts[0].Error, "only loopback addresses")
	}
}

func TestWebhooks_ReceiverThatIsGoneOrSlow(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(slow.Close)
	t.Cleanup(func() { close(release) })   // both run after the subtests, in the reverse order
	const gone = "http://127.0.0.1:1/hook" // no system gives that port to whoever asks for any, as it may give one that was closed
	tests := []struct {
		name, url string
		timeout   time.Duration
		want      string
	}{
		{"slow", slow.URL, 20 * time.Millisecond, "deadline exceeded"},
		{"gone", gone, time.Minute, "connection refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv, c := newServer(t, djamotest.WithWebhookTimeout(tt.timeout))
			c.listen(tt.url, "transactions/started")
			c.pay(awa, 5000, "r")
			require.NoError(t, srv.Advance(0))
			d := srv.WebhookDeliveries()[0]
			require.Contains(t, d.Attempts[0].Error, tt.want)
			require.False(t, d.Delivered)
			require.False(t, d.GaveUp)
			require.False(t, d.NextAttempt.IsZero())
		})
	}
}

func TestWebhooks_Endpoints(t *testing.T) {
	t.Parallel()
	_, c := newAPI(t)
	created := c.must(201, "POST", "/v1/webhooks", object{"topic": "transactions/started", "url": hook})
	require.Equal(t, created, c.must(200, "GET", "/v1/webhooks/"+created["id"].(string), nil))
	c.refused(404, "GET", "/v1/webhooks/nobody", nil)
	for _, link := range []string{"", "myapp.com/hook", "ftp://myapp.com", "https://"} {
		require.Equal(t, []string{"url must be a URL address"},
			c.refused(400, "POST", "/v1/webhooks", object{"topic": "charge/events", "url": link}))
	}
	require.Contains(t, c.refused(400, "POST", "/v1/webhooks", object{"topic": "payments", "url": hook})[0],
		"topic must be one of the following values: transactions/started,")
}

func TestWebhooks_OfSettlementsGoOutInTimeWhenNobodyHearsOfTheStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &listener{}
		api, err := djamotest.New(djamotest.WithWebhookTransport(l))
		require.NoError(t, err)
		defer api.Close()
		c := overTransport(t, api)
		c.listen(hook, "transactions/completed")
		synctest.Wait() // what sends webhooks has found nothing to wait for
		c.pay(awa, 5000, "r")
		time.Sleep(61 * time.Second)
		synctest.Wait()
		require.Equal(t, []string{"transactions/completed completed"}, l.seen())
	})
}
