package walletotel

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/walletsync"
)

// ScopeName is the instrumentation scope of what this package records.
const ScopeName = "github.com/djamo/djamo-go/otel/walletotel"

// The attributes that OpenTelemetry has no name for.
const (
	SourceKey       = attribute.Key("djamo.wallet.source") // feed or history
	StateKey        = attribute.Key("djamo.wallet.state")
	ConsentStateKey = attribute.Key("djamo.wallet.consent.state")
)

// Metrics measures the reading of wallets. Build it with [New]; it is safe for concurrent use.
type Metrics struct {
	reads, lag, refreshes       metric.Float64Histogram
	items, changes, quarantined metric.Int64Counter
	registration                metric.Registration // nil: without totals
}

// New makes the instruments. It does no I/O.
func New(opts ...Option) (*Metrics, error) {
	s := defaults()
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("walletotel: option: nil: must not be nil")
		}
		if err := opt(&s); err != nil {
			return nil, err
		}
	}
	meter := s.meters.Meter(ScopeName, metric.WithInstrumentationVersion(djamo.Version), metric.WithSchemaURL(semconv.SchemaURL))
	m := &Metrics{}
	var failed []error
	seconds := func(name, description string) metric.Float64Histogram {
		histogram, err := meter.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(description),
			metric.WithExplicitBucketBoundaries(.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 900))
		failed = append(failed, err)
		return histogram
	}
	counter := func(name, unit, description string) metric.Int64Counter {
		counter, err := meter.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
		failed = append(failed, err)
		return counter
	}
	m.reads = seconds("djamo.wallet.read.duration", "Duration of a read, until what it brought is stored.")
	m.lag = seconds("djamo.wallet.read.lag", "How late a read of the feed began.")
	m.refreshes = seconds("djamo.wallet.token.refresh.duration", "Duration of an exchange of a refresh token.")
	m.items = counter("djamo.wallet.items", "{item}", "Items that came, also those that were there.")
	m.changes = counter("djamo.wallet.changes", "{change}", "Changes that were stored.")
	m.quarantined = counter("djamo.wallet.quarantined", "{item}", "Items that were kept aside.")
	if s.totals != nil {
		registration, err := observeTotals(meter, s.totals)
		m.registration = registration
		failed = append(failed, err)
	}
	if err := errors.Join(failed...); err != nil {
		return nil, fmt.Errorf("walletotel: WithMeterProvider: %w", err)
	}
	return m, nil
}

// Close ends that totals are read. What was measured stays.
func (m *Metrics) Close() error {
	if m.registration == nil {
		return nil
	}
	return m.registration.Unregister()
}

// Read measures a read. It is for Engine.Observe.
func (m *Metrics) Read(o walletsync.Observation) {
	ctx := context.Background()
	source := SourceKey.String("feed")
	if o.Backfill {
		source = SourceKey.String("history")
	}
	about := metric.WithAttributeSet(attribute.NewSet(append(failure(o.Err), source)...))
	m.reads.Record(ctx, o.Took.Seconds(), about)
	if !o.Backfill {
		m.lag.Record(ctx, o.Lag.Seconds())
	}
	about = metric.WithAttributeSet(attribute.NewSet(source))
	m.items.Add(ctx, int64(o.Items), about)
	m.changes.Add(ctx, int64(o.Changes), about)
	m.quarantined.Add(ctx, int64(o.Quarantined), about)
}

// Refresh measures an exchange of a refresh token. It is for Keeper.Observe.
func (m *Metrics) Refresh(r consent.Refresh) {
	m.refreshes.Record(context.Background(), r.Took.Seconds(), metric.WithAttributeSet(attribute.NewSet(failure(r.Err)...)))
}

func failure(err error) []attribute.KeyValue {
	if err == nil {
		return nil
	}
	return []attribute.KeyValue{semconv.ErrorTypeKey.String(errorType(err))}
}

// observeTotals makes the instruments of a store.
func observeTotals(meter metric.Meter, totals Totals) (metric.Registration, error) { //nolint:ireturn // as OpenTelemetry has it
	var failed []error
	var all []metric.Observable
	gauge := func(name, unit, description string) metric.Int64ObservableGauge {
		gauge, err := meter.Int64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(description))
		failed = append(failed, err)
		all = append(all, gauge)
		return gauge
	}
	wallets := gauge("djamo.wallet.count", "{wallet}", "Wallets by state.")
	consents := gauge("djamo.wallet.consent.count", "{consent}", "Consents by state.")
	items := gauge("djamo.wallet.stored.items", "{item}", "Items that are current.")
	aside := gauge("djamo.wallet.quarantine.size", "{item}", "Items that are kept aside.")
	expected := gauge("djamo.wallet.expected", "{item}", "Items that pushes announced and that have not come.")
	expectedAge := gauge("djamo.wallet.expected.age", "s", "Time since the oldest push whose item has not come.")
	readAge := gauge("djamo.wallet.read.age", "s", "Time since the last good read of the wallet that was not read for longest.")
	unread := gauge("djamo.wallet.unread.count", "{wallet}", "Wallets that may be read and were never read well.")
	gaps := gauge("djamo.wallet.balance_gap.count", "{wallet}", "Wallets whose balance is not the sum of their items.")
	if err := errors.Join(failed...); err != nil {
		return nil, err
	}
	return meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		now := time.Now()
		t, err := totals(ctx, now)
		if err != nil {
			return fmt.Errorf("walletotel: the totals of the store: %w", err)
		}
		for _, state := range conditions() { // also those that no wallet is in: a state that was left reads 0
			o.ObserveInt64(wallets, t.Wallets[state], metric.WithAttributes(StateKey.String(state)))
		}
		for _, state := range consentStates() {
			o.ObserveInt64(consents, t.Consents[string(state)], metric.WithAttributes(ConsentStateKey.String(string(state))))
		}
		o.ObserveInt64(items, t.Items)
		o.ObserveInt64(aside, t.Quarantined)
		o.ObserveInt64(expected, t.Expected)
		o.ObserveInt64(expectedAge, age(now, t.OldestPush))
		o.ObserveInt64(gaps, t.Gaps)
		o.ObserveInt64(unread, t.NeverRead)
		if !t.OldestRead.IsZero() {
			o.ObserveInt64(readAge, age(now, t.OldestRead))
		}
		return nil
	}, all...)
}

// conditions are those of walletsync.Status.
func conditions() []string {
	return []string{"in_step", "syncing", "failing", "quarantined", "rate_limited", "stopped"}
}

func consentStates() []consent.State {
	return []consent.State{
		consent.Granted, consent.Active, consent.Refreshing, consent.Expiring, consent.Expired, consent.NeedsReauth, consent.Revoked,
	}
}

func age(now, since time.Time) int64 {
	if since.IsZero() {
		return 0
	}
	return max(0, int64(now.Sub(since)/time.Second))
}
