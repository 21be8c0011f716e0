// Package payrollcmd has the commands that pay a file from one machine: djamo payroll plan, run, resume, reconcile and
// report.
package payrollcmd

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
)

// Command is djamo payroll.
func Command(t terminal.Terminal, o *options.Options) *cobra.Command {
	command := &cobra.Command{Use: "payroll", Short: "Pay a file of salaries, each exactly once"}
	command.AddCommand(planCommand(t, o), runCommand(t, o), resumeCommand(t, o), reconcileCommand(t, o), reportCommand(t),
		receiptsCommand(t), entriesCommand(t), approveCommand(t, o), approversCommand(t))
	return command
}

func planCommand(t terminal.Terminal, o *options.Options) *cobra.Command {
	set := settings{options: o, term: t}
	command := &cobra.Command{
		Use:     "plan FILE",
		Short:   "Check a CSV or XLSX file and show what would be paid; nothing is sent",
		Example: "  djamo payroll plan salaries.csv --run salaries-2026-07",
		Args:    oneFile,
		RunE: func(c *cobra.Command, args []string) error {
			set.file.Path = args[0]
			if err := firstOf(set.check, set.checkSendTimeout, set.checkRecent, set.checkReview); err != nil {
				return err
			}
			return plan(c.Context(), set, t)
		},
	}
	flags := command.Flags()
	set.file.AddFlags(flags)
	set.addJournalFlags(flags)
	set.addRecentFlags(flags)
	set.addSendTimeoutFlag(flags)
	o.AddProfile(flags)
	set.review.AddFlags(flags)
	set.recipients.AddFlags(flags)
	flags.BoolVar(&set.allowShort, "allow-short", false, "go on even if the balance does not cover the file")
	flags.BoolVar(&set.requestApproval, "request-approval", false, "sign the plan with --key, for a second person to approve")
	set.addKeyFlag(flags)
	return command
}

func runCommand(t terminal.Terminal, o *options.Options) *cobra.Command {
	set := settings{options: o, term: t}
	command := &cobra.Command{
		Use:     "run FILE",
		Short:   "Pay a CSV or XLSX file; started again with the same file, it goes on where it stopped",
		Example: "  djamo payroll run salaries.csv --run salaries-2026-07 --report report.html",
		Args:    oneFile,
		RunE: func(c *cobra.Command, args []string) error {
			set.file.Path = args[0]
			if err := firstOf(set.check, set.checkSending, set.checkTimes, set.checkRecent, set.checkReview); err != nil {
				return err
			}
			return ended(pay(c.Context(), set, t))
		},
	}
	flags := command.Flags()
	set.file.AddFlags(flags)
	set.addPayFlags(flags)
	o.AddMaxTotal(flags)
	set.review.AddFlags(flags)
	flags.BoolVar(&set.yes, "yes", false, "confirm beforehand; warnings need --confirm, and payments that may be repeated --allow-repeats")
	return command
}

// addPayFlags are the flags of the commands that pay.
func (s *settings) addPayFlags(flags *pflag.FlagSet) {
	s.addJournalFlags(flags)
	s.addReportFlags(flags)
	s.addSendFlags(flags)
	s.addTimeFlags(flags)
	s.addRecentFlags(flags)
	s.addApprovalFlag(flags)
	s.options.AddProfile(flags)
	s.options.AddLive(flags)
	s.recipients.AddFlags(flags)
	s.review.AddConfirmFlag(flags)
}

