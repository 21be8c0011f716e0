package djamo_test

import (
	"context"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// Each refusal names its option, and the field where the option has several; Clone refuses like NewClient.
func TestOptions_RefusalsNameTheOption(t *testing.T) {
	t.Parallel()
	retry, limits := djamo.WithRetry, djamo.WithLimits
	client := clienttest.Mocked(t, nil)
	for want, opt := range map[string]djamo.Option{
		"WithRetry: MinWait: must not be negative, got -1ns":                                        retry(djamo.RetryPolicy{MinWait: -1}),
		"WithRetry: MaxWait: must not be negative, got -1s":                                         retry(djamo.RetryPolicy{MaxWait: -time.Second}),
		"WithRetry: MaxRetryAfter: must not be negative, got -2562047h47m16.854775808s":             retry(djamo.RetryPolicy{MaxRetryAfter: math.MinInt64}),
		"WithRetry: QuietPeriod: must not be negative, got -1h0m0s":                                 retry(djamo.RetryPolicy{QuietPeriod: -time.Hour}),
		"WithRetry: MaxAttempts: must not be negative, got -4":                                      retry(djamo.RetryPolicy{MaxAttempts: -4}),
		"WithLimits: amounts must not be negative":                                                  limits(djamo.Limits{MaxAmount: -1}),
		"WithLimits: sizes must not be negative":                                                    limits(djamo.Limits{BatchSize: -1}),
		"WithLimits: sizes must not be negative ":                                                   limits(djamo.Limits{ReferenceLength: -1}),
		"WithTimeout: must be positive, got -1m0s":                                                  djamo.WithTimeout(-time.Minute),
		"WithHTTPClient: must be a client, got nil":                                                 djamo.WithHTTPClient(nil),
		"WithLogger: must be a logger, got nil":                                                     djamo.WithLogger(nil),
		"WithMaxResponseBytes: must be positive and finite, got -1":                                 djamo.WithMaxResponseBytes(-1),
		"WithMaxResponseBytes: must be positive and finite, got 9223372036854775807":                djamo.WithMaxResponseBytes(math.MaxInt64),
		"WithCompanyID: must be the bare company id, without spaces":                                djamo.WithCompanyID("compagnie n° 1"),
		"WithAppInfo: needs a name, and only words of printable ASCII":                              djamo.WithAppInfo(djamo.AppInfo{Version: "1"}),
		"WithAppInfo: needs a name, and only words of printable ASCII ":                             djamo.WithAppInfo(djamo.AppInfo{Name: "shop", URL: "https://x\r\nX-Evil: 1"}),
		"WithEnvironment: must be ProductionCIV, ProductionSEN, StagingCIV or StagingSEN, got moon": djamo.WithEnvironment("moon"),
		"option: must not be nil, got nil":                                                          nil,
	} {
		want = "djamo: " + strings.TrimSpace(want) // the space tells two rows with one text apart
		made, err := djamo.NewClient("at_x", djamo.WithEnvironment(djamo.StagingCIV), opt)
		if strings.HasPrefix(want, "djamo: WithEnvironment") {
			made, err = djamo.NewClient("at_x", opt)
		}
		require.Nil(t, made)
		require.EqualError(t, err, want)
		require.ErrorIs(t, err, djamo.ErrInvalidRequest)
		made, err = client.Clone(opt)
		require.Nil(t, made)
		require.EqualError(t, err, want)
	}
}

func TestRequestOptions_RefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	client := unreachable(t)
	for want, opt := range map[string]djamo.RequestOption{
		"request option: must not be nil, got nil":                                              nil,
		"WithRequestTimeout: must be positive, got 0s":                                          djamo.WithRequestTimeout(0),
		"WithRequestTimeout: must be positive, got -1s":                                         djamo.WithRequestTimeout(-time.Second),
		"WithResponse: must point to a Response, got nil":                                       djamo.WithResponse(nil),
		"WithHeader: must not be one of the headers the client controls, got Idempotency-Key":   djamo.WithHeader("idempotency-key", "1"),
		"WithHeader: must not be one of the headers the client controls, got X-Idempotency-Key": djamo.WithHeader("X-IDEMPOTENCY-KEY", "1"),
		"WithHeader: must not be one of the headers the client controls, got Authorization":     djamo.WithHeader("authorization", "Bearer other"),
		"WithHeader: must not be one of the headers the client controls, got Content-Type":      djamo.WithHeader("Content-Type", "text/plain"),
		"WithHeader: must not be one of the headers the client controls, got Content-Length":    djamo.WithHeader("content-Length", "1"),
		"WithHeader: must not be one of the headers the client controls, got Host":              djamo.WithHeader("host", "evil.example"),
		"WithHeader: must not be one of the headers the client controls, got User-Agent":        djamo.WithHeader("user-agent", "x"),
		"WithHeader: must not be one of the headers the client controls, got X-Company-Id":      djamo.WithHeader("x-company-id", "other"),
		"WithHeader: must not be one of the headers the client controls, got Accept":            djamo.WithHeader("accept", "text/html"),
		"WithHeader: must be a header name and a value on one line":                             djamo.WithHeader("X-Note", "a\r\nIdempotency-Key: 1"),
		"WithHeader: must be a header name and a value on one line ":                            djamo.WithHeader("", "x"),
		"WithHeader: must be a header name and a value on one line  ":                           djamo.WithHeader("Idempotency-Key ", "x"),
		"WithHeader: must be a header name and a value on one line   ":                          djamo.WithHeader("X-Note\n", "x"),
	} {
		want = "djamo: " + strings.TrimSpace(want)
		calls := endpointCalls(t, opt)
		for name, call := range calls {
			require.EqualError(t, call(t.Context(), client), want, name)
		}
	}
}

