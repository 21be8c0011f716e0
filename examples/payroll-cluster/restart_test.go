//go:build unix

package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// postgres is a server of the test's own, which it may kill.
type postgres struct {
	bin, data string
	port      int
	as        *syscall.Credential
}

// newPostgres makes a server and starts it; it stops when the test ends.
func newPostgres(t *testing.T) *postgres {
	t.Helper()
	p := &postgres{}
	var err error
	if p.bin, err = serverPrograms(); err != nil {
		t.Skip("*** NOT TESTED with a PostgreSQL that restarts: its server programs (initdb, postgres) are not on this machine ***")
	}
	directory, err := os.MkdirTemp("", "djamo-postgres") //nolint:usetesting // another user must be able to enter it
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(directory)) })
	p.data = filepath.Join(directory, "data")
	if os.Getuid() == 0 { // the server refuses to run as root
		owner, err := user.Lookup("postgres")
		require.NoError(t, err)
		uid, err := strconv.ParseUint(owner.Uid, 10, 32)
		require.NoError(t, err)
		gid, err := strconv.ParseUint(owner.Gid, 10, 32)
		require.NoError(t, err)
		p.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		require.NoError(t, os.Chown(directory, int(uid), int(gid)))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p.port = listener.Addr().(*net.TCPAddr).Port
	require.NoError(t, listener.Close())
	p.run(t, "initdb", "-D", p.data, "-U", "postgres", "-A", "trust", "--no-locale", "-E", "UTF8")
	p.start(t)
	t.Cleanup(func() { p.run(t, "pg_ctl", "-D", p.data, "-m", "immediate", "stop") })
	return p
}

// serverPrograms is where the server's programs are: on the PATH, or where Debian keeps them.
func serverPrograms() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errNoServer
	}
	return filepath.Dir(found[len(found)-1]), nil
}

func (p *postgres) run(t *testing.T, program string, args ...string) {
	t.Helper()
	command := exec.CommandContext(context.WithoutCancel(t.Context()), filepath.Join(p.bin, program), args...)
	command.Dir = filepath.Dir(p.data)
	command.SysProcAttr = &syscall.SysProcAttr{Credential: p.as}
	out, err := os.CreateTemp(t.TempDir(), "log") // a pipe would stay open in the server
	require.NoError(t, err)
	defer out.Close()
	command.Stdout, command.Stderr = out, out
	if err := command.Run(); err != nil {
		text, _ := os.ReadFile(out.Name())
		require.NoError(t, err, "%s: %s", program, text)
	}
}

func (p *postgres) start(t *testing.T) {
	t.Helper()
	options := fmt.Sprintf("-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories=%s -c max_connections=200", p.port, filepath.Dir(p.data))
	p.run(t, "pg_ctl", "-D", p.data, "-w", "-l", filepath.Join(filepath.Dir(p.data), "log"), "-o", options, "start")
}

// crash ends the server at once, without a shutdown, and starts it again.
func (p *postgres) crash(t *testing.T) {
	t.Helper()
	p.run(t, "pg_ctl", "-D", p.data, "-m", "immediate", "stop")
	p.start(t)
}

// The database crashes twice in the middle of a run, under workers that go on living and faults of the API.
func TestProcess_DatabaseRestarts(t *testing.T) {
	t.Parallel()
	if os.Getenv("DJAMO_TEST_DATABASE_URL") == "" {
		t.Skip("*** NOT TESTED on PostgreSQL: set DJAMO_TEST_DATABASE_URL to postgres://user@host:port/database ***")
	}
	server := newPostgres(t)
	payouts := 150
	if full() {
		payouts = 5_000
	}
	address := fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", server.port)
	s := newSiteOn(t, address, payouts, djamotest.WithRepeatedReferences(), djamotest.WithSeed(11))
	_, err := s.server.Inject(djamotest.ProcessLate(200*time.Millisecond), djamotest.On(http.MethodPost))
	require.NoError(t, err)
	mixedFaults(t, s.server)
	s.do(t, "enqueue", "-part-size", "10", s.file)
	for range 4 {
		worker := s.worker(t)
		t.Cleanup(func() { killed(worker) })
	}
	for crash := range 2 {
		sent := (crash + 1) * payouts / 4
		require.Eventually(t, func() bool { return len(s.server.Transactions()) >= sent }, 5*time.Minute, time.Millisecond)
		server.crash(t)
	}
	s.waitUntilPaid(t, 10*time.Minute)
	s.check(t)
}
