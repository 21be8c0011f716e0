package riverpayroll

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

// A job of ours is ended, or replaced by another, in a transaction that locks in this order, so that two of them never wait
// for each other, and whose last step is the one that counts:
//
//  1. the jobs of the run, by an advisory lock, shared: a run is resumed before or after, never in between. Whoever resumes
//     it has its row first, and then this lock alone. A cancellation waits for neither: a job that it overtakes finds the
//     run cancelled when it is worked;
//  2. the row of the part, where its lease matters;
//  3. jobs in QueueSettle, and then jobs in QueueSend;
//  4. the job itself, which must still run: or nothing of the transaction is kept.

// standStill is how long the database lets one of these transactions stand still: a worker that is frozen in the middle
// must not keep others from the part for ever.
const standStill = 10 * time.Second

// begin starts such a transaction. It waits for a lock no longer than a moment: whoever cannot have it tries again later.
// Whatever the database's default is, each of its statements sees what was committed before it.
func begin(ctx context.Context, pool *pgxpool.Pool) (pgx.Tx, error) { //nolint:ireturn // a transaction of pgx is one
	tx, err := pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite})
	if err != nil {
		return nil, err
	}
	if err := giveWay(ctx, tx); err != nil {
		_ = tx.Rollback(context.WithoutCancel(ctx))
		return nil, err
	}
	return tx, nil
}

// giveWay bounds how long a transaction stands still and waits for locks.
func giveWay(ctx context.Context, tx pgx.Tx) error {
	const set = "SET LOCAL idle_in_transaction_session_timeout = %d; SET LOCAL lock_timeout = 500"
	_, err := tx.Exec(ctx, fmt.Sprintf(set, standStill.Milliseconds()))
	return err
}

// jobsKey is the key of the advisory lock of a run's jobs, of which the run's name is the parameter.
const jobsKey = "hashtextextended('djamo payroll jobs ' || $1, 0)"

// errLocked is a run that is just being resumed. Nobody waits for that: the process that does it may be frozen.
var errLocked = errors.New("riverpayroll: the run is being resumed")

// lockRun keeps a run from being resumed until the transaction ends, and reports whether it is cancelled.
func lockRun(ctx context.Context, tx pgx.Tx, run string) (cancelled bool, err error) {
	var locked bool
	if err := tx.QueryRow(ctx, "SELECT pg_try_advisory_xact_lock_shared("+jobsKey+")", run).Scan(&locked); err != nil {
		return false, err
	}
	if !locked {
		return false, errLocked
	}
	// In a statement of its own, which sees what was committed before the lock was had.
	err = tx.QueryRow(ctx, "SELECT cancelled IS NOT NULL FROM djamo_payroll_runs WHERE name = $1", run).Scan(&cancelled)
	if errors.Is(err, pgx.ErrNoRows) {
		return true, nil // its rows were deleted: there is nothing to go on with
	}
	return cancelled, err
}

// errNotRunning is a job that is no longer its worker's to end.
var errNotRunning = errors.New("riverpayroll: another has taken the job's place")

// complete completes a job as the last step of its transaction, if it still runs. told reports that it was told to stop. River alone
// would not say whether it is this transaction that completes it, or one before.
func complete(ctx context.Context, tx pgx.Tx, job *river.Job[Part]) (told bool, err error) {
	var running bool
	err = tx.QueryRow(ctx, "SELECT state = 'running' FROM river_job WHERE id = $1 FOR UPDATE", job.ID).Scan(&running)
	switch {
	case errors.Is(err, pgx.ErrNoRows), err == nil && !running:
		return false, errNotRunning
	case err != nil:
		return false, err
	}
	done, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job)
	if err != nil {
		return false, err
	}
	return cancelling(done.JobRow), nil
}

// busy reports whether a transaction has failed because others have the rows it needs.
func busy(err error) bool {
	if errors.Is(err, errLocked) {
		return true
	}
	var failure *pgconn.PgError
	const lockNotAvailable, deadlock, serialization = "55P03", "40P01", "40001"
	return errors.As(err, &failure) && (failure.Code == lockNotAvailable || failure.Code == deadlock || failure.Code == serialization)
}

