package walletscmd

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/openfinance/books"
	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/wallet"
	"github.com/djamo/djamo-go/openfinance/walletsync"
	"github.com/djamo/djamo-go/openfinance/walletsync/sqlstore"
)

// exported is a statement that somebody wants.
type exported struct {
	database, wallet, from, to, format, currency, zone string
}

func exportCommand(t terminal.Terminal) *cobra.Command {
	var e exported
	command := &cobra.Command{
		Use:   "export --db FILE|postgres://… --wallet ID --from DAY --to DAY",
		Short: "Print a statement of a wallet, as CSV or CAMT.053",
		Long: `Prints what happened on a wallet on some days, both included: opening balance, movements, and closing balance. It adds up to the
last franc, or nothing is printed. The balance is the gateway's; what it has more than the stored transactions was there before
the first of them, and stands in the opening.

CAMT.053 is the bank statement of ISO 20022 (camt.053.001.08), which accounting programs read.

Exit codes:
  0   the statement was printed
  1   anything else, such as a balance that was not read yet: run it again
  3   the transactions do not make the sum that the store has counted: a person must look at it
  64  bad input`,
		Example: "  djamo wallets export --db wallets.db --wallet wal_XOF_1 --from 2026-05-01 --to 2026-05-31 --format camt053 > may.xml",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			write, err := e.writer()
			if err != nil {
				return err
			}
			var text bytes.Buffer
			if err := withStore(command.Context(), t, e.database, false, func(ctx context.Context, store *sqlstore.Store) error {
				return write(ctx, store, &text)
			}); err != nil {
				return err
			}
			_, err = t.Out.Write(text.Bytes())
			return err
		},
	}
	flags := command.Flags()
	flags.StringVar(&e.database, "db", "", "file of SQLite, or postgres://…")
	flags.StringVar(&e.wallet, "wallet", "", "id of the wallet")
	flags.StringVar(&e.from, "from", "", "first day, such as 2026-05-01")
	flags.StringVar(&e.to, "to", "", "last day, such as 2026-05-31")
	flags.StringVar(&e.format, "format", "csv", "csv or camt053")
	flags.StringVar(&e.currency, "currency", "XOF", "currency of the wallet")
	flags.StringVar(&e.zone, "zone", "UTC", "time zone that a day is one of, such as Africa/Abidjan")
	return command
}

// writer checks what was asked for. What it returns writes the statement, whole or not at all.
func (e *exported) writer() (func(ctx context.Context, store *sqlstore.Store, to *bytes.Buffer) error, error) {
	first, err := parseDay("--from", e.from)
	if err != nil {
		return nil, err
	}
	last, err := parseDay("--to", e.to)
	if err != nil {
		return nil, err
	}
	currency, known := money.Lookup(e.currency)
	zone, noZone := time.LoadLocation(e.zone)
	switch {
	case e.wallet == "":
		return nil, exit.BadUsage("--wallet: must be given")
	case last.Before(first):
		return nil, exit.BadUsage("--to: %s is before %s", last, first)
	case e.format != "csv" && e.format != "camt053":
		return nil, exit.BadUsage("--format %q: must be csv or camt053", e.format)
	case !known:
		return nil, exit.BadUsage("--currency: %q is not known: XOF, DJF, USD and EUR are", e.currency)
	case noZone != nil || e.zone == "":
		return nil, exit.BadUsage("--zone: %q is no time zone such as Africa/Abidjan", e.zone)
	}
	return func(ctx context.Context, store *sqlstore.Store, to *bytes.Buffer) error {
		statement, err := books.OfWallet(ctx, store, e.wallet, currency, first, last, zone)
		if err == nil && e.format == "csv" {
			err = statement.WriteCSV(to)
		} else if err == nil {
			err = statement.WriteCAMT053(to, time.Now())
		}
		switch {
		case errors.Is(err, walletsync.ErrUnknownWallet):
			return exit.BadUsage("--wallet: the database does not have %q: djamo wallets status lists those it has", e.wallet)
		case errors.Is(err, books.ErrBalance):
			return lang.Errorf("the balance of the wallet is not known yet: djamo wallets run reads it")
		case errors.Is(err, books.ErrTotals):
			return &exit.Error{Code: exit.Unresolved, Err: lang.Errorf("nothing was printed: %w", err)}
		}
		return err
	}, nil
}

func parseDay(flag, text string) (wallet.Date, error) {
	day, err := wallet.ParseDate(text)
	if err != nil || day.String() != text || text == "" {
		return day, exit.BadUsage("%s: %q is no date such as 2026-05-31", flag, text)
	}
	return day, nil
}
