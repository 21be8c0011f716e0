// Package walletscmd has the commands that keep wallets in a database: djamo wallets run, changes, status, quarantine and export. The
// contract of the first three is that of example wallet-sync, and package walletservice carries out all but the last.
package walletscmd

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"
	_ "modernc.org/sqlite" // driver of SQLite

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/postgres"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/openfinance/walletservice"
	"github.com/djamo/djamo-go/openfinance/walletsync/sqlstore"
)

// Command is djamo wallets.
func Command(t terminal.Terminal) *cobra.Command {
	command := &cobra.Command{
		Use:   "wallets",
		Short: "Read Djamo wallets with their holders' consent, and keep them in a database",
		Long: "Reads wallets behind an open-finance gateway and keeps a copy in SQLite or PostgreSQL: each transaction once, in order,\n" +
			"whatever is killed, repeated, late or pushed early. The gateway's shapes are not confirmed by a gateway yet.",
	}
	command.AddCommand(runCommand(t), changesCommand(t), exportCommand(t), statusCommand(t), quarantineCommand(t))
	return command
}

func runCommand(t terminal.Terminal) *cobra.Command {
	var settings walletservice.Settings
	command := &cobra.Command{
		Use:   "run --gateway URL --wallet ID[,ID…] --db FILE|postgres://…",
		Short: "Keep wallets in a database until told to stop or, with --once, until everything is there",
		Long: `Reads the wallets until it is told to stop. Kill it as you like and start it again: each transaction is there once. Several
may run on one database; each wallet has one reader at a time.

The consent comes from the environment, or for each wallet from the file that --consents names:
  {"wal_…": {"consent_id": "…", "token": "…", "refresh_token": "…"}}

Environment:
  DJAMO_CONSENT_ID             the holder's consent, with its first tokens: later the newer ones of the database count
  DJAMO_CONSENT_TOKEN
  DJAMO_CONSENT_REFRESH_TOKEN
  DJAMO_CONSENT_KEY            32 bytes in base64 that seal the tokens in the database; without it a file of SQLite
                               gets a key beside it, FILE.key
  DJAMO_PISPI_SECRET           signs the pushes that --listen receives at POST /djamo/pi-spi

Exit codes:
  0   told to stop or, with --once, everything is there
  1   anything else: run it again
  3   with --once: a wallet has quarantined items, or its consent is over: a person must look at it
  64  bad input: nothing was done`,
		Example: "  djamo wallets run --gateway https://gateway.example --wallet wal_XOF_1 --db wallets.db --from 2026-01-01 --once",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			service, err := settings.Service(os.Getenv)
			if err != nil {
				return coded(err)
			}
			err = withStore(command.Context(), t, settings.Database, true, func(ctx context.Context, store *sqlstore.Store) error {
				return service.Run(ctx, store, slog.New(slog.NewTextHandler(t.Err, nil)), nil)
			})
			if command.Context().Err() != nil {
				return nil //nolint:nilerr // who is told to stop ends well, also where the database had not answered yet
			}
			return err
		},
	}
	settings.Declare(command.Flags())
	return command
}

func changesCommand(t terminal.Terminal) *cobra.Command {
	var database, wallet string
	var after int64
	command := &cobra.Command{
		Use:   "changes --db FILE|postgres://… --wallet ID",
		Short: "Print the changes of a wallet, one JSON object a line",
		Long: "Prints what was added, modified and removed, in order and without gaps. A reader that remembers the last seq it has\n" +
			"booked, and gives it as --after, books each change once.",
		Example: "  djamo wallets changes --db wallets.db --wallet wal_XOF_1 --after 120",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return withStore(command.Context(), t, database, false, func(ctx context.Context, store *sqlstore.Store) error {
				return walletservice.WriteChanges(ctx, store, wallet, after, t.Out)
			})
		},
	}
	flags := command.Flags()
	flags.StringVar(&database, "db", "", "file of SQLite, or postgres://…")
	flags.StringVar(&wallet, "wallet", "", "id of the wallet")
	flags.Int64Var(&after, "after", 0, "only changes after this seq")
	return command
}

