// Package apicmd has the commands that call the API: djamo balance, transfers, batch, charges, sub-companies, customers and
// webhooks.
package apicmd

import (
	"context"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/account"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/output"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

// program is what these commands share.
type program struct {
	t terminal.Terminal
	o *options.Options
}

// Commands are those that call the API.
func Commands(t terminal.Terminal, o *options.Options) []*cobra.Command {
	p := &program{t, o}
	commands := []*cobra.Command{
		p.balance(), p.transfers(), p.batch(), p.charges(), p.subCompanies(), p.customers(), p.webhooks(),
	}
	for _, command := range commands {
		o.AddAccount(command.PersistentFlags())
		o.AddOutput(command.PersistentFlags())
	}
	return commands
}

// read is a question to the API.
type read func(ctx context.Context, client *djamo.Client, out *output.Printer, args []string) error

// reading runs a command that only reads.
func (p *program) reading(do read) func(*cobra.Command, []string) error {
	return func(command *cobra.Command, args []string) error {
		ctx := command.Context()
		c, err := p.begin(ctx, account.ForReading, args)
		if err != nil {
			return err
		}
		return exit.API(ctx, do(ctx, c.Client, c.out, args))
	}
}

// call is a command that asks the API, while it runs.
type call struct {
	*program
	*djamo.Client

	account account.Account
	out     *output.Printer
	args    []string
}

// connect makes the client of the account in use, for reading or for writing.
type connect func(context.Context, *options.Options, terminal.Terminal, ...djamo.Option) (*djamo.Client, account.Account, error)

// begin is what a command does before it asks anything: a wrong output format is refused first.
func (p *program) begin(ctx context.Context, connect connect, args []string) (*call, error) {
	out, err := output.New(p.t, p.o)
	if err != nil {
		return nil, err
	}
	client, a, err := connect(ctx, p.o, p.t)
	if err != nil {
		return nil, exit.API(ctx, err)
	}
	return &call{p, client, a, out, args}, nil
}

// writing runs a command that changes something.
func (p *program) writing(do func(ctx context.Context, c *call) error) func(*cobra.Command, []string) error {
	return func(command *cobra.Command, args []string) error {
		ctx := command.Context()
		c, err := p.begin(ctx, account.ForWriting, args)
		if err != nil {
			return err
		}
		return exit.API(ctx, do(ctx, c))
	}
}

// withProfile is a command line for the account in use.
func (c *call) withProfile(words ...string) string {
	if c.account.Profile != "" && c.account.ProfileFrom == "--profile" {
		words = append(words, "--profile", c.account.Profile)
	}
	return commandLine(words...)
}

// commandLine is what a person types in a shell.
func commandLine(words ...string) string {
	line := []string{"djamo"}
	for _, word := range words {
		safe := func(r rune) bool {
			return r < 0x80 && (r == '-' || r == '_' || r == '.' || r == '/' || r == ':' || r == '+' || r == '=' || isAlphanumeric(r))
		}
		if word == "" || strings.ContainsFunc(word, func(r rune) bool { return !safe(r) }) {
			word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		line = append(line, word)
	}
	return strings.Join(line, " ")
}

func isAlphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// one wants a single argument.
func one(name string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) == 0 || args[0] == "":
			return exit.BadUsage("%s is missing", name)
		case len(args) > 1:
			return exit.BadUsage("%q: nothing may follow %s; put quotes around what has blanks", args[1], name)
		}
		return nil
	}
}

// None wants no arguments.
func none(command *cobra.Command, args []string) error {
	if len(args) > 0 {
		return exit.BadUsage("%q: %s takes no arguments", args[0], command.CommandPath())
	}
	return nil
}

// listing says which part of a list is wanted.
type listing struct {
	limit  int
	cursor string
}

func (l *listing) addFlags(command *cobra.Command) {
	command.Flags().IntVar(&l.limit, "limit", 100, "how many at most; 0 for all")
	command.Flags().StringVar(&l.cursor, "cursor", "", "where to begin: the cursor that an earlier list has named")
}

func (l *listing) check() error {
	if l.limit < 0 {
		return exit.BadUsage("--limit %d: must be 0 or more", l.limit)
	}
	return nil
}

// pages reads a list page by page. Beside each item it gives the cursor of the page that follows, empty at the end.
func pages[T any](l listing, page func(cursor string, limit int) (*djamo.Page[T], error)) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		seen := map[string]bool{}
		for cursor, size := l.cursor, l.pageSize(); ; {
			got, err := page(cursor, size)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range got.Data {
				if !yield(&got.Data[i], nil) {
					return
				}
			}
			if cursor = got.Cursor.Next; cursor == "" {
				return
			}
			if seen[cursor] {
				yield(nil, djamo.ErrUnexpectedAnswer)
				return
			}
			seen[cursor] = true
		}
	}
}

func (l *listing) pageSize() int {
	if l.limit > 0 {
		return min(l.limit, 100)
	}
	return 100
}

// each writes every item that is wanted, as far as the list goes, and says when there is more.
func each[T any](p *program, l listing, list *output.List, items iter.Seq2[*T, error], wanted func(*T) bool, add func(*T) error) error {
	count, more := 0, false
	var failed error
	for item, err := range items {
		if err != nil {
			failed = err
			break
		}
		if !wanted(item) {
			continue
		}
		if l.limit > 0 && count == l.limit {
			more = true
			break
		}
		if failed = add(item); failed != nil {
			break
		}
		count++
	}
	err := list.End(failed)
	switch {
	case err != nil:
	case count == 0 && !p.o.IsJSON():
		p.t.Tell("There are none.")
	case more:
		p.t.Tell("There are more: --limit 0 lists all of them.")
	}
	return err
}

func all[T any](*T) bool { return true }

// number is a phone number in JSON and templates, as far as the operator wants to see it. A table never shows it whole.
func (p *program) number(m djamo.MSISDN) string {
	if p.o.Reveal {
		return m.E164()
	}
	return m.String()
}

// transactionView is a transaction as the API names its fields, with a number that may be masked.
type transactionView struct {
	djamo.Transaction

	MSISDN string `json:"msisdn"`
}

func (p *program) transactionView(t *djamo.Transaction) transactionView {
	return transactionView{*t, p.number(t.MSISDN)}
}

func when(t djamo.Timestamp) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}
