package wallet_test

import (
	"context"
	"fmt"
	"log"

	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// The transactions of a wallet are read page by page, newest last. Money that leaves the wallet is negative.
func Example() {
	gateway := gatewaytest.New(gatewaytest.Options{}) // stands in for the real one
	url, err := gateway.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer gateway.Close()
	gateway.AddWallet("wal_1", 250_000)
	gateway.Add("wal_1", map[string]any{"amount_minor": -1_500, "type": "card_payment"})
	issued := gateway.Issue("wal_1")

	client, err := wallet.NewClient(wallet.Options{URL: url})
	if err != nil {
		log.Fatal(err)
	}
	access := wallet.Access{ConsentID: issued.ID, Token: issued.Token}
	for item, err := range client.Transactions(context.Background(), access, wallet.PageParams{WalletID: "wal_1"}) {
		if err != nil {
			log.Fatal(err)
		}
		if item.Reason != "" {
			log.Fatal(item.Reason) // an entry that cannot be read; the others can
		}
		fmt.Println(item.Amount)
	}
	// Output: -1500
}