func resumeCommand(t terminal.Terminal, o *options.Options) *cobra.Command {
	set := settings{options: o, term: t}
	command := &cobra.Command{
		Use:   "resume [FILE]",
		Short: "Go on with a run that was confirmed and stopped, from its journal",
		Long: "Goes on with the run in the journal, which was confirmed when it began. The file is not read: when it is given,\n" +
			"the journal is the one beside it. What is left to send is compared with what the account has paid since.",
		Example: "  djamo payroll resume --journal salaries.csv.journal --report report.html",
		Args:    atMostOneFile,
		RunE: func(c *cobra.Command, args []string) error {
			set.takeJournalOf(args)
			set.sends = true
			if err := firstOf(set.check, set.checkSending, set.checkTimes, set.checkRecent, set.recipients.Validate); err != nil {
				return err
			}
			return ended(goOn(c.Context(), set, t, resuming(set, t)))
		},
	}
	flags := command.Flags()
	set.addRunFlag(flags)
	set.addPayFlags(flags)
	flags.BoolVar(&set.yes, "yes", false, "for scripts that give it to every command: a resumed run was confirmed when it began")
	return command
}

func reconcileCommand(t terminal.Terminal, o *options.Options) *cobra.Command {
	set := settings{options: o, term: t}
	command := &cobra.Command{
		Use:     "reconcile [FILE]",
		Short:   "Ask what became of what a run has sent; nothing is sent",
		Example: "  djamo payroll reconcile --journal salaries.csv.journal",
		Args:    atMostOneFile,
		RunE: func(c *cobra.Command, args []string) error {
			set.takeJournalOf(args)
			if err := firstOf(set.check, set.checkTimes); err != nil {
				return err
			}
			return ended(goOn(c.Context(), set, t, (*payroll.Runner).Reconcile))
		},
	}
	flags := command.Flags()
	set.addJournalFlags(flags)
	set.addRunFlag(flags)
	set.addReportFlags(flags)
	set.addTimeFlags(flags)
	o.AddProfile(flags)
	flags.BoolVar(&set.allowRepeats, "allow-repeats", false, "confirm that some payouts were paid earlier")
	return command
}

func reportCommand(t terminal.Terminal) *cobra.Command {
	set := settings{term: t}
	command := &cobra.Command{
		Use:   "report [FILE]",
		Short: "Say what became of each payout of a run, from its journal; no account is needed",
		Example: "  djamo payroll report --journal salaries.csv.journal --report report.html\n" +
			"  djamo payroll report salaries.csv --format csv > report.csv",
		Args: atMostOneFile,
		RunE: func(c *cobra.Command, args []string) error {
			set.takeJournalOf(args)
			if err := firstOf(set.check, set.checkFormat); err != nil {
				return err
			}
			return reportOnly(c.Context(), set, t)
		},
	}
	flags := command.Flags()
	set.addJournalFlags(flags)
	set.addRunFlag(flags)
	set.addReportFlags(flags)
	flags.StringVar(
		&set.format,
		"format",
		"table",
		"how it is written to standard output: `table|csv|xlsx|json|html`; all but the table have whole phone numbers",
	)
	return command
}

func oneFile(_ *cobra.Command, args []string) error {
	switch len(args) {
	case 0:
		return exit.BadUsage("FILE is missing: name the CSV or XLSX file to pay")
	case 1:
		if args[0] == "" {
			return exit.BadUsage("FILE %q: must be the name of a CSV or XLSX file", args[0])
		}
		return nil
	}
	return exit.BadUsage("%q is one file too many: one is paid at a time", args[1])
}

func atMostOneFile(command *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return oneFile(command, args)
}

// takeJournalOf finds the journal by the file that was paid. The file itself is not read, and names no run.
func (s *settings) takeJournalOf(args []string) {
	s.journalMustExist = true
	if len(args) == 1 && s.journal == "" {
		s.journal = args[0] + ".journal"
	}
}

func firstOf(checks ...func() error) error {
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// ended makes the outcome of a run an error with its exit code.
func ended(complete bool, err error) error {
	if err == nil && !complete {
		return &exit.Error{Code: exit.Unresolved, Err: errNotAllPaid}
	}
	return err
}

// outcome is an error that the report has told already.
type outcome string

func (o outcome) Error() string { return string(o) }

const errNotAllPaid outcome = "not every payout is completed: the report says which, and why"