// endCondition says whether a job may end, by what it sees in the transaction that ends it.
type endCondition func(ctx context.Context, tx pgx.Tx, cancelled bool) (bool, error)

// end completes a job with nothing in its place, provided that the condition still holds: it is asked with the run locked.
func (w *partWorker) end(ctx context.Context, job *river.Job[Part], condition endCondition) (ended bool, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), standStill)
	defer cancel()
	tx, err := begin(ctx, w.pool)
	if err != nil {
		return false, fmt.Errorf("riverpayroll: ending the job: %w", err)
	}
	defer tx.Rollback(ctx) //nolint:errcheck // does nothing once it is committed
	cancelled, err := lockRun(ctx, tx, job.Args.Run)
	if err == nil {
		ended, err = condition(ctx, tx, cancelled)
	}
	if err == nil && ended {
		if _, err = complete(ctx, tx, job); err == nil {
			err = tx.Commit(ctx)
		}
	}
	switch {
	case errors.Is(err, errNotRunning):
		return true, nil
	case busy(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("riverpayroll: ending the job: %w", err)
	}
	return ended, nil
}

// endCancelled ends the job of a run that was cancelled. One that was resumed meanwhile goes on.
func (w *partWorker) endCancelled(ctx context.Context, job *river.Job[Part]) error {
	ended, err := w.end(ctx, job, func(_ context.Context, _ pgx.Tx, cancelled bool) (bool, error) { return cancelled, nil })
	if err != nil {
		return err
	}
	if !ended {
		return river.JobSnooze(w.runner.PollMin)
	}
	return nil
}

// handOver completes a job and adds the one that goes on, both or neither. What was told to stop is not handed on.
func (w *partWorker) handOver(ctx context.Context, job *river.Job[Part], again time.Duration) error {
	client := river.ClientFromContext[pgx.Tx](ctx)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), standStill)
	defer cancel()
	tx, err := begin(ctx, w.pool)
	if err != nil {
		return fmt.Errorf("riverpayroll: handing the part over: %w", err)
	}
	defer tx.Rollback(ctx) //nolint:errcheck // does nothing once it is committed
	told, err := w.handOverIn(ctx, tx, client, job, again)
	switch {
	case errors.Is(err, errNotRunning):
		return nil // another took its place while this worker was frozen
	case busy(err):
		return river.JobSnooze(w.runner.PollMin)
	case errors.As(err, new(*rivertype.JobSnoozeError)):
		return err
	case err != nil:
		return fmt.Errorf("riverpayroll: handing the part over: %w", err)
	case told:
		return rivertype.ErrJobCancelledRemotely // the deferred rollback leaves it running, and River ends it
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("riverpayroll: handing the part over: %w", err)
	}
	return nil
}

// handOverIn is handOver in its transaction. told reports that the job was told to stop.
func (w *partWorker) handOverIn(
	ctx context.Context, tx pgx.Tx, client *river.Client[pgx.Tx], job *river.Job[Part], again time.Duration,
) (told bool, err error) {
	cancelled, err := lockRun(ctx, tx, job.Args.Run)
	if err != nil {
		return false, err
	}
	if !cancelled {
		next, err := settleIn(again)
		if err != nil {
			return false, err
		}
		added, err := client.InsertTx(ctx, tx, job.Args, next)
		switch {
		case err != nil:
			return false, err
		case added.UniqueSkippedAsDuplicate && cancelling(added.Job):
			return false, river.JobSnooze(again) // the part would stop with that one
		}
	}
	return complete(ctx, tx, job)
}

// cancelling reports whether a job that runs was told to stop.
func cancelling(job *rivertype.JobRow) bool {
	var metadata struct {
		At time.Time `json:"cancel_attempted_at"` //nolint:tagliatelle // River's name
	}
	return json.Unmarshal(job.Metadata, &metadata) == nil && !metadata.At.IsZero()
}
