package payrollcmd

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
)

// checkReport makes sure, before anything is paid, that the report can be written and takes the place of nothing that is
// needed.
func checkReport(set settings) error {
	if set.report == "" {
		return nil
	}
	for _, needed := range []struct{ what, path string }{{"the file to pay", set.file.Path}, {"the journal", set.journal}} {
		if needed.path != "" && !isPostgres(needed.path) && sameFile(set.report, needed.path) {
			return lang.Errorf("the report would replace %s: give it a name of its own with --report", lang.Phrase(needed.what))
		}
	}
	old, err := os.Lstat(set.report)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return lang.Errorf("the report cannot be written: %w", err)
	case !old.Mode().IsRegular():
		return lang.Errorf("the report would replace %q, which is no file: choose another name", set.report)
	}
	folder := filepath.Dir(set.report)
	trial, err := os.CreateTemp(folder, ".payroll-*")
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		return lang.Errorf("the report cannot be written: %w", &fs.PathError{Op: "open", Path: folder, Err: failed.Err})
	} else if err != nil {
		return lang.Errorf("the report cannot be written: %w", err)
	}
	if err := errors.Join(trial.Close(), os.Remove(trial.Name())); err != nil {
		return lang.Errorf("the report cannot be written: %w", err)
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

// addresses reports whether a journal is named as databases are, and not as files: by an address, or by the settings of a
// connection. Taken for a file, it would be shown, or stand in a folder, with the password in it.
func addresses(journal string) bool {
	text := strings.ToLower(strings.TrimSpace(journal))
	if strings.Contains(text, "password=") || strings.Contains(text, "@tcp(") ||
		strings.HasPrefix(text, "host=") || strings.HasPrefix(text, "dbname=") || strings.HasPrefix(text, "user=") {
		return true
	}
	switch kind, _, _ := strings.Cut(text, ":"); kind {
	case "sqlite", "sqlite3", "file", "mysql", "mariadb", "sqlserver", "mssql", "oracle", "jdbc", "mongodb", "redis", "pgx", "pg":
		return kind != text
	}
	scheme, rest, ok := strings.Cut(text, ":/")
	if !ok || len(scheme) < 2 || strings.ContainsAny(scheme, `/\`) { // a single letter is a drive of Windows
		return false
	}
	return strings.HasPrefix(rest, "/") || strings.HasPrefix(scheme, "postgres")
}
