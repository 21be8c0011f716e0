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
				var spent, enqueuing time.Duration
				for range b.N {
					paying, before := payOnce(b, payouts, workers, mode)
					spent += paying
					enqueuing += before
				}
				total := float64(b.N * payouts)
				b.ReportMetric(total/spent.Seconds(), "payouts/s")
				b.ReportMetric(float64(spent.Microseconds())/total, "µs/payout")
				b.ReportMetric(float64(enqueuing.Microseconds())/total, "µs/enqueued")
			})
		}
	}
}

// payOnce returns how long it took to pay, and before that to enqueue.
func payOnce(b *testing.B, payouts, workers int, mode string) (paying, enqueuing time.Duration) {
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
	enqueuing = time.Since(started)

	processes := make([]*exec.Cmd, workers)
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
	paying = time.Since(started)
	b.StopTimer()
	for _, process := range processes {
		killed(process)
	}
	require.Contains(b, s.do(b, "status"), strconv.Itoa(payouts))
	var completed int
	require.NoError(b, s.pool.QueryRow(b.Context(), "SELECT count(*) FROM djamo_payroll_payouts WHERE state = 'completed'").Scan(&completed))
	require.Equal(b, payouts, completed)
	server.Close()
	return paying, enqueuing
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
