package riverpayroll

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
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
	// and Patience, here how long a part is asked about after its first question, a day. Journal, Silence, Owner and
	// Updates are the worker's own business and must be left empty.
	Runner payroll.Runner
}

// leastConns is how many connections a pool must have. Fewer would leave a part waiting for itself.
const leastConns = 4

// AddWorkers registers the workers of payroll runs. The River client they are given to must use riverpgxv5 on the same
// database, and work [QueueSend] and [QueueSettle]; [ClientConfig] makes a configuration that suits them.
func AddWorkers(workers *river.Workers, config Config) error {
	runner := config.Runner
	switch {
	case config.Pool == nil:
		return errors.New("riverpayroll: Config.Pool is missing")
	case config.Pool.Config().MaxConns < leastConns:
		return fmt.Errorf("riverpayroll: Config.Pool must have %d connections or more, not %d: River keeps one for itself, and a part needs two at a time",
			leastConns, config.Pool.Config().MaxConns)
	case runner.Journal != nil, runner.Silence != nil, runner.Owner != "", runner.Updates != nil:
		return errors.New("riverpayroll: Journal, Silence, Owner and Updates of Config.Runner must be left empty")
	}
	if err := runner.Validate(); err != nil {
		return fmt.Errorf("riverpayroll: %w", err)
	}
	setDefault(&runner.Lease, 10*time.Second)
	setDefault(&runner.PollMin, time.Second)
	setDefault(&runner.PollMax, max(time.Minute, runner.PollMin))
	setDefault(&runner.Patience, 24*time.Hour)
	if runner.Logger == nil {
		runner.Logger = slog.New(slog.DiscardHandler)
	}
	if err := river.AddWorkerSafely(workers, &partWorker{runner: runner, pool: config.Pool, lookout: lookout{started: time.Now()}}); err != nil {
		return fmt.Errorf("riverpayroll: %w", err)
	}
	if err := river.AddWorkerSafely(workers, &takeOverWorker{pool: config.Pool, lease: runner.Lease}); err != nil {
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
}

// Work implements river.Worker.
func (w *partWorker) Work(ctx context.Context, job *river.Job[Part]) error {
	if err := w.lookout.look(ctx); err != nil { // the part at hand can do without
		w.runner.Logger.WarnContext(ctx, "abandoned parts were not looked for", "error", err)
	}
	if wait := notYet(job.JobRow); wait > 0 {
		return river.JobSnooze(wait)
	}
	db := stdlib.OpenDBFromPool(w.pool)
	defer db.Close() //nolint:errcheck // it holds nothing: the pool does
	part, err := sqljournal.OpenPart(ctx, db, job.Args.Run, job.Args.Part)
	if errors.Is(err, payroll.ErrNoPlan) {
		return river.JobCancel(err)
	}
	if err != nil {
		return err
	}
	runner := w.runner
	runner.Journal, runner.Silence = part, part.Silence
	totals, again, err := runner.Step(ctx)
	stepped := err == nil
	again, err = w.verdict(ctx, job, again, err)
	switch {
	case err != nil:
		return err
	case again == 0:
		return nil
	case job.Queue != QueueSettle:
		return w.handOver(ctx, job, again)
	case stepped && time.Since(job.CreatedAt) > w.runner.Patience:
		if err := w.giveUp(ctx, part, totals); err != nil {
			return err
		}
	}
	return river.JobSnooze(again)
}

// giveUp cancels the job of a part of which nothing is left to be sent, and nothing was for as long as Patience.
func (w *partWorker) giveUp(ctx context.Context, part *sqljournal.Part, totals payroll.Totals) error {
	if totals.Unsent.Count > 0 {
		return nil
	}
	const atOnce = 500
	for after := int64(0); ; {
		open, err := part.Payouts(ctx, after, atOnce, payroll.Submitting, payroll.Unknown, payroll.Submitted)
		if err != nil {
			return err
		}
		for _, payout := range open {
			if time.Since(payout.SentAt) <= w.runner.Patience {
				return nil
			}
			after = payout.ID
		}
		if len(open) < atOnce {
			return river.JobCancel(fmt.Errorf("riverpayroll: %d payouts have no outcome after %s: enqueue the run again to go on asking",
				totals.Open.Count+totals.Unknown.Count, w.runner.Patience))
		}
	}
}

// verdict says when the part is to be looked at again, or why the job has failed. What only has to wait is no failure.
func (w *partWorker) verdict(ctx context.Context, job *river.Job[Part], again time.Duration, err error) (time.Duration, error) {
	if err == nil {
		return again, nil
	}
	held := (*payroll.HeldError)(nil)
	log := w.runner.Logger.With("run", job.Args.Run, "part", job.Args.Part)
	const patiently = time.Minute
	switch {
	case errors.Is(context.Cause(ctx), rivertype.ErrJobCancelledRemotely):
		return 0, fmt.Errorf("%w: %w", rivertype.ErrJobCancelledRemotely, err)
	case errors.As(err, &held):
		return max(held.For, time.Millisecond), nil
	case errors.Is(err, payroll.ErrLost):
		log.WarnContext(ctx, "the part has passed to another worker", "error", err)
		return w.runner.Lease, nil
	case errors.Is(err, payroll.ErrShort):
		log.WarnContext(ctx, "the account does not cover the part: it stays planned", "error", err)
		return patiently, nil
	case errors.Is(err, payroll.ErrStopped):
		log.ErrorContext(ctx, "the API turns everybody away", "error", err)
		return patiently, nil
	case errors.Is(err, djamo.ErrRateLimited):
		return w.runner.PollMin, nil
	case ctx.Err() != nil: // its time was up, or the program ends; everything is recorded
		return time.Millisecond, nil //nolint:nilerr // see above
	}
	return 0, err
}

// handOver completes a job and adds the one that goes on, both or neither. What was told to stop is not handed on.
func (w *partWorker) handOver(ctx context.Context, job *river.Job[Part], again time.Duration) error {
	client := river.ClientFromContext[pgx.Tx](ctx)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	tx, err := w.pool.Begin(ctx)
	if err != nil {
		return fmt.Errorf("riverpayroll: handing the part over: %w", err)
	}
	defer tx.Rollback(ctx) //nolint:errcheck // does nothing once it is committed
	if err := giveWay(ctx, tx); err != nil {
		return fmt.Errorf("riverpayroll: handing the part over: %w", err)
	}
	now, err := client.JobGetTx(ctx, tx, job.ID)
	switch {
	case err != nil:
		return fmt.Errorf("riverpayroll: handing the part over: %w", err)
	case now.State != rivertype.JobStateRunning:
		return nil // another took its place while this worker was frozen, and may have been cancelled since
	}
	next, err := settleIn(again)
	if err != nil {
		return err
	}
	added, err := client.InsertTx(ctx, tx, job.Args, next)
	if err != nil {
		return fmt.Errorf("riverpayroll: handing the part over: %w", err)
	}
	if added.UniqueSkippedAsDuplicate && cancelling(added.Job) {
		return river.JobSnooze(again) // the part would stop with that one
	}
	done, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job)
	if err != nil {
		return fmt.Errorf("riverpayroll: handing the part over: %w", err)
	}
	if cancelling(done.JobRow) {
		return rivertype.ErrJobCancelledRemotely
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("riverpayroll: handing the part over: %w", err)
	}
	return nil
}

// giveWay makes the database end a transaction that replaces a job by another, and whose worker is frozen in the middle: it
// must not keep others from the part for ever.
func giveWay(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, "SET LOCAL idle_in_transaction_session_timeout = '10s'")
	return err
}
