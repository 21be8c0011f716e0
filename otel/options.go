package djamootel

import (
	"errors"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Option configures a [Transport].
type Option func(*settings) error

type settings struct {
	tracers     trace.TracerProvider
	meters      metric.MeterProvider
	propagators propagation.TextMapPropagator
}

// globals are what a program has registered with OpenTelemetry, or will: they hand on what they are asked for even when
// the program registers its own later.
func globals() settings {
	return settings{otel.GetTracerProvider(), otel.GetMeterProvider(), otel.GetTextMapPropagator()}
}

// WithTracerProvider sets where spans go. Without it they go to the global provider, [otel.GetTracerProvider].
func WithTracerProvider(provider trace.TracerProvider) Option {
	return func(s *settings) error {
		if provider == nil {
			return errors.New("djamootel: WithTracerProvider: nil: must be a provider; that of package trace/noop records nothing")
		}
		s.tracers = provider
		return nil
	}
}

// WithMeterProvider sets where measurements go. Without it they go to the global provider, [otel.GetMeterProvider].
func WithMeterProvider(provider metric.MeterProvider) Option {
	return func(s *settings) error {
		if provider == nil {
			return errors.New("djamootel: WithMeterProvider: nil: must be a provider; that of package metric/noop records nothing")
		}
		s.meters = provider
		return nil
	}
}

// WithPropagators sets what writes the trace into the headers of a request. Without it that is the global propagator,
// [otel.GetTextMapPropagator]. An empty [propagation.NewCompositeTextMapPropagator] writes nothing, and a
// [propagation.TraceContext] the trace alone, without baggage.
func WithPropagators(propagators propagation.TextMapPropagator) Option {
	return func(s *settings) error {
		if propagators == nil {
			return errors.New("djamootel: WithPropagators: nil: must be a propagator; propagation.NewCompositeTextMapPropagator() sends nothing")
		}
		s.propagators = propagators
		return nil
	}
}
