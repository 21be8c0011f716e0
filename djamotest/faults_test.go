package djamotest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// overTransport calls an API through its round tripper.
func overTransport(t testing.TB, api *djamotest.API) *caller {
	return &caller{t: t, api: api, url: "http://djamo.test", do: api.Transport().RoundTrip}
}

// outcome is what a client sees of one exchange.
type outcome struct {
	status  int
	header  http.Header
	body    string
	err     error // no answer
	readErr error // the body broke off
}

func (c *caller) exchange(r *http.Request) outcome {
	c.t.Helper()
	resp, err := c.do(r)
	if err != nil {
		require.Nil(c.t, resp)
		return outcome{err: err}
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return outcome{status: resp.StatusCode, header: resp.Header, body: string(raw), readErr: err}
}

// TestFaults_OverBothTransports holds every fault to the same behaviour with a network and without one.
func TestFaults_OverBothTransports(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 30, 12, 0, 0, 500e6, time.UTC)
	html := func(status int, says string) func(*testing.T, outcome) {
		return func(t *testing.T, got outcome) {
			t.Helper()
			require.NoError(t, got.err)
			require.Equal(t, status, got.status)
			require.Equal(t, "text/html; charset=UTF-8", got.header.Get("Content-Type"))
			require.Contains(t, got.body, says)
		}
	}
	limited := func(retryAfter string) func(*testing.T, outcome) {
		return func(t *testing.T, got outcome) {
			t.Helper()
			require.Equal(t, 429, got.status)
			require.Equal(t, retryAfter, got.header.Get("Retry-After"))
			_, sent := got.header["Retry-After"]
			require.Equal(t, retryAfter != "", sent)
			require.Equal(t, "ThrottlerException: Too Many Requests", messages(t, decode(t, []byte(got.body)).(object))[0])
		}
	}
	created := func(t *testing.T, got outcome) {
		t.Helper()
		require.NoError(t, got.err)
		require.NoError(t, got.readErr)
		require.Equal(t, 201, got.status)
		require.True(t, json.Valid([]byte(got.body)))
	}
	tests := []struct {
		fault     djamotest.Fault
		processed bool
		check     func(*testing.T, outcome)
	}{
		{djamotest.CloseConnection(), false, func(t *testing.T, got outcome) { require.ErrorIs(t, got.err, io.EOF) }},
		{djamotest.FailBefore(500), false, html(500, "500 Internal Server Error")},
		{djamotest.FailBefore(502), false, html(502, "502 Bad Gateway")},
		{djamotest.FailBefore(503), false, html(503, "503 Service Unavailable")},
		{djamotest.RateLimit(), false, limited("")},
		{djamotest.RateLimitFor(1500 * time.Millisecond), false, limited("2")},
		{djamotest.RateLimitUntil(3 * time.Second), false, limited("Tue, 30 Jun 2026 12:00:04 GMT")},
		{djamotest.Blocked(), false, html(403, "Sorry, you have been blocked")},
		{djamotest.LoseReply(), true, func(t *testing.T, got outcome) { require.ErrorIs(t, got.err, io.EOF) }},
		{djamotest.ResetReply(), true, func(t *testing.T, got outcome) { require.ErrorIs(t, got.err, syscall.ECONNRESET) }},
		{djamotest.FailAfter(500), true, func(t *testing.T, got outcome) {
			require.Equal(t, 500, got.status)
			require.Equal(t, "Internal Server Error Exception", decode(t, []byte(got.body)).(object)["error"])
		}},
		{djamotest.FailAfter(502), true, html(502, "502 Bad Gateway")},
		{djamotest.TruncateReply(), true, func(t *testing.T, got outcome) {
			require.Equal(t, 201, got.status)
			require.ErrorIs(t, got.readErr, io.ErrUnexpectedEOF)
			require.True(t, strings.HasPrefix(got.body, `{"id":"txn_`))
		}},
		{djamotest.Stall(time.Millisecond), true, created},
		{djamotest.ProcessLate(time.Millisecond), true, created},
		{djamotest.SlowBody(time.Millisecond), true, created},
	}
	for _, tt := range tests {
		for _, network := range []bool{true, false} {
			t.Run(fmt.Sprint(tt.fault, ", network ", network), func(t *testing.T) {
				t.Parallel()
				opts := []djamotest.Option{djamotest.WithClock(func() time.Time { return at }), djamotest.WithManualSettlement()}
				var c *caller
				if network {
					_, c = newServer(t, opts...)
				} else {
					api, _ := newAPI(t, opts...)
					c = overTransport(t, api)
				}
				injection, err := c.api.Inject(tt.fault, djamotest.OneShot(), djamotest.On("POST /v1/transactions"))
				require.NoError(t, err)
				c.must(200, "GET", "/v1/balance", nil) // out of scope
				tt.check(t, c.exchange(c.request("POST", "/v1/transactions", transferTo(awa, 5000, "r"))))
				want := []string{tt.fault.String()}
				require.Equal(t, 1, injection.Fired())
				require.Equal(t, want, c.api.Requests()[1].Faults)
				if tt.processed {
					c.api.AssertPaidOnce(t, "r")
					c.refused(409, "POST", "/v1/transactions", transferTo(awa, 5000, "r"))
				} else {
					c.api.AssertNotPaid(t, "r")
					require.Empty(t, c.api.Ledger())
					c.pay(awa, 5000, "r") // one shot
				}
			})
		}
	}
}

