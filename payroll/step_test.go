package payroll_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/journaltest"
	"github.com/stretchr/testify/require"
)

// lossy is a journal that knows when an answer was last lost, as that of a part in a database does.
type lossy struct {
	payroll.Journal

	mu   sync.Mutex
	lost time.Time
}

func (l *lossy) Advance(ctx context.Context, lease payroll.Lease, changes ...payroll.Change) error {
	if err := l.Journal.Advance(ctx, lease, changes...); err != nil {
		return err
	}
	for _, c := range changes {
		if c.From == payroll.Submitting && c.Payout.State == payroll.Unknown {
			l.mu.Lock()
			l.lost = time.Now()
			l.mu.Unlock()
		}
	}
	return nil
}

func (l *lossy) silence(context.Context) (time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Since(l.lost), nil
}

// newSteps is a world whose plan was stored, to be paid step by step.
func newSteps(t testing.TB, payouts int, mode payroll.Mode, opts ...djamotest.Option) (*world, *lossy) {
	t.Helper()
	w := newWorld(t, payouts, quick(mode), opts...)
	t.Cleanup(func() { require.NoError(t, w.api.Close()) })
	journal := &lossy{Journal: w.journal}
	w.journal = journal
	lease, err := journal.Acquire(t.Context(), "planner", time.Second)
	require.NoError(t, err)
	require.NoError(t, journal.Plan(t.Context(), lease, w.plan))
	require.NoError(t, journal.Release(t.Context(), lease))
	return w, journal
}

// step is one step by a process of its own.
func (w *world) step(ctx context.Context, t testing.TB, p *process) (payroll.Totals, time.Duration, error) {
	t.Helper()
	ctx, p.kill = context.WithCancel(ctx)
	defer p.kill()
	client, err := djamo.NewClient(w.api.Token, djamo.WithBaseURL("https://simulation.example"),
		djamo.WithHTTPClient(&http.Client{Transport: processTransport{p, between{w}}}), djamo.WithRetry(w.retry))
	require.NoError(t, err)
	runner := w.runner
	runner.Client, runner.Journal = client, processJournal{w.journal, p}
	if runner.Silence == nil {
		runner.Silence = w.journal.(*lossy).silence
	}
	return runner.Step(ctx)
}

// steps takes steps until nothing is left, each by a new process, as an engine with a queue does.
func (w *world) steps(t testing.TB) {
	t.Helper()
	for range 1_000 {
		_, again, err := w.step(t.Context(), t, &process{})
		held := (*payroll.HeldError)(nil)
		switch {
		case errors.As(err, &held):
			again = held.For + time.Millisecond
		case err != nil:
			require.NoError(t, err)
		case again == 0:
			return
		}
		time.Sleep(again) //nolint:forbidigo // the clock of the bubble
	}
	require.Fail(t, "there is no end to it")
}

// A step that dies at any moment leaves what the next ones, in other processes, finish; also when the API carries out late
// what it was asked, and would pay twice.
func TestStep_CrashAtEveryStep(t *testing.T) {
	t.Parallel()
	for _, mode := range []payroll.Mode{payroll.Single, payroll.Batch} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			calls := int64(1)
			for dieAt := int64(0); dieAt <= calls; dieAt++ {
				synctest.Test(t, func(t *testing.T) {
					w, _ := newSteps(t, 7, mode, djamotest.WithRepeatedReferences())
					_, err := w.api.Inject(djamotest.ProcessLate(3500*time.Millisecond), djamotest.On(http.MethodPost)) // after SendTimeout
					require.NoError(t, err)
					first := &process{dieAt: dieAt}
					_, _, err = w.step(t.Context(), t, first)
					if dieAt == 0 {
						require.NoError(t, err)
						calls = first.steps.Load()
					}
					w.steps(t)
					w.check(t)
				})
			}
			require.Greater(t, calls, int64(15))
		})
	}
}

// A step that is frozen past its lease sends nothing when it wakes, and says that it has lost the run.
func TestStep_FrozenAtEveryStep(t *testing.T) {
	t.Parallel()
	for _, mode := range []payroll.Mode{payroll.Single, payroll.Batch} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			lost := 0
			for freeze := int64(1); freeze < 25; freeze++ {
				synctest.Test(t, func(t *testing.T) {
					w, _ := newSteps(t, 7, mode, djamotest.WithRepeatedReferences())
					ended := make(chan error, 1)
					go func() {
						_, _, err := w.step(context.Background(), t, &process{freeze: freeze, frozen: time.Minute}) //nolint:testifylint // a bubble without its answer is stuck, and fails
						ended <- err
					}()
					synctest.Wait()
					w.steps(t)
					if err := <-ended; errors.Is(err, payroll.ErrLost) {
						lost++
					}
					w.check(t)
				})
			}
			require.Greater(t, lost, 3)
		})
	}
}