// endpointCalls are calls of every kind with a request option: reads, keyed writes, other writes, listings, raw ones.
func endpointCalls(t *testing.T, opt djamo.RequestOption) map[string]func(context.Context, *djamo.Client) error {
	t.Helper()
	return map[string]func(context.Context, *djamo.Client) error{
		"Transactions.Create": func(ctx context.Context, c *djamo.Client) error {
			return clienttest.Second(c.Transactions.Create(ctx, clienttest.Payment, opt))
		},
		"Transactions.Get": func(ctx context.Context, c *djamo.Client) error {
			return clienttest.Second(c.Transactions.Get(ctx, "txn_1", opt))
		},
		"Transactions.GetByReference": func(ctx context.Context, c *djamo.Client) error {
			return clienttest.Second(c.Transactions.GetByReference(ctx, "r", opt))
		},
		"Transactions.Wait": func(ctx context.Context, c *djamo.Client) error {
			return clienttest.Second(c.Transactions.Wait(ctx, "txn_1", djamo.WaitParams{}, opt))
		},
		"Transactions.List": func(ctx context.Context, c *djamo.Client) error {
			for _, err := range c.Transactions.List(ctx, djamo.TransactionListParams{}, opt) {
				return err
			}
			return nil
		},
		"Batches.Create": func(ctx context.Context, c *djamo.Client) error {
			return clienttest.Second(c.Batches.Create(ctx, clienttest.BatchParams(""), opt))
		},
		"Customers.Check": func(ctx context.Context, c *djamo.Client) error {
			return clienttest.Second(c.Customers.Check(ctx, djamo.CustomerCheckParams{MSISDN: clienttest.Payment.MSISDN}, opt))
		},
		"Balance.Get": func(ctx context.Context, c *djamo.Client) error { return clienttest.Second(c.Balance.Get(ctx, opt)) },
		"SubCompanies.Create": func(ctx context.Context, c *djamo.Client) error {
			return clienttest.Second(c.SubCompanies.Create(ctx, djamo.SubCompanyParams{Name: "n"}, opt))
		},
		"SubCompanies.Activate": func(ctx context.Context, c *djamo.Client) error {
			return clienttest.Second(c.SubCompanies.Activate(ctx, "subco_1", opt))
		},
		"Charges.Create": func(ctx context.Context, c *djamo.Client) error {
			return clienttest.Second(c.Charges.Create(ctx, djamo.ChargeParams{Amount: 1, ExternalID: "x"}, opt))
		},
		"Charges.RefundPart": func(ctx context.Context, c *djamo.Client) error {
			return clienttest.Second(c.Charges.RefundPart(ctx, "ch_1", 1, opt))
		},
		"WebhookEndpoints.ListPage": func(ctx context.Context, c *djamo.Client) error {
			return clienttest.Second(c.WebhookEndpoints.ListPage(ctx, djamo.WebhookEndpointListParams{}, opt))
		},
		"Do": func(ctx context.Context, c *djamo.Client) error {
			return c.Do(ctx, http.MethodPost, "/v1/x", nil, nil, opt)
		},
	}
}

// unreachable is a client that must not send anything.
func unreachable(t *testing.T, opts ...djamo.Option) *djamo.Client {
	t.Helper()
	return clienttest.Mocked(t, func(req *http.Request) (*http.Response, error) {
		t.Errorf("sent %s %s", req.Method, req.URL)
		return httpmock.NewStringResponse(http.StatusTeapot, ""), nil
	}, opts...)
}

