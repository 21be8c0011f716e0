package djamo_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// refusal asserts that the error is a *ValidationError about a field, with one text that says field, rule and value.
func refusal(t *testing.T, err error, field string) *djamo.ValidationError {
	t.Helper()
	refused := (*djamo.ValidationError)(nil)
	require.ErrorAs(t, err, &refused)
	require.ErrorIs(t, err, djamo.ErrInvalidRequest)
	require.NotErrorIs(t, err, djamo.ErrOutcomeUnknown)
	require.Equal(t, field, refused.Field)
	require.NotEmpty(t, refused.Rule)
	text := "djamo: " + field + ": " + refused.Rule
	if refused.Value != "" {
		text += ", got " + refused.Value
	}
	require.EqualError(t, err, text)
	require.NotContains(t, text, "\n")
	return refused
}

// byID are the methods that put an id into the path.
var byID = map[string]struct {
	path string
	call func(context.Context, *djamo.Client, string) error
}{
	"Transactions.Get": {"/v1/transactions/{id}", func(ctx context.Context, c *djamo.Client, id string) error {
		return clienttest.Second(c.Transactions.Get(ctx, id))
	}},
	"Transactions.Wait": {"/v1/transactions/{id}", func(ctx context.Context, c *djamo.Client, id string) error {
		return clienttest.Second(c.Transactions.Wait(ctx, id, djamo.WaitParams{}))
	}},
	"SubCompanies.Get": {"/v1/sub-companies/{id}", func(ctx context.Context, c *djamo.Client, id string) error {
		return clienttest.Second(c.SubCompanies.Get(ctx, id))
	}},
	"SubCompanies.Update": {"/v1/sub-companies/{id}", func(ctx context.Context, c *djamo.Client, id string) error {
		return clienttest.Second(c.SubCompanies.Update(ctx, id, djamo.SubCompanyUpdateParams{Name: "n"}))
	}},
	"SubCompanies.Activate": {"/v1/sub-companies/{id}", func(ctx context.Context, c *djamo.Client, id string) error {
		return clienttest.Second(c.SubCompanies.Activate(ctx, id))
	}},
	"SubCompanies.Deactivate": {"/v1/sub-companies/{id}", func(ctx context.Context, c *djamo.Client, id string) error {
		return clienttest.Second(c.SubCompanies.Deactivate(ctx, id))
	}},
	"Charges.Get": {"/v1/charges/{id}", func(ctx context.Context, c *djamo.Client, id string) error {
		return clienttest.Second(c.Charges.Get(ctx, id))
	}},
	"Charges.Refund": {"/v1/charges/{id}/refund", func(ctx context.Context, c *djamo.Client, id string) error {
		return clienttest.Second(c.Charges.Refund(ctx, id))
	}},
	"Charges.RefundPart": {"/v1/charges/{id}/refund", func(ctx context.Context, c *djamo.Client, id string) error {
		return clienttest.Second(c.Charges.RefundPart(ctx, id, 5))
	}},
	"Charges.Pay": {"/v1/charges/{id}/pay", func(ctx context.Context, c *djamo.Client, id string) error {
		return clienttest.Second(c.Charges.Pay(ctx, id, djamo.ChargePayParams{}))
	}},
	"WebhookEndpoints.Get": {"/v1/webhooks/{id}", func(ctx context.Context, c *djamo.Client, id string) error {
		return clienttest.Second(c.WebhookEndpoints.Get(ctx, id))
	}},
}

func TestIDs_RefusedByEveryMethod(t *testing.T) {
	t.Parallel()
	for name, method := range byID {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := unreachable(t)
			require.Empty(t, refusal(t, method.call(t.Context(), client, ""), "id").Value)
			for id, shown := range map[string]string{
				"a/b": `"a/b"`, "/": `"/"`, "..": `".."`, ".": `"."`, "../charges/ch_1": `"../charges/ch_1"`, "a..b": `"a..b"`, `a\b`: `"a\\b"`,
				"a\nb": `"a\nb"`, "a\x00": `"a\x00"`, "\x7f": `"\x7f"`, "a\u0085b": `"a\u0085b"`,
				"/+2250748710523":                `"/+22507******23"`,
				"/" + strings.Repeat("x", 5_000): `"/` + strings.Repeat("x", 59) + `…"`,
			} {
				require.Equal(t, shown, refusal(t, method.call(t.Context(), client, id), "id").Value)
			}
		})
	}
}

