package payroll_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

// What the API says of a payout after it took it.

// rewritten answers reads with the body changed, the first few of them.
func rewritten(times int64, change func(string) string) func(*http.Request, http.RoundTripper) (*http.Response, error) {
	var left atomic.Int64
	left.Store(times)
	return func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		resp, err := next.RoundTrip(r)
		if err != nil || isPost(r) || !strings.Contains(r.URL.Path, "/transactions") || left.Load() <= 0 {
			return resp, err
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		changed := change(string(body))
		if changed != string(body) {
			left.Add(-1)
		}
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader([]byte(changed))), int64(len(changed))
		resp.Header.Del("Content-Length")
		return resp, err
	}
}

// A status that is not documented is no outcome: the payout is asked for until it has one.
func TestRunner_Run_WaitsThroughAStatusItDoesNotKnow(t *testing.T) {
	t.Parallel()
	inBothModes(t, 3, func(t *testing.T, w *world) {
		var met atomic.Int64
		w.answer = rewritten(3, func(body string) string { //nolint:bodyclose // the client closes it
			changed := strings.ReplaceAll(body, `"status":"completed"`, `"status":"on_hold"`)
			if changed != body {
				met.Add(1)
			}
			return changed
		})
		totals, err := w.run(t)
		require.NoError(t, err)
		require.True(t, totals.AllCompleted())
		require.Positive(t, met.Load())
		w.check(t)
	})
}

// Once the API has taken a payout, an answer about another payment is the API's muddle: it is neither an outcome nor a
// conflict, and the payout is asked for again.
func TestRunner_Run_AnswersAboutAnotherPaymentAreNoOutcome(t *testing.T) {
	t.Parallel()
	inBothModes(t, 3, func(t *testing.T, w *world) {
		var met atomic.Int64
		w.answer = rewritten(3, func(body string) string { //nolint:bodyclose // the client closes it
			if !strings.Contains(body, `"status":"completed"`) {
				return body
			}
			met.Add(1)
			return strings.ReplaceAll(body, `"amount":`, `"amount":1`)
		})
		totals, err := w.run(t)
		require.NoError(t, err)
		require.True(t, totals.AllCompleted())
		require.Positive(t, met.Load())
		w.check(t)
	})
}

// A token that is taken back while outcomes are awaited ends the run with what it knows, and the next run goes on.
func TestRunner_Run_StopsWhenOutcomesMayNotBeRead(t *testing.T) {
	t.Parallel()
	inBothModes(t, 3, func(t *testing.T, w *world) {
		var posted, restored atomic.Bool
		w.answer = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if isPost(r) {
				posted.Store(true)
			} else if posted.Load() && !restored.Load() {
				return reply(http.StatusUnauthorized, `{"statusCode":401,"message":"revoked"}`), nil
			}
			return next.RoundTrip(r)
		}
		_, err := w.run(t)
		require.ErrorIs(t, err, payroll.ErrStopped)
		require.ErrorIs(t, err, djamo.ErrUnauthorized)
		restored.Store(true)
		totals, err := w.run(t)
		require.NoError(t, err)
		require.True(t, totals.AllCompleted())
		w.check(t)
	})
}

// An API that allows no pages of that size is asked for those it gives by itself.
func TestRunner_Run_ReadsPagesOfWhateverSizeIsAllowed(t *testing.T) {
	t.Parallel()
	inBothModes(t, 5, func(t *testing.T, w *world) {
		var refused atomic.Int64
		w.answer = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if r.URL.Query().Get("limit") != "" {
				refused.Add(1)
				return reply(http.StatusBadRequest, `{"statusCode":400,"message":["limit must not be greater than 15"]}`), nil
			}
			return next.RoundTrip(r)
		}
		totals, err := w.run(t)
		require.NoError(t, err)
		require.True(t, totals.AllCompleted())
		require.Positive(t, refused.Load())
		w.check(t)
	})
}
