package openapi_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
)

// moment is when everything happens: with milliseconds, since the forms of a timestamp differ there.
func moment() time.Time { return time.Date(2025, 1, 28, 8, 39, 8, 249e6, time.UTC) }

const payee = "+2250700000001"

// stage is an API in memory and a client whose every exchange is looked at.
type stage struct {
	api       *djamotest.API
	client    *djamo.Client
	inspector *inspector
}

func newStage(t *testing.T, variants ...djamotest.Variant) *stage {
	t.Helper()
	api, err := djamotest.New(djamotest.WithSeed(1), djamotest.WithVariants(variants...), djamotest.WithManualSettlement(), djamotest.WithClock(moment),
		djamotest.WithCustomers(payee), djamotest.WithMaxBatch(5), djamotest.WithWebhookTransport(receiver(t)))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, api.Close()) })
	s := &stage{api: api, inspector: inspect(t, api.Transport(), !slices.Contains(variants, djamotest.ExtraFields))}
	s.client = s.clientOf(t, api.Token)
	return s
}

func (s *stage) clientOf(t *testing.T, token string) *djamo.Client {
	t.Helper()
	client, err := djamo.NewClient(token, djamo.WithEnvironment(djamo.StagingCIV), djamo.WithCompanyID(s.api.CompanyID),
		djamo.WithHTTPClient(&http.Client{Transport: s.inspector}),
		djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 2, MinWait: time.Millisecond, MaxWait: time.Millisecond, QuietPeriod: time.Millisecond}))
	require.NoError(t, err)
	return client
}

// raw sends a request the client would not, and returns the status.
func (s *stage) raw(t *testing.T, method, path, body string, change func(*http.Request)) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "https://djamo.test"+path, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+s.api.Token)
	r.Header.Set("X-Company-Id", s.api.CompanyID)
	r.Header.Set("Content-Type", "application/json")
	if change != nil {
		change(r)
	}
	resp, err := s.inspector.replies().RoundTrip(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	return resp.StatusCode
}

// shapes are the variants by themselves, none of them, and all of them with each look-up and form of timestamp.
func shapes() map[string][]djamotest.Variant {
	sets := map[string][]djamotest.Variant{"as documented": nil}
	lookups := []djamotest.Variant{djamotest.LookupArray, djamotest.LookupObject, djamotest.LookupNotFound}
	timestamps := []djamotest.Variant{djamotest.CompactTimestamps, djamotest.SecondTimestamps}
	var others []djamotest.Variant
	// These give the same call another outcome.
	otherFacts := []djamotest.Variant{djamotest.LookupPrefix, djamotest.LookupContains, djamotest.LookupIgnored, djamotest.PayerRequired}
	for _, v := range djamotest.Variants() {
		if slices.Contains(otherFacts, v) {
			continue
		}
		sets[string(v)] = []djamotest.Variant{v}
		if !slices.Contains(lookups, v) && !slices.Contains(timestamps, v) {
			others = append(others, v)
		}
	}
	for _, lookup := range lookups {
		for _, timestamp := range timestamps {
			sets[fmt.Sprintf("all with %s, %s", lookup, timestamp)] = append([]djamotest.Variant{lookup, timestamp}, others...)
		}
	}
	return sets
}

// everyCall makes every call of the client succeed.
func everyCall(ctx context.Context, t *testing.T, s *stage) {
	t.Helper()
	c := s.client
	for _, topic := range djamo.Topics() {
		endpoint, err := c.WebhookEndpoints.Create(ctx, djamo.WebhookEndpointParams{Topic: topic, URL: "https://myapp.example/djamo"})
		require.NoError(t, err)
		_, err = c.WebhookEndpoints.Get(ctx, endpoint.ID)
		require.NoError(t, err)
	}
	company, err := c.SubCompanies.Create(ctx, djamo.SubCompanyParams{Name: "Chocolate Factory", LogoURL: "https://myapp.example/logo.png"})
	require.NoError(t, err)
	_, err = c.SubCompanies.Update(ctx, company.ID, djamo.SubCompanyUpdateParams{Name: "Swiss Chocolate Factory", IsActive: new(true)})
	require.NoError(t, err)
	_, err = c.SubCompanies.Get(ctx, company.ID)
	require.NoError(t, err)
	_, err = c.SubCompanies.Create(ctx, djamo.SubCompanyParams{Name: "Second", LogoURL: "https://myapp.example/logo.png"})
	require.NoError(t, err)

	transfers(ctx, t, s, company.ID)
	charges(ctx, t, s)
	_, err = c.Balance.Get(ctx)
	require.NoError(t, err)
	listings(ctx, t, c)
}

