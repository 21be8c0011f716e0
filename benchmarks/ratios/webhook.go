package main

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/djamo/djamo-go/benchmarks/webhook"
)

// compareReceivers adds what it takes to verify and parse a delivery, beside the same by hand and in other SDKs. One takes
// microseconds, so each call that is measured is many of them.
func compareReceivers(rounds int, table io.Writer) error {
	const many = 20
	receivers, err := webhook.Receivers()
	if err != nil {
		return err
	}
	results := make([][]testing.BenchmarkResult, len(receivers))
	for range rounds {
		for i, receiver := range receivers {
			results[i] = append(results[i], measure(func(context.Context) error {
				for range many {
					if _, err := receiver.Receive(); err != nil {
						return err
					}
				}
				return nil
			}, false))
		}
	}
	us := medians(results[0])
	for i, receiver := range receivers[1:] {
		them := medians(results[i+1])
		fmt.Fprintf(table, "webhook\t%s\t%.2f\t%.2f\t%.2f\t%.0f\t%.0f\t%.0f\n",
			receiver.Name, us.time/them.time, us.allocs/them.allocs, us.bytes/them.bytes, us.time/many, us.allocs/many, us.bytes/many)
	}
	return nil
}
