package djamootel_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/djamo/djamo-go"
	djamootel "github.com/djamo/djamo-go/otel"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// answering is a RoundTripper with one answer.
func answering(status int, content string) roundTripper {
	return func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
			Header: http.Header{}, Body: io.NopCloser(strings.NewReader(content))}, nil
	}
}

// on makes a client whose requests go through a Transport around base, one attempt each.
func on(t testing.TB, r *recorder, base http.RoundTripper, opts ...djamo.Option) *djamo.Client {
	t.Helper()
	client, err := djamo.NewClient("at_secret_token", append([]djamo.Option{djamo.WithBaseURL("https://api.example/prefix"),
		djamo.WithHTTPClient(&http.Client{Transport: r.around(t, base)}), djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 1})}, opts...)...)
	require.NoError(t, err)
	return client
}

func getPayment(ctx context.Context, c *djamo.Client) error {
	_, err := c.Transactions.Get(ctx, "txn_1")
	return err
}

func TestTransport_OneSpanAndOneMeasurementForEachRequest(t *testing.T) {
	t.Parallel()
	type call = func(context.Context, *djamo.Client) error
	do := func(method, path string) call {
		return func(ctx context.Context, c *djamo.Client) error { return c.Do(ctx, method, path, nil, nil) }
	}
	for name, row := range map[string]struct {
		call     call
		base     roundTripper
		span     string
		want     map[string]any // beside the server's
		spanOnly map[string]any
		status   codes.Code
	}{
		"found": {getPayment, answering(200, `{"id":"txn_1"}`), "GET /v1/transactions/{id}", map[string]any{
			"http.request.method": "GET", "url.template": "/v1/transactions/{id}", "http.response.status_code": int64(200), "network.protocol.version": "1.1"}, nil, codes.Unset},
		"by a query": {func(ctx context.Context, c *djamo.Client) error {
			_, err := c.Customers.Check(ctx, djamo.CustomerCheckParams{MSISDN: "+2250748710523"})
			return err
		}, answering(200, `{}`), "GET /v1/transactions/customers/check", map[string]any{
			"http.request.method": "GET", "url.template": "/v1/transactions/customers/check", "http.response.status_code": int64(200), "network.protocol.version": "1.1"}, nil, codes.Unset},
		"refused": {getPayment, answering(404, `{"message":"no txn_1"}`), "GET /v1/transactions/{id}", map[string]any{
			"http.request.method": "GET", "url.template": "/v1/transactions/{id}", "http.response.status_code": int64(404), "network.protocol.version": "1.1", "error.type": "404"}, nil, codes.Error},
		"any path":       {do("GET", "/v1/x/txn_1?a=b"), answering(200, `{}`), "GET", map[string]any{"http.request.method": "GET", "http.response.status_code": int64(200), "network.protocol.version": "1.1"}, nil, codes.Unset},
		"any method":     {do("PURGE", "/v1/x"), answering(200, `{}`), "HTTP", map[string]any{"http.request.method": "_OTHER", "http.response.status_code": int64(200), "network.protocol.version": "1.1"}, map[string]any{"http.request.method_original": "PURGE"}, codes.Unset},
		"no answer":      {do("GET", "/v1/x"), func(*http.Request) (*http.Response, error) { return nil, errors.New("secret txn_1") }, "GET", map[string]any{"http.request.method": "GET", "error.type": "_OTHER"}, nil, codes.Error},
		"nothing at all": {do("GET", "/v1/x"), func(*http.Request) (*http.Response, error) { return nil, nil }, "GET", map[string]any{"http.request.method": "GET", "error.type": "_OTHER"}, nil, codes.Error}, //nolint:nilnil // a double in a caller's test
		"HTTP/2, empty": {do("DELETE", "/v1/x"), func(req *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusNoContent, ProtoMajor: 2, Body: http.NoBody, Request: req}, nil
		}, "DELETE", map[string]any{"http.request.method": "DELETE", "http.response.status_code": int64(204), "network.protocol.version": "2"}, nil, codes.Unset},
		"no body": {do("PUT", "/v1/x"), func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusNoContent}, nil
		}, "PUT",
			map[string]any{"http.request.method": "PUT", "http.response.status_code": int64(204)}, nil, codes.Unset},
		"cut off": {do("GET", "/v1/x"), func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(io.MultiReader(strings.NewReader(`{"id":`), broken{io.ErrUnexpectedEOF}))}, nil
		}, "GET", map[string]any{"http.request.method": "GET", "http.response.status_code": int64(200), "network.protocol.version": "1.1", "error.type": "connection_closed"}, nil, codes.Error},
		"refused, cut off": {do("GET", "/v1/x"), func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusInternalServerError, Body: io.NopCloser(broken{io.ErrUnexpectedEOF})}, nil
		}, "GET", map[string]any{"http.request.method": "GET", "http.response.status_code": int64(500), "error.type": "500"}, nil, codes.Error},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRecorder()
			_ = row.call(t.Context(), on(t, r, row.base))
			row.want["server.address"], row.want["server.port"] = "api.example", int64(443)

			points := r.durations(t)
			require.Len(t, points, 1)
			require.EqualValues(t, 1, points[0].Count)
			require.Equal(t, row.want, flat(points[0].Attributes.ToSlice()))

			maps.Copy(row.want, row.spanOnly)
			spans := r.spans.GetSpans()
			require.Len(t, spans, 1)
			require.Equal(t, row.span, spans[0].Name)
			require.Equal(t, trace.SpanKindClient, spans[0].SpanKind)
			require.Equal(t, row.want, flat(spans[0].Attributes))
			require.Equal(t, row.status, spans[0].Status.Code)
			require.Empty(t, spans[0].Status.Description)
			require.Empty(t, spans[0].Events)
			require.Equal(t, djamootel.ScopeName, spans[0].InstrumentationScope.Name)
			require.Equal(t, djamo.Version, spans[0].InstrumentationScope.Version)
			require.InDelta(t, spans[0].EndTime.Sub(spans[0].StartTime).Seconds(), points[0].Sum, 1e-9, "the span and the measurement say the same")
		})
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

