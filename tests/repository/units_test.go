package repository_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	flagOfUnit    = regexp.MustCompile(`(?m) (--[a-z-]+)`)
	commandOfUnit = regexp.MustCompile(`(?m)^ExecStart=/usr/local/bin/(djamo [a-z ]*[a-z])( |$)`)
)

// verifyUnit checks a unit of systemd: that it starts a command of the command reference with its flags, and, where systemd is
// installed, that systemd takes it.
func verifyUnit(t *testing.T, unit string) error {
	t.Helper()
	reference, err := os.ReadFile("docs/cli.md")
	require.NoError(t, err)
	command := commandOfUnit.FindStringSubmatch(unit)
	if command == nil {
		return errors.New("no ExecStart starts /usr/local/bin/djamo")
	}
	_, section, found := strings.Cut(string(reference), "\n### `"+command[1]+"`\n")
	if !found {
		return fmt.Errorf("docs/cli.md has no command %q", command[1])
	}
	section, _, _ = strings.Cut(section, "\n### ")
	for _, flag := range flagOfUnit.FindAllStringSubmatch(unit, -1) {
		if !strings.Contains(section, flag[1]) {
			return fmt.Errorf("%s has no flag %s", command[1], flag[1])
		}
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		return nil //nolint:nilerr // what can be looked at without systemd is in order
	}
	folder := t.TempDir()
	program := filepath.Join(folder, "djamo")
	require.NoError(t, os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700))
	path := filepath.Join(folder, "djamo-worker.service")
	require.NoError(t, os.WriteFile(path, []byte(strings.ReplaceAll(unit, "/usr/local/bin/djamo", program)), 0o600))
	if out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", path).CombinedOutput(); err != nil {
		return fmt.Errorf("systemd-analyze: %w: %s", err, out)
	}
	return nil
}
