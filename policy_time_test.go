package djamo_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/stretchr/testify/require"
)

// gaps are the pauses between the requests the server saw, in whole seconds.
func (a *scriptedAPI) gaps() []int {
	a.mu.Lock()
	defer a.mu.Unlock()
	var gaps []int
	for i := 1; i < len(a.sentAt); i++ {
		gaps = append(gaps, int(a.sentAt[i].Sub(a.sentAt[i-1]).Seconds()))
	}
	return gaps
}

func TestPolicy_QuietPeriodDoubles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newScriptedAPI(t, times(4, lostBefore), nil)
		err := create(t.Context(), api.client(djamo.WithRetry(djamo.RetryPolicy{QuietPeriod: 3 * time.Second})))
		require.ErrorIs(t, err, djamo.ErrOutcomeUnknown)
		require.Equal(t, sends(4, "POST GET GET"), api.sequence())
		require.Equal(t, []int{0, 3, 0, 0, 6, 0, 0, 12, 0, 0, 24}, api.gaps(), "POST GET (quiet) GET POST …")
	})
}

func TestPolicy_RetryAfterIsHonouredAndCapped(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault     fault
		from, cap time.Duration
	}{
		"seconds": {limitedSeconds, 7 * time.Second, 8 * time.Second},
		"date":    {limitedDate, 8 * time.Second, 10 * time.Second}, // HTTP dates have whole seconds
		"an hour": {limitedAnHour, time.Minute, 62 * time.Second},
		"none":    {limited, 250 * time.Millisecond, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := newScriptedAPI(t, []fault{row.fault}, nil)
				start := time.Now()
				require.NoError(t, create(t.Context(), api.client()))
				require.Equal(t, "POST POST", api.sequence())
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
		api := newScriptedAPI(t, []fault{limitedSeconds}, nil)
		client := api.client()
		start := time.Now()
		var group sync.WaitGroup
		group.Go(func() {
			if err := create(t.Context(), client); err != nil {
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
		require.Len(t, api.sentAt, 22)
		for _, sent := range api.sentAt[1:] {
			require.GreaterOrEqual(t, sent.Sub(start), 7*time.Second)
		}
	})
}

// A single attempt does not wait for the announced moment: it is not made.
func TestPolicy_SingleAttempt_DoesNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newScriptedAPI(t, []fault{limitedSeconds}, nil)
		client := api.client()
		single := func() error {
			return second(client.Transactions.Create(t.Context(), payment, djamo.WithSingleAttempt()))
		}
		start := time.Now()
		for range 3 {
			err := single()
			require.ErrorIs(t, err, djamo.ErrRateLimited)
			require.NotErrorIs(t, err, djamo.ErrOutcomeUnknown)
		}
		require.Zero(t, time.Since(start))
		require.Equal(t, "POST", api.sequence())
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
		api := newScriptedAPI(t, []fault{limitedAnHour}, nil)
		client := api.client(djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 1}))
		require.ErrorIs(t, create(t.Context(), client), djamo.ErrRateLimited)
		clone, err := client.Clone()
		require.NoError(t, err)
		start := time.Now()
		require.NoError(t, create(t.Context(), clone))
		require.Zero(t, time.Since(start))
	})
}

// Cancelling returns at once, whatever the call is doing, and the error says which of the three it was: nothing had
// left, the outcome is unknown, or there is a result.
func TestPolicy_CancelAtEveryInstant(t *testing.T) {
	t.Parallel()
	scripts := map[string]struct{ writes, reads []fault }{
		"answered":              {},
		"connection refused":    {writes: []fault{dialRefused, dialRefused}},
		"429":                   {writes: []fault{limitedSeconds, limited}},
		"lost before":           {writes: []fault{lostBefore, lostBefore}},
		"lost after":            {writes: []fault{lostAfter}, reads: []fault{emptyPage, emptyPage, emptyPage}},
		"stalled":               {writes: []fault{stalledAfter}},
		"500, look-ups failing": {writes: []fault{serverErrBefore}, reads: []fault{serverErrBefore, limited, serverErrBefore}},
	}
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for after := time.Duration(0); after <= 40*time.Second; after += 125 * time.Millisecond {
				synctest.Test(t, func(t *testing.T) {
					api := newScriptedAPI(t, script.writes, script.reads)
					api.delay = time.Second
					ctx, cancel := context.WithTimeout(t.Context(), after)
					defer cancel()
					start := time.Now()
					err := create(ctx, api.client())
					require.LessOrEqual(t, time.Since(start), after, "returned at once")
					synctest.Wait()
					posts, paid := api.count(http.MethodPost), api.isPaid()
					switch {
					case err == nil:
						require.True(t, paid, "a result means that it was paid")
					case errors.Is(err, djamo.ErrOutcomeUnknown):
						require.ErrorIs(t, err, context.DeadlineExceeded)
						require.Positive(t, posts, "unknown means that something left")
						require.ErrorContains(t, err, payment.Reference)
					default:
						require.ErrorIs(t, err, context.DeadlineExceeded)
						require.False(t, paid, "cancelled after %v, reported as not sent, and paid: %v", after, err)
					}
				})
			}
		})
	}
}

func (a *scriptedAPI) count(method string) (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, seen := range a.seen {
		if seen == method {
			n++
		}
	}
	return n
}

func (a *scriptedAPI) isPaid() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.paid) > 0
}
