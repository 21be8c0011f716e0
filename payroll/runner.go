package payroll

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/lease"
)

// Mode says how payouts are sent.
type Mode string

// The modes.
const (
	Batch  Mode = "batch"  // many payouts in one request
	Single Mode = "single" // one request for each payout
)

// The errors of a Runner, for errors.Is, beside those of the journal.
const (
	// ErrInsufficientFunds is an account that does not cover the payouts. Nothing was sent.
	ErrInsufficientFunds Error = "the account does not cover the payouts"
	// ErrStopped is a run that the API rejects whatever the payout: a bad token, an address that its firewall blocks. What
	// was not sent is still planned.
	ErrStopped Error = "the API turned the whole run away"
)

// Runner pays what a journal holds. Client and Journal are required; every other field has a default. A Runner holds no
// state of its own: all of it is in the journal.
type Runner struct {
	Client  *djamo.Client
	Journal Journal

	Mode        Mode // Batch when empty
	BatchSize   int  // payouts in one request, in batch mode; default 100
	Concurrency int  // requests at the same time; default 4
	// SubCompanyID is the sub-company on whose behalf everything is paid; empty for the company itself.
	SubCompanyID string
	// AllowShort sends although the account does not cover the payouts: what it does not cover stays planned.
	AllowShort bool

	// SendTimeout bounds one request that pays; default 20 s.
	SendTimeout time.Duration
	// QuietPeriod is how long after a request with a lost answer its payout may be taken for not sent, if the API does not
	// know its reference then. It must be longer than SendTimeout and the API's slowest processing together: the rest
	// of safety lies in the API refusing repeated references. Default: SendTimeout and 10 s.
	QuietPeriod time.Duration
	// Lease is how long the run stays with a process that was killed, where the journal cannot know better; default 15 s.
	Lease time.Duration
	// PollMin and PollMax bound the pauses between asking for outcomes, which double; defaults 1 s and 30 s.
	PollMin, PollMax time.Duration
	// IdleTimeout is how long a run goes on without news of any payout; default 15 min. What is open then stays open in the
	// journal, for Resume or Reconcile.
	IdleTimeout time.Duration

	// Reject says why planned payouts are not to be sent, by their references: Run, Resume, Prepare and Step record them as
	// Refused, with the reason, before they send anything. What was paid under its reference before is not rejected.
	Reject map[string]string

	// SinceLostAnswer says how long ago the answer to a request of this run was last lost, by a clock that does not stop with the
	// process. Step requires it, and counts QuietPeriod from there; Run, Resume and Reconcile count by their own clock.
	SinceLostAnswer func(context.Context) (time.Duration, error)

	// BeforeSend is asked before each pass over what is planned, once it is covered and about to be sent: an error keeps all of
	// it from leaving, and ends the run or the step. It may be nil.
	BeforeSend func(context.Context) error

	// Updates delivers changes of transactions, such as webhook events, during a run. It may be nil, may lose some, and may
	// deliver stale ones or those of other payments: polling finds what it does not deliver. Nobody receives once the run has
	// ended: a sender must not wait longer than that.
	Updates <-chan *djamo.Transaction
	// Progress is called after every step that was recorded, by one goroutine at a time. It must return soon.
	Progress func(Totals)
	// Waiting is called when Run, Resume or Reconcile begins to wait, as Progress is. What it waits for may come sooner.
	Waiting func(Wait)
	// Hindered is called with what keeps payouts from being sent, or from being asked about, although that is only waited for: an
	// API that is away or limits the rate, an account that runs out. One goroutine calls it at a time. It must return soon.
	Hindered func(error)
	// Logger gets a record of each event that an operator may want to know; nil logs nothing. Phone numbers are masked.
	Logger *slog.Logger
	// Owner is the name this process goes by in the journal; the default has the host's name, the process id and a
	// random part. No two processes may share one.
	Owner string
}

// Run pays a plan: it stores the plan in the journal, or finds it there and goes on where an earlier run stopped, sends
// what is planned, settles what is unclear, and waits for outcomes. It returns when every payout is final, when there
// has been no news for as long as IdleTimeout, or when nothing more can be done; the totals then say what is open. It is
// safe to repeat, also after the process was killed.
//
// Errors: *PlanDiffersError, ErrInsufficientFunds, ErrNotApproved, *HeldError, and whatever Client or Journal return; totals come with an
// error too, as far as they are known. When the context ends, requests under way are given a few seconds for their answers, everything is
// recorded, and the error is the context's.
func (r *Runner) Run(ctx context.Context, plan *Plan) (Totals, error) {
	return r.drive(ctx, (*lease.Holder).Acquire, func(ctx context.Context, run *run) error {
		if err := run.plan(ctx, plan); err != nil {
			return err
		}
		return run.payAll(ctx)
	})
}

