package djamootel_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	djamootel "github.com/djamo/djamo-go/otel"
)

// What tracing and measuring cost one call: Balance.Get on a RoundTripper that answers at once, and over TCP.
func BenchmarkTransport(b *testing.B) {
	server := djamotest.NewServer(b, djamotest.WithRequestHistory(0))
	bases := []struct {
		name string
		base http.RoundTripper
	}{
		{"at once", answering(200, `{"balance":1}`)},
		{"TCP", &http.Transport{MaxIdleConnsPerHost: 10}},
	}
	off := []djamootel.Option{djamootel.WithTracerProvider(tracenoop.NewTracerProvider()), djamootel.WithMeterProvider(metricnoop.NewMeterProvider()), djamootel.WithPropagators(propagation.NewCompositeTextMapPropagator())}
	on := []djamootel.Option{
		djamootel.WithTracerProvider(trace.NewTracerProvider()), // spans are recorded, and no exporter waits for them
		djamootel.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(metric.NewManualReader()))), djamootel.WithPropagators(propagation.TraceContext{}),
	}
	for _, base := range bases {
		for _, way := range []struct {
			name string
			opts []djamootel.Option
		}{{"bare", nil}, {"traced to nowhere", off}, {"traced and measured", on}} {
			b.Run(base.name+"/"+way.name, func(b *testing.B) {
				round := base.base
				if way.opts != nil {
					traced, err := djamootel.NewTransport(round, way.opts...)
					require.NoError(b, err)
					round = traced
				}
				client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL), djamo.WithHTTPClient(&http.Client{Transport: round}))
				require.NoError(b, err)
				b.ReportAllocs()
				for b.Loop() {
					if _, err := client.Balance.Get(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
