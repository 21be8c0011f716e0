package apicmd

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"
	"rsc.io/qr"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/output"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

func (p *program) charges() *cobra.Command {
	group := &cobra.Command{Use: "charges", Short: "Ask customers for money, and give it back"}
	group.AddCommand(p.chargeCreate(), p.chargeGet(), p.chargeList(), p.chargeRefund())
	return group
}

// newCharge is what djamo charges create is told.
type newCharge struct {
	amount   string
	params   djamo.ChargeParams
	metadata map[string]string
	qr       bool
}

func (p *program) chargeCreate() *cobra.Command {
	var x newCharge
	command := &cobra.Command{
		Use:   "create",
		Short: "Ask a customer for money, and print the address where it is paid",
		Example: "  djamo charges create --amount 9000 --external-id commande-0042 --qr\n" +
			"  djamo charges create --amount 9000 --external-id commande-0042 --template '{{.paymentUrl}}'",
		Args: none,
		RunE: func(command *cobra.Command, args []string) error {
			if err := x.check(); err != nil {
				return err
			}
			return p.writing(func(ctx context.Context, c *call) error { return c.createCharge(ctx, x) })(command, args)
		},
	}
	flags := command.Flags()
	flags.StringVar(&x.amount, "amount", "", "whole `francs`")
	flags.StringVar(&x.params.ExternalID, "external-id", "", "your own `name` for this charge, unique for ever")
	flags.StringVar(&x.params.Description, "description", "", "what the customer reads")
	flags.StringVar(&x.params.OnCompletedRedirectionURL, "completed-url", "", "where the browser goes after the payment")
	flags.StringVar(&x.params.OnCanceledRedirectionURL, "canceled-url", "", "where the browser goes when the customer gives up")
	flags.StringToStringVar(&x.metadata, "metadata", nil, "texts of your own, such as order=42")
	flags.BoolVar(&x.qr, "qr", false, "draw the address as a QR code, on standard error")
	p.o.AddWrite(flags)
	return command
}

func (x *newCharge) check() (err error) {
	for _, f := range [][2]string{{"--amount", x.amount}, {"--external-id", x.params.ExternalID}} {
		if text(f[1]) == "" {
			return exit.BadUsage("%s is missing", f[0])
		}
	}
	x.params.Amount, err = parseAmount("--amount", x.amount)
	for key, value := range x.metadata {
		if x.params.Metadata == nil {
			x.params.Metadata = map[string]any{}
		}
		x.params.Metadata[key] = value
	}
	return err
}

func (c *call) createCharge(ctx context.Context, x newCharge) error {
	if c.o.DryRun {
		c.t.Tell("Nothing was sent: --dry-run.")
		return c.out.One(dryRun{true, "POST", "/v1/charges", x.params}, nil)
	}
	next := c.withProfile("charges", "get", "--external-id", x.params.ExternalID)
	c.t.Tell("Creating %s. If this is interrupted, type: %s", shown(x.params.ExternalID), next)
	charge, err := c.Charges.Create(ctx, x.params)
	if err != nil {
		failure := exit.API(ctx, err)
		if code := exit.Code(failure); code == exit.OutcomeUnknown || code == exit.Refused {
			return &exit.Error{Code: code, Err: err, References: []string{x.params.ExternalID}, Next: next}
		}
		return failure
	}
	if err := c.printCharge(c.out, charge); err != nil {
		return err
	}
	if x.qr {
		return c.drawCode(charge.PaymentURL)
	}
	return nil
}

// drawCode draws a QR code of half blocks: two rows of it are one line.
func (c *call) drawCode(address string) error {
	code, err := qr.Encode(address, qr.L)
	if err != nil {
		return lang.Errorf("the address does not fit a QR code: %w", err)
	}
	const quiet = 2
	var text strings.Builder
	for y := -quiet; y < code.Size+quiet; y += 2 {
		for x := -quiet; x < code.Size+quiet; x++ {
			text.WriteString(map[[2]bool]string{{false, false}: "█", {true, false}: "▄", {false, true}: "▀", {true, true}: " "}[[2]bool{
				code.Black(x, y), code.Black(x, y+1),
			}])
		}
		text.WriteString("\n")
	}
	_, err = c.t.Err.Write([]byte(text.String()))
	return err
}

// chargeView is a charge as the API names its fields. What the API does not describe may hold the payer's number.
type chargeView struct {
	djamo.Charge

	Metadata     json.RawMessage   `json:"metadata,omitempty"`
	Transactions []json.RawMessage `json:"transactions,omitempty"`
}

func (p *program) chargeView(ch *djamo.Charge) chargeView {
	view := chargeView{Charge: *ch, Metadata: p.hideNumbers(ch.Metadata)}
	for _, t := range ch.Transactions {
		view.Transactions = append(view.Transactions, p.hideNumbers(t))
	}
	return view
}

