package djamootel_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	djamootel "github.com/djamo/djamo-go/otel"
)

// A payment whose reply gets lost, as a trace shows it: the request that ended in nothing, and the look-up that found the
// payment.
func Example() {
	server, err := djamotest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	exporter := tracetest.NewInMemoryExporter() // a program has one of OTLP here
	tracers := trace.NewTracerProvider(trace.WithBatcher(exporter))

	traced, err := djamootel.NewTransport(nil,
		djamootel.WithTracerProvider(tracers),
		djamootel.WithPropagators(propagation.TraceContext{}))
	if err != nil {
		log.Fatal(err)
	}
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL),
		djamo.WithHTTPClient(&http.Client{Transport: traced}))
	if err != nil {
		log.Fatal(err)
	}

	if _, err := server.Inject(djamotest.LoseReply(), djamotest.OneShot()); err != nil {
		log.Fatal(err)
	}
	ctx, span := tracers.Tracer("payroll").Start(context.Background(), "june")
	_, err = client.Transactions.Create(ctx, djamo.TransactionParams{
		MSISDN: "+2250748710523", Amount: 50_000, Reference: "payroll-2026-06/0042"})
	if err != nil {
		log.Fatal(err)
	}
	span.End()

	if err := tracers.ForceFlush(ctx); err != nil {
		log.Fatal(err)
	}
	for _, span := range exporter.GetSpans() {
		fmt.Println(span.Name)
		for _, attribute := range span.Attributes {
			switch attribute.Key {
			case "http.response.status_code", "error.type":
				fmt.Println(" ", attribute.Key, attribute.Value.String())
			}
		}
	}
	// Output:
	// POST /v1/transactions
	//   error.type connection_closed
	// GET /v1/transactions
	//   http.response.status_code 200
	// june
}

// How often and how long each endpoint was asked.
func ExampleWithMeterProvider() {
	server, err := djamotest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	reader := metric.NewManualReader() // a program has one of Prometheus or OTLP here
	meters := metric.NewMeterProvider(metric.WithReader(reader))
	measured, err := djamootel.NewTransport(nil, djamootel.WithMeterProvider(meters))
	if err != nil {
		log.Fatal(err)
	}
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL),
		djamo.WithHTTPClient(&http.Client{Transport: measured}))
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	for range 3 {
		if _, err := client.Balance.Get(ctx); err != nil {
			log.Fatal(err)
		}
	}

	var collected metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &collected); err != nil {
		log.Fatal(err)
	}
	for _, metrics := range collected.ScopeMetrics {
		for _, one := range metrics.Metrics {
			durations, _ := one.Data.(metricdata.Histogram[float64])
			for _, point := range durations.DataPoints {
				template, _ := point.Attributes.Value("url.template")
				fmt.Println(one.Name, template.AsString(), point.Count)
			}
		}
	}
	// Output: http.client.request.duration /v1/balance 3
}
