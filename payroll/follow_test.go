package payroll_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/racetest"
	"github.com/djamo/djamo-go/payroll"
)

// countedJournal counts the steps that it records, and how often payouts are looked for by their references.
type countedJournal struct {
	payroll.Journal

	mu    sync.Mutex
	steps map[string]int
	finds int
}

func (j *countedJournal) Advance(ctx context.Context, lease payroll.Lease, changes ...payroll.Change) error {
	j.mu.Lock()
	for _, c := range changes {
		j.steps[string(c.From)+" to "+string(c.Payout.State)]++
	}
	j.mu.Unlock()
	return j.Journal.Advance(ctx, lease, changes...)
}

func (j *countedJournal) Find(ctx context.Context, references ...string) ([]payroll.Payout, error) {
	j.mu.Lock()
	j.finds += len(references)
	j.mu.Unlock()
	return j.Journal.Find(ctx, references...)
}

// inLargeRuns runs a test with so many payouts that their outcomes are asked for while others are being sent.
func inLargeRuns(t *testing.T, test func(*testing.T, *world, *countedJournal), opts ...djamotest.Option) {
	t.Helper()
	inBothModes(t, largeRun, func(t *testing.T, w *world) {
		w.runner.BatchSize = 100
		journal := &countedJournal{Journal: w.journal, steps: map[string]int{}}
		w.journal = journal
		test(t, w, journal)
	}, opts...)
}

const largeRun = 1_000

// An outcome that is there when a payout's turn comes to be recorded is recorded with its acceptance.
func TestRunner_Run_RecordsAcceptanceAndOutcomeInOneStep(t *testing.T) {
	t.Parallel()
	inLargeRuns(t, func(t *testing.T, w *world, journal *countedJournal) {
		totals, err := w.run(t)
		require.NoError(t, err)
		require.True(t, totals.AllCompleted())
		w.check(t)
		require.Equal(t, largeRun, journal.steps["submitting to completed"]+journal.steps["submitted to completed"], "%v", journal.steps)
		require.Greater(t, journal.steps["submitting to completed"], largeRun*6/10, "%v", journal.steps)
		require.Less(t, journal.finds, largeRun, "few payouts are read back")
	}, djamotest.WithSettleAfter(0))
}

// Where outcomes take their time, what was accepted is recorded as such, and one look is enough to learn that.
func TestRunner_Run_DoesNotWaitForOutcomesThatTakeTime(t *testing.T) {
	t.Parallel()
	inLargeRuns(t, func(t *testing.T, w *world, journal *countedJournal) {
		totals, err := w.run(t)
		require.NoError(t, err)
		require.True(t, totals.AllCompleted())
		w.check(t)
		require.Equal(t, largeRun, journal.steps["submitting to submitted"], "%v", journal.steps)
		require.Equal(t, largeRun, journal.steps["submitted to completed"], "%v", journal.steps)
		pages, sent := 0, 0
		for _, r := range w.api.Requests() {
			if r.Method == http.MethodPost {
				sent++
			}
			if r.Method == http.MethodGet && r.Path == "/v1/transactions" && sent > 0 {
				pages++
			}
		}
		require.LessOrEqual(t, pages, 4*largeRun/100, "a few looks in vain, and one that finds all")
	}, djamotest.WithSettleAfter(3*time.Second))
}

// Updates are about payouts that the journal has as submitted, so acceptances do not wait for pages there.
func TestRunner_Run_RecordsAcceptancesForUpdates(t *testing.T) {
	t.Parallel()
	inLargeRuns(t, func(t *testing.T, w *world, journal *countedJournal) {
		w.runner.Updates = make(chan *djamo.Transaction)
		totals, err := w.run(t)
		require.NoError(t, err)
		require.True(t, totals.AllCompleted())
		require.Equal(t, largeRun, journal.steps["submitting to submitted"], "%v", journal.steps)
	}, djamotest.WithSettleAfter(0))
}

// A page with another transaction under the payout's reference says nothing about the one that the API has made of it.
func TestRunner_Run_BelievesPagesOnlyAboutItsOwnTransactions(t *testing.T) {
	t.Parallel()
	inLargeRuns(t, func(t *testing.T, w *world, journal *countedJournal) {
		w.answer = rewritten(30, func(body string) string { //nolint:bodyclose // the client closes it
			return strings.ReplaceAll(body, `"id":"`, `"id":"another-`)
		})
		totals, err := w.run(t)
		require.NoError(t, err)
		require.True(t, totals.AllCompleted())
		require.Zero(t, journal.steps["submitting to completed"], "%v", journal.steps)
	}, djamotest.WithSettleAfter(0))
}

// Outcomes that may not be read while more is sent are asked for later.
func TestRunner_Run_SendsOnWhenPagesFail(t *testing.T) {
	t.Parallel()
	inLargeRuns(t, func(t *testing.T, w *world, _ *countedJournal) {
		var mu sync.Mutex
		failed := 0
		w.answer = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			mu.Lock()
			fails := r.Method == http.MethodGet && r.URL.Path == "/v1/transactions" && w.posts("/v1/transactions")+w.posts("/v1/transactions/batch") > 0 && failed < 20
			if fails {
				failed++
			}
			mu.Unlock()
			if fails {
				return reply(http.StatusServiceUnavailable, `{"statusCode":503,"message":"later"}`), nil
			}
			return next.RoundTrip(r)
		}
		totals, err := w.run(t)
		require.NoError(t, err)
		require.True(t, totals.AllCompleted())
		require.Positive(t, failed)
		w.check(t)
	}, djamotest.WithSettleAfter(0))
}

