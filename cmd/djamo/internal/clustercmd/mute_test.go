//go:build unix

package clustercmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/internal/pgtest"
)

// A database that lets everybody in and then answers nothing: each command ends by itself, says why, and has sent nothing.
func TestProcess_DatabaseThatAnswersNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, 1)
	own := *s
	own.database, _ = pgtest.Mute(t)
	for _, args := range s.commands(t) {
		t.Run(args[0], func(t *testing.T) {
			t.Parallel()
			command, out := own.start(t, args...)
			ends(t, command, out, exit.Failed)
			require.Contains(t, out.String(), "nothing was sent: the database cannot be used now", "%v", args)
			require.Contains(t, out.String(), "the database has let this program in, and has not answered it for", "%v", args)
			for _, bad := range []string{"secret", "panic", "goroutine "} {
				require.NotContains(t, out.String(), bad)
			}
		})
	}
	t.Cleanup(func() { require.Empty(t, s.server.Requests()) })
}

// The database falls silent while a worker pays: nothing leaves without a record, the worker says that it has lost what it held, and
// another one pays the rest.
func TestProcess_DatabaseFallsSilentUnderAWorker(t *testing.T) {
	t.Parallel()
	s := newSite(t, 60)
	s.workArgs = append(s.workArgs, "--mode", "single", "--concurrency", "1")
	s.do(t, "enqueue", "--part-size", "10", s.file)
	through, mute := pgtest.Proxy(t, s.database+"&connect_timeout=5")
	own := *s
	own.database = through
	worker := own.command(t, append([]string{"work"}, own.workArgs...)...)
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	defer log.Close()
	worker.Stdout, worker.Stderr = log, log
	require.NoError(t, worker.Start())
	t.Cleanup(func() { killed(worker) })
	require.Eventually(t, func() bool { return len(s.server.Transactions()) > 10 }, time.Minute, time.Millisecond)
	mute()
	lease := 2 * time.Second
	time.Sleep(2 * lease) //nolint:forbidigo // whatever the worker was allowed before has left
	sent := len(s.server.Transactions())
	require.Less(t, sent, 60)
	var unrecorded int
	require.NoError(t, s.pool.QueryRow(t.Context(), "SELECT count(*) FROM djamo_payroll_payouts WHERE state = 'planned'").Scan(&unrecorded))
	require.LessOrEqual(t, unrecorded, 60-sent, "each payment has its record")
	require.Eventually(t, func() bool { return strings.Contains(read(t, log.Name()), "the lease of this run was lost") }, time.Minute,
		10*time.Millisecond)
	killed(worker) // told to stop it tries to note what it has done, for two minutes
	other := s.worker(t)
	t.Cleanup(func() { killed(other) })
	s.waitUntilPaid(t)
	s.check(t)
}
