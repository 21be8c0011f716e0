//go:build unix

package clustercmd

import (
	"bytes"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/programtest"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/pgtest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// These tests run the program as processes of its own, on a database of their own, and end them in every way there is.
// They are short here; DJAMO_TEST_FULL=1 makes them as long as the promise.

var binary programtest.Program

func TestMain(m *testing.M) {
	code := m.Run()
	if err := binary.Remove(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func full() bool { return os.Getenv("DJAMO_TEST_FULL") != "" }

// patience is for machines that are busy, and for parts that wait for a minute: what goes well takes no time.
const patience = 10 * time.Minute

// site is a file to pay, an API to pay it to, a database, and the program.
type site struct {
	server     *djamotest.Server
	database   string
	file       string
	references []string
	pool       *pgxpool.Pool
	workArgs   []string
}

func newSite(t *testing.T, payouts int, opts ...djamotest.Option) *site {
	t.Helper()
	return newSiteOn(t, pgtest.Database(t, "pgx"), payouts, opts...)
}

func newSiteOn(t *testing.T, database string, payouts int, opts ...djamotest.Option) *site {
	t.Helper()
	server := djamotest.NewServer(t, append([]djamotest.Option{djamotest.WithSettleAfter(20 * time.Millisecond), djamotest.WithBalance(10_000_000_000)}, opts...)...)
	s := &site{server: server, database: database, file: filepath.Join(t.TempDir(), "june.csv")}
	var b strings.Builder
	b.WriteString("msisdn,amount,reference,description\n")
	for i := range payouts {
		s.references = append(s.references, fmt.Sprintf("june/%05d", i))
		fmt.Fprintf(&b, "+22507487%05d,%d,june/%05d,Salaire\n", i, 10_000+i, i)
	}
	require.NoError(t, os.WriteFile(s.file, []byte(b.String()), 0o600))
	s.workArgs = []string{"--send-timeout", "400ms", "--quiet-period", "900ms", "--lease", "2s", "--poll", "50ms"}
	var err error
	s.pool, err = pgxpool.New(t.Context(), s.database)
	require.NoError(t, err)
	t.Cleanup(s.pool.Close)
	s.do(t, "migrate")
	return s
}

// start starts the program; its output is complete once Wait has returned.
func (s *site) start(t testing.TB, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	command := s.command(t, args...)
	command.Stdout, command.Stderr = &out, &out
	require.NoError(t, command.Start())
	return command, &out
}

// command is the program, ready to be started.
func (s *site) command(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	return s.payroll(t, append([]string{"cluster"}, args...)...)
}

// payroll is any of the commands for payroll.
func (s *site) payroll(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), binary.Path(t), append([]string{"payroll"}, args...)...)
	command.Env = append(os.Environ(), envDatabase+"="+s.database, djamo.EnvAccessToken+"="+s.server.Token, djamo.EnvAPIURL+"="+s.server.URL,
		"XDG_CACHE_HOME="+filepath.Dir(s.file)) // who has an account is kept there, and not among what the person who tests has
	return command
}

// do runs the program to its end, which must be a good one.
func (s *site) do(t testing.TB, args ...string) string {
	t.Helper()
	command, out := s.start(t, args...)
	require.NoError(t, command.Wait(), "%v: %s", args, out)
	return out.String()
}

// worker starts a worker.
func (s *site) worker(t testing.TB) *exec.Cmd {
	t.Helper()
	command, _ := s.start(t, append([]string{"work"}, s.workArgs...)...)
	return command
}

// killed ends a worker as a power cut does.
func killed(worker *exec.Cmd) {
	_ = worker.Process.Kill()
	_ = worker.Wait()
}

// waitUntilPaid waits until the journal says that everybody is.
func (s *site) waitUntilPaid(t *testing.T) {
	t.Helper()
	db := stdlib.OpenDBFromPool(s.pool)
	defer db.Close()
	var last payroll.Totals
	require.Eventually(t, func() bool {
		now, _, err := progress(t.Context(), db, sqljournal.RunInfo{Name: "june"})
		if err == nil {
			last = now
		}
		return err == nil && now.AllCompleted()
	}, time.Hour, 100*time.Millisecond, "%+v", &last)
}

func (s *site) check(t *testing.T) {
	t.Helper()
	s.server.AssertPaidOnce(t, s.references...)
	require.Len(t, s.server.Transactions(), len(s.references), "nothing else was paid")
	s.server.AssertBalanced(t)
}

// mixedFaults disturbs three in ten requests.
func mixedFaults(t *testing.T, server *djamotest.Server) {
	t.Helper()
	_, err := server.Inject(djamotest.AnyOf(
		djamotest.RefuseConnection(), djamotest.CloseConnection(), djamotest.FailBefore(http.StatusServiceUnavailable),
		djamotest.LoseReply(), djamotest.ResetReply(), djamotest.FailAfter(http.StatusInternalServerError), djamotest.TruncateReply(), djamotest.Stall(0),
	), djamotest.Probability(0.3))
	require.NoError(t, err)
}

// Of four workers one is killed every so often and replaced, on an API that refuses repeated references and on one that
// would pay twice, which carries out late what it was asked; there two people have approved the run.
func TestProcess_WorkersAreKilled(t *testing.T) { //nolint:tparallel // its subtests are, at their short length
	t.Parallel()
	payouts, every, kills := 150, 500*time.Millisecond, 8
	if full() {
		payouts, every, kills = 5_000, time.Second, 1_000
	}
	for _, mode := range []payroll.Mode{payroll.Batch, payroll.Single} {
		for _, careless := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, repeated references and approval %v", mode, careless), func(t *testing.T) {
				if !full() {
					t.Parallel() // the full length needs the machine for itself
				}
				opts := []djamotest.Option{djamotest.WithSeed(7)}
				if careless {
					opts = append(opts, djamotest.WithRepeatedReferences())
				}
				s := newSite(t, payouts, opts...)
				s.workArgs = append(s.workArgs, "--mode", string(mode))
				_, err := s.server.Inject(djamotest.ProcessLate(300*time.Millisecond), djamotest.On(http.MethodPost))
				require.NoError(t, err)
				if careless {
					s.approve(t)
				}
				s.do(t, "enqueue", "--part-size", "10", s.file)
				mixedFaults(t, s.server) // from here on: a payee that cannot be asked about would have to be confirmed
				s.killWorkers(t, every, kills)
				s.check(t)
			})
		}
	}
}

