package riverpayroll

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
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
// longest time that any job may take; the lease of a part tells much sooner.
type takeOver struct{}

// Kind implements river.JobArgs.
func (takeOver) Kind() string { return "djamo_payroll_take_over" }

// periodic is how the leader of the River clients adds the job.
func periodic() *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(takeOverEvery), func() (river.JobArgs, *river.InsertOpts) {
		return takeOver{}, &river.InsertOpts{
			Queue:       QueueSettle,
			MaxAttempts: 1, // the next one comes soon
			Priority:    1, // before any part
			// Not unique while one runs: its own worker may be gone.
			UniqueOpts: river.UniqueOpts{ByPeriod: takeOverEvery},
		}
	}, &river.PeriodicJobOpts{ID: takeOver{}.Kind()})
}

type takeOverWorker struct {
	river.WorkerDefaults[takeOver]

	pool  *pgxpool.Pool
	lease time.Duration
}

// Timeout implements river.Worker.
func (*takeOverWorker) Timeout(*river.Job[takeOver]) time.Duration { return 10 * time.Second }

// Work implements river.Worker. A job that has run for longer than a lease while nobody holds its part was abandoned, and
// counts as running all the same; a second one for the part goes into whichever queue the first is not in. When River has
// found the first as well, it ends at once or goes the way of the second. One that was not abandoned after all does no
// harm either: the lease decides who pays.
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
		failures = errors.Join(failures, takeOverFrom(ctx, client, db, row))
	}
	return failures
}

// takeOverFrom takes a part over from one job, if nobody has the part.
func takeOverFrom(ctx context.Context, client *river.Client[pgx.Tx], db *sql.DB, row *rivertype.JobRow) error {
	if cancelling(row) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, takeOverLimit) // a frozen worker may have locked what it was writing
	defer cancel()
	var args Part
	if err := json.Unmarshal(row.EncodedArgs, &args); err != nil {
		return fmt.Errorf("riverpayroll: job %d: %w", row.ID, err)
	}
	part, err := sqljournal.OpenPart(ctx, db, args.Run, args.Part)
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
	other := QueueSettle
	if row.Queue == QueueSettle {
		other = QueueSend
	}
	if _, err := client.Insert(ctx, args, inQueue(other)); err != nil {
		return fmt.Errorf("riverpayroll: taking part %d of %q over: %w", args.Part, args.Run, err)
	}
	return nil
}

// cancelling reports whether a job that runs was told to stop.
func cancelling(job *rivertype.JobRow) bool {
	var metadata struct {
		At time.Time `json:"cancel_attempted_at"` //nolint:tagliatelle // River's name
	}
	return json.Unmarshal(job.Metadata, &metadata) == nil && !metadata.At.IsZero()
}
