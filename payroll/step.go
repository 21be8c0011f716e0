package payroll

import (
	"context"
	"errors"
	"time"

	"github.com/djamo/djamo-go/internal/lease"
)

// Prepare stores a plan in the journal and sends nothing: it takes over what was paid under the plan's references before
// this journal was made, as far as the newest transactions show it, and refuses with ErrInsufficientFunds what the account does not
// cover. It is what Run does before its first payment, and safe to repeat.
func (r *Runner) Prepare(ctx context.Context, plan *Plan) (Totals, error) {
	return r.drive(ctx, (*lease.Holder).Acquire, func(ctx context.Context, run *run) error {
		if err := run.plan(ctx, plan); err != nil {
			return err
		}
		if err := run.open(ctx); err != nil {
			return err
		}
		if err := run.applyEarlier(ctx); err != nil {
			return err
		}
		if err := run.rejectPlanned(ctx); err != nil {
			return err
		}
		return run.checkFunds(ctx)
	})
}

// Step takes the run one pass further and waits for nothing: it asks once what became of what was sent, sends what is
// planned, and returns after how long it should be called again, or zero when nothing is left to do. An engine that has
// a queue of its own calls it, in place of Run, from whichever process it likes: all that one step knows the next one
// reads from the journal, and SinceLostAnswer must be set.
//
// Step is safe to repeat and to call from several processes at once: while another has the run the error is a
// *HeldError, and when the process was frozen so long that another has it, nothing more is sent and the error matches
// ErrLeaseLost. ErrNotApproved means that what is planned waits for an approval. ErrInsufficientFunds means that the account
// does not cover what is planned, of which nothing was sent; ErrStopped that the API would turn away anybody. Between PollMin
// and PollMax, outcomes are asked for again after half the time that has passed since they were sent; IdleTimeout and Updates
// do not count.
func (r *Runner) Step(ctx context.Context) (totals Totals, again time.Duration, err error) {
	if r.SinceLostAnswer == nil {
		return Totals{}, 0, errors.New(
			"payroll: Runner.SinceLostAnswer is missing: Step cannot know otherwise how long a request may still be on its way",
		)
	}
	totals, err = r.drive(ctx, (*lease.Holder).Renew, func(ctx context.Context, run *run) (err error) {
		again, err = run.step(ctx)
		return err
	})
	return totals, again, err
}

// step settles before it sends, so that what was never sent goes out in the same step.
func (r *run) step(ctx context.Context) (again time.Duration, err error) {
	if err := r.open(ctx); err != nil {
		return 0, err
	}
	silence, err := r.SinceLostAnswer(ctx)
	if err != nil {
		return 0, err
	}
	r.lastLost = time.Now().Add(-silence)
	next := r.PollMax
	if r.sum(Unknown).Count+r.sum(Submitted).Count > 0 {
		if next, err = r.reconcile(ctx); err != nil {
			return 0, err
		}
	}
	if r.sum(Planned).Count > 0 { // what was sent is asked about without an approval
		if err := r.checkApproval(ctx, r.info); err != nil {
			return 0, err
		}
	}
	var wait time.Duration
	if r.endedMidway { // what the journal was about to record may be lost with its machine
		if err := r.applyEarlier(ctx); err != nil {
			return 0, err
		}
	}
	if err := r.rejectPlanned(ctx); err != nil {
		return 0, err
	}
	if r.sum(Planned).Count > 0 {
		if err := r.checkFunds(ctx); err != nil {
			return 0, err
		}
		if !r.insufficient {
			if wait, err = r.sendPlanned(ctx); err != nil {
				return 0, err
			}
		}
	}
	switch {
	case r.insufficient:
		return r.PollMax, nil
	case r.nothingLeft(true):
		return 0, nil
	}
	pause, err := r.pause(ctx)
	return max(wait, min(pause, next), time.Millisecond), err
}

// pause is how long to wait before asking for outcomes again. It needs no memory of how often that was done: what was
// sent long ago is asked about seldom.
func (r *run) pause(ctx context.Context) (time.Duration, error) {
	open, err := r.Journal.Payouts(ctx, 0, 1, Unknown, Submitted)
	if err != nil || len(open) == 0 {
		return r.PollMin, err
	}
	return min(max(time.Since(open[0].SentAt)/2, r.PollMin), r.PollMax), nil
}
