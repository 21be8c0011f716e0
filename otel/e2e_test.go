package djamootel_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
)

const personal = "+2250748710523" // whom the calls below are about

// ids are what the calls below are about, once they have been made.
type ids struct{ payment, charge, subCompany, endpoint string }

// every is each call of the client, by service and method, in an order in which each finds what it needs.
func every(known *ids, receiver string) []struct {
	name string
	call call
} {
	type row = struct {
		name string
		call call
	}
	return []row{
		{"Balance.Get", func(ctx context.Context, c *djamo.Client) error { _, err := c.Balance.Get(ctx); return err }},
		{"Customers.Check", func(ctx context.Context, c *djamo.Client) error {
			_, err := c.Customers.Check(ctx, djamo.CustomerCheckParams{MSISDN: personal})
			return err
		}},
		{"WebhookEndpoints.Create", func(ctx context.Context, c *djamo.Client) error {
			got, err := c.WebhookEndpoints.Create(ctx, djamo.WebhookEndpointParams{Topic: djamo.TopicTransactionCompleted, URL: receiver})
			known.endpoint = keep(known.endpoint, got, func() string { return got.ID })
			return err
		}},
		{"WebhookEndpoints.Get", func(ctx context.Context, c *djamo.Client) error {
			_, err := c.WebhookEndpoints.Get(ctx, known.endpoint)
			return err
		}},
		{"WebhookEndpoints.List", func(ctx context.Context, c *djamo.Client) error {
			return last(c.WebhookEndpoints.List(ctx, djamo.WebhookEndpointListParams{}))
		}},
		{"WebhookEndpoints.ListPage", func(ctx context.Context, c *djamo.Client) error {
			_, err := c.WebhookEndpoints.ListPage(ctx, djamo.WebhookEndpointListParams{Limit: 1})
			return err
		}},
		{"SubCompanies.Create", func(ctx context.Context, c *djamo.Client) error {
			got, err := c.SubCompanies.Create(ctx, djamo.SubCompanyParams{Name: "Chocolate Factory", LogoURL: "https://shop.example/logo.png"})
			known.subCompany = keep(known.subCompany, got, func() string { return got.ID })
			return err
		}},
		{"SubCompanies.Get", func(ctx context.Context, c *djamo.Client) error {
			_, err := c.SubCompanies.Get(ctx, known.subCompany)
			return err
		}},
		{"SubCompanies.Update", func(ctx context.Context, c *djamo.Client) error {
			_, err := c.SubCompanies.Update(ctx, known.subCompany, djamo.SubCompanyUpdateParams{Name: "Sugar Factory"})
			return err
		}},
		{"SubCompanies.Deactivate", func(ctx context.Context, c *djamo.Client) error {
			_, err := c.SubCompanies.Deactivate(ctx, known.subCompany)
			return err
		}},
		{"SubCompanies.Activate", func(ctx context.Context, c *djamo.Client) error {
			_, err := c.SubCompanies.Activate(ctx, known.subCompany)
			return err
		}},
		{"SubCompanies.List", func(ctx context.Context, c *djamo.Client) error {
			return last(c.SubCompanies.List(ctx, djamo.SubCompanyListParams{}))
		}},
		{"SubCompanies.ListPage", func(ctx context.Context, c *djamo.Client) error {
			_, err := c.SubCompanies.ListPage(ctx, djamo.SubCompanyListParams{Limit: 1})
			return err
		}},
		{"Transactions.Create", func(ctx context.Context, c *djamo.Client) error {
			got, err := c.Transactions.Create(ctx, payment)
			known.payment = keep(known.payment, got, func() string { return got.ID })
			return err
		}},
		{"Transactions.Get", func(ctx context.Context, c *djamo.Client) error {
			_, err := c.Transactions.Get(ctx, known.payment)
			return err
		}},
		{"Transactions.GetByReference", func(ctx context.Context, c *djamo.Client) error {
			_, err := c.Transactions.GetByReference(ctx, payment.Reference)
			return err
		}},
		{"Transactions.Wait", func(ctx context.Context, c *djamo.Client) error {
			_, err := c.Transactions.Wait(ctx, known.payment, djamo.WaitParams{MinInterval: time.Millisecond, MaxInterval: time.Millisecond})
			return err
		}},
		{"Transactions.List", func(ctx context.Context, c *djamo.Client) error {
			return last(c.Transactions.List(ctx, djamo.TransactionListParams{Limit: 1}))
		}},
		{"Transactions.ListPage", func(ctx context.Context, c *djamo.Client) error {
			_, err := c.Transactions.ListPage(ctx, djamo.TransactionListParams{Limit: 1})
			return err
		}},
		{"Batches.Create", func(ctx context.Context, c *djamo.Client) error {
			one, other := payment, payment
			one.Reference, other.Reference = "payroll-2026-06/0043", "payroll-2026-06/0044"
			_, err := c.Batches.Create(ctx, djamo.BatchParams{Transactions: []djamo.TransactionParams{one, other}})
			return err
		}},
		{"Charges.Create", func(ctx context.Context, c *djamo.Client) error {
			got, err := c.Charges.Create(ctx, djamo.ChargeParams{Amount: 10_000, ExternalID: "order-of-awa-7", Description: "for " + personal})
			known.charge = keep(known.charge, got, func() string { return got.ID })
			return err
		}},
		{"Charges.Get", func(ctx context.Context, c *djamo.Client) error {
			_, err := c.Charges.Get(ctx, known.charge)
			return err
		}},
		{"Charges.Pay", func(ctx context.Context, c *djamo.Client) error {
			_, err := c.Charges.Pay(ctx, known.charge, djamo.ChargePayParams{})
			return err
		}},
		{"Charges.RefundPart", func(ctx context.Context, c *djamo.Client) error {
			_, err := c.Charges.RefundPart(ctx, known.charge, 1_000)
			return err
		}},
		{"Charges.Refund", func(ctx context.Context, c *djamo.Client) error {
			_, err := c.Charges.Refund(ctx, known.charge)
			return err
		}},
		{"Charges.List", func(ctx context.Context, c *djamo.Client) error {
			return last(c.Charges.List(ctx, djamo.ChargeListParams{}))
		}},
		{"Charges.ListPage", func(ctx context.Context, c *djamo.Client) error {
			_, err := c.Charges.ListPage(ctx, djamo.ChargeListParams{Limit: 1})
			return err
		}},
		{"Do", func(ctx context.Context, c *djamo.Client) error {
			return errors.Join(c.Do(ctx, http.MethodGet, "/v1/transactions/"+known.payment, nil, nil),
				c.Do(ctx, http.MethodGet, "/v1/transactions/customers/check?msisdn="+url.QueryEscape(personal), nil, nil))
		}},
	}
}

