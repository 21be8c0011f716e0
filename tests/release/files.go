package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// given are the modules that a program takes on with the client: two, and what the second stands on.
func given() []string {
	return []string{"github.com/google/go-querystring", "github.com/hashicorp/go-cleanhttp", "github.com/hashicorp/go-retryablehttp"}
}

// checkModuleFiles looks at the go.mod and go.sum of whoever uses the module and nothing else: they name what the module
// needs, with the hashes that our own go.sum has, and the client brings the given modules and no more. It returns the
// modules that the go.mod requires.
func (r release) checkModuleFiles(m module, dir string) ([]string, error) {
	file, err := readGoMod(filepath.Join(dir, "go.mod"))
	if err != nil {
		return nil, err
	}
	var required []string
	for _, requirement := range file.Require {
		required = append(required, requirement.Mod.Path)
	}
	slices.Sort(required)
	for _, name := range required {
		if m.dir == "." && name != m.path && !slices.Contains(given(), name) {
			return nil, fmt.Errorf("a user's go.mod requires %s beside %s: the client may bring nothing else", name, strings.Join(given(), ", "))
		}
	}

	var known strings.Builder
	for _, of := range append([]string{m.path}, m.needs...) {
		sums, err := os.ReadFile(r.file(r.module(of), "go.sum"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		known.WriteString("\n" + string(sums) + r.sums[of])
	}
	sums, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(sums)) {
		if !strings.Contains(known.String(), "\n"+line) {
			return nil, fmt.Errorf("a user's go.sum has a line that ours has not: %s", strings.TrimSpace(line))
		}
		fields := strings.Fields(line)
		if m.dir == "." && !strings.HasSuffix(fields[1], "/go.mod") && !slices.Contains(required, fields[0]) {
			return nil, fmt.Errorf("a user's go.sum holds %s, which go.mod does not require", fields[0])
		}
	}
	return required, nil
}
