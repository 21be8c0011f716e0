package payroll_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

// What an API says is not always what it has done. Each of these answers once had a payout sent twice, or never, or said
// of the wrong one.

func reply(status int, body string, header ...string) *http.Response {
	resp := &http.Response{StatusCode: status, ProtoMajor: 1, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}
	for i := 0; i+1 < len(header); i += 2 {
		resp.Header.Set(header[i], header[i+1])
	}
	return resp
}

func isPost(r *http.Request) bool { return r.Method == http.MethodPost }

// bodyOf reads a request's body and puts it back.
func bodyOf(t testing.TB, r *http.Request) string {
	t.Helper()
	if r.Body == nil {
		return ""
	}
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return string(body)
}

func TestRunner_Run_RefusedBatchProvesNothing(t *testing.T) {
	t.Parallel()
	inBothModes(t, 6, func(t *testing.T, w *world) {
		w.runner.BatchSize = 6
		lied := false
		w.answer = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if !strings.HasSuffix(r.URL.Path, "/batch") || lied {
				return next.RoundTrip(r)
			}
			lied = true // half of it is carried out, and then all of it is refused
			var batch struct {
				Transactions []json.RawMessage `json:"transactions"`
			}
			require.NoError(t, json.Unmarshal([]byte(bodyOf(t, r)), &batch))
			batch.Transactions = batch.Transactions[:3]
			half, err := json.Marshal(batch)
			require.NoError(t, err)
			r = r.Clone(r.Context())
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(half)), int64(len(half))
			resp, err := next.RoundTrip(r)
			require.NoError(t, err)
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			return reply(http.StatusUnprocessableEntity, `{"statusCode":422,"message":["transactions[3] could not be processed"]}`), nil
		}
		_, err := w.run(t)
		require.NoError(t, err)
		w.check(t)
		for reference, p := range w.states(t) {
			require.False(t, p.Earlier, reference)
		}
	}, djamotest.WithRepeatedReferences())
}

func TestRunner_Run_QuietPeriodBeginsWhenTheAnswerIsLost(t *testing.T) {
	t.Parallel()
	inBothModes(t, 3, func(t *testing.T, w *world) {
		_, err := w.api.Inject(djamotest.RateLimitFor(20*time.Second), djamotest.On(http.MethodGet), djamotest.Times(2))
		require.NoError(t, err)
		_, err = w.api.Inject(djamotest.ProcessLate(4*time.Second), djamotest.On(http.MethodPost), djamotest.Times(3))
		require.NoError(t, err)
		_, err = w.run(t)
		require.NoError(t, err)
		time.Sleep(time.Minute) //nolint:forbidigo // in a bubble: what is late has arrived by then
		w.check(t)
	}, djamotest.WithRepeatedReferences())
}

// hurried is a journal on a machine whose clock was set an hour forward after the payouts were sent.
type hurried struct{ payroll.Journal }

func (j hurried) Payouts(ctx context.Context, after int64, limit int, states ...payroll.State) ([]payroll.Payout, error) {
	payouts, err := j.Journal.Payouts(ctx, after, limit, states...)
	for i := range payouts {
		payouts[i].SentAt = payouts[i].SentAt.Add(-time.Hour)
	}
	return payouts, err
}

func TestRunner_Run_ClockSetForwardEndsNoQuietPeriod(t *testing.T) {
	t.Parallel()
	inBothModes(t, 3, func(t *testing.T, w *world) {
		w.journal = hurried{w.journal}
		_, err := w.api.Inject(djamotest.ProcessLate(4*time.Second), djamotest.On(http.MethodPost), djamotest.Times(2))
		require.NoError(t, err)
		_, err = w.run(t)
		require.NoError(t, err)
		time.Sleep(time.Minute) //nolint:forbidigo // in a bubble
		w.check(t)
	}, djamotest.WithRepeatedReferences())
}

func TestRunner_Run_AnswersThatLackAField(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"id", "amount", "reference", "status"} {
		inBothModes(t, 5, func(t *testing.T, w *world) {
			w.answer = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
				resp, err := next.RoundTrip(r)
				if err != nil || !isPost(r) {
					return resp, err
				}
				body, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				return reply(resp.StatusCode, strings.ReplaceAll(string(body), `"`+field+`":`, `"other":`)), nil
			}
			totals, err := w.run(t)
			require.NoError(t, err)
			require.True(t, totals.AllCompleted(), "%s: %+v", field, totals)
			w.check(t)
		})
	}
}

