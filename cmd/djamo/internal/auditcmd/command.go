// Package auditcmd has the commands for the audit log of a database: djamo audit verify, export, checkpoint and prune. Package
// audit carries them out.
package auditcmd

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	_ "modernc.org/sqlite" // driver of SQLite

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/postgres"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/openfinance/audit"
	"github.com/djamo/djamo-go/openfinance/walletservice"
)

// Command is djamo audit.
func Command(t terminal.Terminal) *cobra.Command {
	command := &cobra.Command{
		Use:   "audit",
		Short: "Verify, export and sign the record of what was read under which consent",
		Long: "Every read of a wallet or an account, and whatever happens to a consent, is a row of a log in the database. Rows are chained\n" +
			"by hashes, so that one that was altered, deleted or moved is found.",
	}
	command.AddCommand(verifyCommand(t), exportCommand(t), checkpointCommand(t), pruneCommand(t))
	return command
}

func verifyCommand(t terminal.Terminal) *cobra.Command {
	var database, checkpoint, key string
	command := &cobra.Command{
		Use:   "verify --db FILE|postgres://… [--checkpoint FILE --public-key FILE]",
		Short: "Look for rows that were altered, deleted or moved",
		Long: `Reads the whole log and prints what it found as one JSON object: rows, chains, rows that the retention has taken (pruned), bad
chains, and for each bad one (the first hundred) its first bad row. With a checkpoint it also finds rows that were cut off at the
end, even where the record of that end went with them, and a log that was written anew. A million rows take some ten seconds.

Exit codes:
  0   nothing was altered
  1   anything else, such as a database that cannot be reached: run it again
  3   the log was altered, or the checkpoint cannot be trusted: a person must look at it
  64  bad input`,
		Example: "  djamo audit verify --db wallets.db --checkpoint 2026-05-31.checkpoint --public-key audit.pub",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			against, closeCheckpoint, err := readSigned(command.Context(), checkpoint, key)
			if err != nil {
				return err
			}
			defer closeCheckpoint()
			return withLog(command.Context(), t, database, func(ctx context.Context, log *audit.Log) error {
				return verify(ctx, t, log, against)
			})
		},
	}
	flags := command.Flags()
	flags.StringVar(&database, "db", "", "file of SQLite, or postgres://…")
	flags.StringVar(&checkpoint, "checkpoint", "", "file of a checkpoint to compare with; - for standard input")
	flags.StringVar(&key, "public-key", "", "file of the public key of who signed the checkpoint, in PEM")
	return command
}

// found is what verify prints.
type found struct {
	Rows       int64      `json:"rows"`
	Chains     int64      `json:"chains"`
	Pruned     int64      `json:"pruned"`     // rows
	Bad        int64      `json:"bad"`        // chains
	Open       int64      `json:"open_hours"` //nolint:tagliatelle // chains with reads of an hour that is not over, not chained yet
	Checkpoint *time.Time `json:"checkpoint"`
	Faults     []fault    `json:"faults"`
}

type fault struct {
	Chain   string `json:"chain"`
	N       int64  `json:"row"`
	Problem string `json:"problem"`
}

func verify(ctx context.Context, t terminal.Terminal, log *audit.Log, against *audit.Signed) error {
	report, err := log.Verify(ctx, against)
	if errors.Is(err, audit.ErrCheckpoint) {
		return &exit.Error{Code: exit.Unresolved, Err: err}
	}
	if err != nil {
		return err
	}
	said := found{Rows: report.Rows, Chains: report.Chains, Pruned: report.Pruned, Bad: report.Bad, Open: report.Open, Faults: []fault{}}
	if against != nil {
		said.Checkpoint = &report.Checkpoint
	}
	for _, f := range report.Faults {
		said.Faults = append(said.Faults, fault(f))
	}
	out := json.NewEncoder(t.Out)
	out.SetEscapeHTML(false)
	if err := out.Encode(said); err != nil || report.Bad == 0 {
		return err
	}
	first := report.Faults[0]
	return &exit.Error{Code: exit.Unresolved, Err: lang.Errorf(
		"the log was altered: %d of its chains are bad, and the first bad row is %d of %s",
		report.Bad, first.N, first.Chain)}
}

// readSigned opens a checkpoint and its key; nil: none is given.
func readSigned(ctx context.Context, checkpoint, key string) (*audit.Signed, func(), error) {
	switch {
	case checkpoint == "" && key == "":
		return nil, func() {}, nil
	case checkpoint == "":
		return nil, nil, exit.BadUsage("--checkpoint: must be given with --public-key")
	case key == "":
		return nil, nil, exit.BadUsage("--public-key: must be given with --checkpoint: whoever can write a file can write a checkpoint")
	}
	text, err := os.ReadFile(key) //nolint:gosec // the operator names it
	if err != nil {
		return nil, nil, exit.BadUsage("--public-key: %s cannot be read: %s", key, reason(err))
	}
	public, err := audit.ParsePublicKey(text)
	if err != nil {
		return nil, nil, exit.BadUsage("--public-key: %s: %s", key, lang.Phrase(strings.TrimPrefix(err.Error(), "audit: ")))
	}
	if checkpoint == "-" {
		return &audit.Signed{Checkpoint: untilStopped(ctx, os.Stdin), PublicKey: public}, func() {}, nil
	}
	file, err := os.Open(checkpoint) //nolint:gosec // the operator names it
	if err != nil {
		return nil, nil, exit.BadUsage("--checkpoint: %s cannot be read: %s", checkpoint, reason(err))
	}
	return &audit.Signed{Checkpoint: file, PublicKey: public}, func() { _ = file.Close() }, nil
}

