package mycac_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/djamo/djamo-go/openfinance/mycac"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// The holder logs in with a code that comes by SMS, and the statement of a month is read and checked line by line.
func Example() { //nolint:testableexamples // a person types the code
	ctx := context.Background()
	client, err := mycac.NewClient(mycac.Options{URL: "https://gateway.example"})
	if err != nil {
		log.Fatal(err)
	}
	challenge, err := client.Login(ctx, mycac.Credentials{
		Username: os.Getenv("MYCAC_USERNAME"), PasswordHash: os.Getenv("MYCAC_PASSWORD_HASH"), DeviceFingerprint: os.Getenv("MYCAC_DEVICE"),
	})
	if err != nil {
		log.Fatal(err)
	}
	var code string
	if _, err := fmt.Scanln(&code); err != nil {
		log.Fatal(err)
	}
	session, err := challenge.Confirm(ctx, code)
	if err != nil {
		log.Fatal(err)
	}

	month := mycac.StatementParams{
		AccountID: "acc_1",
		From:      wallet.DateOf(time.Date(2026, time.May, 1, 0, 0, 0, 0, time.UTC)),
		To:        wallet.DateOf(time.Date(2026, time.May, 31, 0, 0, 0, 0, time.UTC)),
	}
	for line, err := range session.Statement(ctx, month) {
		if err != nil {
			log.Fatal(err) // a missing line, a wrong balance
		}
		fmt.Println(line.ValueDate, line.Amount, line.BalanceAfter)
	}
}