func TestTransport_NumbersWhatIsSentAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, sent := newRecorder(), 0
		client := on(t, r, roundTripper(func(req *http.Request) (*http.Response, error) {
			sent++
			return answering([]int{503, 429, 200}[sent-1], `{"id":"txn_1"}`)(req)
		}), djamo.WithRetry(djamo.RetryPolicy{}))
		require.NoError(t, getPayment(t.Context(), client))
		spans := r.spans.GetSpans()
		require.Len(t, spans, 3)
		for i, count := range []any{nil, int64(1), int64(2)} {
			require.Equal(t, count, flat(spans[i].Attributes)["http.request.resend_count"])
		}
		for _, point := range r.durations(t) {
			require.NotContains(t, flat(point.Attributes.ToSlice()), "http.request.resend_count")
		}
	})
}

// The span is a child of the caller's, lasts as long as the answer takes, and is known to the server.
func TestTransport_IsPartOfTheCallersTrace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		var headers http.Header
		client := on(t, r, roundTripper(func(req *http.Request) (*http.Response, error) {
			headers = req.Header
			time.Sleep(3 * time.Second) //nolint:forbidigo // in the bubble no real time passes
			return answering(200, `{"id":"txn_1"}`)(req)
		}))
		member, err := baggage.NewMember("run", "june")
		require.NoError(t, err)
		carried, err := baggage.New(member)
		require.NoError(t, err)
		ctx, parent := r.tracer.Tracer("caller").Start(baggage.ContextWithBaggage(t.Context(), carried), "payroll")
		require.NoError(t, getPayment(ctx, client))
		parent.End()

		spans := r.spans.GetSpans()
		require.Equal(t, parent.SpanContext().SpanID(), spans[0].Parent.SpanID())
		require.Equal(t, parent.SpanContext().TraceID(), spans[0].SpanContext.TraceID())
		require.Equal(t, 3*time.Second, spans[0].EndTime.Sub(spans[0].StartTime))
		require.InDelta(t, 3, r.durations(t)[0].Sum, 1e-9)
		require.Equal(t, "00-"+spans[0].SpanContext.TraceID().String()+"-"+spans[0].SpanContext.SpanID().String()+"-01", headers.Get("Traceparent"))
		require.Equal(t, "run=june", headers.Get("Baggage"))
	})
}

