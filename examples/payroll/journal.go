package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// database is where journals are kept.
type database struct {
	*sql.DB

	dialect sqljournal.Dialect
}

func openDatabase(set settings) (database, error) {
	driver, address, dialect := "pgx", set.journal, sqljournal.PostgreSQL
	if !isPostgres(set.journal) {
		driver, address, dialect = "sqlite", "file:"+url.PathEscape(set.journal), sqljournal.SQLite
	}
	db, err := sql.Open(driver, address)
	return database{db, dialect}, err
}

// findJournal opens the journal of the run if there is one, and otherwise makes none: it is nil then. done closes it.
func findJournal(ctx context.Context, set settings) (journal *sqljournal.Journal, done func(), err error) {
	none := func() {}
	if !isPostgres(set.journal) {
		if _, err := os.Stat(set.journal); errors.Is(err, fs.ErrNotExist) {
			return nil, none, nil
		} else if err != nil {
			return nil, none, notSent(ctx, fmt.Errorf("the journal cannot be opened: %w", err))
		}
	}
	db, err := openDatabase(set)
	if err != nil {
		return nil, none, err
	}
	names, err := sqljournal.Runs(ctx, db.DB, db.dialect)
	if err = errors.Join(err, db.Close()); err != nil || !slices.Contains(names, set.runName) {
		return nil, none, err
	}
	if journal, done, err = openJournal(ctx, set); err != nil {
		return nil, none, err
	}
	return journal, done, nil
}

// openJournal opens the journal of the run; done closes it.
func openJournal(ctx context.Context, set settings) (journal *sqljournal.Journal, done func(), err error) {
	if !isPostgres(set.journal) {
		if err := keepPrivate(set.journal, set.resumeOnly); err != nil {
			return nil, func() {}, notSent(ctx, fmt.Errorf("the journal cannot be opened: %w", err))
		}
	}
	db, err := openDatabase(set)
	if err != nil {
		return nil, func() {}, err
	}
	run := set.runName
	if run == "" {
		if run, err = onlyRun(ctx, db); err != nil {
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

// onlyRun is the run to resume when none is named: the only one there is.
func onlyRun(ctx context.Context, db database) (string, error) {
	names, err := sqljournal.Runs(ctx, db.DB, db.dialect)
	switch {
	case err != nil:
		return "", err
	case len(names) == 1:
		return names[0], nil
	case len(names) == 0:
		return "", badInput(errors.New("the journal holds no run to go on with"))
	}
	return "", badInput(fmt.Errorf("the journal holds %d runs: name one with -run: %q", len(names), names))
}
