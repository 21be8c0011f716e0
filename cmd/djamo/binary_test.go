package main

import (
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// The program as it is released. What it weighs and what it does before its first line decide how it feels to install and to
// type; a library can cost more than the whole program, as one for phone numbers and one for spans did. docs/benchmarks.md has
// the profile.
func TestBinary_WeighsAndBeginsAsAgreed(t *testing.T) {
	t.Parallel()
	program := buildRelease(t)
	t.Run("size", func(t *testing.T) { t.Parallel(); checkSize(t, program) })
	t.Run("start", func(t *testing.T) { t.Parallel(); checkStart(t, program) })
}

func checkSize(t *testing.T, program string) {
	t.Helper()
	file, err := os.Stat(program)
	require.NoError(t, err)
	require.Less(t, file.Size(), int64(35_000_000), "bytes of the stripped program: see docs/benchmarks.md for what has which part")

	info, err := buildinfo.ReadFile(program)
	require.NoError(t, err)
	linked := map[string]bool{}
	for _, module := range info.Deps {
		linked[module.Path] = true
	}
	require.True(t, linked["github.com/spf13/cobra"], "the list names what is linked")
	for _, module := range []string{
		"github.com/nyaruka/phonenumbers", // 4 MB and 7 ms, for two countries that numbering.go has in ten lines
		"google.golang.org/protobuf",
		"go.opentelemetry.io/otel", // only a build with -tags otel can send spans
		"github.com/stretchr/testify",
	} {
		require.False(t, linked[module], "%s is linked", module)
	}
}

// What the packages do before main is counted in bytes, which do not depend on the machine as its clock does.
func checkStart(t *testing.T, program string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, "version")
	command.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	said, err := command.CombinedOutput()
	require.NoError(t, err)
	known := map[string]int{ // in bytes
		"github.com/xuri/excelize/v2": 1_600_000, // its tables of formulas, which it makes at once
	}
	const maxBytes = 70_000
	packages := regexp.MustCompile(`(?m)^init (\S+) @.*, (\d+) bytes, (\d+) allocs$`).FindAllStringSubmatch(string(said), -1)
	require.Greater(t, len(packages), 50, "%s", said)
	sum := 0
	for _, found := range packages {
		bytes, err := strconv.Atoi(found[2])
		require.NoError(t, err)
		require.LessOrEqual(t, bytes, max(known[found[1]], maxBytes), "%s allocates before main", found[1])
		sum += bytes
	}
	require.Less(t, sum, 2_000_000, "bytes that all packages allocate before main")
}

// buildRelease builds the program with the flags of a release.
func buildRelease(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "djamo")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, ".")
	said, err := build.CombinedOutput()
	require.NoError(t, err, "%s", said)
	return program
}
