package walletotel_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/walletsync"
	"github.com/djamo/djamo-go/otel/walletotel"
)

// counted stands for a sqlstore.Store, which needs a database.
type counted struct{}

func (counted) Totals(context.Context, time.Time) (walletsync.Totals, error) {
	return walletsync.Totals{Wallets: map[string]int64{"in_step": 2, "failing": 1}}, nil
}

// What is measured of the reading of three wallets.
func ExampleNew() {
	store := counted{}
	reader := metric.NewManualReader() // a program has one of Prometheus or OTLP here
	meters := metric.NewMeterProvider(metric.WithReader(reader))
	metrics, err := walletotel.New(walletotel.WithMeterProvider(meters), walletotel.WithTotals(store.Totals))
	if err != nil {
		log.Fatal(err)
	}
	keeper := &consent.Keeper{Observe: metrics.Refresh}
	engine := &walletsync.Engine{Keeper: keeper, Observe: metrics.Read}

	engine.Observe(walletsync.Observation{Wallet: "wal_XOF_aya", Items: 20, Changes: 3}) // as the engine does after a read

	var collected metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &collected); err != nil {
		log.Fatal(err)
	}
	for _, metrics := range collected.ScopeMetrics[0].Metrics {
		switch data := metrics.Data.(type) {
		case metricdata.Sum[int64]:
			fmt.Println(metrics.Name, data.DataPoints[0].Value)
		case metricdata.Gauge[int64]:
			if metrics.Name == "djamo.wallet.count" {
				fmt.Println(metrics.Name, len(data.DataPoints), "states")
			}
		}
	}
	// Output:
	// djamo.wallet.items 20
	// djamo.wallet.changes 3
	// djamo.wallet.quarantined 0
	// djamo.wallet.count 6 states
}
