package apicmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/output"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

func (p *program) subCompanies() *cobra.Command {
	group := &cobra.Command{Use: "sub-companies", Short: "Manage the companies on whose behalf you pay"}
	group.AddCommand(p.subCompanyCreate(), p.subCompanyGet(), p.subCompanyList(), p.subCompanyUpdate())
	return group
}

func (p *program) printSubCompany(out *output.Printer, s *djamo.SubCompany) error {
	return out.One(s, []output.Field{
		{Name: "id", Value: s.ID}, {Name: "name", Value: terminal.Plain(s.Name)}, {Name: "logo", Value: terminal.Plain(s.LogoURL)},
		{Name: "active", Value: p.yesOrNo(s.IsActive)}, {Name: "created", Value: when(s.CreatedAt)}, {Name: "updated", Value: when(s.UpdatedAt)},
	})
}

func (p *program) yesOrNo(yes bool) string {
	if yes {
		return p.t.Lang.Text("yes")
	}
	return p.t.Lang.Text("no")
}

func (p *program) subCompanyCreate() *cobra.Command {
	var params djamo.SubCompanyParams
	command := &cobra.Command{
		Use: "create", Short: "Add a sub-company; there is no way to remove one", Args: none,
		Example: "  djamo sub-companies create --name \"Boulangerie Soro\" --logo-url https://example.com/logo.png",
		RunE: func(command *cobra.Command, args []string) error {
			if text(params.Name) == "" {
				return exit.BadUsage("%s is missing", "--name")
			}
			return p.writing(func(ctx context.Context, c *call) error {
				if c.o.DryRun {
					c.t.Tell("Nothing was sent: --dry-run.")
					return c.out.One(dryRun{true, "POST", "/v1/sub-companies", params}, nil)
				}
				made, err := c.SubCompanies.Create(ctx, params)
				if err != nil {
					return c.withNext(ctx, err, c.withProfile("sub-companies", "list"))
				}
				return c.printSubCompany(c.out, made)
			})(command, args)
		},
	}
	command.Flags().StringVar(&params.Name, "name", "", "what payees read")
	command.Flags().StringVar(&params.LogoURL, "logo-url", "", "address of the logo that payees see")
	p.o.AddWrite(command.Flags())
	return command
}

// withNext adds the command that finds out what became of a write, to an error that leaves it open.
func (c *call) withNext(ctx context.Context, err error, next string) error {
	failure := exit.API(ctx, err)
	if exit.Code(failure) != exit.OutcomeUnknown {
		return failure
	}
	return &exit.Error{Code: exit.OutcomeUnknown, Err: err, Next: next}
}

func (p *program) subCompanyGet() *cobra.Command {
	return &cobra.Command{
		Use: "get ID", Short: "Show a sub-company", Args: one("ID"),
		RunE: p.reading(func(ctx context.Context, client *djamo.Client, out *output.Printer, args []string) error {
			s, err := client.SubCompanies.Get(ctx, args[0])
			if err != nil {
				return err
			}
			return p.printSubCompany(out, s)
		}),
	}
}

func (p *program) subCompanyList() *cobra.Command {
	var l listing
	command := &cobra.Command{Use: "list", Short: "List the sub-companies", Args: none}
	command.RunE = p.reading(func(ctx context.Context, client *djamo.Client, out *output.Printer, _ []string) error {
		if err := l.check(); err != nil {
			return err
		}
		items := pages(l, func(cursor string, limit int) (*djamo.Page[djamo.SubCompany], error) {
			return client.SubCompanies.ListPage(ctx, djamo.SubCompanyListParams{Cursor: cursor, Limit: limit})
		})
		list := out.List("NAME", "ACTIVE", "CREATED", "ID")
		return each(p, l, list, items, all, func(s *djamo.SubCompany) error {
			return list.Add(s, terminal.Plain(s.Name), p.yesOrNo(s.IsActive), when(s.CreatedAt), s.ID)
		})
	})
	l.addFlags(command)
	return command
}

func (p *program) subCompanyUpdate() *cobra.Command {
	var params djamo.SubCompanyUpdateParams
	var active bool
	command := &cobra.Command{
		Use: "update ID", Short: "Change what is given of a sub-company, and nothing else", Args: one("ID"),
		Example: "  djamo sub-companies update subco_0123 --active=false",
		RunE: func(command *cobra.Command, args []string) error {
			if command.Flags().Changed("active") {
				params.IsActive = &active
			}
			if params == (djamo.SubCompanyUpdateParams{}) {
				return exit.BadUsage("there is nothing to change: give --name, --logo-url or --active")
			}
			return p.writing(func(ctx context.Context, c *call) error {
				if c.o.DryRun {
					c.t.Tell("Nothing was sent: --dry-run.")
					return c.out.One(dryRun{true, "PUT", "/v1/sub-companies/" + args[0], params}, nil)
				}
				changed, err := c.SubCompanies.Update(ctx, args[0], params)
				if err != nil {
					return c.withNext(ctx, err, c.withProfile("sub-companies", "get", args[0]))
				}
				return c.printSubCompany(c.out, changed)
			})(command, args)
		},
	}
	command.Flags().StringVar(&params.Name, "name", "", "what payees read")
	command.Flags().StringVar(&params.LogoURL, "logo-url", "", "address of the logo that payees see")
	command.Flags().BoolVar(&active, "active", false, "whether payments may be made on its behalf")
	p.o.AddWrite(command.Flags())
	return command
}
