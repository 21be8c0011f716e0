package clustercmd

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/spf13/cobra"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/account"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
	"github.com/djamo/djamo-go/riverpayroll"
)

func resumeCommand(t terminal.Terminal, shared *options.Options) *cobra.Command {
	var allowRepeats bool
	var sendTimeout time.Duration
	command := &cobra.Command{
		Use:   "resume RUN",
		Short: "Go on with a run that was cancelled, or that a worker has held",
		Long: "Goes on with a run that was cancelled, or that a worker has held since payees got the same amounts lately. What is\n" +
			"left to send is compared with what the account has paid before, and by the workers once more.",
		Args: oneRun,
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkTimeout(sendTimeout); err != nil {
				return err
			}
			return withDatabase(c.Context(), t, func(p *program) error {
				return resume(c.Context(), p, shared, args[0], allowRepeats, djamo.WithTimeout(sendTimeout))
			})
		},
	}
	shared.AddProfile(command.Flags())
	shared.AddLive(command.Flags())
	timeoutFlag(command.Flags(), &sendTimeout)
	command.Flags().BoolVar(&allowRepeats, "allow-repeats", false, "confirm that payees get the same amount again")
	return command
}

func resume(
	ctx context.Context, p *program, shared *options.Options, run string, allowRepeats bool, within djamo.Option,
) error {
	db := stdlib.OpenDBFromPool(p.pool)
	defer db.Close()
	seen, err := infoOf(ctx, db, run)
	if err != nil {
		return err
	}
	if err := compareUnsent(ctx, p, db, shared, seen, allowRepeats, within); err != nil {
		return err
	}
	return inTransaction(ctx, db, func(tx *sql.Tx) error {
		if err := compareWaiting(ctx, tx, run, lang.Phrase("nothing was resumed"), allowRepeats); err != nil {
			return err
		}
		// The comparison may have taken minutes, and somebody may have cancelled the run in that time.
		switch err := sqljournal.RefuseCancelledSince(ctx, tx, run, seen.CancelledAt); {
		case errors.Is(err, payroll.ErrCancelled):
			return exit.BadInput(lang.Errorf("nothing was resumed: somebody has cancelled the run while this command compared it; "+
				"resume it again if it is to go on: %w", err))
		case err != nil:
			return err
		}
		enqueued, err := riverpayroll.Resume(ctx, tx, run, riverpayroll.Options{AllowRepeats: allowRepeats})
		switch {
		case errors.Is(err, payroll.ErrNotApproved):
			return exit.BadInput(lang.Errorf("nothing was resumed: %w", err))
		case errors.Is(err, payroll.ErrNoRun), errors.Is(err, payroll.ErrNoPlan):
			return exit.BadInput(err)
		case err == nil:
			p.tellEnqueued(enqueued)
		}
		return err
	})
}

// infoOf is what the database says of a run that exists.
func infoOf(ctx context.Context, db *sql.DB, run string) (sqljournal.RunInfo, error) {
	if err := requireRun(ctx, db, run); err != nil {
		return sqljournal.RunInfo{}, err
	}
	infos, err := sqljournal.ListRuns(ctx, db, sqljournal.PostgreSQL)
	for _, info := range infos {
		if info.Name == run {
			return info, nil
		}
	}
	return sqljournal.RunInfo{}, err
}

// compareUnsent refuses to go on with a run of which payees got the same amount lately under other references, unless that was
// confirmed. A run of which nothing is left to send needs no account.
func compareUnsent(
	ctx context.Context, p *program, db *sql.DB, shared *options.Options, info sqljournal.RunInfo, allowRepeats bool, within djamo.Option,
) error {
	journal, err := openRun(ctx, db, info.Name)
	if err != nil {
		return err
	}
	defer journal.Close()
	sums, err := journal.Sums(ctx)
	switch {
	case errors.Is(err, payroll.ErrNoPlan):
		return exit.BadInput(err)
	case err != nil:
		return err
	case sums[payroll.Planned].Count+sums[payroll.Submitting].Count+sums[payroll.Unknown].Count == 0:
		return nil
	}
	client, _, err := account.ForWriting(ctx, shared, p.term, within)
	if err != nil {
		return err
	}
	recent, err := payroll.CompareUnsent(ctx, client, journal, payroll.RecentOptions{Window: info.CompareWindow})
	if err != nil {
		return lang.Errorf("nothing was resumed: %w", err)
	}
	if repeats(recent, p.term) && !allowRepeats {
		return exit.BadInput(lang.Errorf("nothing was resumed: payees of this run got the same amount lately: see the warning; "+
			"to pay them again all the same, type: %s", allowCommand(info.Name)))
	}
	return nil
}

func cancelCommand(t terminal.Terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "cancel RUN",
		Short: "Send nothing more of a run, until it is resumed",
		Args:  oneRun,
		RunE: func(c *cobra.Command, args []string) error {
			return withDatabase(c.Context(), t, func(p *program) error { return cancel(c.Context(), p, args[0]) })
		},
	}
}

// cancel is acknowledged by its effect: it ends when nothing leaves any more.
func cancel(ctx context.Context, p *program, run string) error {
	cancelled, err := riverpayroll.Cancel(ctx, p.pool, run, riverpayroll.CancelOptions{Progress: p.tellCancelled})
	switch {
	case errors.Is(err, payroll.ErrNoRun), errors.Is(err, payroll.ErrNoPlan):
		return exit.BadInput(err)
	case err != nil && ctx.Err() != nil && cancelled.At.IsZero():
		return &exit.Error{Code: exit.Interrupted, Err: lang.Errorf("interrupted: whether the run is cancelled is not known: cancel it again")}
	case err != nil && !cancelled.At.IsZero():
		return &exit.Error{Code: exit.Unresolved, Err: err}
	case err != nil:
		return err
	}
	p.tellCancelled(cancelled)
	return nil
}

// tellCancelled says what a cancellation has done so far, in the operator's language.
func (p *program) tellCancelled(c riverpayroll.Cancelled) {
	for _, h := range c.Holders {
		p.term.Tell("The run is cancelled; worker %s has not answered for %d s, and stops at its lease, %s.",
			h.Owner, int(h.Silent.Seconds()), h.Until.Local().Format(time.TimeOnly))
	}
	switch {
	case len(c.Holders) > 0:
	case c.Unrecorded > 0:
		p.term.Tell("The run is cancelled: payouts under way and recorded: %d; with a worker that does not answer: %d. A request that it was "+
			"allowed before may still leave within its send timeout, and nothing else. They are looked up when the run is resumed.",
			c.UnderWay-c.Unrecorded, c.Unrecorded)
	case c.UnderWay == 0:
		p.term.Tell("The run is cancelled: nothing was under way; nothing leaves any more.")
	default:
		p.term.Tell("The run is cancelled: payouts under way and recorded: %d; nothing else leaves.", c.UnderWay)
	}
}
