package gatewaytest_test

import (
	"context"
	"fmt"
	"log"

	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// A test reads a wallet of a gateway in memory, as a program reads one of a bank.
func Example() {
	gateway := gatewaytest.New(gatewaytest.Options{})
	url, err := gateway.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer gateway.Close()
	gateway.AddWallet("wal_1", 250_000)
	issued := gateway.Issue("wal_1") // what the holder's consent gives

	client, err := wallet.NewClient(wallet.Options{URL: url})
	if err != nil {
		log.Fatal(err)
	}
	balance, err := client.Balance(context.Background(), wallet.Access{ConsentID: issued.ID, Token: issued.Token}, "wal_1")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(balance.Currency, balance.Amount)

	gateway.Revoke(issued.ID)
	_, err = client.Balance(context.Background(), wallet.Access{ConsentID: issued.ID, Token: issued.Token}, "wal_1")
	fmt.Println(err)
	// Output:
	// XOF 250000
	// wallet: the consent was revoked (403 consent_revoked)
}