func TestFaults_StallUntilTheCallerGivesUp(t *testing.T) {
	t.Parallel()
	_, c := newServer(t)
	_, err := c.api.Inject(djamotest.Stall(0))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan outcome)
	go func() {
		done <- c.exchange(c.request("POST", "/v1/transactions", transferTo(awa, 5000, "r")).WithContext(ctx))
	}()
	require.Eventually(t, func() bool { return len(c.api.Transactions()) == 1 }, 5*time.Minute, time.Millisecond)
	cancel()
	require.ErrorIs(t, (<-done).err, context.Canceled)
	c.api.AssertPaidOnce(t, "r")
}

func TestFaults_OnTheServersAndTheBubblesClock(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault djamotest.Fault
		body  func(t *testing.T, c *caller)
	}{
		{"stall past a deadline", djamotest.Stall(0), func(t *testing.T, c *caller) {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			begin := time.Now()
			got := c.exchange(c.request("POST", "/v1/transactions", transferTo(awa, 5000, "r")).WithContext(ctx))
			require.ErrorIs(t, got.err, context.DeadlineExceeded)
			require.Equal(t, 30*time.Second, time.Since(begin))
			c.api.AssertPaidOnce(t, "r")
		}},
		{"stall for a while", djamotest.Stall(20 * time.Second), func(t *testing.T, c *caller) {
			begin := time.Now()
			c.pay(awa, 5000, "r")
			require.Equal(t, 20*time.Second, time.Since(begin))
		}},
		{"processed after the caller gave up", djamotest.ProcessLate(10 * time.Second), func(t *testing.T, c *caller) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			got := c.exchange(c.request("POST", "/v1/transactions", transferTo(awa, 5000, "r")).WithContext(ctx))
			require.ErrorIs(t, got.err, context.DeadlineExceeded)
			c.api.AssertNotPaid(t, "r")
			time.Sleep(9*time.Second + time.Millisecond)
			c.api.AssertPaidOnce(t, "r")
		}},
		{"slow body", djamotest.SlowBody(10 * time.Second), func(t *testing.T, c *caller) {
			begin := time.Now()
			resp, err := c.do(c.request("POST", "/v1/transactions", transferTo(awa, 5000, "r")))
			require.NoError(t, err)
			require.Zero(t, time.Since(begin), "the header comes at once")
			raw, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, 10*time.Second, time.Since(begin))
			require.True(t, json.Valid(raw))
		}},
		{"slow body, abandoned", djamotest.SlowBody(time.Hour), func(t *testing.T, c *caller) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			got := c.exchange(c.request("POST", "/v1/transactions", transferTo(awa, 5000, "r")).WithContext(ctx))
			require.Equal(t, 201, got.status)
			require.ErrorIs(t, got.readErr, context.DeadlineExceeded)
		}},
		{"blocked for a while", djamotest.Blocked(), func(t *testing.T, c *caller) {
			c.api.ClearFaults()
			_, err := c.api.Inject(djamotest.Blocked(), djamotest.For(time.Minute))
			require.NoError(t, err)
			blocked := func() bool { return c.exchange(c.request("GET", "/v1/balance", nil)).status == 403 }
			require.True(t, blocked())
			time.Sleep(time.Minute - 1)
			require.True(t, blocked())
			time.Sleep(time.Nanosecond)
			require.False(t, blocked())
		}},
		{"lookup lag", djamotest.LookupLag(5 * time.Second), func(t *testing.T, c *caller) {
			id := c.pay(awa, 5000, "r")
			charge := c.must(201, "POST", "/v1/charges", chargeOf(500, "x"))["id"].(string)
			for _, list := range []string{"/v1/transactions?reference=r", "/v1/transactions", "/v1/charges"} {
				require.Empty(t, c.must(200, "GET", list, nil)["data"], list)
			}
			c.must(200, "GET", "/v1/transactions/"+id, nil)
			c.must(200, "GET", "/v1/charges/"+charge, nil)
			time.Sleep(5 * time.Second)
			for _, list := range []string{"/v1/transactions?reference=r", "/v1/transactions", "/v1/charges"} {
				require.Len(t, c.must(200, "GET", list, nil)["data"], 1, list)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api, err := djamotest.New()
				require.NoError(t, err)
				defer api.Close()
				_, err = api.Inject(tt.fault)
				require.NoError(t, err)
				tt.body(t, overTransport(t, api))
			})
		})
	}
}

