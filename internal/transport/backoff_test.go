package transport

import (
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

func TestBackoff_GrowsWithJitterAndStaysBounded(t *testing.T) {
	t.Parallel()
	transport := New(Config{Retry: Retry{MaxAttempts: 4, MinWait: 100 * time.Millisecond, MaxWait: time.Second, MaxRetryAfter: time.Minute}})
	const ms = time.Millisecond
	for attempt, most := range []time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms, time.Second, time.Second} {
		seen := map[time.Duration]bool{}
		for range 200 {
			pause := transport.backoff(attempt, nil)
			require.LessOrEqual(t, pause, most)
			require.GreaterOrEqual(t, pause, most/2-1)
			seen[pause] = true
		}
		require.Greater(t, len(seen), 50, "jitter")
	}
	require.Equal(t, 3*time.Second, transport.backoff(0, header("Retry-After", "3")))
	require.Equal(t, time.Minute, transport.backoff(0, header("Retry-After", "3600")), "capped")
	require.Positive(t, transport.backoff(1<<20, nil), "no overflow")
	transport.config.Retry.MaxWait = math.MaxInt64
	for attempt := range 100 {
		require.GreaterOrEqual(t, transport.backoff(attempt, nil), 50*ms, "nor with a bound that is none")
	}
}

func TestGate_HoldsEverybodyAndEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g gate
		start := time.Now()
		require.NoError(t, g.wait(t.Context()))
		require.Zero(t, time.Since(start), "open")

		g.closeFor(10 * time.Second)
		g.closeFor(time.Second) // a shorter hold does not open it early
		done := make(chan time.Duration, 5)
		for range cap(done) {
			go func() {
				if g.wait(t.Context()) == nil {
					done <- time.Since(start)
				}
			}()
		}
		for range cap(done) {
			waited := <-done
			require.GreaterOrEqual(t, waited, 10*time.Second)
			require.LessOrEqual(t, waited, 12*time.Second)
		}
	})
}

// After trouble a call waits, as long as the answer asks; after a 429 it is the gate that waits, once, for every call.
func TestTransport_PausesBetweenAttempts(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		status      int
		after       string
		least, most time.Duration
	}{
		{http.StatusServiceUnavailable, "", 500 * time.Millisecond, time.Second},
		{http.StatusServiceUnavailable, "3", 3 * time.Second, 3 * time.Second},
		{http.StatusTooManyRequests, "8", 8*time.Second + 1, 9 * time.Second}, // those who were held back leave a little apart
	} {
		synctest.Test(t, func(t *testing.T) {
			sent := 0
			transport := sending(2, nil, func(*http.Request) (*http.Response, error) {
				if sent++; sent == 2 {
					return answer(http.StatusOK, "{}"), nil
				}
				resp := answer(row.status, "")
				resp.Header.Set("Retry-After", row.after)
				return resp, nil
			})
			transport.config.Retry.MinWait, transport.config.Retry.MaxWait = time.Second, time.Second
			start := time.Now()
			require.NoError(t, transport.Do(t.Context(), &Call{Method: http.MethodGet, Path: "/v1/balance", Class: Read}))
			require.GreaterOrEqual(t, time.Since(start), row.least, row.status)
			require.LessOrEqual(t, time.Since(start), row.most, row.status)
		})
	}
}

func TestTransport_SendsNoMoreThanTheBudget(t *testing.T) {
	t.Parallel()
	for budget, want := range map[int]int{0: 4, 1: 1, 2: 2, 9: 4} {
		transport := sending(4, nil, func(*http.Request) (*http.Response, error) { return nil, errReset })
		call := &Call{Method: http.MethodGet, Path: "/v1/balance", Class: Read, Budget: budget}
		require.ErrorIs(t, transport.Do(t.Context(), call), errReset)
		require.Equal(t, want, call.Attempts, budget)
	}
}
