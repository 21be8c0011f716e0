package payrollcmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/payoutfile"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/approval"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

func (s *settings) addKeyFlag(flags *pflag.FlagSet) {
	flags.StringVar(&s.key, "key", "", "your SSH key, to sign with: a private key's `file`, or its .pub file when ssh-agent has it")
}

func (s *settings) addApprovalFlag(flags *pflag.FlagSet) {
	flags.BoolVar(&s.requireApproval, "require-approval", false, "send nothing unless the journal demands the approval of a second person")
}

// approversCommand is djamo payroll approvers.
func approversCommand(t terminal.Terminal) *cobra.Command {
	command := &cobra.Command{
		Use:   "approvers",
		Short: "Say who may plan and approve the runs of a journal",
		Long: "A journal that names who may sign demands that one person plans each run and another approves it, on any machine. Only a\n" +
			"person on the list can change the list or end the demand, with a signature; whoever pays cannot.",
	}
	command.AddCommand(setApproversCommand(t), showApproversCommand(t), endApprovalsCommand(t))
	return command
}

func setApproversCommand(t terminal.Terminal) *cobra.Command {
	set := settings{term: t}
	var validity time.Duration
	command := &cobra.Command{
		Use:     "set LIST",
		Short:   "Demand approvals from now on, by the people of a list in the form of ssh-keygen's allowed_signers",
		Example: "  djamo payroll approvers set allowed_signers --journal payroll.journal --key ~/.ssh/id_ed25519",
		Args:    oneList,
		RunE: func(c *cobra.Command, args []string) error {
			if err := set.check(); err != nil {
				return err
			}
			if validity < time.Second || validity > approval.MaxValidity {
				return exit.BadUsage("--valid %s: must be from 1s to %s", shortDuration(validity), shortDuration(approval.MaxValidity))
			}
			content, err := os.ReadFile(args[0])
			if err != nil {
				return exit.BadUsage("LIST %q: cannot be read: %w", args[0], errorOf(err))
			}
			signers, err := approval.ParseSigners(string(content), time.Local)
			if err != nil {
				return exit.BadUsage("LIST %q: %w", args[0], err)
			}
			policy, err := approval.NewPolicy(signers, validity)
			if err != nil {
				return exit.BadUsage("LIST %q: %w", args[0], err)
			}
			return appoint(c.Context(), set, &policy, t)
		},
	}
	set.addJournalFlags(command.Flags())
	set.addKeyFlag(command.Flags())
	command.Flags().DurationVar(&validity, "valid", approval.DefaultValidity, "how long an approval holds after it was signed")
	return command
}

func endApprovalsCommand(t terminal.Terminal) *cobra.Command {
	set := settings{term: t}
	command := &cobra.Command{
		Use:   "end",
		Short: "Demand no approvals any more; signed by one of those who may",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := set.check(); err != nil {
				return err
			}
			return appoint(c.Context(), set, nil, t)
		},
	}
	set.addJournalFlags(command.Flags())
	set.addKeyFlag(command.Flags())
	return command
}

func showApproversCommand(t terminal.Terminal) *cobra.Command {
	set := settings{term: t}
	command := &cobra.Command{
		Use:   "show",
		Short: "List who may sign, and who has planned and approved which run, and when",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := set.check(); err != nil {
				return err
			}
			return showApprovers(c.Context(), set, t)
		},
	}
	set.addJournalFlags(command.Flags())
	return command
}

func oneList(_ *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return exit.BadUsage("LIST must name one file in the form of ssh-keygen's allowed_signers")
	}
	return nil
}

