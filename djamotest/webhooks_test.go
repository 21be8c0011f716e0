package djamotest_test

import (
	"fmt"
	"testing"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/stretchr/testify/require"
)

// A topic that is one letter off would be registered, and nothing ever delivered for it.
func TestWebhooks_RefusesTopicsThatAreMisspelled(t *testing.T) {
	t.Parallel()
	_, c := newAPI(t)
	for _, topic := range []string{"transaction/completed", "transaction/failed", "transactions/complete", "transactions/Completed", "charge/event"} {
		got := c.must(400, "POST", "/v1/webhooks", object{"topic": topic, "url": "https://shop.example/hook"})
		require.Contains(t, fmt.Sprint(got["message"]), "topic must be one of", topic)
	}
	for _, topic := range []string{djamotest.TopicTransactionsCompleted, "transaction/started", "charges/events"} {
		c.must(201, "POST", "/v1/webhooks", object{"topic": topic, "url": "https://shop.example/hook"})
	}
}
