package riverpayroll

import (
	"context"
	"database/sql"
	"encoding/json"
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

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// takeOverEvery is how often abandoned parts are looked for, takeOverLimit how long one of them may take.
const (
	takeOverEvery = 5 * time.Second
	takeOverLimit = time.Second
)

// takeOver is the job that finds parts whose worker is gone. River would find their jobs by itself, but only after the
// longest time that any job may take; the lease of a part shows it much sooner.
type takeOver struct{}

// Kind implements river.JobArgs.
func (takeOver) Kind() string { return "djamo_payroll_take_over" }

// periodic is how the leader of the River clients adds the job, also when it has just become one: it may not live long.
func periodic() *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(takeOverEvery), func() (river.JobArgs, *river.InsertOpts) {
		return takeOver{}, lookNow()
	}, &river.PeriodicJobOpts{ID: takeOver{}.Kind(), RunOnStart: true})
}

// lookNow are the options of the job, of which there is one in takeOverEvery. It is not unique while one runs: its own
// worker may be gone.
func lookNow() *river.InsertOpts {
	return &river.InsertOpts{
		Queue:       QueueSettle,
		MaxAttempts: 1, // the next one comes soon
		Priority:    1, // before any part
		UniqueOpts:  river.UniqueOpts{ByPeriod: takeOverEvery},
	}
}

// lookout adds the job as well, from every process that works: the leader may be gone itself, and another takes a while.
type lookout struct {
	started time.Time
	next    atomic.Int64 // after started
}

// look adds the job if this process has not done so for takeOverEvery.
func (l *lookout) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, takeOverLimit)
	defer cancel()
	now, next := int64(time.Since(l.started)), l.next.Load()
	if now < next || !l.next.CompareAndSwap(next, now+int64(takeOverEvery)) {
		return nil
	}
	if _, err := river.ClientFromContext[pgx.Tx](ctx).Insert(ctx, takeOver{}, lookNow()); err != nil {
		return fmt.Errorf("riverpayroll: looking for abandoned parts: %w", err)
	}
	return nil
}

type takeOverWorker struct {
	river.WorkerDefaults[takeOver]

	pool    *pgxpool.Pool
	logger  *slog.Logger
	lease   time.Duration
	longest time.Duration // that a job waits
}

// Timeout implements river.Worker.
func (*takeOverWorker) Timeout(*river.Job[takeOver]) time.Duration { return 10 * time.Second }

// Work implements river.Worker. A job that has run for longer than a lease while nobody holds its part was abandoned, and
// another takes its place. One that was not abandoned after all does no harm: the lease decides who pays.
func (w *takeOverWorker) Work(ctx context.Context, _ *river.Job[takeOver]) error {
	if err := checkSchema(ctx); err != nil {
		w.logger.ErrorContext(ctx, "no part is worked", "error", err)
		return err
	}
	client := river.ClientFromContext[pgx.Tx](ctx)
	return errors.Join(w.takeOver(ctx, client), w.wake(ctx, client), w.alarm(ctx, client))
}

// alarm logs jobs that were discarded since it was last called. Nothing that is waited for uses up an attempt: each of
// them is a defect, and its part has nobody who goes on with it until the run is resumed.
func (w *takeOverWorker) alarm(ctx context.Context, client *river.Client[pgx.Tx]) error {
	discarded := river.NewJobListParams().Kinds(Part{}.Kind()).States(rivertype.JobStateDiscarded).First(100).
		Where("finalized_at > now() - make_interval(secs => @since)", river.NamedArgs{"since": takeOverEvery.Seconds()})
	list, err := client.JobList(ctx, discarded)
	if err != nil {
		return fmt.Errorf("riverpayroll: listing jobs: %w", err)
	}
	for _, job := range list.Jobs {
		w.logger.ErrorContext(ctx, "a job was discarded: resume its run, and tell us of the defect", "job", job.ID, "attempts", job.Attempt)
	}
	return nil
}

