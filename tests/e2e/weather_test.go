package e2e_test

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/stretchr/testify/require"
)

// turnedAway are the faults after which the client may send anything again; those of settledByTheClient leave it in doubt,
// and what carries a key or only reads it settles by itself. Answers cut in the middle are not among them: half a refusal
// tells its status and not its words, which the suite compares; the operator of the bad days meets those, the firewall
// and look-ups that lag.
func turnedAway() []djamotest.Fault {
	return []djamotest.Fault{djamotest.RefuseConnection(), djamotest.RateLimit(), djamotest.RateLimitFor(time.Second), djamotest.SlowBody(time.Second / 2)}
}

func settledByTheClient() []djamotest.Fault {
	return append(turnedAway(), djamotest.CloseConnection(), djamotest.FailBefore(500), djamotest.FailBefore(502), djamotest.FailBefore(503),
		djamotest.LoseReply(), djamotest.ResetReply(), djamotest.FailAfter(500), djamotest.FailAfter(502),
		djamotest.Stall(0), djamotest.ProcessLate(3*time.Second))
}

// newDisturbedStage is a stage without a network where three requests in ten go wrong.
func newDisturbedStage(t *testing.T, seed uint64, variants []djamotest.Variant) *stage {
	t.Helper()
	api, err := djamotest.New(djamotest.WithSeed(seed), djamotest.WithVariants(variants...), djamotest.WithManualSettlement(), djamotest.WithClock(stageTime))
	require.NoError(t, err)
	for _, weather := range []struct {
		faults []djamotest.Fault
		on     []string
	}{
		{settledByTheClient(), []string{"GET", "POST /v1/transactions", "POST /v1/charges"}},
		{turnedAway(), []string{"POST /v1/transactions/batch", "POST /v1/charges/*/*", "POST /v1/sub-companies", "PUT", "POST /v1/webhooks"}},
	} {
		_, err := api.Inject(djamotest.AnyOf(weather.faults...), djamotest.Probability(0.3), djamotest.On(weather.on...))
		require.NoError(t, err)
	}
	s := &stage{server: api, variants: variants, disturbed: true, options: []djamo.Option{
		djamo.WithBaseURL("https://weather.example"), djamo.WithHTTPClient(&http.Client{Transport: api.Transport()}), djamo.WithTimeout(2 * time.Second),
		djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 20, MinWait: time.Second / 10, MaxWait: time.Second, QuietPeriod: 5 * time.Second}),
	}}
	s.client = s.clientOf(t, api.Token, api.CompanyID)
	return s
}

// foundInstead says whether a repetition was not told apart from a reply that got lost: under the same key lies what was
// asked for, and so the client reports it.
func (s *stage) foundInstead(err error, want djamo.ErrorCode) bool {
	return s.disturbed && err == nil && want == djamo.ErrDuplicateReference
}

// The whole suite while three requests in ten go wrong, in every shape the answers may have: no call of the client may end
// in another way than in fine weather.
func TestE2E_EveryCallInBadWeather(t *testing.T) {
	t.Parallel()
	shapes := shapesOfAnswers()
	names := slices.Sorted(maps.Keys(shapes))
	for _, seed := range badSeeds(t, 200) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			tellSeed(t, seed, "TestE2E_EveryCallInBadWeather")
			for _, call := range slices.Concat(paymentCalls(), collectionCalls(), companyCalls(), refusedCalls()) {
				t.Run(call.name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s := newDisturbedStage(t, seed, shapes[names[seed%uint64(len(names))]])
						defer s.server.Close()
						call.run(t, s)
						s.server.AssertBalanced(t)
					})
				})
			}
		})
	}
}
