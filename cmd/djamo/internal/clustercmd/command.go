// Package clustercmd has the commands that pay files with workers on many machines: djamo payroll cluster migrate, work,
// enqueue, status, report, cancel and resume.
package clustercmd

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/payoutfile"
	"github.com/djamo/djamo-go/cmd/djamo/internal/postgres"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/riverpayroll"
)

// envDatabase names the database: journal and queue.
const envDatabase = "DJAMO_DATABASE_URL"

// program is what commands share.
type program struct {
	pool *pgxpool.Pool
	out  io.Writer
	term terminal.Terminal
	log  *slog.Logger
}

// Command is djamo payroll cluster.
func Command(t terminal.Terminal, o *options.Options) *cobra.Command {
	command := &cobra.Command{
		Use:   "cluster",
		Short: "Pay files with workers on many machines, over one PostgreSQL database",
		Long: "Pays files with workers on many machines. Journal and queue are in the PostgreSQL database that " + envDatabase + "\n" +
			"names. Enqueued twice, a file is paid once.",
	}
	command.AddCommand(
		migrateCommand(t),
		workCommand(t, o),
		enqueueCommand(t, o),
		statusCommand(t),
		reportCommand(t),
		cancelCommand(t),
		resumeCommand(t, o),
	)
	return command
}

// withDatabase opens the database, makes sure that its tables are of a version that this program knows, and does the work.
func withDatabase(ctx context.Context, t terminal.Terminal, do func(*program) error) error {
	return onPool(ctx, t, func(p *program) error {
		if err := riverpayroll.Check(ctx, p.pool); err != nil {
			return unusable(ctx, err)
		}
		return do(p)
	})
}

func onPool(ctx context.Context, t terminal.Terminal, do func(*program) error) error {
	address := os.Getenv(envDatabase)
	if address == "" {
		return exit.BadInput(
			lang.Errorf("nothing was sent: set %s to the PostgreSQL database of journal and queue, postgres://user@host:port/database", envDatabase),
		)
	}
	pool, err := newPool(ctx, address, t)
	if err != nil { // its text would show the password
		return exit.BadInput(lang.Errorf(
			"nothing was sent: %s cannot be read: it must be an address such as postgres://user@host:port/database", envDatabase))
	}
	defer pool.Close()
	err = do(&program{pool: pool, out: t.Out, term: t, log: slog.New(slog.NewTextHandler(t.Err, nil))})
	if err != nil && ctx.Err() != nil && !errors.As(err, new(*exit.Error)) {
		return &exit.Error{Code: exit.Interrupted, Err: lang.Errorf("interrupted: type the command again")}
	}
	return err
}

func newPool(ctx context.Context, address string, t terminal.Terminal) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	postgres.Bound(config.ConnConfig, t)
	return pgxpool.NewWithConfig(ctx, config)
}

func migrateCommand(t terminal.Terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Make or update the tables; once, and after each update of the program",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return onPool(c.Context(), t, func(p *program) error {
				if err := riverpayroll.Migrate(c.Context(), p.pool); err != nil {
					return unusable(c.Context(), err)
				}
				t.Tell("The tables are up to date.")
				return nil
			})
		},
	}
}

// unusable is a database that cannot be used: a mistake of whoever has named it, unless it is only away.
func unusable(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil, errors.Is(err, payroll.ErrLeaseHeld):
		return err
	case exit.IsBadDatabase(err):
		return exit.NotSent(ctx, lang.Errorf("%w: mend the database, or the address in %s", err, envDatabase))
	}
	return lang.Errorf("nothing was sent: the database cannot be used now: %w", err)
}

// oneRun takes the name of a run.
func oneRun(_ *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return exit.BadUsage("RUN must be the name of one run, got %q: djamo payroll cluster status lists them", maskedArgs(args))
	}
	return runName(args[0])
}

// runName refuses a run that is named as a phone number is: none can be.
func runName(run string) error {
	if err := payoutfile.CheckRunName(run); err != nil {
		return exit.BadUsage("RUN %w", err)
	}
	return nil
}

// maskedArgs are arguments as they may be shown.
func maskedArgs(args []string) []string {
	masked := make([]string, len(args))
	for i, arg := range args {
		masked[i] = djamo.MaskPhones(arg)
	}
	return masked
}
