package main

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	gomodule "golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	modzip "golang.org/x/mod/zip"
)

// copyCheckout copies the files that belong to the repository, changed ones as they are, to an empty folder. A module without
// a LICENSE gets that of the root, as Go gives it to a module in a folder of a repository.
func copyCheckout(ctx context.Context, from, to string) (checkout, error) {
	listed, err := exec.CommandContext(ctx, "git", "-C", from, "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return checkout{}, fmt.Errorf("git ls-files: %w", err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(listed), "\x00"), "\x00") {
		if err := copyFile(filepath.Join(from, name), filepath.Join(to, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return checkout{}, err
		}
	}
	c, err := readCheckout(to)
	if err != nil {
		return checkout{}, err
	}
	for _, m := range c.modules {
		if _, err := os.Stat(c.file(m, "LICENSE")); errors.Is(err, fs.ErrNotExist) {
			if err := copyFile(filepath.Join(to, "LICENSE"), c.file(m, "LICENSE")); err != nil {
				return checkout{}, err
			}
		}
	}
	return c, nil
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err // also of a file that is removed and not yet committed
	}
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, content, info.Mode().Perm())
}

// pack writes a version of a module into a folder as a module proxy serves it, and returns its lines of a go.sum.
func pack(c checkout, m module, version string, at time.Time, proxy string) (string, error) {
	escaped, err := gomodule.EscapePath(m.path)
	if err != nil {
		return "", err
	}
	folder := filepath.Join(proxy, filepath.FromSlash(escaped), "@v")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	info, err := json.Marshal(struct {
		Version string    `json:"Version"` //nolint:tagliatelle // the module proxy's
		Time    time.Time `json:"Time"`    //nolint:tagliatelle // the module proxy's
	}{version, at.UTC()})
	if err != nil {
		return "", err
	}
	definition, err := os.ReadFile(c.file(m, "go.mod"))
	if err != nil {
		return "", err
	}
	for name, content := range map[string][]byte{version + ".info": info, version + ".mod": definition, "list": []byte(version + "\n")} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return "", err
		}
	}

	archive := filepath.Join(folder, version+".zip")
	if err := writeZip(archive, gomodule.Version{Path: m.path, Version: version}, filepath.Dir(c.file(m, "go.mod"))); err != nil {
		return "", err
	}
	sum, err := dirhash.HashZip(archive, dirhash.Hash1)
	if err != nil {
		return "", err
	}
	definitionSum, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) { return os.Open(c.file(m, "go.mod")) })
	if err != nil {
		return "", err
	}
	return sumLines(m.path, version, sum, definitionSum), nil
}

// sumLines are those of a go.sum.
func sumLines(name, version, sum, definitionSum string) string {
	return fmt.Sprintf("%s %s %s\n%s %s/go.mod %s\n", name, version, sum, name, version, definitionSum)
}

func writeZip(name string, version gomodule.Version, dir string) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := modzip.CreateFromDir(file, version, dir); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := file.Close(); err != nil {
		return err
	}
	reader, err := zip.OpenReader(name)
	if err != nil {
		return err
	}
	hasLicence := slices.ContainsFunc(reader.File, func(f *zip.File) bool { return f.Name == version.String()+"/LICENSE" })
	if err := reader.Close(); err != nil {
		return err
	}
	if !hasLicence {
		return errors.New("the archive holds no LICENSE")
	}
	return nil
}
