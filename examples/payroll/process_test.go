package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/leaktest"
	"github.com/stretchr/testify/require"
)

// These tests run the program as its operator does, as a process of its own, and end that process in every way there is.
// They are short here; DJAMO_TEST_FULL=1 makes them as long as the promise: 200 kills over 1,000 payouts.

var buildProgram = sync.OnceValues(func() (string, error) {
	directory, err := os.MkdirTemp("", "payroll-test")
	if err != nil {
		return "", err
	}
	program := filepath.Join(directory, "payroll")
	out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return program, nil
})

func TestMain(m *testing.M) {
	code := leaktest.Main(m)
	if program, err := buildProgram(); err == nil {
		_ = os.RemoveAll(filepath.Dir(program))
	}
	os.Exit(code)
}

// site is a file to pay, an API to pay it to, and the program.
type site struct {
	server     *djamotest.Server
	file       string
	references []string
	args       []string
}

func newSite(t *testing.T, payouts int, opts ...djamotest.Option) *site {
	t.Helper()
	leaktest.Check(t)
	server := djamotest.NewServer(t, append([]djamotest.Option{djamotest.WithSettleAfter(20 * time.Millisecond), djamotest.WithBalance(1_000_000_000)}, opts...)...)
	s := &site{server: server, file: filepath.Join(t.TempDir(), "salaries.csv")}
	var b strings.Builder
	b.WriteString("msisdn,amount,reference,description\n")
	for i := range payouts {
		s.references = append(s.references, fmt.Sprintf("june/%04d", i))
		fmt.Fprintf(&b, "+22507487%05d,%d,june/%04d,Salaire\n", i, 10_000+i, i)
	}
	require.NoError(t, os.WriteFile(s.file, []byte(b.String()), 0o600))
	s.args = []string{"-in", s.file, "-yes", "-send-timeout", "400ms", "-quiet", "600ms", "-batch-size", "20"}
	return s
}

// start starts the program; its output is complete once Wait has returned.
func (s *site) start(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	program, err := buildProgram()
	require.NoError(t, err)
	var out bytes.Buffer
	command := exec.CommandContext(t.Context(), program, append(append([]string(nil), s.args...), args...)...)
	command.Stdout, command.Stderr = &out, &out
	command.Env = s.environment()
	require.NoError(t, command.Start())
	return command, &out
}

func (s *site) environment() []string {
	return append(os.Environ(), djamo.EnvAccessToken+"="+s.server.Token, djamo.EnvAPIURL+"="+s.server.URL)
}

// finish runs the program until it says that all is paid.
func (s *site) finish(t *testing.T, args ...string) {
	t.Helper()
	for range 20 {
		command, out := s.start(t, args...)
		if err := command.Wait(); err == nil {
			return
		}
		require.NotEqual(t, exitBadInput, command.ProcessState.ExitCode(), out.String())
	}
	t.Fatal("not everything is paid after 20 runs")
}

func (s *site) check(t *testing.T) {
	t.Helper()
	s.server.AssertPaidOnce(t, s.references...)
	require.Len(t, s.server.Transactions(), len(s.references), "nothing else was paid")
	s.server.AssertBalanced(t)
}

func full() bool { return os.Getenv("DJAMO_TEST_FULL") != "" }

// mixedFaults disturbs so large a share of all requests.
func mixedFaults(t *testing.T, server *djamotest.Server, share float64) { //nolint:forbidigo // a probability
	t.Helper()
	_, err := server.Inject(djamotest.AnyOf(
		djamotest.RefuseConnection(), djamotest.CloseConnection(), djamotest.FailBefore(http.StatusServiceUnavailable), djamotest.RateLimit(),
		djamotest.LoseReply(), djamotest.ResetReply(), djamotest.FailAfter(http.StatusInternalServerError), djamotest.TruncateReply(), djamotest.Stall(0),
	), djamotest.Probability(share))
	require.NoError(t, err)
}

