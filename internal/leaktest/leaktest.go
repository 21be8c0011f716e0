// Package leaktest finds goroutines, and with them connections, that outlive the test which started them.
//
// There are two checks, because neither sees everything. [Check] is for one test, and tells tests that run in parallel
// apart by the labels that goroutines inherit from whoever starts them. [Main] is for a whole package, and finds what has
// no label either, such as what a timer has started.
package leaktest

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	label = "leaktest"
	// looks is how often one looks for what was closed a moment ago and is on its way out: goroutines end without telling. Looks, and
	// not time, since a busy machine gives neither them nor the one who looks much of that.
	looks = 500
	// pause is how long one waits between two looks at least.
	pause = 10 * time.Millisecond
)

// Check fails the test if a goroutine that it starts from now on, at any depth, outlives it: a server's, a connection's at
// either end, a call's. Call it before anything else, since what is cleaned up later than the check is taken for a leak.
// Calling it more than once is fine: each call is about what is started until the next. In bubbles of testing/synctest it
// is not needed: a bubble does not end before its goroutines.
func Check(t testing.TB) {
	t.Helper()
	name := nameOf(t) + rand.Text()
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels(label, name)))
	t.Cleanup(func() {
		t.Helper()
		if left := outlive(func() []string { return labelled(name) }); len(left) > 0 {
			t.Errorf("goroutines outlive the test:\n%s", strings.Join(left, "\n\n"))
		}
	})
}

// Main runs the tests of a package, for its TestMain to exit with what it returns: 1 also if goroutines are left when all
// tests have passed.
func Main(m *testing.M) int {
	code := m.Run()
	if code != 0 {
		return code // a test that failed may have left anything
	}
	if left := outlive(others); len(left) > 0 {
		fmt.Fprintf(os.Stderr, "FAIL: goroutines outlive the tests of this package:\n%s\n", strings.Join(left, "\n\n"))
		return 1
	}
	return code
}

// Running lists what a test has started and what still runs, one stack for each kind; Check must have been called.
func Running(t testing.TB) []string {
	t.Helper()
	return labelled(nameOf(t))
}

// nameOf tells a test from another run of it.
func nameOf(t testing.TB) string { return fmt.Sprintf("%s %p ", t.Name(), t) } //nolint:thelper // asks for its name alone

// outlive asks until nothing is left or nothing more can be hoped for, and returns what is left.
func outlive(running func() []string) []string {
	again := time.NewTimer(pause)
	defer again.Stop()
	var left []string
	for range looks {
		if left = running(); len(left) == 0 {
			return nil
		}
		again.Reset(pause)
		<-again.C
	}
	return left
}

// labelled lists the stacks of the goroutines whose name begins so, those of the tests themselves aside.
func labelled(name string) (stacks []string) {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return []string{"cannot look for goroutines: " + err.Error()}
	}
	mark := strconv.Quote(label) + ":" + strings.TrimSuffix(strconv.Quote(name), `"`)
	for stack := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(stack, mark) && !strings.Contains(stack, "testing.tRunner") {
			stacks = append(stacks, stack)
		}
	}
	return stacks
}

// others lists the stacks of every goroutine but the caller's and those that no program can end.
func others() (stacks []string) {
	buf := make([]byte, 1<<20)
	n := runtime.Stack(buf, true)
	for n == len(buf) { // cut off
		buf = make([]byte, 2*len(buf))
		n = runtime.Stack(buf, true)
	}
	_, rest, _ := strings.Cut(string(buf[:n]), "\n\n") // the first one is the caller's
	for stack := range strings.SplitSeq(rest, "\n\n") {
		if strings.TrimSpace(stack) != "" && !strings.Contains(stack, "os/signal.signal_recv") {
			stacks = append(stacks, stack)
		}
	}
	return stacks
}
