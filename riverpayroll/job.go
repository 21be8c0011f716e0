package riverpayroll

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivertype"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// The queues.
const (
	QueueSend   = "djamo_payroll"        // parts of which nothing was sent yet
	QueueSettle = "djamo_payroll_settle" // parts whose outcomes are asked for, and small errands
)

// DefaultPartSize is how many payouts a part has unless Options say otherwise: as many as one batch.
const DefaultPartSize = 100

// Part is the job that takes one part of a run further. It holds no personal data. There is at most one for a part in
// each queue.
type Part struct {
	Run  string `json:"run" river:"unique"`
	Part int64  `json:"part" river:"unique"`
}

// Kind implements river.JobArgs.
func (Part) Kind() string { return "djamo_payroll_part" }

// inQueue are the options of a part's job in a queue.
func inQueue(queue string) *river.InsertOpts {
	return &river.InsertOpts{
		Queue:       queue,
		MaxAttempts: maxAttempts,
		Priority:    2, // after the look for abandoned parts
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByQueue: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateScheduled, rivertype.JobStateRetryable,
		}},
	}
}

// notBefore is what a job that was handed over bears: when its part is to be looked at first.
type notBefore struct {
	At time.Time `json:"djamo_not_before"` //nolint:tagliatelle // as River names its own
}

// schedulerTick is how often River looks at jobs that are scheduled. One that is snoozed for less is available all the
// time, and found within a second after its time; one that is added for so soon would wait for the tick.
const schedulerTick = 5 * time.Second

// settleIn are the options of a part's job that asks for outcomes after a while. It is added at once where that is
// before the next tick, and snoozes when it first runs.
func settleIn(wait time.Duration) (*river.InsertOpts, error) {
	options, at := inQueue(QueueSettle), time.Now().Add(wait)
	if wait > schedulerTick {
		options.ScheduledAt = at
		return options, nil
	}
	var err error
	options.Metadata, err = json.Marshal(notBefore{At: at})
	return options, err
}

// notYet is how long a job still has to wait that was added before its time. It waits once, and for no more than a tick.
func notYet(job *rivertype.JobRow) time.Duration {
	var handed notBefore
	if len(job.AttemptedBy) > 1 || json.Unmarshal(job.Metadata, &handed) != nil {
		return 0
	}
	return min(time.Until(handed.At), schedulerTick)
}

// Options say how a run is divided.
type Options struct {
	// PartSize is how many payouts a part has at most; DefaultPartSize when zero. A run that is divided already stays as
	// it is.
	PartSize int
}

// Enqueued says what Enqueue has written.
type Enqueued struct {
	Open int // parts that still have something to do
	Jobs int // jobs that were added for them; the others had one that waits to send
}

// Enqueue stores a plan and adds a job for each of its parts, in the caller's transaction: both are there once it is
// committed, or neither. The plan must name its run. Enqueued again, by however many processes at once, a plan is paid
// once: payouts that are there stay as they are, and parts that have a job keep it. That is also how a run goes on after
// [Cancel], or whose jobs were discarded.
//
// The run may be one that a single machine has begun on the same database, as long as nobody drives it now. Enqueue
// sends nothing and asks the API nothing: call [payroll.Runner.Prepare] first to take over what was paid before, and to
// see that the account covers the plan.
//
// Errors: those of [sqljournal.Divide], and River's. The transaction can only be rolled back then.
func Enqueue(ctx context.Context, tx *sql.Tx, plan *payroll.Plan, options Options) (Enqueued, error) {
	if plan == nil || plan.Run == "" {
		return Enqueued{}, errors.New("riverpayroll: the plan names no run: set PlanOptions.Run or CSVOptions.Run")
	}
	return enqueue(ctx, tx, plan.Run, plan, options)
}

// Resume is Enqueue for a run that is in the journal already, by its name.
func Resume(ctx context.Context, tx *sql.Tx, run string, options Options) (Enqueued, error) {
	return enqueue(ctx, tx, run, nil, options)
}