// Resume goes on with the plan that the journal holds, as Run does.
func (r *Runner) Resume(ctx context.Context) (Totals, error) {
	return r.drive(ctx, (*lease.Holder).Acquire, func(ctx context.Context, run *run) error { return run.payAll(ctx) })
}

// Reconcile sends nothing: it asks the API what became of everything that was sent and waits for outcomes as Run does.
// It can be called days later.
func (r *Runner) Reconcile(ctx context.Context) (Totals, error) {
	return r.drive(ctx, (*lease.Holder).Acquire, func(ctx context.Context, run *run) error {
		if err := run.open(ctx); err != nil {
			return err
		}
		return run.loop(ctx, false)
	})
}

// run is one call of Run, Resume or Reconcile.
type run struct {
	Runner

	lease *lease.Holder
	stop  context.CancelCauseFunc // ends the run, with the reason why
	info  PlanInfo

	tripped     bool          // answers were lost in a row: settle all of them before more is sent
	endedMidway bool          // the last holder of the lease ended with requests under way
	wake        chan struct{} // has one when Updates has brought news
	advanceMu   chanMutex     // held from recording changes until they are added up
	updateMu    chanMutex     // held from reading payouts that were sent until their changes are recorded

	mu           sync.Mutex // of what follows, and of calls to Progress
	sums         map[State]Sum
	rejected     djamo.XOF // of the plan, what was rejected now
	insufficient bool      // the account ran out: nothing more is sent
	// lastLost is when an answer was last lost, or when the run was taken over: what was on its way then may arrive for as
	// long as QuietPeriod. It is a time of this process, whose clock nobody sets, and not one from the journal.
	lastLost time.Time
}

// drive takes the run's lease, does the work under it, and adds up what came of it.
func (r *Runner) drive(
	ctx context.Context, take func(*lease.Holder, context.Context) error, work func(context.Context, *run) error,
) (Totals, error) {
	set, err := r.withDefaults()
	if err != nil {
		return Totals{}, err
	}
	live := &run{
		Runner: set, wake: make(chan struct{}, 1), advanceMu: make(chanMutex, 1), updateMu: make(chanMutex, 1),
		lease: set.newHolder(),
	}
	if err := take(live.lease, ctx); err != nil {
		return Totals{}, err
	}
	working, stop := context.WithCancelCause(ctx)
	live.stop = stop
	var keeper sync.WaitGroup
	keeper.Go(func() { live.lease.KeepAlive(working, stop) })
	err = work(working, live)
	if cause := context.Cause(working); err != nil && cause != nil && !errors.Is(err, cause) {
		err = errors.Join(cause, err)
	}
	stop(nil)
	keeper.Wait()

	closing, cancel := recording(ctx)
	defer cancel()
	totals, sumErr := live.addUp(closing)
	if err != nil && errors.Is(sumErr, ErrNoPlan) {
		sumErr = nil // there are no totals yet, and err says why
	}
	return totals, errors.Join(err, sumErr, set.Journal.Release(closing, live.currentLease()))
}

func (r *Runner) withDefaults() (Runner, error) {
	if err := r.Validate(); err != nil {
		return *r, err
	}
	set := *r
	if set.Journal == nil {
		return set, errors.New("payroll: Runner.Journal is missing")
	}
	set.fill()
	if set.Logger == nil {
		set.Logger = slog.New(slog.DiscardHandler)
	}
	if set.Owner == "" {
		host, _ := os.Hostname() // a name is a courtesy; the random part is what counts
		set.Owner = fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text())
	}
	return set, nil
}

// Validate refuses settings that cannot be, as Run does before anything else; only the journal is not looked at.
func (r *Runner) Validate() error {
	set := *r
	switch {
	case set.Client == nil:
		return errors.New("payroll: Runner.Client is missing")
	case set.Mode != "" && set.Mode != Batch && set.Mode != Single:
		return fmt.Errorf("payroll: Runner.Mode %q must be %q or %q", set.Mode, Batch, Single)
	case set.BatchSize < 0, set.Concurrency < 0:
		return errors.New("payroll: Runner.BatchSize and Concurrency must not be negative")
	case min(set.SendTimeout, set.QuietPeriod, set.Lease, set.PollMin, set.PollMax, set.IdleTimeout) < 0:
		return errors.New("payroll: the times of a Runner must not be negative")
	}
	set.fill()
	if set.QuietPeriod <= set.SendTimeout {
		return fmt.Errorf(
			"payroll: Runner.QuietPeriod %s must be longer than SendTimeout %s: a request could still be on its way",
			set.QuietPeriod,
			set.SendTimeout,
		)
	}
	return nil
}

// payAll goes on wherever the journal says the run stands.
func (r *run) payAll(ctx context.Context) error {
	if err := r.open(ctx); err != nil {
		return err
	}
	if r.sum(Planned).Count+r.sum(Unknown).Count > 0 { // what is finished needs no approval to be looked at
		if err := r.checkApproval(ctx, r.info); err != nil {
			return err
		}
	}
	if r.sum(Unknown).Count > 0 {
		r.reportWait(true, 0, time.Now())
		if _, err := r.reconcile(ctx); err != nil {
			return err
		}
	}
	if err := r.applyEarlier(ctx); err != nil {
		return err
	}
	if err := r.rejectPlanned(ctx); err != nil {
		return err
	}
	if err := r.checkFunds(ctx); err != nil {
		return err
	}
	return r.loop(ctx, true)
}

