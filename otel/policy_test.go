package djamootel_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
)

// The client decides what is sent again, what is settled and what is unknown. Tracing must not change a single verdict:
// these tests let the same calls meet the same faults with and without a Transport, and compare all that can be seen.

var payment = djamo.TransactionParams{
	MSISDN:      "+2250748710523",
	Amount:      50_000,
	Reference:   "payroll-2026-06/0042",
	Description: "Salaire de juin",
}

type call = func(context.Context, *djamo.Client) error

// calls are one of each class: a read, an update, payments under a key, and writes without one.
var calls = map[string]call{
	"look a payment up": func(ctx context.Context, c *djamo.Client) error {
		_, err := c.Transactions.GetByReference(ctx, payment.Reference)
		return err
	},
	"balance": func(ctx context.Context, c *djamo.Client) error { _, err := c.Balance.Get(ctx); return err },
	"pay": func(ctx context.Context, c *djamo.Client) error {
		_, err := c.Transactions.Create(ctx, payment)
		return err
	},
	"pay, one attempt": func(ctx context.Context, c *djamo.Client) error {
		_, err := c.Transactions.Create(ctx, payment, djamo.WithSingleAttempt())
		return err
	},
	"charge": func(ctx context.Context, c *djamo.Client) error {
		_, err := c.Charges.Create(ctx, djamo.ChargeParams{Amount: 10_000, ExternalID: "order-7"})
		return err
	},
	"batch": func(ctx context.Context, c *djamo.Client) error {
		_, err := c.Batches.Create(ctx, djamo.BatchParams{Transactions: []djamo.TransactionParams{payment}})
		return err
	},
	"sub-company": func(ctx context.Context, c *djamo.Client) error {
		_, err := c.SubCompanies.Create(ctx, djamo.SubCompanyParams{Name: "Chocolate Factory", LogoURL: "https://shop.example/logo.png"})
		return err
	},
	"refund": func(ctx context.Context, c *djamo.Client) error { _, err := c.Charges.Refund(ctx, "ch_1"); return err },
	"a write without a body": func(ctx context.Context, c *djamo.Client) error {
		return c.Do(ctx, http.MethodPost, "/v1/charges/ch_1/refund", nil, nil)
	},
	"an update": func(ctx context.Context, c *djamo.Client) error {
		return c.Do(ctx, http.MethodPut, "/v1/sub-companies/sub_1", map[string]string{"name": "x"}, nil)
	},
}

var faults = []djamotest.Fault{
	djamotest.RefuseConnection(), djamotest.CloseConnection(), djamotest.FailBefore(503), djamotest.RateLimit(), djamotest.RateLimitFor(3 * time.Second),
	djamotest.Blocked(), djamotest.LoseReply(), djamotest.ResetReply(), djamotest.FailAfter(500), djamotest.FailAfter(502), djamotest.TruncateReply(),
	djamotest.Stall(0), djamotest.ProcessLate(2500 * time.Millisecond), djamotest.SlowBody(5300 * time.Millisecond),
}

// verdict is all that a call's caller, the server and the ledger can tell of it.
type verdict struct {
	Err     string
	Unknown bool
	Sent    []string
	Paid    []djamotest.LedgerEntry
}

// verdictOf makes a call in a bubble, on an API with an injected fault.
func verdictOf(t *testing.T, fault djamotest.Fault, rules []djamotest.Rule, try call, traced bool) (v verdict) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		api, err := djamotest.New(djamotest.WithSeed(7))
		require.NoError(t, err)
		defer api.Close()
		_, err = api.Inject(fault, rules...)
		require.NoError(t, err)
		var base http.RoundTripper = api.Transport()
		if traced {
			base = newRecorder().around(t, base)
		}
		client, err := djamo.NewClient(api.Token, djamo.WithBaseURL("https://api.example"), djamo.WithCompanyID(api.CompanyID),
			djamo.WithHTTPClient(&http.Client{Transport: base}), djamo.WithTimeout(2*time.Second),
			djamo.WithRetry(djamo.RetryPolicy{MinWait: time.Second, MaxWait: time.Second}))
		require.NoError(t, err)
		err = try(t.Context(), client)
		v = verdict{Err: fmt.Sprint(err), Unknown: errors.Is(err, djamo.ErrOutcomeUnknown)}
		time.Sleep(time.Minute) //nolint:forbidigo // for what is processed late; in the bubble no real time passes
		for _, r := range api.Requests() {
			v.Sent = append(v.Sent, fmt.Sprint(r.Method, " ", r.Path, "?", r.Query, " ", string(r.Body), " ", r.Status, r.Faults))
		}
		for _, entry := range api.Ledger() {
			entry.At = time.Time{}
			v.Paid = append(v.Paid, entry)
		}
	})
	return v
}

