package clustercmd

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A worker pays for days: a connection over HTTP/2 that a router has forgotten must not swallow what it sends.
func TestConnections_D14_ArePingedWhenSilent(t *testing.T) {
	t.Parallel()
	pool, ok := telemetry{}.connections(3 * time.Second).(*http.Transport)
	require.True(t, ok)
	require.NotNil(t, pool.HTTP2)
	require.Equal(t, time.Second, pool.HTTP2.SendPingTimeout, "a third of the timeout")
	around := &http.Transport{}
	require.Same(t, around, telemetry{transport: around}.connections(time.Second))
}
