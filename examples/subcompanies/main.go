// Command subcompanies adds a sub-company, pays in its name, deactivates it, and lists them all.
//
//	go run ./examples/subcompanies
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// connect takes the account from the environment, and an embedded API where there is none.
func connect() (client *djamo.Client, done func(), err error) {
	if os.Getenv(djamo.EnvAccessToken) != "" {
		// Anything but staging and a server on this machine may move real money, gateways in front of the API included.
		if url := strings.ToLower(os.Getenv(djamo.EnvAPIURL)); strings.Contains(url, "https:") && !strings.Contains(url, "staging") {
			return nil, nil, errors.New("the payee is made up: put in your own, and take this check out, before you pay real money")
		}
		client, err = djamo.NewClientFromEnv()
		return client, func() {}, err
	}
	server, err := djamotest.Start()
	if err != nil {
		return nil, nil, err
	}
	client, err = djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL), djamo.WithCompanyID(server.CompanyID))
	return client, func() { _ = server.Close() }, err
}

func run(ctx context.Context, out io.Writer) error {
	client, done, err := connect()
	if err != nil {
		return err
	}
	defer done()

	factory, err := client.SubCompanies.Create(ctx, djamo.SubCompanyParams{
		Name: "Chocolate Factory", LogoURL: "https://myapp.example/logo.png",
	})
	if err != nil {
		return err
	}
	payment, err := client.Transactions.Create(ctx, djamo.TransactionParams{
		MSISDN: "+2250748710523", Amount: 50_000, Reference: "factory/2026-06/1", Description: "Salaire de juin",
		SubCompanyID: factory.ID, // the payee sees the factory's name
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s in the name of %s: %s\n", payment.Amount, factory.Name, payment.Status)

	if _, err = client.SubCompanies.Update(ctx, factory.ID, djamo.SubCompanyUpdateParams{Name: "Swiss Chocolate Factory"}); err != nil {
		return err
	}
	if _, err = client.SubCompanies.Deactivate(ctx, factory.ID); err != nil {
		return err
	}
	for company, err := range client.SubCompanies.List(ctx, djamo.SubCompanyListParams{}) {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s, active: %t\n", company.Name, company.IsActive)
	}
	return nil
}