// The API takes its time over each payment, so that lives end in the middle of the run, and carries out what it was asked
// for also when the one who asked is dead.
func TestProcess_KilledAtAnyInstant(t *testing.T) {
	t.Parallel()
	payouts, kills, longest := 60, 6, time.Second
	if full() {
		payouts, kills, longest = 1_000, 200, 6*time.Second
	}
	for name, share := range map[string]float64{"kind": 0, "three in ten requests go wrong": 0.3} { //nolint:forbidigo // a probability
		for mode, late := range map[string]time.Duration{"single": 100 * time.Millisecond, "batch": 250 * time.Millisecond} {
			for _, careless := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %s, repeated references %v", name, mode, careless), func(t *testing.T) {
					t.Parallel()
					opts := []djamotest.Option{djamotest.WithSeed(7)}
					if careless {
						opts = append(opts, djamotest.WithRepeatedReferences())
					}
					s := newSite(t, payouts, opts...)
					s.args = append(s.args, "-mode", mode, "-batch-size", "2")
					_, err := s.server.Inject(djamotest.ProcessLate(late), djamotest.On(http.MethodPost))
					require.NoError(t, err)
					mixedFaults(t, s.server, share)
					killed, longer := 0, time.Duration(0)
					if share > 0 {
						longer = longest // much of such a life is spent on asking again
					}
					for range kills {
						command, _ := s.start(t)
						kill := time.AfterFunc(rand.N(600*time.Millisecond+longer), func() { _ = command.Process.Kill() })
						_ = command.Wait()
						kill.Stop()
						if command.ProcessState.ExitCode() == -1 {
							killed++
						}
					}
					t.Logf("%d of %d lives ended by kill -9, with %d of %d payouts accepted by then", killed, kills, len(s.server.Transactions()), payouts)
					require.Greater(t, killed, kills/2)
					s.server.ClearFaults()
					s.finish(t)
					s.check(t)
				})
			}
		}
	}
}

func TestProcess_InterruptedAtAnyInstant(t *testing.T) {
	t.Parallel()
	for mode, signal := range map[string]syscall.Signal{"single": syscall.SIGINT, "batch": syscall.SIGQUIT} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, 200)
			s.args = append(s.args, "-mode", mode, "-batch-size", "5")
			_, err := s.server.Inject(djamotest.ProcessLate(30*time.Millisecond), djamotest.On(http.MethodPost))
			require.NoError(t, err)
			for range 6 {
				s.interrupt(t, signal, rand.N(500*time.Millisecond))
			}
			s.finish(t)
			s.check(t)
		})
	}
}

// interrupt runs the program and tells it to stop after so long, which it must do soon.
func (s *site) interrupt(t *testing.T, signal syscall.Signal, after time.Duration) {
	t.Helper()
	command, out := s.start(t)
	told := make(chan time.Time, 1)
	interrupt := time.AfterFunc(after, func() {
		told <- time.Now()
		_ = command.Process.Signal(signal)
	})
	_ = command.Wait()
	if interrupt.Stop() {
		return // it was done before
	}
	require.Less(t, time.Since(<-told), 10*time.Second)
	switch code := command.ProcessState.ExitCode(); code {
	case -1: // the signal came before the program listened to it
	case exitOK: // or when it had ended
	case exitBadInput: // before it was confirmed, or, for SIGQUIT, before the program listened to it
		if signal == syscall.SIGQUIT && strings.Contains(out.String(), "SIGQUIT: quit") {
			break
		}
		require.Contains(t, out.String(), "nothing was sent: interrupted")
	default:
		require.Equal(t, exitFailed, code, out.String())
	}
}

func TestProcess_InterruptedAtTheQuestion(t *testing.T) {
	t.Parallel()
	s := newSite(t, 3)
	s.args = slices.DeleteFunc(s.args, func(arg string) bool { return arg == "-yes" })
	program, err := buildProgram()
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), program, s.args...)
	command.Env = s.environment()
	silent, err := command.StdinPipe()
	require.NoError(t, err)
	defer silent.Close()
	out := &watched{part: "Pay?", call: func() { _ = command.Process.Signal(syscall.SIGINT) }}
	command.Stdout, command.Stderr = out, out
	require.Error(t, command.Run())
	require.Equal(t, exitBadInput, command.ProcessState.ExitCode())
	require.Contains(t, out.text.String(), "nothing was sent: interrupted")
	require.Empty(t, s.server.Transactions())
	require.NoFileExists(t, s.file+".journal")
}

func TestProcess_TwoOnOneJournal(t *testing.T) {
	t.Parallel()
	s := newSite(t, 200)
	_, err := s.server.Inject(djamotest.ProcessLate(20*time.Millisecond), djamotest.On("POST /v1/transactions"))
	require.NoError(t, err)
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			command, out := s.start(t, "-mode", "single")
			_ = command.Wait()
			if code := command.ProcessState.ExitCode(); code != exitOK {
				if code != exitFailed || !strings.Contains(out.String(), "journal") && !strings.Contains(out.String(), "driving") {
					t.Errorf("exit %d: %s", code, out.String())
				}
			}
		})
	}
	group.Wait()
	s.finish(t)
	s.check(t)
}

func TestProcess_SecondJournalPaysNothingAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t, 50)
	s.finish(t)
	report := filepath.Join(t.TempDir(), "report.csv")
	s.finish(t, "-journal", filepath.Join(t.TempDir(), "other.journal"), "-report", report)
	s.check(t)
	content, err := os.ReadFile(report)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(content), "reference,msisdn,amount,status,transaction_id,fee,failure_reason"))
	require.Equal(t, 51, bytes.Count(content, []byte("\n")))
	info, err := os.Stat(report)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}
