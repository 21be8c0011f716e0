//go:build unix

package clustercmd

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/programtest"
	"github.com/djamo/djamo-go/djamotest"
)

func read(t testing.TB, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(content)
}

// hurry wakes jobs that sleep, again and again, until the test ends.
func (s *site) hurry(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		for ctx.Err() == nil {
			_, _ = s.pool.Exec(ctx, "UPDATE river_job SET scheduled_at = now(), state = 'available' WHERE state = 'scheduled'")
			<-ticker.C
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
}

// ends waits for a program and looks at its exit code.
func ends(t testing.TB, command *exec.Cmd, out interface{ String() string }, code int) {
	t.Helper()
	_ = command.Wait()
	require.Equal(t, code, command.ProcessState.ExitCode(), "%v: %s", command.Args, out)
}

// A database that is away, or does not let anybody in, is told from one that is named wrongly: the first may be tried again.
func TestProcess_DatabaseOutOfReach(t *testing.T) {
	t.Parallel()
	s := newSite(t, 2)
	named, err := url.Parse(s.database)
	require.NoError(t, err)
	named.Path = "/nothing_of_the_kind"
	for address, code := range map[string]int{
		"postgres://postgres:secret@127.0.0.1:1/nothing?connect_timeout=1": exit.Failed,
		named.String():                     exit.Usage,
		"postgres://nobody-known:secret@[": exit.Usage,
		"":                                 exit.Usage,
	} {
		s.database = address
		for _, args := range [][]string{
			{"migrate"}, {"work"}, {"enqueue", s.file}, {"status"}, {"status", "june"}, {"report", "june", t.TempDir() + "/r.csv"}, {"cancel", "june"},
			{"resume", "june"},
		} {
			command, out := s.start(t, args...)
			ends(t, command, out, code)
			require.NotContains(t, out.String(), "secret")
		}
	}
	require.Empty(t, s.server.Requests())
}

// What each command ends with when it does what it was told, and when it is told again.
func TestProcess_EachCommandTwice(t *testing.T) {
	t.Parallel()
	s := newSite(t, 4)
	report := filepath.Join(t.TempDir(), "report.xlsx")
	for range 2 {
		s.do(t, "migrate")
		s.do(t, "enqueue", "--part-size", "2", s.file)
		s.do(t, "status")
		s.do(t, "status", "june")
		s.do(t, "report", "june", report)
	}
	for range 2 {
		require.Contains(t, s.do(t, "cancel", "june"), "nothing leaves any more")
	}
	require.Contains(t, s.fails(t, "enqueue", s.file), "djamo payroll cluster resume june")
	for range 2 {
		s.do(t, "resume", "june")
	}
	command, out := s.start(t, append([]string{"work"}, s.workArgs...)...)
	s.waitUntilPaid(t)
	require.NoError(t, command.Process.Signal(syscall.SIGTERM))
	ends(t, command, out, exit.OK)
	s.do(t, "cancel", "june")
	s.do(t, "resume", "june")
	s.do(t, "enqueue", s.file)
	require.Contains(t, s.do(t, "status"), "finished")
	s.check(t)
}

// Whoever interrupts a command gets the code for that at once, and the text says what it has changed. Nothing else would end it: what
// it waits for is locked all the time.
func TestProcess_InterruptedCommands(t *testing.T) {
	t.Parallel()
	s := newSite(t, 4)
	s.do(t, "enqueue", "--part-size", "2", s.file)
	frozen, err := s.pool.Begin(t.Context())
	require.NoError(t, err)
	defer frozen.Rollback(context.WithoutCancel(t.Context()))
	_, err = frozen.Exec(t.Context(), "LOCK TABLE djamo_payroll_runs, river_migration")
	require.NoError(t, err)
	waiting := func() []int32 {
		rows, err := s.pool.Query(t.Context(), `SELECT pid FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock' AND backend_type = 'client backend'`)
		require.NoError(t, err)
		pids, err := pgx.CollectRows(rows, pgx.RowTo[int32])
		require.NoError(t, err)
		return pids
	}
	for _, args := range [][]string{{"migrate"}, {"status"}, {"enqueue", s.file}, {"cancel", "june"}, {"resume", "june"}, {"report", "june", t.TempDir() + "/r.csv"}} {
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			before := waiting() // the database may not have noticed yet that the command before is gone
			command, out := s.start(t, args...)
			require.Eventually(t, func() bool {
				return slices.ContainsFunc(waiting(), func(pid int32) bool { return !slices.Contains(before, pid) })
			}, patience, 5*time.Millisecond, "%v", args)
			require.NoError(t, command.Process.Signal(signal))
			ends(t, command, out, exit.Interrupted)
			require.Contains(t, out.String(), "interrupted")
		}
	}
}

// A cancellation that waits for a worker which does not answer, and is interrupted, has cancelled the run all the same.
func TestProcess_InterruptedCancel(t *testing.T) {
	t.Parallel()
	s := newSite(t, 400, djamotest.WithRepeatedReferences()) // more than it gets through
	_, err := s.server.Inject(djamotest.ProcessLate(100*time.Millisecond), djamotest.On(http.MethodPost))
	require.NoError(t, err)
	s.workArgs = []string{"--mode", "single", "--concurrency", "1", "--send-timeout", "20s", "--quiet-period", "21s", "--lease", "5m", "--poll", "50ms"}
	s.do(t, "enqueue", "--part-size", "400", s.file)
	worker := s.worker(t)
	t.Cleanup(func() { killed(worker) })
	require.Eventually(t, func() bool { return len(s.server.Transactions()) > 3 }, patience, time.Millisecond)
	require.NoError(t, worker.Process.Signal(syscall.SIGSTOP))
	command, out := s.command(t, "cancel", "june"), &programtest.Screen{}
	command.Stdout, command.Stderr = out, out
	require.NoError(t, command.Start())
	// It knows then that the cancellation is recorded: interrupted before, it says that this is not known.
	waits := func() bool { return strings.Contains(out.String(), "has not answered") }
	require.Eventually(t, waits, patience, time.Millisecond)
	sent := len(s.server.Transactions())
	require.NoError(t, command.Process.Signal(syscall.SIGINT))
	ends(t, command, out, exit.Unresolved)
	require.Contains(t, out.String(), "the run is cancelled")
	require.NoError(t, worker.Process.Signal(syscall.SIGCONT))
	require.Contains(t, s.do(t, "cancel", "june"), "The run is cancelled")
	require.LessOrEqual(t, len(s.server.Transactions()), sent+2, "one that was under way, and one that was allowed before")
}
