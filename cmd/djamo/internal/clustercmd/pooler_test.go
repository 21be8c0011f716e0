//go:build unix

package clustercmd

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/pgtest"
)

// newPooler starts PgBouncer before a database, pooling by session or transaction, and returns the database's address through it.
func newPooler(t *testing.T, database, mode string) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		t.Skip("*** NOT TESTED behind a pooler: install pgbouncer ***")
	}
	server, err := url.Parse(database)
	require.NoError(t, err)
	port := pgtest.FreePort(t)
	directory, as := pgtest.DirectoryOf(t, "nobody")
	password, _ := server.User.Password()
	users := filepath.Join(directory, "users")
	require.NoError(t, os.WriteFile(users, fmt.Appendf(nil, "%q %q\n", server.User.Username(), password), 0o644))
	config := filepath.Join(directory, "pgbouncer.ini")
	serverPort := server.Port()
	if serverPort == "" {
		serverPort = "5432"
	}
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, "[databases]\n* = host=%s port=%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\n"+
		"unix_socket_dir =\nauth_type = trust\nauth_file = %s\npool_mode = %s\ndefault_pool_size = 40\nlogfile = %s\n",
		server.Hostname(), serverPort, port, users, mode, filepath.Join(directory, "log")), 0o644))
	command := exec.CommandContext(t.Context(), program, config)
	command.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	require.NoError(t, command.Start())
	t.Cleanup(func() { killed(command) })
	server.Host = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", server.Host)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, patience, 20*time.Millisecond)
	return server.String()
}

// Behind a pooler that hands each transaction to another connection every command says what to change, and does nothing; behind
// one that pools by session a run is enqueued, paid, cancelled and resumed. Drivers that prepare no statements hide such a pooler
// from the database's errors, and it is found all the same.
func TestProcess_Poolers(t *testing.T) {
	t.Parallel()
	for _, unprepared := range []string{"", "&default_query_exec_mode=simple_protocol"} {
		t.Run("transaction"+unprepared, func(t *testing.T) {
			t.Parallel()
			direct := newSite(t, 3)
			s := *direct
			s.database = newPooler(t, direct.database, "transaction") + unprepared
			for _, args := range [][]string{{"migrate"}, {"status"}, {"enqueue", s.file}, {"work"}, {"cancel", "june"}, {"resume", "june"}} {
				require.Contains(t, s.fails(t, args...), "set the pooler to session pooling", "%v", args)
			}
			require.Empty(t, s.server.Transactions())
			direct.do(t, "migrate")
			require.NotContains(t, direct.do(t, "status"), "june", "nothing was changed, and no lock was left in the pooler")
		})
	}
	t.Run("session", func(t *testing.T) {
		t.Parallel()
		address := newPooler(t, pgtest.Database(t, "pgx"), "session")
		s := newSiteOn(t, address, 20)
		s.do(t, "enqueue", s.file)
		s.do(t, "cancel", "june")
		s.do(t, "resume", "june")
		worker := s.worker(t)
		defer killed(worker)
		s.waitUntilPaid(t)
		s.check(t)
	})
}