// The quiet period counts from when an answer was lost, in whichever process that was.
func TestStep_QuietPeriod(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, journal := newSteps(t, 1, payroll.Single)
		_, err := w.api.Inject(djamotest.CloseConnection(), djamotest.On(http.MethodPost), djamotest.OneShot())
		require.NoError(t, err)
		totals, again, err := w.step(t.Context(), t, &process{})
		require.NoError(t, err)
		require.Equal(t, int64(1), totals.Unknown.Count)
		require.Positive(t, again)
		time.Sleep(3 * time.Second) //nolint:forbidigo // the clock of the bubble
		totals, again, err = w.step(t.Context(), t, &process{})
		require.NoError(t, err)
		require.Equal(t, int64(1), totals.Unknown.Count, "the API does not know it, but may still hear of it")
		require.LessOrEqual(t, again, w.runner.Quiet-3*time.Second)
		journal.lost = journal.lost.Add(time.Second) // another process has lost one
		time.Sleep(2 * time.Second)                  //nolint:forbidigo // the clock of the bubble
		_, _, err = w.step(t.Context(), t, &process{})
		require.NoError(t, err)
		require.Equal(t, 1, w.posts("/v1/transactions"))
		time.Sleep(time.Second) //nolint:forbidigo // the clock of the bubble
		totals, _, err = w.step(t.Context(), t, &process{})
		require.NoError(t, err)
		require.Equal(t, int64(1), totals.Accepted.Count)
		require.Equal(t, 2, w.posts("/v1/transactions"))
	})
}

func TestStep_Verdicts(t *testing.T) {
	t.Parallel()
	type outcome struct {
		totals payroll.Totals
		again  time.Duration
		err    error
		took   time.Duration
	}
	post := djamotest.On(http.MethodPost)
	for name, row := range map[string]struct {
		prepare func(t *testing.T, w *world)
		check   func(t *testing.T, w *world, o outcome)
	}{
		"sent": {func(*testing.T, *world) {}, func(t *testing.T, _ *world, o outcome) {
			require.NoError(t, o.err)
			require.Equal(t, int64(3), o.totals.Accepted.Count)
			require.Equal(t, time.Second, o.again, "PollMin")
		}},
		"held": {func(t *testing.T, w *world) {
			_, err := w.journal.Acquire(t.Context(), "another", 3*time.Second)
			require.NoError(t, err)
		}, func(t *testing.T, w *world, o outcome) {
			held := (*payroll.HeldError)(nil)
			require.ErrorAs(t, o.err, &held)
			require.Equal(t, payroll.HeldError{Owner: "another", For: 3 * time.Second}, *held)
			require.Zero(t, o.took, "it does not wait")
			require.Empty(t, w.api.Requests())
		}},
		"short": {func(t *testing.T, w *world) { require.NoError(t, w.api.SetBalance(20_000)) }, func(t *testing.T, w *world, o outcome) {
			require.ErrorIs(t, o.err, payroll.ErrShort)
			require.Equal(t, int64(3), o.totals.Unsent.Count)
			require.Zero(t, w.posts("/v1/transactions"))
			require.NoError(t, w.api.SetBalance(1_000_000))
			w.steps(t)
			w.check(t)
		}},
		"short of the rest": {func(t *testing.T, w *world) {
			require.NoError(t, w.api.SetBalance(20_000))
			w.runner.AllowShort = true
		}, func(t *testing.T, w *world, o outcome) {
			require.NoError(t, o.err)
			require.Equal(t, int64(1), o.totals.Accepted.Count)
			require.Equal(t, int64(2), o.totals.Unsent.Count)
			require.Equal(t, 30*time.Second, o.again, "PollMax")
			w.runner.AllowShort = false
			_, again, err := w.step(t.Context(), t, &process{})
			require.NoError(t, err)
			require.Equal(t, 30*time.Second, again)
			require.NoError(t, w.api.SetBalance(1_000_000))
			w.steps(t)
			w.check(t)
		}},
		"stopped": {func(t *testing.T, w *world) {
			_, err := w.api.Inject(djamotest.Blocked(), post, djamotest.OneShot())
			require.NoError(t, err)
		}, func(t *testing.T, w *world, o outcome) {
			require.ErrorIs(t, o.err, payroll.ErrStopped)
			require.Equal(t, int64(3), o.totals.Unsent.Count)
			w.steps(t)
			w.check(t)
		}},
		"rate limited": {func(t *testing.T, w *world) {
			_, err := w.api.Inject(djamotest.RateLimitFor(7*time.Second), post, djamotest.OneShot())
			require.NoError(t, err)
			w.runner.Concurrency = 1
		}, func(t *testing.T, w *world, o outcome) {
			require.NoError(t, o.err)
			require.Equal(t, 7*time.Second, o.again)
			require.Equal(t, int64(3), o.totals.Unsent.Count)
			require.Equal(t, 1, w.posts("/v1/transactions"))
			w.steps(t)
			w.check(t)
		}},
		"nothing left": {func(t *testing.T, w *world) {
			w.steps(t)
		}, func(t *testing.T, w *world, o outcome) {
			require.NoError(t, o.err)
			require.Zero(t, o.again)
			require.True(t, o.totals.AllCompleted())
			require.Equal(t, 3, w.posts("/v1/transactions"))
		}},
		"no silence": {func(_ *testing.T, w *world) {
			w.runner.Silence = func(context.Context) (time.Duration, error) { return 0, errDead }
		}, func(t *testing.T, w *world, o outcome) {
			require.ErrorIs(t, o.err, errDead)
			require.Empty(t, w.api.Requests())
			lease, err := w.journal.Acquire(t.Context(), "another", time.Second)
			require.NoError(t, err, "the run was released")
			require.Equal(t, int64(3), lease.Fence)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, _ := newSteps(t, 3, payroll.Single)
				w.runner.Concurrency = 1
				row.prepare(t, w)
				var o outcome
				began := time.Now()
				o.totals, o.again, o.err = w.step(t.Context(), t, &process{})
				o.took = time.Since(began)
				row.check(t, w, o)
			})
		})
	}
}