// untilStopped reads what somebody may never type to its end: Ctrl-C ends it.
func untilStopped(ctx context.Context, in io.Reader) io.Reader {
	read, write := io.Pipe()
	context.AfterFunc(ctx, func() { _ = write.CloseWithError(ctx.Err()) })
	go func() {
		_, err := io.Copy(write, in)
		_ = write.CloseWithError(err) // nil is the end
	}()
	return read
}

// reason is an error of a file without its path.
func reason(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err
	}
	return err
}

func exportCommand(t terminal.Terminal) *cobra.Command {
	var database, account, format, from, until string
	command := &cobra.Command{
		Use:   "export --db FILE|postgres://… [--format csv|jsonl]",
		Short: "Print the log for an auditor, as CSV or as JSON lines",
		Long: "Prints each use of a consent: time, wallet or account, consent (a keyed hash of its id), action, scope, hash of the request,\n" +
			"response code, number of items, names of the fields that were kept, and its place in the chain. Reads that found nothing\n" +
			"are one row for each hour. There is no token, no amount and no name in it.",
		Example: "  djamo audit export --db wallets.db --format csv --from 2026-01-01 --until 2026-07-01 > audit.csv",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			selection := audit.Selection{Account: account}
			if format != string(audit.CSV) && format != string(audit.JSONL) {
				return exit.BadUsage("--format %q: must be csv or jsonl", format)
			}
			for _, day := range []struct {
				flag, value string
				into        *time.Time
			}{{"from", from, &selection.From}, {"until", until, &selection.Until}} {
				if day.value == "" {
					continue
				}
				at, err := time.Parse(time.DateOnly, day.value)
				if err != nil {
					return exit.BadUsage("--%s %q: must be a day such as 2026-01-31", day.flag, day.value)
				}
				*day.into = at
			}
			return withLog(command.Context(), t, database, func(ctx context.Context, log *audit.Log) error {
				_, err := log.Export(ctx, t.Out, audit.Format(format), selection)
				return err
			})
		},
	}
	flags := command.Flags()
	flags.StringVar(&database, "db", "", "file of SQLite, or postgres://…")
	flags.StringVar(&account, "account", "", "only this wallet or account; consent:HASH for what happened to a consent")
	flags.StringVar(&format, "format", string(audit.CSV), "csv or jsonl")
	flags.StringVar(&from, "from", "", "only from this day on (UTC), such as 2026-01-31")
	flags.StringVar(&until, "until", "", "only before this day (UTC), such as 2026-02-28")
	return command
}

func checkpointCommand(t terminal.Terminal) *cobra.Command {
	var database, key, out string
	command := &cobra.Command{
		Use:   "checkpoint --db FILE|postgres://… --key FILE [--out FILE]",
		Short: "Sign where the log stands now, to be kept where nobody can alter it",
		Long: `Writes where each chain stands, signed with ed25519: whatever is cut off or written anew later differs from it. Keep it out of
the reach of whoever can write to the database, for example in a bucket with object lock, and verify the log before.

Make the keys once, and keep the private one away from the database:
  openssl genpkey -algorithm ed25519 -out audit.key
  openssl pkey -in audit.key -pubout -out audit.pub`,
		Example: "  djamo audit checkpoint --db wallets.db --key audit.key --out 2026-05-31.checkpoint",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if key == "" {
				return exit.BadUsage("--key: must be given")
			}
			text, err := os.ReadFile(key) //nolint:gosec // the operator names it
			if err != nil {
				return exit.BadUsage("--key: %s cannot be read: %s", key, reason(err))
			}
			private, err := audit.ParsePrivateKey(text)
			if err != nil {
				return exit.BadUsage("--key: %s: %s", key, lang.Phrase(strings.TrimPrefix(err.Error(), "audit: ")))
			}
			return withLog(command.Context(), t, database, func(ctx context.Context, log *audit.Log) error {
				return write(t, out, func(to io.Writer) (audit.Summary, error) { return log.Checkpoint(ctx, to, private, time.Now()) })
			})
		},
	}
	flags := command.Flags()
	flags.StringVar(&database, "db", "", "file of SQLite, or postgres://…")
	flags.StringVar(&key, "key", "", "file of the private key, in PEM")
	flags.StringVar(&out, "out", "", "file to write to, which must not be there yet; default: standard output")
	return command
}

// write makes a file, or writes to standard output. A file that could not be written whole is not left.
func write(t terminal.Terminal, out string, checkpoint func(io.Writer) (audit.Summary, error)) error {
	if out == "" {
		_, err := checkpoint(t.Out)
		return err
	}
	file, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // it is to be read by others
	if err != nil {
		return exit.BadUsage("--out: %s cannot be made: %s", out, reason(err))
	}
	sum, err := checkpoint(file)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(out))
	}
	t.Tell("%d rows of %d chains are signed in %s", sum.Rows, sum.Chains, out)
	return nil
}

// withLog opens the log of a database and does the work.
func withLog(ctx context.Context, t terminal.Terminal, address string, do func(context.Context, *audit.Log) error) error {
	opener := walletservice.Opener{Postgres: func(address string) (*sql.DB, error) { return postgres.Open(address, t) }}
	log, closeLog, err := opener.OpenAudit(ctx, address)
	if err == nil {
		defer closeLog()
		err = do(ctx, log)
	}
	if err != nil && ctx.Err() != nil {
		return &exit.Error{Code: exit.Interrupted, Err: lang.Errorf("interrupted: type the command again")}
	}
	if input, wrong := errors.AsType[*walletservice.InputError](err); wrong {
		return exit.BadUsage("%s; nothing was done", input.Text("--"))
	}
	if exit.IsBadDatabase(err) {
		return exit.BadInput(lang.Errorf("--db: the database cannot be used: %w; nothing was done", err))
	}
	return err
}
