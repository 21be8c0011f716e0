package apicmd

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/account"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/intent"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
)

// transfer is what djamo transfers create is told.
type transfer struct {
	to, amount  string
	params      djamo.TransactionParams
	quietPeriod time.Duration
	wait        bool
}

func (p *program) transferCreate() *cobra.Command {
	var x transfer
	command := &cobra.Command{
		Use:   "create",
		Short: "Send money to one person, once",
		Long: "Sends money to one person. The reference identifies the payment: it pays once, however often the command is typed.\n" +
			"It is written to a journal and shown before anything leaves. When an earlier try under the reference was interrupted,\n" +
			"the command finds out first what became of it.",
		Example: "  djamo transfers create --to +2250748710523 --amount 50000 --reference salaire-2026-07/0001\n" +
			"  djamo transfers create --to +2250748710523 --amount 50000 --reference salaire-2026-07/0001 --yes --max-total 50000",
		Args: none,
		RunE: func(command *cobra.Command, args []string) error {
			if err := x.check(); err != nil {
				return err
			}
			return p.writing(func(ctx context.Context, c *call) error { return c.createTransfer(ctx, x) })(command, args)
		},
	}
	flags := command.Flags()
	flags.StringVar(&x.to, "to", "", "the payee's phone `number`, such as +2250748710523")
	flags.StringVar(&x.amount, "amount", "", "whole `francs`")
	flags.StringVar(&x.params.Reference, "reference", "", "your own `name` for this payment, unique for ever")
	flags.StringVar(&x.params.Description, "description", "", "what the payee reads")
	flags.StringVar(&x.params.SubCompanyID, "sub-company", "", "`id` of the sub-company on whose behalf it is paid")
	flags.BoolVar(&x.wait, "wait", false, "wait until it is completed or failed")
	addQuietPeriod(flags, &x.quietPeriod)
	p.o.AddMoney(flags)
	return command
}

// check reads the flags; the first that is wrong is named.
func (x *transfer) check() (err error) {
	for _, f := range [][2]string{{"--to", x.to}, {"--amount", x.amount}, {"--reference", x.params.Reference}} {
		if text(f[1]) == "" {
			return exit.BadUsage("%s is missing", f[0])
		}
	}
	if x.params.MSISDN, err = djamo.ParseMSISDN(x.to); err != nil {
		return badFlag("--to", err)
	}
	if x.params.Amount, err = parseAmount("--amount", x.amount); err != nil {
		return err
	}
	if err := x.params.Validate(djamo.Limits{}); err != nil {
		return badFlag("--reference, --description, --sub-company", err)
	}
	return checkQuietPeriod(x.quietPeriod)
}

// parseAmount reads an amount to send.
func parseAmount(flag, value string) (djamo.XOF, error) {
	amount, err := djamo.ParseXOF(value)
	if err != nil {
		return 0, badFlag(flag, err)
	}
	if amount <= 0 {
		return 0, exit.BadUsage("%s %q: must be more than 0", flag, value)
	}
	return amount, nil
}

// badFlag is an error of the library's about the value of a flag.
func badFlag(flag string, err error) error {
	if wrong := (*djamo.ValidationError)(nil); errors.As(err, &wrong) {
		if wrong.Value == "" {
			return exit.BadUsage("%s: %s", flag, lang.Phrase(wrong.Rule))
		}
		return exit.BadUsage("%s %s: %s", flag, wrong.Value, lang.Phrase(wrong.Rule))
	}
	return exit.BadUsage("%s: %w", flag, err)
}

func (c *call) createTransfer(ctx context.Context, x transfer) error {
	if err := c.checkLimit(x.params.Amount); err != nil {
		return err
	}
	journal, err := openJournal()
	if err != nil {
		return err
	}
	earlier, err := journal.Find(intent.Transfer, accountKey(c.account), x.params.Reference)
	if err != nil {
		return exit.BadInput(lang.Errorf("nothing was sent: the journal cannot be read: %w", err))
	}
	if earlier != nil && earlier.Last.Result != intent.Refused {
		if found, err := c.findEarlier(ctx, earlier, x); found != nil || err != nil {
			return c.ended(ctx, found, x.wait, err)
		}
	}
	lines := [][2]string{{"Payee", x.params.MSISDN.String()}, {"Amount", x.params.Amount.String()}, {"Reference", shown(x.params.Reference)}}
	if x.params.SubCompanyID != "" {
		lines = append(lines, [2]string{"Sub-company", shown(x.params.SubCompanyID)})
	}
	if err := c.confirm(ctx, payment{lines, x.params.Amount}); err != nil {
		return exit.OrInterrupted(ctx, err)
	}
	if c.o.DryRun {
		c.t.Tell("Nothing was sent: --dry-run.")
		return c.out.One(dryRunOf(c, x.params), nil)
	}
	return c.send(ctx, journal, earlier, x)
}

