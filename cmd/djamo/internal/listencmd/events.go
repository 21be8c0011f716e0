package listencmd

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/account"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/output"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

func (p *program) events() *cobra.Command {
	group := &cobra.Command{Use: "events", Short: "Look at the events that were received, and send them again"}
	var sandbox string
	list := &cobra.Command{
		Use: "list", Short: "List the events that djamo listen has received, newest first", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return p.listEvents(command.Context(), sandbox) },
	}
	list.Flags().StringVar(&sandbox, "from-sandbox", "", "those of the sandbox whose pages are at this `address`")
	p.timeoutFlag(list.Flags())
	p.o.AddOutput(list.Flags())
	group.AddCommand(list, p.resend())
	return group
}

func (p *program) listEvents(ctx context.Context, sandbox string) error {
	out, err := output.New(p.t, p.o)
	if err != nil {
		return err
	}
	list := out.List("TIME", "TOPIC", "STATUS", "OBJECT", "ANSWER", "EVENT")
	if sandbox != "" {
		return p.listDeliveries(ctx, list, sandbox)
	}
	kept, err := openHistory()
	if err != nil {
		return err
	}
	all, unreadable, err := kept.all()
	for _, e := range slices.Backward(all) {
		if err = list.Add(viewOf(e, p.o.Reveal), e.At.UTC().Format(layout), terminal.Plain(e.Topic), terminal.Plain(e.Status),
			terminal.Plain(e.ObjectID), p.answerOf(e), e.ID); err != nil {
			break
		}
	}
	switch err = list.End(err); {
	case err != nil:
	case unreadable > 0:
		p.t.Tell("Events that cannot be read are left out: %d.", unreadable)
	case len(all) == 0:
		p.t.Tell("There are none. djamo listen receives them.")
	}
	return err
}

// layout is how the time of an event is shown.
const layout = "2006-01-02 15:04:05Z"

// listDeliveries lists what a sandbox has delivered.
func (p *program) listDeliveries(ctx context.Context, list *output.List, sandbox string) error {
	c, err := p.connect("--from-sandbox", sandbox)
	if err != nil {
		return err
	}
	found, _, err := deliveries(ctx, c, 0, 0)
	for _, d := range found {
		answer := p.lastAnswer(&d)
		if !p.o.Reveal {
			d.Body = djamo.MaskPhones(d.Body)
		}
		if err = list.Add(d, d.CreatedAt.UTC().Format(layout), d.Topic, d.Status, d.ObjectID, answer, d.ID); err != nil {
			break
		}
	}
	return list.End(err)
}

// resending is what djamo events resend is told.
type resending struct {
	to, sandbox string
	edit        bool
}

func (p *program) resend() *cobra.Command {
	var x resending
	command := &cobra.Command{
		Use:   "resend EVENT",
		Short: "Send an event to your program again, with the same bytes and signature",
		Long: "Sends an event again. With --edit you change its body first, in the editor of VISUAL or EDITOR; it is then signed anew with\n" +
			"the secret of " + envWebhookSecret + ".",
		Example: "  djamo events resend evt_17f0c2a4b1d3e567\n" +
			"  djamo events resend evt_17f0c2a4b1d3e567 --edit --to http://localhost:3000/webhooks",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return exit.BadUsage("EVENT must be the name of one event: djamo events list shows them")
			}
			return nil
		},
		RunE: func(command *cobra.Command, args []string) error { return p.runResend(command.Context(), args[0], x) },
	}
	flags := command.Flags()
	flags.StringVar(&x.to, "to", "", "`address` of your program; default: where it went before")
	flags.StringVar(&x.sandbox, "from-sandbox", "", "have the sandbox whose pages are at this `address` deliver its event again")
	flags.BoolVar(&x.edit, "edit", false, "change the body first")
	p.timeoutFlag(flags)
	p.o.AddOutput(flags)
	return command
}

