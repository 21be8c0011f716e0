package payroll_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

// client is one of the world's API, through its answer.
func (w *world) client(t testing.TB) *djamo.Client {
	t.Helper()
	client, err := djamo.NewClient(w.api.Token, djamo.WithBaseURL("https://recent.example"), djamo.WithHTTPClient(&http.Client{Transport: between{w}}))
	require.NoError(t, err)
	return client
}

func (w *world) recent(t testing.TB, options payroll.RecentOptions) payroll.Recent {
	t.Helper()
	recent, err := payroll.CompareRecent(t.Context(), w.client(t), w.journal, w.plan, options)
	require.NoError(t, err)
	return recent
}

// The same salaries under another run's name are what a file becomes that was downloaded twice.
func TestCompareRecent_A2_FindsTheSameSalariesUnderAnotherName(t *testing.T) {
	t.Parallel()
	inBothModes(t, 1, func(t *testing.T, w *world) {
		w.plan = derived(t, "salaires", 1, 2, 3)
		require.Empty(t, w.recent(t, payroll.RecentOptions{}).Warnings(), "nothing was paid yet")
		_, err := w.run(t)
		require.NoError(t, err)
		time.Sleep(20 * 24 * time.Hour) //nolint:forbidigo // in a bubble

		w.plan = derived(t, "salaires (1)", 1, 2, 3, 4)
		w.journal = nil
		recent := w.recent(t, payroll.RecentOptions{})
		require.Equal(t, payroll.Sum{Count: 3, Amount: 30_006}, recent.Repeated)
		require.True(t, recent.Complete)
		require.Zero(t, recent.Paid.Count)
		require.Equal(t, djamo.MSISDN("+2250748700001"), recent.Repeats[0].Payout.MSISDN)
		warnings := recent.Warnings()
		require.Len(t, warnings, 1)
		require.Equal(t, []int64{1, 2, 3}, warnings[0].Lines)
		text := strings.ReplaceAll(warnings[0].Text, "\u202f", " ")
		require.Contains(t, text, "3 of these payouts, 30 006 FCFA, give a payee the same amount as a payment under another reference since ")
		require.Contains(t, text, "first line 1: +22507******01 got 10 001 FCFA as salaires/")
		require.NotContains(t, text, "0748700001")

		require.Zero(t, w.recent(t, payroll.RecentOptions{Window: 7 * 24 * time.Hour}).Repeated.Count, "longer ago than the window")
		require.Len(t, w.recent(t, payroll.RecentOptions{MaxMatches: 2}).Repeats, 2)
	})
}

// A row that was corrected after it was paid has another reference, and another amount or payee: in another file, with another
// journal, nothing else tells that it was paid.
func TestCompareRecent_A1_FindsRowsThatWereChangedAfterTheyWerePaid(t *testing.T) {
	t.Parallel()
	inBothModes(t, 1, func(t *testing.T, w *world) {
		w.plan = derived(t, "july", 1, 2, 3)
		_, err := w.run(t)
		require.NoError(t, err)
		w.other(t, djamo.TransactionParams{MSISDN: "+2250748700009", Amount: 5_000, Reference: "july/0001"})
		w.other(t, djamo.TransactionParams{MSISDN: "+2250748700009", Amount: 5_000, Reference: "july bis/abcdefghijklmnop"})
		w.journal = nil
		for name, row := range map[string]struct {
			change                    func(*payroll.Payout)
			wantChanged, wantRepeated payroll.Sum
		}{
			"a raise":             {func(p *payroll.Payout) { p.Amount += 1_000 }, payroll.Sum{Count: 1, Amount: 11_002}, payroll.Sum{}},
			"another description": {func(p *payroll.Payout) { p.Description = "Paie" }, payroll.Sum{}, payroll.Sum{Count: 1, Amount: 10_002}},
			"another payee":       {func(p *payroll.Payout) { p.MSISDN = "+2250748799999" }, payroll.Sum{}, payroll.Sum{}},
		} {
			rows := payoutsOf(t, derived(t, "july", 1, 2, 3))
			for i := range rows {
				rows[i].Reference = ""
			}
			row.change(&rows[1])
			w.plan, err = payroll.NewPlan(payroll.Rows(rows...), payroll.PlanOptions{Run: "july"})
			require.NoError(t, err)
			recent := w.recent(t, payroll.RecentOptions{})
			require.EqualValues(t, 2, recent.Paid.Count, name)
			require.Equal(t, row.wantChanged, recent.Changed, name)
			require.Equal(t, row.wantRepeated, recent.Repeated, name)
			require.Equal(t, row.wantChanged.Count+row.wantRepeated.Count > 0, recent.MayPayAgain(), name)
			if row.wantChanged.Count == 0 {
				continue
			}
			text := strings.ReplaceAll(recent.Warnings()[0].Text, "\u202f", " ")
			require.Contains(t, text, "1 of these payouts, 11 002 FCFA, are for payees whom this run has paid for rows that were changed since")
			require.Contains(t, text, "first line 2: +22507******02 got 10 002 FCFA as july/")
			require.NotContains(t, text, "0748700002")
		}
		w.plan = derived(t, "july", 1, 3)
		recent := w.recent(t, payroll.RecentOptions{})
		require.Zero(t, recent.Changed.Count, "a file with fewer rows pays nothing")
		require.False(t, recent.MayPayAgain())
		w.plan = derived(t, "august", 1, 2, 3)
		require.Zero(t, w.recent(t, payroll.RecentOptions{}).Changed.Count, "another run has rows of its own")
	})
}