// What was accepted before a pass had to end is recorded at once: an API that has refused more answers no questions, and whoever
// cancels a run waits for what is under way.
func TestRunner_Run_RecordsAtOnceWhenAPassEnds(t *testing.T) {
	t.Parallel()
	inLargeRuns(t, func(t *testing.T, w *world, journal *countedJournal) {
		var mu sync.Mutex
		var refused time.Time
		accepted := int64(0)
		w.answer = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if r.Method != http.MethodPost {
				return next.RoundTrip(r)
			}
			mu.Lock()
			defer mu.Unlock()
			sent := int64(w.posts("/v1/transactions") + w.runner.BatchSize*w.posts("/v1/transactions/batch"))
			if refused.IsZero() && sent >= 600 {
				refused, accepted = time.Now(), sent
			}
			if !refused.IsZero() && time.Since(refused) < time.Second {
				return reply(http.StatusTooManyRequests, `{"statusCode":429,"message":"later"}`, "Retry-After", "30"), nil
			}
			return next.RoundTrip(r)
		}
		recorded := map[int64]time.Time{} // how many, since when
		w.runner.Progress = func(totals payroll.Totals) {
			if n := totals.Accepted.Count; recorded[n].IsZero() {
				recorded[n] = time.Now()
			}
		}
		totals, err := w.run(t)
		require.NoError(t, err)
		require.True(t, totals.AllCompleted())
		require.Contains(t, recorded, accepted)
		require.Less(t, recorded[accepted].Sub(refused), time.Second)
		w.check(t)
	}, djamotest.WithSettleAfter(0))
}

// TestSimulation_CrashWhileOutcomesAreFollowed kills the program while acceptances wait to be recorded with their outcomes.
func TestSimulation_CrashWhileOutcomesAreFollowed(t *testing.T) {
	t.Parallel()
	for _, mode := range []payroll.Mode{payroll.Single, payroll.Batch} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(1, 0))
			last := int64(0) // the steps of a whole life
			lives := 25
			if racetest.Enabled && os.Getenv("DJAMO_TEST_FULL") == "" {
				lives = 8 // CI also runs all of them without it
			}
			for life := range lives {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, largeRun, quick(mode), djamotest.WithRepeatedReferences(), djamotest.WithSettleAfter(0))
					defer w.api.Close()
					w.runner.BatchSize = 100
					first := &process{}
					if life > 0 {
						first.dieAt = 1 + random.Int64N(last)
					}
					_, err := w.live(t, first)
					if life == 0 {
						require.NoError(t, err)
						last = first.steps.Load()
					} else {
						totals, err := w.live(t, &process{})
						require.NoError(t, err, "after a crash at step %d of %d", first.dieAt, last)
						require.True(t, totals.AllCompleted())
					}
					w.check(t)
				})
			}
		})
	}
}

// TestSimulation_TroubleWhileOutcomesAreFollowed runs payrolls that are long enough for outcomes to be followed, over an API that
// loses, delays and refuses, in lives that die, freeze, are interrupted, or whose journal fails.
func TestSimulation_TroubleWhileOutcomesAreFollowed(t *testing.T) {
	t.Parallel()
	seeds := uint64(24)
	if racetest.Enabled {
		seeds = 4
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 3))
			opts := []djamotest.Option{djamotest.WithSeed(seed), djamotest.WithSettleAfter(time.Duration(random.IntN(3)) * 300 * time.Millisecond)}
			if random.IntN(3) > 0 {
				opts = append(opts, djamotest.WithRepeatedReferences())
			}
			w := newWorld(t, largeRun, quick([]payroll.Mode{payroll.Single, payroll.Batch}[seed%2]), opts...)
			defer w.api.Close()
			w.runner.BatchSize, w.runner.Concurrency = 60, 1+random.IntN(4)
			for _, end := range []string{"00010", "00333", "00500", "00777", "00999"} {
				require.NoError(t, w.api.Fail("+22507487"+end, "account closed"))
			}
			unkind(t, w.api, []float64{0, 0.02, 0.1, 0.2}[random.IntN(4)])
			var interrupted atomic.Pointer[process] // after so many requests
			var requests atomic.Int64
			w.answer = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
				if p := interrupted.Load(); p != nil && requests.Add(-1) == 0 {
					p.kill()
				}
				return next.RoundTrip(r)
			}
			var frozen sync.WaitGroup
			for range random.IntN(4) {
				p := &process{}
				switch step := 20 + random.Int64N(300); random.IntN(4) {
				case 0:
					p.failAt = step
				case 1:
					p.freeze, p.frozen = step, time.Minute
					frozen.Go(func() { _, _ = w.live(t, p) })
					continue
				case 2:
					p.dieAt = step
				default:
					requests.Store(1 + step/4)
					interrupted.Store(p)
				}
				_, _ = w.live(t, p)
				interrupted.Store(nil)
			}
			frozen.Wait()
			w.api.ClearFaults()
			_, err := w.live(t, &process{})
			require.NoError(t, err, "seed %d", seed)
			w.check(t)
		})
	}
}
