package clustercmd

import (
	"context"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/riverqueue/river/rivertype"

	"github.com/djamo/djamo-go/internal/transport"
)

// telemetry is where the spans and figures of a worker go. Its zero value is nowhere.
type telemetry struct {
	transport  http.RoundTripper // around every request; nil: there is nothing around
	middleware []rivertype.Middleware
	end        func(context.Context) error // sends what has not been sent yet; nil: there is nothing
}

// connections are what requests go through. Without telemetry they are those of a client that is given none: pinged when they have
// gone silent.
func (t telemetry) connections(timeout time.Duration) http.RoundTripper {
	if t.transport != nil {
		return t.transport
	}
	return transport.Pool(timeout)
}

// telemetryAsked is the name of a variable that says where spans or figures are to go; empty: none does, or the SDK is disabled.
// The specification would send them to this machine without one, and every worker without a collector would complain.
func telemetryAsked() string {
	if os.Getenv("OTEL_SDK_DISABLED") == "true" {
		return ""
	}
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if value != "" && (strings.HasPrefix(name, "OTEL_EXPORTER_") || name == "OTEL_TRACES_EXPORTER" || name == "OTEL_METRICS_EXPORTER") {
			return name
		}
	}
	return ""
}