func transfers(ctx context.Context, t *testing.T, s *stage, company string) {
	t.Helper()
	c := s.client
	sent, err := c.Transactions.Create(ctx, djamo.TransactionParams{MSISDN: payee, Amount: 50_000, Reference: "june/1",
		Description: "Salaire de juin", SubCompanyID: company})
	require.NoError(t, err)
	_, err = c.Transactions.Create(ctx, djamo.TransactionParams{MSISDN: payee, Amount: 5_000, Reference: "june/2"})
	require.NoError(t, err)
	_, err = c.Batches.Create(ctx, djamo.BatchParams{SubCompanyID: company, Transactions: []djamo.TransactionParams{
		{MSISDN: payee, Amount: 5_000, Reference: "june/3"}, {MSISDN: "+221770000001", Amount: 6_000, Reference: "june/4",
			Description: "Prime"}}})
	require.NoError(t, err)
	require.NoError(t, s.api.Settle("june/1"))
	require.NoError(t, s.api.Settle("june/3"))
	require.NoError(t, s.api.Reject("june/2", "account closed"))
	_, err = c.Transactions.Get(ctx, sent.ID)
	require.NoError(t, err)
	for _, reference := range []string{"june/1", "june/2", "june/3"} {
		_, err = c.Transactions.GetByReference(ctx, reference)
		require.NoError(t, err)
	}
	_, err = c.Transactions.GetByReference(ctx, "nobody's")
	require.ErrorIs(t, err, djamo.ErrNotFound)
	for msisdn, has := range map[djamo.MSISDN]bool{payee: true, "+2250700000002": false} {
		check, err := c.Customers.Check(ctx, djamo.CustomerCheckParams{MSISDN: msisdn, SubCompanyID: company})
		if has {
			require.NoError(t, err)
			require.True(t, check.HasAccount)
		}
	}
}

func charges(ctx context.Context, t *testing.T, s *stage) {
	t.Helper()
	c := s.client
	for i, metadata := range []map[string]any{nil, {"order": 7, "nested": map[string]any{"a": []any{1, "b"}}}} {
		charge, err := c.Charges.Create(ctx, djamo.ChargeParams{Amount: 10_000, ExternalID: fmt.Sprint("order/", i),
			Description:               "Product purchase",
			OnCompletedRedirectionURL: "https://myapp.example/done", OnCanceledRedirectionURL: "https://myapp.example/cancelled",
			Metadata: metadata})
		require.NoError(t, err)
		_, err = c.Charges.Get(ctx, charge.ID)
		require.NoError(t, err)
		_, err = c.Charges.Pay(ctx, charge.ID, djamo.ChargePayParams{})
		require.NoError(t, err)
		_, err = c.Charges.RefundPart(ctx, charge.ID, 1_000)
		require.NoError(t, err)
		_, err = c.Charges.Refund(ctx, charge.ID)
		require.NoError(t, err)
	}
	_, err := c.Charges.Create(ctx, djamo.ChargeParams{Amount: 10_000, ExternalID: "order/forgotten"})
	require.NoError(t, err)
	require.NoError(t, s.api.Advance(2*time.Hour))
}

// listings reads every list page by page, one item each.
func listings(ctx context.Context, t *testing.T, c *djamo.Client) {
	t.Helper()
	count := map[string]int{}
	for _, err := range c.Transactions.List(ctx, djamo.TransactionListParams{Limit: 1}) {
		require.NoError(t, err)
		count["transactions"]++
	}
	for _, err := range c.Charges.List(ctx, djamo.ChargeListParams{Limit: 1}) {
		require.NoError(t, err)
		count["charges"]++
	}
	for _, err := range c.SubCompanies.List(ctx, djamo.SubCompanyListParams{Limit: 1}) {
		require.NoError(t, err)
		count["sub-companies"]++
	}
	for _, err := range c.WebhookEndpoints.List(ctx, djamo.WebhookEndpointListParams{}) {
		require.NoError(t, err)
		count["webhooks"]++
	}
	require.Equal(t, map[string]int{"transactions": 4, "charges": 3, "sub-companies": 2, "webhooks": 4}, count)
}

// Every call of the client, in every shape the answers may have: each request and each answer is as described.
func TestCalls_DescribeEveryExchange(t *testing.T) {
	t.Parallel()
	for name, variants := range shapes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, variants...)
			everyCall(t.Context(), t, s)
			require.ElementsMatch(t, operationIDs(t), s.inspector.succeeded(), "every operation is called, and none that is not described")
			checkDeliveries(t, s.api, !slices.Contains(variants, djamotest.ExtraFields))
			refusals(t, s)
		})
	}
}

