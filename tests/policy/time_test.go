package policy_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/stretchr/testify/require"
)

func TestPolicy_QuietPeriodDoubles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := clienttest.NewScriptedAPI(t, clienttest.Times(4, clienttest.LostBefore), nil)
		err := clienttest.Create(t.Context(), api.Client(djamo.WithRetry(djamo.RetryPolicy{QuietPeriod: 3 * time.Second})))
		require.ErrorIs(t, err, djamo.ErrOutcomeUnknown)
		require.Equal(t, sends(4, "POST GET GET"), api.Sequence())
		require.Equal(t, []int{0, 3, 0, 0, 6, 0, 0, 12, 0, 0, 24}, api.Gaps(), "POST GET (quiet) GET POST …")
	})
}

func TestPolicy_RetryAfterIsHonouredAndCapped(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault     clienttest.Fault
		from, cap time.Duration
	}{
		"seconds": {clienttest.LimitedSeconds, 7 * time.Second, 8 * time.Second},
		"date":    {clienttest.LimitedDate, 8 * time.Second, 10 * time.Second}, // HTTP dates have whole seconds
		"an hour": {clienttest.LimitedAnHour, time.Minute, 62 * time.Second},
		"none":    {clienttest.Limited, 250 * time.Millisecond, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := clienttest.NewScriptedAPI(t, []clienttest.Fault{row.fault}, nil)
				start := time.Now()
				require.NoError(t, clienttest.Create(t.Context(), api.Client()))
				require.Equal(t, "POST POST", api.Sequence())
				require.GreaterOrEqual(t, time.Since(start), row.from)
				require.LessOrEqual(t, time.Since(start), row.cap)
			})
		})
	}
}

// One 429 slows the whole client: nothing leaves before the announced moment.
func TestPolicy_OneRateLimitHoldsEveryCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := clienttest.NewScriptedAPI(t, []clienttest.Fault{clienttest.LimitedSeconds}, nil)
		client := api.Client()
		start := time.Now()
		var group sync.WaitGroup
		group.Go(func() {
			if err := clienttest.Create(t.Context(), client); err != nil {
				t.Errorf("the call that was told 429: %v", err)
			}
		})
		synctest.Wait() // it has been told
		for range 20 {
			group.Go(func() {
				if _, err := client.Balance.Get(t.Context()); err != nil && !errors.Is(err, djamo.ErrUnexpectedAnswer) {
					t.Errorf("another call: %v", err)
				}
			})
		}
		group.Wait()
		require.Len(t, api.SentAt, 22)
		for _, sent := range api.SentAt[1:] {
			require.GreaterOrEqual(t, sent.Sub(start), 7*time.Second)
		}
	})
}

// A single attempt does not wait for the announced moment: it is not made.
func TestPolicy_SingleAttempt_DoesNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := clienttest.NewScriptedAPI(t, []clienttest.Fault{clienttest.LimitedSeconds}, nil)
		client := api.Client()
		single := func() error {
			return clienttest.Second(client.Transactions.Create(t.Context(), clienttest.Payment, djamo.WithSingleAttempt()))
		}
		start := time.Now()
		for range 3 {
			err := single()
			require.ErrorIs(t, err, djamo.ErrRateLimited)
			require.NotErrorIs(t, err, djamo.ErrOutcomeUnknown)
		}
		require.Zero(t, time.Since(start))
		require.Equal(t, "POST", api.Sequence())
		_, err := client.Transactions.Get(t.Context(), "txn_1") // any other call waits
		require.NoError(t, err)
		require.GreaterOrEqual(t, time.Since(start), 7*time.Second)
		require.NoError(t, single())
	})
}

// A clone has a gate of its own.
func TestPolicy_CloneSharesNoGate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := clienttest.NewScriptedAPI(t, []clienttest.Fault{clienttest.LimitedAnHour}, nil)
		client := api.Client(djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 1}))
		require.ErrorIs(t, clienttest.Create(t.Context(), client), djamo.ErrRateLimited)
		clone, err := client.Clone()
		require.NoError(t, err)
		start := time.Now()
		require.NoError(t, clienttest.Create(t.Context(), clone))
		require.Zero(t, time.Since(start))
	})
}

// Cancelling returns at once, whatever the call is doing, and the error says which of the three it was: nothing had
// left, the outcome is unknown, or there is a result.
func TestPolicy_CancelAtEveryInstant(t *testing.T) {
	t.Parallel()
	scripts := map[string]struct{ writes, reads []clienttest.Fault }{
		"answered":              {},
		"connection refused":    {writes: []clienttest.Fault{clienttest.DialRefused, clienttest.DialRefused}},
		"429":                   {writes: []clienttest.Fault{clienttest.LimitedSeconds, clienttest.Limited}},
		"lost before":           {writes: []clienttest.Fault{clienttest.LostBefore, clienttest.LostBefore}},
		"lost after":            {writes: []clienttest.Fault{clienttest.LostAfter}, reads: []clienttest.Fault{clienttest.EmptyPage, clienttest.EmptyPage, clienttest.EmptyPage}},
		"stalled":               {writes: []clienttest.Fault{clienttest.StalledAfter}},
		"500, look-ups failing": {writes: []clienttest.Fault{clienttest.ServerErrBefore}, reads: []clienttest.Fault{clienttest.ServerErrBefore, clienttest.Limited, clienttest.ServerErrBefore}},
	}
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for after := time.Duration(0); after <= 40*time.Second; after += 125 * time.Millisecond {
				synctest.Test(t, func(t *testing.T) {
					api := clienttest.NewScriptedAPI(t, script.writes, script.reads)
					api.Delay = time.Second
					ctx, cancel := context.WithTimeout(t.Context(), after)
					defer cancel()
					start := time.Now()
					err := clienttest.Create(ctx, api.Client())
					require.LessOrEqual(t, time.Since(start), after, "returned at once")
					synctest.Wait()
					posts, paid := api.Count(http.MethodPost), api.IsPaid()
					switch {
					case err == nil:
						require.True(t, paid, "a result means that it was paid")
					case errors.Is(err, djamo.ErrOutcomeUnknown):
						require.ErrorIs(t, err, context.DeadlineExceeded)
						require.Positive(t, posts, "unknown means that something left")
						require.ErrorContains(t, err, clienttest.Payment.Reference)
					default:
						require.ErrorIs(t, err, context.DeadlineExceeded)
						require.False(t, paid, "cancelled after %v, reported as not sent, and paid: %v", after, err)
					}
				})
			}
		})
	}
}
