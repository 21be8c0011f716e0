package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/walletservice"
)

// gateway serves wallets that are made up, so that everything else can be tried without an account: their last month is in the
// feed, the month before is history, and something happens every few seconds.
func gateway(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("gateway", flag.ContinueOnError)
	address := flags.String("url", "", "where to serve, such as http://127.0.0.1:8090")
	consents := flags.String("consents", "", "file to write the consents to")
	every := flags.Duration("every", 2*time.Second, "time between transactions")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	at, err := url.Parse(*address)
	switch {
	case err != nil || at.Scheme != "http" || at.Host == "":
		return usage("-url must be such as http://127.0.0.1:8090")
	case *consents == "":
		return usage("-consents is missing")
	case *every <= 0:
		return usage("-every must be more than 0")
	}
	served := gatewaytest.New(gatewaytest.Options{Seed: uint64(time.Now().UnixNano())})
	defer served.Close()
	today := time.Now().UTC()
	entries := map[string]walletservice.Consent{}
	for _, id := range []string{aya, kofi} {
		served.AddWallet(id, 100_000)
		served.Live(id, today.AddDate(0, 0, -2*month), month, true)
		served.Live(id, today.AddDate(0, 0, -month), month, false)
		issued := served.Issue(id)
		entries[id] = walletservice.Consent{ConsentID: issued.ID, Token: issued.Token, RefreshToken: issued.RefreshToken}
	}
	if err := writeConsents(*consents, entries); err != nil {
		return usage("-consents: %v", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", at.Host)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: served, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	fmt.Fprintf(stdout, "Wallets %s and %s are served at %s, their consents are in %s.\n", aya, kofi, *address, *consents)
	ticker := time.NewTicker(*every)
	defer ticker.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return server.Close()
		case err := <-ended:
			return err
		case <-ticker.C:
			served.Add([]string{aya, kofi}[n%2], map[string]any{
				"type": "mobile_money_in", "rail": "wave", "amount_minor": 500 * n, "status": "settled", "custodian": "Ecobank",
			})
		}
	}
}

// writeConsents writes a file that only its owner can read.
func writeConsents(file string, entries map[string]walletservice.Consent) error {
	content, err := json.MarshalIndent(entries, "", "  ") //nolint:gosec // tokens of a fake gateway, which this file is for
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(content, '\n'), 0o600)
}