// Whatever else an id holds reaches the server as that one segment, byte for byte: no other resource, no query.
func TestIDs_ReachOneSegmentOnly(t *testing.T) {
	t.Parallel()
	sent := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = r.Method + " " + r.RequestURI + " " + r.URL.Path
		w.WriteHeader(http.StatusTeapot)
	}))
	t.Cleanup(server.Close)
	client, err := djamo.NewClient("at_x", djamo.WithBaseURL(server.URL+"/djamo"))
	require.NoError(t, err)
	for name, method := range byID {
		for id, escaped := range map[string]string{
			"txn_2cdc8ab1-6d50": "txn_2cdc8ab1-6d50", "%2e%2e": "%252e%252e", "%2f": "%252f", "a b": "a%20b", " ": "%20", "?x=1": "%3Fx=1", "#f": "%23f", "a;b": "a%3Bb",
			"+225": "+225", "é": "%C3%A9", "．．": "%EF%BC%8E%EF%BC%8E", "{id}": "%7Bid%7D", "\xff": "%FF", "%": "%25", "a:b@c": "a:b@c",
		} {
			sent = ""
			require.Equal(t, http.StatusTeapot, clienttest.AnswerOf(method.call(t.Context(), client, id)).StatusCode, name)
			verb, rest, _ := strings.Cut(sent, " ")
			require.NotEmpty(t, verb)
			require.Equal(t, "/djamo"+strings.Replace(method.path, "{id}", escaped, 1)+" /djamo"+strings.Replace(method.path, "{id}", id, 1), rest, name)
		}
	}
}

func TestReferences_ReachTheQueryWhole(t *testing.T) {
	t.Parallel()
	for _, reference := range []string{"a&reference=b", "a=b", "a+b", "a b", "a%20b", "#", "?", "été/2026", "../x", "💸", "{}", `"`} {
		sent := ""
		client := clienttest.Mocked(t, func(req *http.Request) (*http.Response, error) {
			require.Len(t, req.URL.Query(), 1)
			sent = req.URL.Query().Get("reference")
			return nil, io.EOF
		})
		_, err := client.Transactions.GetByReference(t.Context(), reference)
		require.Error(t, err)
		require.Equal(t, reference, sent)
	}
}

