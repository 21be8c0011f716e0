package otherlanguages_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/sandbox"
)

// A program of another language, with its own HTTP client and its own cryptography, goes through both flows.
func TestNode_ChargeAndTransfer(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("NOT CHECKED: NODE IS NOT INSTALLED. That the sandbox serves other languages rests on Go's client alone")
	}
	api, err := djamotest.New(djamotest.WithManualSettlement())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, api.Close()) })
	box, err := sandbox.New(api)
	require.NoError(t, err)
	var listeners [2]net.Listener
	for i := range listeners {
		listeners[i], err = net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	ended := make(chan error, 1)
	go func() { ended <- box.Serve(ctx, listeners[0], listeners[1]) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})

	program := exec.CommandContext(ctx, node, "flow.mjs", "order-7")
	program.Env = append(os.Environ(), "DJAMO_API_URL=http://"+listeners[0].Addr().String(), "DJAMO_ACCESS_TOKEN="+api.Token,
		"DJAMO_COMPANY_ID="+api.CompanyID, "DJAMO_WEBHOOK_SECRET="+api.WebhookSecret)
	out, err := program.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, `charge order-7: due
webhook charge/events: paid
listed: true
webhook charge/events: refunded_partially
webhook charge/events: refunded
refunded: 25000
webhook transactions/started: pending
sent twice: POST /v1/transactions: 409 a transaction with reference payout-order-7 already exists
found: 1 of 15000 francs
`, regexp.MustCompile(`(?m)^\(node.*\n`).ReplaceAllString(string(out), ""))
	require.True(t, api.AssertPaidOnce(t, "payout-order-7"))
	require.True(t, api.AssertBalanced(t))
	for _, d := range api.WebhookDeliveries() {
		require.True(t, d.Delivered, "%v", d.Attempts)
	}
}
