package walletsync_test

import (
	"context"
	"database/sql"
	"log"
	"os"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/wallet"
	"github.com/djamo/djamo-go/openfinance/walletsync"
	"github.com/djamo/djamo-go/openfinance/walletsync/sqlstore"
)

// A program that keeps one wallet in step until it is stopped. It may be killed at any time, and started again.
func Example() { //nolint:testableexamples // the driver of the database is another module's
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file:wallets.db?_pragma=busy_timeout(5000)") // import _ "modernc.org/sqlite"
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	store, err := sqlstore.Open(ctx, db, sqlstore.SQLite)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	gateway, err := wallet.NewClient(wallet.Options{URL: "https://gateway.example", MaxAttempts: 1})
	if err != nil {
		log.Fatal(err)
	}
	key, err := consent.ParseKey(os.Getenv("DJAMO_CONSENT_KEY"))
	if err != nil {
		log.Fatal(err)
	}
	sealer, err := consent.NewSealer(key)
	if err != nil {
		log.Fatal(err)
	}
	const owner = "machine-1" // of this process alone
	keeper := &consent.Keeper{Store: store, Sealer: sealer, Exchanger: &consent.OAuth{TokenURL: "https://gateway.example/oauth/token"}, Owner: owner}
	consentKey, err := keeper.Adopt(ctx, consent.Grant{ID: os.Getenv("DJAMO_CONSENT_ID"), Token: os.Getenv("DJAMO_CONSENT_TOKEN")})
	if err != nil {
		log.Fatal(err)
	}
	if err := store.Register(ctx, "wal_1", consentKey); err != nil {
		log.Fatal(err)
	}

	engine := &walletsync.Engine{Store: store, Gateway: gateway, Keeper: keeper, Owner: owner}
	if err := engine.Runner([]string{"wal_1"}).Run(ctx); err != nil {
		log.Fatal(err)
	}
}
