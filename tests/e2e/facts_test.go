package e2e_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/stretchr/testify/require"
)

// factStage is an API and a client for one fact about the wire that real clients have shown.
type factStage struct {
	api    *djamotest.API
	client *djamo.Client
}

func newFacts(t *testing.T, opts ...djamotest.Option) *factStage {
	t.Helper()
	api, err := djamotest.New(append([]djamotest.Option{djamotest.WithManualSettlement()}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, api.Close()) })
	return &factStage{api, factsClient(t, api, djamo.WithCompanyID(api.CompanyID))}
}

func factsClient(t *testing.T, api *djamotest.API, opts ...djamo.Option) *djamo.Client {
	t.Helper()
	client, err := djamo.NewClient(api.Token, append([]djamo.Option{
		djamo.WithEnvironment(djamo.StagingCIV), djamo.WithHTTPClient(&http.Client{Transport: api.Transport()}),
		djamo.WithRetry(djamo.RetryPolicy{MinWait: 1, MaxWait: 1, QuietPeriod: 1}),
	}, opts...)...)
	require.NoError(t, err)
	return client
}

func (f *factStage) charge(t *testing.T, externalID string) *djamo.Charge {
	t.Helper()
	charge, err := f.client.Charges.Create(t.Context(), djamo.ChargeParams{Amount: 5, ExternalID: externalID})
	require.NoError(t, err)
	return charge
}

func shapedAs(variants ...djamotest.Variant) djamotest.Option {
	return djamotest.WithVariants(variants...)
}

// hook notes what is delivered, and when.
type hook struct {
	mu     sync.Mutex
	bodies []string
}

func (h *hook) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bodies = append(h.bodies, string(body))
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, err
}

func (h *hook) seen() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.bodies)
}

// statuses are those of the charges and payments that were told.
func (h *hook) statuses(t *testing.T) (statuses []string) {
	t.Helper()
	for _, body := range h.seen() {
		var event struct {
			Data struct {
				Status string `json:"status"`
			} `json:"data"`
		}
		require.NoError(t, json.Unmarshal([]byte(body), &event))
		statuses = append(statuses, event.Data.Status)
	}
	return statuses
}

