package walletotel

import (
	"context"
	"errors"
	"reflect"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"

	"github.com/djamo/djamo-go/openfinance/walletsync"
)

// Totals sums up a store. sqlstore.Store has it as a method.
type Totals func(ctx context.Context, now time.Time) (walletsync.Totals, error)

// Option configures [New].
type Option func(*settings) error

type settings struct {
	meters metric.MeterProvider
	totals Totals
}

func defaults() settings { return settings{meters: otel.GetMeterProvider()} }

// WithMeterProvider sets where measurements go. Without it they go to the global provider, [otel.GetMeterProvider].
func WithMeterProvider(provider metric.MeterProvider) Option {
	return func(s *settings) error {
		if provider == nil || reflect.ValueOf(provider).Kind() == reflect.Pointer && reflect.ValueOf(provider).IsNil() {
			return errors.New("walletotel: WithMeterProvider: nil: must be a provider; that of package metric/noop records nothing")
		}
		s.meters = provider
		return nil
	}
}

// WithTotals has the state of all wallets measured too, whenever metrics are collected.
func WithTotals(totals Totals) Option {
	return func(s *settings) error {
		if totals == nil {
			return errors.New("walletotel: WithTotals: nil: must be a function, such as the method Totals of a store")
		}
		s.totals = totals
		return nil
	}
}
