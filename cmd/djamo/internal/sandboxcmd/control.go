package sandboxcmd

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/account"
	"github.com/djamo/djamo-go/cmd/djamo/internal/control"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/djamotest"
)

// caller calls the control API of a sandbox that is being served.
type caller struct {
	terminal terminal.Terminal
	control  string
	timeout  time.Duration
}

// request is one call of the control API.
type request struct {
	method, path string
	body         any
	// What the answer to it has: a field, with a value when it is to have one. An answer without it is none of a sandbox's.
	field string
	value any
}

// done reports whether an answer says that a request was carried out.
func (r request) done(answer map[string]any) bool {
	value, ok := answer[r.field]
	return ok && (r.value == nil || value == r.value)
}

// fixed is a command's call that takes no arguments.
func fixed(r request) func([]string) request { return func([]string) request { return r } }

// on is a call about one thing, which the first argument names, that leads it to a status.
func on(kind, do, status string) func([]string) request {
	return func(args []string) request {
		return request{http.MethodPost, kind + "/" + url.PathEscape(args[0]) + "/" + do, nil, "status", status}
	}
}

// commands are those that steer a sandbox.
func (c *caller) commands() []*cobra.Command {
	const get, post = http.MethodGet, http.MethodPost
	fault := &cobra.Command{Use: "fault", Short: "Make requests and webhooks go wrong"}
	fault.AddCommand(c.faultAdd(),
		c.leaf("list", "List the faults that are on", cobra.NoArgs, fixed(request{get, "faults", nil, "items", nil})),
		c.leaf("clear", "Switch every fault off", cobra.NoArgs, fixed(request{post, "faults/clear", nil, "done", true})))
	snapshot := &cobra.Command{Use: "snapshot", Short: "Keep the account, or go back to one that was kept"}
	snapshot.AddCommand(
		c.leaf("save", "Write the account to standard output", cobra.NoArgs,
			fixed(request{get, "snapshot", nil, "format", "djamotest"})),
		c.snapshotLoad())
	settle := func(args []string) request {
		if len(args) == 0 {
			return request{post, "transfers/settle-all", nil, "settled", nil}
		}
		return on("transfers", "settle", djamotest.StatusCompleted)(args)
	}
	fail := func(args []string) request {
		r := on("transfers", "fail", djamotest.StatusFailed)(args)
		r.body = map[string]string{"reason": args[1]}
		return r
	}
	advance := func(args []string) request {
		return request{post, "clock/advance", map[string]string{"by": args[0]}, "now", nil}
	}
	reset := fixed(request{post, "reset", map[string]string{"confirm": "reset"}, "done", true})
	pay, cancel := on("charges", "pay", djamotest.ChargePaid), on("charges", "cancel", djamotest.ChargeCancelled)
	expire := on("charges", "expire", djamotest.ChargeDropped)
	return []*cobra.Command{
		c.leaf("settle [REFERENCE]", "Settle a pending transfer, or all of them", cobra.MaximumNArgs(1), settle),
		c.leaf("fail REFERENCE REASON", "Fail a pending transfer; the money comes back", named("REFERENCE", "REASON"), fail),
		c.leaf("pay CHARGE", "Pay a charge as its customer would", named("CHARGE"), pay),
		c.leaf("cancel CHARGE", "Give a charge up as its customer would", named("CHARGE"), cancel),
		c.leaf("expire CHARGE", "Drop an unpaid charge before its hour is over", named("CHARGE"), expire),
		c.leaf("advance DURATION", "Move the clock forward, such as 90s or 24h", named("DURATION"), advance),
		c.customers(),
		c.leaf("reset", "Empty the account, as after a start without --demo and --snapshot", cobra.NoArgs, reset),
		c.leaf("status", "Say how much of everything there is", cobra.NoArgs, fixed(request{get, "state", nil, "changes", nil})),
		fault, snapshot,
	}
}

// named wants one argument for each name, and says which is missing.
func named(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		for i, name := range names {
			if i >= len(args) || args[i] == "" {
				return exit.BadUsage("%s is missing", name)
			}
		}
		if len(args) > len(names) {
			return exit.BadUsage("%q: nothing may follow %s; put quotes around what has blanks", args[len(names)], names[len(names)-1])
		}
		return nil
	}
}