func TestRunner_Run_OneRefusalStopsNobodyElse(t *testing.T) {
	t.Parallel()
	inBothModes(t, 9, func(t *testing.T, w *world) {
		w.answer = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if isPost(r) && strings.Contains(bodyOf(t, r), `"run/0"`) {
				return reply(http.StatusUnprocessableEntity, `{"statusCode":422,"message":["Le solde maximum du compte du bénéficiaire est atteint"]}`), nil
			}
			return next.RoundTrip(r)
		}
		totals, err := w.run(t)
		require.NoError(t, err)
		require.Equal(t, int64(8), totals.Completed.Count)
		require.Equal(t, payroll.Refused, w.states(t)["run/0"].State)
	})
}

func TestRunner_Run_WantOfFundsInAnyWordsIsNoRefusal(t *testing.T) {
	t.Parallel()
	for name, balance := range map[string]string{"the fee is not covered": `{"balance":10050,"currency":"XOF"}`, "the balance cannot be read": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBothModes(t, 2, func(t *testing.T, w *world) {
				w.runner.AllowShort = true
				poor := true
				w.answer = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
					switch {
					case poor && isPost(r):
						return reply(http.StatusUnprocessableEntity, `{"statusCode":422,"message":["operation not possible at this time"]}`), nil
					case poor && strings.HasSuffix(r.URL.Path, "/balance") && balance == "":
						return reply(http.StatusInternalServerError, ""), nil
					case poor && strings.HasSuffix(r.URL.Path, "/balance"):
						return reply(http.StatusOK, balance), nil
					}
					return next.RoundTrip(r)
				}
				totals, err := w.run(t)
				require.NoError(t, err)
				require.Equal(t, int64(2), totals.Open.Count+totals.Unknown.Count, "nobody is refused for good")
				poor = false
				_, err = w.run(t)
				require.NoError(t, err)
				w.check(t)
			})
		})
	}
}

func TestRunner_Run_PausesHaveAnEnd(t *testing.T) {
	t.Parallel()
	inBothModes(t, 2, func(t *testing.T, w *world) {
		w.answer = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if isPost(r) {
				return reply(http.StatusTooManyRequests, "", "Retry-After", "604800"), nil
			}
			return next.RoundTrip(r)
		}
		started := time.Now()
		totals, err := w.run(t)
		require.NoError(t, err)
		require.Equal(t, int64(2), totals.Unsent.Count)
		require.Less(t, time.Since(started), 10*time.Minute)
	})
}

// A listing that shows the same payouts for ever must not keep the others from being asked for.
func TestRunner_Run_ListingThatRepeatsItself(t *testing.T) {
	t.Parallel()
	inBothModes(t, 40, func(t *testing.T, w *world) {
		w.runner.BatchSize = 40
		pages := 0
		w.answer = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			query := r.URL.Query()
			if isPost(r) || !strings.HasSuffix(r.URL.Path, "/transactions") || query.Has("reference") {
				return next.RoundTrip(r)
			}
			query.Set("limit", "20")
			query.Del("cursor")
			r = r.Clone(r.Context())
			r.URL.RawQuery = query.Encode()
			resp, err := next.RoundTrip(r)
			if err != nil {
				return nil, err // read ahead, and not wanted any more
			}
			var page map[string]any
			if err := json.NewDecoder(resp.Body).Decode(&page); err != nil {
				return nil, err
			}
			pages++
			page["cursor"] = map[string]any{"prev": nil, "next": strings.Repeat("x", pages)}
			for _, item := range page["data"].([]any) {
				item.(map[string]any)["status"] = "pending" // and it is behind
			}
			body, err := json.Marshal(page)
			require.NoError(t, err)
			return reply(http.StatusOK, string(body)), nil
		}
		totals, err := w.run(t)
		require.NoError(t, err)
		require.True(t, totals.AllCompleted(), "%+v", totals)
		w.check(t)
	})
}