// Bad input of the methods that the payments' table does not cover.
func TestBadInput_FieldByField(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	client := unreachable(t, djamo.WithLimits(djamo.Limits{MinAmount: 5_000, MaxAmount: 500_000}))
	charge := func(change func(*djamo.ChargeParams)) error {
		p := djamo.ChargeParams{Amount: 1, ExternalID: "order-7"}
		change(&p)
		return clienttest.Second(client.Charges.Create(ctx, p))
	}
	check := func(number djamo.MSISDN) error {
		return clienttest.Second(client.Customers.Check(ctx, djamo.CustomerCheckParams{MSISDN: number}))
	}
	hook := func(topic djamo.Topic, url string) error {
		return clienttest.Second(client.WebhookEndpoints.Create(ctx, djamo.WebhookEndpointParams{Topic: topic, URL: url}))
	}
	for _, row := range []struct {
		name         string
		err          error
		field, value string
	}{
		{"check: none", check(""), "msisdn", ""},
		{"check: national", check("0748710523"), "msisdn", ""}, // masked, see below
		{"reference: none", clienttest.Second(client.Transactions.GetByReference(ctx, "")), "reference", ""},
		{"reference: long", clienttest.Second(client.Transactions.GetByReference(ctx, strings.Repeat("r", 256))), "reference", `"` + strings.Repeat("r", 60) + `…"`},
		{"reference: newline", clienttest.Second(client.Transactions.GetByReference(ctx, "a\nb")), "reference", `"a\nb"`},
		{"reference: a person's", clienttest.Second(client.Transactions.GetByReference(ctx, "+2250748710523\t")), "reference", `"+22507******23\t"`},
		{"charge: no amount", charge(func(p *djamo.ChargeParams) { p.Amount = 0 }), "amount", "0"},
		{"charge: negative", charge(func(p *djamo.ChargeParams) { p.Amount = -5 }), "amount", "-5"},
		{"charge: no key", charge(func(p *djamo.ChargeParams) { p.ExternalID = "" }), "externalId", ""},
		{"charge: key with a space", charge(func(p *djamo.ChargeParams) { p.ExternalID = " order" }), "externalId", `" order"`},
		{"charge: text", charge(func(p *djamo.ChargeParams) { p.Description = "a\xff" }), "description", `"a\xff"`},
		{"charge: relative link", charge(func(p *djamo.ChargeParams) { p.OnCompletedRedirectionURL = "/done" }), "onCompletedRedirectionUrl", `"/done"`},
		{"charge: script link", charge(func(p *djamo.ChargeParams) { p.OnCanceledRedirectionURL = "javascript:alert(1)" }), "onCanceledRedirectionUrl", `"javascript:alert(1)"`},
		{"charge: link with newline", charge(func(p *djamo.ChargeParams) { p.OnCanceledRedirectionURL = "https://x.example/\n" }), "onCanceledRedirectionUrl", `"https://x.example/\n"`},
		{"refund of nothing", clienttest.Second(client.Charges.RefundPart(ctx, "ch_1", 0)), "amount", "0"},
		{"refund below nothing", clienttest.Second(client.Charges.RefundPart(ctx, "ch_1", -1)), "amount", "-1"},
		{"sub-company: no name", clienttest.Second(client.SubCompanies.Create(ctx, djamo.SubCompanyParams{LogoURL: "https://x.example"})), "name", ""},
		{"sub-company: name", clienttest.Second(client.SubCompanies.Create(ctx, djamo.SubCompanyParams{Name: "\xff"})), "name", `"\xff"`},
		{"sub-company: logo", clienttest.Second(client.SubCompanies.Create(ctx, djamo.SubCompanyParams{Name: "n", LogoURL: "\xff"})), "logoUrl", `"\xff"`},
		{"sub-company: no change", clienttest.Second(client.SubCompanies.Update(ctx, "subco_1", djamo.SubCompanyUpdateParams{})), "params", ""},
		{"webhook: no topic", hook("", "https://x.example"), "topic", ""},
		{"webhook: no URL", hook(djamo.TopicCharge, ""), "url", `""`},
		{"webhook: no host", hook(djamo.TopicCharge, "https:///hook"), "url", `"https:///hook"`},
		{"webhook: plain http", hook(djamo.TopicCharge, "http://shop.example/hook"), "url", `"http://shop.example"`},
		{"sub-company: plain http", clienttest.Second(client.SubCompanies.Create(ctx, djamo.SubCompanyParams{Name: "n", LogoURL: "http://shop.example/logo.png"})), "logoUrl", `"http://shop.example"`},
		{"sub-company: a script", clienttest.Second(client.SubCompanies.Update(ctx, "subco_1", djamo.SubCompanyUpdateParams{LogoURL: "javascript:alert(1)"})), "logoUrl", `"javascript:alert(1)"`},
		{"webhook: ftp", hook(djamo.TopicCharge, "ftp://x.example"), "url", `"ftp://x.example"`},
		{"transactions: page", clienttest.Second(client.Transactions.ListPage(ctx, djamo.TransactionListParams{Limit: -1})), "limit", "-1"},
		{"sub-companies: page", clienttest.Second(client.SubCompanies.ListPage(ctx, djamo.SubCompanyListParams{Limit: -1})), "limit", "-1"},
		{"charges: page", clienttest.Second(client.Charges.ListPage(ctx, djamo.ChargeListParams{Limit: -1})), "limit", "-1"},
		{"webhooks: page", clienttest.Second(client.WebhookEndpoints.ListPage(ctx, djamo.WebhookEndpointListParams{Limit: -1})), "limit", "-1"},
		{"wait: interval", clienttest.Second(client.Transactions.Wait(ctx, "txn_1", djamo.WaitParams{MaxInterval: -1})), "interval", "-1ns"},
		{"batch: sub-company inside", clienttest.Second(client.Batches.Create(ctx, djamo.BatchParams{Transactions: []djamo.TransactionParams{{MSISDN: clienttest.Payment.MSISDN, Amount: 5_000, Reference: "r", SubCompanyID: "subco_1"}}})), "transactions[0].subCompanyId", `"subco_1"`},
		{"raw: no path", client.Do(ctx, http.MethodGet, "", nil, nil), "path", `""`},
		{"raw: a person's path", client.Do(ctx, http.MethodGet, "//+2250748710523/x", nil, nil), "path", `"//+22507******23/x"`},
		{"raw: no method", client.Do(ctx, "", "/v1/x", nil, nil), "method", `""`},
		{"raw: method with newline", client.Do(ctx, "GET\r\n", "/v1/x", nil, nil), "method", `"GET\r\n"`},
	} {
		refused := refusal(t, row.err, row.field)
		if row.name == "check: national" {
			require.NotContains(t, refused.Value, "48710")
			continue
		}
		require.Equal(t, row.value, refused.Value, row.name)
	}
	_, err := client.Charges.Create(ctx, djamo.ChargeParams{Amount: 1, ExternalID: "order-7"}, nil)
	refusal(t, err, "request option") // and not the amount: the limits are for payments out
}

