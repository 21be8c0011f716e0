//go:build unix

package riverpayroll_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/riverpayroll"
)

// A standby is promoted that has none of what was claimed and paid since the first payouts, on an API that would pay a
// reference twice. Whatever looks planned there is looked up first.
func TestProcess_FailoverToAStandbyThatLags(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	pool := open(t, c.address())
	require.NoError(t, riverpayroll.Migrate(t.Context(), pool))
	server := newServer(t, djamotest.WithRepeatedReferences())
	_, err := server.Inject(djamotest.ProcessLate(20*time.Millisecond), djamotest.On(http.MethodPost))
	require.NoError(t, err)
	plan, references := planOf(t, 300)
	enqueue(t, pool, plan, 50)
	c.caughtUp(t, pool)
	c.cut()
	startProcess(t, pool, server, payroll.Single)
	startProcess(t, pool, server, payroll.Batch)
	require.Eventually(t, func() bool { return len(server.Transactions()) > 100 }, soon, time.Millisecond)

	c.Stop(t, c.data(0))
	lost := len(server.Transactions())
	c.Run(t, "pg_ctl", "-D", c.data(1), "-w", "promote")
	t.Logf("%d payouts were paid of which the new primary knows nothing", lost)
	require.Eventually(t, func() bool {
		var left int
		err := pool.QueryRow(t.Context(), "SELECT count(*) FROM djamo_payroll_payouts WHERE state <> 'completed'").Scan(&left)
		return err == nil && left == 0
	}, soon, 100*time.Millisecond)
	server.AssertPaidOnce(t, references...)
	require.Len(t, server.Transactions(), len(references))
}

// A run is cancelled, and the server fails over at that moment to a standby that replicates synchronously: it is cancelled
// there as well, and goes on only when it is resumed. A crash of the new primary changes nothing about that.
func TestProcess_CancellationSurvivesAFailoverAndACrash(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	pool := open(t, c.address())
	require.NoError(t, riverpayroll.Migrate(t.Context(), pool))
	execute(t, pool, "ALTER SYSTEM SET synchronous_standby_names = '*'")
	execute(t, pool, "SELECT pg_reload_conf()")
	require.Eventually(t, func() bool {
		var state string
		return pool.QueryRow(t.Context(), "SELECT sync_state FROM pg_stat_replication").Scan(&state) == nil && state == "sync"
	}, soon, 20*time.Millisecond)
	server := newServer(t, djamotest.WithRepeatedReferences())
	_, err := server.Inject(djamotest.ProcessLate(20*time.Millisecond), djamotest.On(http.MethodPost))
	require.NoError(t, err)
	plan, references := planOf(t, 200)
	enqueue(t, pool, plan, 25)
	startProcess(t, pool, server, payroll.Single)
	startProcess(t, pool, server, payroll.Single)
	require.Eventually(t, func() bool { return len(server.Transactions()) > 30 }, soon, time.Millisecond)
	_, err = riverpayroll.Cancel(t.Context(), pool, run, riverpayroll.CancelOptions{})
	require.NoError(t, err)
	sent := len(server.Transactions())

	c.Stop(t, c.data(0))
	c.Run(t, "pg_ctl", "-D", c.data(1), "-w", "promote")
	c.writable(t, pool)
	c.Stop(t, c.data(1))
	c.start(t, 1)
	c.writable(t, pool)
	require.Eventually(t, func() bool {
		var left int
		err := pool.QueryRow(t.Context(), "SELECT count(*) FROM river_job WHERE kind = 'djamo_payroll_part' AND state IN ('available', 'running', 'scheduled', 'retryable')").Scan(&left)
		return err == nil && left == 0
	}, soon, 50*time.Millisecond, "the workers are back, and find the run cancelled")
	require.Len(t, server.Transactions(), sent)

	_, err = resume(t, pool)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return totals(t, pool).AllCompleted() }, soon, 100*time.Millisecond)
	server.AssertPaidOnce(t, references...)
	require.Len(t, server.Transactions(), len(references))
}