func TestTransport_LeavesTheRequestAsItIs(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	for _, header := range []http.Header{nil, {"X-Mine": {"1"}}} {
		content := &untouched{}
		req := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080/v1/x", nil)
		req.Header, req.Body = header, content
		before := header.Clone()
		resp, err := r.around(t, roundTripper(func(sent *http.Request) (*http.Response, error) {
			require.NotSame(t, req, sent)
			require.Same(t, content, sent.Body)
			require.NotEmpty(t, sent.Header.Get("Traceparent"))
			require.Equal(t, header.Get("X-Mine"), sent.Header.Get("X-Mine"))
			return answering(200, "")(sent)
		})).RoundTrip(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, before, req.Header)
	}
	attributes := flat(r.spans.GetSpans()[0].Attributes)
	require.Equal(t, "127.0.0.1", attributes["server.address"])
	require.EqualValues(t, 8080, attributes["server.port"])
}

// untouched is a body that nobody may read or close.
type untouched struct{}

func (*untouched) Read([]byte) (int, error) { return 0, errors.New("was read") }
func (*untouched) Close() error             { return errors.New("was closed") }

// What is not a Client's request has no template.
func TestTransport_OfAnotherClient(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	client := &http.Client{Transport: r.around(t, answering(200, "fine"))}
	resp, err := client.Get("http://api.example/users/2250748710523?token=1")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, "GET", r.spans.GetSpans()[0].Name)
	require.EqualValues(t, 80, flat(r.spans.GetSpans()[0].Attributes)["server.port"])
	require.NotContains(t, r.everything(t), "2250748710523")
}

func TestNewTransport_RefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	for text, option := range map[string]djamootel.Option{
		"djamootel: option: nil":             nil,
		"djamootel: WithTracerProvider: nil": djamootel.WithTracerProvider(nil),
		"djamootel: WithMeterProvider: nil":  djamootel.WithMeterProvider(nil),
		"djamootel: WithPropagators: nil":    djamootel.WithPropagators(nil),
	} {
		traced, err := djamootel.NewTransport(nil, option)
		require.ErrorContains(t, err, text)
		require.Nil(t, traced)
	}
}

// Without options a Transport goes through the globals, which record nothing until a program sets them, and without a base through net/http with room for idle connections.
func TestNewTransport_Defaults(t *testing.T) {
	t.Parallel()
	var headers http.Header
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { headers = r.Header }))
	t.Cleanup(server.Close)
	traced, err := djamootel.NewTransport(nil)
	require.NoError(t, err)
	base, ok := traced.SendsThrough().(*http.Transport)
	require.True(t, ok)
	require.NotSame(t, http.DefaultTransport, base)
	require.Equal(t, base.MaxIdleConns, base.MaxIdleConnsPerHost)
	require.Positive(t, base.HTTP2.SendPingTimeout, "a connection over HTTP/2 that has gone silent is given up")
	require.NotNil(t, base.OnProxyConnectResponse)
	client := &http.Client{Transport: traced}
	resp, err := client.Get(server.URL)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Empty(t, headers.Get("Traceparent"))
	client.CloseIdleConnections()
}

