//go:build !otel

package clustercmd

import (
	"context"

	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

// startTelemetry warns an operator who has set OpenTelemetry's variables for a program that was built without it.
func startTelemetry(_ context.Context, t terminal.Terminal) (telemetry, error) {
	if name := telemetryAsked(); name != "" {
		t.Tell("%s is set, and this program was built without OpenTelemetry: build it with -tags otel", name)
	}
	return telemetry{}, nil
}