// appoint signs a list and stores it; without a policy the one that holds is ended.
func appoint(ctx context.Context, set settings, policy *approval.Policy, t terminal.Terminal) error {
	key, err := openKey(set.key)
	if err != nil {
		return err
	}
	defer key.close()
	if !isPostgres(set.journal) {
		if err := keepPrivate(set.journal, false); err != nil {
			return unusableJournal(ctx, set, err)
		}
	}
	db, err := openDatabase(set)
	if err != nil {
		return unusableJournal(ctx, set, err)
	}
	defer db.Close()
	record, err := sqljournal.ReadRecord(ctx, db.DB, db.dialect, "")
	if err != nil {
		return unusableJournal(ctx, set, err)
	}
	standing, err := record.At(time.Now())
	if err != nil {
		return notSigned(ctx, err)
	}
	signers := standing.Signers
	if policy == nil {
		if !standing.Policy.Required {
			return notSigned(ctx, &approval.Refusal{Reason: approval.ApprovalNotUsed})
		}
		policy = &approval.Policy{Signers: standing.Policy.Signers, Seconds: standing.Policy.Seconds}
	} else if len(record.Policies) == 0 {
		if signers, err = approval.ParseSigners(policy.Signers, time.UTC); err != nil {
			return notSigned(ctx, err)
		}
	}
	by, err := nameOf(key, signers)
	if err != nil {
		return notSigned(ctx, err)
	}
	statement := approval.Statement{Act: approval.Appoint, By: by, At: time.Now(), Policy: policy}
	if n := len(record.Policies); n > 0 {
		statement.Follows = record.Policies[n-1].Digest()
	}
	signed, err := payoutfile.Await(ctx, func() (approval.Signed, error) { return approval.Sign(statement, key.public, key.sign) })
	if err == nil {
		err = sqljournal.Appoint(ctx, db.DB, db.dialect, signed)
	}
	switch {
	case errors.Is(err, payroll.ErrNotApproved):
		return notSigned(ctx, err)
	case err != nil:
		return unusableJournal(ctx, set, err)
	case policy.Required:
		t.Tell("From now on each run of this journal needs two people; an approval holds for %s.", shortDuration(policy.Validity()))
	default:
		t.Tell("From now on the runs of this journal need no approval.")
	}
	return nil
}

// shortDuration leaves out the minutes and seconds that a duration does not have.
func shortDuration(d time.Duration) string {
	text := d.String()
	for _, none := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, none) {
			text = text[:len(text)-len(none)+1]
		}
	}
	return text
}

// showApprovers lists who may sign, and the runs that wait.
func showApprovers(ctx context.Context, set settings, t terminal.Terminal) error {
	if !journalExists(set) {
		return notSigned(ctx, &approval.Refusal{Reason: approval.ApprovalNotUsed})
	}
	db, err := openExisting(set)
	if err != nil {
		return unusableJournal(ctx, set, err)
	}
	defer db.Close()
	record, err := sqljournal.ReadRecord(ctx, db.DB, db.dialect, "")
	if err != nil {
		return unusableJournal(ctx, set, err)
	}
	standing, err := record.At(time.Now())
	if err != nil {
		return notSigned(ctx, err)
	}
	if !standing.Policy.Required {
		t.Tell("The runs of this journal need no approval.")
		return nil
	}
	table := tabwriter.NewWriter(terminal.Prose(t.Out), 0, 0, 2, ' ', 0)
	for _, s := range standing.Signers {
		fmt.Fprintf(table, "%s\t%s\n", terminal.Plain(s.Name), s.Key.Fingerprint())
	}
	if err := table.Flush(); err != nil {
		return err
	}
	runs, err := sqljournal.ListRuns(ctx, db.DB, db.dialect)
	if err != nil {
		return unusableJournal(ctx, set, err)
	}
	for _, run := range runs {
		record, err := sqljournal.ReadRecord(ctx, db.DB, db.dialect, run.Name)
		if err != nil {
			return unusableJournal(ctx, set, err)
		}
		if err := showRun(run, record, t); err != nil {
			return notSigned(ctx, err)
		}
	}
	return nil
}

// showRun says who has planned and approved a run and when, and what it waits for.
func showRun(run sqljournal.RunInfo, record approval.Record, t terminal.Terminal) error {
	standing, err := record.At(time.Now())
	if err != nil || record.Request.IsZero() {
		return err
	}
	moment := func(at time.Time) string { return at.Local().Format(time.DateTime) }
	name := terminal.Plain(run.Name)
	if asked := standing.Request; asked.By != "" {
		fmt.Fprintln(t.Out, t.Lang.Say("Run %q: planned by %s on %s", name, terminal.Plain(asked.By), moment(asked.At)))
	}
	if given := standing.Approval; given.By != "" {
		fmt.Fprintln(t.Out, t.Lang.Say("Run %q: approved by %s on %s, until %s", name, terminal.Plain(given.By), moment(given.At),
			moment(standing.End())))
	}
	refusal, _ := errors.AsType[*approval.Refusal](standing.Refusal)
	if standing.Refusal == nil || run.Plan != nil && refusal != nil && refusal.Reason == approval.Expired { // it may be paid long since
		return nil
	}
	fmt.Fprintln(t.Out, t.Lang.Say("Run %q: %s", name, lang.Phrase(t.Lang.Error(standing.Refusal))))
	return nil
}
