package payrollcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
)

func receiptsCommand(t terminal.Terminal) *cobra.Command {
	set := settings{term: t}
	var options payroll.ReceiptOptions
	command := &cobra.Command{
		Use:   "receipts [FILE]",
		Short: "Write a receipt for each payee who was paid, each on a page of its own",
		Long: "Writes one HTML file with a receipt for each payee who was paid by the run in the journal, or several with --per-file.\n" +
			"Printed, or saved as PDF by a browser, each receipt is a page. It changes nothing, and needs no account.",
		Example: "  djamo payroll receipts salaries.csv --to receipts.html --company \"Chocolaterie du Plateau\"",
		Args:    atMostOneFile,
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkPerFile(options.Most, set.report); err != nil {
				return err
			}
			return set.onJournal(c.Context(), args, "receipts", func(ctx context.Context, journal payroll.Journal) error {
				writer, err := set.presentation.Writer(ctx, journal, t.Lang)
				if err != nil {
					return err
				}
				if options.Most > 0 {
					return writeReceiptFiles(ctx, journal, writer, options, set, t)
				}
				count, err := writeTo(set.report, t.Out, func(w io.Writer) (int64, error) {
					return writer.WriteReceipts(ctx, w, journal, options)
				}, func(path string) (int64, error) { return writer.WriteReceiptsFile(ctx, path, journal, options) })
				if err == nil {
					tellReceipts(count, t)
				}
				return err
			})
		},
	}
	flags := command.Flags()
	set.addJournalFlags(flags)
	set.addRunFlag(flags)
	set.presentation.AddReaderFlags(flags)
	flags.StringVar(&set.report, "to", "", "`file` to write to; default: standard output")
	flags.Int64Var(&options.Most, "per-file", 0, "write at most so many receipts into each file, whose names are numbered; 0 for one file")
	flags.BoolVar(&options.WholePhones, "whole-phones", false, "show each payee's number whole; masked by default")
	flags.BoolVar(&options.Earlier, "paid-earlier", false, "write receipts also for what was paid before this run")
	return command
}

func checkPerFile(most int64, to string) error {
	switch {
	case most < 0:
		return exit.BadUsage("--per-file %d: must not be negative", most)
	case most > 0 && to == "":
		return exit.BadUsage("--per-file %d: must be given with --to, after which the files are named", most)
	}
	return nil
}

// manyReceipts are more than a browser prints in a short while.
const manyReceipts = 1_000

func tellReceipts(count int64, t terminal.Terminal) {
	t.Tell("%d receipts.", count)
	if count > manyReceipts {
		t.Tell("A browser takes a while to print so many: --per-file 500 divides them among several files.")
	}
}

// writeReceiptFiles divides the receipts among files. Each takes the place of an older one when it is complete.
func writeReceiptFiles(
	ctx context.Context, journal payroll.Journal, writer payroll.ReportWriter, options payroll.ReceiptOptions, set settings,
	t terminal.Terminal,
) error {
	sums, err := journal.Sums(ctx)
	if err != nil {
		return err
	}
	all := sums[payroll.Completed].Count
	if !options.Earlier {
		all -= sums[payroll.Completed].Earlier
	}
	paths := numberedPaths(set.report, max(1, (all+options.Most-1)/options.Most))
	for _, path := range paths {
		one := set
		one.report = path
		if err := checkReport(one); err != nil {
			return exit.BadInput(err)
		}
	}
	written := int64(0)
	for i, path := range paths {
		options.Skip = int64(i) * options.Most
		count, err := writer.WriteReceiptsFile(ctx, path, journal, options)
		if err != nil {
			return err
		}
		written += count
	}
	t.Tell("%d receipts in %d files, from %s to %s.", written, len(paths), filepath.Base(paths[0]), filepath.Base(paths[len(paths)-1]))
	return nil
}

// numberedPaths are the names of files: receipts.html makes receipts-01.html and so on.
func numberedPaths(path string, count int64) []string {
	ending := filepath.Ext(path)
	width := len(strconv.FormatInt(count, 10))
	paths := make([]string, count)
	for i := range paths {
		paths[i] = fmt.Sprintf("%s-%0*d%s", strings.TrimSuffix(path, ending), width, i+1, ending)
	}
	return paths
}

