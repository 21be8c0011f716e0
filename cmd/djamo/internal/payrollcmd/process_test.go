package payrollcmd

import (
	"bytes"
	"fmt"
	"io"
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

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/programtest"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/leaktest"
)

// These tests run the program as its operator does, as a process of its own, and end that process in every way there is.
// They are short here; DJAMO_TEST_FULL=1 makes them as long as the promise: 200 kills over 1,000 payouts.

var binary programtest.Program

func TestMain(m *testing.M) {
	code := leaktest.Main(m)
	if err := binary.Remove(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
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
	s.args = []string{"payroll", "run", s.file, "--yes", "--batch-size", "20"}
	return s
}

// hasten gives times that are short to a program whose answers are lost.
func (s *site) hasten() {
	s.args = append(s.args, "--send-timeout", "400ms", "--quiet-period", "600ms")
}

// start starts the program; its output is complete once Wait has returned.
func (s *site) start(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	command := exec.CommandContext(t.Context(), binary.Path(t), append(append([]string(nil), s.args...), args...)...)
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
	for began := time.Now(); time.Since(began) < 10*time.Minute; {
		command, out := s.start(t, args...)
		if err := command.Wait(); err == nil {
			return
		}
		require.NotEqual(t, exit.Usage, command.ProcessState.ExitCode(), out.String())
	}
	t.Fatal("not everything is paid after ten minutes")
}

func (s *site) check(t *testing.T) {
	t.Helper()
	s.server.AssertPaidOnce(t, s.references...)
	require.Len(t, s.server.Transactions(), len(s.references), "nothing else was paid")
	s.server.AssertBalanced(t)
}

func full() bool { return os.Getenv("DJAMO_TEST_FULL") != "" }

// mixedFaults disturbs so large a share of all requests.
func mixedFaults(t *testing.T, server *djamotest.Server, share float64) {
	t.Helper()
	_, err := server.Inject(djamotest.AnyOf(
		djamotest.RefuseConnection(), djamotest.CloseConnection(), djamotest.FailBefore(http.StatusServiceUnavailable), djamotest.RateLimit(),
		djamotest.LoseReply(), djamotest.ResetReply(), djamotest.FailAfter(http.StatusInternalServerError), djamotest.TruncateReply(), djamotest.Stall(0),
	), djamotest.Probability(share))
	require.NoError(t, err)
}

// approve has two people sign for the file, in a journal that demands it.
func (s *site) approve(t *testing.T) {
	t.Helper()
	journal, two := filepath.Join(t.TempDir(), "journal"), programtest.NewTwoPeople(t)
	payroll := func(args ...string) string {
		command := exec.CommandContext(t.Context(), binary.Path(t), append([]string{"payroll"}, args...)...)
		command.Env = s.environment()
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%v: %s", args, out)
		return string(out)
	}
	two.Demand(payroll, journal)
	two.Approve(t, payroll, journal, s.file)
	s.args = append(s.args, "--journal", journal)
}

// The API takes its time over each payment, so that lives end in the middle of the run, and carries out what it was asked
// for also when the one who asked is dead. Where it would pay twice, two people have approved the run.
func TestProcess_KilledAtAnyInstant(t *testing.T) {
	t.Parallel()
	payouts, kills, longest := 60, 6, time.Second
	if full() {
		payouts, kills, longest = 1_000, 200, 6*time.Second
	}
	for name, share := range map[string]float64{"kind": 0, "three in ten requests go wrong": 0.3} {
		for mode, late := range map[string]time.Duration{"single": 100 * time.Millisecond, "batch": 250 * time.Millisecond} {
			for _, careless := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %s, repeated references and approval %v", name, mode, careless), func(t *testing.T) {
					t.Parallel()
					opts := []djamotest.Option{djamotest.WithSeed(7)}
					if careless {
						opts = append(opts, djamotest.WithRepeatedReferences())
					}
					s := newSite(t, payouts, opts...)
					s.hasten()
					s.args = append(s.args, "--mode", mode, "--batch-size", "2")
					if careless {
						s.approve(t)
					}
					_, err := s.server.Inject(djamotest.ProcessLate(late), djamotest.On(http.MethodPost))
					require.NoError(t, err)
					mixedFaults(t, s.server, share)
					killed, longer := 0, time.Duration(0)
					if share > 0 {
						longer = longest // much of such a life is spent on asking again
					}
					for life := range kills {
						command, _ := s.start(t)
						s.killSoon(t, command, rand.N(600*time.Millisecond+longer), (life+1)*payouts/(kills+1))
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

// killSoon kills the program after so long, or as soon as so many payouts are accepted: not everybody must be paid before it was killed
// often enough. It returns when the program has ended.
func (s *site) killSoon(t *testing.T, command *exec.Cmd, after time.Duration, accepted int) {
	t.Helper()
	ended, killer := make(chan struct{}), sync.WaitGroup{}
	killer.Go(func() {
		late, often := time.NewTimer(after), time.NewTicker(2*time.Millisecond)
		defer late.Stop()
		defer often.Stop()
		for len(s.server.Transactions()) < accepted {
			select {
			case <-ended:
				return
			case <-late.C:
				_ = command.Process.Kill()
				return
			case <-often.C:
			}
		}
		_ = command.Process.Kill()
	})
	_ = command.Wait()
	close(ended)
	killer.Wait()
}

func TestProcess_InterruptedAtAnyInstant(t *testing.T) {
	t.Parallel()
	for mode, signal := range map[string]syscall.Signal{"single": syscall.SIGINT, "batch": syscall.SIGQUIT} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, 200)
			s.args = append(s.args, "--mode", mode, "--batch-size", "5")
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
	require.Less(t, time.Since(<-told), 5*time.Minute)
	switch code := command.ProcessState.ExitCode(); code {
	case -1: // the signal came before the program listened to it
	case exit.OK: // or when it had ended
	case 2: // or, for SIGQUIT, before the program's first line, by Go itself
		require.Contains(t, out.String(), "SIGQUIT: quit")
	case exit.Interrupted:
		require.Contains(t, out.String(), "nothing was sent: interrupted")
	default:
		require.Equal(t, exit.Unresolved, code, out.String())
		require.Contains(t, out.String(), "interrupted: some payouts may be under way; to go on, type: djamo payroll resume")
	}
	require.NotContains(t, out.String(), "signal received", "what Go calls the signal is no text for an operator")
}

func TestProcess_InterruptedAtTheQuestion(t *testing.T) {
	t.Parallel()
	s := newSite(t, 3)
	s.args = slices.DeleteFunc(s.args, func(arg string) bool { return arg == "--yes" })
	command := exec.CommandContext(t.Context(), binary.Path(t), s.args...)
	command.Env = s.environment()
	out := &watched{part: "Pay?", call: func() { _ = command.Process.Signal(syscall.SIGINT) }}
	screen, err := pty.Start(command) // only a terminal is asked on
	require.NoError(t, err)
	defer screen.Close()
	_, _ = io.Copy(out, screen) // it ends with an error when the other side is gone
	require.Error(t, command.Wait())
	require.Equal(t, exit.Interrupted, command.ProcessState.ExitCode())
	require.Contains(t, out.text.String(), "nothing was sent: interrupted")
	require.Empty(t, s.server.Transactions())
	require.NoFileExists(t, s.file+".journal")
}

// What was typed before a question is shown is no answer to it: neither a yes nor the name of the run.
func TestProcess_TypedBeforeTheQuestion(t *testing.T) {
	t.Parallel()
	for question, early := range map[string]string{"Pay? [y/N]": "y\n", "type the name of the run": "june\n"} {
		t.Run(question, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, 3)
			paid := 0
			if !strings.HasPrefix(question, "Pay") {
				other := strings.ReplaceAll(s.file, "salaries.csv", "other.csv")
				content, err := os.ReadFile(s.file)
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(other, bytes.ReplaceAll(content, []byte("june/"), []byte("juin/")), 0o600))
				paid = len(s.references)
				before := *s
				before.args = slices.Clone(s.args)
				before.args[2] = other
				before.finish(t)
			}
			args := append(slices.DeleteFunc(s.args, func(arg string) bool { return arg == "--yes" }), "--run", "june")
			command := exec.CommandContext(t.Context(), binary.Path(t), args...)
			command.Env = s.environment()
			screen, err := pty.Start(command)
			require.NoError(t, err)
			defer screen.Close()
			_, err = io.WriteString(screen, early)
			require.NoError(t, err)
			out := &watched{part: question, call: func() { _, _ = io.WriteString(screen, "n\n") }}
			_, _ = io.Copy(out, screen) // it ends with an error when the other side is gone
			require.Error(t, command.Wait(), out.text.String())
			require.Equal(t, exit.Usage, command.ProcessState.ExitCode(), out.text.String())
			require.Contains(t, out.text.String(), "nothing was sent: it was not confirmed")
			require.Len(t, s.server.Transactions(), paid)
		})
	}
}

func TestProcess_TwoOnOneJournal(t *testing.T) {
	t.Parallel()
	s := newSite(t, 200)
	_, err := s.server.Inject(djamotest.ProcessLate(20*time.Millisecond), djamotest.On("POST /v1/transactions"))
	require.NoError(t, err)
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			command, out := s.start(t, "--mode", "single")
			_ = command.Wait()
			if code := command.ProcessState.ExitCode(); code != exit.OK {
				if code != exit.Failed || !strings.Contains(out.String(), "journal") && !strings.Contains(out.String(), "driving") {
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
	s.finish(t, "--journal", filepath.Join(t.TempDir(), "other.journal"), "--report", report, "--allow-repeats")
	s.check(t)
	content, err := os.ReadFile(report)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(content), "\ufeffreference,msisdn,amount,status,transaction_id,fee,failure_reason"))
	require.Equal(t, 51, bytes.Count(content, []byte("\n")))
	info, err := os.Stat(report)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}