// What a program sends within its own walls is not sent to Djamo unless the program says so.
func TestNewTransport_SendsNothingOfTheTraceUnasked(t *testing.T) { //nolint:paralleltest // it sets the global propagator
	before := otel.GetTextMapPropagator()
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	t.Cleanup(func() { otel.SetTextMapPropagator(before) })
	r := newRecorder()
	var headers http.Header
	traced, err := djamootel.NewTransport(roundTripper(func(req *http.Request) (*http.Response, error) {
		headers = req.Header
		return answering(200, `{}`)(req)
	}), djamootel.WithTracerProvider(r.tracer))
	require.NoError(t, err)
	member, err := baggage.NewMember("employee", "ama")
	require.NoError(t, err)
	carried, err := baggage.New(member)
	require.NoError(t, err)
	ctx, parent := r.tracer.Tracer("caller").Start(baggage.ContextWithBaggage(t.Context(), carried), "payroll")
	defer parent.End()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://api.example/", nil)
	require.NoError(t, err)
	resp, err := traced.RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Empty(t, headers)
	require.Len(t, r.spans.GetSpans(), 1, "it is traced all the same")
}

// A RoundTripper that panics leaves no span open, and its panic goes on.
func TestTransport_SpanEndsWhenTheBasePanics(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	traced := r.around(t, roundTripper(func(*http.Request) (*http.Response, error) { panic("in the middle") }))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example/", nil)
	require.NoError(t, err)
	require.PanicsWithValue(t, "in the middle", func() {
		_, _ = traced.RoundTrip(req) //nolint:bodyclose // there is none
	})
	spans := r.spans.GetSpans()
	require.Len(t, spans, 1)
	require.Equal(t, codes.Error, spans[0].Status.Code)
	require.Equal(t, "panic", flat(spans[0].Attributes)["error.type"])
	require.EqualValues(t, 1, r.durations(t)[0].Count)
}

// A pointer that is nil would panic in the middle of a payment.
func TestNewTransport_RefusesTypedNil(t *testing.T) {
	t.Parallel()
	for text, option := range map[string]djamootel.Option{
		"djamootel: WithTracerProvider: nil": djamootel.WithTracerProvider((*sdktrace.TracerProvider)(nil)),
		"djamootel: WithMeterProvider: nil":  djamootel.WithMeterProvider((*metric.MeterProvider)(nil)),
		"djamootel: WithPropagators: nil":    djamootel.WithPropagators((*propagation.TraceContext)(nil)),
	} {
		traced, err := djamootel.NewTransport(nil, option)
		require.ErrorContains(t, err, text)
		require.Nil(t, traced)
	}
}

// An empty composite is a slice that is nil, and the one that sends nothing.
func TestNewTransport_TakesAnEmptyPropagator(t *testing.T) {
	t.Parallel()
	traced, err := djamootel.NewTransport(nil, djamootel.WithPropagators(propagation.NewCompositeTextMapPropagator()))
	require.NoError(t, err)
	require.NotNil(t, traced)
}

func TestTransport_ClosesIdleConnectionsBelow(t *testing.T) {
	t.Parallel()
	below := &closer{}
	(&http.Client{Transport: newRecorder().around(t, below)}).CloseIdleConnections()
	require.Equal(t, 1, below.closed)
	(&http.Client{Transport: newRecorder().around(t, answering(200, ""))}).CloseIdleConnections() // it cannot, and need not
}

type closer struct {
	http.RoundTripper

	closed int
}

func (c *closer) CloseIdleConnections() { c.closed++ }

// A sampler that drops the span must not drop the measurement, and nothing is recorded twice.
func TestTransport_WithoutSampling(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	traced, err := djamootel.NewTransport(answering(500, "x"), djamootel.WithTracerProvider(r.tracer), djamootel.WithMeterProvider(r.meter),
		djamootel.WithPropagators(propagation.TraceContext{}))
	require.NoError(t, err)
	ctx := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, Remote: true}))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://api.example/", http.NoBody)
	require.NoError(t, err)
	resp, err := traced.RoundTrip(req)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Empty(t, r.spans.GetSpans())
	require.EqualValues(t, 1, r.durations(t)[0].Count)
}
