package riverpayroll

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
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
// longest time that any job may take; the lease of a part tells much sooner.
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

	pool  *pgxpool.Pool
	lease time.Duration
}

// Timeout implements river.Worker.
func (*takeOverWorker) Timeout(*river.Job[takeOver]) time.Duration { return 10 * time.Second }

// Work implements river.Worker. A job that has run for longer than a lease while nobody holds its part was abandoned, and
// another takes its place. One that was not abandoned after all does no harm: the lease decides who pays.
func (w *takeOverWorker) Work(ctx context.Context, _ *river.Job[takeOver]) error {
	client := river.ClientFromContext[pgx.Tx](ctx)
	running := river.NewJobListParams().Kinds(Part{}.Kind()).States(rivertype.JobStateRunning).First(10_000).
		Where("attempted_at < now() - make_interval(secs => @lease)", river.NamedArgs{"lease": w.lease.Seconds()})
	list, err := client.JobList(ctx, running)
	if err != nil {
		return fmt.Errorf("riverpayroll: listing jobs: %w", err)
	}
	db := stdlib.OpenDBFromPool(w.pool)
	defer db.Close()   //nolint:errcheck // it holds nothing: the pool does
	var failures error // one part that cannot be taken over keeps no other waiting
	for _, row := range list.Jobs {
		failures = errors.Join(failures, w.from(ctx, client, db, row))
	}
	return failures
}

// from takes a part over from one job, if nobody has the part.
func (w *takeOverWorker) from(ctx context.Context, client *river.Client[pgx.Tx], db *sql.DB, row *rivertype.JobRow) error {
	if cancelling(row) {
		return nil
	}
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
	held, err := part.Held(ctx)
	if held || err != nil {
		return err
	}
	if err := replace(ctx, client, w.pool, job); err != nil {
		return fmt.Errorf("riverpayroll: taking part %d of %q over: %w", job.Args.Part, job.Args.Run, err)
	}
	return nil
}

// replace completes an abandoned job and adds one in its place, both or neither. A worker that was only slow changes
// nothing of its job any more: River lets it do so only to one that runs.
func replace(ctx context.Context, client *river.Client[pgx.Tx], pool *pgxpool.Pool, job *river.Job[Part]) error {
	tx, err := pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // does nothing once it is committed
	if err := giveWay(ctx, tx); err != nil {
		return err
	}
	// Enqueueing a run again locks its jobs until the caller commits: parts of other runs must not wait for that.
	if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '200ms'"); err != nil {
		return err
	}
	done, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job)
	if err != nil {
		return err
	}
	if done.State != rivertype.JobStateCompleted || cancelling(done.JobRow) {
		return nil // it was not abandoned, has been found already, or was told to stop meanwhile
	}
	if _, err := client.InsertTx(ctx, tx, job.Args, inQueue(job.Queue)); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// cancelling reports whether a job that runs was told to stop.
func cancelling(job *rivertype.JobRow) bool {
	var metadata struct {
		At time.Time `json:"cancel_attempted_at"` //nolint:tagliatelle // River's name
	}
	return json.Unmarshal(job.Metadata, &metadata) == nil && !metadata.At.IsZero()
}
