// Package benchmarks compares the SDK with a hand-written net/http client, and with the Go SDKs of other
// payment services, doing the same call against the same loopback server in the same run.
//
// It is a module of its own so that the SDKs it compares with never become dependencies of this one.
// Machines drift, so the figures worth quoting are ratios of medians over interleaved rounds:
//
//	go test -run '^$' -bench . -count 10 ./benchmarks
package benchmarks