// Limits are inclusive, and a limit that was not set is none.
func TestLimits_AreTheCallersOwn(t *testing.T) {
	t.Parallel()
	pay := func(limits djamo.Limits, change func(*djamo.TransactionParams)) error {
		p := clienttest.Payment
		change(&p)
		client := clienttest.Mocked(t, func(*http.Request) (*http.Response, error) { return nil, io.ErrClosedPipe }, djamo.WithLimits(limits))
		_, err := client.Transactions.Create(t.Context(), p, djamo.WithSingleAttempt())
		return err
	}
	amount := func(francs djamo.XOF) func(*djamo.TransactionParams) {
		return func(p *djamo.TransactionParams) { p.Amount = francs }
	}
	both := djamo.Limits{MinAmount: 5_000, MaxAmount: 500_000}
	for _, francs := range []djamo.XOF{5_000, 500_000} {
		require.ErrorIs(t, pay(both, amount(francs)), io.ErrClosedPipe, "sent")
	}
	for _, francs := range []djamo.XOF{1, 4_999, 500_001, 1<<63 - 1} {
		refusal(t, pay(both, amount(francs)), "amount")
	}
	for _, francs := range []djamo.XOF{1, 200_000_000, 1<<63 - 1} {
		require.ErrorIs(t, pay(djamo.Limits{}, amount(francs)), io.ErrClosedPipe, "sent")
	}
	reference := func(length int) func(*djamo.TransactionParams) {
		return func(p *djamo.TransactionParams) { p.Reference = strings.Repeat("é", length/2) }
	}
	require.ErrorIs(t, pay(djamo.Limits{ReferenceLength: 10}, reference(10)), io.ErrClosedPipe, "bytes, not letters")
	refusal(t, pay(djamo.Limits{ReferenceLength: 10}, reference(12)), "reference")
	require.ErrorIs(t, pay(djamo.Limits{}, reference(254)), io.ErrClosedPipe)
	refusal(t, pay(djamo.Limits{}, reference(256)), "reference")
}

