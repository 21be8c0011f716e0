//go:build otel

package clustercmd

import (
	"context"
	"errors"
	"os"

	"github.com/riverqueue/river/rivertype"
	"github.com/riverqueue/rivercontrib/otelriver"
	"go.opentelemetry.io/contrib/exporters/autoexport"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	djamootel "github.com/djamo/djamo-go/otel"
)

// startTelemetry sends the spans and figures of requests and jobs to where OpenTelemetry's variables say. Without one of them it
// sends nothing. Nothing of a trace is sent to Djamo.
func startTelemetry(ctx context.Context, _ terminal.Terminal) (telemetry, error) {
	if telemetryAsked() == "" {
		return telemetry{}, nil
	}
	name := resource.NewSchemaless(semconv.ServiceName("djamo-payroll-worker"))
	from, err := resource.New(ctx, resource.WithFromEnv(), resource.WithTelemetrySDK(), resource.WithProcessPID())
	if err != nil {
		return telemetry{}, exit.BadInput(err)
	}
	if from, err = resource.Merge(name, from); err != nil {
		return telemetry{}, exit.BadInput(err)
	}
	spans, err := autoexport.NewSpanExporter(ctx)
	if err != nil {
		return telemetry{}, unusableVariable("OTEL_TRACES_EXPORTER", err)
	}
	figures, err := autoexport.NewMetricReader(ctx)
	if err != nil {
		return telemetry{}, unusableVariable("OTEL_METRICS_EXPORTER", err)
	}
	tracers := sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans), sdktrace.WithResource(from))
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(figures), sdkmetric.WithResource(from))
	transport, err := djamootel.NewTransport(nil, djamootel.WithTracerProvider(tracers), djamootel.WithMeterProvider(meters))
	if err != nil {
		return telemetry{}, err
	}
	return telemetry{
		transport: transport,
		middleware: []rivertype.Middleware{
			otelriver.NewMiddleware(&otelriver.MiddlewareConfig{TracerProvider: tracers, MeterProvider: meters}),
		},
		end: func(ctx context.Context) error { return errors.Join(tracers.Shutdown(ctx), meters.Shutdown(ctx)) },
	}, nil
}

func unusableVariable(name string, err error) error {
	return exit.BadUsage("nothing was sent: %s=%q, or what OTEL_EXPORTER_… says beside it: %v: must be otlp, console or none",
		name, os.Getenv(name), err)
}
