// Package e2e tests the client against djamotest over real HTTP, and holds djamotest and the real API to one conformance suite.
package e2e
