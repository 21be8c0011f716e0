package riverpayroll

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// CancelOptions say how Cancel waits. The zero value is right for a program.
type CancelOptions struct {
	// Progress is called about once a second while a worker may still have a request under way. It may be nil.
	Progress func(Cancelled)
}

// Cancelled says what a cancellation has done.
type Cancelled struct {
	At time.Time // when the run was cancelled, by the clock of the database
	// Jobs is how many jobs were waiting and were ended. Those that run end by themselves.
	Jobs int64
	// UnderWay is how many payouts were in requests that had left, or may have, at that moment. It is certain once there are
	// no Holders.
	UnderWay int64
	// Unrecorded is how many of those a worker has not recorded. Without Holders, that worker does not answer any more: it is
	// dead, frozen or cut off. If it is not dead, the one request that each of its goroutines was allowed before may still leave,
	// within Runner.SendTimeout, and none after. They are looked up when the run is resumed.
	Unrecorded int64
	// Holders are the workers that may still have a request under way which left, or was let go, before the run was
	// cancelled. Without any, and with nothing Unrecorded, nothing leaves any more.
	Holders []sqljournal.Holder
}

// String says it in one sentence.
func (c Cancelled) String() string {
	if len(c.Holders) == 0 {
		if c.Unrecorded > 0 {
			return fmt.Sprintf("%d payouts were under way and are recorded; %d are with a worker that does not answer: a request that "+
				"it was allowed before may still leave within its send timeout, and nothing else", c.UnderWay-c.Unrecorded, c.Unrecorded)
		}
		switch c.UnderWay {
		case 0:
			return "nothing was under way; nothing leaves any more"
		case 1:
			return "1 payout was under way and is recorded; nothing else leaves"
		}
		return fmt.Sprintf("%d payouts were under way and are recorded; nothing else leaves", c.UnderWay)
	}
	var text strings.Builder
	for i, h := range c.Holders {
		if i > 0 {
			text.WriteString("; ")
		}
		fmt.Fprintf(&text, "worker %s has not answered for %d s; it stops at its lease, %s",
			h.Owner, int(h.Silent.Seconds()), h.Until.Local().Format(time.TimeOnly))
	}
	return text.String()
}

// Cancel stops a run on every worker. The cancellation is a state in the database, committed before anything else happens:
// no worker claims a payout of the run after it, and each asks the database right before each request. A request that
// was let go before may still leave, at most one for each goroutine that sends, and none later than Runner.SendTimeout
// after it was let go. No message has to arrive for that, and no worker to answer.
//
// Cancel then waits until every worker that had claimed payouts has recorded what became of them and given back what has
// not left, or until its lease has ended, and says how many payouts were under way, and how many of those nobody has recorded.
// What was sent is recorded as sent,
// what was not stays planned, and nothing is asked any more until the run goes on with [Resume]. Cancel is safe to repeat.
//
// When the context ends first, the run is cancelled all the same unless the error says otherwise; Cancelled.At is zero as
// long as that is not certain. Other errors: payroll.ErrNoRun, payroll.ErrNoPlan for a run that was not enqueued.
func Cancel(ctx context.Context, pool *pgxpool.Pool, run string, options CancelOptions) (Cancelled, error) {
	if pool == nil {
		return Cancelled{}, errNoPool
	}
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close() //nolint:errcheck // it holds nothing: the pool does
	cancellation, err := sqljournal.Cancel(ctx, db, run)
	if cancellation == nil {
		return Cancelled{}, err
	}
	cancelled := Cancelled{At: cancellation.At}
	jobs, endErr := endWaitingJobs(ctx, pool, run)
	cancelled.Jobs = jobs
	if err = errors.Join(err, endErr); err != nil {
		return cancelled, err
	}
	const pause = 50 * time.Millisecond
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for shown := time.Now(); ; {
		if cancelled.Holders, err = cancellation.Holders(ctx); err != nil {
			return cancelled, err
		}
		if cancelled.UnderWay, cancelled.Unrecorded, err = cancellation.UnderWay(ctx); err != nil || len(cancelled.Holders) == 0 {
			return cancelled, err
		}
		if options.Progress != nil && time.Since(shown) >= time.Second {
			options.Progress(cancelled)
			shown = time.Now()
		}
		select {
		case <-ctx.Done():
			return cancelled, fmt.Errorf("riverpayroll: interrupted: the run is cancelled; %s: %w", cancelled, context.Cause(ctx))
		case <-ticker.C:
		}
	}
}

var errNoPool = errors.New("riverpayroll: there is no pool")

// endWaitingJobs ends the jobs of a cancelled run that no worker has. Those that a worker has, or is just fetching, find
// the run cancelled and end by themselves: so none is waited for.
func endWaitingJobs(ctx context.Context, pool *pgxpool.Pool, run string) (ended int64, err error) {
	err = func() error {
		tx, err := begin(ctx, pool)
		if err != nil {
			return err
		}
		defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // does nothing once it is committed
		cancelled, err := lockRun(ctx, tx, run)
		if err != nil || !cancelled { // it was resumed meanwhile
			return err
		}
		tag, err := tx.Exec(ctx, `UPDATE river_job SET state = 'cancelled', finalized_at = now() WHERE id IN (
			SELECT id FROM river_job WHERE kind = $1 AND args @> jsonb_build_object('run', CAST($2 AS TEXT))
				AND state IN ('available', 'pending', 'scheduled', 'retryable')
			ORDER BY queue <> $3, id FOR UPDATE SKIP LOCKED)`, Part{}.Kind(), run, QueueSettle)
		if err == nil {
			err = tx.Commit(ctx)
		}
		if err == nil {
			ended = tag.RowsAffected()
		}
		return err
	}()
	switch {
	case err == nil, busy(err):
		return ended, nil
	case ctx.Err() != nil:
		return 0, fmt.Errorf("riverpayroll: interrupted: the run is cancelled; its jobs end when they are worked: %w", context.Cause(ctx))
	}
	return 0, fmt.Errorf("riverpayroll: the run is cancelled; its jobs end when they are worked: %w", err)
}
