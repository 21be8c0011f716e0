package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// checkReport makes sure, before anything is paid, that the report can be written and takes the place of nothing that is
// needed.
func checkReport(set settings) error {
	if set.report == "" {
		return nil
	}
	for _, needed := range []struct{ what, path string }{{"the file to pay", set.in}, {"the journal", set.journal}} {
		if needed.path != "" && !isPostgres(needed.path) && sameFile(set.report, needed.path) {
			return fmt.Errorf("the report would replace %s: give it a name of its own with -report", needed.what)
		}
	}
	old, err := os.Lstat(set.report)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("the report cannot be written: %w", err)
	case !old.Mode().IsRegular():
		return fmt.Errorf("the report would replace %q, which is no file: choose another name", set.report)
	}
	trial, err := os.CreateTemp(filepath.Dir(set.report), ".payroll-*")
	if err != nil {
		return fmt.Errorf("the report cannot be written: %w", err)
	}
	if err := errors.Join(trial.Close(), os.Remove(trial.Name())); err != nil {
		return fmt.Errorf("the report cannot be written: %w", err)
	}
	return nil
}

// sameFile goes by the names, since a file may not be there yet, and by what is behind them.
func sameFile(one, other string) bool {
	first, firstErr := filepath.Abs(one)
	second, secondErr := filepath.Abs(other)
	if firstErr == nil && secondErr == nil && first == second {
		return true
	}
	there, err := os.Stat(one)
	if err != nil {
		return false
	}
	too, err := os.Stat(other)
	return err == nil && os.SameFile(there, too)
}

func isPostgres(journal string) bool {
	return strings.HasPrefix(journal, "postgres://") || strings.HasPrefix(journal, "postgresql://")
}
