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

// Open opens a database of which each statement is a call.
func (c *Calls) Open(driverName, address string) *sql.DB {
	return sql.OpenDB(&connector{calls: c, driver: driverName, address: address})
}

type connector struct {
	calls           *Calls
	driver, address string
}

// Connect opens a connection.
func (c *connector) Connect(context.Context) (driver.Conn, error) {
	opener, err := sql.Open(c.driver, c.address)
	if err != nil {
		return nil, err
	}
	defer opener.Close() //nolint:errcheck // it has opened nothing
	conn, err := opener.Driver().Open(c.address)
	if err != nil {
		return nil, err
	}
	return &countedConn{Conn: conn, calls: c.calls}, nil
}

// Driver implements driver.Connector.
func (c *connector) Driver() driver.Driver { return nil }

type countedConn struct {
	driver.Conn

	calls *Calls
}

// ExecContext is a call.
func (c *countedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (result driver.Result, err error) {
	execer, ok := c.Conn.(driver.ExecerContext)
	if !ok {
		return nil, driver.ErrSkip
	}
	c.calls.Call(func() { result, err = execer.ExecContext(ctx, query, args) })
	return result, err
}

// QueryContext is a call.
func (c *countedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (rows driver.Rows, err error) {
	queryer, ok := c.Conn.(driver.QueryerContext)
	if !ok {
		return nil, driver.ErrSkip
	}
	c.calls.Call(func() { rows, err = queryer.QueryContext(ctx, query, args) })
	return rows, err
}

// BeginTx is a call, and so is the end of the transaction.
func (c *countedConn) BeginTx(ctx context.Context, options driver.TxOptions) (begun driver.Tx, err error) {
	beginner, ok := c.Conn.(driver.ConnBeginTx)
	if !ok {
		return nil, errors.New("crashtest: the driver begins no transactions")
	}
	c.calls.Call(func() { begun, err = beginner.BeginTx(ctx, options) })
	if err != nil {
		return nil, err
	}
	return &countedTx{begun, c.calls}, nil
}

// CheckNamedValue asks the driver.
func (c *countedConn) CheckNamedValue(value *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(value)
	}
	return driver.ErrSkip
}

type countedTx struct {
	driver.Tx

	calls *Calls
}

// Commit is a call.
func (t *countedTx) Commit() (err error) {
	t.calls.Call(func() { err = t.Tx.Commit() })
	return err
}
