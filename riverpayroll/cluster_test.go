//go:build unix

package riverpayroll_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/pgtest"
)

// cluster is a PostgreSQL server of the test's own with a standby.
type cluster struct {
	*pgtest.Programs

	ports   [2]int // of the two servers
	primary int    // which of them is the primary
	cut     func() // ends what the standby gets from the primary, where there is a relay between them
}

// newCluster has a standby that replicates asynchronously, through a relay.
func newCluster(t testing.TB) *cluster {
	t.Helper()
	c := newPrimary(t)
	c.copyPrimary(t, c.relay(t))
	return c
}

// newPrimary has no standby yet.
func newPrimary(t testing.TB) *cluster {
	t.Helper()
	c := &cluster{Programs: pgtest.NewPrograms(t)}
	for i := range c.ports {
		c.ports[i] = pgtest.FreePort(t)
	}
	c.Init(t, c.data(0))
	c.start(t, 0)
	return c
}

// copyPrimary makes a standby of the server that is not the primary. It replicates from the port given.
func (c *cluster) copyPrimary(t testing.TB, port int) {
	t.Helper()
	standby := 1 - c.primary
	require.NoError(t, os.RemoveAll(c.data(standby)))
	c.Run(t, "pg_basebackup", "-D", c.data(standby), "-h", "127.0.0.1", "-p", strconv.Itoa(port), "-U", "postgres", "-R", "-X", "stream", "-c", "fast",
		"--no-sync")
	c.start(t, standby)
}

// protect gives the primary a standby that has all that is committed from then on, before it is committed.
func (c *cluster) protect(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	c.persist(t, pool, "ALTER SYSTEM RESET synchronous_standby_names")
	c.persist(t, pool, "SELECT pg_reload_conf()")
	c.copyPrimary(t, c.ports[c.primary])
	c.persist(t, pool, "ALTER SYSTEM SET synchronous_standby_names = '*'")
	c.persist(t, pool, "SELECT pg_reload_conf()")
	require.Eventually(t, func() bool {
		var state string
		return pool.QueryRow(t.Context(), "SELECT sync_state FROM pg_stat_replication").Scan(&state) == nil && state == "sync"
	}, soon, 20*time.Millisecond)
}

// failOver stops the primary as a power cut does, and promotes its standby.
func (c *cluster) failOver(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	c.Stop(t, c.data(c.primary))
	c.primary = 1 - c.primary
	c.Run(t, "pg_ctl", "-D", c.data(c.primary), "-w", "promote")
	c.writable(t, pool)
	c.persist(t, pool, "ALTER SYSTEM RESET synchronous_standby_names") // it has no standby now
	c.persist(t, pool, "SELECT pg_reload_conf()")
}

// crash stops the primary as a power cut does, and starts it again.
func (c *cluster) crash(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	c.Stop(t, c.data(c.primary))
	c.start(t, c.primary)
	c.writable(t, pool)
}

// persist repeats a statement while connections are broken.
func (c *cluster) persist(t testing.TB, pool *pgxpool.Pool, statement string) {
	t.Helper()
	require.Eventually(t, func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := pool.Exec(ctx, statement)
		return err == nil
	}, soon, 50*time.Millisecond, statement)
}

// relay is a port that leads to the primary until c.cut is called.
func (c *cluster) relay(t testing.TB) (port int) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var group sync.WaitGroup
	c.cut = func() {
		cancel()
		_ = listener.Close()
		group.Wait()
	}
	t.Cleanup(c.cut)
	group.Go(func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(c.ports[0])))
			if err != nil {
				_ = from.Close()
				continue
			}
			closeBoth := func() { _, _ = from.Close(), to.Close() }
			context.AfterFunc(ctx, closeBoth)
			group.Go(func() { defer closeBoth(); _, _ = io.Copy(to, from) })
			group.Go(func() { defer closeBoth(); _, _ = io.Copy(from, to) })
		}
	})
	return listener.Addr().(*net.TCPAddr).Port
}

func (c *cluster) data(i int) string { return filepath.Join(c.Directory, strconv.Itoa(i)) }

func (c *cluster) start(t testing.TB, i int) {
	t.Helper()
	c.Start(t, c.data(i), c.ports[i], 100)
}

// address leads to whichever server is the primary.
func (c *cluster) address() string { return c.addressOf("postgres") }

func (c *cluster) addressOf(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d,127.0.0.1:%d/%s?sslmode=disable&target_session_attrs=primary&connect_timeout=10", c.ports[0], c.ports[1],
		database)
}

// caughtUp waits until the standby has all that was committed.
func (c *cluster) caughtUp(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	require.Eventually(t, func() bool {
		var same bool
		err := pool.QueryRow(t.Context(), "SELECT count(*) = 1 AND bool_and(replay_lsn >= pg_current_wal_lsn()) FROM pg_stat_replication").Scan(&same)
		return err == nil && same
	}, soon, 50*time.Millisecond)
}

// writable waits until the address leads to a primary again.
func (c *cluster) writable(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	require.Eventually(t, func() bool {
		var standby bool
		return pool.QueryRow(t.Context(), "SELECT pg_is_in_recovery()").Scan(&standby) == nil && !standby
	}, soon, 50*time.Millisecond)
}
