package sandbox_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/sandbox"
)

// BenchmarkCreate_TCP is a create over keep-alive connections: to djamotest alone, to a sandbox, and to one with a page
// open that is told of every change.
func BenchmarkCreate_TCP(b *testing.B) {
	b.Run("djamotest", func(b *testing.B) {
		srv, err := djamotest.Start(djamotest.WithBalance(1 << 52))
		require.NoError(b, err)
		defer srv.Close()
		creates(b, srv.URL[len("http://"):])
	})
	for _, pages := range []int{0, 1, 8} {
		b.Run(fmt.Sprintf("sandbox, %d pages open", pages), func(b *testing.B) {
			api, err := djamotest.New(djamotest.WithBalance(1<<52), djamotest.WithAnswerBodies(16<<10))
			require.NoError(b, err)
			defer api.Close()
			box, err := sandbox.New(api)
			require.NoError(b, err)
			listeners := make([]net.Listener, 2)
			for i := range listeners {
				listeners[i], err = net.Listen("tcp", "127.0.0.1:0")
				require.NoError(b, err)
			}
			ctx, cancel := context.WithCancel(b.Context())
			ended := make(chan error, 1)
			go func() { ended <- box.Serve(ctx, listeners[0], listeners[1]) }()
			for range pages {
				r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+listeners[1].Addr().String()+"/events", nil)
				require.NoError(b, err)
				resp, err := http.DefaultTransport.RoundTrip(r) //nolint:bodyclose // by the reader below
				require.NoError(b, err)
				go func() {
					defer resp.Body.Close()
					_, _ = io.Copy(io.Discard, resp.Body)
				}()
			}
			creates(b, listeners[0].Addr().String())
			cancel()
			require.NoError(b, <-ended)
		})
	}
}

func creates(b *testing.B, host string) {
	var n atomic.Int64
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			b.Error(err)
			return
		}
		defer conn.Close()
		answers := bufio.NewReader(conn)
		for pb.Next() {
			body := fmt.Sprintf(`{"msisdn":%q,"amount":5000,"reference":"payroll-2026-06/%08d","type":"transfer"}`, payee, n.Add(1))
			_, err := io.WriteString(conn, "POST /v1/transactions HTTP/1.1\r\nHost: "+host+"\r\nAuthorization: Bearer "+djamotest.DefaultToken+
				"\r\nContent-Type: application/json\r\nContent-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body)
			if err != nil {
				b.Error(err)
				return
			}
			resp, err := http.ReadResponse(answers, nil)
			if err != nil || resp.StatusCode != http.StatusCreated {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "creates/s")
}
