package djamootel

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"
	"go.opentelemetry.io/otel/trace"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/transport"
)

// ScopeName is the instrumentation scope of what this package records.
const ScopeName = "github.com/djamo/djamo-go/otel"

// clientTimeout is that of a Client without WithTimeout.
const clientTimeout = 30 * time.Second

// Transport is an [http.RoundTripper] that traces and measures what it hands on. Build it with [NewTransport]; it is safe
// for concurrent use.
type Transport struct {
	base        http.RoundTripper
	tracer      trace.Tracer
	duration    httpconv.ClientRequestDuration
	propagators propagation.TextMapPropagator
}

// NewTransport puts tracing and measuring around a RoundTripper; nil stands for the connections that a Client without
// WithHTTPClient has: net/http's own, with room for more than two idle ones to the one host there is, which are pinged when they
// have gone silent. Each call with nil makes
// connections of its own: keep the Transport, and share it between clients. Without options spans and measurements go
// through OpenTelemetry's globals, and no header is added to a request. It does no I/O.
func NewTransport(base http.RoundTripper, opts ...Option) (*Transport, error) {
	s := defaults()
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("djamootel: option: nil: must not be nil")
		}
		if err := opt(&s); err != nil {
			return nil, err
		}
	}
	if base == nil {
		base = transport.Pool(clientTimeout)
	}
	duration, err := httpconv.NewClientRequestDuration(s.meters.Meter(ScopeName,
		metric.WithInstrumentationVersion(djamo.Version), metric.WithSchemaURL(semconv.SchemaURL)))
	if err != nil {
		return nil, fmt.Errorf("djamootel: WithMeterProvider: %w", err)
	}
	return &Transport{
		base:        base,
		tracer:      s.tracers.Tracer(ScopeName, trace.WithInstrumentationVersion(djamo.Version), trace.WithSchemaURL(semconv.SchemaURL)),
		duration:    duration,
		propagators: s.propagators,
	}, nil
}

// SendsThrough is the RoundTripper that every request goes to, once and with its body as it is. A [djamo.Client] asks for
// it to know what a failed connection proves.
func (t *Transport) SendsThrough() http.RoundTripper { return t.base }

// CloseIdleConnections closes those of the RoundTripper below, if it can: [http.Client.CloseIdleConnections] asks.
func (t *Transport) CloseIdleConnections() {
	if closer, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

// RoundTrip hands the request on, under a span of its own. The request's body is not touched, and the answer's is handed
// through as it is read: the span ends and the time is taken at its end, when reading it fails, or when it is closed. An
// answer that is never read or closed is never recorded, and holds nothing but its memory.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	begun := time.Now()
	about := aboutRequest(req)
	ctx, span := t.tracer.Start(req.Context(), about.name, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithTimestamp(begun), trace.WithAttributes(about.attributes...))
	if span.IsRecording() {
		span.SetAttributes(about.onSpan...)
	}
	var (
		resp *http.Response
		err  error
	)
	end := func(err error) {
		ended, measured := time.Now(), t.duration.Enabled(ctx)
		var result []attribute.KeyValue
		if span.IsRecording() || measured {
			result = aboutResult(ctx, resp, err)
		}
		if span.IsRecording() {
			span.SetAttributes(result...)
			if failed(result) {
				span.SetStatus(codes.Error, "") // the conventions want no text where error.type says it, and texts may hold anything
			}
		}
		span.End(trace.WithTimestamp(ended))
		if measured {
			t.duration.RecordSet(ctx, ended.Sub(begun).Seconds(), attribute.NewSet(append(result, about.attributes...)...))
		}
	}
	returned := false
	defer func() {
		if !returned {
			end(errPanicked) // the panic goes on
		}
	}()
	resp, err = t.base.RoundTrip(t.carrying(ctx, req))
	returned = true
	switch {
	case err != nil || resp == nil:
		end(err)
	case resp.Body == nil, resp.Body == http.NoBody, resp.StatusCode == http.StatusSwitchingProtocols:
		end(nil) // after 101 the body is the connection itself, and can be written to
	default:
		resp.Body = newBody(resp.Body, end)
	}
	return resp, err
}

// carrying is the request with the trace in its context and its headers. The request itself must not be changed.
func (t *Transport) carrying(ctx context.Context, req *http.Request) *http.Request {
	req = req.WithContext(ctx)
	req.Header = req.Header.Clone()
	if req.Header == nil {
		req.Header = make(http.Header)
	}
	t.propagators.Inject(ctx, propagation.HeaderCarrier(req.Header))
	return req
}
