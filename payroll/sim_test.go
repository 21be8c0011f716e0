package payroll_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
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
	"github.com/djamo/djamo-go/payroll/journaltest"
)

// The simulation runs whole payrolls on virtual time, in synctest bubbles: the API, the journal, and processes that die
// or freeze at any step. A step is the moment before, or after, one call of the journal or of the API.

const errDead = payroll.Error("this process is dead")

// process is one life of the program that drives a run.
type process struct {
	steps  atomic.Int64
	dieAt  int64         // at this step it is killed; 0: never
	freeze int64         // before this step of the journal it is frozen; 0: never
	frozen time.Duration // for so long
	thaw   atomic.Int64  // when it wakes, in nanoseconds
	failAt int64         // at this step a write of its journal fails, carried out or not; 0: never
	jump   bool          // its clock was set forward by an hour
	dead   atomic.Bool
	kill   context.CancelFunc
}

// step returns an error once the process is dead.
func (p *process) step() error {
	if n := p.steps.Add(1); n == p.dieAt {
		p.dead.Store(true)
		p.kill()
	}
	if p.dead.Load() {
		return errDead
	}
	return nil
}

// halt stops everything the process does while it is frozen.
func (p *process) halt() {
	if p.freeze != 0 && p.steps.Load() >= p.freeze && p.thaw.Load() == 0 {
		p.thaw.Store(time.Now().Add(p.frozen).UnixNano())
	}
	if thaw := p.thaw.Load(); thaw != 0 {
		time.Sleep(time.Until(time.Unix(0, thaw))) //nolint:forbidigo // the clock of the bubble
	}
}

// around does one call of a journal.
func (p *process) around(call func() error) error {
	p.halt()
	if err := p.step(); err != nil {
		return err
	}
	err := call()
	if dead := p.step(); dead != nil {
		return dead
	}
	p.halt() // what the call has done is done, and the process learns of it later
	return err
}

// RoundTrip does one call of the API, as the process's http.RoundTripper.
func (t processTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := t.process.step(); err != nil {
		return nil, err
	}
	resp, err := t.api.RoundTrip(r)
	if dead := t.process.step(); dead != nil {
		if resp != nil {
			_ = resp.Body.Close()
		}
		return nil, dead
	}
	return resp, err
}

type processTransport struct {
	process *process
	api     http.RoundTripper
}

// between is where a world's answer stands.
type between struct{ world *world }

func (b between) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.world.answer != nil {
		return b.world.answer(r, b.world.api.Transport())
	}
	return b.world.api.Transport().RoundTrip(r)
}

// processJournal is the journal as one process sees it.
type processJournal struct {
	payroll.Journal

	process *process
}

func (j processJournal) Acquire(ctx context.Context, owner string, lease time.Duration) (l payroll.Lease, err error) {
	err = j.process.around(func() (err error) { l, err = j.Journal.Acquire(ctx, owner, lease); return err })
	return l, err
}

func (j processJournal) Release(ctx context.Context, lease payroll.Lease) error {
	return j.process.around(func() error { return j.Journal.Release(ctx, lease) })
}

func (j processJournal) Plan(ctx context.Context, lease payroll.Lease, plan *payroll.Plan) error {
	return j.process.around(func() error { return j.Journal.Plan(ctx, lease, plan) })
}

func (j processJournal) CheckApproval(ctx context.Context, plan payroll.PlanInfo, account djamo.Account) error {
	return j.process.around(func() error { return j.Journal.CheckApproval(ctx, plan, account) })
}

func (j processJournal) Payouts(ctx context.Context, after int64, limit int, states ...payroll.State) (p []payroll.Payout, err error) {
	err = j.process.around(func() (err error) { p, err = j.Journal.Payouts(ctx, after, limit, states...); return err })
	return p, err
}

func (j processJournal) Find(ctx context.Context, references ...string) (p []payroll.Payout, err error) {
	err = j.process.around(func() (err error) { p, err = j.Journal.Find(ctx, references...); return err })
	return p, err
}

func (j processJournal) Advance(ctx context.Context, lease payroll.Lease, changes ...payroll.Change) error {
	return j.process.around(func() error {
		n := j.process.steps.Load()
		fails := j.process.failAt != 0 && n >= j.process.failAt
		if fails && n%2 == 0 {
			return errDisk
		}
		err := j.Journal.Advance(ctx, lease, changes...)
		if fails {
			return errDisk
		}
		return err
	})
}

func (j processJournal) Planned(ctx context.Context) (info payroll.PlanInfo, err error) {
	err = j.process.around(func() (err error) { info, err = j.Journal.Planned(ctx); return err })
	return info, err
}

func (j processJournal) Sums(ctx context.Context) (sums map[payroll.State]payroll.Sum, err error) {
	err = j.process.around(func() (err error) { sums, err = j.Journal.Sums(ctx); return err })
	return sums, err
}

