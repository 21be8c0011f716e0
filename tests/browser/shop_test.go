package browser_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// The shop that the documentation has people start: its own server, its own HTTP client, its own cryptography.
func TestShopInNode_FromOrderToWebhook(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("NOT CHECKED: NODE IS NOT INSTALLED. That examples/other-languages/shop.mjs works with the checkout is not tested")
	}
	s := newStage(t)
	ctx, cancel := context.WithCancel(t.Context())
	shop := exec.CommandContext(ctx, node, "../../examples/other-languages/shop.mjs")
	shop.Env = append(os.Environ(), "PORT=0", "DJAMO_API_URL="+s.apiURL, "DJAMO_ACCESS_TOKEN="+s.api.Token,
		"DJAMO_COMPANY_ID="+s.api.CompanyID, "DJAMO_WEBHOOK_SECRET="+s.api.WebhookSecret)
	shop.Stderr = t.Output()
	out, err := shop.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, shop.Start())
	said := make(chan string, 100)
	go func() {
		defer close(said)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			said <- lines.Text()
		}
	}()
	t.Cleanup(func() {
		cancel()
		for range said {
		}
		_ = shop.Wait()
	})
	address, ok := strings.CutPrefix(<-said, "Open ")
	require.True(t, ok, address)

	for _, choice := range []struct{ button, status string }{
		{"Pay 9\u202f000\u00a0F", djamotest.ChargePaid}, {"Cancel", djamotest.ChargeCancelled},
	} {
		customer := s.open(t, look{width: 390, scheme: "light", lang: "en"})
		customer.visit(address)
		customer.press("", "Order two exercise books for 9000 F")
		customer.await("Deux cahiers")
		order, ok := strings.CutSuffix(<-said, ": due")
		require.True(t, ok, order)
		customer.press("", choice.button)
		customer.await("Your order is")
		require.Equal(t, order+": "+choice.status, <-said, "the webhook")
		customer.visit(address + "/orders/" + order)
		customer.await("Your order is " + choice.status)
	}
	s.api.AssertBalanced(t)
	for _, d := range s.api.WebhookDeliveries() {
		require.True(t, d.Delivered, "%v", d.Attempts)
	}
}
