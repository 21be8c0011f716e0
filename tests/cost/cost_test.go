package cost_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/leaktest"
	"github.com/djamo/djamo-go/internal/racetest"
)

const (
	onePayment = `{"id":"txn_2cdc8ab1-6d50-49cc-ba14-54e4ac7ec231","createdAt":"2023-11-24T17:43:15.970Z","updatedAt":"2023-11-24T17:43:16.970Z",` +
		`"amount":50000,"fee":500,"totalAmount":50500,"status":"completed","msisdn":"+2250748710523","reference":"payroll-2026-06/0042",` +
		`"failureReason":null,"description":"Salaire de juin","type":"transfer","batchId":"17f9956f-0965-4964-b2c1-40b4fef141a7"}`
	onPage = 100
)

// These are what was measured with Go 1.26.8 and a little more. A change that needs more must say why; one that needs less
// lowers the bound. Most of a call's are net/http's own.
func TestCost_OfCalls(t *testing.T) { //nolint:paralleltest // what other tests allocate would be counted too
	skipUncountable(t)
	leaktest.Check(t)
	client, err := djamo.NewClient("at_cost", djamo.WithBaseURL(startServer(t)))
	require.NoError(t, err)
	ctx := t.Context()
	costs(t, "get", 61, 5500, func() error {
		_, err := client.Transactions.Get(ctx, "txn_2cdc8ab1-6d50-49cc-ba14-54e4ac7ec231")
		return err
	})
	costs(t, "create", 76, 6450, func() error {
		_, err := client.Transactions.Create(ctx, djamo.TransactionParams{
			MSISDN: "+2250748710523", Amount: 50_000, Reference: "payroll-2026-06/0042", Description: "Salaire de juin",
		})
		return err
	})
	costs(t, "page of a hundred", 176, 39_500, func() error {
		page, err := client.Transactions.ListPage(ctx, djamo.TransactionListParams{Limit: onPage})
		if err == nil && len(page.Data) != onPage {
			return fmt.Errorf("%d payments", len(page.Data))
		}
		return err
	})
}

func TestCost_OfWebhooks(t *testing.T) { //nolint:paralleltest // what other tests allocate would be counted too
	skipUncountable(t)
	const secret = "a secret of the tests"
	body := []byte(`{"topic":"transactions/completed","data":` + onePayment + `}`)
	reader := bytes.NewReader(body)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/webhooks", io.NopCloser(reader))
	require.NoError(t, err)
	r.ContentLength = int64(len(body))
	r.Header.Set(djamo.SignatureHeader, djamo.SignWebhook(body, secret))
	parse := func() (*djamo.Event, error) {
		reader.Reset(body)
		return djamo.ParseWebhook(r, secret)
	}
	costs(t, "webhook", 10, 1100, func() error {
		_, err := parse()
		return err
	})
	costs(t, "webhook and its payment", 12, 1500, func() error {
		event, err := parse()
		if err != nil {
			return err
		}
		_, err = event.Transaction()
		return err
	})
}

func skipUncountable(t *testing.T) {
	t.Helper()
	if racetest.Enabled {
		t.Skip("under the race detector pools forget on purpose: .ci/run runs this package without it as well")
	}
	if strconv.IntSize == 32 {
		t.Skip("a word is half as wide here: the bounds are for 64 bits")
	}
}

// costs measures one call. Others may allocate meanwhile, such as the runtime, so the least of some rounds counts.
func costs(t *testing.T, name string, maxAllocations, maxBytes uint64, call func() error) {
	t.Helper()
	const rounds, calls = 5, 100
	allocations, size := ^uint64(0), ^uint64(0)
	for range rounds {
		var before, after runtime.MemStats
		require.NoError(t, call(), name) // collections empty pools
		runtime.ReadMemStats(&before)
		for range calls {
			if err := call(); err != nil {
				require.NoError(t, err, name)
			}
		}
		runtime.ReadMemStats(&after)
		allocations = min(allocations, (after.Mallocs-before.Mallocs)/calls)
		size = min(size, (after.TotalAlloc-before.TotalAlloc)/calls)
	}
	t.Logf("%s: %d allocations, %d bytes", name, allocations, size)
	require.LessOrEqual(t, allocations, maxAllocations, "%s: allocations", name)
	require.LessOrEqual(t, size, maxBytes, "%s: bytes", name)
	require.Greater(t, allocations, maxAllocations*8/10, "%s: allocations: lower the bound", name)
	require.Greater(t, size, maxBytes*8/10, "%s: bytes: lower the bound", name)
}

// startServer answers like the API and allocates nothing once a connection is open.
func startServer(t *testing.T) (url string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	answer := func(status, body string) []byte {
		return fmt.Appendf(nil, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
	}
	one, created := answer("200 OK", onePayment), answer("201 Created", onePayment)
	page := answer("200 OK", `{"count":100,"limit":100,"cursor":{"prev":null,"next":null},"data":[`+strings.Repeat(onePayment+",", onPage-1)+onePayment+`]}`)
	serve := func(conn net.Conn) {
		defer conn.Close()
		reader := bufio.NewReader(conn)
		for {
			line, err := reader.ReadSlice('\n')
			if err != nil {
				return
			}
			reply := one
			switch {
			case bytes.HasPrefix(line, []byte("POST")):
				reply = created
			case bytes.Contains(line, []byte("limit=")):
				reply = page
			}
			length := 0
			for {
				header, err := reader.ReadSlice('\n')
				if err != nil {
					return
				}
				if len(header) == len("\r\n") {
					break
				}
				if value, ok := bytes.CutPrefix(header, []byte("Content-Length: ")); ok {
					length, _ = strconv.Atoi(string(bytes.TrimSpace(value)))
				}
			}
			_, _ = reader.Discard(length)
			_, _ = conn.Write(reply)
		}
	}
	var running sync.WaitGroup
	var open []net.Conn
	accepted := make(chan struct{})
	running.Go(func() {
		defer close(accepted)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			open = append(open, conn)
			running.Go(func() { serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		<-accepted
		for _, conn := range open {
			_ = conn.Close() // the client's end follows
		}
		running.Wait()
	})
	return "http://" + listener.Addr().String()
}
