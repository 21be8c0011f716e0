package clustercmd

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/account"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/payoutfile"
	"github.com/djamo/djamo-go/cmd/djamo/internal/review"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
	"github.com/djamo/djamo-go/riverpayroll"
)

func enqueueCommand(t terminal.Terminal, shared *options.Options) *cobra.Command {
	o := enqueueOptions{shared: shared}
	command := &cobra.Command{
		Use:     "enqueue FILE",
		Short:   "Have the workers pay a CSV or XLSX file; enqueued twice, it is paid once",
		Example: "  djamo payroll cluster enqueue --run salaries-2026-07 salaries.csv",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return exit.BadUsage("FILE must be the name of one CSV or XLSX file, got %q", args)
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			o.file.Path = args[0]
			if err := o.file.Check(); err != nil {
				return err
			}
			if o.recentDays < 1 {
				return exit.BadUsage("--recent-days %d: must be at least 1", o.recentDays)
			}
			if o.partSize < 1 {
				return exit.BadUsage("--part-size %d: must be at least 1", o.partSize)
			}
			if err := firstOf(checkTimeout(o.sendTimeout), o.review.Check(), o.recipients.Validate()); err != nil {
				return err
			}
			return withDatabase(c.Context(), t, func(p *program) error { return enqueue(c.Context(), p, o) })
		},
	}
	flags := command.Flags()
	o.file.AddFlags(flags)
	o.review.AddFlags(flags)
	o.review.AddConfirmFlag(flags)
	o.recipients.AddFlags(flags)
	shared.AddProfile(flags)
	shared.AddLive(flags)
	timeoutFlag(flags, &o.sendTimeout)
	flags.IntVar(&o.partSize, "part-size", riverpayroll.DefaultPartSize, "payouts in one part, and at most in one request")
	flags.IntVar(&o.recentDays, "recent-days", 35, "how many `days` back the account's payments are compared with the file")
	flags.BoolVar(&o.allowRepeats, "allow-repeats", false, "confirm that payees get the same amount again")
	flags.BoolVar(&o.approved, "require-approval", false, "send nothing unless the journal demands the approval of a second person")
	flags.BoolVar(&o.allowShort, "allow-short", false, "enqueue although the account does not cover the file")
	return command
}

type enqueueOptions struct {
	shared       *options.Options
	file         payoutfile.Options
	partSize     int
	allowShort   bool
	allowRepeats bool
	recentDays   int
	sendTimeout  time.Duration
	approved     bool // nothing is enqueued unless the journal demands approvals
	review       review.Settings
	recipients   review.RecipientSettings
}

func timeoutFlag(flags *pflag.FlagSet, timeout *time.Duration) {
	flags.DurationVar(timeout, "send-timeout", 20*time.Second, "how long one request may take")
}

