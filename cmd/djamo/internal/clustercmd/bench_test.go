//go:build unix

package clustercmd

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/pgtest"
)

// BenchmarkCluster pays a file with one, two and four worker processes, from the first job to the last outcome. The file
// is short; set DJAMO_BENCH_PAYOUTS to make it as long as yours:
//
//	DJAMO_TEST_DATABASE_URL=… DJAMO_BENCH_PAYOUTS=100000 go test -run '^$' -bench Cluster -benchtime 1x ./cmd/djamo/internal/clustercmd
func BenchmarkCluster(b *testing.B) {
	payouts := 1_000
	if given := os.Getenv("DJAMO_BENCH_PAYOUTS"); given != "" {
		var err error
		payouts, err = strconv.Atoi(given)
		require.NoError(b, err, "DJAMO_BENCH_PAYOUTS")
	}
	for _, mode := range []string{"batch", "single"} {
		for _, workers := range []int{1, 2, 4} {
			b.Run(fmt.Sprintf("%s/workers=%d", mode, workers), func(b *testing.B) {
				var all costs
				for range b.N {
					one := payOnce(b, payouts, workers, mode)
					all.paying += one.paying
					all.enqueuing += one.enqueuing
					all.workers += one.workers
					all.database += one.database
				}
				total := float64(b.N * payouts)
				b.ReportMetric(total/all.paying.Seconds(), "payouts/s")
				b.ReportMetric(float64(all.paying.Microseconds())/total, "µs/payout")
				b.ReportMetric(float64(all.enqueuing.Microseconds())/total, "µs/enqueued")
				b.ReportMetric(float64(all.workers.Microseconds())/total, "workers-cpu-µs/payout")
				b.ReportMetric(float64(all.database.Microseconds())/total, "database-cpu-µs/payout")
			})
		}
	}
}

// costs are what it takes to pay a file, and to enqueue it before that.
type costs struct {
	paying, enqueuing time.Duration // by the clock
	workers, database time.Duration // on a processor, while it is paid; the database's is zero where it is not known
}

// payOnce pays a file of so many payouts.
func payOnce(b *testing.B, payouts, workers int, mode string) (took costs) {
	b.Helper()
	b.StopTimer()
	server := djamotest.NewServer(b, djamotest.WithSettleAfter(0), djamotest.WithBalance(1<<52), djamotest.WithRequestHistory(1))
	s := &site{server: server, database: pgtest.Database(b, "pgx"), file: filepath.Join(b.TempDir(), "june.csv")}
	require.NoError(b, os.WriteFile(s.file, salaries(payouts), 0o600))
	var err error
	s.pool, err = pgxpool.New(b.Context(), s.database)
	require.NoError(b, err)
	b.Cleanup(s.pool.Close)
	s.do(b, "migrate")
	s.workArgs = []string{"--mode", mode, "--poll", "100ms"}
	started := time.Now()
	s.do(b, "enqueue", "--check-recipients=no", s.file) // 50 payees are asked about in a second
	took.enqueuing = time.Since(started)

	processes := make([]*exec.Cmd, workers)
	before := databaseProcessor(b, s.pool)
	b.StartTimer()
	started = time.Now()
	for i := range processes {
		processes[i] = s.worker(b)
	}
	const open = "SELECT EXISTS (SELECT FROM river_job WHERE kind = 'djamo_payroll_part' " +
		"AND state IN ('available', 'pending', 'running', 'scheduled', 'retryable'))"
	for left := true; left; {
		asked := time.Now()
		require.NoError(b, s.pool.QueryRow(b.Context(), open).Scan(&left))
		// Jobs that are over are gone through each time, and must not take the database's time.
		time.Sleep(max(20*time.Millisecond, 50*time.Since(asked))) //nolint:forbidigo // a benchmark
	}
	took.paying = time.Since(started)
	b.StopTimer()
	for _, process := range processes {
		killed(process)
		took.workers += process.ProcessState.UserTime() + process.ProcessState.SystemTime()
	}
	took.database = databaseProcessor(b, s.pool) - before
	require.Contains(b, s.do(b, "status"), strconv.Itoa(payouts))
	var completed int
	require.NoError(b, s.pool.QueryRow(b.Context(), "SELECT count(*) FROM djamo_payroll_payouts WHERE state = 'completed'").Scan(&completed))
	require.Equal(b, payouts, completed)
	server.Close()
	return took
}

// databaseProcessor is what all processes of the database's server have used of a processor so far, on Linux and where it runs on
// this machine. It should have no other users meanwhile, whose work would count too.
func databaseProcessor(b *testing.B, pool *pgxpool.Pool) (used time.Duration) {
	b.Helper()
	var backend int
	require.NoError(b, pool.QueryRow(b.Context(), "SELECT pg_backend_pid()").Scan(&backend))
	stat, ok := processStat(backend)
	if !ok {
		return 0
	}
	server := stat.parent
	if stat, ok = processStat(server); !ok {
		return 0
	}
	used = stat.used + stat.ofEnded
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", server, server))
	if err != nil {
		return 0
	}
	for child := range strings.FieldsSeq(string(children)) {
		pid, err := strconv.Atoi(child)
		require.NoError(b, err)
		if stat, ok = processStat(pid); ok { // else it has ended just now
			used += stat.used
		}
	}
	return used
}

// procStat is what Linux says of a process.
type procStat struct {
	parent        int
	used, ofEnded time.Duration // on a processor, by itself and by those of its children that have ended
}

// processStat is what Linux says of a process of PostgreSQL; ok is false where there is none.
func processStat(pid int) (stat procStat, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return procStat{}, false
	}
	_, rest, ok := strings.Cut(string(text), "(postgres) ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 15 {
		return procStat{}, false
	}
	const tick = 10 * time.Millisecond
	var numbers [15]int
	for i := 1; i < len(numbers); i++ {
		if numbers[i], err = strconv.Atoi(fields[i]); err != nil {
			return procStat{}, false
		}
	}
	return procStat{
		parent: numbers[1], used: time.Duration(numbers[11]+numbers[12]) * tick, ofEnded: time.Duration(numbers[13]+numbers[14]) * tick,
	}, true
}

// salaries is a file of so many payouts.
func salaries(n int) []byte {
	var text strings.Builder
	text.WriteString("msisdn,amount,reference,description\n")
	for i := range n {
		fmt.Fprintf(&text, "+22507%08d,%d,june/%08d,Salaire\n", i, 5_000+i%400_000, i)
	}
	return []byte(text.String())
}