// keep is the first id that a call has brought.
func keep[T any](known string, got *T, id func() string) string {
	if known == "" && got != nil {
		return id()
	}
	return known
}

// last runs a list to its end.
func last[T any](list func(func(T, error) bool)) (err error) {
	for _, one := range list {
		err = one
	}
	return err
}

// The table above must not fall behind the client: whatever a service can do is in it.
func TestE2E_DrivesEveryCall(t *testing.T) {
	t.Parallel()
	var want, got []string
	client := reflect.TypeFor[djamo.Client]()
	for service := range client.Fields() {
		if service.Anonymous {
			continue
		}
		for method := range service.Type.Methods() {
			want = append(want, service.Name+"."+method.Name)
		}
	}
	for _, row := range every(&ids{}, "") {
		got = append(got, row.name)
	}
	require.ElementsMatch(t, append(want, "Do"), got)
}

// spanNames are all there can be: one for each endpoint, and one for Do.
var spanNames = []string{
	"GET /v1/balance",
	"POST /v1/transactions", "GET /v1/transactions", "GET /v1/transactions/{id}", "GET /v1/transactions/customers/check", "POST /v1/transactions/batch",
	"POST /v1/charges", "GET /v1/charges", "GET /v1/charges/{id}", "POST /v1/charges/{id}/pay", "POST /v1/charges/{id}/refund",
	"POST /v1/sub-companies", "GET /v1/sub-companies", "GET /v1/sub-companies/{id}", "PUT /v1/sub-companies/{id}",
	"POST /v1/webhooks", "GET /v1/webhooks", "GET /v1/webhooks/{id}",
	"GET",
}