// killWorkers keeps four workers at it, and kills one of them as soon as somebody is paid, and then so often and so many times, until
// everybody is. On a machine so busy that workers are killed before they have paid anybody, each kill but the fifth waits until
// somebody was paid.
func (s *site) killWorkers(t *testing.T, every time.Duration, kills int) {
	t.Helper()
	workers := make([]*exec.Cmd, 4)
	for i := range workers {
		workers[i] = s.worker(t)
	}
	require.Eventually(t, func() bool { return len(s.server.Transactions()) > 0 }, patience, time.Millisecond)
	done := make(chan struct{})
	count := 0
	var killer sync.WaitGroup
	killer.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for paid, waited := int64(0), 0; count < kills; waited++ {
			if now := s.server.Counts().Transfers; now != paid || waited == 5 {
				paid, waited = now, 0
				i := mathrand.N(len(workers))
				killed(workers[i])
				workers[i] = s.worker(t)
				count++
			}
			select {
			case <-done:
				return
			case <-ticker.C:
			}
		}
	})
	started := time.Now()
	s.waitUntilPaid(t)
	close(done)
	killer.Wait()
	t.Logf("%d payouts in %s, with %d workers killed", len(s.references), time.Since(started).Round(time.Millisecond), count)
	require.Positive(t, count)
	for _, worker := range workers {
		killed(worker)
	}
}

// A worker that is frozen with payouts in its hands, longer than its lease, finds on waking up that others have them.
func TestProcess_FrozenWorkerSendsNothingWhenItWakes(t *testing.T) {
	t.Parallel()
	s := newSite(t, 60, djamotest.WithRepeatedReferences())
	_, err := s.server.Inject(djamotest.ProcessLate(100*time.Millisecond), djamotest.On(http.MethodPost))
	require.NoError(t, err)
	s.workArgs = append(s.workArgs, "--mode", "single", "--concurrency", "1")
	s.do(t, "enqueue", "--part-size", "20", s.file)
	frozen := s.worker(t)
	t.Cleanup(func() { killed(frozen) })
	for count := 0; count < 10; {
		require.NoError(t, s.pool.QueryRow(t.Context(), "SELECT count(*) FROM djamo_payroll_payouts WHERE state = 'submitting'").Scan(&count))
	}
	require.NoError(t, frozen.Process.Signal(syscall.SIGSTOP))
	other := s.worker(t)
	t.Cleanup(func() { killed(other) })
	s.waitUntilPaid(t)
	require.NoError(t, frozen.Process.Signal(syscall.SIGCONT))
	require.NoError(t, frozen.Process.Signal(syscall.SIGTERM))
	require.NoError(t, frozen.Wait(), "it ends in good order")
	s.check(t)
}

// A signal lets the jobs under way finish, and what is left goes on elsewhere.
func TestProcess_GracefulStop(t *testing.T) {
	t.Parallel()
	s := newSite(t, 600) // more than three workers get through
	late, err := s.server.Inject(djamotest.ProcessLate(200*time.Millisecond), djamotest.On(http.MethodPost))
	require.NoError(t, err)
	// Times are long: on a busy machine a payment whose answer is not waited for is rightly left unknown.
	s.workArgs = []string{"--mode", "single", "--send-timeout", "20s", "--quiet-period", "21s", "--lease", "30s", "--poll", "50ms"}
	s.do(t, "enqueue", "--part-size", "10", s.file)
	for range 3 {
		worker := s.worker(t)
		sent := len(s.server.Transactions())
		require.Eventually(t, func() bool { return len(s.server.Transactions()) > sent }, patience, time.Millisecond)
		require.NoError(t, worker.Process.Signal(syscall.SIGTERM))
		require.NoError(t, worker.Wait())
		var left int
		require.NoError(t, s.pool.QueryRow(t.Context(), "SELECT count(*) FROM djamo_payroll_payouts WHERE state IN ('submitting', 'unknown')").Scan(&left))
		require.Zero(t, left, "nothing is left in the air")
	}
	late.Remove()
	last := s.worker(t)
	s.waitUntilPaid(t)
	killed(last)
	s.check(t)
}

