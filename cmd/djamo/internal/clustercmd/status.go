package clustercmd

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/spf13/cobra"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/paper"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
	"github.com/djamo/djamo-go/riverpayroll"
)

func statusCommand(t terminal.Terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "status [RUN]",
		Short: "Say how far a run is; without RUN, every run",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return oneRun(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			return withDatabase(c.Context(), t, func(p *program) error { return status(c.Context(), p, args) })
		},
	}
}

// status prints how far the runs are; none named are all of them.
func status(ctx context.Context, p *program, runs []string) error {
	db := stdlib.OpenDBFromPool(p.pool)
	defer db.Close()
	for _, run := range runs {
		if err := requireRun(ctx, db, run); err != nil {
			return err
		}
	}
	infos, err := sqljournal.ListRuns(ctx, db, sqljournal.PostgreSQL)
	if err != nil {
		return err
	}
	still, err := riverpayroll.FindStandstill(ctx, p.pool)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(terminal.Prose(p.out), 0, 0, 2, ' ', 0)
	say := p.term.Lang.Say
	fmt.Fprintln(table,
		say("RUN\tPAYOUTS\tAMOUNT\tCOMPLETED\tPAID EARLIER\tFAILED\tREFUSED\tCONFLICT\tUNKNOWN\tPENDING\tNOT SENT\tFEES\tSTATE"))
	for _, info := range infos {
		if len(runs) > 0 && !slices.Contains(runs, info.Name) {
			continue
		}
		if info.Plan == nil {
			state := say("not stored: being stored, or given up half-way; nothing was sent")
			if approved, err := approvalOf(ctx, db, info.Name, true, p.term); err != nil {
				return err
			} else if approved != "" {
				state = approved
			}
			fmt.Fprintf(table, "%s%s%s\n", info.Name, strings.Repeat("\t", 12), state)
			continue
		}
		t, sent, err := progress(ctx, db, info)
		if err != nil {
			return err
		}
		state := stateOf(say, info, t, sent, still)
		approved, err := approvalOf(ctx, db, info.Name, t.Unsent.Count > 0, p.term)
		if err != nil {
			return err
		}
		if approved != "" {
			state += say("; ") + approved
		}
		pending := t.Open.Count - t.Unsent.Count
		fmt.Fprintf(
			table,
			"%s\t%d\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n",
			info.Name,
			t.Planned.Count,
			t.Planned.Amount,
			t.PaidNow.Count,
			t.PaidEarlier.Count,
			t.Failed.Count,
			t.Refused.Count,
			t.Conflict.Count,
			t.Unknown.Count,
			pending,
			t.Unsent.Count,
			t.Fees,
			state,
		)
	}
	return table.Flush()
}

// stateOf says what keeps a run from going on, if anything does, or how fast it goes on.
func stateOf(
	say func(string, ...any) string, info sqljournal.RunInfo, t payroll.Totals, sent int64, still riverpayroll.Standstill,
) string {
	switch {
	case info.Held != "":
		return say("held %s, nothing is sent: %s; to pay all the same: %s",
			info.CancelledAt.Local().Format(time.DateTime), recorded(info.Held), allowCommand(info.Name))
	case !info.CancelledAt.IsZero():
		return say("cancelled %s", info.CancelledAt.Local().Format(time.DateTime))
	case info.Parts == 0:
		return say("paid from one machine")
	}
	pending := t.Open.Count - t.Unsent.Count + t.Unknown.Count
	states := inTheWay(say, info, t.Unsent.Count+pending > 0, still)
	switch {
	case t.Unsent.Count > 0 && sent > 0:
		states = append(states, say("sending: %d in the last minute, about %s to go", sent, timeLeft(t.Unsent.Count, sent)))
	case len(states) > 0:
	case t.Unsent.Count > 0:
		states = append(states, say("nothing was sent in the last minute: is a worker running?"))
	case pending > 0:
		states = append(states, say("all sent: %d outcomes are asked for", pending))
	default:
		states = append(states, say("finished"))
	}
	return strings.Join(states, say("; "))
}

// inTheWay says what is in the way of a run, and what to do about it.
func inTheWay(say func(string, ...any) string, info sqljournal.RunInfo, open bool, still riverpayroll.Standstill) (states []string) {
	if parts := still.Unattended[info.Name]; parts > 0 {
		states = append(states, say("%d parts have no job, and nobody goes on with them: djamo payroll cluster resume %s",
			parts, shellWord(info.Name)))
	}
	for _, queue := range slices.Sorted(maps.Keys(still.Paused)) {
		if open {
			states = append(states, say("the queue %s has been paused since %s: resume it in River UI",
				queue, still.Paused[queue].Local().Format(time.DateTime)))
		}
	}
	if info.Waiting > 0 {
		states = append(states, say("%d parts wait since %s: %s",
			info.Waiting, info.Since.Local().Format(time.DateTime), recorded(info.Trouble)))
	}
	return states
}

