// Package crashtest ends a process, as kill -9 does, at a call that it makes to a database or over HTTP, for tests of what
// another process finds afterwards. The process is the test binary itself, told by a variable what to do.
package crashtest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/djamo/djamo-go/internal/drivertest"
)

// variable tells a test binary that it is a process to be ended, and what it is to do.
const variable = "DJAMO_TEST_CRASH"

// Main is what TestMain exits with. Where the test binary is a process of Run's, it reads what that is told and does the work;
// else it runs the tests.
func Main(into any, work func() error, tests func() int) int {
	text := os.Getenv(variable)
	if text == "" {
		return tests()
	}
	err := json.Unmarshal([]byte(text), into)
	if err == nil {
		err = work()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// Run has a process do what it is told, and reports whether it was killed. A process that fails otherwise fails the test.
func Run(t testing.TB, told any) (died bool) {
	t.Helper()
	text, err := json.Marshal(told)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), os.Args[0]) //nolint:gosec // the test binary itself
	command.Env = append(os.Environ(), variable+"="+string(text))
	output, err := command.CombinedOutput()
	if err == nil {
		return false
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || !strings.Contains(exit.Error(), "killed") {
		t.Fatalf("%v: %s", err, output)
	}
	return true
}

// Calls counts calls to the outside, and ends the process at one of them.
type Calls struct {
	At    int64 // which call the process ends at, from 1; 0: none
	After bool  // it ends when the call has returned, and before anything is done with it; else before it is made

	made atomic.Int64
}

// Made is how many calls were made.
func (c *Calls) Made() int64 { return c.made.Load() }

// Call wraps one call.
func (c *Calls) Call(carryOut func()) {
	n := c.made.Add(1)
	if n == c.At && !c.After {
		die()
	}
	carryOut()
	if n == c.At && c.After {
		die()
	}
}

// die ends the process as kill -9 does.
func die() {
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill()
	}
	select {}
}

// RoundTrip implements http.RoundTripper: each request is a call.
func (c *Calls) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	c.Call(func() { resp, err = http.DefaultTransport.RoundTrip(r) }) //nolint:bodyclose // the caller does
	return resp, err
}

// SendsThrough says which RoundTripper each request goes through once and as it is.
func (c *Calls) SendsThrough() http.RoundTripper { return http.DefaultTransport }

// Open opens a database of which each statement is a call, and so are the beginning and the end of a transaction.
func (c *Calls) Open(driverName, address string) *sql.DB {
	return sql.OpenDB(&drivertest.Connector{
		Name: driverName, Address: address,
		Around: func(_ context.Context, _ driver.Conn, _ string, carryOut func() error) (err error) {
			c.Call(func() { err = carryOut() })
			return err
		},
	})
}