// open reads where the run stands. What the last holder of the lease was sending may have left until this moment, so
// the quiet period of those payouts starts now.
func (r *run) open(ctx context.Context) (err error) {
	if r.info, err = r.Journal.Planned(ctx); err != nil {
		return err
	}
	if r.sums, err = r.Journal.Sums(ctx); err != nil {
		return err
	}
	r.lastLost = time.Now()
	for after := int64(0); ; {
		payouts, err := r.Journal.Payouts(ctx, after, readAhead, Submitting)
		if err != nil || len(payouts) == 0 {
			return err
		}
		after = payouts[len(payouts)-1].ID
		changes := make([]Change, len(payouts))
		for i, p := range payouts {
			p.State, p.Reason = Unknown, "the program ended before the answer came"
			changes[i] = Change{From: Submitting, Payout: p}
		}
		r.endedMidway = true
		r.Logger.InfoContext(ctx, "payouts were on their way when the last run ended", "count", len(payouts))
		if err := r.advance(ctx, changes); err != nil {
			return err
		}
	}
}

// checkFunds refuses a run that the balance cannot cover. Fees come on top and are not known beforehand.
func (r *run) checkFunds(ctx context.Context) error {
	need := r.sum(Planned).Amount
	if need == 0 || r.AllowShort {
		return nil
	}
	balance, err := r.Client.Balance.Get(ctx)
	if err != nil {
		return fmt.Errorf("payroll: nothing was sent: the balance cannot be read: %w", err)
	}
	switch {
	case balance.Balance >= need:
		return nil
	case need < r.info.Total-r.rejected: // an earlier run has sent some: this one settles those, and sends no more
		r.Logger.WarnContext(
			ctx,
			"the account does not cover what is left: it stays planned",
			"left",
			int64(need),
			"balance",
			int64(balance.Balance),
		)
		r.insufficient = true
		r.reportHindered(fmt.Errorf("%w: it holds %s, and %s are left to be paid", ErrInsufficientFunds, balance.Balance, need))
		return nil
	default:
		return fmt.Errorf("%w: it holds %s, and %s are to be paid", ErrInsufficientFunds, balance.Balance, need)
	}
}

// loop sends and settles until nothing is left to do or to wait for.
func (r *run) loop(ctx context.Context, sending bool) error {
	following, cancel := context.WithCancel(ctx)
	var follower sync.WaitGroup
	follower.Go(func() { r.consumeUpdates(following) })
	defer follower.Wait()
	defer cancel()
	news, latest, pause := r.progressCount(), time.Now(), r.PollMin
	for {
		wait := time.Duration(0)
		if sending && !r.insufficient && (!r.tripped || r.sum(Unknown).Count == 0) {
			var err error
			if wait, err = r.sendPlanned(ctx); err != nil {
				return err
			}
		}
		next, err := r.reconcile(ctx)
		if err != nil {
			return err
		}
		if r.nothingLeft(sending) {
			return nil
		}
		switch now := r.progressCount(); {
		case now != news:
			news, latest, pause = now, time.Now(), r.PollMin
		case time.Since(latest) >= r.IdleTimeout:
			r.Logger.WarnContext(ctx, "no news for too long: what is open stays open", "idle_timeout", r.IdleTimeout)
			return nil
		}
		if wait == 0 && sending && !r.insufficient && r.sum(Planned).Count > 0 && (!r.tripped || r.sum(Unknown).Count == 0) {
			continue // what provably was never sent goes out again
		}
		interval := max(wait, min(pause, next))
		r.reportWait(sending, interval, latest)
		if err := r.wait(ctx, interval, sending); err != nil {
			return err
		}
		pause = min(2*pause, r.PollMax)
	}
}

// wait pauses before the next pass, and no longer than there is something to wait for.
func (r *run) wait(ctx context.Context, pause time.Duration, sending bool) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timer.C:
			return nil
		case <-r.wake:
			if r.nothingLeft(sending) {
				return nil
			}
		}
	}
}

// nothingLeft reports whether no payout can come any further in this run.
func (r *run) nothingLeft(sending bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	open := r.sums[Submitting].Count + r.sums[Unknown].Count + r.sums[Submitted].Count
	if sending && !r.insufficient {
		open += r.sums[Planned].Count
	}
	return open == 0
}

// progressCount is a number that moves whenever a payout is accepted or final.
func (r *run) progressCount() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.sums[Submitted].Count
	for state, sum := range r.sums {
		if state.Final() {
			n += 2 * sum.Count
		}
	}
	return n
}
