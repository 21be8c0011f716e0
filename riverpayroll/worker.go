package riverpayroll

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// Config is what workers need. Pool and Runner.Client are required.
type Config struct {
	// Pool is the database of the journal, and of River.
	Pool *pgxpool.Pool
	// Runner says how a part is paid, with the defaults of payroll.Runner but for these: Lease is 10 s, PollMax a minute,
	// and IdleTimeout, here how long a part is asked about after its first question, a day. Journal, SinceLostAnswer, Owner and
	// Updates are the worker's own business and must be left empty; BeforeSend and Hindered are replaced.
	Runner payroll.Runner
}

// minConns is how many connections a pool must have. Fewer would leave a part waiting for itself.
const minConns = 4

// AddWorkers registers the workers of payroll runs. The River client they are given to must use riverpgxv5 on the same
// database, and work [QueueSend] and [QueueSettle]; [ClientConfig] makes a configuration that suits them.
func AddWorkers(workers *river.Workers, config Config) error {
	runner := config.Runner
	switch {
	case config.Pool == nil:
		return errors.New("riverpayroll: Config.Pool is missing")
	case config.Pool.Config().MaxConns < minConns:
		return fmt.Errorf(
			"riverpayroll: Config.Pool must have %d connections or more, not %d: River keeps one for itself, and a part needs two at a time",
			minConns,
			config.Pool.Config().MaxConns,
		)
	case runner.Journal != nil, runner.SinceLostAnswer != nil, runner.Owner != "", runner.Updates != nil:
		return errors.New("riverpayroll: Journal, SinceLostAnswer, Owner and Updates of Config.Runner must be left empty")
	}
	if err := runner.Validate(); err != nil {
		return fmt.Errorf("riverpayroll: %w", err)
	}
	setDefault(&runner.Lease, 10*time.Second)
	setDefault(&runner.PollMin, time.Second)
	setDefault(&runner.PollMax, max(time.Minute, runner.PollMin))
	setDefault(&runner.IdleTimeout, 24*time.Hour)
	if runner.Logger == nil {
		runner.Logger = slog.New(slog.DiscardHandler)
	}
	part := &partWorker{runner: runner, pool: config.Pool, lookout: lookout{started: time.Now()}}
	if err := river.AddWorkerSafely(workers, part); err != nil {
		return fmt.Errorf("riverpayroll: %w", err)
	}
	if err := river.AddWorkerSafely(workers, &takeOverWorker{
		pool: config.Pool, logger: runner.Logger, lease: runner.Lease, longest: max(runner.PollMax, maxWait),
	}); err != nil {
		return fmt.Errorf("riverpayroll: %w", err)
	}
	return nil
}

func setDefault(field *time.Duration, fallback time.Duration) {
	if *field == 0 {
		*field = fallback
	}
}

// partWorker takes a part one step further.
type partWorker struct {
	river.WorkerDefaults[Part]

	runner  payroll.Runner
	pool    *pgxpool.Pool
	lookout lookout
	outages outages
	recent  comparisons
	seals   sqljournal.Seals
}