func TestFaults_RulesAndScopes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		rules []djamotest.Rule
		want  string // x for every request of the script that is struck
	}{
		{"no rule", nil, "xxxxxx"},
		{"one shot", []djamotest.Rule{djamotest.OneShot()}, "x....."},
		{"twice", []djamotest.Rule{djamotest.Times(2)}, "xx...."},
		{"after two", []djamotest.Rule{djamotest.After(2)}, "..xxxx"},
		{"one after two", []djamotest.Rule{djamotest.After(2), djamotest.OneShot()}, "..x..."},
		{"never by chance", []djamotest.Rule{djamotest.Probability(0)}, "......"},
		{"always by chance", []djamotest.Rule{djamotest.Probability(1)}, "xxxxxx"},
		{"a method", []djamotest.Rule{djamotest.On("POST")}, "x..x.."},
		{"a path", []djamotest.Rule{djamotest.On("/v1/transactions")}, "xx..x."},
		{"a method and a path", []djamotest.Rule{djamotest.On("POST /v1/transactions")}, "x....."},
		{"a wildcard", []djamotest.Rule{djamotest.On("/v1/transactions/*")}, "..x..."},
		{"a lookup", []djamotest.Rule{djamotest.On("GET /v1/transactions?reference")}, "....x."},
		{"the fewer of two counts", []djamotest.Rule{djamotest.OneShot(), djamotest.Times(3)}, "x....."},
		{"the later of two beginnings", []djamotest.Rule{djamotest.After(4), djamotest.After(1)}, "....xx"},
		{"never and always by chance", []djamotest.Rule{djamotest.Probability(0), djamotest.Probability(1)}, "......"},
		{"two rules of scopes", []djamotest.Rule{djamotest.On("POST", "/v1/balance"), djamotest.On("/v1/transactions", "GET")}, "x....x"},
		{"two scopes, the second match", []djamotest.Rule{djamotest.On("POST", "/v1/balance"), djamotest.After(1), djamotest.OneShot()},
			"...x.."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api, _ := newAPI(t, djamotest.WithBasePath("/gw"))
			c := overTransport(t, api)
			injection, err := api.Inject(djamotest.FailBefore(503), tt.rules...)
			require.NoError(t, err)
			var got strings.Builder
			for _, call := range []string{
				"POST /v1/transactions", "GET /v1/transactions", "GET /v1/transactions/txn_1", "POST /v1/webhooks",
				"GET /v1/transactions?reference=r", "GET /v1/balance",
			} {
				method, path, _ := strings.Cut(call, " ")
				mark := "."
				if c.exchange(c.request(method, "/gw"+path, nil)).status == 503 {
					mark = "x"
				}
				got.WriteString(mark)
			}
			require.Equal(t, tt.want, got.String())
			require.Equal(t, strings.Count(tt.want, "x"), injection.Fired())
		})
	}
}

