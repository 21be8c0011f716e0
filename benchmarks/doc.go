// Package benchmarks compares the SDK with a hand-written net/http client, and with the Go SDKs of other services, doing
// the same calls against the same loopback server in the same run.
//
// It is a module of its own so that the SDKs it compares with never become dependencies of this one.
// Machines drift, so the figures worth quoting are medians of ratios within interleaved rounds:
//
//	go run -C benchmarks ./compare
package benchmarks