func entriesCommand(t terminal.Terminal) *cobra.Command {
	set := settings{term: t}
	var options payroll.EntryOptions
	command := &cobra.Command{
		Use:   "entries [FILE]",
		Short: "Write what a run has paid as entries for the books, in CSV",
		Long: "Writes journal entries: each payee's salary and the fees to the debit, the account with Djamo to the credit, to the\n" +
			"franc. Each day is a voucher of its own, and the same run gives the same entries with the same numbers, however often.\n" +
			"The accounts are those of the revised SYSCOHADA unless you name others. It changes nothing, and needs no account.",
		Example: "  djamo payroll entries salaries.csv --to entries.csv --treasury 521 --fees 6318",
		Args:    atMostOneFile,
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkAccounts(options); err != nil {
				return err
			}
			return set.onJournal(c.Context(), args, "entries", func(ctx context.Context, journal payroll.Journal) error {
				writer, err := set.reportWriter(ctx, journal, t)
				if err != nil {
					return err
				}
				if set.csvSeparator == "" && writer.Language == payroll.French {
					writer.Separator = ';'
				}
				entries, err := writeTo(set.report, t.Out, func(w io.Writer) (payroll.Entries, error) {
					return writer.WriteEntries(ctx, w, journal, options)
				}, func(path string) (payroll.Entries, error) {
					return writer.WriteEntriesFile(ctx, path, journal, options)
				})
				if err == nil {
					tellEntries(entries, t)
				}
				return err
			})
		},
	}
	flags := command.Flags()
	set.addJournalFlags(flags)
	set.addRunFlag(flags)
	set.presentation.AddReaderFlags(flags)
	flags.StringVar(&set.csvSeparator, "csv-separator", "",
		"what stands between the fields: `,|;|tab`; default: a semicolon in French, else a comma")
	flags.StringVar(&set.report, "to", "", "`file` to write to; default: standard output")
	flags.StringVar(&options.Salaries, "salaries", payroll.SalariesPayable, "`account` of what is owed to payees, debited")
	flags.StringVar(&options.Treasury, "treasury", payroll.ElectronicMoney, "`account` with Djamo, credited; 521 if you book it as a bank")
	flags.StringVar(&options.Fees, "fees", payroll.MoneyFees, "`account` of the fees, debited; 6318 if you book Djamo as a bank")
	flags.StringVar(&options.Journal, "journal-code", "DJ", "`code` of the journal in your books")
	flags.BoolVar(&options.Summed, "summed", false, "one line for all payees of a day, instead of one for each")
	flags.BoolVar(&options.Unfinished, "unfinished", false,
		"write what was paid so far of a run that is not finished; its vouchers change later")
	return command
}

// checkAccounts names the flag of an account that cannot be one.
func checkAccounts(options payroll.EntryOptions) error {
	for _, account := range []struct{ flag, value string }{
		{"salaries", options.Salaries}, {"treasury", options.Treasury}, {"fees", options.Fees}, {"journal-code", options.Journal},
	} {
		if account.value != "" && !payroll.IsAccount(account.value) {
			return exit.BadUsage("--%s %q: must be at most 13 letters and digits, without accents", account.flag, account.value)
		}
	}
	if options.Check() != nil {
		return exit.BadUsage("--treasury %q: must be another account than --salaries and --fees", options.Treasury)
	}
	return nil
}

func tellEntries(entries payroll.Entries, t terminal.Terminal) {
	t.Tell("%d payments in %d vouchers (%s), %s to the debit and to the credit.",
		entries.Payments, len(entries.Vouchers), strings.Join(entries.Vouchers, ", "), entries.Debit)
	if entries.Earlier > 0 {
		t.Tell("%d payments were made before this run: their entries are those of the run that made them.", entries.Earlier)
	}
}

// onJournal opens the journal of a run that has begun, for a command that only reads it.
func (s *settings) onJournal(
	ctx context.Context, args []string, what string, do func(context.Context, payroll.Journal) error,
) error {
	s.takeJournalOf(args)
	path := s.report
	s.report = "" // its ending says nothing here
	err := s.check()
	s.report = path
	if err != nil {
		return err
	}
	if err := checkReport(*s); err != nil {
		return exit.BadInput(err)
	}
	journal, done, err := openJournal(ctx, *s)
	if err != nil {
		return exit.OrInterrupted(ctx, err)
	}
	defer done()
	err = do(ctx, journal)
	switch {
	case errors.Is(err, payroll.ErrNoPlan), errors.Is(err, payroll.ErrUnfinished):
		return exit.BadInput(lang.Errorf("no %s were written: %w", lang.Phrase(what), err))
	case err != nil && ctx.Err() == nil && len(s.report) == 0:
		return lang.Errorf("the %s on standard output are not complete: %w", lang.Phrase(what), err)
	}
	return exit.OrInterrupted(ctx, err)
}

// writeTo writes to a file, whole or not at all, or to standard output.
func writeTo[T any](path string, out io.Writer, stream func(io.Writer) (T, error), file func(string) (T, error)) (T, error) {
	if path == "" {
		return stream(out)
	}
	return file(path)
}
