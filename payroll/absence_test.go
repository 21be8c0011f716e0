package payroll_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

// filteredBy answers look-ups by reference as an API does whose filter is not exact.
func filteredBy(t testing.TB, keep func(wanted, reference string) bool) func(*http.Request, http.RoundTripper) (*http.Response, error) {
	t.Helper()
	return func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		query := r.URL.Query()
		wanted := query.Get("reference")
		if isPost(r) || wanted == "" {
			return next.RoundTrip(r)
		}
		query.Del("reference")
		query.Set("limit", "100")
		r = r.Clone(r.Context())
		r.URL.RawQuery = query.Encode()
		resp, err := next.RoundTrip(r)
		if err != nil || resp.StatusCode != http.StatusOK {
			return resp, err
		}
		var page struct {
			Data []map[string]any `json:"data"`
		}
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&page))
		_ = resp.Body.Close()
		kept := []map[string]any{}
		for _, item := range page.Data {
			if keep(wanted, item["reference"].(string)) {
				kept = append(kept, item)
			}
		}
		body, err := json.Marshal(map[string]any{"count": len(kept), "limit": 100, "cursor": map[string]any{"prev": nil, "next": nil}, "data": kept})
		require.NoError(t, err)
		return reply(http.StatusOK, string(body)), nil
	}
}

// Nobody says whether the filter of look-ups is exact. A payout whose reference is the beginning of another must come to
// an end all the same, and nobody may be paid twice, whatever was carried out of the requests with lost answers.
func TestRunner_Run_D18_LookupsThatAreNotExact(t *testing.T) {
	t.Parallel()
	for name, keep := range map[string]func(wanted, reference string) bool{
		"the beginning": func(wanted, reference string) bool { return strings.HasPrefix(reference, wanted) },
		"a part":        func(wanted, reference string) bool { return strings.Contains(reference, wanted) },
		"any":           func(string, string) bool { return true },
		"others alone":  func(wanted, reference string) bool { return reference != wanted },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBothModes(t, 13, func(t *testing.T, w *world) {
				w.answer = filteredBy(t, keep) //nolint:bodyclose // the client closes it
				_, err := w.api.Inject(djamotest.AnyOf(djamotest.FailBefore(http.StatusBadGateway), djamotest.LoseReply(), djamotest.ProcessLate(3*time.Second)),
					djamotest.On(http.MethodPost), djamotest.Times(6))
				require.NoError(t, err)
				totals, err := w.run(t)
				require.NoError(t, err)
				require.True(t, totals.AllCompleted(), "%+v", totals)
				time.Sleep(time.Minute) //nolint:forbidigo // in a bubble: what is late has arrived by then
				w.check(t)
			}, djamotest.WithRepeatedReferences())
		})
	}
}

// A listing that does not reach back to the payout proves nothing: it stays unknown rather than be paid twice.
func TestRunner_Run_ListingThatEndsTooSoonProvesNothing(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(map[string]any){
		"no times": func(item map[string]any) { delete(item, "createdAt") },
		"newer and newer": func(item map[string]any) { // as where the oldest come first
			item["createdAt"] = time.Unix(time.Now().Unix()+int64(len(item["id"].(string))), 0).UTC().Format(time.RFC3339)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBothModes(t, 3, func(t *testing.T, w *world) {
				others := filteredBy(t, func(wanted, reference string) bool { return reference != wanted }) //nolint:bodyclose // as above
				w.answer = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
					query := r.URL.Query()
					if isPost(r) || query.Get("reference") != "" || !strings.HasSuffix(r.URL.Path, "/transactions") {
						return others(r, next)
					}
					resp, err := next.RoundTrip(r)
					if err != nil {
						return resp, err
					}
					var page map[string]any
					require.NoError(t, json.NewDecoder(resp.Body).Decode(&page))
					page["cursor"] = map[string]any{"prev": nil, "next": "more"} // and the next page is the same
					data := []any{map[string]any{"id": "txn_x", "amount": 1, "reference": "another", "status": "completed", "createdAt": "2020-01-01T00:00:00Z"}}
					page["data"] = data
					spoil(data[0].(map[string]any))
					body, err := json.Marshal(page)
					require.NoError(t, err)
					return reply(http.StatusOK, string(body)), nil
				}
				w.other(t, djamo.TransactionParams{MSISDN: "+2250748799999", Amount: 10_001, Reference: "another"})
				_, err := w.api.Inject(djamotest.LoseReply(), djamotest.On(http.MethodPost))
				require.NoError(t, err)
				totals, err := w.run(t)
				require.NoError(t, err)
				require.Equal(t, int64(3), totals.Unknown.Count+totals.Unsent.Count, "%+v", totals)
				require.LessOrEqual(t, len(w.api.Transactions()), 4, "nothing is sent twice")
			}, djamotest.WithRepeatedReferences())
		})
	}
}