// Work implements river.Worker. What keeps a part from going on is waited for, and uses up no attempt: an error is a defect.
func (w *partWorker) Work(ctx context.Context, job *river.Job[Part]) error {
	if err := checkSchema(ctx); err != nil {
		w.runner.Logger.ErrorContext(ctx, "no part is worked", "error", err)
		return river.JobSnooze(maxWait)
	}
	if err := w.lookout.look(ctx); err != nil { // the part at hand can do without
		w.runner.Logger.WarnContext(ctx, "abandoned parts were not looked for", "error", err)
	}
	if wait := notYet(job.JobRow); wait > 0 {
		return river.JobSnooze(wait)
	}
	db := stdlib.OpenDBFromPool(w.pool)
	defer db.Close() //nolint:errcheck // it holds nothing: the pool does
	part, err := sqljournal.OpenPart(ctx, db, job.Args.Run, job.Args.Part)
	switch {
	case errors.Is(err, payroll.ErrNoPlan):
		return river.JobCancel(err)
	case err != nil:
		return w.outage(ctx, job, nil, err)
	case part.Cancelled():
		return w.endCancelled(ctx, job)
	}
	part.Share(&w.seals)
	runner := w.runner
	runner.Journal, runner.SinceLostAnswer = part, part.SinceLostAnswer
	compare := w.recent.of(job.Args.Run, part)
	runner.BeforeSend = func(ctx context.Context) error { return compare.check(ctx, runner.Client, runner.Logger) }
	var hindrance error
	runner.Hindered = func(err error) { hindrance = err }
	totals, again, err := runner.Step(ctx)
	if errors.Is(err, payroll.ErrCancelled) {
		return w.endCancelled(ctx, job)
	}
	stepped := err == nil
	compare.stepped(err, hindrance)
	if stepped {
		w.stepped(ctx, part, totals, again, hindrance)
	} else if again, err = w.verdict(ctx, job, part, again, err); err != nil {
		return err
	}
	switch {
	case again == 0:
		return nil
	case job.Queue != QueueSettle:
		return w.handOver(ctx, job, again)
	case stepped && time.Since(job.CreatedAt) > w.runner.IdleTimeout:
		if ended, err := w.giveUp(ctx, job, part, totals); err != nil || ended {
			return err
		}
	}
	return river.JobSnooze(again)
}

// stepped notes what is in the way of a part although its step has succeeded.
func (w *partWorker) stepped(ctx context.Context, part *sqljournal.Part, totals payroll.Totals, again time.Duration, hindrance error) {
	w.outages.over()
	if again == 0 { // whatever was in the way is no more
		hindrance = nil
	}
	if hindrance != nil || totals.Unknown.Count == 0 { // those whose answers were lost still wait
		w.note(ctx, part, hindrance)
	}
}

// checkSchema refuses a River client whose tables are not where those of the journal are: jobs are added where the
// database's search_path finds them.
func checkSchema(ctx context.Context) error {
	if schema := river.ClientFromContext[pgx.Tx](ctx).Schema(); schema != "" {
		return fmt.Errorf("riverpayroll: River's Config.Schema %q is not supported: leave it empty and set search_path in the database's address",
			schema)
	}
	return nil
}

