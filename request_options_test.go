package djamo_test

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// An option can be made once and used by many calls at a time; the race detector watches.
func TestRequestOptions_AreShared(t *testing.T) {
	t.Parallel()
	client := mocked(t, func(req *http.Request) (*http.Response, error) {
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
	client := mocked(t, nil)
	var none context.Context
	for name, call := range map[string]func(...djamo.RequestOption) error{
		"payment": func(o ...djamo.RequestOption) error {
			return second(client.Transactions.Create(t.Context(), djamo.TransactionParams{}, o...))
		},
		"payment's id": func(o ...djamo.RequestOption) error { return second(client.Transactions.Get(t.Context(), "", o...)) },
		"reference": func(o ...djamo.RequestOption) error {
			return second(client.Transactions.GetByReference(t.Context(), "", o...))
		},
		"wait": func(o ...djamo.RequestOption) error {
			return second(client.Transactions.Wait(t.Context(), "x", djamo.WaitParams{MinInterval: -1}, o...))
		},
		"page": func(o ...djamo.RequestOption) error {
			return second(client.Transactions.ListPage(t.Context(), djamo.TransactionListParams{Limit: -1}, o...))
		},
		"batch": func(o ...djamo.RequestOption) error {
			return second(client.Batches.Create(t.Context(), djamo.BatchParams{}, o...))
		},
		"customer": func(o ...djamo.RequestOption) error {
			return second(client.Customers.Check(t.Context(), djamo.CustomerCheckParams{}, o...))
		},
		"sub-company": func(o ...djamo.RequestOption) error {
			return second(client.SubCompanies.Create(t.Context(), djamo.SubCompanyParams{}, o...))
		},
		"update": func(o ...djamo.RequestOption) error {
			return second(client.SubCompanies.Activate(t.Context(), "..", o...))
		},
		"no change": func(o ...djamo.RequestOption) error {
			return second(client.SubCompanies.Update(t.Context(), "subco_1", djamo.SubCompanyUpdateParams{}, o...))
		},
		"charge": func(o ...djamo.RequestOption) error {
			return second(client.Charges.Create(t.Context(), djamo.ChargeParams{}, o...))
		},
		"refund": func(o ...djamo.RequestOption) error { return second(client.Charges.Refund(t.Context(), "", o...)) },
		"refunded part": func(o ...djamo.RequestOption) error {
			return second(client.Charges.RefundPart(t.Context(), "ch_1", -1, o...))
		},
		"webhook": func(o ...djamo.RequestOption) error {
			return second(client.WebhookEndpoints.Create(t.Context(), djamo.WebhookEndpointParams{}, o...))
		},
		"webhook's id": func(o ...djamo.RequestOption) error {
			return second(client.WebhookEndpoints.Get(t.Context(), "", o...))
		},
		"raw": func(o ...djamo.RequestOption) error { return client.Do(t.Context(), "get", "/v1/x", nil, nil, o...) },
		"body": func(o ...djamo.RequestOption) error {
			return client.Do(t.Context(), "POST", "/v1/x", func() {}, nil, o...)
		},
		"context": func(o ...djamo.RequestOption) error { return second(client.Balance.Get(none, o...)) },
		"other option": func(o ...djamo.RequestOption) error {
			return second(client.Balance.Get(t.Context(), append([]djamo.RequestOption{nil, djamo.WithHeader("Host", "x")}, o...)...))
		},
	} {
		resp := djamo.Response{StatusCode: http.StatusCreated, Body: []byte("left over"), Settled: true}
		require.ErrorIs(t, call(djamo.WithResponse(&resp)), djamo.ErrInvalidRequest, name)
		require.Zero(t, resp, name)
	}
}
