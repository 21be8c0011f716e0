//go:build race

// Package racetest tells tests whether the race detector is on: it takes several times as long, and pools forget on purpose.
package racetest

// Enabled is true where the race detector is on.
const Enabled = true
