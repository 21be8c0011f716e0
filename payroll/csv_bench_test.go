package payroll_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

// salaries is a file of so many rows.
func salaries(t testing.TB, rows int) *os.File {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "salaries.csv"))
	require.NoError(t, err)
	t.Cleanup(func() { file.Close() })
	buffered := bufio.NewWriter(file)
	_, _ = buffered.WriteString(header)
	for i := range rows {
		fmt.Fprintf(buffered, "+22507%08d,%d,salaries-2026-06/%07d,Salaire de juin 2026\n", i, 5_000+i%400_000, i)
	}
	require.NoError(t, buffered.Flush())
	return file
}

// BenchmarkReadCSV reads files from a thousand to a million rows: the cost of a row must not grow with their number, but
// for the readings that large files take, and memory must not grow at all. The peak is what the heap held,
// with what was waiting to be collected.
func BenchmarkReadCSV(b *testing.B) {
	for _, rows := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			source := salaries(b, rows)
			runtime.GC()
			before, stop := heapBytes(), make(chan struct{})
			peak := watchHeap(stop)
			b.ReportAllocs()
			for b.Loop() {
				plan, err := payroll.ReadCSV(source, payroll.CSVOptions{Run: "june"})
				require.NoError(b, err)
				require.EqualValues(b, rows, plan.Count)
			}
			close(stop)
			b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(<-peak-min(before, heapBytes()))/1e6, "peak-MB")
		})
	}
}

func heapBytes() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// watchHeap looks at the heap until it is told to stop and then gives the most it has seen.
func watchHeap(stop <-chan struct{}) <-chan uint64 {
	result := make(chan uint64, 1)
	go func() {
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		most := heapBytes()
		for {
			select {
			case <-ticker.C:
				most = max(most, heapBytes())
			case <-stop:
				result <- most
				return
			}
		}
	}()
	return result
}