func (p *program) runResend(ctx context.Context, id string, x resending) error {
	if x.sandbox != "" {
		return p.resendFromSandbox(ctx, id, x)
	}
	kept, err := openHistory()
	if err != nil {
		return err
	}
	e, err := kept.find(id)
	if err != nil {
		return err
	}
	if x.to == "" {
		x.to = e.ForwardTo
	}
	if x.to == "" {
		return exit.BadUsage("--to is missing: this event was not handed on to any program")
	}
	forward, err := newForwarder("--to", x.to, p.timeout)
	if err != nil {
		return err
	}
	if x.edit && !account.OnThisMachine(x.to) {
		return exit.BadUsage("--to %q: must be on this machine: a made-up event must not reach a real program", x.to)
	}
	if x.edit {
		if err := p.edit(ctx, e); err != nil {
			return err
		}
	}
	out, err := output.New(p.t, p.o)
	if err != nil {
		return err
	}
	forward.deliver(ctx, e, http.Header{})
	e.ID, e.At = newID(time.Now()), time.Now()
	if err := kept.add(e); err != nil {
		p.t.Tell("%s", p.t.Lang.Error(err))
	}
	if err := out.One(viewOf(e, p.o.Reveal), []output.Field{
		{Name: "event", Value: e.ID}, {Name: "sent to", Value: e.ForwardTo}, {Name: "answer", Value: p.answerOf(e)},
		{Name: "reason", Value: e.Error},
	}); err != nil {
		return err
	}
	if e.failed() {
		return lang.Errorf("your program did not take the event")
	}
	return nil
}

func (p *program) resendFromSandbox(ctx context.Context, id string, x resending) error {
	c, err := p.connect("--from-sandbox", x.sandbox)
	if err != nil {
		return err
	}
	in := map[string]string{}
	if x.edit {
		var d delivery
		if err := c.Read(ctx, "webhooks/"+url.PathEscape(id)+"?reveal=true", &d); err != nil {
			return err
		}
		if d.ID != id {
			return lang.Errorf("there is no sandbox there: what answers does not have this event")
		}
		e := eventOf(id, []byte(d.Body), d.Signature)
		if err := p.edit(ctx, e); err != nil {
			return err
		}
		in["body"] = string(e.Body)
	}
	var d delivery
	if err := c.Change(ctx, "webhooks/"+url.PathEscape(id)+"/redeliver", in, &d); err != nil {
		return err
	}
	if d.ID == "" || !x.edit && d.ID != id {
		return c.Unknown(lang.Errorf("there is no sandbox there: what answers does not have this event"))
	}
	out, err := output.New(p.t, p.o)
	if err != nil {
		return err
	}
	answer := p.lastAnswer(&d)
	fields := []output.Field{{Name: "event", Value: d.ID}, {Name: "sent to", Value: d.URL}, {Name: "answer", Value: answer}}
	if err := out.One(d, fields); err != nil {
		return err
	}
	if !d.Delivered {
		return lang.Errorf("your program did not take the event")
	}
	return nil
}

// edit has the operator change a body, and signs it anew.
func (p *program) edit(ctx context.Context, e *event) error {
	if !p.t.Interactive {
		return exit.BadUsage("--edit: there is no terminal for an editor")
	}
	secret := os.Getenv(envWebhookSecret)
	if secret == "" {
		return exit.BadUsage("%s is not set: it must hold the secret that signs webhooks", envWebhookSecret)
	}
	editor := strings.Fields(os.Getenv("VISUAL"))
	if len(editor) == 0 {
		editor = strings.Fields(os.Getenv("EDITOR"))
	}
	if len(editor) == 0 {
		editor = []string{"vi"}
		if runtime.GOOS == "windows" {
			editor = []string{"notepad"}
		}
	}
	file, err := os.CreateTemp("", "djamo-event-*.json") // readable by its owner alone
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	if _, err = file.Write(e.Body); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, editor[0], append(editor[1:], file.Name())...) //nolint:gosec // the operator's own editor
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stderr, os.Stderr
	if err := command.Run(); err != nil {
		return exit.BadInput(lang.Errorf("the editor %q failed: %w; set EDITOR to another one", editor[0], err))
	}
	if e.Body, err = os.ReadFile(file.Name()); err != nil {
		return err
	}
	e.Signature = djamo.SignWebhook(e.Body, secret)
	return nil
}
