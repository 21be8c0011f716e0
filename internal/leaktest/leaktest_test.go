package leaktest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go/internal/leaktest"
	"github.com/stretchr/testify/require"
)

// leaky makes this program leave a goroutine behind, for a test that looks at its end.
const leaky = "LEAKTEST_LEAKY"

func TestMain(m *testing.M) {
	if os.Getenv(leaky) == "timer" {
		time.AfterFunc(0, func() { select {} })
	}
	os.Exit(leaktest.Main(m))
}

// spy keeps what a check reports and what it wants to be done at the end.
type spy struct {
	testing.TB
	cleanups []func()
	failures []string
}

func (s *spy) Helper()          {}
func (s *spy) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }
func (s *spy) Errorf(format string, args ...any) {
	s.failures = append(s.failures, fmt.Sprintf(format, args...))
}

func (s *spy) end() {
	for _, f := range s.cleanups {
		f()
	}
}

// A check that finds nothing proves something only if it finds what is there.
func TestCheck_FindsWhatIsLeft(t *testing.T) {
	t.Parallel()
	s := &spy{TB: t}
	leaktest.Check(s)
	hold := make(chan struct{})
	go func() { <-hold }()
	server := httptest.NewServer(http.NotFoundHandler())
	transport := &http.Transport{}
	resp, err := (&http.Client{Transport: transport}).Get(server.URL)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, resp.Body) // or the connection is not kept
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Eventually(t, func() bool {
		found := strings.Join(leaktest.Running(s), "\n\n")
		return strings.Contains(found, "TestCheck_FindsWhatIsLeft.func") && strings.Contains(found, "http.(*Server).Serve") &&
			strings.Contains(found, "http.(*persistConn).readLoop") && strings.Contains(found, "http.(*conn).serve")
	}, time.Minute, time.Millisecond)
	server.Close()
	s.end()
	require.Len(t, s.failures, 1)
	require.Contains(t, s.failures[0], "outlive the test")
	require.Contains(t, s.failures[0], "TestCheck_FindsWhatIsLeft.func")
	require.NotContains(t, s.failures[0], "net/http", "what has ended is not left")

	close(hold)
	s.failures = nil
	s.end()
	require.Empty(t, s.failures)
}

// A helper that checks may be called twice in a test, and what the first call is about is still there at the second check.
func TestCheck_Twice(t *testing.T) {
	t.Parallel()
	s := &spy{TB: t}
	leaktest.Check(s)
	first, second := make(chan struct{}), make(chan struct{})
	go func() { <-first }()
	leaktest.Check(s)
	go func() { <-second }()
	require.Len(t, leaktest.Running(s), 2)
	close(second)
	s.cleanups[1]()
	require.Empty(t, s.failures)
	close(first)
	s.cleanups[0]()
	require.Empty(t, s.failures)
}

func TestCheck_IsNotMisledByOtherTests(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	defer close(hold)
	go func() { <-hold }() // somebody else's
	s := &spy{TB: t}
	leaktest.Check(s)
	done := make(chan struct{})
	go func() { close(done) }()
	<-done
	s.end()
	require.Empty(t, s.failures)
}

func TestMain_FindsWhatATimerStarted(t *testing.T) {
	t.Parallel()
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=TestCheck_IsNotMisledByOtherTests")
	again.Env = append(os.Environ(), leaky+"=timer")
	out, err := again.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "PASS\n")
	require.Contains(t, string(out), "FAIL: goroutines outlive the tests of this package:")
	require.Contains(t, string(out), "leaktest_test.TestMain.func1")

	again = exec.CommandContext(t.Context(), os.Args[0], "-test.run=TestCheck_IsNotMisledByOtherTests")
	out, err = again.CombinedOutput()
	require.NoError(t, err, "%s", out)
}
