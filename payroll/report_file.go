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
	"slices"
	"strings"
)

// WriteReportFile writes the report of [WriteReport] to a file, in the format that its name ends in. The file holds whole
// phone numbers and can be read by its owner alone. It is written beside its place and moved there when it is complete
// and durable, so an older report stays until the new one is there. Safe to repeat.
func WriteReportFile(ctx context.Context, path string, journal Journal) (Totals, error) {
	return ReportWriter{}.WriteFile(ctx, path, journal)
}

// WriteFile is [WriteReportFile].
func (o ReportWriter) WriteFile(ctx context.Context, path string, journal Journal) (Totals, error) {
	format, err := ReportFormatOf(path)
	if err != nil {
		return Totals{}, err
	}
	var totals Totals
	err = replaceFile(path, func(w io.Writer) error {
		totals, err = o.Write(ctx, w, journal, format)
		return err
	})
	if err != nil {
		return Totals{}, err
	}
	return totals, nil
}

// replaceFile puts what write writes in a file's place, all of it or nothing.
func replaceFile(path string, write func(io.Writer) error) (err error) {
	if err := checkFileName(runtime.GOOS, filepath.Base(path)); err != nil {
		return err
	}
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

// checkFileName refuses what Windows would take for something else than a file of that name: a device, a stream of another
// file, a pattern, or the name without its last dot or space.
func checkFileName(system, name string) error {
	if system != "windows" {
		return nil
	}
	const rule = "must be a name that Windows allows: without < > : \" | ? *, no dot or space at its end, and none of its devices"
	device, _, _ := strings.Cut(strings.ToUpper(name), ".")
	switch device = strings.TrimRight(device, " "); {
	case strings.ContainsAny(name, `<>:"|?*`), strings.HasSuffix(name, "."), strings.HasSuffix(name, " "):
		return fmt.Errorf("payroll: the file name %q %s", name, rule)
	case slices.Contains([]string{"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}, device),
		len(device) == 4 && (strings.HasPrefix(device, "COM") || strings.HasPrefix(device, "LPT")) && device[3] >= '0' && device[3] <= '9':
		return fmt.Errorf("payroll: the file name %q %s", name, rule)
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