func TestPolicy_IsTheSameUnderEveryFault(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string][]djamotest.Rule{"once": {djamotest.OneShot()}, "twice": {djamotest.Times(2)}, "always": nil} {
		for what, try := range calls {
			t.Run(what+", "+name, func(t *testing.T) {
				t.Parallel()
				for _, fault := range faults {
					require.Equal(t, verdictOf(t, fault, rules, try, false), verdictOf(t, fault, rules, try, true), fault.String())
				}
			})
		}
	}
}

// Chance and time included: many payments under many faults are told the truth about, and nobody is paid twice by an API
// that does not refuse repeated references.
func TestPolicy_PaysOnceThroughBadWeather(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		synctest.Test(t, func(t *testing.T) {
			api, err := djamotest.New(djamotest.WithSeed(seed), djamotest.WithRepeatedReferences(), djamotest.WithManualSettlement())
			require.NoError(t, err)
			defer api.Close()
			_, err = api.Inject(djamotest.AnyOf(faults[:12]...), djamotest.Probability(0.4))
			require.NoError(t, err)
			r := newRecorder()
			client, err := djamo.NewClient(api.Token, djamo.WithBaseURL("https://api.example"), djamo.WithTimeout(2*time.Second),
				djamo.WithHTTPClient(&http.Client{Transport: r.around(t, api.Transport())}))
			require.NoError(t, err)
			outcomes := make([]error, 40)
			var group sync.WaitGroup
			for i := range outcomes {
				group.Go(func() {
					p := payment
					p.Reference = fmt.Sprint("run/", i)
					_, outcomes[i] = client.Transactions.Create(t.Context(), p)
				})
			}
			group.Wait()
			time.Sleep(time.Minute) //nolint:forbidigo // in the bubble no real time passes
			paid := map[string]int{}
			for _, tx := range api.Transactions() {
				paid[tx.Reference]++
			}
			for i, err := range outcomes {
				n := paid[fmt.Sprint("run/", i)]
				require.LessOrEqual(t, n, 1)
				require.False(t, err == nil && n == 0, "told as paid")
				require.False(t, err != nil && !errors.Is(err, djamo.ErrOutcomeUnknown) && n != 0, "told as not paid: %v", err)
			}
			api.AssertBalanced(t)
			require.NotContains(t, r.everything(t), "run/")
		})
	}
}