func TestUserAgent_NamesTheProgram(t *testing.T) {
	t.Parallel()
	var agent string
	client := clienttest.Mocked(t, func(req *http.Request) (*http.Response, error) {
		agent = req.Header.Get("User-Agent")
		return httpmock.NewStringResponse(http.StatusOK, `{"balance":1}`), nil
	})
	for app, suffix := range map[djamo.AppInfo]string{
		{Name: "shop"}:                 " shop",
		{Name: "shop", Version: "2.1"}: " shop/2.1",
		{Name: "shop", Version: "2.1", URL: "https://shop.example/?a"}: " shop/2.1 (https://shop.example/?a)",
		{Name: "shop", URL: "https://shop.example"}:                    " shop (https://shop.example)",
	} {
		clone, err := client.Clone(djamo.WithAppInfo(app))
		require.NoError(t, err)
		_, err = clone.Balance.Get(t.Context())
		require.NoError(t, err)
		require.Regexp(t, `^djamo-go/`+djamo.Version+` \(go\S+; \w+; \w+\)`+strings.NewReplacer("(", `\(`, ")", `\)`, "?", `\?`).Replace(suffix)+`$`, agent)
	}
}

// What is not said is a default: four attempts, half a second to start with, half a minute for each attempt.
func TestDefaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := clienttest.NewScriptedAPI(t, nil, clienttest.Times(4, clienttest.StalledAfter))
		start := time.Now()
		_, err := api.Client().Transactions.Get(t.Context(), "txn_1")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "no answer within 30s")
		require.Equal(t, "GET GET GET GET", api.Sequence())
		waited := time.Since(start) - 4*30*time.Second
		require.GreaterOrEqual(t, waited, (250+500+1000)*time.Millisecond)
		require.LessOrEqual(t, waited, (500+1000+2000)*time.Millisecond)
	})
}

func TestWithRequestTimeout_ReplacesTheClients(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := clienttest.NewScriptedAPI(t, nil, clienttest.Times(2, clienttest.StalledAfter))
		client := api.Client(djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 1}))
		for _, limit := range []time.Duration{time.Second, 5 * time.Minute} { // shorter and longer than the default
			start := time.Now()
			_, err := client.Transactions.Get(t.Context(), "txn_1", djamo.WithRequestTimeout(limit))
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, limit, time.Since(start))
		}
	})
}

// A clone starts from everything its original has; the original never notices.
func TestClone_KeepsWhatItIsNotTold(t *testing.T) {
	t.Parallel()
	var sent []*http.Request
	var logged strings.Builder
	original := clienttest.Mocked(t, func(req *http.Request) (*http.Response, error) {
		sent = append(sent, req)
		return httpmock.NewStringResponse(http.StatusInternalServerError, ``), nil
	}, djamo.WithAppInfo(djamo.AppInfo{Name: "shop"}), djamo.WithLimits(djamo.Limits{MaxAmount: 10}),
		djamo.WithLogger(slog.New(slog.NewTextHandler(&logged, nil))))
	clone, err := original.Clone(djamo.WithTimeout(time.Second))
	require.NoError(t, err)
	grandchild, err := clone.Clone(djamo.WithCompanyID(""), djamo.WithLimits(djamo.Limits{}), djamo.WithBaseURL("https://elsewhere.example"))
	require.NoError(t, err)
	for _, c := range []*djamo.Client{original, clone, grandchild} {
		_, err := c.Balance.Get(t.Context())
		require.ErrorIs(t, err, djamo.ErrServer)
	}
	require.Len(t, sent, 3, "one attempt each, as the original was told")
	require.Equal(t, sent[0].Header, sent[1].Header)
	require.Equal(t, sent[0].URL, sent[1].URL)
	require.NotContains(t, sent[2].Header, "X-Company-Id")
	require.Equal(t, "elsewhere.example", sent[2].URL.Host)
	require.Equal(t, 3, strings.Count(logged.String(), "status=500"))
	for _, c := range []*djamo.Client{original, clone} {
		_, err = c.Transactions.Create(t.Context(), clienttest.Payment)
		require.ErrorContains(t, err, "at most 10")
	}
	_, err = original.Clone(djamo.WithEnvironment(djamo.StagingCIV), djamo.WithBaseURL("https://elsewhere.example"))
	require.ErrorContains(t, err, "contradicts WithEnvironment")
	_, err = (*djamo.Client)(nil).Clone()
	require.EqualError(t, err, "djamo: this client was not built by NewClient")
}