// world is everything that outlives a process.
type world struct {
	api     *djamotest.API
	journal payroll.Journal
	plan    *payroll.Plan
	runner  payroll.Runner // what every process is set to
	retry   djamo.RetryPolicy
	// answer, when set, stands between every process and the API.
	answer func(r *http.Request, next http.RoundTripper) (*http.Response, error)
}

func newWorld(t testing.TB, payouts int, runner payroll.Runner, opts ...djamotest.Option) *world {
	t.Helper()
	api, err := djamotest.New(append([]djamotest.Option{djamotest.WithSettleAfter(3 * time.Second), djamotest.WithSeed(1)}, opts...)...)
	require.NoError(t, err)
	rows := make([]payroll.Payout, payouts)
	for i := range rows {
		rows[i] = payroll.Payout{MSISDN: djamo.MSISDN(fmt.Sprintf("+22507487%05d", i)), Amount: djamo.XOF(10_000 + i), Reference: fmt.Sprintf("run/%d", i), Description: "Salaire"}
	}
	plan, err := payroll.NewPlan(payroll.Rows(rows...), payroll.PlanOptions{Run: "run"})
	require.NoError(t, err)
	return &world{api: api, journal: journaltest.NewMemory(), plan: plan, runner: runner}
}

// live runs one process to its end.
func (w *world) live(t testing.TB, p *process) (payroll.Totals, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p.kill = cancel
	client, err := djamo.NewClient(w.api.Token, djamo.WithBaseURL("https://simulation.example"),
		djamo.WithHTTPClient(&http.Client{Transport: processTransport{p, between{w}}}), djamo.WithRetry(w.retry))
	require.NoError(t, err)
	runner := w.runner
	journal := w.journal
	if p.jump {
		journal = hurried{journal}
	}
	runner.Client, runner.Journal = client, processJournal{journal, p}
	totals, err := runner.Run(ctx, w.plan)
	if p.dead.Load() {
		require.Error(t, err, "the dead tell nothing")
	}
	return totals, err
}

// check requires that everybody was paid once, and that the journal says of each payout what the API says.
func (w *world) check(t testing.TB) {
	t.Helper()
	paid := map[string]int{}
	status := map[string]string{}
	for _, tx := range w.api.Transactions() {
		paid[tx.Reference]++
		status[tx.Reference] = tx.Status
	}
	payouts, err := w.journal.Payouts(context.Background(), 0, 1_000)
	require.NoError(t, err)
	require.Len(t, payouts, int(w.plan.Count))
	for _, p := range payouts {
		require.Equal(t, 1, paid[p.Reference], "how often %s was paid", p.Reference)
		require.Equal(t, status[p.Reference], string(p.State), p.Reference)
	}
	require.Len(t, paid, len(payouts), "nothing else was paid")
	w.api.AssertBalanced(t)
}

// yes names the runs that two people have approved.
const yes = " was approved"

// quick are settings under which a simulated run is short.
func quick(mode payroll.Mode) payroll.Runner {
	return payroll.Runner{Mode: mode, BatchSize: 3, Concurrency: 2, SendTimeout: 2 * time.Second, QuietPeriod: 5 * time.Second, IdleTimeout: 3 * time.Minute, Lease: 4 * time.Second}
}

// TestSimulation_CrashAtEveryStep kills the program at each step there is, one life after the other, and lets the next
// one finish.
func TestSimulation_CrashAtEveryStep(t *testing.T) {
	t.Parallel()
	for _, mode := range []payroll.Mode{payroll.Single, payroll.Batch} {
		for name, opts := range map[string][]djamotest.Option{
			"refuses repeated references":               nil,
			"accepts repeated references":               {djamotest.WithRepeatedReferences()},
			"accepts repeated references of what" + yes: {djamotest.WithRepeatedReferences()},
		} {
			t.Run(fmt.Sprintf("%s, an API that %s", mode, name), func(t *testing.T) {
				t.Parallel()
				steps := int64(0)
				for dieAt := int64(0); dieAt <= steps; dieAt++ {
					synctest.Test(t, func(t *testing.T) {
						w := newWorld(t, 7, quick(mode), opts...)
						defer w.api.Close()
						if strings.HasSuffix(name, yes) {
							w.approved(t)
						}
						first := &process{dieAt: dieAt}
						_, err := w.live(t, first)
						if dieAt == 0 {
							require.NoError(t, err)
							steps = first.steps.Load()
						} else {
							totals, err := w.live(t, &process{})
							require.NoError(t, err, "after a crash at step %d", dieAt)
							require.Equal(t, int64(7), totals.Completed.Count)
						}
						w.check(t)
					})
				}
				require.Greater(t, steps, int64(20))
			})
		}
	}
}

