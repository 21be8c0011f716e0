// Command payroll-cluster pays files of salaries with as many workers as you like, on as many machines, over one
// PostgreSQL database.
//
//	export DJAMO_DATABASE_URL=postgres://user@host:5432/payroll DJAMO_ACCESS_TOKEN=… DJAMO_API_URL=…
//	go run ./examples/payroll-cluster migrate             once, and after each update of the program
//	go run ./examples/payroll-cluster work                on each machine, as a service
//	go run ./examples/payroll-cluster enqueue FILE.csv    pays the file; -run names it
//	go run ./examples/payroll-cluster status RUN          how far it is; without RUN, every run
//	go run ./examples/payroll-cluster report RUN FILE     what became of each payout, as .csv, .json or .html
//	go run ./examples/payroll-cluster cancel RUN          sends nothing more of it, until it is resumed
//	go run ./examples/payroll-cluster resume RUN          goes on with it
//
// Files are those of examples/payroll, with phone numbers in E.164. Enqueued twice, a file is paid once. It exits with 0 when
// all went well, 2 when the input is bad and nothing was enqueued, and 1 after anything else.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/riverpayroll"
)

// envDatabase names the database: journal and queue.
const envDatabase = "DJAMO_DATABASE_URL"

// What the program exits with.
const (
	exitOK       = 0
	exitFailed   = 1
	exitBadInput = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// command is what the program can do, once it has its database.
type command struct {
	args string // what comes after its name, for people
	run  func(ctx context.Context, p *program, args []string) error
}

func commands() map[string]command {
	return map[string]command{
		"migrate": {"", migrate},
		"enqueue": {"[-run NAME] [-part-size N] [-allow-short] FILE.csv", enqueue},
		"work":    {"[-sending N] [-settling N] [-mode batch|single] [-send-timeout D] [-quiet D] [-lease D] [-poll D]", work},
		"status":  {"[RUN]", status},
		"report":  {"RUN FILE", report},
		"cancel":  {"RUN", cancel},
		"resume":  {"RUN", resume},
	}
}

// errUsage is a command line that cannot be read. Whoever returns it has said why.
var errUsage = errors.New("see the usage above")

// badInputError ends the program before anything was enqueued.
type badInputError struct{ error }

func (e badInputError) Unwrap() error { return e.error }

// program is what commands share.
type program struct {
	pool *pgxpool.Pool
	out  io.Writer
	err  io.Writer
	log  *slog.Logger
}

func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	err := dispatch(ctx, args, out, errOut)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errUsage), errors.As(err, new(badInputError)):
		fmt.Fprintln(errOut, djamo.MaskPhones(err.Error()))
		return exitBadInput
	default:
		fmt.Fprintln(errOut, djamo.MaskPhones(err.Error()))
		return exitFailed
	}
}

func dispatch(ctx context.Context, args []string, out, errOut io.Writer) error {
	if len(args) == 0 {
		return usage(errOut)
	}
	chosen, ok := commands()[args[0]]
	if !ok {
		return usage(errOut)
	}
	address := os.Getenv(envDatabase)
	if address == "" {
		return badInputError{fmt.Errorf("set %s to the PostgreSQL database of journal and queue, postgres://user@host:port/database", envDatabase)}
	}
	pool, err := pgxpool.New(ctx, address)
	if err != nil {
		return badInputError{fmt.Errorf("%s cannot be read", envDatabase)} // its text would show the password
	}
	defer pool.Close()
	p := &program{pool: pool, out: out, err: errOut, log: slog.New(slog.NewTextHandler(errOut, nil))}
	if args[0] != "migrate" {
		if err := riverpayroll.Check(ctx, pool); err != nil {
			return err
		}
	}
	return chosen.run(ctx, p, args[1:])
}

func usage(out io.Writer) error {
	var text strings.Builder
	for _, name := range []string{"migrate", "work", "enqueue", "status", "report", "cancel", "resume"} {
		fmt.Fprintf(&text, "  payroll-cluster %s %s\n", name, commands()[name].args)
	}
	fmt.Fprint(out, "usage:\n", text.String())
	return errUsage
}

func migrate(ctx context.Context, p *program, args []string) error {
	if len(args) > 0 {
		return usage(p.err)
	}
	if err := riverpayroll.Migrate(ctx, p.pool); err != nil {
		return err
	}
	fmt.Fprintln(p.out, "The tables are up to date.")
	return nil
}