// Two payments bear one reference: which of them is meant cannot be told, so a person decides.
func TestRunner_Run_TwoPaymentsUnderOneReferenceStayUnknown(t *testing.T) {
	t.Parallel()
	inBothModes(t, 2, func(t *testing.T, w *world) {
		w.runner.Concurrency = 1
		paid := 0
		w.answer = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			first := isPost(r) && paid == 0 && strings.Contains(bodyOf(t, r), `"run/0"`)
			resp, err := next.RoundTrip(r)
			if err == nil && first {
				paid++
				_ = resp.Body.Close()
				w.other(t, djamo.TransactionParams{MSISDN: "+2250748700000", Amount: 10_000, Reference: "run/0", Description: "again"})
				return reply(http.StatusBadGateway, ""), nil
			}
			return resp, err
		}
		totals, err := w.run(t)
		require.NoError(t, err)
		require.Equal(t, int64(1), totals.Unknown.Count, "%+v", totals)
		require.Contains(t, w.states(t)["run/0"].Reason, "several payments bear its reference")
	}, djamotest.WithRepeatedReferences())
}

// 422 is no promise that nothing was done.
func TestRunner_Run_D19_LooksUpWhatWasAnsweredWith422(t *testing.T) {
	t.Parallel()
	for name, done := range map[string]bool{"carried out": true, "not carried out": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBothModes(t, 4, func(t *testing.T, w *world) {
				w.answer = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
					if !isPost(r) || !strings.Contains(bodyOf(t, r), `"run/1"`) {
						return next.RoundTrip(r)
					}
					if done {
						resp, err := next.RoundTrip(r)
						require.NoError(t, err)
						_ = resp.Body.Close()
					}
					return reply(http.StatusUnprocessableEntity,
						`{"statusCode":422,"message":"An error occurred during the process. If it persists, contact Djamo"}`), nil
				}
				totals, err := w.run(t)
				require.NoError(t, err)
				if done {
					require.True(t, totals.AllCompleted())
					w.check(t)
					return
				}
				require.Equal(t, int64(1), totals.Refused.Count)
				require.Equal(t, int64(3), totals.Completed.Count)
				refused := w.states(t)["run/1"]
				require.Equal(t, payroll.Refused, refused.State)
				require.Contains(t, refused.Reason, "An error occurred during the process")
				require.NotContains(t, refused.Reason, "looked up before")
				w.api.AssertNotPaid(t, "run/1")
			}, djamotest.WithRepeatedReferences())
		})
	}
}

// The API tells so late that a payment was carried out that the first look-up after the 422 finds nothing.
func TestRunner_Run_D19_422IsFollowedByAQuietPeriod(t *testing.T) {
	t.Parallel()
	inBothModes(t, 1, func(t *testing.T, w *world) {
		w.answer = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if !isPost(r) {
				return next.RoundTrip(r)
			}
			_, err := next.RoundTrip(r) // it is lost
			_ = err
			return reply(http.StatusUnprocessableEntity, `{"statusCode":422,"message":"could not be processed"}`), nil
		}
		_, err := w.api.Inject(djamotest.LookupLag(4*time.Second), djamotest.On(http.MethodGet))
		require.NoError(t, err)
		totals, err := w.run(t)
		require.NoError(t, err)
		require.True(t, totals.AllCompleted(), "%+v", totals)
		w.check(t)
	}, djamotest.WithRepeatedReferences())
}

// The clock of the machine that has sent a payout was ahead: the moment of its sending says nothing of how far back it stands in
// the listing, behind others. Nobody is paid twice for that, whether the clock was set right since or not.
func TestRunner_Run_D18_SentByAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		sentAhead time.Duration // the clock when it was sent
		setRight  bool
	}{
		"it is right":           {0, true},
		"an hour, set right":    {time.Hour, true},
		"a month, set right":    {31 * 24 * time.Hour, true},
		"a month, and still is": {31 * 24 * time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBothModes(t, 1, func(t *testing.T, w *world) {
				offset := time.Duration(0)
				w.answer = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
					if !isPost(r) && r.URL.Query().Get("reference") != "" {
						return reply(http.StatusOK, "null"), nil // which proves nothing, and shows nothing to go on with
					}
					resp, err := next.RoundTrip(r)
					if err == nil {
						resp.Header.Set("Date", time.Now().Add(-offset).UTC().Format(http.TimeFormat))
					}
					return resp, err
				}
				payout := payoutsOf(t, w.plan)[0]
				w.other(t, payout.Params()) // it arrived, and its answer was lost
				const since = 300
				for i := range since { // one an hour: at a hundred a page, the payout stands on the fourth
					w.other(t, djamo.TransactionParams{MSISDN: "+2250748700900", Amount: 5_000, Reference: fmt.Sprint("other/", i)})
					time.Sleep(time.Hour) //nolint:forbidigo // in a bubble
				}
				lease, err := w.journal.Acquire(t.Context(), "dead", time.Second)
				require.NoError(t, err)
				require.NoError(t, w.journal.Plan(t.Context(), lease, w.plan))
				payout.State, payout.Attempts, payout.SentAt = payroll.Submitting, 1, time.Now().Add(row.sentAhead-since*time.Hour)
				require.NoError(t, w.journal.Advance(t.Context(), lease, payroll.Change{From: payroll.Planned, Payout: payout}))
				require.NoError(t, w.journal.Release(t.Context(), lease))
				if !row.setRight {
					offset = row.sentAhead
					time.Sleep(offset) //nolint:forbidigo // this machine's clock, and not the API's
				}
				totals, err := w.run(t)
				require.NoError(t, err)
				require.True(t, totals.AllCompleted(), "%+v", totals)
				require.Len(t, w.api.Transactions(), since+1, "nothing is sent again")
			}, djamotest.WithRepeatedReferences())
		})
	}
}