// Two operators enqueue the same file at the same moment.
func TestProcess_TwoEnqueuesAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, 500)
	worker := s.worker(t)
	t.Cleanup(func() { killed(worker) })
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			command, out := s.start(t, "enqueue", "--part-size", "50", s.file)
			if err := command.Wait(); err != nil && !strings.Contains(out.String(), string(payroll.ErrLeaseHeld)) {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	group.Wait()
	s.do(t, "enqueue", s.file)
	s.waitUntilPaid(t)
	s.check(t)
}

func TestProcess_StatusAndReport(t *testing.T) {
	t.Parallel()
	s := newSite(t, 12)
	require.Contains(t, s.do(t, "enqueue", s.file), `Run "june": 12 payouts`)
	worker := s.worker(t)
	s.waitUntilPaid(t)
	require.NoError(t, worker.Process.Signal(syscall.SIGTERM))
	require.NoError(t, worker.Wait())
	require.Regexp(t, `june\s+12\s+120.066.FCFA\s+12\s+0`, s.do(t, "status"))
	path := filepath.Join(t.TempDir(), "report.csv")
	require.Contains(t, s.do(t, "report", "june", path), "12 of 12 payouts completed")
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, 13, bytes.Count(content, []byte("\n")))
	s.check(t)
}

func TestProcess_BadInput(t *testing.T) {
	t.Parallel()
	s := newSite(t, 2)
	bad := filepath.Join(t.TempDir(), "bad.csv")
	require.NoError(t, os.WriteFile(bad, []byte("msisdn,amount,reference,description\n+2250748710523,1,a,b\n"), 0o600))
	for _, row := range []struct {
		args []string
		want string
	}{
		{nil, "a command must follow"},
		{[]string{"pay"}, `"pay" is no command`},
		{[]string{"enqueue"}, "FILE must be"},
		{[]string{"enqueue", "a.csv", "b.csv"}, "FILE must be"},
		{[]string{"enqueue", "--part-size", "0", "a.csv"}, "--part-size 0: must be at least 1"},
		{[]string{"enqueue", "--country", "FR", "a.csv"}, `--country "FR": must be CI or SN`},
		{[]string{"work", "--sending", "0"}, "--sending 0: must be at least 1"},
		{[]string{"work", "--quiet", "1s"}, "--quiet is no flag"},
		{[]string{"migrate", "now"}, `"now"`},
		{[]string{"cancel", "july"}, `there is no run "july"`},
		{[]string{"resume", "july"}, `there is no run "july"`},
		{[]string{"cancel"}, "RUN must be"},
		{[]string{"report", "july", "x.pdf"}, "must end in .csv, .xlsx, .json or .html"},
		{[]string{"work", "--mode", "all"}, `"all"`},
		{[]string{"enqueue", bad}, "line 2"},
		{[]string{"enqueue", "nowhere.csv"}, "nowhere.csv"},
		{[]string{"status", "july"}, `there is no run "july"`},
		{[]string{"report", "july", "x.csv"}, `there is no run "july"`},
	} {
		command, out := s.start(t, row.args...)
		ended := (*exec.ExitError)(nil)
		require.ErrorAs(t, command.Wait(), &ended, "%v", row.args)
		require.Equal(t, exit.Usage, ended.ExitCode(), "%v: %s", row.args, out)
		require.Contains(t, out.String(), row.want, "%v", row.args)
		require.NotContains(t, out.String(), "+2250748710523")
	}
	require.Empty(t, s.server.Transactions())
}

// A program that meets tables of another version does not start.
func TestProcess_UnknownSchema(t *testing.T) {
	t.Parallel()
	for table, change := range map[string]string{
		"ours":    "UPDATE djamo_payroll_schema SET version = 99",
		"River's": "INSERT INTO river_migration (line, version) VALUES ('main', 99)",
	} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, 2)
			_, err := s.pool.Exec(t.Context(), change)
			require.NoError(t, err)
			for _, args := range [][]string{{"work"}, {"enqueue", s.file}, {"status"}, {"migrate"}} {
				command, out := s.start(t, args...)
				require.Error(t, command.Wait(), "%v", args)
				require.Contains(t, out.String(), "update the program", "%v", args)
				require.Contains(t, out.String(), "99", "%v", args)
			}
			require.Empty(t, s.server.Transactions())
		})
	}
}
