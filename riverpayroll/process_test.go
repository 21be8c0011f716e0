//go:build unix

package riverpayroll_test

import (
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/riverpayroll"
)

// process is a worker in a process of its own, which can be frozen and killed.
type process struct {
	*exec.Cmd

	frozen bool
}

// startProcess starts a worker that sends one part at a time, with one request at a time in single mode.
func startProcess(t testing.TB, pool *pgxpool.Pool, server *djamotest.Server, mode payroll.Mode, environment ...string) *process {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), envWorker+"="+string(mode), "DJAMO_DATABASE_URL="+pool.Config().ConnString(),
		djamo.EnvAccessToken+"="+server.Token, djamo.EnvAPIURL+"="+server.URL)
	command.Env = append(command.Env, environment...)
	command.Stderr = os.Stderr
	require.NoError(t, command.Start())
	p := &process{Cmd: command}
	t.Cleanup(func() { p.kill() })
	return p
}

func (p *process) freeze(t testing.TB) {
	t.Helper()
	require.NoError(t, p.Process.Signal(syscall.SIGSTOP))
	p.frozen = true
}

func (p *process) thaw(t testing.TB) {
	t.Helper()
	require.NoError(t, p.Process.Signal(syscall.SIGCONT))
	p.frozen = false
}

// kill ends it as a power cut does.
func (p *process) kill() {
	_ = p.Process.Kill()
	_ = p.Wait()
}

// A worker that is frozen with payouts in its hands while the run is cancelled, and thawed later, sends at most the one
// request that the database had allowed before. It need not have heard of anything.
func TestProcess_ThawedAfterACancellation(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{0, 3 * time.Second} { // within its lease, and after it
		t.Run(after.String(), func(t *testing.T) {
			t.Parallel()
			pool, server := migrated(t), newServer(t, djamotest.WithRepeatedReferences())
			_, err := server.Inject(djamotest.ProcessLate(100*time.Millisecond), djamotest.On(http.MethodPost))
			require.NoError(t, err)
			plan, references := planOf(t, 120)
			enqueue(t, pool, plan, 60)
			worker := startProcess(t, pool, server, payroll.Single)
			require.Eventually(t, func() bool { return len(server.Transactions()) > 10 }, soon, time.Millisecond)
			worker.freeze(t)
			var told []riverpayroll.Cancelled
			cancelled, err := riverpayroll.Cancel(t.Context(), pool, run, riverpayroll.CancelOptions{
				Progress: func(c riverpayroll.Cancelled) { told = append(told, c) },
			})
			require.NoError(t, err)
			require.Empty(t, cancelled.Holders, "its lease has ended")
			require.Positive(t, cancelled.Unrecorded)
			require.Contains(t, cancelled.String(), "a worker that does not answer: a request that it was allowed before may still leave")
			for _, c := range told {
				require.Contains(t, c.String(), "has not answered for")
				require.Contains(t, c.String(), "it stops at its lease, ")
			}
			time.Sleep(after) //nolint:forbidigo // the worker is frozen that long
			frozen := time.Now()
			worker.thaw(t)
			require.Eventually(t, func() bool { return running(t, pool) == 0 }, soon, 20*time.Millisecond)
			require.LessOrEqual(t, posts(server, frozen), 1)
			require.Less(t, len(server.Transactions()), 120)

			server.ClearFaults()
			_, err = resume(t, pool)
			require.NoError(t, err)
			require.Eventually(t, func() bool { return totals(t, pool).AllCompleted() }, soon, 50*time.Millisecond)
			server.AssertPaidOnce(t, references...)
		})
	}
}