// Employee numbers come back each month.
func TestCompareRecent_A3_FindsReferencesThatWerePaidBefore(t *testing.T) {
	t.Parallel()
	inBothModes(t, 5, func(t *testing.T, w *world) {
		june := w.plan
		_, err := w.run(t)
		require.NoError(t, err)
		time.Sleep(time.Hour) //nolint:forbidigo // in a bubble
		recent := w.recent(t, payroll.RecentOptions{})
		require.Zero(t, recent.Paid.Count, "its own journal knows")

		w.journal = nil
		rows := payoutsOf(t, june)
		rows[1].Amount++ // a raise
		rows[2].Reference = "new"
		w.plan, err = payroll.NewPlan(payroll.Rows(rows...), payroll.PlanOptions{Run: "july"})
		require.NoError(t, err)
		recent = w.recent(t, payroll.RecentOptions{})
		require.EqualValues(t, 3, recent.Paid.Count)
		require.EqualValues(t, 30_007, recent.Paid.Amount)
		require.EqualValues(t, 1, recent.Conflicting.Count)
		require.EqualValues(t, 1, recent.Repeated.Count, "the one under a new reference")
		var texts []string
		for _, warning := range recent.Warnings() {
			texts = append(texts, warning.Text)
		}
		require.Len(t, texts, 3)
		require.Contains(t, texts[1], "were paid earlier under these references and are not paid now, first line 1: run/0 on 20")
		require.Contains(t, texts[2], "1 of these references were used for another payee or amount, and are not paid, first line 2: run/1")
	})
}

// A payee who gets the same amount twice in one plan, of which one was paid already, is no repeat of the plan itself.
func TestCompareRecent_ThePlansOwnPaymentsAreNoRepeats(t *testing.T) {
	t.Parallel()
	inBothModes(t, 1, func(t *testing.T, w *world) {
		two := []payroll.Payout{{MSISDN: "+2250748700001", Amount: 10_000, Reference: "a"}, {MSISDN: "+2250748700001", Amount: 10_000, Reference: "b"}}
		w.other(t, two[0].Params())
		w.other(t, djamo.TransactionParams{MSISDN: "+2250748700002", Amount: 10_000, Reference: "of somebody else"})
		w.other(t, djamo.TransactionParams{MSISDN: "+2250748700001", Amount: 10_001, Reference: "of another amount"})
		var err error
		w.plan, err = payroll.NewPlan(payroll.Rows(two...), payroll.PlanOptions{})
		require.NoError(t, err)
		w.journal = nil
		recent := w.recent(t, payroll.RecentOptions{})
		require.Zero(t, recent.Repeated.Count)
		require.EqualValues(t, 1, recent.Paid.Count)
	})
}

