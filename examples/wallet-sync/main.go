// Wallet-sync keeps wallets behind an open-finance gateway in a database of yours: each transaction once, in order.
//
//	wallet-sync                       a demonstration that needs nothing
//	wallet-sync run     -gateway URL -wallet ID[,ID…] -db FILE|postgres://… [flags]
//	wallet-sync changes -db DB -wallet ID [-after SEQ]
//	wallet-sync status  -db DB
//	wallet-sync gateway -url http://127.0.0.1:8090 -consents FILE   wallets that are made up, to try the rest with
//
// The consent comes from the environment, DJAMO_CONSENT_ID, DJAMO_CONSENT_TOKEN and DJAMO_CONSENT_REFRESH_TOKEN, or for each
// wallet from a file, -consents FILE. DJAMO_CONSENT_KEY, 32 bytes in base64, seals what the database keeps of it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	_ "github.com/jackc/pgx/v5/stdlib" // driver of PostgreSQL
	_ "modernc.org/sqlite"             // driver of SQLite

	"github.com/djamo/djamo-go/openfinance/walletservice"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1 // anything else: run again
	exitHuman  = 3 // a wallet is quarantined, or its consent is over
	exitUsage  = 64
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func usage(format string, args ...any) error {
	return &walletservice.InputError{Problem: fmt.Sprintf(format, args...)}
}

// command carries a command line out and returns the exit code.
func command(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	name := "demo"
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	var err error
	switch name {
	case "demo":
		err = demo(ctx, stdout)
	case "run":
		err = run(ctx, args, env, stderr)
	case "gateway":
		err = gateway(ctx, args, stdout, stderr)
	case "changes":
		err = changes(ctx, args, stdout, stderr)
	case "status":
		err = status(ctx, args, stdout, stderr)
	case "help", "-h", "-help", "--help":
		fmt.Fprint(stdout, help)
		return exitDone
	default:
		err = usage("there is no command %q", name)
	}
	_, wrong := errors.AsType[*walletservice.InputError](err)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitDone
	case wrong:
		fmt.Fprintf(stderr, "wallet-sync: %v\nNothing was done. See wallet-sync help.\n", err)
		return exitUsage
	}
	fmt.Fprintf(stderr, "wallet-sync: %v\n", err)
	if errors.Is(err, walletservice.ErrAttention) {
		return exitHuman
	}
	return exitFailed
}

// run keeps wallets in a database.
func run(ctx context.Context, args []string, env func(string) string, stderr io.Writer) error {
	var settings walletservice.Settings
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	settings.Declare(flags)
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	service, err := settings.Service(env)
	if err != nil {
		return err
	}
	store, closeStore, err := walletservice.OpenStore(ctx, settings.Database, true)
	if err != nil && ctx.Err() != nil {
		return nil // it was told to stop while it waited for the database
	}
	if err != nil {
		return err
	}
	defer closeStore()
	return service.Run(ctx, store, slog.New(slog.NewTextHandler(stderr, nil)), nil)
}

// changes prints the changes of a wallet.
func changes(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("changes", flag.ContinueOnError)
	db := flags.String("db", "", "file of SQLite, or postgres://…")
	id := flags.String("wallet", "", "id of the wallet")
	after := flags.Int64("after", 0, "only changes after this seq")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	store, closeStore, err := walletservice.OpenStore(ctx, *db, false)
	if err != nil {
		return err
	}
	defer closeStore()
	return walletservice.WriteChanges(ctx, store, *id, *after, stdout)
}

// status prints how each wallet stands.
func status(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("status", flag.ContinueOnError)
	db := flags.String("db", "", "file of SQLite, or postgres://…")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	store, closeStore, err := walletservice.OpenStore(ctx, *db, false)
	if err != nil {
		return err
	}
	defer closeStore()
	return walletservice.WriteStatuses(ctx, store, stdout)
}

const help = `wallet-sync                       a demonstration that needs nothing
wallet-sync run     -gateway URL -wallet ID[,ID…] -db FILE|postgres://… [-once] [-from DATE] [-poll 60s] [-page 200]
                    [-listen ADDR] [-consents FILE] [-token-url URL] [-currency XOF] [-read-timeout 15s]
wallet-sync changes -db DB -wallet ID [-after SEQ]
wallet-sync status  -db DB
wallet-sync gateway -url http://127.0.0.1:8090 -consents FILE [-every 2s]    wallets that are made up, to try the rest with

Environment: DJAMO_CONSENT_ID, DJAMO_CONSENT_TOKEN, DJAMO_CONSENT_REFRESH_TOKEN, DJAMO_CONSENT_KEY, DJAMO_PISPI_SECRET
Exit codes:  0 done, 1 failed, run again, 3 a wallet is quarantined or its consent is over, 64 bad input
`

// parse reads flags. What is left over is an error.
func parse(flags *flag.FlagSet, args []string, stderr io.Writer) error {
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, help, "\nFlags of ", flags.Name(), ":\n")
		flags.PrintDefaults()
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return usage("%v", err)
	case flags.NArg() > 0:
		return usage("%q is left over", flags.Arg(0))
	}
	return nil
}
