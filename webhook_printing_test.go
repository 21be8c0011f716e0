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

// Neither a handler's secrets nor the phone number in an event are printed or logged, whatever the verb.
func TestPrinting_WebhooksShowNoSecretsAndNoNumbers(t *testing.T) {
	t.Parallel()
	handler := &djamo.WebhookHandler{Secrets: []string{"the-webhook-secret", "next-webhook-secret"}}
	event, err := djamo.ParseWebhook(signed(`{"topic":"transactions/started","data":{"id":"txn_1","status":"pending","msisdn":"+`+wholeNumber+`"}}`), "s")
	require.NoError(t, err)
	numbered := djamo.Event{Topic: "about/+" + wholeNumber, Data: json.RawMessage(`{"id":"+` + wholeNumber + `"}`)}
	var out bytes.Buffer
	logger := slog.New(slog.NewMultiHandler(slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)))
	for _, value := range []any{handler, (*djamo.WebhookHandler)(nil), event, *event, numbered, []djamo.Event{*event}, struct{ E djamo.Event }{*event}} {
		for _, verb := range append([]string{"%s", "%q", "%x", "%d"}, verbs...) {
			fmt.Fprintf(&out, verb+"\n", value)
		}
	}
	for _, value := range []any{handler, event, *event, numbered} {
		logger.Info("value", "value", value)
	}
	require.Contains(t, out.String(), "djamo.WebhookHandler(2 secrets)")
	require.Contains(t, out.String(), "djamo.WebhookHandler(nil)")
	require.Contains(t, out.String(), "djamo.Event(transactions/started txn_1 pending)")
	require.Contains(t, out.String(), "value.topic=transactions/started value.id=txn_1 value.status=pending")
	for _, secret := range []string{"webhook-secret", wholeNumber, wholeNumber[3:], fmt.Sprintf("%x", "webhook-secret"), fmt.Sprintf("%x", wholeNumber), fmt.Sprint([]byte(wholeNumber))} {
		require.NotContains(t, out.String(), secret)
	}
}
