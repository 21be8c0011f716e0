package riverpayroll

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// Options say how a run is divided.
type Options struct {
	// PartSize is how many payouts a part has at most; DefaultPartSize when zero. A run that is divided already stays as
	// it is.
	PartSize int
	// RecentWindow is how far back the account's payments are compared with the run before it is sent; default 35 days. A run
	// that was enqueued before keeps its own.
	RecentWindow time.Duration
	// AllowRepeats says that a person knows of all payments until now, and wants the run to be paid all the same. Those that are
	// made between now and the sending are compared even so.
	AllowRepeats bool
}

// Enqueued says what Enqueue has written.
type Enqueued struct {
	Open int // parts that still have something to do
	Jobs int // jobs that were added for them; the others had one
	// Waiting are the parts that cannot go on yet: their job was told to stop, and a worker that does not answer has it
	// locked. The database ends that within RetryAfter; Resume then adds their jobs. The other parts go on at once.
	Waiting    []int64
	RetryAfter time.Duration // zero when no part waits
}

// Enqueue stores a plan and adds a job for each of its parts, in the caller's transaction: both are there once it is
// committed, or neither. The plan must name its run. Enqueued again, by however many processes at once, a plan is paid
// once: payouts that are there stay as they are, and parts that have a job keep it. That is also how a run goes on whose
// jobs were discarded. A run that was cancelled is refused with payroll.ErrCancelled: [Resume] goes on with it.
//
// The run may be one that a single machine has begun on the same database, as long as nobody drives it now. Enqueue
// sends nothing and asks the API nothing: call [payroll.Runner.Prepare] first to take over what was paid before, and to
// see that the account covers the plan. The workers compare the run with what the account has paid lately before they send
// anything of it, and hold it where payees got the same amounts under other references: [sqljournal.RunInfo] says why.
//
// Enqueue ends soon after its context does, with the context's error, and nothing is enqueued. The transaction locks the
// run until it ends; one that stands still for 10 s is ended by the database.
//
// A journal that demands the approval of a second person enqueues nothing without it, and its workers claim nothing once it has
// ended: payroll.ErrNotApproved.
//
// Errors: those of [sqljournal.Divide], and River's. The transaction can only be rolled back then.
func Enqueue(ctx context.Context, tx *sql.Tx, plan *payroll.Plan, options Options) (Enqueued, error) {
	if plan == nil || plan.Run == "" {
		return Enqueued{}, errors.New("riverpayroll: the plan names no run: set PlanOptions.Run or CSVOptions.Run")
	}
	return enqueue(ctx, tx, plan.Run, plan, options)
}

// Resume is Enqueue for a run that is in the journal already, by its name: it goes on where it was cancelled, or where its
// jobs were lost. One that a worker has held goes on with Options.AllowRepeats; without, it is compared again. The error
// matches payroll.ErrNoRun when there is no such run.
func Resume(ctx context.Context, tx *sql.Tx, run string, options Options) (Enqueued, error) {
	return enqueue(ctx, tx, run, nil, options)
}

func enqueue(ctx context.Context, tx *sql.Tx, run string, plan *payroll.Plan, options Options) (Enqueued, error) {
	if options.PartSize < 0 {
		return Enqueued{}, fmt.Errorf("riverpayroll: Options.PartSize %d must not be negative", options.PartSize)
	}
	if options.RecentWindow < 0 {
		return Enqueued{}, fmt.Errorf("riverpayroll: Options.RecentWindow %s must not be negative", options.RecentWindow)
	}
	if options.PartSize == 0 {
		options.PartSize = DefaultPartSize
	}
	enqueued, err := enqueueParts(ctx, tx, run, plan, options)
	if err != nil && ctx.Err() != nil {
		return Enqueued{}, fmt.Errorf("riverpayroll: interrupted, nothing was enqueued: %w", context.Cause(ctx))
	}
	return enqueued, err
}