// refusals provokes every refusal on every operation it can befall.
func refusals(t *testing.T, s *stage) {
	t.Helper()
	post := func(path, body string) int { return s.raw(t, "POST", path, body, nil) }
	require.Equal(t, 400, post("/v1/transactions", `{"amount":5.5,"reference":7}`))
	require.Equal(t, 400, post("/v1/transactions", `{`))
	require.Equal(t, 409, post("/v1/transactions", `{"msisdn":"`+payee+`","amount":5000,"reference":"june/1","type":"transfer"}`))
	require.Equal(t, 422, post("/v1/transactions", `{"msisdn":"`+payee+`","amount":500000000,"reference":"x","type":"transfer"}`))
	require.Equal(t, 409, post("/v1/transactions/batch", `{"transactions":[{"msisdn":"`+payee+`","amount":5000,"reference":"june/1"}]}`))
	require.Equal(t, 422, post("/v1/transactions/batch",
		`{"subCompanyId":"subco_x","transactions":[{"msisdn":"`+payee+`","amount":5000,"reference":"y"}]}`))
	require.Equal(t, 422, s.raw(t, "GET", "/v1/transactions/customers/check?msisdn=%2B2250700000001&subCompanyId=x", "", nil))
	require.Equal(t, 400, s.raw(t, "GET", "/v1/transactions?limit=0", "", nil))
	require.Equal(t, 409, post("/v1/charges", `{"amount":5000,"externalId":"order/0"}`))
	id := s.api.Charges()[0].ID
	require.Equal(t, 422, post("/v1/charges/"+id+"/refund", `{}`))
	require.Equal(t, 422, post("/v1/charges/"+id+"/pay", ``))
	require.Equal(t, 415, s.raw(t, "POST", "/v1/webhooks", "<topic/>", func(r *http.Request) { r.Header.Set("Content-Type", "text/xml") }))
	require.Equal(t, 413, post("/v1/transactions", `"`+strings.Repeat("x", 9<<20)+`"`))
	for _, route := range routesOf(t) {
		path := strings.ReplaceAll(route.pattern, "{id}", "none")
		require.Equal(t, 401, s.raw(t, route.method, path, "{}", func(r *http.Request) { r.Header.Del("Authorization") }), path)
		require.Equal(t, 403, s.raw(t, route.method, path, "{}", func(r *http.Request) { r.Header.Set("X-Company-Id", "another") }), path)
		require.Equal(t, 400, s.raw(t, route.method, path+"?x=%zz", "{}", nil), path)
		if strings.Contains(path, "none") {
			require.Equal(t, 404, s.raw(t, route.method, path, "{}", nil), path)
		}
		if route.method == "POST" && path == "/v1/charges" {
			require.Equal(t, 400, s.raw(t, route.method, path, "{}", func(r *http.Request) { r.Header.Del("X-Company-Id") }), path)
		}
	}
}

// What stands in for the API (the rate limit, the firewall, a proxy) answers every operation as described.
func TestCalls_DescribeWhatIsAnsweredInTheirPlace(t *testing.T) {
	t.Parallel()
	places := map[string]struct {
		fault  djamotest.Fault
		status int
	}{
		"429":              {djamotest.RateLimit(), 429},
		"429 with seconds": {djamotest.RateLimitFor(90 * time.Second), 429},
		"429 with a date":  {djamotest.RateLimitUntil(time.Hour), 429},
		"firewall":         {djamotest.Blocked(), 403},
		"500":              {djamotest.FailAfter(500), 500},
		"500 of a proxy":   {djamotest.FailBefore(500), 500},
		"502":              {djamotest.FailBefore(502), 502},
		"503":              {djamotest.FailAfter(503), 503},
		"504":              {djamotest.FailAfter(504), 504},
	}
	for name, place := range places {
		for _, variant := range []djamotest.Variant{djamotest.MessageString, djamotest.ExtraFields, djamotest.WrapData} {
			t.Run(name+", "+string(variant), func(t *testing.T) {
				t.Parallel()
				s := newStage(t, variant)
				require.NoError(t, errOf(s.api.Inject(place.fault)))
				for _, route := range routesOf(t) {
					path := strings.ReplaceAll(route.pattern, "{id}", "none")
					require.Equal(t, place.status, s.raw(t, route.method, path, "{}", nil))
				}
				_, err := s.client.Balance.Get(t.Context(), djamo.WithSingleAttempt())
				require.Error(t, err)
				_, err = s.client.Charges.Create(t.Context(), djamo.ChargeParams{Amount: 5_000, ExternalID: "order/lost"}, djamo.WithSingleAttempt())
				require.Error(t, err)
			})
		}
	}
}

func errOf(_ *djamotest.Injection, err error) error { return err }

