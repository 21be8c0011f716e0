package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/stretchr/testify/require"
)

// chaos disturbs half of all requests: before they leave, before or instead of their processing, after it, and in what
// look-ups can see. Requests that the caller has given up are processed late all the same, though within the quiet
// period, which is what the quiet period is for.
func chaos(t *testing.T, seed uint64, opts ...djamotest.Option) (*djamotest.API, *djamo.Client) {
	t.Helper()
	api, err := djamotest.New(append(opts, djamotest.WithSeed(seed), djamotest.WithManualSettlement())...)
	require.NoError(t, err)
	for fault, share := range map[*djamotest.Fault]float64{
		new(djamotest.AnyOf(djamotest.RefuseConnection(), djamotest.CloseConnection(), djamotest.FailBefore(503), djamotest.RateLimitFor(time.Second), djamotest.RateLimit())): 0.2,
		new(djamotest.AnyOf(djamotest.LoseReply(), djamotest.ResetReply(), djamotest.FailAfter(500), djamotest.FailAfter(502), djamotest.TruncateReply(), djamotest.Stall(0))): 0.4,
		new(djamotest.ProcessLate(2500 * time.Millisecond)): 0.1,
		new(djamotest.LookupLag(400 * time.Millisecond)):    0.5,
	} {
		_, err = api.Inject(*fault, djamotest.Probability(share))
		require.NoError(t, err)
	}
	client, err := djamo.NewClient(api.Token, djamo.WithBaseURL("https://chaos.example"), djamo.WithCompanyID(api.CompanyID),
		djamo.WithHTTPClient(&http.Client{Transport: api.Transport()}), djamo.WithTimeout(2*time.Second))
	require.NoError(t, err)
	return api, client
}

// paid counts how often each reference was paid.
func paid(api *djamotest.API) map[string]int {
	counts := map[string]int{}
	for _, tx := range api.Transactions() {
		counts[tx.Reference]++
	}
	return counts
}

// What a payment's caller is told is true, and nobody is paid twice: neither by an API that refuses repeated references
// nor by one that does not.
func TestChaos_PaymentsArePaidOnceAndTold(t *testing.T) {
	t.Parallel()
	told := map[string]int{}
	for name, opts := range map[string][]djamotest.Option{"strict": nil, "careless": {djamotest.WithRepeatedReferences()}} {
		for seed := range uint64(12) {
			synctest.Test(t, func(t *testing.T) {
				api, client := chaos(t, seed, opts...)
				defer api.Close()
				outcomes := make([]error, 50)
				var group sync.WaitGroup
				for i := range outcomes {
					group.Go(func() {
						p := clienttest.Payment
						p.Reference = fmt.Sprintf("%s/%d/%d", name, seed, i)
						sent, err := client.Transactions.Create(t.Context(), p)
						if err == nil && !p.Matches(sent) {
							t.Errorf("asked for %s, got %s", p.Reference, sent.Reference)
						}
						outcomes[i] = err
					})
				}
				group.Wait()
				time.Sleep(time.Minute) //nolint:forbidigo // what is late has arrived by then; in the bubble no real time passes
				counts := paid(api)
				for i, err := range outcomes {
					reference := fmt.Sprintf("%s/%d/%d", name, seed, i)
					switch n := counts[reference]; {
					case n > 1:
						t.Errorf("%s was paid %d times", reference, n)
					case err == nil && n != 1:
						t.Errorf("%s was told as paid", reference)
					case err != nil && !errors.Is(err, djamo.ErrOutcomeUnknown) && n != 0:
						t.Errorf("%s was told as not paid: %v", reference, err)
					}
					told[fmt.Sprint(err == nil, errors.Is(err, djamo.ErrOutcomeUnknown))]++
				}
				api.AssertBalanced(t)
			})
		}
	}
	t.Logf("paid %d, unknown %d, not paid %d", told["true false"], told["false true"], told["false false"])
	require.Greater(t, told["true false"], 1_000, "most are settled")
}

// What carries no key is carried out once at most, and a plain error means not at all.
func TestChaos_RefundsAreNotRepeated(t *testing.T) {
	t.Parallel()
	refunded := 0
	for seed := range uint64(12) {
		synctest.Test(t, func(t *testing.T) {
			api, client := chaos(t, seed)
			defer api.Close()
			calm, err := djamo.NewClient(api.Token, djamo.WithBaseURL("https://chaos.example"), djamo.WithCompanyID(api.CompanyID),
				djamo.WithHTTPClient(&http.Client{Transport: api.Transport()}), djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 50}))
			require.NoError(t, err)
			api.ClearFaults()
			charge, err := calm.Charges.Create(t.Context(), djamo.ChargeParams{Amount: 10_000, ExternalID: "order-7"})
			require.NoError(t, err)
			_, err = calm.Charges.Pay(t.Context(), charge.ID, djamo.ChargePayParams{})
			require.NoError(t, err)
			_, err = api.Inject(djamotest.AnyOf(djamotest.LoseReply(), djamotest.FailAfter(500), djamotest.FailBefore(500), djamotest.CloseConnection(),
				djamotest.RefuseConnection(), djamotest.RateLimit(), djamotest.Stall(0), djamotest.TruncateReply()), djamotest.Probability(0.8), djamotest.On("POST"))
			require.NoError(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			_, err = client.Charges.RefundPart(ctx, charge.ID, 1_000)
			time.Sleep(time.Minute) //nolint:forbidigo // in the bubble, as above
			after, failed := calm.Charges.Get(t.Context(), charge.ID)
			require.NoError(t, failed)
			switch {
			case err == nil:
				require.Equal(t, djamo.XOF(1_000), after.Refunded)
			case errors.Is(err, djamo.ErrOutcomeUnknown):
				require.LessOrEqual(t, after.Refunded, djamo.XOF(1_000))
			default:
				require.Zero(t, after.Refunded, "%v", err)
			}
			if after.Refunded > 0 {
				refunded++
			}
		})
	}
	require.Positive(t, refunded)
}