// Validate and Create refuse the same payments in the same words, so a file that passed the one is not stopped by the
// other.
func TestTransactionParams_Validate_IsWhatCreateChecks(t *testing.T) {
	t.Parallel()
	all := djamo.Limits{MinAmount: 5_000, MaxAmount: 500_000, ReferenceLength: 10}
	for _, limits := range []djamo.Limits{{}, all} {
		client := clienttest.Mocked(t, func(*http.Request) (*http.Response, error) { return nil, io.ErrClosedPipe }, djamo.WithLimits(limits))
		for _, change := range []func(*djamo.TransactionParams){
			func(*djamo.TransactionParams) {},
			func(p *djamo.TransactionParams) { p.MSISDN = "0748710523" },
			func(p *djamo.TransactionParams) { p.Amount = 0 },
			func(p *djamo.TransactionParams) { p.Amount = 4_999 },
			func(p *djamo.TransactionParams) { p.Amount = 500_001 },
			func(p *djamo.TransactionParams) { p.Reference = "" },
			func(p *djamo.TransactionParams) { p.Reference = strings.Repeat("r", 11) },
			func(p *djamo.TransactionParams) { p.Reference = strings.Repeat("r", 256) },
			func(p *djamo.TransactionParams) { p.Description = "a\xff" },
			func(p *djamo.TransactionParams) { p.SubCompanyID = "a\xff" },
		} {
			p := clienttest.Payment
			p.Reference = "r"
			change(&p)
			err := p.Validate(limits)
			_, sent := client.Transactions.Create(t.Context(), p, djamo.WithSingleAttempt())
			if err == nil {
				require.ErrorIs(t, sent, io.ErrClosedPipe, "sent")
				continue
			}
			require.Equal(t, sent, err)
		}
	}
}

// Params belong to the caller: no method writes to them or keeps them.
func TestParams_AreNotWrittenTo(t *testing.T) {
	t.Parallel()
	client := clienttest.Mocked(t, func(*http.Request) (*http.Response, error) { return nil, io.EOF })
	batch, want := clienttest.BatchParams("subco_1"), clienttest.BatchParams("subco_1")
	_, err := client.Batches.Create(t.Context(), batch)
	unknown := (*djamo.OutcomeUnknownError)(nil)
	require.ErrorAs(t, err, &unknown)
	unknown.References[0] = "changed"
	require.Equal(t, want, batch)
	metadata := map[string]any{"a": []any{1, "b"}}
	_, err = client.Charges.Create(t.Context(), djamo.ChargeParams{Amount: 1, ExternalID: "x", Metadata: metadata})
	require.ErrorIs(t, err, djamo.ErrOutcomeUnknown)
	require.Equal(t, map[string]any{"a": []any{1, "b"}}, metadata)
}

// An address may hold the password that Djamo is to use, and an error is logged.
func TestURLs_RefusedWithoutTheirPassword(t *testing.T) {
	t.Parallel()
	client := unreachable(t)
	for raw, shown := range map[string]string{
		"http://djamo:s3cret@hooks.example/x":    `"http://hooks.example"`,
		"http://hooks.example/x?token=s3cret":    `"http://hooks.example"`,
		"hooks.example?token=s3cret":             `"hooks.example"`,
		"https://djamo:s3cret%zz@hooks.example/": `"…@hooks.example/"`,
		"djamo:s3cret@hooks.example":             `"…@hooks.example"`,
		"https://djamo:s3cret?x@hooks.example/":  `"…"`,
		"djamo:s3cret?x@hooks.example":           `"…"`,
		"http://djamo:5345/x@hooks.example?y":    `"…@hooks.example"`,
		"http://djamo:5345?x@hooks.example/":     `"…"`,
		"https://%zz/x?mail=a@b.ci&token=s3cret": `"…"`,
	} {
		_, err := client.WebhookEndpoints.Create(t.Context(), djamo.WebhookEndpointParams{Topic: djamo.TopicCharge, URL: raw})
		require.Equal(t, shown, refusal(t, err, "url").Value)
	}
}