func statusCommand(t terminal.Terminal) *cobra.Command {
	var database string
	command := &cobra.Command{
		Use:   "status --db FILE|postgres://…",
		Short: "Print how each wallet stands, one JSON object a line",
		Long: "Prints for each wallet its state (in_step, syncing, failing, quarantined, rate_limited or stopped by its consent), when it\n" +
			"was read well last, what it has, what pushes announced that has not come, and its balance. The gap is the balance minus\n" +
			"the sum of what is stored: what was there before the first transaction. djamo wallets quarantine lists what is quarantined.",
		Example: "  djamo wallets status --db wallets.db",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return withStore(command.Context(), t, database, false, func(ctx context.Context, store *sqlstore.Store) error {
				return walletservice.WriteStatuses(ctx, store, t.Out)
			})
		},
	}
	command.Flags().StringVar(&database, "db", "", "file of SQLite, or postgres://…")
	return command
}

func quarantineCommand(t terminal.Terminal) *cobra.Command {
	var database, wallet string
	var raw bool
	command := &cobra.Command{
		Use:   "quarantine --db FILE|postgres://…",
		Short: "Print the items that were kept aside, one JSON object a line",
		Long: "Prints the items that could not be read, or that contradict what is final: wallet, when each came first, its id where it has\n" +
			"one, why it was kept aside, its size in bytes, and its hash. With --raw it prints the items themselves as well, which are\n" +
			"personal data, and whole reasons, which may quote them.\n\n" +
			"An item leaves the quarantine by itself when the gateway gives it again and it can be read. What was entered in the last\n" +
			"ten days is read again once a day. This command changes nothing.",
		Example: "  djamo wallets quarantine --db wallets.db --wallet wal_XOF_1 --raw",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return withStore(command.Context(), t, database, false, func(ctx context.Context, store *sqlstore.Store) error {
				return walletservice.WriteQuarantine(ctx, store, wallet, raw, t.Out)
			})
		},
	}
	flags := command.Flags()
	flags.StringVar(&database, "db", "", "file of SQLite, or postgres://…")
	flags.StringVar(&wallet, "wallet", "", "id of the wallet; without it those of all wallets are printed")
	flags.BoolVar(&raw, "raw", false, "print the items themselves, which are personal data")
	return command
}

// withStore opens the database and does the work.
func withStore(
	ctx context.Context, t terminal.Terminal, address string, create bool, do func(context.Context, *sqlstore.Store) error,
) error {
	opener := walletservice.Opener{Postgres: func(address string) (*sql.DB, error) { return postgres.Open(address, t) }}
	store, closeStore, err := opener.OpenStore(ctx, address, create)
	if err == nil {
		defer closeStore()
		err = do(ctx, store)
	}
	if err != nil && ctx.Err() != nil {
		return &exit.Error{Code: exit.Interrupted, Err: lang.Errorf("interrupted: type the command again")}
	}
	return coded(err)
}

// localized has each line of an error of package walletservice said in the operator's language.
type localized struct{ error }

// In says the error in a language.
func (e localized) In(l lang.Language) string {
	lines := strings.Split(e.Error(), "\n")
	for i, line := range lines {
		lines[i] = l.Say("%s", lang.Setting(line))
	}
	return strings.Join(lines, "\n")
}

func (e localized) Unwrap() error { return e.error }

// coded gives an error the exit code that it leads to.
func coded(err error) error {
	if input, wrong := errors.AsType[*walletservice.InputError](err); wrong {
		problem := lang.Setting(input.Problem)
		if input.Flag == "" {
			return exit.BadInput(lang.Errorf("%s; nothing was done", problem))
		}
		return exit.BadUsage("--%s: %s; nothing was done", input.Flag, problem)
	}
	switch {
	case errors.Is(err, walletservice.ErrAttention):
		return &exit.Error{Code: exit.Unresolved, Err: localized{err}}
	case exit.IsBadDatabase(err):
		return exit.BadInput(lang.Errorf("--db: the database cannot be used: %w; nothing was done", err))
	case err == nil || exit.Code(err) == exit.Usage || exit.Code(err) == exit.Unresolved:
		return err
	}
	return &exit.Error{Code: exit.Failed, Err: err} // also of the gateway, whose errors look like those of the API
}
