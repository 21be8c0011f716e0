package walletservice_test

import (
	"context"
	"flag"
	"log"
	"log/slog"
	"os"

	"github.com/djamo/djamo-go/openfinance/walletservice"
)

// The main function of a program that keeps wallets: its flags, its environment, and the service until it is stopped.
func Example() { //nolint:testableexamples // the driver of the database is another module's
	ctx := context.Background()
	var settings walletservice.Settings
	settings.Declare(flag.CommandLine)
	flag.Parse()

	service, err := settings.Service(os.Getenv)
	if err != nil {
		log.Fatal(err) // a *walletservice.InputError names the flag or variable
	}
	store, closeStore, err := walletservice.OpenStore(ctx, settings.Database, true)
	if err != nil {
		log.Fatal(err)
	}
	defer closeStore()
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := service.Run(ctx, store, logger, nil); err != nil {
		log.Fatal(err)
	}
}