// TestSimulation_FrozenPastItsLease freezes a process at each step of the journal for longer than its lease, while a
// second one takes over. When it wakes it must send nothing.
func TestSimulation_FrozenPastItsLease(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]payroll.Mode{"single": payroll.Single, "batch": payroll.Batch, "batch" + yes: payroll.Batch} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for freeze := int64(1); freeze < 40; freeze++ {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, 7, quick(mode), djamotest.WithRepeatedReferences())
					defer w.api.Close()
					if strings.HasSuffix(name, yes) {
						w.approved(t)
					}
					ended := make(chan error, 1)
					go func() {
						_, err := w.live(t, &process{freeze: freeze, frozen: time.Minute}) //nolint:testifylint // a bubble without its answer is stuck, and fails
						ended <- err
					}()
					synctest.Wait()
					for {
						_, err := w.live(t, &process{})
						if err == nil {
							break
						}
						require.ErrorIs(t, err, payroll.ErrLeaseHeld, "frozen at step %d", freeze)
					}
					<-ended // finished before the freeze, or woken to find that it has lost
					w.check(t)
				})
			}
		})
	}
}

// BUGGIFY: rare branches forced at once. Everything here ends, so that a last life can finish.
func unkind(t testing.TB, api *djamotest.API, share float64) {
	t.Helper()
	for _, fault := range []djamotest.Fault{
		djamotest.AnyOf(djamotest.RefuseConnection(), djamotest.CloseConnection(), djamotest.FailBefore(http.StatusServiceUnavailable),
			djamotest.RateLimit(), djamotest.RateLimitFor(2*time.Second)),
		djamotest.AnyOf(djamotest.LoseReply(), djamotest.ResetReply(), djamotest.FailAfter(http.StatusInternalServerError),
			djamotest.TruncateReply(), djamotest.Stall(0)),
		djamotest.AnyOf(djamotest.ProcessLate(2500*time.Millisecond), djamotest.LookupLag(2*time.Second)),
	} {
		_, err := api.Inject(fault, djamotest.Probability(share/3))
		require.NoError(t, err)
	}
}

// simulate runs one seed: a plan, an unkind API, up to four lives that end anywhere, and a last one that is left alone.
func simulate(t *testing.T, seed uint64) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Logf("to see it again: %s=%d go test -run TestSimulation_Seeds ./payroll", replaySeed, seed)
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(seed, 0))
		opts := []djamotest.Option{djamotest.WithSeed(seed)}
		if random.IntN(2) == 0 {
			opts = append(opts, djamotest.WithRepeatedReferences())
		}
		if random.IntN(3) == 0 {
			opts = append(opts, djamotest.WithVariants(djamotest.BatchInParts))
		}
		runner := quick([]payroll.Mode{payroll.Single, payroll.Batch}[random.IntN(2)])
		runner.BatchSize, runner.Concurrency = 1+random.IntN(4), 1+random.IntN(3)
		w := newWorld(t, 1+random.IntN(8), runner, opts...)
		defer w.api.Close()
		if seed%8 == 0 {
			w.approved(t)
		}
		w.retry.MaxAttempts = random.IntN(2) // 0 is the default
		if random.IntN(4) == 0 {
			require.NoError(t, w.api.Fail("+2250748700000", "account closed"))
		}
		unkind(t, w.api, []float64{0, 0.1, 0.3, 0.6}[random.IntN(4)])
		var frozen sync.WaitGroup
		for range random.IntN(5) {
			p := &process{jump: random.IntN(3) == 0}
			switch random.IntN(4) {
			case 0:
				p.failAt = 1 + random.Int64N(60)
			case 1: // it freezes, and the next one takes over before it wakes
				p.freeze, p.frozen = 1+random.Int64N(60), time.Minute
				frozen.Go(func() { _, _ = w.live(t, p) })
				continue
			default:
				p.dieAt = 1 + random.Int64N(60)
			}
			_, _ = w.live(t, p)
		}
		frozen.Wait()
		w.api.ClearFaults()
		_, err := w.live(t, &process{})
		require.NoError(t, err)
		w.check(t)
	})
}

// replaySeed names the environment variable that runs one seed and no other. It is run many times over: the seed decides
// everything but the order of goroutines at one instant and the client's jitter, so a few lives in a hundred differ.
const replaySeed = "DJAMO_TEST_SEED"

func TestSimulation_Seeds(t *testing.T) {
	t.Parallel()
	if given := os.Getenv(replaySeed); given != "" {
		seed, err := strconv.ParseUint(given, 10, 64)
		require.NoError(t, err, replaySeed)
		for range 50 {
			simulate(t, seed)
		}
		return
	}
	const shards = 4
	seeds := uint64(10_000)
	if racetest.Enabled && os.Getenv("DJAMO_TEST_FULL") == "" {
		seeds = 1_200 // it takes six times as long to look for races; CI also runs all of them without it
	}
	for shard := range uint64(shards) {
		t.Run(strconv.FormatUint(shard, 10), func(t *testing.T) {
			t.Parallel()
			for seed := shard; seed < seeds; seed += shards {
				simulate(t, seed)
			}
		})
	}
}