// Outcomes are asked for after half the time that has passed, between PollMin and PollMax.
func TestStep_PollPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, _ := newSteps(t, 1, payroll.Single, djamotest.WithManualSettlement())
		waited := time.Duration(0)
		for _, want := range []time.Duration{time.Second, time.Second, time.Second, 1500 * time.Millisecond, 2250 * time.Millisecond} {
			_, again, err := w.step(t.Context(), t, &process{})
			require.NoError(t, err)
			require.Equal(t, want, again, "after %s", waited)
			time.Sleep(again) //nolint:forbidigo // the clock of the bubble
			waited += again
		}
		time.Sleep(time.Hour) //nolint:forbidigo // the clock of the bubble
		_, again, err := w.step(t.Context(), t, &process{})
		require.NoError(t, err)
		require.Equal(t, 30*time.Second, again)
	})
}

func TestStep_NeedsSilence(t *testing.T) {
	t.Parallel()
	_, _, err := (&payroll.Runner{}).Step(t.Context())
	require.ErrorContains(t, err, "Runner.Silence is missing")
}

// A context that ends takes nothing with it: what was under way is recorded, what was not sent is planned.
func TestStep_ContextEnds(t *testing.T) {
	t.Parallel()
	for _, mode := range []payroll.Mode{payroll.Single, payroll.Batch} {
		for _, after := range []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond} {
			t.Run(fmt.Sprint(mode, " after ", after), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w, _ := newSteps(t, 7, mode)
					_, err := w.api.Inject(djamotest.ProcessLate(time.Second), djamotest.On(http.MethodPost))
					require.NoError(t, err)
					ctx, cancel := context.WithTimeout(t.Context(), after)
					defer cancel()
					_, _, err = w.step(ctx, t, &process{})
					require.Error(t, err)
					for _, p := range w.states(t) {
						require.NotEqual(t, payroll.Submitting, p.State)
					}
					w.steps(t)
					w.check(t)
				})
			})
		}
	}
}

func TestPrepare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 3, quick(payroll.Single), djamotest.WithBalance(15_000))
		defer w.api.Close()
		client, err := djamo.NewClient(w.api.Token, djamo.WithBaseURL("https://simulation.example"), djamo.WithHTTPClient(&http.Client{Transport: between{w}}))
		require.NoError(t, err)
		runner := w.runner
		runner.Client, runner.Journal = client, w.journal
		totals, err := runner.Prepare(t.Context(), w.plan)
		require.ErrorIs(t, err, payroll.ErrShort)
		require.Equal(t, int64(3), totals.Unsent.Count, "the plan is stored")
		require.Zero(t, w.posts("/v1/transactions"))

		require.NoError(t, w.api.SetBalance(1_000_000))
		paid, err := client.Transactions.Create(t.Context(), djamo.TransactionParams{MSISDN: "+2250748700001", Amount: 10_001, Reference: "run/1", Description: "Salaire"})
		require.NoError(t, err)
		for range 2 {
			totals, err = runner.Prepare(t.Context(), w.plan)
			require.NoError(t, err)
			require.Equal(t, int64(2), totals.Unsent.Count)
			require.Equal(t, paid.ID, w.states(t)["run/1"].TransactionID)
			require.Equal(t, 1, w.posts("/v1/transactions"))
		}

		other := newWorld(t, 2, w.runner)
		defer other.api.Close()
		_, err = runner.Prepare(t.Context(), other.plan)
		require.ErrorIs(t, err, payroll.ErrPlanDiffers)
		lease, err := w.journal.Acquire(t.Context(), "another", time.Second)
		require.NoError(t, err, "it has let the run go")
		require.NoError(t, w.journal.Release(t.Context(), lease))
		runner.Journal = journaltest.NewMemory()
		runner.Client = nil
		_, err = runner.Prepare(t.Context(), w.plan)
		require.ErrorContains(t, err, "Runner.Client is missing")
	})
}