func checkTimeout(timeout time.Duration) error {
	if timeout <= 0 {
		return exit.BadUsage("--send-timeout %s: must be positive", timeout)
	}
	return nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// compareRecent refuses payees who got the same amount lately under other references, unless that was confirmed.
func compareRecent(ctx context.Context, client *djamo.Client, plan *payroll.Plan, o enqueueOptions, t terminal.Terminal) error {
	recent, err := payroll.CompareRecent(ctx, client, nil, plan, o.recent())
	if err != nil {
		return lang.Errorf("nothing was enqueued: %w", err)
	}
	if repeats(recent, t) && !o.allowRepeats {
		return exit.BadInput(lang.Errorf("nothing was enqueued: payees of this run got the same amount lately, " +
			"or rows of it were changed after they were paid: " +
			"see the warning, and add --allow-repeats to pay them again all the same"))
	}
	return nil
}

func (o enqueueOptions) recent() payroll.RecentOptions {
	return payroll.RecentOptions{Window: time.Duration(o.recentDays) * 24 * time.Hour}
}

// repeats lists what a comparison has found, and reports whether somebody may be paid a second time.
func repeats(recent payroll.Recent, t terminal.Terminal) bool {
	for _, warning := range recent.Warnings() {
		t.Tell("Warning: %s.", lang.Phrase(terminal.Plain(warning.Text)))
	}
	return recent.MayPayAgain()
}

func enqueue(ctx context.Context, p *program, o enqueueOptions) error {
	file, err := payoutfile.Open(ctx, o.file, p.term)
	if err != nil {
		return err
	}
	defer file.Close()
	plan, err := payoutfile.Read(ctx, file, o.file)
	if err != nil {
		return err
	}
	p.term.Tell("Run %q: %d payouts, %s in all.", plan.Run, plan.Count, plan.Total)
	db := stdlib.OpenDBFromPool(p.pool)
	defer db.Close()
	client, _, err := account.ForWriting(ctx, o.shared, p.term, djamo.WithTimeout(o.sendTimeout))
	if err != nil {
		return err
	}
	if err := checkApproval(ctx, db, plan.PlanInfo, client.Account(), o.approved); err != nil {
		return err
	}
	reject, err := confirmReview(ctx, p, db, client, plan, o)
	if err != nil {
		return err
	}
	if err := compareRecent(ctx, client, plan, o, p.term); err != nil {
		return err
	}
	if err := prepare(ctx, client, db, plan, reject, o.allowShort); err != nil {
		return err
	}
	return inTransaction(ctx, db, func(tx *sql.Tx) error {
		if err := compareWaiting(ctx, tx, plan.Run, lang.Phrase("nothing was enqueued"), o.allowRepeats); err != nil {
			return err
		}
		enqueued, err := riverpayroll.Enqueue(ctx, tx, plan, riverpayroll.Options{
			PartSize: o.partSize, RecentWindow: o.recent().Window, AllowRepeats: o.allowRepeats,
		})
		switch {
		case errors.Is(err, payroll.ErrNotApproved):
			return exit.BadInput(lang.Errorf("nothing was enqueued: %w", err))
		case errors.Is(err, payroll.ErrCancelled):
			return exit.BadInput(lang.Errorf("nothing was enqueued: %w: djamo payroll cluster resume %s", err, shellWord(plan.Run)))
		case err == nil:
			p.tellEnqueued(enqueued)
		}
		return err
	})
}

func (p *program) tellEnqueued(e riverpayroll.Enqueued) {
	p.term.Tell("%d parts are open, %d of them newly enqueued.", e.Open, e.Jobs)
	if len(e.Waiting) > 0 {
		p.term.Tell("%d parts cannot go on yet, since their last job is still being ended: resume the run again in %s.",
			len(e.Waiting), e.RetryAfter)
	}
}

// compareWaiting refuses a run whose payees are to get the same amounts from another run that waits, unless that was confirmed.
func compareWaiting(ctx context.Context, tx *sql.Tx, run string, nothingDone lang.Phrase, allowRepeats bool) error {
	if allowRepeats {
		return nil
	}
	waiting, err := sqljournal.WaitingElsewhere(ctx, tx, run)
	if err != nil || waiting.Payouts == 0 {
		return err
	}
	return exit.BadInput(lang.Errorf("%s: %d of these payees are still to get the same amount from the run %q: "+
		"cancel that one, or add --allow-repeats to pay both", nothingDone, waiting.Payouts, terminal.Plain(waiting.Run)))
}

// prepare takes over what was paid before, and sees that the account covers the rest, as the program for one machine does.
// A run whose parts exist already was prepared before.
func prepare(
	ctx context.Context, client *djamo.Client, db *sql.DB, plan *payroll.Plan, reject map[string]string, allowShort bool,
) error {
	journal, err := sqljournal.Open(ctx, db, sqljournal.PostgreSQL, plan.Run)
	if err != nil {
		return err
	}
	defer journal.Close()
	if err := journal.RecordAccount(ctx, client.Account()); errors.Is(err, payroll.ErrOtherAccount) {
		return exit.BadInput(lang.Errorf("nothing was enqueued: %w", err))
	} else if err != nil {
		return err
	}
	runner := payroll.Runner{Client: client, Journal: journal, AllowShort: allowShort, Reject: reject}
	_, err = runner.Prepare(ctx, plan)
	switch {
	case errors.Is(err, payroll.ErrDivided):
		return nil
	case errors.Is(err, payroll.ErrNotApproved):
		return exit.BadInput(lang.Errorf("nothing was enqueued: %w", err))
	case errors.Is(err, payroll.ErrInsufficientFunds), errors.Is(err, payroll.ErrPlanDiffers), errors.Is(err, payroll.ErrBadPlan):
		return exit.BadInput(lang.Errorf("nothing was enqueued: %w", err))
	}
	return err
}

// inTransaction commits what a function has done, or nothing.
func inTransaction(ctx context.Context, db *sql.DB, do func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil { // the connection may have ended after the database had committed
		return lang.Errorf("whether this was stored is not known; the same command again is safe: %w", err)
	}
	return nil
}
