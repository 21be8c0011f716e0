package riverwallet_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"log"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/wallet"
	"github.com/djamo/djamo-go/openfinance/walletsync"
	"github.com/djamo/djamo-go/riverwallet"
)

// Each machine that reads wallets runs this until it is told to stop. There may be any number of them on one database.
func Example() {
	address := os.Getenv("DJAMO_DATABASE_URL")
	if address == "" {
		fmt.Println("DJAMO_DATABASE_URL names no PostgreSQL database to try this on.")
		return
	}
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, address)
	if err != nil {
		log.Fatal("DJAMO_DATABASE_URL cannot be read") // the error may show the password
	}
	defer pool.Close()
	if err := riverwallet.Migrate(ctx, pool); err != nil {
		log.Fatal(err)
	}
	store, err := riverwallet.OpenStore(ctx, pool)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	gateway, err := wallet.NewClient(wallet.Options{URL: os.Getenv("DJAMO_GATEWAY_URL")})
	if err != nil {
		log.Fatal(err)
	}
	key, err := base64.StdEncoding.DecodeString(os.Getenv("DJAMO_CONSENT_KEY")) // consent.KeySize bytes
	if err != nil {
		log.Fatal("DJAMO_CONSENT_KEY is not in base64")
	}
	sealer, err := consent.NewSealer(key)
	if err != nil {
		log.Fatal(err)
	}
	const owner = "machine-1" // of this process alone
	keeper := &consent.Keeper{Store: store, Sealer: sealer, Exchanger: &consent.OAuth{TokenURL: os.Getenv("DJAMO_GATEWAY_TOKEN_URL")}, Owner: owner}

	workers := river.NewWorkers()
	worker, err := riverwallet.AddWorker(workers, riverwallet.Config{
		Pool:   pool,
		Engine: &walletsync.Engine{Store: store, Gateway: gateway, Keeper: keeper, Owner: owner},
	})
	if err != nil {
		log.Fatal(err)
	}
	jobs, err := river.NewClient(riverpgxv5.New(pool), riverwallet.ClientConfig(workers, 256))
	if err != nil {
		log.Fatal(err)
	}
	if err := jobs.Start(ctx); err != nil {
		log.Fatal(err)
	}
	defer jobs.Stop(ctx)
	if err := worker.Run(ctx, jobs); err != nil {
		log.Fatal(err)
	}
	// Output: DJAMO_DATABASE_URL names no PostgreSQL database to try this on.
}
