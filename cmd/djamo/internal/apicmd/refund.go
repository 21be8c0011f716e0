package apicmd

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/intent"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
)

// refund is what djamo charges refund is told.
type refund struct {
	amount, refunded string
	part, before     djamo.XOF
}

func (p *program) chargeRefund() *cobra.Command {
	var x refund
	command := &cobra.Command{
		Use:   "refund ID",
		Short: "Give a customer's payment back, or a part of it, once",
		Long: "Gives a payment back. A refund carries no key, so it is never sent again by itself. When the answer to an earlier one was\n" +
			"lost, the command first compares what the charge says was refunded. If that has not changed, you decide: --refunded says\n" +
			"how much was refunded so far, and the refund is sent only if the charge says the same.",
		Example: "  djamo charges refund 2f1c… --amount 4000",
		Args:    one("ID"),
		RunE: func(command *cobra.Command, args []string) (err error) {
			if x.amount != "" {
				if x.part, err = parseAmount("--amount", x.amount); err != nil {
					return err
				}
			}
			if x.refunded != "" {
				if x.before, err = djamo.ParseXOF(x.refunded); err != nil {
					return badFlag("--refunded", err)
				}
			}
			return p.writing(func(ctx context.Context, c *call) error { return c.createRefund(ctx, args[0], x) })(command, args)
		},
	}
	flags := command.Flags()
	flags.StringVar(&x.amount, "amount", "", "whole `francs` to give back; default: all that was paid")
	flags.StringVar(&x.refunded, "refunded", "", "`francs` that were refunded so far; needed after a refund whose answer was lost")
	p.o.AddMoney(flags)
	return command
}

func (c *call) createRefund(ctx context.Context, id string, x refund) error {
	charge, err := c.Charges.Get(ctx, id)
	if err != nil {
		return err
	}
	rest, err := charge.Paid.Sub(charge.Refunded)
	if err != nil {
		return exit.BadInput(err)
	}
	amount := x.part
	if amount == 0 {
		amount = rest
	}
	switch {
	case x.refunded != "" && x.before != charge.Refunded:
		return exit.BadUsage("--refunded %s: the charge says %s; nothing was sent", x.before, charge.Refunded)
	case amount <= 0 || amount > rest:
		return exit.BadInput(
			lang.Errorf("nothing was sent: %s are to be refunded, and %s are left of what was paid", amount, max(rest, 0)))
	}
	if err := c.checkLimit(amount); err != nil {
		return err
	}
	journal, err := openJournal()
	if err != nil {
		return err
	}
	earlier, err := journal.Find(intent.Refund, accountKey(c.account), charge.ID)
	if err != nil {
		return exit.BadInput(lang.Errorf("nothing was sent: the journal cannot be read: %w", err))
	}
	if earlier != nil && earlier.IsOpen() {
		if err := c.checkEarlierRefund(earlier, charge, x); err != nil {
			return err
		}
	}
	lines := [][2]string{
		{"Charge", shown(charge.ExternalID)}, {"Paid", charge.Paid.String()}, {"Refunded", charge.Refunded.String()}, {"Amount", amount.String()},
	}
	if err := c.confirm(ctx, payment{lines, amount}); err != nil {
		return exit.OrInterrupted(ctx, err)
	}
	if c.o.DryRun {
		c.t.Tell("Nothing was sent: --dry-run.")
		return c.out.One(dryRun{true, "POST", "/v1/charges/" + charge.ID + "/refund", struct {
			Amount djamo.XOF `json:"amount,omitempty"`
		}{x.part}}, nil)
	}
	return c.sendRefund(ctx, journal, earlier, charge, x.part, amount)
}

// checkEarlierRefund compares the charge with what it said before a refund whose answer was lost. Nothing is sent unless it is
// certain what became of that one, or a person has looked.
func (c *call) checkEarlierRefund(earlier *intent.Entry, charge *djamo.Charge, x refund) error {
	landed, err := earlier.Refunded.Add(earlier.Amount)
	if err != nil {
		return exit.BadInput(err)
	}
	next := c.withProfile("charges", "get", charge.ID)
	switch {
	case x.refunded != "": // a person has looked, and the charge still says the same
		return nil
	case charge.Refunded >= landed:
		c.record(earlier, intent.Outcome{Result: intent.Accepted, ID: charge.ID, Status: string(charge.Status)})
		return &exit.Error{Code: exit.Usage, References: []string{charge.ID}, Next: next,
			Err: lang.Errorf("nothing was sent: an earlier refund of %s, whose answer was lost, was carried out; type the command again "+
				"to give back more", earlier.Amount)}
	}
	return &exit.Error{Code: exit.OutcomeUnknown, References: []string{charge.ID}, Next: next,
		Err: lang.Errorf("nothing was sent: the answer to an earlier refund of %s was lost, and the charge does not show it: when you are "+
			"certain that it did not happen, add --refunded %d", earlier.Amount, charge.Refunded)}
}

// sendRefund sends it once. part is what is written into the request: nothing for all of it.
func (c *call) sendRefund(
	ctx context.Context, journal intent.Journal, earlier *intent.Entry, charge *djamo.Charge, part, amount djamo.XOF,
) error {
	entry, err := journal.Begin(intent.Intent{
		At: time.Now(), Kind: intent.Refund, Account: accountKey(c.account), Reference: charge.ID, Amount: amount, Refunded: charge.Refunded,
	}, earlier)
	if err != nil {
		return err
	}
	next := c.withProfile("charges", "get", charge.ID)
	c.t.Tell("Refunding %s. If this is interrupted, type: %s", shown(charge.ID), next)
	var refunded *djamo.Charge
	if part == 0 && charge.Refunded == 0 {
		refunded, err = c.Charges.Refund(ctx, charge.ID)
	} else {
		refunded, err = c.Charges.RefundPart(ctx, charge.ID, amount)
	}
	switch {
	case err == nil:
		c.record(entry, intent.Outcome{Result: intent.Accepted, ID: charge.ID, Status: string(refunded.Status)})
		return c.printCharge(c.out, refunded)
	case errors.Is(err, djamo.ErrOutcomeUnknown), errors.Is(err, djamo.ErrUnprocessable): // 422 promises nothing
		c.record(entry, intent.Outcome{Result: intent.Unknown})
		return &exit.Error{Code: exit.OutcomeUnknown, References: []string{charge.ID}, Next: next,
			Err: lang.Errorf("the outcome of the refund is not known, do not refund again before you have read the charge: %w", err)}
	}
	c.record(entry, intent.Outcome{Result: intent.Refused})
	return exit.OrInterrupted(ctx, err)
}
