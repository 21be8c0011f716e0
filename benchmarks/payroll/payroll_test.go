// Package payroll measures runs beside the loop that people write by hand: post each payout, read it back, keep no
// journal. Server, concurrency and payouts are the same, and rounds alternate.
package payroll

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
	"github.com/stretchr/testify/require"
)

const (
	payouts     = 4_000
	concurrency = 8
)

func newServer(b *testing.B) *djamotest.Server {
	b.Helper()
	server := djamotest.NewServer(b, djamotest.WithSettleAfter(0), djamotest.WithBalance(1<<50), djamotest.WithRequestHistory(1))
	return server
}

// bare posts each payout and reads it back.
func bare(b *testing.B) time.Duration {
	b.Helper()
	server := newServer(b)
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: concurrency}}
	defer client.CloseIdleConnections()
	started := time.Now()
	next := make(chan int)
	var group sync.WaitGroup
	for range concurrency {
		group.Go(func() {
			for i := range next {
				if err := bareOne(client, server, i); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range payouts {
		next <- i
	}
	close(next)
	group.Wait()
	took := time.Since(started)
	require.Len(b, server.Transactions(), payouts)
	return took
}

type transaction struct {
	ID     string `json:"id"`
	Status string `json:"status"`
}

func bareOne(client *http.Client, server *djamotest.Server, i int) error {
	body, err := json.Marshal(
		map[string]any{"msisdn": msisdn(i), "amount": 10_000, "reference": fmt.Sprint("bare/", i), "type": "transfer", "description": "Salaire"},
	)
	if err != nil {
		return err
	}
	var t transaction
	if err := exchange(client, server, http.MethodPost, "/v1/transactions", body, &t); err != nil {
		return err
	}
	return exchange(client, server, http.MethodGet, "/v1/transactions/"+t.ID, nil, &t)
}

func exchange(client *http.Client, server *djamotest.Server, method, path string, body []byte, out any) error {
	req, err := http.NewRequestWithContext(context.Background(), method, server.URL+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+server.Token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s", method, path, resp.Status)
	}
	return json.Unmarshal(content, out)
}

func msisdn(i int) string { return fmt.Sprintf("+22507%08d", i) }

// run pays as many with a journal on disk, planning included.
func run(b *testing.B, mode payroll.Mode) time.Duration {
	b.Helper()
	server := newServer(b)
	defer server.Close()
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL),
		djamo.WithHTTPClient(&http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: concurrency}}))
	require.NoError(b, err)
	db, err := sql.Open("sqlite", filepath.Join(b.TempDir(), "run.journal"))
	require.NoError(b, err)
	defer db.Close()
	journal, err := sqljournal.Open(b.Context(), db, sqljournal.SQLite, "run")
	require.NoError(b, err)
	defer journal.Close()
	rows := make([]payroll.Payout, payouts)
	for i := range rows {
		rows[i] = payroll.Payout{MSISDN: djamo.MSISDN(msisdn(i)), Amount: 10_000, Reference: fmt.Sprint("run/", i), Description: "Salaire"}
	}
	started := time.Now()
	plan, err := payroll.NewPlan(payroll.Rows(rows...), payroll.PlanOptions{Run: "run"})
	require.NoError(b, err)
	runner := payroll.Runner{Client: client, Journal: journal, Mode: mode, Concurrency: concurrency, PollMin: time.Millisecond}
	totals, err := runner.Run(b.Context(), plan)
	took := time.Since(started)
	require.NoError(b, err)
	require.True(b, totals.AllCompleted())
	require.Len(b, server.Transactions(), payouts)
	return took
}

// BenchmarkRun reports payouts a second, and how many times the speed of the bare loop each mode has, as medians.
func BenchmarkRun(b *testing.B) {
	var times [3][]time.Duration
	for b.Loop() {
		times[0] = append(times[0], bare(b))
		times[1] = append(times[1], run(b, payroll.Single))
		times[2] = append(times[2], run(b, payroll.Batch))
	}
	median := func(all []time.Duration) float64 {
		slices.Sort(all)
		return all[len(all)/2].Seconds()
	}
	bare, single, batch := median(times[0]), median(times[1]), median(times[2])
	b.ReportMetric(payouts/bare, "bare/s")
	b.ReportMetric(payouts/single, "single/s")
	b.ReportMetric(payouts/batch, "batch/s")
	b.ReportMetric(bare/single, "single-of-bare")
	b.ReportMetric(bare/batch, "batch-of-bare")
}
