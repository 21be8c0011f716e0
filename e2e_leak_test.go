package djamo_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/stretchr/testify/require"
)

// leavesNothing fails the test if a goroutine it has started, at any depth, outlives it: a server's, a connection's at
// either end, a call's. Goroutines inherit their labels, so tests that run in parallel do not see each other. Call it
// before anything else. In synctest bubbles it is not needed: a bubble does not end before its goroutines.
func leavesNothing(t *testing.T) {
	t.Helper()
	name := fmt.Sprintf("%s %p", t.Name(), t) // told apart from another run of the same test
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels(leavesNothingLabel, name)))
	t.Cleanup(func() {
		var left []string
		for range 2_500 { // what was closed a moment ago may still be on its way out
			if left = labelled(t, name); len(left) == 0 {
				return
			}
			time.Sleep(2 * time.Millisecond) //nolint:forbidigo // goroutines end without telling
		}
		t.Errorf("%d goroutines outlive the test:\n%s", len(left), strings.Join(left, "\n\n"))
	})
}

const leavesNothingLabel = "leaves nothing"

// labelled lists the stacks of the goroutines that bear a label, those of the tests themselves aside.
func labelled(t *testing.T, value string) (stacks []string) {
	t.Helper()
	var profile bytes.Buffer
	require.NoError(t, pprof.Lookup("goroutine").WriteTo(&profile, 1))
	for stack := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(stack, strconv.Quote(leavesNothingLabel)+":"+strconv.Quote(value)) && !strings.Contains(stack, "testing.tRunner") {
			stacks = append(stacks, stack)
		}
	}
	return stacks
}

// A check that finds nothing proves something only if it finds what is there.
func TestE2E_LeakIsNoticed(t *testing.T) {
	t.Parallel()
	leavesNothing(t)
	hold := make(chan struct{})
	defer close(hold)
	go func() { <-hold }()
	server := djamotest.NewServer(t)
	idle, err := (&http.Client{Transport: &http.Transport{}}).Get(server.URL)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, idle.Body) // or the connection is not kept
	require.NoError(t, err)
	require.NoError(t, idle.Body.Close())
	require.Eventually(t, func() bool {
		found := strings.Join(labelled(t, fmt.Sprintf("%s %p", t.Name(), t)), "\n\n")
		return strings.Contains(found, "TestE2E_LeakIsNoticed.func") && strings.Contains(found, "http.(*Server).Serve") &&
			strings.Contains(found, "http.(*persistConn).readLoop") && strings.Contains(found, "http.(*conn).serve")
	}, 5*time.Second, time.Millisecond)
}
