package walletservice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/pispi"
	"github.com/djamo/djamo-go/openfinance/wallet"
	"github.com/djamo/djamo-go/openfinance/walletsync"
	"github.com/djamo/djamo-go/openfinance/walletsync/sqlstore"
)

// Service keeps wallets in a database. It is made by Settings.Service.
type Service struct {
	settings Settings
	wallets  []string
	grants   map[string]consent.Grant // by wallet
	from     wallet.Date
	secrets  []string
	sealer   *consent.Sealer
}

// Run reads until the context ends or, with Once, everything is there. The end of the context is no error. An error is an
// InputError when nothing was done, matches ErrAttention when it takes a person, and otherwise may pass: run it again. ready is
// told the address on which pushes are received, and may be nil.
func (v *Service) Run(ctx context.Context, store *sqlstore.Store, logger *slog.Logger, ready chan<- string) error {
	client, err := wallet.NewClient(wallet.Options{URL: v.settings.Gateway, MaxAttempts: 1, Timeout: v.settings.ReadTimeout})
	if err != nil {
		return wrong("gateway", "%v", err)
	}
	owner, alive := OwnerOfThisProcess()
	keeper := &consent.Keeper{
		Store: store, Sealer: v.sealer, Exchanger: &consent.OAuth{TokenURL: v.settings.TokenURL}, Owner: owner, Alive: alive, Logger: logger,
	}
	engine := &walletsync.Engine{
		Store: store, Gateway: client, Keeper: keeper, Owner: owner, Alive: alive, Currency: v.settings.Currency,
		Poll: v.settings.Poll, PageSize: v.settings.Page, ReadTimeout: v.settings.ReadTimeout, Logger: logger,
	}
	if err := v.register(ctx, store, engine); err != nil {
		return ended(ctx, err)
	}
	runner := engine.Runner(v.wallets)
	if v.settings.Listen != "" {
		address, stop, err := v.receive(ctx, store, runner, logger)
		if err != nil {
			return err
		}
		defer stop()
		if ready != nil {
			ready <- address
		}
	}
	if !v.settings.Once {
		return ended(ctx, runner.Run(ctx))
	}
	err = runner.Once(ctx)
	if ctx.Err() != nil {
		return nil
	}
	return v.verdict(ctx, store, err)
}

// ended says how a run ends: a signal is no failure.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // see above
	}
	return err
}

// register makes the wallets, their consents and their backfills known to the store.
func (v *Service) register(ctx context.Context, store *sqlstore.Store, engine *walletsync.Engine) error {
	for _, id := range v.wallets {
		if state, err := store.Load(ctx, id); err == nil {
			if err := engine.Keeper.Check(ctx, state.Consent); errors.Is(err, consent.ErrKey) {
				return wrong("", "DJAMO_CONSENT_KEY: the tokens of %s were sealed with another key", id)
			}
		}
		if grant, ok := v.grants[id]; ok {
			key, err := engine.Keeper.Adopt(ctx, grant)
			if err == nil {
				err = store.Register(ctx, id, key)
			}
			if err != nil {
				return err
			}
		} else if _, err := store.Load(ctx, id); errors.Is(err, walletsync.ErrUnknownWallet) {
			return noConsent(id)
		} else if err != nil {
			return err
		}
		if v.from != (wallet.Date{}) {
			if err := engine.Backfill(ctx, id, v.from); err != nil {
				return err
			}
		}
	}
	return nil
}

// receive takes pushes in. What is told of is stored before the answer is given, and the wallet read at once.
func (v *Service) receive(
	ctx context.Context,
	store *sqlstore.Store,
	runner *walletsync.Runner,
	logger *slog.Logger,
) (string, func(), error) {
	handler := &pispi.Handler{Secrets: v.secrets, Logger: logger, Handle: func(ctx context.Context, event pispi.Event) error {
		if event.WalletID == "" {
			return nil
		}
		known, err := store.Announce(ctx, event.WalletID, event.TxID, time.Now())
		if known {
			runner.Poke(event.WalletID)
		}
		return err
	}}
	mux := http.NewServeMux()
	mux.Handle("POST /djamo/pi-spi", handler)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", v.settings.Listen)
	if err != nil {
		return "", nil, fmt.Errorf("pushes cannot be received: %w", err)
	}
	server := &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			logger.Error("the receiver of pushes has ended", slog.String("error", err.Error()))
		}
	}()
	return listener.Addr().String(), func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		if server.Shutdown(ending) != nil {
			_ = server.Close()
		}
		<-done
	}, nil
}

// verdict is how a run with Once has ended.
func (v *Service) verdict(ctx context.Context, store *sqlstore.Store, failure error) error {
	statuses, err := store.Statuses(ctx)
	if err != nil {
		return errors.Join(failure, err)
	}
	var people []error
	for _, status := range statuses {
		if !slices.Contains(v.wallets, status.Wallet) {
			continue
		}
		if status.Quarantined > 0 {
			people = append(people, fmt.Errorf("%w: wallet %s: %d items are quarantined", ErrAttention, status.Wallet, status.Quarantined))
		}
		if !status.Consent.State.Live() {
			people = append(people, fmt.Errorf("%w: wallet %s: its consent is %s", ErrAttention, status.Wallet, status.Consent.State))
		}
	}
	return errors.Join(append(people, failure)...)
}
