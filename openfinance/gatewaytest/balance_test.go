package gatewaytest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// A page says the same balance as the ledger, wherever the posted item stands that replaces a pending one.
func TestGateway_OneBalance(t *testing.T) {
	t.Parallel()
	gateway := gatewaytest.New(gatewaytest.Options{})
	url, err := gateway.Start()
	require.NoError(t, err)
	defer gateway.Close()
	gateway.AddWallet("wal_1", 1000)
	pending := gateway.AddHistory("wal_1", map[string]any{"amount_minor": -300, "status": "pending"})
	gateway.AddHistory("wal_1", map[string]any{"amount_minor": -310, "status": "settled", "pending_id": pending})
	issued := gateway.Issue("wal_1")
	client, err := wallet.NewClient(wallet.Options{URL: url})
	require.NoError(t, err)
	page, err := client.Page(t.Context(), wallet.Access{ConsentID: issued.ID, Token: issued.Token}, wallet.PageParams{WalletID: "wal_1"})
	require.NoError(t, err)
	require.EqualValues(t, 690, *page.Balance)
	require.EqualValues(t, 690, gateway.Balance("wal_1"))
}
