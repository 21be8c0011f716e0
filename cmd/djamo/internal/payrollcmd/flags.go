package payrollcmd

import (
	"context"
	"os"
	"time"

	"github.com/spf13/pflag"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/paper"
	"github.com/djamo/djamo-go/cmd/djamo/internal/payoutfile"
	"github.com/djamo/djamo-go/cmd/djamo/internal/review"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
)

// sendTimeout is how long one request may take, unless the command line says otherwise.
const sendTimeout = 20 * time.Second

// settings are what the command line says.
type settings struct {
	options                  *options.Options
	term                     terminal.Terminal // is told what is waited for
	file                     payoutfile.Options
	journal, report, format  string
	csvSeparator             string
	presentation             paper.Presentation
	mode, progress           string
	batchSize, concurrency   int
	yes, allowShort          bool
	allowRepeats             bool
	recentDays               int
	review                   review.Settings
	recipients               review.RecipientSettings
	reject                   map[string]string // why payouts are not sent, by their references
	sendTimeout, quietPeriod time.Duration
	lease, idleTimeout       time.Duration
	journalMustExist         bool
	sends                    bool // the command may send something
	key                      string
	requireApproval          bool
	requestApproval          bool

	poll time.Duration // set by tests, which have no time to lose
}

func (s *settings) addJournalFlags(flags *pflag.FlagSet) {
	flags.StringVar(
		&s.journal,
		"journal",
		"",
		"SQLite `file` or postgres:// address of the journal; default: the file to pay with .journal",
	)
}

func (s *settings) addRunFlag(flags *pflag.FlagSet) {
	flags.StringVar(&s.file.Run, "run", "", "`name` of the run; default: the only one in the journal")
}

func (s *settings) addReportFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.report, "report", "", "`file` to report to: .csv, .xlsx, .json or .html; it holds whole phone numbers")
	s.presentation.AddFlags(flags)
	flags.StringVar(&s.csvSeparator, "csv-separator", "", "what stands between the fields of a CSV report: `,|;|tab`; "+
		"default: a semicolon where the language, or that of the system, is French, as Excel expects there, and a comma elsewhere")
}

func (s *settings) addSendFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.mode, "mode", string(payroll.Batch), "one request for each payout, or for many: `single|batch`")
	flags.IntVar(&s.batchSize, "batch-size", 100, "payouts in one batch")
	flags.IntVar(&s.concurrency, "concurrency", 4, "requests at the same time")
	flags.BoolVar(&s.allowShort, "allow-short", false, "send although the balance does not cover the file")
}

func (s *settings) addSendTimeoutFlag(flags *pflag.FlagSet) {
	flags.DurationVar(&s.sendTimeout, "send-timeout", sendTimeout, "how long one request may take")
}

func (s *settings) addTimeFlags(flags *pflag.FlagSet) {
	s.addSendTimeoutFlag(flags)
	flags.DurationVar(
		&s.quietPeriod,
		"quiet-period",
		0,
		"how long a payout whose answer was lost is looked for before it is sent again; default: the send timeout plus 10s",
	)
	flags.DurationVar(
		&s.lease,
		"lease",
		15*time.Second,
		"how long the run stays with a process that was killed, when the journal is in PostgreSQL",
	)
	flags.StringVar(&s.progress, "progress", progressAuto, "how progress is shown: `auto|bar|lines|jsonl|none`; "+
		"auto is a bar on a terminal, lines elsewhere")
	flags.DurationVar(&s.idleTimeout, "idle-timeout", 15*time.Minute, "how long to wait without any news before stopping")
}

func (s *settings) addRecentFlags(flags *pflag.FlagSet) {
	flags.IntVar(&s.recentDays, "recent-days", 35, "how many `days` back the account's payments are compared with the file")
	flags.BoolVar(&s.allowRepeats, "allow-repeats", false,
		"confirm beforehand that payees get the same amount again, and that some payouts were paid earlier")
}