// The standby is gone: a cancellation that only this server has, and that a failover would lose, is no success, whatever
// the server's statement_timeout.
func TestCancel_WithoutItsSynchronousStandby(t *testing.T) {
	t.Parallel()
	c := newPrimary(t)
	pool := open(t, c.address())
	require.NoError(t, riverpayroll.Migrate(t.Context(), pool))
	plan, _ := planOf(t, 10)
	enqueue(t, pool, plan, 5)
	c.protect(t, pool)
	c.Stop(t, c.data(1))
	hasty := open(t, c.address()+"&statement_timeout=300")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := riverpayroll.Cancel(ctx, hasty, run, riverpayroll.CancelOptions{})
	require.ErrorContains(t, err, "whether the run is cancelled is not known")
	require.ErrorIs(t, err, context.DeadlineExceeded)

	c.start(t, 1)
	_, err = riverpayroll.Cancel(t.Context(), hasty, run, riverpayroll.CancelOptions{})
	require.NoError(t, err, "the standby is back")
}

// A standby that replicates synchronously is promoted while the old primary goes on, with workers that are connected to it.
// Nothing can be committed there any more: they stop with their leases, and the run can be cancelled, resumed and paid on the
// new primary beside them, on an API that would pay a reference twice.
func TestProcess_SplitBrain(t *testing.T) {
	t.Parallel()
	c := newPrimary(t)
	before := open(t, fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", c.ports[0]))
	require.NoError(t, riverpayroll.Migrate(t.Context(), before))
	c.protect(t, before)
	server := newServer(t, djamotest.WithRepeatedReferences())
	_, err := server.Inject(djamotest.ProcessLate(150*time.Millisecond), djamotest.On(http.MethodPost))
	require.NoError(t, err)
	plan, references := planOf(t, 200)
	enqueue(t, before, plan, 25)
	startProcess(t, before, server, payroll.Single)
	startProcess(t, before, server, payroll.Batch)
	require.Eventually(t, func() bool { return len(server.Transactions()) > 30 }, soon, time.Millisecond)

	c.Run(t, "pg_ctl", "-D", c.data(1), "-w", "promote")
	after := open(t, fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", c.ports[1]))
	c.writable(t, after)
	cancelled, err := riverpayroll.Cancel(t.Context(), after, run, riverpayroll.CancelOptions{})
	require.NoError(t, err)
	require.Empty(t, cancelled.Holders)
	stopped := time.Now()
	require.Never(t, func() bool { return posts(server, stopped) > 0 }, 3*time.Second, 50*time.Millisecond, "the leases of the old workers have ended")
	require.Less(t, len(server.Transactions()), len(references))

	server.ClearFaults()
	_, err = resume(t, after)
	require.NoError(t, err)
	startProcess(t, after, server, payroll.Single)
	require.Eventually(t, func() bool { return totals(t, after).AllCompleted() }, soon, 100*time.Millisecond)
	server.AssertPaidOnce(t, references...)
	require.Len(t, server.Transactions(), len(references))
}

// A dump is restored, into another database of the same server, after payouts that it knows nothing of were paid.
// Whatever looks planned there is looked up first.
func TestProcess_RestoredFromADump(t *testing.T) {
	t.Parallel()
	c := newPrimary(t)
	pool := open(t, c.address())
	require.NoError(t, riverpayroll.Migrate(t.Context(), pool))
	server := newServer(t, djamotest.WithRepeatedReferences())
	_, err := server.Inject(djamotest.ProcessLate(20*time.Millisecond), djamotest.On(http.MethodPost))
	require.NoError(t, err)
	plan, references := planOf(t, 150)
	enqueue(t, pool, plan, 25)
	dump, port := filepath.Join(c.Directory, "dump.sql"), strconv.Itoa(c.ports[0])
	c.Run(t, "pg_dump", "-h", "127.0.0.1", "-p", port, "-U", "postgres", "-f", dump, "postgres")
	worker := startProcess(t, pool, server, payroll.Single)
	require.Eventually(t, func() bool { return len(server.Transactions()) > 60 }, soon, time.Millisecond)
	worker.kill()

	execute(t, pool, "CREATE DATABASE restored")
	c.Run(t, "psql", "-h", "127.0.0.1", "-p", port, "-U", "postgres", "-q", "-v", "ON_ERROR_STOP=1", "-f", dump, "restored")
	restored := open(t, c.addressOf("restored"))
	startProcess(t, restored, server, payroll.Single)
	require.Eventually(t, func() bool { return totals(t, restored).AllCompleted() }, soon, 100*time.Millisecond)
	server.AssertPaidOnce(t, references...)
	require.Len(t, server.Transactions(), len(references))
}
