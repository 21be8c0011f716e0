package payrollcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/account"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/payoutfile"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/approval"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// plan checks the file and shows what would be paid. Where there is an account, its balance is checked too.
func plan(ctx context.Context, set settings, t terminal.Terminal) error {
	if !account.IsGiven(set.options) {
		if set.requestApproval {
			return exit.BadUsage("--request-approval: an approval is for one account: set %s and %s", djamo.EnvAccessToken, djamo.EnvAPIURL)
		}
		return planWith(ctx, nil, set, t)
	}
	client, _, err := account.ForReading(ctx, set.options, t, set.clientOptions()...)
	if err != nil {
		return err
	}
	return planWith(ctx, client, set, t)
}

func planWith(ctx context.Context, client *djamo.Client, set settings, t terminal.Terminal) error {
	plan, closeFile, err := openPlan(ctx, set, t)
	if err != nil {
		return err
	}
	defer closeFile()
	reviewed, err := reviewPlan(ctx, plan, set, true)
	if err != nil {
		return exit.OrInterrupted(ctx, err)
	}
	journal, done, err := findJournal(ctx, set)
	if err != nil {
		return exit.OrInterrupted(ctx, err)
	}
	defer func() { done() }()
	before, err := standing(ctx, journal, plan)
	if err != nil {
		return exit.OrInterrupted(ctx, err)
	}
	if client != nil {
		if reviewed, err = checkRecipients(ctx, client, nil, plan, reviewed, nil, set, t); err != nil {
			return exit.OrInterrupted(ctx, err)
		}
	}
	if err := listPlan(plan, maxListed, t.Out, t.Lang); err != nil {
		return exit.OrInterrupted(ctx, err)
	}
	fmt.Fprintln(t.Out)
	covered, err := showFunds(ctx, client, journal, plan, before, set, t)
	if err != nil {
		return err
	}
	if err := errors.Join(reviewed.Show(t.Out, t.Lang), writeReview(ctx, reviewed, set, t)); err != nil {
		return err
	}
	if client == nil {
		return covered
	}
	showTerms(approval.TermsOf(plan, client.Account()), t)
	if covered != nil || !set.requestApproval {
		return covered
	}
	done() // request opens it again
	done = func() {}
	return request(ctx, client, plan, set, t)
}

// openPlan opens the file to pay, and checks it; done closes it once the plan is not read any more.
func openPlan(ctx context.Context, set settings, t terminal.Terminal) (plan *payroll.Plan, done func(), err error) {
	file, err := payoutfile.Open(ctx, set.file, t)
	if err != nil {
		return nil, nil, err
	}
	done = func() { _ = file.Close() }
	if plan, err = payoutfile.Read(ctx, file, set.file); err != nil {
		done()
		return nil, nil, err
	}
	return plan, done, nil
}

// showFunds says what is left to send, and what the account holds for it. covered is an error when it is not enough.
func showFunds(
	ctx context.Context,
	client *djamo.Client,
	journal *sqljournal.Journal,
	plan *payroll.Plan,
	before *payroll.Totals,
	set settings,
	t terminal.Terminal,
) (covered, err error) {
	prose := terminal.Prose(t.Out)
	left, err := announce(plan, before, prose, say(t.Lang))
	if err != nil || left.Count == 0 {
		return nil, err
	}
	if client == nil {
		fmt.Fprintln(t.Out)
		t.Tell("The balance was not checked: %s is not set.", djamo.EnvAccessToken)
		return nil, nil
	}
	_, missing, err := compareAndShow(ctx, client, journal, plan, &left, set, t, prose)
	if err != nil {
		return nil, err
	}
	if missing > 0 && !set.allowShort {
		return notCovered(missing), nil
	}
	return nil, nil
}

// notCovered is an account that lacks so much.
func notCovered(missing djamo.XOF) error {
	return exit.BadInput(lang.Errorf(
		"nothing was sent: the account does not cover the payouts: %s are missing; --allow-short sends what it covers", missing))
}

// maxListed is how many payouts are listed one by one.
const maxListed = 50

// listPlan prints the payouts of a short plan, and the first of a long one.
func listPlan(plan *payroll.Plan, most int64, out io.Writer, l lang.Language) error {
	var listed []payroll.Payout
	for p, err := range plan.Payouts() {
		if err != nil {
			return exit.BadInput(errors.Join(lang.Errorf("nothing was sent"), err))
		}
		if listed = append(listed, p); int64(len(listed)) == most {
			break
		}
	}
	named := named(listed)
	table := tabwriter.NewWriter(terminal.Prose(out), 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "%s\t%s\t%s%s\t%s\n", l.Text("REFERENCE"), l.Text("PAYEE"), named.with(l.Text("NAME")), l.Text("AMOUNT"),
		l.Text("DESCRIPTION"))
	for _, p := range listed {
		fmt.Fprintf(table, "%s\t%s\t%s%s\t%s\n", terminal.Plain(p.Reference), p.MSISDN, named.cell(p), p.Amount, terminal.Plain(p.Description))
	}
	if more := plan.Count - int64(len(listed)); more > 0 {
		fmt.Fprintf(table, "…\t\t%s\t%s\n", named.blank(), l.Say("and %d more", more))
	}
	return table.Flush()
}

// nameColumn is the column with the names of payees, where the file has them.
type nameColumn bool

func named(payouts []payroll.Payout) nameColumn {
	return nameColumn(slices.ContainsFunc(payouts, func(p payroll.Payout) bool { return p.Name != "" }))
}

func (n nameColumn) blank() string { return n.with("") }

func (n nameColumn) cell(p payroll.Payout) string { return n.with(terminal.MaskName(p.Name)) }

func (n nameColumn) with(text string) string {
	if !n {
		return ""
	}
	return text + "\t"
}