// A dial that fails proves that nothing left, through the Transport as without it: with a body and without one, around
// net/http's own Transport and around one that a caller has put in between.
func TestPolicy_RefusedConnectionIsKnown(t *testing.T) {
	t.Parallel()
	var dials atomic.Int32
	refusing := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		dials.Add(1)
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	}}
	outer := func(base http.RoundTripper) http.RoundTripper { return newRecorder().around(t, base) }
	inner := func(base http.RoundTripper) http.RoundTripper { return roundTripper(base.RoundTrip) }
	none := func(base http.RoundTripper) http.RoundTripper { return base }
	for name, chain := range map[string]struct {
		bare, traced func(http.RoundTripper) http.RoundTripper
	}{
		"net/http":         {none, outer},
		"twice":            {none, func(base http.RoundTripper) http.RoundTripper { return outer(outer(base)) }},
		"around a wrapper": {inner, func(base http.RoundTripper) http.RoundTripper { return outer(inner(base)) }},
		"in a wrapper":     {inner, func(base http.RoundTripper) http.RoundTripper { return inner(outer(base)) }},
	} {
		for what, try := range calls {
			through := func(base http.RoundTripper) (int32, bool) {
				client, err := djamo.NewClient("at_x", djamo.WithBaseURL("https://api.example"), djamo.WithHTTPClient(&http.Client{Transport: base}),
					djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 3, MinWait: time.Millisecond, MaxWait: time.Millisecond}))
				require.NoError(t, err)
				dials.Store(0)
				err = try(t.Context(), client)
				require.ErrorContains(t, err, "connection refused", "%s, %s", name, what)
				return dials.Load(), errors.Is(err, djamo.ErrOutcomeUnknown)
			}
			wantDials, wantUnknown := through(chain.bare(refusing))
			gotDials, gotUnknown := through(chain.traced(refusing))
			require.Equal(t, wantDials, gotDials, "%s, %s", name, what)
			require.Equal(t, wantUnknown, gotUnknown, "%s, %s", name, what)
			require.False(t, gotUnknown && name == "net/http", what)
		}
	}
}

// Over TCP: a server that is down for a moment is asked again, a reply that is lost is looked up, and both show in the
// trace.
func TestPolicy_OverTCP(t *testing.T) {
	t.Parallel()
	server, r := djamotest.NewServer(t), newRecorder()
	client := overTCP(t, server, r)
	require.NoError(t, server.Refuse())
	down := make(chan error, 1)
	resumed := roundTripper(func(req *http.Request) (*http.Response, error) {
		attempt, _ := djamo.AttemptFromContext(req.Context())
		if attempt.Number == 2 {
			down <- server.Resume()
		}
		return r.around(t, nil).RoundTrip(req)
	})
	during, err := client.Clone(djamo.WithHTTPClient(&http.Client{Transport: resumed}))
	require.NoError(t, err)
	_, err = during.Transactions.Create(t.Context(), payment)
	require.NoError(t, err)
	require.NoError(t, <-down)
	require.Equal(t, []string{"POST /v1/transactions connect_error", "POST /v1/transactions 201"}, r.spanLines())

	r.spans.Reset()
	_, err = server.Inject(djamotest.LoseReply(), djamotest.OneShot())
	require.NoError(t, err)
	next := payment
	next.Reference = "payroll-2026-06/0043"
	_, err = client.Transactions.Create(t.Context(), next)
	require.NoError(t, err)
	story := r.spanLines()
	require.Equal(t, "POST /v1/transactions connection_closed", story[0])
	require.Equal(t, []string{"GET /v1/transactions 200"}, slices.Compact(story[1:]))
	server.AssertPaidOnce(t, payment.Reference, next.Reference)
}

// spanLines is each span's name and what became of it.
func (r *recorder) spanLines() (lines []string) {
	for _, span := range r.spans.GetSpans() {
		attributes := flat(span.Attributes)
		end := attributes["error.type"]
		if end == nil {
			end = attributes["http.response.status_code"]
		}
		lines = append(lines, fmt.Sprint(span.Name, " ", end))
	}
	return lines
}

// overTCP makes a client that dials for each request: on a connection that was kept and has died meanwhile net/http sends a
// read a second time by itself, which neither the client nor its RoundTrippers see.
func overTCP(t testing.TB, server *djamotest.Server, r *recorder) *djamo.Client {
	t.Helper()
	transport := r.around(t, &http.Transport{DisableKeepAlives: true})
	t.Cleanup(transport.CloseIdleConnections)
	client, err := djamo.NewClient(
		server.Token,
		djamo.WithBaseURL(server.URL),
		djamo.WithCompanyID(server.CompanyID),
		djamo.WithHTTPClient(&http.Client{Transport: transport}),
		djamo.WithTimeout(time.Second),
		djamo.WithRetry(
			djamo.RetryPolicy{MinWait: time.Millisecond, MaxWait: time.Millisecond, MaxRetryAfter: time.Millisecond, QuietPeriod: time.Millisecond},
		),
	)
	require.NoError(t, err)
	return client
}
