package djamotest_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

const createBody = `{"msisdn":"+2250700000001","amount":5000,"reference":"payroll-2026-06/%08d",` +
	`"description":"Salaire de juin","type":"transfer"}`

// discard is a response writer that keeps the status only.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }

func benchAPI(b *testing.B, opts ...djamotest.Option) *djamotest.API {
	api, err := djamotest.New(append(opts, djamotest.WithBalance(1<<53-1))...)
	require.NoError(b, err)
	b.Cleanup(func() { _ = api.Close() })
	return api
}

// BenchmarkCreate_Handler is a create without a network, one request per CPU at a time.
func BenchmarkCreate_Handler(b *testing.B) {
	api := benchAPI(b)
	var n atomic.Int64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			create(b, api, n.Add(1))
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "creates/s")
}

func create(t testing.TB, api http.Handler, n int64) {
	t.Helper()
	r, _ := http.NewRequest(http.MethodPost, "/v1/transactions", strings.NewReader(fmt.Sprintf(createBody, n)))
	r.Header = http.Header{
		"Authorization": {"Bearer " + djamotest.DefaultToken}, "Content-Type": {"application/json"}, "User-Agent": {"bench"},
	}
	w := &discard{header: make(http.Header)}
	api.ServeHTTP(w, r)
	if w.status != http.StatusCreated {
		t.Fatalf("status %d", w.status)
	}
}

// BenchmarkCreate_TCP is a create over raw keep-alive connections, the next request leaving when the answer is in.
func BenchmarkCreate_TCP(b *testing.B) {
	srv, err := djamotest.Start(djamotest.WithBalance(1<<53 - 1))
	require.NoError(b, err)
	b.Cleanup(func() { _ = srv.Close() })
	host := strings.TrimPrefix(srv.URL, "http://")
	var n atomic.Int64
	b.SetParallelism(8)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			b.Error(err)
			return
		}
		defer conn.Close()
		answers := bufio.NewReader(conn)
		for pb.Next() {
			body := fmt.Sprintf(createBody, n.Add(1))
			_, err := io.WriteString(conn, "POST /v1/transactions HTTP/1.1\r\nHost: "+host+"\r\nAuthorization: Bearer "+srv.Token+
				"\r\nContent-Type: application/json\r\nContent-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body)
			if err == nil {
				err = readAnswer(answers)
			}
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "creates/s")
}

// readAnswer reads one HTTP answer with as little work as possible, since the client shares the machine with the server.
func readAnswer(r *bufio.Reader) error {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !strings.HasPrefix(string(line), "HTTP/1.1 201") {
		return fmt.Errorf("unexpected answer %q", line)
	}
	length := 0
	for len(line) > 2 {
		if line, err = r.ReadSlice('\n'); err != nil {
			return err
		}
		if value, ok := strings.CutPrefix(string(line), "Content-Length: "); ok {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return err
			}
		}
	}
	_, err = r.Discard(length)
	return err
}

// TestMemory_PerTransaction holds a stored transaction, its two ledger lines and the default request history together
// below a kilobyte, and reports what it weighs.
//
//nolint:paralleltest // what other tests put on the heap would be counted
func TestMemory_PerTransaction(t *testing.T) {
	const n = 40_000
	api, err := djamotest.New(djamotest.WithBalance(1 << 53 / 2))
	require.NoError(t, err)
	before := heap()
	for i := range int64(n) {
		create(t, api, i)
	}
	require.Equal(t, n, api.SettleAll())
	perTransaction := (heap() - before) / n
	t.Logf("%d bytes per settled transaction", perTransaction)
	require.Less(t, perTransaction, uint64(1000))
	require.Len(t, api.Transactions(), n) // and keeps api alive until here
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