func TestFaults_Combine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api, err := djamotest.New()
		require.NoError(t, err)
		defer api.Close()
		c := overTransport(t, api)
		inject := func(f djamotest.Fault, rules ...djamotest.Rule) *djamotest.Injection {
			i, err := api.Inject(f, rules...)
			require.NoError(t, err)
			return i
		}
		lost, spoiled := inject(djamotest.LoseReply()), inject(djamotest.FailAfter(500))
		late := inject(djamotest.ProcessLate(time.Second))
		begin := time.Now()
		require.ErrorIs(t, c.exchange(c.request("POST", "/v1/transactions", transferTo(awa, 5000, "a"))).err, io.EOF)
		require.Equal(t, time.Second, time.Since(begin))
		require.Equal(t, []int{1, 0, 1}, []int{lost.Fired(), spoiled.Fired(), late.Fired()})

		down := inject(djamotest.FailBefore(503), djamotest.OneShot())
		slow := inject(djamotest.SlowBody(time.Second), djamotest.OneShot())
		begin = time.Now()
		require.Equal(t, 503, c.exchange(c.request("POST", "/v1/transactions", transferTo(awa, 5000, "b"))).status)
		require.Equal(t, []time.Duration{2 * time.Second, 1}, []time.Duration{time.Since(begin), time.Duration(slow.Fired())},
			"a refusal is late and slow too")
		require.Equal(t, []int{1, 0, 2, 1}, []int{lost.Fired(), spoiled.Fired(), late.Fired(), down.Fired()})

		lost.Remove()
		lost.Remove()
		require.Equal(t, 500, c.exchange(c.request("POST", "/v1/transactions", transferTo(awa, 5000, "c"))).status)
		api.ClearFaults()
		c.pay(awa, 5000, "d")
		require.Equal(t, [][]string{
			{"reply lost", "processed late"}, {"503 before processing", "processed late", "slow body"}, {"500 after processing",
				"processed late"}, nil,
		}, []([]string){api.Requests()[0].Faults, api.Requests()[1].Faults, api.Requests()[2].Faults, api.Requests()[3].Faults})
	})
}

// A look-up that is held up is blind to what is new when it is made, not when it was asked for.
func TestFaults_LateAndLagging(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api, err := djamotest.New()
		require.NoError(t, err)
		defer api.Close()
		c := overTransport(t, api)
		for _, f := range []djamotest.Fault{djamotest.ProcessLate(10 * time.Second), djamotest.LookupLag(5 * time.Second)} {
			_, err = api.Inject(f, djamotest.On("GET"))
			require.NoError(t, err)
		}
		answered := make(chan outcome)
		go func() { answered <- c.exchange(c.request("GET", "/v1/transactions", nil)) }()
		time.Sleep(time.Second)
		c.pay(awa, 5000, "old by then")
		time.Sleep(6 * time.Second)
		c.pay(awa, 5000, "new")
		got := (<-answered).body
		require.Contains(t, got, "old by then")
		require.NotContains(t, got, `"new"`)
	})
}

func TestFaults_TheSameSeedStrikesTheSameRequests(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) string {
		var pattern strings.Builder
		api, _ := newAPI(t, djamotest.WithSeed(seed))
		c := overTransport(t, api)
		_, err := api.Inject(djamotest.AnyOf(djamotest.LoseReply(), djamotest.FailBefore(503), djamotest.AnyOf(djamotest.RateLimit())),
			djamotest.Probability(0.3))
		require.NoError(t, err)
		for i := range 400 {
			c.exchange(c.request("POST", "/v1/transactions", transferTo(awa, 100, fmt.Sprint("r", i))))
		}
		for _, r := range api.Requests() {
			pattern.WriteString(strings.Join(r.Faults, "+") + ",")
		}
		return pattern.String()
	}
	first := run(7)
	require.Equal(t, first, run(7))
	require.NotEqual(t, first, run(8))
	for _, name := range []string{"reply lost", "503 before processing", "429"} {
		require.InDelta(t, 40, strings.Count(first, name), 25, name)
	}
}
