package apicmd

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/output"
	"github.com/djamo/djamo-go/cmd/djamo/internal/payoutfile"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

// EnvWebhookSecret holds the secret that signs webhooks.
const EnvWebhookSecret = "DJAMO_WEBHOOK_SECRET" //nolint:gosec // the name of a variable

func (p *program) webhooks() *cobra.Command {
	group := &cobra.Command{Use: "webhooks", Short: "Say where Djamo delivers events, and check what was delivered"}
	group.AddCommand(p.webhookCreate(), p.webhookGet(), p.webhookList(), p.webhookVerify())
	return group
}

func (p *program) printEndpoint(out *output.Printer, e *djamo.WebhookEndpoint) error {
	return out.One(e, []output.Field{
		{Name: "id", Value: e.ID}, {Name: "topic", Value: string(e.Topic)}, {Name: "url", Value: terminal.Printable(e.URL)},
		{Name: "created", Value: when(e.CreatedAt)},
	})
}

func (p *program) webhookCreate() *cobra.Command {
	var topic, address string
	command := &cobra.Command{
		Use:   "create",
		Short: "Have events of a topic delivered to an address; this cannot be changed or undone",
		Example: "  djamo webhooks create --topic transactions/completed --url https://shop.example.com/webhooks/djamo\n" +
			"  djamo webhooks create --topic charge/events --url https://shop.example.com/webhooks/djamo",
		Args: none,
		RunE: func(command *cobra.Command, args []string) error {
			for _, f := range [][2]string{{"--topic", topic}, {"--url", address}} {
				if text(f[1]) == "" {
					return exit.BadUsage("%s is missing", f[0])
				}
			}
			params := djamo.WebhookEndpointParams{Topic: djamo.Topic(topic), URL: address}
			return p.writing(func(ctx context.Context, c *call) error {
				if c.o.DryRun {
					c.t.Tell("Nothing was sent: --dry-run.")
					return c.out.One(dryRun{true, "POST", "/v1/webhooks", params}, nil)
				}
				made, err := c.WebhookEndpoints.Create(ctx, params)
				if err != nil {
					return c.withNext(ctx, err, c.withProfile("webhooks", "list"))
				}
				return c.printEndpoint(c.out, made)
			})(command, args)
		},
	}
	command.Flags().StringVar(&topic, "topic", "",
		"which events: `transactions/started`, transactions/completed, transactions/failed or charge/events")
	command.Flags().StringVar(&address, "url", "", "`address` that they are posted to")
	p.o.AddWrite(command.Flags())
	return command
}

func (p *program) webhookGet() *cobra.Command {
	return &cobra.Command{
		Use: "get ID", Short: "Show where events of one registration go", Args: one("ID"),
		RunE: p.reading(func(ctx context.Context, client *djamo.Client, out *output.Printer, args []string) error {
			e, err := client.WebhookEndpoints.Get(ctx, args[0])
			if err != nil {
				return err
			}
			return p.printEndpoint(out, e)
		}),
	}
}

func (p *program) webhookList() *cobra.Command {
	var l listing
	command := &cobra.Command{Use: "list", Short: "List where events go", Args: none}
	command.RunE = p.reading(func(ctx context.Context, client *djamo.Client, out *output.Printer, _ []string) error {
		if err := l.check(); err != nil {
			return err
		}
		items := pages(l, func(cursor string, limit int) (*djamo.Page[djamo.WebhookEndpoint], error) {
			return client.WebhookEndpoints.ListPage(ctx, djamo.WebhookEndpointListParams{Cursor: cursor, Limit: limit})
		})
		list := out.List("TOPIC", "URL", "CREATED", "ID")
		return each(p, l, list, items, all, func(e *djamo.WebhookEndpoint) error {
			return list.Add(e, string(e.Topic), terminal.Printable(e.URL), when(e.CreatedAt), e.ID)
		})
	})
	l.addFlags(command)
	return command
}

func (p *program) webhookVerify() *cobra.Command {
	var body, signature string
	command := &cobra.Command{
		Use:   "verify",
		Short: "Check the signature of a delivery, and say what is wrong with it",
		Long: "Checks a delivery without calling anybody. The body must be the bytes that came, unchanged. The secret is that of\n" +
			EnvWebhookSecret + "; it never stands on a command line.",
		Example: "  djamo webhooks verify --body delivery.json --signature \"$HEADER\"",
		Args:    none,
		RunE: func(command *cobra.Command, _ []string) error {
			out, err := output.New(p.t, p.o)
			if err != nil {
				return err
			}
			for _, f := range [][2]string{{"--body", body}, {"--signature", signature}} {
				if f[1] == "" {
					return exit.BadUsage("%s is missing", f[0])
				}
			}
			secret := os.Getenv(EnvWebhookSecret)
			if secret == "" {
				return exit.BadUsage("%s is not set: it must hold the secret that signs webhooks", EnvWebhookSecret)
			}
			return p.verify(command.Context(), out, body, signature, secret)
		},
	}
	command.Flags().StringVar(&body, "body", "", "`file` with the body, or - for standard input")
	command.Flags().StringVar(&signature, "signature", "", "`value` of the header "+djamo.SignatureHeader)
	return command
}

func (p *program) verify(ctx context.Context, out *output.Printer, path, signature, secret string) error {
	raw, err := payoutfile.Await(ctx, func() ([]byte, error) {
		if path == "-" {
			return io.ReadAll(p.t.In)
		}
		return os.ReadFile(path) //nolint:gosec // the operator names it
	})
	if ctx.Err() != nil {
		return exit.NotSent(ctx, err)
	}
	if err != nil {
		return exit.BadInput(lang.Errorf("--body: %w", err))
	}
	verified := djamo.VerifySignature(raw, signature, secret)
	if verified != nil && !errors.Is(verified, djamo.ErrInvalidSignature) {
		return exit.BadInput(verified)
	}
	view := struct {
		Valid  bool   `json:"valid"`
		Bytes  int    `json:"bytes"`
		Reason string `json:"reason,omitempty"`
	}{verified == nil, len(raw), ""}
	reason := ""
	if verified != nil {
		view.Reason, reason = verified.Error(), lang.WithoutName(p.t.Lang.Error(verified))
	}
	if err := out.One(view, []output.Field{{Name: "valid", Value: p.yesOrNo(view.Valid)}, {Name: "reason", Value: reason}}); err != nil {
		return err
	}
	if verified != nil {
		return &exit.Error{Code: exit.Refused, Err: verified}
	}
	return nil
}
