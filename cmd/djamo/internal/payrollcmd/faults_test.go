package payrollcmd

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/leaktest"
)

// everyFault is every way for a request to go wrong; unit is a second, or what stands for one over TCP. The client gives
// an attempt up after two of them.
func everyFault(unit time.Duration) djamotest.Fault {
	return djamotest.AnyOf(
		djamotest.RefuseConnection(), djamotest.CloseConnection(),
		djamotest.FailBefore(500), djamotest.FailBefore(502), djamotest.FailBefore(503),
		djamotest.RateLimit(), djamotest.RateLimitFor(unit), djamotest.RateLimitUntil(2*unit), djamotest.Blocked(),
		djamotest.LoseReply(), djamotest.ResetReply(), djamotest.FailAfter(500), djamotest.FailAfter(502), djamotest.TruncateReply(), djamotest.Stall(0),
		djamotest.ProcessLate(3*unit), djamotest.LookupLag(unit/2), djamotest.SlowBody(unit/2), djamotest.SlowBody(4*unit),
	)
}

// salaries is a file of so many payouts of 10,000 francs, and the references in it.
func salaries(n int) (file string, references []string) {
	var b strings.Builder
	b.WriteString(header)
	for i := range n {
		references = append(references, fmt.Sprintf("salaire-2026-06/%d", i))
		fmt.Fprintf(&b, "+22507487105%02d,10000,%s,Salaire\n", i, references[i])
	}
	return b.String(), references
}

// runUntilPaid runs the program on the same file until it says that every payout is completed, as its operator would, and
// says how many runs that took.
func runUntilPaid(t *testing.T, client *djamo.Client, file string, set settings) (runs int) {
	t.Helper()
	set.file.Path = filepath.Join(t.TempDir(), "salaries.csv")
	require.NoError(t, os.WriteFile(set.file.Path, []byte(file), 0o600))
	set.journal, set.file.Run, set.yes = set.file.Path+".journal", "salaries", true
	for run := 1; run <= 100; run++ {
		var out bytes.Buffer
		complete, err := payWith(t.Context(), client, set, terminal.Terminal{Out: &out, Err: &out})
		if complete && err == nil {
			require.Contains(t, strings.Join(strings.Fields(out.String()), " "), fmt.Sprintf("completed %d ", strings.Count(file, "\n")-1))
			return run
		}
		require.NotEqual(t, exit.Usage, exit.Code(ended(complete, err)), "the file is good: %v", err)
		require.NotContains(t, out.String(), "conflict", "nobody else uses these references")
		time.Sleep(10 * set.poll) //nolint:forbidigo // the operator reads the report and tries again; in a bubble no time passes
	}
	t.Fatal("not every payout is completed after 100 runs")
	return 0
}

// Three in ten requests go wrong, in every way there is. The program is run on the same file until all is completed, and
// each salary is paid exactly once: with every other pair of seeds by an API that would pay twice, so that only the journal
// stands between.
func TestPayroll_Faults_EachSalaryIsPaidOnce(t *testing.T) {
	t.Parallel()
	const replaySeed = "DJAMO_TEST_SEED"
	seeds := []uint64{0, 1, 2, 3, 5, 8, 13, 21}
	for range 200 {
		seeds = append(seeds, rand.Uint64())
	}
	if given := os.Getenv(replaySeed); given != "" {
		seed, err := strconv.ParseUint(given, 10, 64)
		require.NoError(t, err, replaySeed)
		seeds = []uint64{seed}
	}
	var runs atomic.Int64
	t.Cleanup(func() {
		t.Logf("%d runs for %d files", runs.Load(), len(seeds))
		if !t.Failed() && len(seeds) > 1 && runs.Load() <= int64(len(seeds)) {
			t.Error("no file needed a second run, so nothing was shown")
		}
	})
	for _, seed := range seeds {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("to run this seed again: %s=%d go test -run TestPayroll_Faults_EachSalaryIsPaidOnce ./cmd/djamo/internal/payrollcmd", replaySeed, seed)
				}
			})
			synctest.Test(t, func(t *testing.T) {
				opts := []djamotest.Option{djamotest.WithSeed(seed), djamotest.WithSettleAfter(5 * time.Second)}
				if seed%4 >= 2 {
					opts = append(opts, djamotest.WithRepeatedReferences())
				}
				api, err := djamotest.New(opts...)
				require.NoError(t, err)
				defer api.Close()
				_, err = api.Inject(everyFault(time.Second), djamotest.Probability(0.3))
				require.NoError(t, err)
				client, err := djamo.NewClient(api.Token, djamo.WithBaseURL("https://bad.example"), djamo.WithTimeout(2*time.Second),
					djamo.WithHTTPClient(&http.Client{Transport: api.Transport()}))
				require.NoError(t, err)
				file, references := salaries(8)
				runs.Add(int64(runUntilPaid(t, client, file, settings{
					poll: 2 * time.Second, mode: []string{"single", "batch"}[seed%2], batchSize: 3, sendTimeout: 2 * time.Second, quietPeriod: 5 * time.Second, idleTimeout: time.Minute,
				})))
				time.Sleep(time.Hour) //nolint:forbidigo // what is late has arrived by then
				api.AssertPaidOnce(t, references...)
				api.AssertBalanced(t)
				require.Len(t, api.Transactions(), len(references))
			})
		})
	}
}

// The same over real connections, under a few seeds.
func TestPayroll_Faults_OverTCP(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{1, 2, 3} {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			leaktest.Check(t)
			const unit = 50 * time.Millisecond
			server := djamotest.NewServer(t, djamotest.WithSeed(seed), djamotest.WithSettleAfter(unit))
			_, err := server.Inject(everyFault(unit), djamotest.Probability(0.3))
			require.NoError(t, err)
			client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL), djamo.WithTimeout(2*unit),
				djamo.WithRetry(djamo.RetryPolicy{MinWait: unit / 4, MaxWait: unit / 2, MaxRetryAfter: unit / 2, QuietPeriod: 2 * unit}))
			require.NoError(t, err)
			file, references := salaries(12)
			runUntilPaid(t, client, file, settings{poll: unit / 2, mode: "batch", batchSize: 4, sendTimeout: 2 * unit, quietPeriod: 6 * unit, idleTimeout: time.Second})
			time.Sleep(4 * unit) //nolint:forbidigo // for what is processed late
			server.AssertPaidOnce(t, references...)
			server.AssertBalanced(t)
			require.Len(t, server.Transactions(), len(references))
		})
	}
}
