package payroll_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
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

	allowed atomic.Bool // a request

	mu   sync.Mutex
	lost time.Time
}

func (l *lossy) CheckSend(ctx context.Context, lease payroll.Lease) error {
	defer l.allowed.Store(true)
	return l.Journal.CheckSend(ctx, lease)
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
	if runner.SinceLostAnswer == nil {
		runner.SinceLostAnswer = w.journal.(*lossy).silence
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
			again = held.ExpiresIn + time.Millisecond
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
					if err := <-ended; errors.Is(err, payroll.ErrLeaseLost) {
						lost++
					}
					w.check(t)
				})
			}
			require.Greater(t, lost, 3)
		})
	}
}

// freezer freezes a process between the journal's permission to send and the moment at which the request's own time begins:
// the client asks the context for its trace there.
type freezer struct {
	context.Context

	process *process
	journal *lossy
	once    sync.Once
}

func (f *freezer) Value(key any) any {
	if fmt.Sprintf("%T", key) == "httptrace.clientEventContextKey" && f.journal.allowed.Load() {
		f.once.Do(func() {
			const frozen = time.Minute
			f.process.thaw.Store(time.Now().Add(frozen).UnixNano())
			time.Sleep(frozen - time.Millisecond) //nolint:forbidigo // the clock of the bubble; it wakes before what keeps the lease
		})
	}
	return f.Context.Value(key)
}

// A process that is frozen when the journal has just allowed a request, before the request's own time has begun, sends
// nothing when it wakes: others have paid meanwhile.
func TestStep_FrozenBeforeTheRequestsTimeBegins(t *testing.T) {
	t.Parallel()
	for _, mode := range []payroll.Mode{payroll.Single, payroll.Batch} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, journal := newSteps(t, 3, mode, djamotest.WithRepeatedReferences())
				w.runner.Concurrency = 1
				p, ended := &process{}, make(chan error, 1)
				go func() {
					_, _, err := w.step(&freezer{Context: context.Background(), process: p, journal: journal}, t, p) //nolint:testifylint // as above
					ended <- err
				}()
				synctest.Wait()
				require.NotZero(t, p.thaw.Load(), "it is frozen")
				require.Empty(t, w.api.Transactions())
				w.steps(t)
				require.Len(t, w.api.Transactions(), 3)
				<-ended
				w.check(t)
			})
		})
	}
}

// slow is a journal whose first answer whether a request may leave comes late, and that renews no lease.
type slow struct {
	*lossy

	answer   time.Duration
	asked    atomic.Int64
	acquired atomic.Bool
}

func (s *slow) CheckSend(ctx context.Context, lease payroll.Lease) error {
	if s.asked.Add(1) > 1 {
		return payroll.ErrCancelled // as a person has done meanwhile
	}
	err := s.lossy.CheckSend(ctx, lease)
	time.Sleep(s.answer) //nolint:forbidigo // the clock of the bubble
	return err
}

func (s *slow) Acquire(ctx context.Context, owner string, lease time.Duration) (payroll.Lease, error) {
	if s.acquired.Swap(true) {
		<-ctx.Done()
		return payroll.Lease{}, ctx.Err()
	}
	return s.lossy.Acquire(ctx, owner, lease)
}

// A permission to send that comes late is none: the run may have been cancelled since, or the lease have run out.
func TestStep_PermissionsThatComeLate(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		lease, answer time.Duration
		want          error
	}{
		"it asks again":          {time.Minute, 1100 * time.Millisecond, payroll.ErrCancelled},
		"its lease has run out":  {time.Second, 900 * time.Millisecond, payroll.ErrLeaseLost},
		"it is quick enough":     {time.Minute, 900 * time.Millisecond, nil},
		"it is within its lease": {2 * time.Second, 900 * time.Millisecond, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, journal := newSteps(t, 1, payroll.Single)
				w.runner.Lease, w.runner.SinceLostAnswer = row.lease, journal.silence
				w.journal = &slow{lossy: journal, answer: row.answer}
				_, _, err := w.step(t.Context(), t, &process{})
				require.ErrorIs(t, err, row.want)
				sent := 0
				if row.want == nil {
					sent = 1
				}
				require.Len(t, w.api.Transactions(), sent)
			})
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
		require.LessOrEqual(t, again, w.runner.QuietPeriod-3*time.Second)
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
			require.Equal(t, payroll.HeldError{Owner: "another", ExpiresIn: 3 * time.Second}, *held)
			require.Zero(t, o.took, "it does not wait")
			require.Empty(t, w.api.Requests())
		}},
		"short": {func(t *testing.T, w *world) { require.NoError(t, w.api.SetBalance(20_000)) }, func(t *testing.T, w *world, o outcome) {
			require.ErrorIs(t, o.err, payroll.ErrInsufficientFunds)
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
			require.Equal(t, int64(1), o.totals.Unsent.Count)
			require.Equal(t, int64(1), o.totals.Unknown.Count, "a 422 is looked up before the payout counts as not sent")
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
			w.runner.SinceLostAnswer = func(context.Context) (time.Duration, error) { return 0, errDead }
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
	require.ErrorContains(t, err, "Runner.SinceLostAnswer is missing")
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
		require.ErrorIs(t, err, payroll.ErrInsufficientFunds)
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
