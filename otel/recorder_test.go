package djamootel_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	djamootel "github.com/djamo/djamo-go/otel"
)

// recorder holds all that a Transport records.
type recorder struct {
	spans  *tracetest.InMemoryExporter
	reader *metric.ManualReader
	tracer *trace.TracerProvider
	meter  *metric.MeterProvider
}

func newRecorder() *recorder {
	r := &recorder{spans: tracetest.NewInMemoryExporter(), reader: metric.NewManualReader()}
	r.tracer = trace.NewTracerProvider(trace.WithSyncer(r.spans))
	r.meter = metric.NewMeterProvider(metric.WithReader(r.reader))
	return r
}

// around makes a Transport that records here and sends the trace along.
func (r *recorder) around(t testing.TB, base http.RoundTripper) *djamootel.Transport {
	t.Helper()
	traced, err := djamootel.NewTransport(base, djamootel.WithTracerProvider(r.tracer), djamootel.WithMeterProvider(r.meter),
		djamootel.WithPropagators(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})))
	require.NoError(t, err)
	return traced
}

func (r *recorder) metrics(t testing.TB) metricdata.ResourceMetrics {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, r.reader.Collect(t.Context(), &all))
	return all
}

// durations are the points of the one histogram there is.
func (r *recorder) durations(t testing.TB) []metricdata.HistogramDataPoint[float64] {
	t.Helper()
	all := r.metrics(t)
	require.Len(t, all.ScopeMetrics, 1)
	require.Equal(t, djamootel.ScopeName, all.ScopeMetrics[0].Scope.Name)
	require.Len(t, all.ScopeMetrics[0].Metrics, 1)
	one := all.ScopeMetrics[0].Metrics[0]
	require.Equal(t, "http.client.request.duration", one.Name)
	require.Equal(t, "s", one.Unit)
	histogram, ok := one.Data.(metricdata.Histogram[float64])
	require.True(t, ok)
	return histogram.DataPoints
}

// everything is all that was recorded, as text: names, attributes, events, links, statuses, scopes, resources. Only random
// ids, times and counts are left out, since their digits may spell anything.
func (r *recorder) everything(t testing.TB) string {
	t.Helper()
	var all []any
	for _, span := range r.spans.GetSpans() {
		all = append(all, span.Name, span.SpanKind.String(), span.Attributes, span.Events, span.Links, span.Status, span.Resource.Attributes(),
			span.InstrumentationScope, span.SpanContext.TraceState().String())
	}
	metrics := r.metrics(t)
	all = append(all, metrics.Resource.Attributes(), metrics.ScopeMetrics[0].Scope, metrics.ScopeMetrics[0].Metrics[0].Description)
	for _, point := range r.durations(t) { // the only ones there are
		all = append(all, point.Attributes.ToSlice())
		for _, exemplar := range point.Exemplars {
			all = append(all, exemplar.FilteredAttributes)
		}
	}
	text, err := json.Marshal(all)
	require.NoError(t, err)
	return string(text)
}

// flat is a list of attributes as a map, for comparing.
func flat(attributes []attribute.KeyValue) map[string]any {
	flattened := map[string]any{}
	for _, kv := range attributes {
		flattened[string(kv.Key)] = kv.Value.AsInterface()
	}
	return flattened
}