// giveUp ends the job of a part of which nothing is left to be sent, and nothing was for as long as IdleTimeout. A run
// that was resumed since is asked about for as long again.
func (w *partWorker) giveUp(ctx context.Context, job *river.Job[Part], part *sqljournal.Part, totals payroll.Totals) (bool, error) {
	if totals.Unsent.Count > 0 || part.SinceResumed() <= w.runner.IdleTimeout {
		return false, nil
	}
	const atOnce = 500
	for after := int64(0); ; {
		open, err := part.Payouts(ctx, after, atOnce, payroll.Submitting, payroll.Unknown, payroll.Submitted)
		if err != nil {
			return false, err
		}
		for _, payout := range open {
			if time.Since(payout.SentAt) <= w.runner.IdleTimeout {
				return false, nil
			}
			after = payout.ID
		}
		if len(open) < atOnce {
			break
		}
	}
	text := fmt.Sprintf("%d payouts have no outcome after %s: resume the run to go on asking",
		totals.Open.Count+totals.Unknown.Count, w.runner.IdleTimeout)
	ended, err := w.end(ctx, job, func(ctx context.Context, tx pgx.Tx, _ bool) (same bool, err error) {
		err = tx.QueryRow(ctx, `UPDATE djamo_payroll_parts AS p SET trouble = $3, troubled = clock_timestamp()
			FROM djamo_payroll_runs AS r WHERE r.id = p.run AND r.name = $1 AND p.part = $2 RETURNING r.resumed = $4`,
			job.Args.Run, job.Args.Part, text, part.Resumed()).Scan(&same)
		if err != nil || !same {
			return false, err
		}
		// With the part locked: another job of it may have sent since this one has looked, and rely on this one to ask.
		err = tx.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM djamo_payroll_parts AS p JOIN djamo_payroll_runs AS r ON r.id = p.run
				JOIN djamo_payroll_payouts AS o ON o.run = p.run AND o.id BETWEEN p.first AND p.last
			WHERE r.name = $1 AND p.part = $2 AND (o.state = 'planned' OR o.state IN ('submitting', 'unknown', 'submitted') AND o.sent_at > $3))`,
			job.Args.Run, job.Args.Part, time.Now().Add(-w.runner.IdleTimeout).UnixNano()).Scan(&same)
		return same, err
	})
	if ended && err == nil {
		w.runner.Logger.WarnContext(ctx, text, "run", job.Args.Run, "part", job.Args.Part) //nolint:sloglint // what the part says, too
	}
	return ended, err
}

// maxWait bounds how long a job waits for what is in its way.
const maxWait = time.Minute

// verdict says after how long a part that could not go on is looked at again, or when its job is. What only has to wait is
// no failure, and it uses up no attempt; why it waits is recorded for those who ask.
func (w *partWorker) verdict(
	ctx context.Context, job *river.Job[Part], part *sqljournal.Part, again time.Duration, err error,
) (time.Duration, error) {
	held := (*payroll.HeldError)(nil)
	log := w.runner.Logger.With("run", job.Args.Run, "part", job.Args.Part)
	switch {
	case errors.Is(context.Cause(ctx), rivertype.ErrJobCancelledRemotely):
		return 0, fmt.Errorf("%w: %w", rivertype.ErrJobCancelledRemotely, err)
	case errors.As(err, &held):
		return min(max(held.ExpiresIn, time.Millisecond), maxWait), nil
	case errors.Is(err, payroll.ErrLeaseLost):
		log.WarnContext(ctx, "the part has passed to another worker", "error", err)
		return min(w.runner.Lease, maxWait), nil
	case errors.Is(err, payroll.ErrInsufficientFunds):
		log.WarnContext(ctx, "the account does not cover the part: it stays planned", "error", err)
		w.note(ctx, part, err)
		return maxWait, nil
	case errors.Is(err, payroll.ErrNotApproved):
		log.WarnContext(ctx, "the part waits for the approval of a second person", "error", err)
		w.note(ctx, part, err)
		return maxWait, nil
	case errors.Is(err, payroll.ErrStopped), turnedAway(err):
		log.ErrorContext(ctx, "the API turns everybody away", "error", err)
		w.note(ctx, part, err)
		return 0, river.JobSnooze(maxWait)
	case errors.Is(err, djamo.ErrRateLimited):
		w.note(ctx, part, err)
		wait := w.runner.PollMin
		if refusal, ok := errors.AsType[*djamo.Error](err); ok {
			wait = max(wait, refusal.RetryAfter)
		}
		return min(wait, maxWait), nil
	case ctx.Err() != nil: // its time was up, or the program ends; everything is recorded
		if errors.Is(context.Cause(ctx), context.DeadlineExceeded) { // it may have waited all the time
			w.note(ctx, part, err)
		}
		return max(again, time.Millisecond), nil
	}
	return 0, w.outage(ctx, job, part, err)
}

// outage makes a job wait while the API or the database is away, the longer the longer that lasts.
func (w *partWorker) outage(ctx context.Context, job *river.Job[Part], part *sqljournal.Part, err error) error {
	if ctx.Err() != nil {
		return river.JobSnooze(time.Millisecond)
	}
	wait := w.outages.next()
	w.runner.Logger.WarnContext(ctx, "the part could not go on", "run", job.Args.Run, "part", job.Args.Part, "again_in", wait, "error", err)
	if part != nil {
		w.note(ctx, part, err)
	}
	return river.JobSnooze(wait)
}

// note records why a part waits, or that it does not.
func (w *partWorker) note(ctx context.Context, part *sqljournal.Part, hindrance error) {
	reason := ""
	if hindrance != nil {
		reason = hindrance.Error()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), standStill)
	defer cancel()
	if err := part.NoteTrouble(ctx, reason); err != nil {
		w.runner.Logger.WarnContext(ctx, "why the part waits was not recorded", "error", err)
	}
}

// outages counts failures in a row of this process, whatever the part: it is the API or the database that is away.
type outages struct{ count atomic.Int64 }

func (o *outages) over() { o.count.Store(0) }

// next doubles from a second to maxBackoff, with jitter.
func (o *outages) next() time.Duration { return backoff(int(min(o.count.Add(1)-1, 10))) }
