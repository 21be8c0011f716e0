//go:build linux || darwin

package databasetest_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

const childLimit = "DJAMO_JOURNAL_CHILD_LIMIT"

// limitedScenario is played by a child whose files may grow to so many bytes and no further, for each size until it fits.
func limitedScenario() scenario {
	return scenario{payouts: 12, reason: strings.Repeat("Solde insuffisant. ", 40)}
}

// childOfLimitedSize prints, for each size, how many chapters were answered and what came then. No write beyond the size
// succeeds, whether it is to the log, in a commit, or from the log to the database.
func childOfLimitedSize(directory string) {
	signal.Ignore(syscall.SIGXFSZ) // a write that is too long then fails, as on a full disk
	for size, failed := uint64(0), true; failed; size += 4_000 {
		answered, err := tellWithin(size, filepath.Join(directory, strconv.FormatUint(size, 10)+".db"))
		fmt.Println(size, answered, err)
		failed = err != nil
	}
}

func tellWithin(size uint64, file string) (answered int, err error) {
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		return 0, err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: before.Max}); err != nil {
		return 0, err
	}
	defer syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before)
	plan, err := payroll.NewPlan(payoutsOf(limitedScenario().payouts), payroll.PlanOptions{})
	if err != nil {
		return 0, err
	}
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	return limitedScenario().play(context.Background(), db, sqljournal.SQLite, plan)
}

func TestSQLite_NoWriteBeyondAnySize(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	command.Env = append(os.Environ(), childLimit+"="+directory)
	output, err := command.Output()
	require.NoError(t, err)

	plan := planOf(t, limitedScenario().payouts)
	chapters := map[int]bool{} // that failed
	message := ""
	for line := range strings.Lines(string(output)) {
		var size, answered int
		_, err := fmt.Sscan(line, &size, &answered)
		require.NoError(t, err, "%s", line)
		_, message, _ = strings.Cut(strings.TrimSpace(line), fmt.Sprintf("%d %d ", size, answered))
		if message != "<nil>" {
			require.Contains(t, message, "unusable journal")
			chapters[answered] = true
		}
		file := opened(t, "sqlite", filepath.Join(directory, fmt.Sprintf("%d.db", size)))
		limitedScenario().check(t, file, sqljournal.SQLite, plan, answered)
	}
	require.Equal(t, "<nil>", message, "it fits in the end")
	require.Greater(t, len(chapters), 4, "writes should have failed in many chapters")
}
