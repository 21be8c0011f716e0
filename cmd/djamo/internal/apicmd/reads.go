package apicmd

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/output"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

func (p *program) balance() *cobra.Command {
	return &cobra.Command{
		Use: "balance", Short: "Say what the account holds", Args: none,
		RunE: p.reading(func(ctx context.Context, client *djamo.Client, out *output.Printer, _ []string) error {
			b, err := client.Balance.Get(ctx)
			if err != nil {
				return err
			}
			return out.One(b, []output.Field{{Name: "balance", Value: b.Balance.String()}})
		}),
	}
}

func (p *program) transfers() *cobra.Command {
	group := &cobra.Command{Use: "transfers", Short: "Send money to one person, and see what became of it"}
	group.AddCommand(p.transferCreate(), p.transferGet(), p.transferList(), p.transferSettle())
	return group
}

func (p *program) transferGet() *cobra.Command {
	var reference string
	command := &cobra.Command{
		Use:     "get [ID]",
		Short:   "Say what became of a transfer, by its id or its reference",
		Example: "  djamo transfers get txn_0123\n  djamo transfers get --reference salaire-2026-07/0001",
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) > 1:
				return exit.BadUsage("%q: nothing may follow %s; put quotes around what has blanks", args[1], "ID")
			case len(args) == 1 && reference != "":
				return exit.BadUsage("--reference: give an ID or a reference, not both")
			case (len(args) == 0 || args[0] == "") && reference == "":
				return exit.BadUsage("ID is missing: give the id of the transfer, or --reference")
			}
			return nil
		},
		RunE: p.reading(func(ctx context.Context, client *djamo.Client, out *output.Printer, args []string) error {
			var found *djamo.Transaction
			var err error
			if reference != "" {
				found, err = client.Transactions.GetByReference(ctx, reference)
			} else {
				found, err = client.Transactions.Get(ctx, args[0])
			}
			if err != nil {
				return err
			}
			return p.printTransfer(out, found)
		}),
	}
	command.Flags().StringVar(&reference, "reference", "", "the `reference` under which it was sent")
	return command
}

func (p *program) printTransfer(out *output.Printer, t *djamo.Transaction) error {
	return out.One(p.transactionView(t), []output.Field{
		{Name: "id", Value: t.ID}, {Name: "reference", Value: terminal.Plain(t.Reference)}, {Name: "status", Value: string(t.Status)},
		{Name: "reason", Value: terminal.Plain(t.FailureReason)}, {Name: "payee", Value: t.MSISDN.String()},
		{Name: "amount", Value: t.Amount.String()}, {Name: "fee", Value: t.Fee.String()},
		{Name: "description", Value: terminal.Plain(t.Description)}, {Name: "batch", Value: t.BatchID},
		{Name: "sub-company", Value: t.SubCompanyID}, {Name: "created", Value: when(t.CreatedAt)}, {Name: "updated", Value: when(t.UpdatedAt)},
	})
}

func (p *program) transferList() *cobra.Command {
	var l listing
	var status string
	command := &cobra.Command{
		Use: "list", Short: "List the account's transfers", Args: none,
		Example: "  djamo transfers list --limit 20\n  djamo transfers list --limit 0 --status failed --output jsonl",
	}
	command.RunE = p.reading(func(ctx context.Context, client *djamo.Client, out *output.Printer, _ []string) error {
		if err := l.check(); err != nil {
			return err
		}
		items := pages(l, func(cursor string, limit int) (*djamo.Page[djamo.Transaction], error) {
			return client.Transactions.ListPage(ctx, djamo.TransactionListParams{Cursor: cursor, Limit: limit})
		})
		list := p.transferTable(out)
		wanted := func(t *djamo.Transaction) bool { return status == "" || string(t.Status) == status }
		return each(p, l, list, items, wanted, func(t *djamo.Transaction) error { return p.addTransfer(list, t) })
	})
	l.addFlags(command)
	command.Flags().StringVar(&status, "status", "", "only those of this `status`: pending, completed or failed")
	return command
}

func (p *program) transferTable(out *output.Printer) *output.List {
	return out.List("REFERENCE", "PAYEE", "AMOUNT", "FEE", "STATUS", "CREATED", "ID", "REASON")
}

func (p *program) addTransfer(list *output.List, t *djamo.Transaction) error {
	return list.Add(p.transactionView(t), terminal.Plain(t.Reference), t.MSISDN.String(), t.Amount.String(), t.Fee.String(),
		string(t.Status), when(t.CreatedAt), t.ID, terminal.Plain(t.FailureReason))
}

func (p *program) customers() *cobra.Command {
	group := &cobra.Command{Use: "customers", Short: "Ask who has a Djamo account"}
	var subCompany string
	check := &cobra.Command{
		Use:     "check MSISDN",
		Short:   "Ask whether a phone number has a Djamo account; without one the exit code is 7",
		Example: "  djamo customers check +2250748710523",
		Args:    one("MSISDN"),
		RunE: p.reading(func(ctx context.Context, client *djamo.Client, out *output.Printer, args []string) error {
			payee, err := djamo.ParseMSISDN(args[0])
			if err != nil {
				return err
			}
			found, err := client.Customers.Check(ctx, djamo.CustomerCheckParams{MSISDN: payee, SubCompanyID: subCompany})
			if err != nil {
				return err
			}
			view := struct {
				MSISDN    string `json:"msisdn"`
				Result    bool   `json:"result"`
				KYCStatus string `json:"kycStatus,omitempty"`
			}{p.number(payee), found.HasAccount, found.KYCStatus}
			answer := p.t.Lang.Text("no")
			if found.HasAccount {
				answer = p.t.Lang.Text("yes")
			}
			err = out.One(view, []output.Field{{Name: "payee", Value: payee.String()}, {Name: "has an account", Value: answer}})
			if err == nil && !found.HasAccount {
				err = &exit.Error{Code: exit.NotFound, Err: lang.Errorf("%s has no Djamo account", payee)}
			}
			return err
		}),
	}
	check.Flags().StringVar(&subCompany, "sub-company", "", "`id` of the sub-company that would pay")
	group.AddCommand(check)
	return group
}

// text is a text of a flag, without what would break a line.
func text(s string) string { return strings.TrimSpace(s) }