// An option can be made once and used by many calls at a time; the race detector watches.
func TestRequestOptions_AreShared(t *testing.T) {
	t.Parallel()
	client := clienttest.Mocked(t, func(req *http.Request) (*http.Response, error) {
		require.Equal(t, []string{"payroll"}, req.Header["X-Request-Source"])
		return httpmock.NewStringResponse(http.StatusOK, `{"balance":1}`), nil
	})
	header := djamo.WithHeader("x-request-source", "payroll")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			_, err := client.Balance.Get(t.Context(), header, djamo.WithSingleAttempt(), djamo.WithRequestTimeout(1<<40))
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

// A call that is refused before anything is sent has no answer, and leaves none of an earlier call's.
func TestWithResponse_ForgetsTheCallBefore(t *testing.T) {
	t.Parallel()
	client := clienttest.Mocked(t, nil)
	var none context.Context
	for name, call := range map[string]func(...djamo.RequestOption) error{
		"payment": func(o ...djamo.RequestOption) error {
			return clienttest.Second(client.Transactions.Create(t.Context(), djamo.TransactionParams{}, o...))
		},
		"payment's id": func(o ...djamo.RequestOption) error {
			return clienttest.Second(client.Transactions.Get(t.Context(), "", o...))
		},
		"reference": func(o ...djamo.RequestOption) error {
			return clienttest.Second(client.Transactions.GetByReference(t.Context(), "", o...))
		},
		"wait": func(o ...djamo.RequestOption) error {
			return clienttest.Second(client.Transactions.Wait(t.Context(), "x", djamo.WaitParams{MinInterval: -1}, o...))
		},
		"page": func(o ...djamo.RequestOption) error {
			return clienttest.Second(client.Transactions.ListPage(t.Context(), djamo.TransactionListParams{Limit: -1}, o...))
		},
		"batch": func(o ...djamo.RequestOption) error {
			return clienttest.Second(client.Batches.Create(t.Context(), djamo.BatchParams{}, o...))
		},
		"customer": func(o ...djamo.RequestOption) error {
			return clienttest.Second(client.Customers.Check(t.Context(), djamo.CustomerCheckParams{}, o...))
		},
		"sub-company": func(o ...djamo.RequestOption) error {
			return clienttest.Second(client.SubCompanies.Create(t.Context(), djamo.SubCompanyParams{}, o...))
		},
		"update": func(o ...djamo.RequestOption) error {
			return clienttest.Second(client.SubCompanies.Activate(t.Context(), "..", o...))
		},
		"no change": func(o ...djamo.RequestOption) error {
			return clienttest.Second(client.SubCompanies.Update(t.Context(), "subco_1", djamo.SubCompanyUpdateParams{}, o...))
		},
		"charge": func(o ...djamo.RequestOption) error {
			return clienttest.Second(client.Charges.Create(t.Context(), djamo.ChargeParams{}, o...))
		},
		"refund": func(o ...djamo.RequestOption) error {
			return clienttest.Second(client.Charges.Refund(t.Context(), "", o...))
		},
		"refunded part": func(o ...djamo.RequestOption) error {
			return clienttest.Second(client.Charges.RefundPart(t.Context(), "ch_1", -1, o...))
		},
		"webhook": func(o ...djamo.RequestOption) error {
			return clienttest.Second(client.WebhookEndpoints.Create(t.Context(), djamo.WebhookEndpointParams{}, o...))
		},
		"webhook's id": func(o ...djamo.RequestOption) error {
			return clienttest.Second(client.WebhookEndpoints.Get(t.Context(), "", o...))
		},
		"raw": func(o ...djamo.RequestOption) error { return client.Do(t.Context(), "get", "/v1/x", nil, nil, o...) },
		"body": func(o ...djamo.RequestOption) error {
			return client.Do(t.Context(), "POST", "/v1/x", func() {}, nil, o...)
		},
		"context": func(o ...djamo.RequestOption) error { return clienttest.Second(client.Balance.Get(none, o...)) },
		"other option": func(o ...djamo.RequestOption) error {
			return clienttest.Second(client.Balance.Get(t.Context(), append([]djamo.RequestOption{nil, djamo.WithHeader("Host", "x")}, o...)...))
		},
	} {
		resp := djamo.Response{StatusCode: http.StatusCreated, Body: []byte("left over"), Settled: true}
		require.ErrorIs(t, call(djamo.WithResponse(&resp)), djamo.ErrInvalidRequest, name)
		require.Zero(t, resp, name)
	}
}