// A request that may not have arrived is sent again when the API does not know it: its payee may have been paid meanwhile.
func TestCompareRecent_ComparesWhatMayNotHaveArrived(t *testing.T) {
	t.Parallel()
	for state, want := range map[payroll.State]int64{
		payroll.Planned: 1, payroll.Submitting: 1, payroll.Unknown: 1, payroll.Submitted: 0, payroll.Failed: 0, payroll.Completed: 0,
	} {
		inBothModes(t, 1, func(t *testing.T, w *world) {
			w.plan = derived(t, "june", 1, 2)
			lease, err := w.journal.Acquire(t.Context(), "test", time.Hour)
			require.NoError(t, err)
			require.NoError(t, w.journal.Plan(t.Context(), lease, w.plan))
			for p := range w.plan.Payouts() {
				p.Attempts = 1
				for from, to := payroll.Planned, payroll.Submitting; from != state; from, to = to, state {
					p.State = to
					require.NoError(t, w.journal.Advance(t.Context(), lease, payroll.Change{From: from, Payout: p}))
				}
				if p.ID == 1 { // the second one's payee was paid by somebody else
					w.other(t, p.Params())
					continue
				}
				p.Reference = "of another run"
				w.other(t, p.Params())
			}
			recent := w.recent(t, payroll.RecentOptions{})
			require.Equal(t, want, recent.Repeated.Count, state)
			require.Equal(t, state == payroll.Planned, recent.Paid.Count == 1, "what has arrived is looked up: %s", state)
		})
	}
}

// The API shows numbers whole, masked, shortened or in national form; a payment that failed paid nobody.
func TestCompareRecent_ReadsNumbersAsTheAPIShowsThem(t *testing.T) {
	t.Parallel()
	for msisdn, want := range map[string]int64{
		"+2250748700001": 1, "2250748700001": 1, "225074*****01": 1, "+22507XXXXXX01": 1, "0748700001": 1, "+22507487000": 1, "": 1, "•••01": 1,
		"+2250748700002": 0, "+22507XXXXXX02": 0, "0748700009": 0,
	} {
		for status, paid := range map[string]int64{"completed": 1, "pending": 1, "": 1, "on_hold": 1, "failed": 0} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1, quick(payroll.Single))
				defer w.api.Close()
				w.plan, w.journal = derived(t, "june", 1), nil
				w.answer = func(*http.Request, http.RoundTripper) (*http.Response, error) {
					body, err := json.Marshal(map[string]any{
						"count": 1, "limit": 100, "cursor": map[string]any{"prev": nil, "next": nil},
						"data": []any{map[string]any{"id": "txn_1", "amount": 10_001, "msisdn": msisdn, "reference": "x", "status": status}},
					})
					require.NoError(t, err)
					return reply(http.StatusOK, string(body)), nil
				}
				require.Equal(t, want*paid, w.recent(t, payroll.RecentOptions{}).Repeated.Count, "%s %s", msisdn, status)
			})
		}
	}
}

func TestCompareRecent_A2_SaysHowFarItLooked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1, quick(payroll.Single))
		defer w.api.Close()
		for i := range 450 {
			w.other(t, djamo.TransactionParams{MSISDN: "+2250748700900", Amount: 5_000, Reference: fmt.Sprint("other/", i)})
			time.Sleep(time.Hour) //nolint:forbidigo // in a bubble
		}
		w.journal = nil
		recent := w.recent(t, payroll.RecentOptions{MaxPages: 2})
		require.False(t, recent.Complete)
		require.InDelta(t, 200*time.Hour, time.Since(recent.Since), float64(2*time.Hour))
		require.Contains(t, recent.Warnings()[0].Text, "that only those since")

		before := len(w.api.Requests())
		recent = w.recent(t, payroll.RecentOptions{Window: 50 * time.Hour})
		require.True(t, recent.Complete)
		require.LessOrEqual(t, len(w.api.Requests())-before, 2+5, "it stops at the window, but for what was read ahead")
	})
}