// findEarlier finds out what became of an earlier try, before anything else is sent. It returns nothing when there is nothing
// under the reference, and a try that is lost has had the time to appear.
func (c *call) findEarlier(ctx context.Context, earlier *intent.Entry, x transfer) (*djamo.Transaction, error) {
	c.t.Tell("An earlier try under %s is in the journal: finding out what became of it first.", shown(x.params.Reference))
	found, err := c.lookUp(ctx, x.params.Reference, earlier, x.quietPeriod)
	switch {
	case errors.Is(err, djamo.ErrNotFound) && earlier.Last.Result == intent.Accepted && c.account.Class != account.Sandbox:
		return nil, c.unknown(x.params.Reference, lang.Errorf("Djamo has accepted it as %s, and does not show it: %w", earlier.Last.ID, err))
	case errors.Is(err, djamo.ErrNotFound):
		if !earlier.Same(x.params) {
			c.t.Tell("It is not with Djamo. It was for another payee or amount; the one that is sent now is the one of this command.")
		}
		return nil, nil //nolint:nilnil // it was never sent, or never arrived
	case err != nil:
		return nil, c.unknown(x.params.Reference, err)
	case !x.params.Matches(found):
		return nil, &exit.Error{Code: exit.Refused, References: []string{x.params.Reference},
			Err:  lang.Errorf("nothing was sent: %s was used before for another payee or amount", shown(x.params.Reference)),
			Next: c.withProfile("transfers", "get", "--reference", x.params.Reference)}
	}
	if err := earlier.Record(intent.Outcome{At: time.Now(), Result: intent.Accepted, ID: found.ID, Status: string(found.Status)}); err != nil {
		c.t.Tell("%s", c.t.Lang.Error(err))
	}
	c.t.Tell("It was sent before. Nothing was sent now.")
	return found, nil
}

// send writes the intent, shows the reference, and sends. Whatever ends it, the reference is in the journal and on the screen.
func (c *call) send(ctx context.Context, journal intent.Journal, earlier *intent.Entry, x transfer) error {
	entry, err := journal.Begin(intent.Intent{
		At: time.Now(), Kind: intent.Transfer, Account: accountKey(c.account), Reference: x.params.Reference,
		MSISDN: x.params.MSISDN.E164(), Amount: x.params.Amount, Description: x.params.Description, SubCompanyID: x.params.SubCompanyID,
	}, earlier)
	if err != nil {
		return err
	}
	c.t.Tell("Sending %s. If this is interrupted, type: %s", shown(x.params.Reference), c.settleCommand(x.params.Reference))
	sent, err := c.Transactions.Create(ctx, x.params)
	switch {
	case err == nil:
		c.record(entry, intent.Outcome{Result: intent.Accepted, ID: sent.ID, Status: string(sent.Status)})
		return c.ended(ctx, sent, x.wait, nil)
	case errors.Is(err, djamo.ErrOutcomeUnknown):
		c.record(entry, intent.Outcome{Result: intent.Unknown})
		return c.unknown(x.params.Reference, err)
	case errors.Is(err, djamo.ErrDuplicateReference):
		c.record(entry, intent.Outcome{Result: intent.Unknown}) // somebody's payment is under it: the next try looks
		return &exit.Error{Code: exit.Refused, Err: err, References: []string{x.params.Reference},
			Next: c.withProfile("transfers", "get", "--reference", x.params.Reference)}
	}
	c.record(entry, intent.Outcome{Result: intent.Refused})
	return exit.OrInterrupted(ctx, err)
}

// record writes the outcome to the journal; when that fails, the next try finds it out by itself.
func (c *call) record(entry *intent.Entry, o intent.Outcome) {
	o.At = time.Now()
	if err := entry.Record(o); err != nil {
		c.t.Tell("%s", c.t.Lang.Error(err))
	}
}

// ended prints a transfer that Djamo has, after a while if that is wanted.
func (c *call) ended(ctx context.Context, t *djamo.Transaction, wait bool, err error) error {
	if err != nil {
		return err
	}
	if wait && !t.Status.Terminal() {
		c.t.Tell("Djamo has accepted it: waiting until it is completed or failed.")
		last, err := c.Transactions.Wait(ctx, t.ID, djamo.WaitParams{})
		if err != nil {
			printed := c.printTransfer(c.out, t)
			return errors.Join(&exit.Error{Code: exit.Unresolved, References: []string{t.Reference},
				Err:  lang.Errorf("Djamo has accepted it, and how it ends is not known yet: %w", exit.OrInterrupted(ctx, err)),
				Next: c.withProfile("transfers", "get", t.ID)}, printed)
		}
		t = last
	}
	if err := c.printTransfer(c.out, t); err != nil {
		return err
	}
	return c.failed(t)
}

// failed is the error of a transfer that failed.
func (c *call) failed(t *djamo.Transaction) error {
	if t.Status != djamo.TransactionFailed {
		return nil
	}
	return &exit.Error{Code: exit.Unresolved, References: []string{t.Reference},
		Err: lang.Errorf("the transfer failed: %s", shown(t.FailureReason))}
}

// unknown is an outcome that is not known, with the command that finds it out.
func (c *call) unknown(reference string, err error) error {
	return &exit.Error{
		Code: exit.OutcomeUnknown, Err: lang.Errorf("the outcome is not known, do not pay again under another reference: %w", err),
		References: []string{reference}, Next: c.settleCommand(reference),
	}
}

func (c *call) settleCommand(reference string) string {
	return c.withProfile("transfers", "settle", reference)
}

func openJournal() (intent.Journal, error) {
	dir, err := account.Dir()
	if err != nil {
		return intent.Journal{}, err
	}
	return intent.Open(dir)
}