// hideNumbers masks the phone numbers in JSON whose shape nobody documents, in texts and where they stand as numbers.
func (p *program) hideNumbers(raw json.RawMessage) json.RawMessage {
	if p.o.Reveal || len(raw) == 0 {
		return raw
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return json.RawMessage("null")
	}
	hidden, err := json.Marshal(hideIn(value))
	if err != nil {
		return json.RawMessage("null")
	}
	return hidden
}

func hideIn(value any) any {
	switch value := value.(type) {
	case string:
		return djamo.MaskPhones(value)
	case json.Number:
		if masked := djamo.MaskPhones("+" + value.String()); masked != "+"+value.String() {
			return masked
		}
		return value
	case []any:
		for i := range value {
			value[i] = hideIn(value[i])
		}
	case map[string]any:
		for key := range value {
			value[key] = hideIn(value[key])
		}
	}
	return value
}

func (p *program) printCharge(out *output.Printer, ch *djamo.Charge) error {
	refunded := ""
	if ch.Refunded != 0 {
		refunded = ch.Refunded.String()
	}
	return out.One(p.chargeView(ch), []output.Field{
		{Name: "id", Value: ch.ID}, {Name: "external id", Value: terminal.Plain(ch.ExternalID)}, {Name: "status", Value: string(ch.Status)},
		{Name: "amount", Value: ch.Amount.String()}, {Name: "paid", Value: ch.Paid.String()}, {Name: "refunded", Value: refunded},
		{Name: "fees", Value: ch.Fees.String()}, {Name: "pay at", Value: terminal.Printable(ch.PaymentURL)},
		{Name: "description", Value: terminal.Plain(ch.Description)}, {Name: "created", Value: when(ch.CreatedAt)},
	})
}

func (p *program) chargeGet() *cobra.Command {
	var externalID string
	command := &cobra.Command{
		Use:     "get [ID]",
		Short:   "Say what became of a charge, by its id or your own",
		Example: "  djamo charges get 2f1c…\n  djamo charges get --external-id commande-0042",
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) > 1:
				return exit.BadUsage("%q: nothing may follow %s; put quotes around what has blanks", args[1], "ID")
			case len(args) == 1 && externalID != "":
				return exit.BadUsage("--external-id: give an ID or an external id, not both")
			case (len(args) == 0 || args[0] == "") && externalID == "":
				return exit.BadUsage("ID is missing: give the id of the charge, or --external-id")
			}
			return nil
		},
		RunE: p.reading(func(ctx context.Context, client *djamo.Client, out *output.Printer, args []string) error {
			charge, err := p.findCharge(ctx, client, args, externalID)
			if err != nil {
				return err
			}
			return p.printCharge(out, charge)
		}),
	}
	command.Flags().StringVar(&externalID, "external-id", "", "your own `name` for it; the list is read until it is found")
	return command
}

func (p *program) findCharge(ctx context.Context, client *djamo.Client, args []string, externalID string) (*djamo.Charge, error) {
	if externalID == "" {
		return client.Charges.Get(ctx, args[0])
	}
	for charge, err := range client.Charges.List(ctx, djamo.ChargeListParams{Limit: 100}) {
		if err != nil {
			return nil, err
		}
		if charge.ExternalID == externalID {
			return charge, nil
		}
	}
	return nil, &exit.Error{Code: exit.NotFound, Err: lang.Errorf("there is no charge %s", shown(externalID))}
}

func (p *program) chargeList() *cobra.Command {
	var l listing
	var status string
	command := &cobra.Command{Use: "list", Short: "List the account's charges", Args: none}
	command.RunE = p.reading(func(ctx context.Context, client *djamo.Client, out *output.Printer, _ []string) error {
		if err := l.check(); err != nil {
			return err
		}
		items := pages(l, func(cursor string, limit int) (*djamo.Page[djamo.Charge], error) {
			return client.Charges.ListPage(ctx, djamo.ChargeListParams{Cursor: cursor, Limit: limit})
		})
		list := out.List("EXTERNAL ID", "AMOUNT", "PAID", "REFUNDED", "STATUS", "CREATED", "ID")
		wanted := func(ch *djamo.Charge) bool { return status == "" || string(ch.Status) == status }
		return each(p, l, list, items, wanted, func(ch *djamo.Charge) error {
			return list.Add(p.chargeView(ch), terminal.Plain(ch.ExternalID), ch.Amount.String(), ch.Paid.String(), ch.Refunded.String(),
				string(ch.Status), when(ch.CreatedAt), ch.ID)
		})
	})
	l.addFlags(command)
	command.Flags().StringVar(&status, "status", "", "only those of this `status`, such as due, paid or refunded")
	return command
}
