package djamotest_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

func TestFees_AreAskedForOnce(t *testing.T) {
	t.Parallel()
	asked := int64(0)
	api, c := newAPI(t, djamotest.WithBalance(5000), djamotest.WithFee(func(int64) int64 { asked++; return (asked - 1) * 100 }))
	c.pay(awa, 5000, "x")
	require.Equal(t, []int64{0, 1}, []int64{api.Balance(), asked}, "what was checked is what was taken")
}

func TestMoney_StopsAtItsLimits(t *testing.T) {
	t.Parallel()
	const maxAmount = 1<<53 - 1
	require.Equal(t, int64(math.MaxInt64), djamotest.BasisPoints(20_000_000)(maxAmount))
	require.Equal(t, int64(math.MaxInt64), djamotest.BasisPoints(math.MaxInt64)(1))
	api, c := newAPI(t, djamotest.WithFee(djamotest.BasisPoints(0)), djamotest.WithManualSettlement())
	for i := range 1_100 {
		require.NoError(t, api.SetBalance(maxAmount))
		c.pay(awa, maxAmount, fmt.Sprint(i))
	}
	for i := range 1_100 {
		require.NoError(t, api.Reject(fmt.Sprint(i), "closed"))
	}
	require.Equal(t, int64(math.MaxInt64), api.Balance())
	require.False(t, api.AssertBalanced(&spy{TB: t}), "what did not fit is missed")
}

func TestFaults_TheLongestDurationsDoNotOverflow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api, err := djamotest.New()
		require.NoError(t, err)
		defer api.Close()
		c := overTransport(t, api)
		for _, tt := range []struct {
			fault djamotest.Fault
			want  string
		}{
			{djamotest.RateLimitFor(math.MaxInt64), "9223372037"},
			{djamotest.RateLimitUntil(math.MaxInt64), "Fri, 11 Apr 2262 23:47:16 GMT"},
		} {
			_, err := api.Inject(tt.fault, djamotest.OneShot())
			require.NoError(t, err)
			require.Equal(t, tt.want, c.exchange(c.request("GET", "/v1/balance", nil)).header.Get("Retry-After"))
		}
		for range 2 {
			_, err := api.Inject(djamotest.ProcessLate(math.MaxInt64))
			require.NoError(t, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		require.ErrorIs(t, c.exchange(c.request("GET", "/v1/balance", nil).WithContext(ctx)).err, context.DeadlineExceeded,
			"never and never is never")
	})
}

func TestBatches_EachRefusedLineHasItsReason(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t, djamotest.WithVariants(djamotest.BatchInParts), djamotest.WithBalance(6_000))
	c.pay(awa, 5_000, "used")
	c.refused(409, "POST", "/v1/transactions/batch", object{"transactions": []object{
		{"msisdn": awa, "amount": 100, "reference": "used"}, {"msisdn": awa, "amount": 90_000, "reference": "dear"},
	}})
	ledger := api.Ledger()
	require.Len(t, ledger, 3)
	require.Equal(t, []any{"used", 409, "dear", 422}, []any{ledger[1].Reference, ledger[1].Status, ledger[2].Reference, ledger[2].Status})
}

// Every payment of a refused batch has its line, and all of them say the same: the memory must not grow with the square.
func TestBatches_LargeAndInvalid(t *testing.T) {
	t.Parallel()
	const n = 2_000
	api, c := newAPI(t)
	items := make([]object, n)
	for i := range items {
		items[i] = object{"reference": fmt.Sprint("r", i), "amount": -1, "msisdn": "x"}
	}
	require.Len(t, c.refused(400, "POST", "/v1/transactions/batch", object{"transactions": items}), 2*n)
	ledger := api.Ledger()
	require.Len(t, ledger, n)
	require.Equal(t, "r1999", ledger[n-1].Reference)
	require.Same(t, unsafe.StringData(ledger[0].Reason), unsafe.StringData(ledger[n-1].Reason), "one text for all")
	s := &spy{}
	require.False(t, api.AssertPaidOnce(s, "r7"))
	require.Less(t, len(s.failures[0]), 1_000, "readable")
	require.Contains(t, s.failures[0], "transactions.0.msisdn must be")
}
