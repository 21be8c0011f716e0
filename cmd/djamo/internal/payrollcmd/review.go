package payrollcmd

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/review"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
)

// reviewPlan compares the plan with earlier runs: those that --since names, or those of the plan's own journal. The journal
// must not be open yet. Of a run that has begun, which was confirmed then, there is no review unless always is set.
func reviewPlan(ctx context.Context, plan *payroll.Plan, set settings, always bool) (*review.Review, error) {
	if !always {
		began, err := hasBegun(ctx, set)
		if err != nil || began {
			return &review.Review{}, err
		}
	}
	past := &review.Past{}
	for _, source := range set.review.Since {
		var err error
		if sameFile(source, set.file.Path) {
			err = lang.Errorf("it is the file to pay itself")
		} else {
			err = past.AddSource(ctx, source, set.file.Run, set.file, set.term)
		}
		if err != nil {
			return nil, exit.NotSent(ctx, lang.Errorf("the earlier run %s cannot be read: %w", review.NameOf(source), err))
		}
	}
	if len(set.review.Since) == 0 && journalExists(set) {
		db, err := openExisting(set)
		if err != nil {
			return nil, unusableJournal(ctx, set, err)
		}
		if err := errors.Join(past.AddJournal(ctx, db.DB, db.dialect, set.file.Run), db.Close()); err != nil {
			return nil, unusableJournal(ctx, set, err)
		}
	}
	return review.Compare(plan, past, review.Options{Unusual: int64(set.review.Unusual)})
}

// openExisting opens the database of a journal that is there.
func openExisting(set settings) (database, error) {
	if !isPostgres(set.journal) {
		if err := checkFile(set.journal); err != nil {
			return database{}, err
		}
	}
	return openDatabase(set)
}

// journalExists reports whether there is something to open.
func journalExists(set settings) bool {
	if isPostgres(set.journal) {
		return true
	}
	_, err := os.Stat(set.journal)
	return !errors.Is(err, fs.ErrNotExist)
}

// hasBegun reports whether the journal holds the run's plan.
func hasBegun(ctx context.Context, set settings) (bool, error) {
	if !journalExists(set) {
		return false, nil
	}
	db, err := openExisting(set)
	if err != nil {
		return false, unusableJournal(ctx, set, err)
	}
	began, err := review.HasBegun(ctx, db.DB, db.dialect, set.file.Run)
	return began, unusableJournal(ctx, set, errors.Join(err, db.Close()))
}

// writeReview writes the review's file, if there is to be one.
func writeReview(ctx context.Context, r *review.Review, set settings, t terminal.Terminal) error {
	if set.review.File == "" || r.Plan.Digest == "" {
		return nil
	}
	if err := r.WriteFile(set.review.File, t.Lang); err != nil {
		return exit.NotSent(ctx, err)
	}
	t.Tell("Review: %s", set.review.File)
	return nil
}

// checkReviewFile makes sure that the review takes the place of nothing that is needed.
func checkReviewFile(set settings) error {
	for _, needed := range append([]string{set.file.Path, set.journal, set.report}, set.review.Since...) {
		if set.review.File != "" && needed != "" && !isPostgres(needed) && sameFile(set.review.File, needed) {
			return exit.BadUsage("--review %q: would replace a file that is needed: give it a name of its own", set.review.File)
		}
	}
	return set.review.Check()
}

// checkRecipients asks whether the payees who are still to be paid have accounts, and adds to the review those who have none. Of a
// run that has begun it makes a review of these alone.
func checkRecipients(
	ctx context.Context,
	client *djamo.Client,
	journal payroll.Journal,
	plan *payroll.Plan,
	reviewed *review.Review,
	before *payroll.Totals,
	set settings,
	t terminal.Terminal,
) (*review.Review, error) {
	payouts, count := plan.Payouts(), plan.Count
	if before != nil {
		payouts, count, reviewed = review.PayoutsOf(ctx, journal, payroll.Planned), before.Unsent.Count, &review.Review{}
	}
	if count == 0 {
		return reviewed, nil
	}
	return reviewed, set.recipients.Check(ctx, client, "", payouts, count, reviewed, t)
}

// checkUnsent is checkRecipients for a run that is resumed from its journal.
func checkUnsent(ctx context.Context, runner *payroll.Runner, set settings, t terminal.Terminal) error {
	sums, err := runner.Journal.Sums(ctx)
	if err != nil {
		return err
	}
	reviewed := &review.Review{}
	unsent := review.PayoutsOf(ctx, runner.Journal, payroll.Planned)
	err = set.recipients.Check(ctx, runner.Client, "", unsent, sums[payroll.Planned].Count, reviewed, t)
	if err != nil {
		return err
	}
	runner.Reject = reviewed.Rejected()
	return confirmReview(ctx, reviewed, set, t)
}