// Settling a payment whose answer was lost makes requests of its own: they are described too.
func TestCalls_DescribeHowALostAnswerIsSettled(t *testing.T) {
	t.Parallel()
	for name, variants := range shapes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, variants...)
			require.NoError(t, errOf(s.api.Inject(djamotest.FailAfter(502), djamotest.On("POST /v1/transactions", "POST /v1/charges"))))
			_, err := s.client.Transactions.Create(t.Context(), djamo.TransactionParams{MSISDN: payee, Amount: 5_000, Reference: "lost"})
			require.NoError(t, err)
			_, err = s.client.Charges.Create(t.Context(), djamo.ChargeParams{Amount: 5_000, ExternalID: "lost"})
			require.NoError(t, err)
			require.True(t, s.inspector.statuses()[502])
		})
	}
}

func TestCalls_DescribeAWrongToken(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	_, err := s.clientOf(t, "at_wrong").Balance.Get(t.Context())
	require.ErrorIs(t, err, djamo.ErrUnauthorized)
	require.True(t, s.inspector.statuses()[401])
}

// What Djamo's own demos and the integrations send, and the client does not, is as described: each exchange is inspected.
func TestCalls_E22_DescribeWhatRealClientsSend(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	post := func(path, body string) int { return s.raw(t, "POST", path, body, nil) }
	require.Equal(t, 201, post("/v1/charges", `{"amount":15,"currency":"XOF","description":"Commande","externalId":"node",`+
		`"onCompletedRedirectionUrl":"http://localhost:5173/orders/","onCanceledRedirectionUrl":"http://localhost:5173/orders/"}`))
	require.Equal(t, 201, post("/v1/charges", `{"amount":5,"externalId":"php","onCompletedRedirectionUrl":null,"onCanceledRedirectionUrl":null}`))
	require.Equal(t, 201, post("/v1/charges", `{"amount":5,"externalId":"fails"}`))
	id := map[string]string{}
	for _, charge := range s.api.Charges() {
		id[charge.ExternalID] = charge.ID
	}
	require.Equal(t, 200, post("/v1/charges/"+id["node"]+"/pay", `{"recipientMsisdn":"2250747000000"}`))
	require.Equal(t, 200, post("/v1/charges/"+id["php"]+"/pay", `{"recipientMsisdn":"+2250747000000"}`))
	require.Equal(t, 200, post("/v1/charges/"+id["fails"]+"/pay", `{"recipientMsisdn":"2251212121205"}`))
	require.Equal(t, 200, post("/v1/charges/"+id["php"]+"/refund", ``))
	withoutCompany := func(r *http.Request) { r.Header.Del("X-Company-Id") }
	require.Equal(t, 200, s.raw(t, "POST", "/v1/charges/"+id["node"]+"/refund", `{"amount":15}`, withoutCompany))
	require.Equal(t, 200, s.raw(t, "GET", "/v1/charges/"+id["node"], "", withoutCompany))
}

// The description says what these clients have shown, each fact by its number in the reference.
func TestCalls_E22_SayWhatRealClientsHaveShown(t *testing.T) {
	t.Parallel()
	for file, facts := range map[string]map[string]string{
		callsFile: {
			"1":   "currency: description: Djamo's own example sends it. type: string const: XOF",
			"2":   "an empty one may not be enough; the FAQ names test phone numbers",
			"2b":  "Integrations use 2250747000000, which succeeds, and 2251212121205, which fails.",
			"2c":  "what a failed payment does to the charge is not known",
			"3":   "the compact one in the documentation's charge example, where it is probably a slip",
			"4":   "Every recorded charge was `due` when it was created, and no webhook for `created` or `due` was recorded",
			"5":   "https://p.djamo.com/payment-link/?type=payment_confirmation&chargeId=",
			"5b":  "Charges of 5 francs were paid (observed)",
			"6":   "Djamo's example reads an `id` from the answer, which is the charge's",
			"7":   "an integration reads and refunds charges without it",
			"8":   "Documented as required; Djamo's own PHP example leaves it out, or sends null. The documentation's sample swaps the two.",
			"9":   "An error occurred during the process. If it persists, contact Djamo\": no promise that nothing was carried out",
			"10":  "It comes with the answer that creates a transaction.",
			"11":  "The documentation has a list of reasons, which is not known here: an open set.",
			"12":  "A record may hold its charge",
			"13":  "with a status of success or failure",
			"13b": "an account can receive at most 200,000,000",
			"13c": "dropped, which a webhook tells",
			"16":  "That no body at all is read as an empty object is assumed.",
			"17":  "0.5 % was reported (observed)",
			"19":  "Whether the filter is exact, goes by the beginning or is ignored, nobody says",
		},
		webhooksFile: {
			"4 and 13": "None was recorded for created or due; dropped sends one.",
			"18":       "also before the reply to the call that caused them",
		},
	} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		squeezed := strings.Join(strings.Fields(string(text)), " ")
		for fact, said := range facts {
			require.Contains(t, squeezed, said, "%s: fact %s", file, fact)
		}
	}
}