func (w *takeOverWorker) takeOver(ctx context.Context, client *river.Client[pgx.Tx]) error {
	// A start that lies ahead is of a worker, or of a time, whose clock was wrong.
	running := river.NewJobListParams().Kinds(Part{}.Kind()).States(rivertype.JobStateRunning).First(10_000).
		Where("attempted_at NOT BETWEEN now() - make_interval(secs => @lease) AND now() + interval '1 second'",
			river.NamedArgs{"lease": w.lease.Seconds()})
	list, err := client.JobList(ctx, running)
	if err != nil {
		return fmt.Errorf("riverpayroll: listing jobs: %w", err)
	}
	db := stdlib.OpenDBFromPool(w.pool)
	defer db.Close()   //nolint:errcheck // it holds nothing: the pool does
	var failures error // one part that cannot be taken over keeps no other waiting
	for _, row := range list.Jobs {
		if err := w.from(ctx, client, db, row); err != nil && !busy(err) {
			failures = errors.Join(failures, err)
		}
	}
	return failures
}

// wake makes jobs available that are scheduled for later than any of ours waits: a clock was set back, or that of the
// worker which has scheduled them is ahead.
func (w *takeOverWorker) wake(ctx context.Context, client *river.Client[pgx.Tx]) error {
	late := river.NewJobListParams().Kinds(Part{}.Kind()).First(1000).
		States(rivertype.JobStateScheduled, rivertype.JobStateAvailable, rivertype.JobStateRetryable).
		Where("scheduled_at > now() + make_interval(secs => @longest)", river.NamedArgs{"longest": (w.longest + schedulerTick).Seconds()})
	list, err := client.JobList(ctx, late)
	if err != nil {
		return fmt.Errorf("riverpayroll: listing jobs: %w", err)
	}
	for _, job := range list.Jobs {
		if _, err := client.JobRetry(ctx, job.ID); err != nil {
			return fmt.Errorf("riverpayroll: waking job %d: %w", job.ID, err)
		}
	}
	return nil
}

// from takes a part over from one job, if nobody has the part.
func (w *takeOverWorker) from(ctx context.Context, client *river.Client[pgx.Tx], db *sql.DB, row *rivertype.JobRow) error {
	ctx, cancel := context.WithTimeout(ctx, takeOverLimit) // a frozen worker may have locked what it was writing
	defer cancel()
	job := &river.Job[Part]{JobRow: row}
	if err := json.Unmarshal(row.EncodedArgs, &job.Args); err != nil {
		return fmt.Errorf("riverpayroll: job %d: %w", row.ID, err)
	}
	part, err := sqljournal.OpenPart(ctx, db, job.Args.Run, job.Args.Part)
	if errors.Is(err, payroll.ErrNoPlan) {
		return nil
	}
	if err != nil {
		return err
	}
	held, err := part.Held(ctx) // which spares a transaction where it is; the transaction looks again
	if held || err != nil {
		return err
	}
	if err := replace(ctx, client, w.pool, job); err != nil && !errors.Is(err, errNotRunning) {
		return fmt.Errorf("riverpayroll: taking part %d of %q over: %w", job.Args.Part, job.Args.Run, err)
	}
	return nil
}

// replace completes an abandoned job and adds one in its place, both or neither; none is added for a run that was cancelled,
// or for a job that was told to stop. The part is locked, so nobody can acquire it between the look at its lease and the
// commit. A worker that was only slow changes nothing of its job any more: River lets it do so only to one that runs.
func replace(ctx context.Context, client *river.Client[pgx.Tx], pool *pgxpool.Pool, job *river.Job[Part]) error {
	tx, err := begin(ctx, pool)
	if err != nil {
		return err
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // does nothing once it is committed
	cancelled, err := lockRun(ctx, tx, job.Args.Run)
	if err != nil {
		return err
	}
	var held bool
	err = tx.QueryRow(ctx, `SELECT p.owner <> '' AND p.until > clock_timestamp()
		FROM djamo_payroll_parts AS p JOIN djamo_payroll_runs AS r ON r.id = p.run
		WHERE r.name = $1 AND p.part = $2 FOR UPDATE OF p`, job.Args.Run, job.Args.Part).Scan(&held)
	if err != nil || held {
		return err
	}
	told, err := complete(ctx, tx, job)
	if err != nil {
		return err
	}
	if !cancelled && !told {
		if _, err := client.InsertTx(ctx, tx, job.Args, inQueue(job.Queue)); err != nil {
			return err
		}
	}
	return tx.Commit(ctx)
}
