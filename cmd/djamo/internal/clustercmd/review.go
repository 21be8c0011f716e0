package clustercmd

import (
	"context"
	"database/sql"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/review"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// confirmReview shows what is known of the plan, as the program for one machine does, and has each group of warnings confirmed. It
// returns why payouts are not to be sent, by their references. A run that is stored already was confirmed before.
func confirmReview(
	ctx context.Context, p *program, db *sql.DB, client *djamo.Client, plan *payroll.Plan, o enqueueOptions,
) (map[string]string, error) {
	if began, err := review.HasBegun(ctx, db, sqljournal.PostgreSQL, plan.Run); err != nil || began {
		return map[string]string{}, err
	}
	past := &review.Past{}
	for _, source := range o.review.Since {
		if err := past.AddSource(ctx, source, plan.Run, o.file, p.term); err != nil {
			return nil, exit.BadInput(lang.Errorf("nothing was enqueued: the earlier run %s cannot be read: %w", review.NameOf(source), err))
		}
	}
	if len(o.review.Since) == 0 {
		if err := past.AddJournal(ctx, db, sqljournal.PostgreSQL, plan.Run); err != nil {
			return nil, err
		}
	}
	reviewed, err := review.Compare(plan, past, review.Options{Unusual: int64(o.review.Unusual)})
	if err != nil {
		return nil, err
	}
	if err := o.recipients.Check(ctx, client, "", plan.Payouts(), plan.Count, reviewed, p.term); err != nil {
		return nil, err
	}
	if o.review.File != "" {
		if err := reviewed.WriteFile(o.review.File, p.term.Lang); err != nil {
			return nil, exit.BadInput(err)
		}
	}
	if err := reviewed.Show(p.term.Err, p.term.Lang); err != nil {
		return nil, err
	}
	ask := review.ReadAnswer
	if !p.term.Interactive {
		ask = nil
	}
	return reviewed.Rejected(), reviewed.Ask(ctx, o.review.Confirm, p.term, ask)
}
