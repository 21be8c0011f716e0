package apicmd

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/account"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/intent"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/output"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

// quietPeriod is how long after it was sent a payment is given to appear. A request that looked lost can be carried out late.
const quietPeriod = 40 * time.Second

func addQuietPeriod(flags *pflag.FlagSet, period *time.Duration) {
	flags.DurationVar(period, "quiet-period", quietPeriod, "how long after it was sent a payment whose answer was lost is given to appear")
}

func checkQuietPeriod(period time.Duration) error {
	if period <= 0 {
		return exit.BadUsage("--quiet-period %s: must be positive", period)
	}
	return nil
}

func (p *program) transferSettle() *cobra.Command {
	var period time.Duration
	command := &cobra.Command{
		Use:   "settle REFERENCE",
		Short: "Find out what became of a transfer that was interrupted; nothing is sent",
		Long: "Looks the reference up. While nothing is found it waits for the quiet period after the transfer was sent, and looks again:\n" +
			"what is not there then never arrived, and may be sent again under the same reference. Without REFERENCE it lists what is\n" +
			"open in the journal.",
		Example: "  djamo transfers settle salaire-2026-07/0001",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			if err := checkQuietPeriod(period); err != nil {
				return err
			}
			if len(args) == 0 || args[0] == "" {
				return p.listPending()
			}
			return p.settling(command.Context(), args[0], period)
		},
	}
	addQuietPeriod(command.Flags(), &period)
	return command
}

// listPending lists what is open in the journal of the account. It asks nobody.
func (p *program) listPending() error {
	a, err := account.Resolve(p.o)
	if err != nil {
		return err
	}
	journal, err := openJournal()
	if err != nil {
		return err
	}
	pending, err := journal.Pending(accountKey(a))
	if err != nil {
		return err
	}
	out, err := output.New(p.t, p.o)
	if err != nil {
		return err
	}
	list := out.List("REFERENCE", "KIND", "PAYEE", "AMOUNT", "SENT")
	for _, e := range pending {
		view := e.Intent
		if !p.o.Reveal {
			view.MSISDN = djamo.MSISDN(e.MSISDN).String()
		}
		payee := ""
		if e.MSISDN != "" {
			payee = djamo.MSISDN(e.MSISDN).String()
		}
		sent := when(djamo.Timestamp{Time: e.At})
		if err = list.Add(view, terminal.Plain(e.Reference), string(e.Kind), payee, e.Amount.String(), sent); err != nil {
			break
		}
	}
	if err = list.End(err); err != nil {
		return err
	}
	if len(pending) == 0 {
		p.t.Tell("Nothing is open in the journal of this account.")
		return nil
	}
	return exit.BadUsage("REFERENCE is missing: name one of those that are open")
}

func (p *program) settling(ctx context.Context, reference string, period time.Duration) error {
	c, err := p.begin(ctx, account.ForReading, nil)
	if err != nil {
		return err
	}
	journal, err := openJournal()
	if err != nil {
		return err
	}
	entry, err := journal.Find(intent.Transfer, accountKey(c.account), reference)
	if err != nil {
		return exit.BadInput(lang.Errorf("the journal cannot be read: %w", err))
	}
	found, err := c.lookUp(ctx, reference, entry, period)
	switch {
	case errors.Is(err, djamo.ErrNotFound):
		return c.absent(reference, entry, err)
	case err != nil && entry != nil && entry.IsOpen():
		return c.unknown(reference, err)
	case err != nil:
		return exit.API(ctx, err)
	}
	if entry != nil {
		sent := djamo.TransactionParams{MSISDN: djamo.MSISDN(entry.MSISDN), Amount: entry.Amount, Reference: reference}
		if !sent.Matches(found) {
			return errors.Join(c.printTransfer(c.out, found), &exit.Error{Code: exit.Refused, References: []string{reference},
				Err: lang.Errorf("the transfer under this reference has another payee or amount than the one in the journal: it is another payment")})
		}
		c.record(entry, intent.Outcome{Result: intent.Accepted, ID: found.ID, Status: string(found.Status)})
	}
	return c.ended(ctx, found, false, nil)
}

// absent says that nothing ever arrived, and what may be done about it.
func (c *call) absent(reference string, entry *intent.Entry, err error) error {
	if entry == nil {
		return &exit.Error{Code: exit.NotFound, Err: err, References: []string{reference}}
	}
	c.record(entry, intent.Outcome{Result: intent.Refused})
	return &exit.Error{
		Code: exit.NotFound, References: []string{reference},
		Err: lang.Errorf("nothing arrived under %s: it may be sent again, under the same reference", shown(reference)),
		Next: c.withProfile("transfers", "create", "--to", "MSISDN", "--amount",
			strconv.FormatInt(int64(entry.Amount), 10), "--reference", reference),
	}
}

// lookUp looks a reference up, waits for the quiet period when nothing is there, and looks again. ErrNotFound means that
// nothing has arrived by then.
func (c *call) lookUp(ctx context.Context, reference string, entry *intent.Entry, period time.Duration) (*djamo.Transaction, error) {
	found, err := c.Transactions.GetByReference(ctx, reference)
	if !errors.Is(err, djamo.ErrNotFound) {
		return found, err
	}
	since := time.Now()
	if entry != nil {
		since = entry.At
	}
	rest := min(time.Until(since.Add(period)), period)
	if rest <= 0 {
		return nil, err
	}
	c.t.Tell("Nothing is there yet: looking again in %s.", rest.Round(time.Second))
	if err := sleep(ctx, rest); err != nil {
		return nil, err
	}
	return c.Transactions.GetByReference(ctx, reference)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// shown is a text that came from the operator or the API, in quotation marks and fit for a terminal.
func shown(s string) string { return strconv.Quote(terminal.Plain(s)) }

// dryRun is what would be sent.
type dryRun struct {
	DryRun  bool   `json:"dryRun"`
	Method  string `json:"method"`
	Path    string `json:"path"`
	Request any    `json:"request"`
}

// transferRequest is the body of a transfer, as far as the operator wants to see it.
type transferRequest struct {
	MSISDN       string    `json:"msisdn"`
	Amount       djamo.XOF `json:"amount"`
	Reference    string    `json:"reference"`
	Type         string    `json:"type"`
	Description  string    `json:"description,omitempty"`
	SubCompanyID string    `json:"subCompanyId,omitempty"`
}

func dryRunOf(c *call, p djamo.TransactionParams) dryRun {
	return dryRun{true, "POST", "/v1/transactions", transferRequest{
		c.number(p.MSISDN), p.Amount, p.Reference, "transfer", p.Description, p.SubCompanyID,
	}}
}