// recorded is what a worker has written into the database, in English, as it is said to the operator.
func recorded(text string) lang.Phrase { return lang.Phrase(lang.WithoutName(terminal.Plain(text))) }

// timeLeft is how long it takes to send what is left, at so many a minute.
func timeLeft(left, sent int64) time.Duration {
	const maxEstimate = 100 * 24 * time.Hour // an estimate beyond says nothing
	minutes := left / sent
	if minutes > int64(maxEstimate/time.Minute) {
		return maxEstimate
	}
	return (time.Duration(minutes)*time.Minute + time.Duration(left%sent)*time.Minute/time.Duration(sent)).Round(time.Second)
}

// allowCommand is what an operator types to have a run paid whose payees got the same amounts lately.
func allowCommand(run string) string {
	return "djamo payroll cluster resume --allow-repeats " + shellWord(run)
}

// shellWord quotes the name of a run where a shell would read it otherwise.
func shellWord(text string) string {
	plain := func(r rune) bool {
		return r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_./:", r))
	}
	if text != "" && text[0] != '-' && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// progress is how far a run is, and how many of its payouts were sent in the last minute, where that says anything: counting
// them reads the whole run.
func progress(ctx context.Context, db *sql.DB, run sqljournal.RunInfo) (t payroll.Totals, sent int64, err error) {
	journal, err := openRun(ctx, db, run.Name)
	if err != nil {
		return t, 0, err
	}
	defer journal.Close()
	info, err := journal.Planned(ctx)
	if err != nil {
		return t, 0, lang.Errorf("run %q: %w", run.Name, err)
	}
	sums, err := journal.Sums(ctx)
	if err != nil {
		return t, 0, err
	}
	if t, err = payroll.SumUp(info, sums); err != nil || t.Unsent.Count == 0 || !run.CancelledAt.IsZero() || run.Parts == 0 {
		return t, 0, err
	}
	sent, err = journal.SentSince(ctx, time.Now().Add(-time.Minute))
	return t, sent, err
}

// openRun opens the journal of a run that exists; asking about another must not make it up.
func openRun(ctx context.Context, db *sql.DB, run string) (*sqljournal.Journal, error) {
	if err := requireRun(ctx, db, run); err != nil {
		return nil, err
	}
	return sqljournal.Open(ctx, db, sqljournal.PostgreSQL, run)
}

func requireRun(ctx context.Context, db *sql.DB, run string) error {
	err := sqljournal.FindRun(ctx, db, sqljournal.PostgreSQL, run)
	if errors.Is(err, payroll.ErrNoRun) {
		return exit.BadInput(lang.Errorf("%w; djamo payroll cluster status lists all runs", err))
	}
	return err
}

func reportCommand(t terminal.Terminal) *cobra.Command {
	var presentation paper.Presentation
	command := &cobra.Command{
		Use:     "report RUN FILE",
		Short:   "Write what became of each payout to a .csv, .xlsx, .json or .html file",
		Example: "  djamo payroll cluster report salaries-2026-07 report.html",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return exit.BadUsage("RUN and FILE must be the name of a run and of the report, got %q", maskedArgs(args))
			}
			if err := runName(args[0]); err != nil {
				return err
			}
			if _, err := payroll.ReportFormatOf(args[1]); err != nil {
				return exit.BadUsage("FILE %q: must end in .csv, .xlsx, .json or .html", args[1])
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := presentation.Check(); err != nil {
				return err
			}
			return withDatabase(c.Context(), t, func(p *program) error { return report(c.Context(), p, &presentation, args[0], args[1]) })
		},
	}
	presentation.AddFlags(command.Flags())
	return command
}

// report writes what became of each payout. While the run goes on it may have to be asked for again.
func report(ctx context.Context, p *program, presentation *paper.Presentation, run, path string) error {
	db := stdlib.OpenDBFromPool(p.pool)
	defer db.Close()
	journal, err := openRun(ctx, db, run)
	if err != nil {
		return err
	}
	defer journal.Close()
	writer, err := presentation.Writer(ctx, journal, p.term.Lang)
	if err != nil {
		return err
	}
	if terminal.IsFrench(os.Getenv) {
		writer.Separator = ';'
	}
	t, err := writer.WriteFile(ctx, path, journal)
	if err != nil {
		return err
	}
	p.term.Tell("%s: %d of %d payouts completed, %s in all.", path, t.PaidNow.Count, t.Planned.Count, t.PaidNow.Amount)
	if earlier := t.PaidEarlier; earlier.Count > 0 {
		p.term.Tell("%d payouts, %s, were paid earlier under these references, and not now.", earlier.Count, earlier.Amount)
	}
	return nil
}
