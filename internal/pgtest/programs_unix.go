//go:build unix

package pgtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// Programs are PostgreSQL's own, for tests with servers of their own that they may kill.
type Programs struct {
	Directory string // of the test's, for what the servers keep; it is removed when the test ends

	bin string
	as  *syscall.Credential
}

// NewPrograms looks for the programs where Debian keeps them, or on the PATH. The test is skipped where there are none, and
// where no database is given.
func NewPrograms(t testing.TB) *Programs {
	t.Helper()
	Address(t)
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 { // what is on the PATH of a Debian may be one program without the others
		path, err := exec.LookPath("initdb")
		if err != nil {
			t.Skip("*** NOT TESTED with a PostgreSQL of the test's own: install the server's programs (initdb) ***")
		}
		found = []string{path}
	}
	directory, as := DirectoryOf(t, "postgres")
	return &Programs{Directory: directory, bin: filepath.Dir(found[len(found)-1]), as: as}
}

// DirectoryOf makes a directory, which is removed when the test ends, for a program that refuses to run as root. Where the test
// runs as root the directory is that user's, whom the program is to run as.
func DirectoryOf(t testing.TB, name string) (directory string, as *syscall.Credential) {
	t.Helper()
	directory, err := os.MkdirTemp("", "djamo-test") //nolint:usetesting // another user must be able to enter it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(directory); err != nil {
			t.Error(err)
		}
	})
	if os.Getuid() != 0 {
		return directory, nil
	}
	owner, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.ParseUint(owner.Uid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.ParseUint(owner.Gid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(directory, int(uid), int(gid)); err != nil {
		t.Fatal(err)
	}
	return directory, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// Run runs one of the programs to its end.
func (p *Programs) Run(t testing.TB, program string, args ...string) {
	t.Helper()
	command := exec.CommandContext(context.WithoutCancel(t.Context()), filepath.Join(p.bin, program), args...) //nolint:gosec // a test's own
	command.Dir = p.Directory
	command.Env = append(os.Environ(), "PGCTLTIMEOUT=600") // seconds that pg_ctl waits, on a busy machine
	command.SysProcAttr = &syscall.SysProcAttr{Credential: p.as}
	out, err := os.CreateTemp(t.TempDir(), "log") // a pipe would stay open in the server
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close() //nolint:errcheck // it is read by its name
	command.Stdout, command.Stderr = out, out
	if err := command.Run(); err != nil {
		text, _ := os.ReadFile(out.Name())
		t.Fatalf("%s: %v: %s", program, err, text)
	}
}

// Init makes the data of a server, whose user postgres needs no password.
func (p *Programs) Init(t testing.TB, data string) {
	t.Helper()
	p.Run(t, "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-locale", "-E", "UTF8", "--no-sync")
}

// Start starts a server on its data, for so many connections. It stops when the test ends.
func (p *Programs) Start(t testing.TB, data string, port, connections int) {
	t.Helper()
	options := fmt.Sprintf("-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories=%s -c max_connections=%d",
		port, p.Directory, connections)
	p.Run(t, "pg_ctl", "-D", data, "-w", "-l", data+".log", "-o", options, "start")
	t.Cleanup(func() {
		if _, err := os.Stat(filepath.Join(data, "postmaster.pid")); err == nil {
			p.Stop(t, data)
		}
	})
}

// Stop stops a server as a power cut does, without a shutdown.
func (p *Programs) Stop(t testing.TB, data string) {
	t.Helper()
	p.Run(t, "pg_ctl", "-D", data, "-m", "immediate", "stop")
}