// The client meets each fact that the requests of real clients have shown, by its number in the reference, as the fake API plays
// it.
func TestE2E_E22_ClientMeetsTheFactsOfRealClients(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(*testing.T){
		"1 and 5: a charge of 5 francs, its currency and its link": func(t *testing.T) {
			charge := newFacts(t).charge(t, "a")
			require.Equal(t, []any{"XOF", djamo.XOF(5), djamo.XOF(5)}, []any{charge.Currency, charge.Amount, charge.Due})
			link, err := url.Parse(charge.PaymentURL)
			require.NoError(t, err)
			require.Equal(t, "p.djamo.com/payment-link/", link.Host+link.Path)
			require.Equal(t, charge.ID, link.Query().Get("chargeId"))
		},
		"2: who pays": func(t *testing.T) {
			for payer, want := range map[djamo.MSISDN]djamo.ChargeStatus{
				"": djamo.ChargePaid, "2250747000000": djamo.ChargePaid, djamotest.PayerSucceeds: djamo.ChargePaid,
				"2251212121205": djamo.ChargeFailed, djamotest.PayerFails: djamo.ChargeFailed,
			} {
				f := newFacts(t)
				paid, err := f.client.Charges.Pay(t.Context(), f.charge(t, "a").ID, djamo.ChargePayParams{RecipientMSISDN: payer})
				require.NoError(t, err, "%q", payer)
				require.Equal(t, want, paid.Status, "%q", payer)
			}
			f := newFacts(t, shapedAs(djamotest.PayerRequired))
			id := f.charge(t, "a").ID
			_, err := f.client.Charges.Pay(t.Context(), id, djamo.ChargePayParams{})
			require.ErrorIs(t, err, djamo.ErrInvalidRequest, "an empty body may not be enough")
			_, err = f.client.Charges.Pay(t.Context(), id, djamo.ChargePayParams{RecipientMSISDN: "2250747000000"})
			require.NoError(t, err)
		},
		"3: times with milliseconds, compact and in seconds": func(t *testing.T) {
			at := time.Date(2025, 1, 28, 8, 39, 8, 249e6, time.UTC)
			for _, variants := range [][]djamotest.Variant{nil, {djamotest.CompactTimestamps}, {djamotest.SecondTimestamps}} {
				charge := newFacts(t, shapedAs(variants...), djamotest.WithClock(func() time.Time { return at })).charge(t, "a")
				require.WithinDuration(t, at, charge.CreatedAt.Time, 249*time.Millisecond)
			}
		},
		"4: due at once, or created first": func(t *testing.T) {
			require.Equal(t, djamo.ChargeDue, newFacts(t).charge(t, "a").Status)
			f := newFacts(t, shapedAs(djamotest.CreatedFirst))
			charge := f.charge(t, "a")
			require.Equal(t, djamo.ChargeCreated, charge.Status)
			later, err := f.client.Charges.Get(t.Context(), charge.ID)
			require.NoError(t, err)
			require.Equal(t, djamo.ChargeDue, later.Status)
		},
		"6, 7, 15 and 16: refunded by a client without a company, with 200 or 201": func(t *testing.T) {
			for _, variants := range [][]djamotest.Variant{nil, {djamotest.ActionsCreated}} {
				f := newFacts(t, shapedAs(variants...))
				id := f.charge(t, "a").ID
				require.NoError(t, f.api.Pay("a"))
				nobody := factsClient(t, f.api)
				read, err := nobody.Charges.Get(t.Context(), id)
				require.NoError(t, err)
				require.Equal(t, djamo.ChargePaid, read.Status)
				part, err := nobody.Charges.RefundPart(t.Context(), id, 2)
				require.NoError(t, err)
				whole, err := nobody.Charges.Refund(t.Context(), id)
				require.NoError(t, err)
				require.Equal(t, []string{id, id}, []string{part.ID, whole.ID})
				_, err = nobody.Charges.Create(t.Context(), djamo.ChargeParams{Amount: 5, ExternalID: "b"})
				require.ErrorIs(t, err, djamo.ErrInvalidRequest, "creating one needs it")
			}
		},
		"8: neither description nor pages to go back to": func(t *testing.T) {
			f := newFacts(t)
			require.Empty(t, f.charge(t, "a").Description)
			require.NoError(t, f.api.Pay("a"))
			require.Empty(t, f.api.Charges()[0].RedirectURL())
		},
		"9: what was answered with 422 is looked up": func(t *testing.T) {
			f := newFacts(t, djamotest.WithBalance(0))
			_, err := f.client.Transactions.Create(t.Context(), djamo.TransactionParams{MSISDN: "+2250700000001", Amount: 5_000, Reference: "a"})
			require.ErrorIs(t, err, djamo.ErrUnprocessable)
			requests := f.api.Requests()
			require.Len(t, requests, 3, "looked up, and again after the quiet period")
			for _, r := range requests[1:] {
				require.Equal(t, "GET reference=a", r.Method+" "+r.Query)
			}
		},
		"10, 11 and 17: Djamo's own reference, reasons and fees": func(t *testing.T) {
			f := newFacts(t, djamotest.WithFee(djamotest.BasisPoints(50)))
			sent, err := f.client.Transactions.Create(t.Context(), djamo.TransactionParams{MSISDN: "+2250700000001", Amount: 5_000, Reference: "a"})
			require.NoError(t, err)
			require.NotEmpty(t, sent.DjamoTransactionReference)
			require.Equal(t, []djamo.XOF{25, 5_025}, []djamo.XOF{sent.Fee, sent.TotalAmount})
			require.NoError(t, f.api.Reject("a", "RECIPIENT_LIMIT_EXCEEDED: <plafond> « 200 000 »"))
			failed, err := f.client.Transactions.Get(t.Context(), sent.ID)
			require.NoError(t, err)
			require.Equal(t, "RECIPIENT_LIMIT_EXCEEDED: <plafond> « 200 000 »", failed.FailureReason)
		},
		"12: charges as they are documented, whose records name them": func(t *testing.T) {
			f := newFacts(t, shapedAs(djamotest.DocumentedCharges))
			id := f.charge(t, "a").ID
			paid, err := f.client.Charges.Pay(t.Context(), id, djamo.ChargePayParams{})
			require.NoError(t, err)
			require.True(t, paid.UpdatedAt.IsZero())
			require.Len(t, paid.Transactions, 1)
			require.Contains(t, string(paid.Transactions[0]), `"charge":"`+id+`"`)
		},
		"13: what is dropped, failed or cancelled is told; so much can be received": func(t *testing.T) {
			for want, act := range map[string]func(*djamotest.API) error{
				"dropped": func(a *djamotest.API) error { return a.Expire("a") }, "failed": func(a *djamotest.API) error { return a.FailCharge("a") },
				"cancelled": func(a *djamotest.API) error { return a.CancelCharge("a") },
			} {
				told := &hook{}
				f := newFacts(t, djamotest.WithWebhookTransport(told), djamotest.WithChargeLimits(1, 200_000_000))
				_, err := f.client.WebhookEndpoints.Create(t.Context(), djamo.WebhookEndpointParams{Topic: djamo.TopicCharge, URL: "https://shop.test/hook"})
				require.NoError(t, err)
				id := f.charge(t, "a").ID
				require.NoError(t, act(f.api))
				f.api.DeliverNow()
				require.Equal(t, []string{want}, told.statuses(t))
				read, err := f.client.Charges.Get(t.Context(), id)
				require.NoError(t, err)
				require.Equal(t, djamo.ChargeStatus(want), read.Status)
				require.True(t, read.Status.Terminal())
				_, err = f.client.Charges.Create(t.Context(), djamo.ChargeParams{Amount: 200_000_001, ExternalID: "b"})
				require.ErrorIs(t, err, djamo.ErrInvalidRequest)
			}
		},
		"14: one message or many": func(t *testing.T) {
			for _, variants := range [][]djamotest.Variant{nil, {djamotest.MessageString}, {djamotest.MessageArray}} {
				f := newFacts(t, shapedAs(variants...))
				err := f.client.Do(t.Context(), http.MethodPost, "/v1/charges", map[string]any{"amount": "5"}, nil)
				require.ErrorContains(t, err, "amount must be")
				_, err = f.client.Charges.Get(t.Context(), "nobody")
				require.ErrorContains(t, err, "charge not found")
			}
		},
		"18: a webhook before the answer": func(t *testing.T) {
			told := &hook{}
			f := newFacts(t, djamotest.WithWebhookTransport(told), shapedAs(djamotest.WebhookFirst))
			_, err := f.client.WebhookEndpoints.Create(t.Context(), djamo.WebhookEndpointParams{
				Topic: djamo.TopicTransactionStarted, URL: "https://shop.test/hook",
			})
			require.NoError(t, err)
			_, err = f.client.Transactions.Create(t.Context(), djamo.TransactionParams{MSISDN: "+2250700000001", Amount: 5_000, Reference: "a"})
			require.NoError(t, err)
			require.Equal(t, []string{"pending"}, told.statuses(t))
		},
		"19: look-ups that answer with others": func(t *testing.T) {
			for _, variant := range []djamotest.Variant{"", djamotest.LookupPrefix, djamotest.LookupContains, djamotest.LookupIgnored} {
				for _, carriedOut := range []bool{true, false} {
					f := newFacts(t, shapedAs(slices.DeleteFunc([]djamotest.Variant{variant}, func(v djamotest.Variant) bool { return v == "" })...),
						djamotest.WithRepeatedReferences())
					pay := func(reference string) (*djamo.Transaction, error) {
						return f.client.Transactions.Create(t.Context(), djamo.TransactionParams{MSISDN: "+2250700000001", Amount: 5_000, Reference: reference})
					}
					for _, other := range []string{"ab", "abc", "b", "cab"} {
						_, err := pay(other)
						require.NoError(t, err)
					}
					fault := djamotest.FailBefore(http.StatusBadGateway)
					if carriedOut {
						fault = djamotest.FailAfter(http.StatusBadGateway)
					}
					_, err := f.api.Inject(fault, djamotest.OneShot(), djamotest.On("POST /v1/transactions"))
					require.NoError(t, err)
					paid, err := pay("a")
					require.NoError(t, err, "%s, %t", variant, carriedOut)
					require.Equal(t, "a", paid.Reference)
					require.Len(t, f.api.Transactions(), 5, "once, whatever the look-up shows")
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// Charges that are looked up by an external id: the filter may be unknown, exact, by the beginning, or ignored.
func TestE2E_E23_LostChargesAreFoundWhateverTheFilter(t *testing.T) {
	t.Parallel()
	for _, variant := range []djamotest.Variant{"", djamotest.ExternalIDExact, djamotest.ExternalIDPrefix, djamotest.ExternalIDIgnored} {
		for _, carriedOut := range []bool{true, false} {
			f := newFacts(t, shapedAs(slices.DeleteFunc([]djamotest.Variant{variant}, func(v djamotest.Variant) bool { return v == "" })...),
				djamotest.WithRepeatedReferences(), djamotest.WithPageSize(2, 3))
			for _, other := range []string{"order/10", "order/11", "order", "x/order/1", strings.ToUpper("order/1"), "z"} {
				f.charge(t, other)
			}
			fault := djamotest.FailBefore(http.StatusBadGateway)
			if carriedOut {
				fault = djamotest.FailAfter(http.StatusBadGateway)
			}
			_, err := f.api.Inject(fault, djamotest.OneShot(), djamotest.On("POST /v1/charges"))
			require.NoError(t, err)
			require.Equal(t, "order/1", f.charge(t, "order/1").ExternalID, "%s, %t", variant, carriedOut)
			require.Len(t, f.api.Charges(), 7, "once, whatever the filter")
		}
	}
}