// net/http refuses these by itself, too late: the payment would come back as "outcome unknown" although it never left.
// The last ones change how bytes travel, which is this package's business.
func TestWithHeader_RefusesWhatCannotBeSent(t *testing.T) {
	t.Parallel()
	client := unreachable(t)
	for _, header := range [][2]string{
		{"X-Note", "\x7f"}, {"X-Note", "\x01"}, {"X-Note", "a\x0bb"}, {"X(Y", "v"}, {"X:Y", "v"}, {"X/Y", "v"}, {`X"Y`, "v"}, {"X;Y", "v"},
		{"Accept-Encoding", "gzip"}, {"Transfer-Encoding", "chunked"}, {"Trailer", "X-Note"}, {"Connection", "close"}, {"Upgrade", "h2c"}, {"Te", "trailers"}, {"Expect", "100-continue"},
	} {
		_, err := client.Transactions.Create(t.Context(), clienttest.Payment, djamo.WithHeader(header[0], header[1]))
		refusal(t, err, "WithHeader")
	}
	_, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, `{"balance":1}`)).Balance.Get(t.Context(), djamo.WithHeader("X-Note", "tabs\tand spaces, é"))
	require.NoError(t, err)
}

func TestBadInput_IsAlwaysAValidationError(t *testing.T) {
	t.Parallel()
	client := unreachable(t)
	with := clienttest.Payment
	with.SubCompanyID = "a\xff"
	batch := clienttest.BatchParams("a\xff")
	for name, err := range map[string]error{
		"metadata that is no JSON": clienttest.Second(client.Charges.Create(t.Context(), djamo.ChargeParams{Amount: 1, ExternalID: "x", Metadata: map[string]any{"f": func() {}}})),
		"raw body that is no JSON": client.Do(t.Context(), http.MethodPost, "/v1/x", make(chan int), nil),
		"sub-company":              clienttest.Second(client.Transactions.Create(t.Context(), with)),
		"sub-company of a batch":   clienttest.Second(client.Batches.Create(t.Context(), batch)),
		"sub-company of a check":   clienttest.Second(client.Customers.Check(t.Context(), djamo.CustomerCheckParams{MSISDN: clienttest.Payment.MSISDN, SubCompanyID: "a\xff"})),
		"topic":                    clienttest.Second(client.WebhookEndpoints.Create(t.Context(), djamo.WebhookEndpointParams{Topic: "\xff", URL: "https://x.example"})),
		"URL":                      clienttest.Second(client.WebhookEndpoints.Create(t.Context(), djamo.WebhookEndpointParams{Topic: "x", URL: "https://x.example/\xff"})),
		"raw query with a space":   client.Do(t.Context(), http.MethodGet, "/v1/x?a=b c", nil, nil),
	} {
		refused := (*djamo.ValidationError)(nil)
		require.ErrorAs(t, err, &refused, name)
	}
}

func TestWithRetry_OneBoundAlone(t *testing.T) {
	t.Parallel()
	_, err := djamo.NewClient("at_x", djamo.WithEnvironment(djamo.StagingCIV), djamo.WithRetry(djamo.RetryPolicy{MaxWait: 100 * time.Millisecond}))
	require.NoError(t, err, "MinWait was not set, so it cannot be what is wrong")
}

func TestCharges_Pay_RefusedForAProductionToken(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"djamo_production_civ_x", "djamo_production_sen_x"} {
		client, err := djamo.NewClient(token, djamo.WithBaseURL(clienttest.BaseURL), djamo.WithHTTPClient(&http.Client{Transport: clienttest.RoundTripper(func(*http.Request) (*http.Response, error) {
			t.Error("sent")
			return httpmock.NewStringResponse(http.StatusTeapot, ""), nil
		})}))
		require.NoError(t, err)
		_, err = client.Charges.Pay(t.Context(), "ch_1", djamo.ChargePayParams{})
		refusal(t, err, "environment")
	}
}

// This reads the environment, so it is not parallel.
func TestNewClientFromEnv_NamesTheCompanyVariable(t *testing.T) {
	t.Setenv(djamo.EnvAccessToken, "at_x")
	t.Setenv(djamo.EnvAPIURL, "https://one.example")
	t.Setenv(djamo.EnvCompanyID, "a b")
	_, err := djamo.NewClientFromEnv()
	require.ErrorContains(t, err, djamo.EnvCompanyID)
}