func TestCompareRecent_Errors(t *testing.T) {
	t.Parallel()
	inBothModes(t, 2, func(t *testing.T, w *world) {
		client := w.client(t)
		_, err := payroll.CompareRecent(t.Context(), nil, nil, w.plan, payroll.RecentOptions{})
		require.ErrorContains(t, err, "needs a client")
		_, err = payroll.CompareRecent(t.Context(), client, nil, nil, payroll.RecentOptions{})
		require.ErrorContains(t, err, "a plan")
		_, err = payroll.CompareRecent(t.Context(), client, nil, w.plan, payroll.RecentOptions{MaxPages: -1})
		require.ErrorContains(t, err, "not negative")

		w.other(t, djamo.TransactionParams{MSISDN: "+2250748700900", Amount: 5_000, Reference: "x"})
		broken := errors.New("gone")
		_, err = payroll.CompareRecent(t.Context(), client, failingReads{w.journal, "Find", broken}, w.plan, payroll.RecentOptions{})
		require.ErrorIs(t, err, broken)
		_, err = payroll.CompareRecent(t.Context(), client, nil, &payroll.Plan{}, payroll.RecentOptions{})
		require.ErrorIs(t, err, payroll.ErrBadPlan)
		_, err = w.api.Inject(djamotest.Blocked(), djamotest.On(http.MethodGet))
		require.NoError(t, err)
		_, err = payroll.CompareRecent(t.Context(), client, nil, w.plan, payroll.RecentOptions{})
		require.ErrorIs(t, err, djamo.ErrBlocked)
		require.ErrorContains(t, err, "the account's latest payments")
	})
}

// The operator's clock is wrong: a month that was set too high, or a battery that is dead. What was paid lately is what the API
// calls lately.
func TestCompareRecent_A2_GoesByTheClockOfTheAPI(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, row := range map[string]struct {
		ahead time.Duration // of this machine
		paid  time.Duration // so long ago
		date  bool
		want  int64
	}{
		"right":                       {0, 20 * day, true, 3},
		"a minute behind":             {-time.Minute, 20 * day, true, 3},
		"a year behind":               {-365 * 24 * time.Hour, 20 * day, true, 3},
		"a month ahead":               {31 * 24 * time.Hour, 20 * day, true, 3},
		"two years ahead":             {2 * 365 * 24 * time.Hour, 1 * day, true, 3},
		"a month ahead, paid earlier": {31 * 24 * time.Hour, 36 * day, true, 0},
		"nobody says what day it is":  {0, 20 * day, false, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBothModes(t, 1, func(t *testing.T, w *world) {
				w.plan = derived(t, "june", 1, 2, 3)
				_, err := w.run(t)
				require.NoError(t, err)
				paid := time.Now()
				time.Sleep(max(row.paid+row.ahead, 0)) //nolint:forbidigo // in a bubble: by this machine's clock
				w.plan, w.journal = derived(t, "june bis", 1, 2, 3), nil
				w.answer = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
					resp, err := next.RoundTrip(r)
					if err != nil {
						return resp, err
					}
					resp.Header.Del("Date")
					if row.date {
						resp.Header.Set("Date", paid.Add(row.paid).UTC().Format(http.TimeFormat))
					}
					return resp, nil
				}
				recent := w.recent(t, payroll.RecentOptions{})
				require.Equal(t, row.want, recent.Repeated.Count)
				require.True(t, recent.Complete)
			})
		})
	}
}

// A listing that begins with the oldest payments has not shown the newest when its pages are used up: that is said, and not that
// all since some day were compared.
func TestCompareRecent_A2_SaysThatTheListingIsInNoOrder(t *testing.T) {
	t.Parallel()
	for name, made := range map[string]func(i int) any{
		"oldest first":     func(i int) any { return time.Now().Add(time.Duration(i-10_000) * time.Hour).UTC().Format(time.RFC3339) },
		"no times":         func(int) any { return nil },
		"times of nothing": func(int) any { return "" },
		"zigzag":           func(i int) any { return time.Now().Add(-time.Duration(i*i%7) * time.Hour).UTC().Format(time.RFC3339) },
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 1, quick(payroll.Single))
			defer w.api.Close()
			w.plan, w.journal = derived(t, "june", 1), nil
			page := 0
			w.answer = func(*http.Request, http.RoundTripper) (*http.Response, error) {
				page++
				var data []any
				for i := range 10 {
					data = append(data, map[string]any{
						"id": fmt.Sprint("txn_", page, "_", i), "amount": 1, "msisdn": "+2250748700900", "reference": fmt.Sprint(page, "/", i),
						"status": "completed", "createdAt": made(10*page + i),
					})
				}
				body, err := json.Marshal(map[string]any{"cursor": map[string]any{"prev": nil, "next": fmt.Sprint(page)}, "data": data})
				require.NoError(t, err)
				return reply(http.StatusOK, string(body)), nil
			}
			recent := w.recent(t, payroll.RecentOptions{MaxPages: 5})
			require.False(t, recent.Complete, name)
			require.True(t, recent.Unordered, name)
			day := time.Now().Add(-35 * 24 * time.Hour).UTC().Format(time.DateOnly)
			require.Contains(t, recent.Warnings()[0].Text, "payments since "+day+" may not have been compared", name)
		})
	}
}

