package payrollcmd

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/postgres"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// database is where journals are kept.
type database struct {
	*sql.DB

	dialect sqljournal.Dialect
}

func openDatabase(set settings) (database, error) {
	if !isPostgres(set.journal) {
		db, err := sql.Open("sqlite", "file:"+url.PathEscape(set.journal))
		return database{db, sqljournal.SQLite}, err
	}
	db, err := postgres.Open(set.journal, set.term)
	if err != nil { // its text may show the password
		return database{}, errBadAddress
	}
	return database{db, sqljournal.PostgreSQL}, nil
}

var errBadAddress = lang.Errorf("its address cannot be read: it must be one such as postgres://user@host:port/database")

// unusableJournal is a journal that cannot be opened: a mistake of whoever has named it, unless another process has it or the
// network is away, which may be over the next time.
func unusableJournal(ctx context.Context, set settings, err error) error {
	coded := (*exit.Error)(nil)
	switch {
	case err == nil, ctx.Err() != nil, errors.As(err, &coded), errors.Is(err, payroll.ErrLeaseHeld):
		return err
	case !isPostgres(set.journal):
		return exit.NotSent(ctx, lang.Errorf("the journal %q cannot be used: %v: name another file with --journal, or mend this one",
			set.journal, reasonOf(err)))
	case errors.Is(err, errBadAddress), exit.IsBadDatabase(err):
		return exit.NotSent(ctx, lang.Errorf("the journal cannot be used: %v: give the right address with --journal", reasonOf(err)))
	}
	return lang.Errorf("nothing was sent: the journal cannot be used now: %w", err)
}

// reasonOf is why a journal cannot be used, without that it cannot be.
func reasonOf(err error) any {
	if errors.Is(err, payroll.ErrJournal) && !errors.As(err, new(interface{ SQLState() string })) {
		return lang.Phrase(strings.TrimPrefix(strings.TrimPrefix(err.Error(), "payroll: "), string(payroll.ErrJournal)+": "))
	}
	return err
}

// checkFile refuses what can be no journal before SQLite sees it.
func checkFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return lang.Errorf("it is a directory")
	case !info.Mode().IsRegular():
		return lang.Errorf("it is no file")
	}
	return nil
}

// findJournal opens the journal of the run if there is one, and otherwise makes none: it is nil then. done closes it.
func findJournal(ctx context.Context, set settings) (journal *sqljournal.Journal, done func(), err error) {
	journal, done, err = lookForJournal(ctx, set)
	return journal, done, unusableJournal(ctx, set, err)
}

func lookForJournal(ctx context.Context, set settings) (journal *sqljournal.Journal, done func(), err error) {
	none := func() {}
	if !isPostgres(set.journal) {
		if err := checkFile(set.journal); errors.Is(err, fs.ErrNotExist) {
			return nil, none, nil
		} else if err != nil {
			return nil, none, err
		}
	}
	db, err := openDatabase(set)
	if err != nil {
		return nil, none, err
	}
	names, err := sqljournal.Runs(ctx, db.DB, db.dialect)
	if err = errors.Join(err, db.Close()); err != nil || !slices.Contains(names, set.file.Run) {
		return nil, none, err
	}
	if journal, done, err = openJournal(ctx, set); err != nil {
		return nil, none, err
	}
	return journal, done, nil
}

// openJournal opens the journal of the run; done closes it.
func openJournal(ctx context.Context, set settings) (journal *sqljournal.Journal, done func(), err error) {
	journal, done, err = takeJournal(ctx, set)
	return journal, done, unusableJournal(ctx, set, err)
}

func takeJournal(ctx context.Context, set settings) (journal *sqljournal.Journal, done func(), err error) {
	if !isPostgres(set.journal) {
		err := checkFile(set.journal)
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			err = keepPrivate(set.journal, set.journalMustExist)
		}
		if errors.Is(err, fs.ErrNotExist) && set.journalMustExist {
			err = exit.NotSent(ctx, lang.Errorf("the journal %q does not exist: name it with --journal, or begin the run with: "+
				"djamo payroll run FILE", set.journal))
		}
		if err != nil {
			return nil, func() {}, err
		}
	}
	db, err := openDatabase(set)
	if err != nil {
		return nil, func() {}, err
	}
	run := set.file.Run
	if set.journalMustExist {
		if run, err = existingRun(ctx, db, run); err != nil {
			return nil, func() {}, errors.Join(err, db.Close())
		}
	}
	opened, err := sqljournal.Open(ctx, db.DB, db.dialect, run)
	if err != nil {
		return nil, func() {}, errors.Join(err, db.Close())
	}
	return opened, func() {
		_ = opened.Close()
		_ = db.Close()
	}, nil
}

// keepPrivate makes a new journal readable by its owner alone, as it holds whole phone numbers; SQLite makes the files
// beside it alike.
func keepPrivate(path string, mustExist bool) error {
	flags := os.O_RDWR | os.O_CREATE
	if mustExist {
		flags = os.O_RDWR
	}
	file, err := os.OpenFile(path, flags, 0o600) //nolint:gosec // the operator names it
	if err != nil {
		return err
	}
	return file.Close()
}

var errNoRuns = lang.Errorf("the journal holds no run: begin it with: djamo payroll run FILE")

// existingRun is the run of that name, or, when none is named, the only one there is. To ask about a run must not make it up.
func existingRun(ctx context.Context, db database, run string) (string, error) {
	names, err := sqljournal.Runs(ctx, db.DB, db.dialect)
	switch {
	case err != nil:
		return "", err
	case len(names) == 0:
		return "", exit.BadInput(errNoRuns)
	case run == "" && len(names) > 1:
		return "", exit.BadInput(lang.Errorf("the journal holds %d runs: name one with --run: %q", len(names), names))
	case run == "":
		return names[0], nil
	case !slices.Contains(names, run):
		return "", exit.BadInput(lang.Errorf("--run %q: the journal holds no such run, it has %q", run, names))
	}
	return run, nil
}
