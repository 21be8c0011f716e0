package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/walletservice"
	"github.com/djamo/djamo-go/openfinance/walletsync/sqlstore"
)

// The wallets of the demonstration.
const (
	aya   = "wal_XOF_aya"
	kofi  = "wal_XOF_kofi"
	gone  = "wal_XOF_gone"
	month = 30
)

// demo shows a day of life in seconds: history that is filled in, a push, a push that is lost, a page that changes while it
// is read, and a consent that its holder revokes.
func demo(ctx context.Context, stdout io.Writer) error {
	folder, err := os.MkdirTemp("", "wallet-sync-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder that stays harms nobody
	gateway := gatewaytest.New(gatewaytest.Options{Seed: 2026, TokenLife: 3 * time.Second, MaxPage: 20})
	url, err := gateway.Start()
	if err != nil {
		return err
	}
	defer gateway.Close()
	today := time.Now().UTC().Truncate(24 * time.Hour)
	for _, id := range []string{aya, kofi, gone} {
		gateway.AddWallet(id, 100_000)
		gateway.Live(id, today.AddDate(0, 0, -2*month), month, true)
		gateway.Live(id, today.AddDate(0, 0, -month), month, false)
	}
	settings := walletservice.Settings{
		Gateway: url, Database: filepath.Join(folder, "wallets.db"), Consents: filepath.Join(folder, "consents.json"),
		Wallets: strings.Join([]string{aya, kofi, gone}, ","), From: today.AddDate(0, 0, -2*month).Format(time.DateOnly), Currency: "XOF",
		Listen: "127.0.0.1:0", Poll: time.Second, ReadTimeout: 5 * time.Second, Page: 20,
	}
	entries := map[string]walletservice.Consent{}
	for _, id := range []string{aya, kofi, gone} {
		given := gateway.Issue(id)
		entries[id] = walletservice.Consent{ConsentID: given.ID, Token: given.Token, RefreshToken: given.RefreshToken}
	}
	if err := writeConsents(settings.Consents, entries); err != nil {
		return err
	}
	secret := rand.Text()
	service, err := settings.Service(func(name string) string {
		return map[string]string{"DJAMO_PISPI_SECRET": secret}[name] // the key that seals tokens is made beside the database
	})
	if err != nil {
		return err
	}
	store, closeStore, err := walletservice.OpenStore(ctx, settings.Database, true)
	if err != nil {
		return err
	}
	defer closeStore()

	fmt.Fprintf(stdout, "A gateway with three wallets runs at %s. Their last month is in the feed, the month before is history.\n", url)
	running, stop := context.WithCancel(ctx)
	defer stop()
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- service.Run(running, store, slog.New(slog.DiscardHandler), ready)
		close(ended)
	}()
	err = scene{gateway: gateway, store: store, out: stdout, from: settings.From}.tell(ctx, ready, ended, secret, entries[gone].ConsentID)
	stop()
	return errors.Join(err, <-ended)
}

// scene is what happens in the demonstration.
type scene struct {
	gateway *gatewaytest.Gateway
	store   *sqlstore.Store
	out     io.Writer
	from    string
}

func (s scene) tell(ctx context.Context, ready <-chan string, ended <-chan error, secret, revoked string) error {
	var receiver string
	select {
	case receiver = <-ready:
	case err := <-ended:
		return errors.Join(err, errors.New("the sync ended before it began"))
	}
	if err := s.wait(ctx, "the feed and the history are stored", aya, kofi, gone); err != nil {
		return err
	}
	now := time.Now().UTC().Format(time.RFC3339)
	id := s.gateway.Add(
		aya,
		map[string]any{"ts": now, "type": "mobile_money_in", "rail": "wave", "amount_minor": 5000, "status": "settled"},
	)
	if _, err := s.gateway.Push(ctx, "http://"+receiver+"/djamo/pi-spi", secret, aya, id); err != nil {
		return err
	}
	if err := s.wait(ctx, "a transfer was pushed and is stored", aya); err != nil {
		return err
	}
	s.gateway.Add(
		kofi,
		map[string]any{"ts": now, "type": "mobile_money_out", "rail": "orange_money", "amount_minor": -2500, "status": "settled"},
	)
	if err := s.wait(ctx, "the push of another was lost, and polling has found it", kofi); err != nil {
		return err
	}
	s.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.Mutation, Wallet: kofi})
	s.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.CursorLost, Wallet: aya})
	s.gateway.Live(aya, time.Now().UTC(), 1, false)
	s.gateway.Live(kofi, time.Now().UTC(), 1, false)
	if err := s.wait(ctx, "pages changed while they were read, and a cursor went bad: read anew", aya, kofi); err != nil {
		return err
	}
	s.gateway.Revoke(revoked)
	if err := s.waitFor(ctx, "a holder revoked the consent: reading has stopped", func() (bool, error) {
		lines, err := s.lines(ctx)
		return lines[gone].ConsentState == string(consent.Revoked), err
	}); err != nil {
		return err
	}
	return s.table(ctx)
}

// wait waits until the store has what the gateway's ledger has.
func (s scene) wait(ctx context.Context, what string, wallets ...string) error {
	return s.waitFor(ctx, what, func() (bool, error) {
		lines, err := s.lines(ctx)
		for _, id := range wallets {
			line := lines[id]
			if line.State != "in_step" || line.Backfill != "done" || int(line.Items) != len(s.gateway.Ledger(id, s.from)) {
				return false, err
			}
		}
		return true, err
	})
}

func (s scene) waitFor(ctx context.Context, what string, done func() (bool, error)) error {
	began := time.Now()
	const patience, pause = 30 * time.Second, 20 * time.Millisecond
	for {
		ok, err := done()
		switch {
		case err != nil:
			return err
		case ok:
			fmt.Fprintf(s.out, "  %4.1f s  %s\n", time.Since(began).Seconds(), what)
			return nil
		case time.Since(began) > patience:
			return fmt.Errorf("it did not happen within %v: %s", patience, what)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (s scene) lines(ctx context.Context) (map[string]walletservice.StatusLine, error) {
	statuses, err := s.store.Statuses(ctx)
	lines := map[string]walletservice.StatusLine{}
	for _, status := range statuses {
		lines[status.Wallet] = walletservice.StatusOf(status, time.Now())
	}
	return lines, err
}

// table prints what was stored, beside what the gateway has.
func (s scene) table(ctx context.Context) error {
	lines, err := s.lines(ctx)
	if err != nil {
		return err
	}
	out := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "\nwallet\tstate\tconsent\titems stored\titems of the gateway\tchanges\tmissing\tgap to the balance, XOF")
	missing := 0
	for _, id := range []string{aya, kofi, gone} {
		line := lines[id]
		changes, err := s.store.Changes(ctx, id, 0, 1_000_000)
		if err != nil {
			return err
		}
		stored := map[string]bool{}
		for _, change := range changes {
			stored[change.ID] = change.Kind != "removed"
		}
		lost := 0
		ledger := s.gateway.Ledger(id, s.from)
		for item := range ledger {
			if !stored[item] {
				lost++
			}
		}
		missing += lost
		gap := "unknown"
		if line.BalanceGap != nil {
			gap = fmt.Sprint(*line.BalanceGap)
		}
		fmt.Fprintf(
			out,
			"%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\n",
			id,
			line.State,
			line.ConsentState,
			line.Items,
			len(ledger),
			len(changes),
			lost,
			gap,
		)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(s.out, "\nThe gap is the balance from before the first transaction: it is shown and never made up for.")
	if missing > 0 {
		return fmt.Errorf("%d transactions of the gateway are not stored", missing)
	}
	return nil
}
