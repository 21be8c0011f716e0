//go:build unix

package clustercmd

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// A token that is revoked in the middle of a run: the worker says at once that it does not work any more, and so does the status.
// Nothing is lost, and a worker with a good token pays the rest.
func TestProcess_TokenRevokedInTheMiddle(t *testing.T) {
	t.Parallel()
	s := newSite(t, 60, djamotest.WithRepeatedReferences())
	late, err := s.server.Inject(djamotest.ProcessLate(500*time.Millisecond), djamotest.On(http.MethodPost)) // so that it is not over at once
	require.NoError(t, err)
	s.do(t, "enqueue", "--part-size", "10", s.file)
	path := filepath.Join(t.TempDir(), "log")
	log, err := os.Create(path)
	require.NoError(t, err)
	defer log.Close()
	worker := s.command(t, "work", "--mode", "single", "--concurrency", "1", "--send-timeout", "20s", "--quiet-period", "21s", "--poll", "50ms")
	worker.Stdout, worker.Stderr = log, log
	require.NoError(t, worker.Start())
	t.Cleanup(func() { killed(worker) })
	said := func() string {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		return string(content)
	}
	require.Eventually(t, func() bool { return len(s.server.Transactions()) > 10 }, patience, time.Millisecond)
	require.Contains(t, said(), "working")
	require.NotContains(t, said(), "not working")
	revoked, err := s.server.Inject(djamotest.FailBefore(http.StatusUnauthorized))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return strings.Contains(said(), "not working: ") }, 50*time.Second, 10*time.Millisecond, "and not after a minute")
	require.Contains(t, said(), "the API turns this worker away")
	require.NotContains(t, said(), s.server.Token)
	require.Eventually(t, func() bool { return strings.Contains(s.do(t, "status"), "401") }, patience, 10*time.Millisecond)
	require.Less(t, len(s.server.Transactions()), 60)
	require.NoError(t, worker.Process.Signal(syscall.SIGTERM))
	require.NoError(t, worker.Wait(), "it ends in good order")

	revoked.Remove()
	late.Remove()
	other := s.worker(t)
	t.Cleanup(func() { killed(other) })
	_, err = s.pool.Exec(t.Context(), "UPDATE river_job SET scheduled_at = now() WHERE state = 'scheduled'") // a minute has passed
	require.NoError(t, err)
	s.waitUntilPaid(t)
	s.check(t)
}
