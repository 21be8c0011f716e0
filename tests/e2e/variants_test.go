package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/leaktest"
	"github.com/stretchr/testify/require"
)

// stage is what a call of the end-to-end suite plays on: an API of its own, in one of the shapes its answers may have,
// and a client that reaches it over TCP.
type stage struct {
	server    *djamotest.API
	client    *djamo.Client
	options   []djamo.Option // of the client, for others like it
	variants  []djamotest.Variant
	disturbed bool // three requests in ten go wrong, so what was sent may have been sent more often
}

func (s *stage) has(v djamotest.Variant) bool { return slices.Contains(s.variants, v) }

// stageTime is when everything on a stage happens, unless the stage advances it: with milliseconds, since one variant of
// timestamps has none.
func stageTime() time.Time { return time.Date(2025, 1, 28, 8, 39, 8, 249e6, time.UTC) }

// reported is a time as the API can tell it.
func (s *stage) reported(at time.Time) time.Time {
	if s.has(djamotest.SecondTimestamps) {
		return at.Truncate(time.Second)
	}
	return at
}

func newStage(t *testing.T, variants []djamotest.Variant) *stage {
	t.Helper()
	leaktest.Check(t)
	server := djamotest.NewServer(t, djamotest.WithVariants(variants...), djamotest.WithManualSettlement(), djamotest.WithClock(stageTime))
	s := &stage{server: server.API, variants: variants, options: []djamo.Option{
		djamo.WithBaseURL(server.URL), djamo.WithRetry(djamo.RetryPolicy{MinWait: time.Millisecond, MaxWait: time.Millisecond, QuietPeriod: time.Millisecond}),
	}}
	s.client = s.clientOf(t, server.Token, server.CompanyID)
	return s
}

// clientOf is a client of the stage's API with credentials of its own.
func (s *stage) clientOf(t *testing.T, token, company string) *djamo.Client {
	t.Helper()
	client, err := djamo.NewClient(token, append(slices.Clone(s.options), djamo.WithCompanyID(company))...)
	require.NoError(t, err)
	return client
}

// shapesOfAnswers are the sets of variants the suite runs over: none, each by itself, and all that go together with each
// lookup and each form of timestamp.
func shapesOfAnswers() map[string][]djamotest.Variant {
	lookups := []djamotest.Variant{"", djamotest.LookupArray, djamotest.LookupObject, djamotest.LookupNotFound}
	timestamps := []djamotest.Variant{"", djamotest.CompactTimestamps, djamotest.SecondTimestamps}
	sets := map[string][]djamotest.Variant{"as documented": nil}
	var others []djamotest.Variant
	for _, v := range djamotest.Variants() {
		if slices.Contains(otherFacts(), v) {
			continue
		}
		sets[string(v)] = []djamotest.Variant{v}
		if !slices.Contains(lookups, v) && !slices.Contains(timestamps, v) {
			others = append(others, v)
		}
	}
	for _, lookup := range lookups {
		for _, timestamp := range timestamps {
			set := slices.DeleteFunc([]djamotest.Variant{lookup, timestamp}, func(v djamotest.Variant) bool { return v == "" })
			sets[fmt.Sprint("all the others with ", set)] = append(set, others...)
		}
	}
	return sets
}

// otherFacts are the variants under which the same call has another outcome: a look-up that answers with other references
// too, charges without a description, a payment that must name its payer.
func otherFacts() []djamotest.Variant {
	return []djamotest.Variant{djamotest.LookupPrefix, djamotest.LookupContains, djamotest.LookupIgnored, djamotest.DocumentedCharges, djamotest.PayerRequired}
}

// Every call of the client against every shape the answers may have, over TCP, each on an API of its own.
func TestE2E_EveryCallInEveryShape(t *testing.T) {
	t.Parallel()
	for name, variants := range shapesOfAnswers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, call := range slices.Concat(paymentCalls(), collectionCalls(), companyCalls(), refusedCalls()) {
				t.Run(call.name, func(t *testing.T) {
					t.Parallel()
					s := newStage(t, variants)
					call.run(t, s)
					s.server.AssertBalanced(t)
				})
			}
		})
	}
}

// What the suite leaves out would look like what works: every route of the API is called by it.
func TestE2E_CoversEveryRoute(t *testing.T) {
	t.Parallel()
	called := map[string]bool{}
	for _, call := range slices.Concat(paymentCalls(), collectionCalls(), companyCalls(), refusedCalls()) {
		s := newStage(t, nil)
		call.run(t, s)
		for _, r := range s.server.Requests() {
			segments := strings.Split(r.Path, "/")
			for i, segment := range segments {
				if strings.Contains(segment, "_") || len(segment) == 36 {
					segments[i] = "{id}"
				}
			}
			query, _, _ := strings.Cut(r.Query, "=")
			called[strings.TrimSuffix(r.Method+" "+strings.Join(segments, "/")+"?"+query, "?")] = true
		}
	}
	for _, route := range []string{
		"POST /v1/transactions", "GET /v1/transactions", "GET /v1/transactions?reference", "GET /v1/transactions?cursor", "GET /v1/transactions/{id}",
		"POST /v1/transactions/batch", "GET /v1/transactions/customers/check?msisdn", "GET /v1/balance",
		"POST /v1/sub-companies", "GET /v1/sub-companies/{id}", "GET /v1/sub-companies?limit", "GET /v1/sub-companies?cursor", "PUT /v1/sub-companies/{id}",
		"POST /v1/charges", "GET /v1/charges/{id}", "GET /v1/charges?limit", "GET /v1/charges?cursor", "POST /v1/charges/{id}/refund", "POST /v1/charges/{id}/pay",
		"POST /v1/webhooks", "GET /v1/webhooks/{id}", "GET /v1/webhooks?limit", "GET /v1/webhooks?cursor",
	} {
		require.Contains(t, called, route)
	}
}
