//go:build unix

package main

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/djamo/djamo-go"
)

// Each job is a span, of whichever provider the program was given.
func TestWork_Traces(t *testing.T) { // not parallel: it sets the global provider, and the environment
	s := newSite(t, 3)
	spans := tracetest.NewSpanRecorder()
	before := otel.GetTracerProvider()
	otel.SetTracerProvider(trace.NewTracerProvider(trace.WithSpanProcessor(spans)))
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	t.Setenv(djamo.EnvAccessToken, s.server.Token)
	t.Setenv(djamo.EnvAPIURL, s.server.URL)
	s.do(t, "enqueue", s.file)

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- work(ctx, &program{pool: s.pool, out: io.Discard, err: io.Discard, log: slog.New(slog.DiscardHandler)}, s.workArgs)
	}()
	s.waitUntilPaid(t, time.Minute)
	stop()
	require.NoError(t, <-ended)
	traced := map[string]bool{}
	for _, span := range spans.Ended() {
		for _, attribute := range span.Attributes() {
			traced[span.Name()+" "+attribute.Value.String()] = true
			require.NotContains(t, attribute.Value.String(), "+2250748", "no phone numbers in spans")
		}
	}
	require.True(t, traced["river.work djamo_payroll_part"], "%v", traced)
	s.check(t)
}
