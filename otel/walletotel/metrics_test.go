package walletotel_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/wallet"
	"github.com/djamo/djamo-go/openfinance/walletsync"
	"github.com/djamo/djamo-go/openfinance/walletsync/sqlstore"
	"github.com/djamo/djamo-go/otel/walletotel"
)

// recorder holds all that is measured.
type recorder struct {
	*walletotel.Metrics

	reader *metric.ManualReader
}

func record(t *testing.T, opts ...walletotel.Option) recorder {
	t.Helper()
	reader := metric.NewManualReader()
	opts = append(opts, walletotel.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(reader))))
	metrics, err := walletotel.New(opts...)
	require.NoError(t, err)
	return recorder{metrics, reader}
}

// points is what was measured, in one line for each name and set of attributes: a sum, a gauge's value, or a histogram's
// count and sum.
func (r recorder) points(t *testing.T) map[string]string {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, r.reader.Collect(t.Context(), &all))
	found := map[string]string{}
	for _, scope := range all.ScopeMetrics {
		require.Equal(t, walletotel.ScopeName, scope.Scope.Name)
		for _, one := range scope.Metrics {
			note := func(set attribute.Set, value string) {
				name := []string{one.Name}
				for _, kv := range set.ToSlice() {
					name = append(name, kv.Value.String())
				}
				found[strings.Join(name, " ")] = value + " " + one.Unit
			}
			switch data := one.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					note(p.Attributes, fmt.Sprint(p.Value))
				}
			case metricdata.Gauge[int64]:
				for _, p := range data.DataPoints {
					note(p.Attributes, fmt.Sprint(p.Value))
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					note(p.Attributes, fmt.Sprint(p.Count, p.Sum))
				}
			default:
				require.Failf(t, "what is it?", "%s %T", one.Name, data)
			}
		}
	}
	return found
}

func TestMetrics_Reads(t *testing.T) {
	t.Parallel()
	r := record(t)
	r.Read(walletsync.Observation{Wallet: "wal_secret", Took: 2 * time.Second, Items: 20, Changes: 5, Quarantined: 1, Lag: 3 * time.Second})
	r.Read(walletsync.Observation{Wallet: "wal_secret", Took: time.Second, Items: 2, Changes: 2})
	r.Read(walletsync.Observation{Wallet: "wal_secret", Took: 4 * time.Second, Items: 7, Backfill: true})
	r.Read(walletsync.Observation{Wallet: "wal_secret", Took: time.Second, Err: errors.Join(walletsync.ErrStale, errors.New("wal_secret"))})
	r.Refresh(consent.Refresh{Took: time.Second})
	r.Refresh(consent.Refresh{Took: time.Second, Err: &consent.EndedError{State: consent.Revoked}})
	got := r.points(t)
	require.Equal(t, map[string]string{
		"djamo.wallet.read.duration feed":                     "2 3 s",
		"djamo.wallet.read.duration history":                  "1 4 s",
		"djamo.wallet.read.duration feed stale":               "1 1 s",
		"djamo.wallet.read.lag":                               "3 3 s",
		"djamo.wallet.items feed":                             "22 {item}",
		"djamo.wallet.items history":                          "7 {item}",
		"djamo.wallet.changes feed":                           "7 {change}",
		"djamo.wallet.changes history":                        "0 {change}",
		"djamo.wallet.quarantined feed":                       "1 {item}",
		"djamo.wallet.quarantined history":                    "0 {item}",
		"djamo.wallet.token.refresh.duration":                 "1 1 s",
		"djamo.wallet.token.refresh.duration consent_revoked": "1 1 s",
	}, got)
	require.NotContains(t, fmt.Sprint(got), "secret")
	require.NoError(t, r.Close())
}

func TestMetrics_Totals(t *testing.T) {
	t.Parallel()
	var failure error
	totals := walletsync.Totals{
		Wallets: map[string]int64{"in_step": 3, "stopped": 1}, Consents: map[string]int64{"active": 3, "revoked": 1}, Items: 40, Expected: 2,
		OldestPush: time.Now().Add(-90 * time.Second), Quarantined: 5, Gaps: 1, NeverRead: 2, OldestRead: time.Now().Add(-30 * time.Second),
	}
	r := record(t, walletotel.WithTotals(func(context.Context, time.Time) (walletsync.Totals, error) { return totals, failure }))
	got := r.points(t)
	for name, want := range map[string]string{
		"djamo.wallet.count in_step": "3 {wallet}", "djamo.wallet.count stopped": "1 {wallet}", "djamo.wallet.count failing": "0 {wallet}",
		"djamo.wallet.consent.count active": "3 {consent}", "djamo.wallet.consent.count needs_reauth": "0 {consent}",
		"djamo.wallet.stored.items": "40 {item}", "djamo.wallet.quarantine.size": "5 {item}", "djamo.wallet.expected": "2 {item}",
		"djamo.wallet.expected.age": "90 s", "djamo.wallet.read.age": "30 s", "djamo.wallet.balance_gap.count": "1 {wallet}",
		"djamo.wallet.unread.count": "2 {wallet}",
	} {
		require.Equal(t, want, got[name], name)
	}
	totals = walletsync.Totals{}
	got = r.points(t)
	require.Equal(t, "0 {wallet}", got["djamo.wallet.count in_step"], "a state that was left reads 0")
	require.NotContains(t, got, "djamo.wallet.read.age", "nothing was read")
	failure = errors.New("database gone")
	require.ErrorContains(t, r.reader.Collect(t.Context(), &metricdata.ResourceMetrics{}), "walletotel: the totals of the store: database gone")
	require.NoError(t, r.Close())
	require.NotContains(t, r.points(t), "djamo.wallet.expected", "they are not read any more")
}

// Only the kind of an error is recorded, and there are few of them.
func TestMetrics_ErrorsAreKinds(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"consent_needs_reauth": &consent.EndedError{State: consent.NeedsReauth},
		"held":                 fmt.Errorf("x: %w", &consent.HeldError{Until: time.Now()}),
		"page_refused":         fmt.Errorf("%w: it is of another wallet", wallet.ErrPage),
		"503":                  &wallet.Error{Status: 503},
		"lease_lost":           errors.Join(walletsync.ErrLeaseLost, &wallet.Error{Status: 503}),
		"store":                fmt.Errorf("%w: full", sqlstore.ErrStore),
		"refresh_not_sent":     consent.ErrNotSent,
		"canceled":             context.Canceled,
		"timeout":              context.DeadlineExceeded,
		"_OTHER":               errors.New("wal_secret at https://gateway.example"),
	} {
		r := record(t)
		r.Refresh(consent.Refresh{Err: err})
		require.Contains(t, r.points(t), "djamo.wallet.token.refresh.duration "+want)
	}
}

func TestNew_Refuses(t *testing.T) {
	t.Parallel()
	for text, opt := range map[string]walletotel.Option{
		"option: nil": nil, "WithMeterProvider: nil": walletotel.WithMeterProvider(nil), "WithTotals: nil": walletotel.WithTotals(nil),
		"must be a provider": walletotel.WithMeterProvider((*metric.MeterProvider)(nil)),
	} {
		_, err := walletotel.New(opt)
		require.ErrorContains(t, err, "walletotel: ")
		require.ErrorContains(t, err, text)
	}
	metrics, err := walletotel.New()
	require.NoError(t, err, "the global provider")
	metrics.Read(walletsync.Observation{})
}