func enqueue(ctx context.Context, tx *sql.Tx, run string, plan *payroll.Plan, options Options) (Enqueued, error) {
	if options.PartSize < 0 {
		return Enqueued{}, fmt.Errorf("riverpayroll: Options.PartSize %d must not be negative", options.PartSize)
	}
	if options.PartSize == 0 {
		options.PartSize = DefaultPartSize
	}
	parts, err := sqljournal.Divide(ctx, tx, run, plan, options.PartSize)
	if err != nil {
		return Enqueued{}, err
	}
	client, err := river.NewClient(riverdatabasesql.New(nil), &river.Config{})
	if err != nil {
		return Enqueued{}, fmt.Errorf("riverpayroll: %w", err)
	}
	enqueued := Enqueued{Open: len(parts)}
	const atOnce = 1000
	for numbers := range slices.Chunk(parts, atOnce) {
		jobs := make([]river.InsertManyParams, len(numbers))
		for i, number := range numbers {
			jobs[i] = river.InsertManyParams{Args: Part{Run: run, Part: number}, InsertOpts: inQueue(QueueSend)}
		}
		results, err := client.InsertManyTx(ctx, tx, jobs)
		if err != nil {
			return Enqueued{}, fmt.Errorf("riverpayroll: adding jobs: %w", err)
		}
		for i, result := range results {
			added := !result.UniqueSkippedAsDuplicate
			if !added && cancelling(result.Job) {
				added, err = goOnElsewhere(ctx, client, tx, Part{Run: run, Part: numbers[i]})
				if err != nil {
					return Enqueued{}, err
				}
			}
			if added {
				enqueued.Jobs++
			}
		}
	}
	return enqueued, nil
}

// goOnElsewhere adds a job for a part whose job in QueueSend was told to stop and has not stopped yet, to the other queue.
func goOnElsewhere(ctx context.Context, client *river.Client[*sql.Tx], tx *sql.Tx, part Part) (added bool, err error) {
	result, err := client.InsertTx(ctx, tx, part, inQueue(QueueSettle))
	switch {
	case err != nil:
		return false, fmt.Errorf("riverpayroll: adding jobs: %w", err)
	case result.UniqueSkippedAsDuplicate && cancelling(result.Job):
		return false, fmt.Errorf("riverpayroll: part %d of %q is still being cancelled: enqueue the run again in a moment", part.Part, part.Run)
	}
	return !result.UniqueSkippedAsDuplicate, nil
}

// Cancel stops a run: its jobs are cancelled, those that run now are told to stop. What was sent is recorded as sent,
// what was not stays planned, and nothing is asked any more until the run is enqueued again. It returns how many jobs
// were cancelled.
//
// A part that is being taken over from a worker that is gone can be missed: call Cancel until it returns zero.
func Cancel[TTx any](ctx context.Context, client *river.Client[TTx], run string) (int, error) {
	cancelled := 0
	for {
		list, err := client.JobList(ctx, partsOf(run).First(1000))
		if err != nil {
			return cancelled, fmt.Errorf("riverpayroll: listing jobs: %w", err)
		}
		if len(list.Jobs) == 0 {
			return cancelled, nil
		}
		for _, job := range list.Jobs {
			if _, err := client.JobCancel(ctx, job.ID); err != nil {
				return cancelled, fmt.Errorf("riverpayroll: cancelling job %d: %w", job.ID, err)
			}
			cancelled++
		}
	}
}

// partsOf selects the jobs of a run that are not over and were not told to stop.
func partsOf(run string) *river.JobListParams {
	return river.NewJobListParams().Kinds(Part{}.Kind()).
		States(rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateScheduled, rivertype.JobStateRetryable).
		Where("args->>'run' = @run AND metadata->'cancel_attempted_at' IS NULL", river.NamedArgs{"run": run})
}
