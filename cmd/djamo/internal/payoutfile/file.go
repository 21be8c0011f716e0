// Package payoutfile reads the files that people pay from: CSV and XLSX, with phone numbers in national form where a
// country is given.
package payoutfile

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/pflag"
	"golang.org/x/text/unicode/norm"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
)

// Options say which file is read, and how.
type Options struct {
	Path    string
	Run     string            // name of the run, in Unicode's composed form
	Country string            // CI, SN or empty
	Min     int64             // the least francs of a payout; 0 for no limit
	Max     int64             // the most
	Sheet   string            // of a workbook; the only one that has the columns when empty
	Columns map[string]string // declared headings, by the name of the column

	unnamed bool // Run is the file's name: good for a journal, and not to derive references from
}

// AddFlags adds the flags for a file. Its path is an argument of the command.
func (o *Options) AddFlags(flags *pflag.FlagSet) {
	flags.StringVar(
		&o.Run,
		"run",
		"",
		"`name` of the run, from which missing references are made; required when the file lacks some",
	)
	flags.StringVar(&o.Country, "country", "", "also take phone numbers in the national form of `CI|SN`")
	flags.StringVar(&o.Sheet, "sheet", "", "`name` of the workbook's sheet to pay; default: the only one that has the columns")
	flags.Var(declarations{&o.Columns}, "column", "heading of a column in this file, as in `amount=\"Net à payer\"`; "+
		"columns are msisdn, amount, reference, description and name; may be repeated")
	flags.Int64Var(&o.Min, "min", 5_000, "refuse payouts below so many `francs`; 0 for no limit")
	flags.Int64Var(&o.Max, "max", 500_000, "refuse payouts above so many `francs`; 0 for no limit")
}

// Check refuses options that cannot be, and fills in the run's name.
func (o *Options) Check() error {
	switch {
	case o.Min < 0:
		return exit.BadUsage("--min %d: must not be negative", o.Min)
	case o.Max < 0:
		return exit.BadUsage("--max %d: must not be negative", o.Max)
	case o.Max != 0 && o.Max < o.Min:
		return exit.BadUsage("--max %d: must not be below --min %d", o.Max, o.Min)
	}
	if _, err := parseMSISDN(o.Country); err != nil {
		return exit.BadUsage("--country %q: must be CI or SN", o.Country)
	}
	if o.Run == "" && o.Path != "" {
		o.Run, o.unnamed = o.stem(), true
	}
	o.Run = norm.NFC.String(o.Run)
	return o.checkRun()
}

// checkRun refuses a name that cannot be shown: runs are listed, logged and stored under it.
func (o *Options) checkRun() error {
	switch {
	case CheckRunName(o.Run) == nil:
		return nil
	case o.unnamed:
		return exit.BadUsage("the file is named as a phone number is, which names no run: give the run a name with --run, such as --run %q",
			time.Now().Format("salaries-2006-01"))
	}
	return exit.BadUsage("--run: %w", CheckRunName(o.Run))
}

// CheckRunName refuses a name of a run that holds a phone number, and shows it masked.
func CheckRunName(run string) error {
	if masked := djamo.MaskPhones(run); masked != run {
		return lang.Errorf("%q holds a phone number: the name of a run is shown and stored as it is", terminal.Plain(masked))
	}
	return nil
}

// Open opens the file; a workbook reads like CSV, and the sheet is told. An error is one before which nothing was sent.
func Open(ctx context.Context, o Options, t terminal.Terminal) (io.ReadSeekCloser, error) {
	file, err := Await(ctx, func() (io.ReadSeekCloser, error) { return open(o) })
	if err != nil {
		return nil, exit.NotSent(ctx, err)
	}
	if book, ok := file.(*workbook); ok {
		t.Tell("Sheet %q of the workbook is read.", book.sheet)
	}
	return stoppable{file, ctx.Err}, nil
}

func open(o Options) (io.ReadSeekCloser, error) {
	// Opening a pipe waits for who writes to it.
	if info, err := os.Stat(o.Path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil, unreadable("can be read once only, as a pipe can: write it to a file, and name that")
	}
	file, err := os.Open(o.Path)
	if err != nil {
		return nil, err
	}
	found, err := kindOf(file)
	switch {
	case err != nil:
		return nil, errors.Join(err, file.Close())
	case found == xlsx:
		if err := file.Close(); err != nil {
			return nil, err
		}
		return openWorkbook(o.Path, o.Sheet, o.Columns)
	case o.Sheet != "":
		return nil, errors.Join(lang.Errorf("--sheet %q: the file is no workbook", o.Sheet), file.Close())
	}
	return file, nil
}

// Read checks the whole file; what a person should confirm, of its workbook as well, is in the plan's warnings. The file must
// stay open as long as the plan is used. An error is one before which nothing was sent.
func Read(ctx context.Context, file io.ReadSeeker, o Options) (*payroll.Plan, error) {
	parse, err := parseMSISDN(o.Country)
	if err != nil {
		return nil, exit.BadInput(err)
	}
	read := func(run, otherwise string) (*payroll.Plan, error) {
		return payroll.ReadCSV(file, payroll.CSVOptions{
			Run: run, DefaultRun: otherwise, ParseMSISDN: parse, Columns: o.Columns,
			Limits: &djamo.Limits{MinAmount: djamo.XOF(o.Min), MaxAmount: djamo.XOF(o.Max)},
		})
	}
	plan, err := o.readNamed(read)
	if err != nil {
		return nil, exit.NotSent(ctx, err)
	}
	if book, ok := workbookOf(file); ok {
		plan.Warnings = append(book.warnings(), plan.Warnings...)
	}
	return plan, nil
}

// readNamed reads the file under the name of the run. The name of a file names no run that references are derived from: a
// second download of it, or its name stored in another form, would pay everybody again.
func (o *Options) readNamed(read func(run, otherwise string) (*payroll.Plan, error)) (*payroll.Plan, error) {
	if !o.unnamed {
		return read(o.Run, "")
	}
	plan, err := read("", o.Run)
	bad := (*payroll.PlanError)(nil)
	if errors.As(err, &bad) && bad.NeedsRun {
		return nil, lang.Errorf(
			"%w\nGive the run a name of its own, such as --run %q, and the same one whenever these salaries are meant",
			err,
			o.proposal(),
		)
	}
	return plan, err
}

// stem is the name of the file without its ending.
func (o *Options) stem() string {
	return strings.TrimSuffix(filepath.Base(o.Path), filepath.Ext(o.Path))
}

// proposal is a name for the run: that of the file, without what marks a second copy, and of this month.
func (o *Options) proposal() string {
	name := norm.NFC.String(o.stem())
	if at := strings.IndexAny(name, "(["); at > 0 {
		name = name[:at]
	}
	name = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return '-'
	}, name)
	words := slices.DeleteFunc(strings.Split(name, "-"), func(word string) bool {
		return word == "" || strings.EqualFold(word, "copy") || strings.EqualFold(word, "copie")
	})
	if name = strings.Join(words, "-"); name == "" {
		name = "salaries"
	}
	if !strings.ContainsFunc(name, unicode.IsDigit) {
		name += time.Now().Format("-2006-01")
	}
	return name
}

func workbookOf(file io.ReadSeeker) (*workbook, bool) {
	if wrapped, ok := file.(stoppable); ok {
		file = wrapped.ReadSeekCloser
	}
	book, ok := file.(*workbook)
	return book, ok
}
