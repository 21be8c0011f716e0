package djamootel

import (
	"errors"
	"reflect"

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

// defaults are what a program has registered with OpenTelemetry, or will: they hand on what they are asked for even when
// the program registers its own later. The headers are the exception: what a program sends within its own walls is not
// meant for another company.
func defaults() settings {
	return settings{otel.GetTracerProvider(), otel.GetMeterProvider(), propagation.NewCompositeTextMapPropagator()}
}

// isNil reports whether an interface holds nothing, or a pointer or another reference that is nil: the latter would panic
// when it is first used, in the middle of a payment.
func isNil(value any) bool {
	if value == nil {
		return true
	}
	switch v := reflect.ValueOf(value); v.Kind() { //nolint:exhaustive // nothing else can be nil
	case reflect.Pointer, reflect.Func: // a nil slice, such as an empty composite of propagators, is one that works
		return v.IsNil()
	}
	return false
}

// WithTracerProvider sets where spans go. Without it they go to the global provider, [otel.GetTracerProvider].
func WithTracerProvider(provider trace.TracerProvider) Option {
	return func(s *settings) error {
		if isNil(provider) {
			return errors.New("djamootel: WithTracerProvider: nil: must be a provider; that of package trace/noop records nothing")
		}
		s.tracers = provider
		return nil
	}
}

// WithMeterProvider sets where measurements go. Without it they go to the global provider, [otel.GetMeterProvider].
func WithMeterProvider(provider metric.MeterProvider) Option {
	return func(s *settings) error {
		if isNil(provider) {
			return errors.New("djamootel: WithMeterProvider: nil: must be a provider; that of package metric/noop records nothing")
		}
		s.meters = provider
		return nil
	}
}

// WithPropagators sets what writes the trace into the headers of a request, and so what Djamo is sent of it. Without it
// nothing is, whatever the global propagator. A [propagation.TraceContext] sends the ids of the trace alone; a
// [propagation.Baggage] sends whatever the program has put into its baggage.
func WithPropagators(propagators propagation.TextMapPropagator) Option {
	return func(s *settings) error {
		if isNil(propagators) {
			return errors.New("djamootel: WithPropagators: nil: must be a propagator; propagation.NewCompositeTextMapPropagator() sends nothing")
		}
		s.propagators = propagators
		return nil
	}
}
