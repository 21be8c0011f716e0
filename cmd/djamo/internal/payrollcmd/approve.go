package payrollcmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/review"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/approval"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

func approveCommand(t terminal.Terminal, o *options.Options) *cobra.Command {
	set := settings{options: o, term: t}
	var digest string
	command := &cobra.Command{
		Use:   "approve FILE",
		Short: "Approve, as the second person, what another has planned; nothing is sent",
		Long: "Reads the file as it is to be paid, compares it with what was planned, shows every payout, and signs exactly that with your\n" +
			"SSH key. Whoever has planned the run cannot approve it. The approval ends after a while, and with any change.",
		Example: "  djamo payroll approve salaries.csv --run salaries-2026-07 --journal payroll.journal --key ~/.ssh/id_ed25519",
		Args:    oneFile,
		RunE: func(c *cobra.Command, args []string) error {
			set.file.Path, set.journalMustExist = args[0], true
			if err := set.check(); err != nil {
				return err
			}
			return approve(c.Context(), set, digest, t)
		},
	}
	flags := command.Flags()
	set.file.AddFlags(flags)
	set.addJournalFlags(flags)
	set.addKeyFlag(flags)
	flags.StringVar(&digest, "digest", "",
		"the `digest` that you were told, instead of answering on a terminal: all of it, or its first 16 letters or more")
	return command
}

// approve shows what is to be paid, and signs it.
func approve(ctx context.Context, set settings, digest string, t terminal.Terminal) error {
	plan, done, err := openPlan(ctx, set, t)
	if err != nil {
		return err
	}
	defer done()
	s, err := openToSign(ctx, set)
	if errors.Is(err, errNoRuns) { // who is to approve it must not be told to begin it
		err = notSigned(ctx, &approval.Refusal{Reason: approval.NotRequested, Args: []any{plan.Run}})
	}
	if err != nil {
		return err
	}
	defer s.close()
	by, request, err := s.mayApprove(plan)
	if err != nil {
		return notSigned(ctx, err)
	}
	if err := listPlan(plan, plan.Count, t.Out, t.Lang); err != nil {
		return exit.OrInterrupted(ctx, err)
	}
	fmt.Fprintln(t.Out)
	showTerms(*request.Terms, t)
	t.Tell("Planned by %s on %s.", terminal.Plain(request.By), request.At.Local().Format(time.DateTime))
	if err := confirmTerms(ctx, *request.Terms, digest, t); err != nil {
		return err
	}
	err = s.sign(ctx, approval.Statement{Act: approval.Approve, By: by, Terms: request.Terms, Follows: s.record.Request.Digest()})
	if err != nil {
		return err
	}
	standing, err := s.journal.Standing(ctx)
	if err == nil {
		t.Tell("Approved by %s, until %s.", terminal.Plain(by), standing.End().Local().Format(time.DateTime))
	}
	return exit.OrInterrupted(ctx, err)
}

// mayApprove finds out, before a person is asked, whether the key's owner may approve the plan, and returns that person's name and
// the request.
func (s *signing) mayApprove(plan *payroll.Plan) (by string, request approval.Statement, err error) {
	by, err = s.signer()
	if err != nil {
		return "", request, err
	}
	if s.record.Request.IsZero() {
		return "", request, &approval.Refusal{Reason: approval.NotRequested, Args: []any{plan.Run}}
	}
	if request, _, err = s.record.Request.Open(approval.Plan); err != nil {
		return "", request, err
	}
	asked := *request.Terms
	given := approval.TermsOf(plan, djamo.Account{Environment: asked.Environment, Host: asked.Host, CompanyID: asked.CompanyID})
	switch {
	case given != asked:
		return "", request, &approval.Refusal{Reason: approval.OtherPlan, Args: []any{asked.Digest(), given.Digest()}}
	case by == request.By:
		return "", request, &approval.Refusal{Reason: approval.SamePerson, Args: []any{by}}
	}
	return by, request, nil
}

// showTerms says what is signed for.
func showTerms(terms approval.Terms, t terminal.Terminal) {
	place := terms.Host
	if terms.CompanyID != "" {
		place += " (" + terms.CompanyID + ")"
	}
	t.Tell("The plan: run %q, %d payouts, %s, from %s; references derived: %d.",
		terms.Run, terms.Payouts, terms.Total, terminal.Plain(place), terms.Derived)
	fmt.Fprintln(t.Out, t.Lang.Say("Digest: %s", terms.Digest()))
}

// confirmTerms has the digest confirmed, by the flag or by a person on the terminal.
func confirmTerms(ctx context.Context, terms approval.Terms, digest string, t terminal.Terminal) error {
	const minDigits = 16
	switch given := strings.ToLower(strings.TrimSpace(digest)); {
	case given != "" && (len(given) < minDigits || !strings.HasPrefix(terms.Digest(), given)):
		return notSigned(ctx, lang.Errorf("--digest %q is not the digest of what is to be paid: %s", given, terms.Digest()))
	case given != "":
		return nil
	case !t.Interactive:
		return notSigned(ctx, lang.Errorf("there is no terminal to ask on: give the digest that you were told with --digest"))
	}
	answer, err := review.ReadAnswer(ctx, t.Lang.Text("Approve? [y/N] "), t)
	if err != nil {
		return err
	}
	if !review.IsYes(answer) {
		return notSigned(ctx, lang.Errorf("it was not confirmed: answer y"))
	}
	return nil
}

// checkApproval refuses, before anybody is asked anything, a run that needs an approval and has none. The journal is nil where the run
// has not begun.
func checkApproval(ctx context.Context, journal *sqljournal.Journal, info payroll.PlanInfo, account djamo.Account, set settings) error {
	var standing approval.Standing
	var err error
	switch {
	case journal != nil:
		standing, err = journal.Standing(ctx)
	case journalExists(set):
		standing, err = standingOf(ctx, set, info.Run)
	}
	if err == nil && set.requireApproval && !standing.Policy.Required {
		return exit.NotSent(ctx, lang.Errorf("--require-approval: the journal names nobody who may approve: djamo payroll approvers set"))
	}
	if err == nil {
		err = standing.Check(info.Run, info.Digest, account)
	}
	if err == nil && journal != nil { // looks at what is stored, too
		err = journal.CheckApproval(ctx, info, account)
	}
	if errors.Is(err, payroll.ErrNotApproved) {
		return exit.NotSent(ctx, err)
	}
	return exit.OrInterrupted(ctx, err)
}

// standingOf looks into a journal that nobody has opened.
func standingOf(ctx context.Context, set settings, run string) (approval.Standing, error) {
	db, err := openExisting(set)
	if err != nil {
		return approval.Standing{}, unusableJournal(ctx, set, err)
	}
	record, err := sqljournal.ReadRecord(ctx, db.DB, db.dialect, run)
	if err = errors.Join(err, db.Close()); err != nil {
		return approval.Standing{}, unusableJournal(ctx, set, err)
	}
	return record.At(time.Now())
}