// leaf is a command that makes one call.
func (c *caller) leaf(use, short string, args cobra.PositionalArgs, call func([]string) request) *cobra.Command {
	command := &cobra.Command{Use: use, Short: short, Args: args, RunE: func(command *cobra.Command, args []string) error {
		return c.call(command.Context(), call(args))
	}}
	c.controlFlag(command)
	return command
}

func (c *caller) controlFlag(command *cobra.Command) {
	command.Flags().StringVar(&c.control, "control", control.DefaultAddress, "address of the sandbox's pages")
	command.Flags().DurationVar(&c.timeout, "timeout", control.DefaultTimeout, "how long one request may take")
}

func (c *caller) customers() *cobra.Command {
	var everybody bool
	command := c.leaf("customers [MSISDN…]", "List who has an account, or name the only ones who have one", cobra.ArbitraryArgs,
		func(args []string) request {
			switch {
			case everybody:
				return request{http.MethodPost, "customers/everybody", nil, "done", true}
			case len(args) == 0:
				return request{http.MethodGet, "customers", nil, "everybodyHasAccount", nil}
			}
			return request{http.MethodPost, "customers/add", map[string][]string{"msisdns": args}, "done", true}
		})
	command.Long = "Lists who has an account: everybody, until phone numbers are named. Then only those named have one, and transfers to\n" +
		"others fail. --everybody goes back to the beginning."
	command.Example = "  djamo sandbox customers +2250748710523\n  djamo sandbox customers --everybody"
	command.Flags().BoolVar(&everybody, "everybody", false, "everybody has an account again")
	arguments := command.Args
	command.Args = func(command *cobra.Command, args []string) error {
		if everybody && len(args) > 0 {
			return exit.BadUsage("--everybody: leave the phone numbers out")
		}
		for _, number := range args {
			if _, err := djamo.ParseMSISDN(number); err != nil {
				return exit.BadInput(err)
			}
		}
		return arguments(command, args)
	}
	return command
}

func (c *caller) faultAdd() *cobra.Command {
	fields := map[string]*string{}
	command := &cobra.Command{Use: "add KIND", Short: "Switch a fault on: lose-reply, fail-before, rate-limit and more", Args: named("KIND")}
	for name, usage := range map[string]string{
		"on": `which requests, such as "POST /v1/transactions", or a topic`, "status": "HTTP status of an error page, 400 to 599",
		"duration": "how long it delays, such as 30s", "times": "how often it strikes", "after": "how many requests pass first",
		"percent": "of a hundred requests, how many", "for": "how long it is on, such as 10m",
	} {
		fields[name] = command.Flags().String(name, "", usage)
	}
	command.RunE = func(command *cobra.Command, args []string) error {
		body := map[string]string{"kind": args[0]}
		for name, value := range fields {
			if *value != "" {
				body[name] = *value
			}
		}
		return c.call(command.Context(), request{http.MethodPost, "faults/add", body, "id", nil})
	}
	c.controlFlag(command)
	return command
}

func (c *caller) snapshotLoad() *cobra.Command {
	command := &cobra.Command{Use: "load FILE", Short: "Put a snapshot in the place of the account", Args: named("FILE")}
	command.RunE = func(command *cobra.Command, args []string) error {
		raw, err := os.ReadFile(args[0])
		if err != nil {
			return exit.BadInput(err)
		}
		return c.call(command.Context(), request{http.MethodPost, "snapshot", json.RawMessage(raw), "changes", nil})
	}
	c.controlFlag(command)
	return command
}

// call makes a call and writes its answer to standard output, once it is certain that it is one of a sandbox that has done it.
func (c *caller) call(ctx context.Context, r request) error {
	if err := account.CheckSandbox(&options.Options{}); err != nil {
		return err
	}
	client, err := control.New("--control", c.control, c.timeout, c.terminal.Lang)
	if err != nil {
		return err
	}
	raw, err := client.Do(ctx, r.method, r.path, r.body)
	if err != nil {
		return err
	}
	var answer map[string]any
	if json.Unmarshal(raw, &answer) != nil || !r.done(answer) {
		err := lang.Errorf("what answers at %s does not say that this was done", c.control)
		if r.method == http.MethodGet {
			return err
		}
		return client.Unknown(err)
	}
	_, err = c.terminal.Out.Write(append(bytes.TrimSpace(raw), '\n'))
	return err
}
