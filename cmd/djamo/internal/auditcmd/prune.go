package auditcmd

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/openfinance/audit"
)

// notPruned says why nothing was deleted, or why no more was.
func notPruned(err error) error {
	if row, ok := errors.AsType[*audit.UncoveredError](err); ok {
		return exit.BadUsage("--checkpoint: row %d of %s was written after it, and would be deleted: write another checkpoint; "+
			"nothing was done", row.N, row.Chain)
	}
	if bad, ok := errors.AsType[*audit.Fault](err); ok && errors.Is(err, audit.ErrAltered) {
		return &exit.Error{Code: exit.Unresolved, Err: lang.Errorf(
			"the log was altered, so nothing was deleted: the first bad row is %d of %s", bad.N, bad.Chain)}
	}
	if errors.Is(err, audit.ErrAltered) || errors.Is(err, audit.ErrCheckpoint) {
		return &exit.Error{Code: exit.Unresolved, Err: err}
	}
	return err
}

func pruneCommand(t terminal.Terminal) *cobra.Command {
	var database, before, checkpoint, key string
	command := &cobra.Command{
		Use:   "prune --db FILE|postgres://… --before DAY [--checkpoint FILE --public-key FILE]",
		Short: "Delete the rows whose retention is over",
		Long: `Verifies the log, and deletes the rows from before a day: they cannot be brought back, so export them first if anybody may want
them. What is left is verified as before, and a row of each chain says what went. Nothing is deleted of a log that was altered.
With a checkpoint, nothing is deleted that was written after it. Write a checkpoint afterwards: those from before the rows that
are left prove nothing any more.

The law of the WAEMU on book-keeping and against money laundering demands that rows are kept for ten years.

Exit codes:
  0   the rows are deleted, or there were none
  1   anything else: run it again
  3   the log was altered, or the checkpoint cannot be trusted: a person must look at it
  64  bad input: nothing was done`,
		Example: "  djamo audit prune --db wallets.db --before 2016-01-01",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			at, err := time.Parse(time.DateOnly, before)
			if err != nil {
				return exit.BadUsage("--%s %q: must be a day such as 2026-01-31", "before", before)
			}
			if !at.Before(time.Now()) {
				return exit.BadUsage("--before %s: must be in the past", before)
			}
			against, closeCheckpoint, err := readSigned(command.Context(), checkpoint, key)
			if err != nil {
				return err
			}
			defer closeCheckpoint()
			return withLog(command.Context(), t, database, func(ctx context.Context, log *audit.Log) error {
				done, err := log.Prune(ctx, at, time.Now(), against)
				if err != nil {
					return notPruned(err)
				}
				return json.NewEncoder(t.Out).Encode(struct {
					Rows   int64 `json:"rows"`
					Chains int64 `json:"chains"`
				}(done))
			})
		},
	}
	flags := command.Flags()
	flags.StringVar(&database, "db", "", "file of SQLite, or postgres://…")
	flags.StringVar(&before, "before", "", "delete rows from before this day (UTC), such as 2016-01-01")
	flags.StringVar(&checkpoint, "checkpoint", "", "file of a checkpoint to compare with; - for standard input")
	flags.StringVar(&key, "public-key", "", "file of the public key of who signed the checkpoint, in PEM")
	return command
}
