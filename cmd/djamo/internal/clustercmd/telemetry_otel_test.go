//go:build otel

package clustercmd

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/djamotest"
)

// Spans and figures reach the collector that the variables name, without a token or a phone number, and nothing of the trace
// reaches Djamo.
func TestTelemetry_ReachesTheCollector(t *testing.T) {
	var mu sync.Mutex
	got := map[string][]byte{}
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			body, _ = gzip.NewReader(r.Body)
		}
		text, _ := io.ReadAll(body)
		mu.Lock()
		defer mu.Unlock()
		got[r.URL.Path] = append(got[r.URL.Path], text...)
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
	watched, err := startTelemetry(t.Context(), terminal.Terminal{})
	require.NoError(t, err)
	require.Len(t, watched.middleware, 1)

	server := djamotest.NewServer(t)
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL), djamo.WithHTTPClient(&http.Client{Transport: watched.transport}))
	require.NoError(t, err)
	_, err = client.Customers.Check(t.Context(), djamo.CustomerCheckParams{MSISDN: "+2250748710523"})
	require.NoError(t, err)
	require.NoError(t, watched.end(context.Background()))

	mu.Lock()
	defer mu.Unlock()
	require.Contains(t, string(got["/v1/traces"]), "/v1/transactions/customers/check")
	require.Contains(t, string(got["/v1/traces"]), "djamo-payroll-worker")
	require.NotEmpty(t, got["/v1/metrics"])
	for path, body := range got {
		require.False(t, bytes.Contains(body, []byte("0748710523")), path)
		require.False(t, bytes.Contains(body, []byte(server.Token)), path)
	}
	for _, request := range server.Requests() {
		require.Empty(t, request.Header.Get("Traceparent"))
	}
}

func TestTelemetry_IsNowhereUnlessAsked(t *testing.T) {
	for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER"} {
		t.Setenv(name, "")
	}
	watched, err := startTelemetry(t.Context(), terminal.Terminal{})
	require.NoError(t, err)
	require.Nil(t, watched.transport)
	t.Setenv("OTEL_TRACES_EXPORTER", "nonsense")
	_, err = startTelemetry(t.Context(), terminal.Terminal{})
	require.ErrorContains(t, err, "nonsense")
}