// Every call, over TCP, under every fault, against a server that knows names: none of it is in what is exported.
func TestE2E_NothingPersonalIsExported(t *testing.T) {
	t.Parallel()
	shortly := []djamotest.Fault{
		djamotest.CloseConnection(), djamotest.FailBefore(503), djamotest.RateLimit(), djamotest.Blocked(), djamotest.LoseReply(), djamotest.ResetReply(),
		djamotest.FailAfter(500), djamotest.TruncateReply(),
	}
	for _, fault := range append(shortly, djamotest.Fault{}) { // the last is none
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			server, r, known := djamotest.NewServer(t, djamotest.WithSettleAfter(0)), newRecorder(), &ids{}
			receiver := httptest.NewServer(http.NotFoundHandler())
			t.Cleanup(receiver.Close)
			client := overTCP(t, server, r)
			for _, disturbed := range []bool{false, true} {
				for _, row := range every(known, receiver.URL+"/hooks/awa") {
					server.ClearFaults()
					if disturbed && fault.String() != "" {
						_, err := server.Inject(fault, djamotest.Times(2))
						require.NoError(t, err)
					}
					before := len(r.spans.GetSpans())
					err := row.call(t.Context(), client)
					if !disturbed {
						require.NoError(t, err, row.name)
					}
					require.Greater(t, len(r.spans.GetSpans()), before, row.name)
				}
			}
			names := map[string]bool{}
			for _, span := range r.spans.GetSpans() {
				names[span.Name] = true
			}
			require.ElementsMatch(t, spanNames, slices.Collect(maps.Keys(names)))
			exported := r.everything(t)
			require.Contains(t, exported, "POST /v1/charges/{id}/refund", "the search below finds what is there")
			for _, secret := range secrets(server, known, receiver.URL) {
				require.False(t, strings.Contains(exported, secret), "%q is exported", secret) //nolint:testifylint // the whole of it would bury the word
			}
			require.Len(t, r.spans.GetSpans(), len(server.Requests()), "a span for each request")
		})
	}
}

// secrets are all the words that the calls, their requests and their answers had about somebody.
func secrets(server *djamotest.Server, known *ids, receiver string) []string {
	words := []string{
		"0748710523", "225074", personal, server.Token, server.CompanyID, server.WebhookSecret, "Bearer", "Authorization",
		payment.Reference, "payroll-2026-06", "order-of-awa-7", "awa", "Salaire", "Chocolate", "Sugar", "50000", "10000", receiver,
		known.payment, known.charge, known.subCompany, known.endpoint,
	}
	for _, tx := range server.Transactions() {
		words = append(words, tx.ID, tx.Reference, tx.BatchID)
	}
	for _, r := range server.Requests() {
		words = append(words, r.Query, r.CorrelationID, string(r.Body))
		for name, values := range r.Header {
			if !slices.Contains([]string{"Accept", "Content-Type", "Content-Length", "Accept-Encoding", "Connection"}, name) {
				words = append(words, values...)
			}
		}
	}
	words = slices.DeleteFunc(words, func(word string) bool { return len(strings.Trim(word, "{}")) == 0 })
	slices.Sort(words)
	return slices.Compact(words)
}