// enqueueParts adds the jobs that are missing. With the run's jobs locked nobody ends or replaces one before the
// transaction ends, so a part that has a job now keeps one.
func enqueueParts(ctx context.Context, tx *sql.Tx, run string, plan *payroll.Plan, options Options) (Enqueued, error) {
	parts, err := sqljournal.Divide(ctx, tx, run, plan, options.PartSize)
	if err != nil {
		return Enqueued{}, err
	}
	if options.AllowRepeats || options.RecentWindow > 0 {
		window := options.RecentWindow
		if options.AllowRepeats {
			window = 0
		}
		if err := sqljournal.CompareSince(ctx, tx, run, window, options.AllowRepeats); err != nil {
			return Enqueued{}, err
		}
	}
	enqueued := Enqueued{Open: len(parts)}
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock("+jobsKey+")", run); err != nil {
		return Enqueued{}, fmt.Errorf("riverpayroll: locking the run's jobs: %w", err)
	}
	if err := endToldJobs(ctx, tx, run); err != nil {
		return Enqueued{}, err
	}
	busy, stuck, err := partsWithJobs(ctx, tx, run)
	if err != nil {
		return Enqueued{}, err
	}
	missing := slices.DeleteFunc(parts, func(part int64) bool {
		if stuck[part] && !busy[part] {
			enqueued.Waiting, enqueued.RetryAfter = append(enqueued.Waiting, part), standStill
		}
		return busy[part] || stuck[part]
	})
	enqueued.Jobs = len(missing)
	return enqueued, addJobs(ctx, tx, run, missing)
}

// addJobs adds a job for each of the parts, none of which has one.
func addJobs(ctx context.Context, tx *sql.Tx, run string, parts []int64) error {
	client, err := river.NewClient(riverdatabasesql.New(nil), &river.Config{})
	if err != nil {
		return fmt.Errorf("riverpayroll: %w", err)
	}
	const atOnce = 1000
	for numbers := range slices.Chunk(parts, atOnce) {
		jobs := make([]river.InsertManyParams, len(numbers))
		for i, number := range numbers {
			jobs[i] = river.InsertManyParams{Args: Part{Run: run, Part: number}, InsertOpts: inQueue(QueueSend)}
		}
		if _, err := client.InsertManyTx(ctx, tx, jobs); err != nil {
			return fmt.Errorf("riverpayroll: adding jobs: %w", err)
		}
	}
	return nil
}

// endToldJobs ends the jobs of a run that were told to stop through River and have not stopped: their worker may be gone,
// and one that lives finds its job ended and its part's lease with another. Those that somebody has locked are left.
func endToldJobs(ctx context.Context, tx *sql.Tx, run string) error {
	_, err := tx.ExecContext(ctx, `UPDATE river_job SET state = 'cancelled', finalized_at = now() WHERE state = 'running' AND id IN (
		SELECT id FROM river_job WHERE kind = $1 AND args @> jsonb_build_object('run', CAST($2 AS TEXT))
			AND state = 'running' AND metadata ? 'cancel_attempted_at'
		ORDER BY queue <> $3, id FOR UPDATE SKIP LOCKED)`, Part{}.Kind(), run, QueueSettle)
	if err != nil {
		return fmt.Errorf("riverpayroll: ending jobs that were told to stop: %w", err)
	}
	return nil
}

// partsWithJobs are the parts of a run that have a job which goes on, and those that have one which will not. It locks
// nothing: River finishes jobs by the hundred, and one that is locked would hold up those of other runs.
func partsWithJobs(ctx context.Context, tx *sql.Tx, run string) (busy, stuck map[int64]bool, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT CAST(args ->> 'part' AS BIGINT), state = 'running' AND metadata ? 'cancel_attempted_at'
		FROM river_job WHERE kind = $1 AND args @> jsonb_build_object('run', CAST($2 AS TEXT))
			AND state IN ('available', 'pending', 'running', 'scheduled', 'retryable')`, Part{}.Kind(), run)
	if err != nil {
		return nil, nil, fmt.Errorf("riverpayroll: listing jobs: %w", err)
	}
	defer rows.Close() //nolint:errcheck // Err has what matters
	busy, stuck = map[int64]bool{}, map[int64]bool{}
	for rows.Next() {
		var part int64
		var told bool
		if err := rows.Scan(&part, &told); err != nil {
			return nil, nil, fmt.Errorf("riverpayroll: listing jobs: %w", err)
		}
		if told {
			stuck[part] = true
		} else {
			busy[part] = true
		}
	}
	if err := rows.Err(); err != nil {
		return nil, nil, fmt.Errorf("riverpayroll: listing jobs: %w", err)
	}
	return busy, stuck, nil
}
