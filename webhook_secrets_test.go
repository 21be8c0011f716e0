package djamo_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/stretchr/testify/require"
)

// A program prints its configuration, and the handler is part of it.
func TestWebhookSecrets_PrintThemselvesNowhere(t *testing.T) {
	t.Parallel()
	type app struct{ Hook djamo.WebhookHandler }
	config := &app{Hook: djamo.WebhookHandler{Secrets: []string{"whsec_live_1", "whsec_live_2"}}}
	var log bytes.Buffer
	for _, logger := range []*slog.Logger{slog.New(slog.NewTextHandler(&log, nil)), slog.New(slog.NewJSONHandler(&log, nil))} {
		logger.Info("config", "app", config, "secrets", config.Hook.Secrets)
	}
	encoded, err := json.Marshal(config.Hook.Secrets)
	require.NoError(t, err)
	out := bytes.NewBufferString(log.String() + string(encoded) + fmt.Sprintln(config.Hook.Secrets))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		require.Equal(t, "[2 webhook secrets]", fmt.Sprintf(verb, config.Hook.Secrets))
		fmt.Fprintf(out, verb+verb+verb, config, config.Hook.Secrets, &config.Hook)
	}
	text := out.String()
	require.Contains(t, text, "2 webhook secrets")
	require.NotContains(t, text, "whsec")
	require.NotContains(t, text, fmt.Sprintf("%x", "whsec"))
}