// A listing that is grouped by something else than time may look sorted until its first group ends.
func TestCompareRecent_A2_NoticesAListingThatIsGrouped(t *testing.T) {
	t.Parallel()
	const perPage = 10
	for name, row := range map[string]struct {
		group         int // payments of the first group, the latest of 40 days ago; then come those of this week
		pages         int64
		want          int64
		wantUnordered bool
	}{
		"by time":                              {0, 100, 1, false},
		"a group of one page":                  {perPage, 100, 1, false},
		"a group of three pages":               {3 * perPage, 100, 1, false},
		"one of which not all can be read":     {3 * perPage, 4, 1, true},
		"a group that reaches beyond the look": {5 * perPage, 100, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1, quick(payroll.Single))
				defer w.api.Close()
				w.plan, w.journal = derived(t, "june", 1), nil
				const all = 10 * perPage
				page := 0
				w.answer = func(*http.Request, http.RoundTripper) (*http.Response, error) {
					var data []any
					for i := page * perPage; i < (page+1)*perPage; i++ {
						age := time.Duration(40*24+i) * time.Hour
						msisdn := "+2250748700900"
						if i >= row.group {
							age = time.Duration(i-row.group) * time.Hour
							msisdn = "+2250748700001"
						}
						data = append(data, map[string]any{
							"id": fmt.Sprint("txn_", i), "amount": 10_001, "msisdn": msisdn, "reference": fmt.Sprint("x/", i), "status": "completed",
							"createdAt": time.Now().Add(-age).UTC().Format(time.RFC3339),
						})
					}
					page++
					next := any(fmt.Sprint(page))
					if page == all/perPage {
						next = nil
					}
					body, err := json.Marshal(map[string]any{"cursor": map[string]any{"prev": nil, "next": next}, "data": data})
					require.NoError(t, err)
					return reply(http.StatusOK, string(body)), nil
				}
				recent := w.recent(t, payroll.RecentOptions{MaxPages: row.pages})
				require.Equal(t, row.want, recent.Repeated.Count)
				require.Equal(t, row.wantUnordered, recent.Unordered)
				require.Equal(t, !row.wantUnordered, recent.Complete)
			})
		})
	}
}

// What was paid in the last moments may not be listed yet: that somebody is paying is said.
func TestCompareRecent_A2_SaysThatSomebodyIsPaying(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		ago  time.Duration
		by   string
		own  bool
		want bool
	}{
		"just now":           {5 * time.Second, "other", false, true},
		"a minute ago":       {70 * time.Second, "other", false, false},
		"by the plan itself": {5 * time.Second, "", true, false},
		"a year ago":         {365 * 24 * time.Hour, "other", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBothModes(t, 1, func(t *testing.T, w *world) {
				w.journal = nil
				params := djamo.TransactionParams{MSISDN: "+2250748700900", Amount: 5_000, Reference: row.by}
				if row.own {
					params = payoutsOf(t, w.plan)[0].Params()
				}
				w.other(t, params)
				time.Sleep(row.ago) //nolint:forbidigo // in a bubble
				recent := w.recent(t, payroll.RecentOptions{Window: 2 * 365 * 24 * time.Hour})
				require.Equal(t, row.want, recent.Fresh)
				require.False(t, recent.MayPayAgain(), "it stops nobody")
				said := false
				for _, warning := range recent.Warnings() {
					said = said || strings.Contains(warning.Text, "less than a minute ago")
				}
				require.Equal(t, row.want, said)
			})
		})
	}
}
