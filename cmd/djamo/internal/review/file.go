package review

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
)

// WriteFile writes the review to a file, as its name ends in .html or .xlsx. It can be read by its owner alone, and takes the
// place of an older one when it is complete.
func (r *Review) WriteFile(path string, language lang.Language) error {
	write := r.writePage
	if strings.EqualFold(filepath.Ext(path), ".xlsx") {
		write = r.writeWorkbook
	}
	if err := Replace(path, func(w io.Writer) error { return write(w, words(language)) }); err != nil {
		return lang.Errorf("the review cannot be written: %w", err)
	}
	return nil
}

// Replace puts what write writes in a file's place, all of it or nothing. The file can be read by its owner alone. What is no
// plain file, such as a link, is not replaced.
func Replace(path string, write func(io.Writer) error) (err error) {
	switch old, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case !old.Mode().IsRegular():
		return lang.Errorf("%q is no plain file: choose another name", path)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".djamo-*") // mode 0600
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		return &fs.PathError{Op: "open", Path: filepath.Dir(path), Err: failed.Err}
	} else if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = file.Close()
			_ = os.Remove(file.Name())
		}
	}()
	if err = write(file); err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
