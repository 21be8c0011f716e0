package payroll

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// WriteReportFile writes the report of [WriteReport] to a file, in the format that its name ends in. The file holds whole
// phone numbers and can be read by its owner alone. It is written beside its place and moved there when it is complete
// and durable, so an older report stays until the new one is there. Safe to repeat.
func WriteReportFile(ctx context.Context, path string, journal Journal) (Totals, error) {
	format, err := ReportFormatOf(path)
	if err != nil {
		return Totals{}, err
	}
	var totals Totals
	err = replaceFile(path, func(w io.Writer) error {
		totals, err = WriteReport(ctx, w, journal, format)
		return err
	})
	if err != nil {
		return Totals{}, err
	}
	return totals, nil
}

// replaceFile puts what write writes in a file's place, all of it or nothing.
func replaceFile(path string, write func(io.Writer) error) (err error) {
	switch old, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("payroll: writing the report: %w", err)
	case !old.Mode().IsRegular():
		return fmt.Errorf("payroll: the report would replace %q, which is no file: choose another name", path)
	}
	directory, name := filepath.Split(path)
	if directory == "" {
		directory = "."
	}
	file, err := os.CreateTemp(directory, "."+name+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("payroll: writing the report: %w", err)
	}
	defer func() {
		if err != nil {
			_ = file.Close()
			_ = os.Remove(file.Name())
		}
	}()
	if err = write(file); err != nil {
		return err
	}
	if err = settleFile(file, path); err != nil {
		return fmt.Errorf("payroll: writing the report: %w", err)
	}
	return nil
}

// settleFile makes a file durable, first its content and then its name.
func settleFile(file *os.File, path string) error {
	if err := file.Sync(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		return nil // directories cannot be synced there
	}
	directory, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}
