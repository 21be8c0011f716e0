package riverpayroll

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// Between the moment a run is enqueued and the one it is sent at somebody may have paid it in another way: from one machine,
// under another name. So each worker compares what is left of a run with what the account has paid lately before it sends
// the first payout of it, and again whenever nothing was sent for a while, for whatever reason.

// comparedFor is how long a worker that has nothing to send of a run may go on without another comparison.
const comparedFor = 5 * time.Minute

// compareLimit is how long one comparison may take. It goes on when the time of the job that has begun it is up.
const compareLimit = 10 * time.Minute

// comparisons remembers when this process last knew of each run that nothing of what is left was paid otherwise. A process
// that starts knows nothing.
type comparisons struct {
	mu   sync.Mutex
	runs map[string]*runComparison
}

// runComparison is what is known of one run.
type runComparison struct {
	mu      sync.Mutex
	resumed time.Time // when the run was last enqueued or resumed, as it was compared
	at      time.Time // when nothing was paid otherwise
	running *attempt
}

// isOld reports whether nothing would be lost by forgetting it: the run was not compared lately, as those of which nothing is
// sent, or it would be compared again.
func (r *runComparison) isOld() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.running == nil && time.Since(r.at) >= comparedFor
}

// attempt is a comparison under way.
type attempt struct {
	done chan struct{}
	err  error // once it is done
}

// of returns what is known of a part's run.
func (c *comparisons) of(run string, part *sqljournal.Part) *partComparison {
	c.mu.Lock()
	defer c.mu.Unlock()
	const maxRuns = 100
	known, ok := c.runs[run]
	if !ok {
		if len(c.runs) >= maxRuns {
			maps.DeleteFunc(c.runs, func(_ string, r *runComparison) bool { return r.isOld() })
		}
		if c.runs == nil || len(c.runs) >= maxRuns { // what is forgotten is compared again
			c.runs = map[string]*runComparison{}
		}
		known = &runComparison{}
		c.runs[run] = known
	}
	return &partComparison{run: known, part: part}
}

// partComparison is the comparison that a step of a part depends on.
type partComparison struct {
	run    *runComparison
	part   *sqljournal.Part
	passed bool // what the step sends was compared
}

// check compares the run unless that was done a moment ago, and holds it when payees got the same amounts under other
// references. One worker of the process compares, and the others wait for it.
func (c *partComparison) check(ctx context.Context, client *djamo.Client, log *slog.Logger) error {
	for {
		running, fresh := c.run.begin(ctx, c.part, client, log)
		if fresh {
			c.passed = true
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-running.done:
		}
		if running.err != nil {
			return running.err
		}
	}
}

// begin reports that nothing need be compared, or begins what must be unless that was done already.
func (r *runComparison) begin(ctx context.Context, part *sqljournal.Part, client *djamo.Client, log *slog.Logger) (*attempt, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.resumed.Before(part.Resumed()) && time.Since(r.at) < comparedFor {
		return nil, true
	}
	if r.running == nil {
		running := &attempt{done: make(chan struct{})}
		r.running = running
		go func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), compareLimit)
			defer cancel()
			started := time.Now()
			err := compare(ctx, part, client, log)
			r.mu.Lock()
			defer r.mu.Unlock()
			if running.err = err; err == nil {
				r.resumed, r.at = part.Resumed(), started
			}
			r.running = nil
			close(running.done)
		}()
	}
	return r.running, false
}

// compare compares the run of a part, and holds it when something was found.
func compare(ctx context.Context, part *sqljournal.Part, client *djamo.Client, log *slog.Logger) error {
	recent, err := payroll.CompareUnsent(ctx, client, part.WholeRun(), payroll.RecentOptions{Window: part.CompareWindow()})
	if err != nil {
		return err
	}
	warnings := recent.Warnings()
	for _, warning := range warnings {
		log.WarnContext(ctx, "the run was compared with what the account has paid lately", "warning", warning.Text)
	}
	if recent.Repeated.Count == 0 {
		return nil
	}
	if err := part.Hold(ctx, warnings[0].Text); err != nil {
		return err
	}
	return fmt.Errorf("%w: payees of it got the same amounts lately", payroll.ErrCancelled)
}

// stepped notes how a step has ended, and what kept it from sending for a while if anything did. While payouts leave nobody pays
// them otherwise; a step that something was in the way of may be followed by a long time in which somebody does.
func (c *partComparison) stepped(err, hindrance error) {
	if !c.passed {
		return
	}
	c.run.mu.Lock()
	defer c.run.mu.Unlock()
	switch {
	case c.run.at.IsZero(): // something was in the way of another part
	case err == nil && hindrance == nil:
		c.run.at = time.Now()
	case err == nil: // perhaps nothing has left
	case !errors.Is(err, djamo.ErrRateLimited) && !errors.Is(err, payroll.ErrLeaseLost) && !errors.Is(err, payroll.ErrLeaseHeld):
		c.run.at = time.Time{}
	}
}