// checkReview refuses what cannot be of the flags for the review.
func (s *settings) checkReview() error {
	if err := s.recipients.Validate(); err != nil {
		return err
	}
	return checkReviewFile(*s)
}

func (s *settings) checkRecent() error {
	const maxDays = 3660
	if s.recentDays < 1 || s.recentDays > maxDays {
		return exit.BadUsage("--recent-days %d: must be from 1 to %d", s.recentDays, maxDays)
	}
	return nil
}

// check refuses what cannot be, and fills in what follows from the rest.
func (s *settings) check() error {
	if err := s.file.Check(); err != nil {
		return err
	}
	if s.journal == "" && s.file.Path != "" {
		s.journal = s.file.Path + ".journal"
	}
	if s.journal == "" {
		return exit.BadUsage("--journal: must name the journal of the run, or the file that was paid must be given")
	}
	if !isPostgres(s.journal) && addresses(s.journal) { // it may hold a password, so it is not shown
		return exit.BadUsage("--journal: nothing was sent: it must be a file, or an address that starts with postgres://")
	}
	switch s.csvSeparator {
	case "", ",", ";", "tab", "\t", `\t`:
	default:
		return exit.BadUsage("--csv-separator %q: must be a comma, a semicolon or tab", s.csvSeparator)
	}
	if err := s.presentation.Check(); err != nil {
		return err
	}
	if s.report != "" {
		if _, err := payroll.ReportFormatOf(s.report); err != nil {
			return exit.BadUsage("--report %q: must end in .csv, .xlsx, .json or .html", s.report)
		}
	}
	return nil
}

// checkSending refuses what cannot be of the flags for sending and waiting.
func (s *settings) checkSending() error {
	switch {
	case s.mode != string(payroll.Batch) && s.mode != string(payroll.Single):
		return exit.BadUsage("--mode %q: must be single or batch", s.mode)
	case s.batchSize < 1:
		return exit.BadUsage("--batch-size %d: must be at least 1", s.batchSize)
	case s.concurrency < 1:
		return exit.BadUsage("--concurrency %d: must be at least 1", s.concurrency)
	}
	return nil
}

func (s *settings) checkTimes() error {
	switch s.progress {
	case progressAuto, progressBar, progressLines, progressJSON, progressNone:
	default:
		return exit.BadUsage("--progress %q: must be auto, bar, lines, jsonl or none", s.progress)
	}
	if err := s.checkSendTimeout(); err != nil {
		return err
	}
	switch {
	case s.lease <= 0:
		return exit.BadUsage("--lease %s: must be positive", s.lease)
	case s.idleTimeout <= 0:
		return exit.BadUsage("--idle-timeout %s: must be positive", s.idleTimeout)
	case s.quietPeriod != 0 && s.quietPeriod <= s.sendTimeout:
		return exit.BadUsage("--quiet-period %s: must be longer than --send-timeout %s", s.quietPeriod, s.sendTimeout)
	}
	return nil
}

func (s *settings) checkSendTimeout() error {
	if s.sendTimeout <= 0 {
		return exit.BadUsage("--send-timeout %s: must be positive", s.sendTimeout)
	}
	return nil
}

// reportWriter writes reports as people there read them, and CSV reports as the spreadsheets of their country expect them.
func (s *settings) reportWriter(ctx context.Context, journal payroll.Journal, t terminal.Terminal) (payroll.ReportWriter, error) {
	writer, err := s.presentation.Writer(ctx, journal, t.Lang)
	switch s.csvSeparator {
	case "":
		if t.Lang == lang.French || terminal.IsFrench(os.Getenv) {
			writer.Separator = ';'
		}
	case ";", ",":
		writer.Separator = rune(s.csvSeparator[0])
	default:
		writer.Separator = '\t'
	}
	return writer, err
}

// clientOptions bound each request, those that read included: a server that hangs must not hold a person up for minutes.
func (s *settings) clientOptions() []djamo.Option {
	return []djamo.Option{djamo.WithTimeout(s.sendTimeout)}
}
