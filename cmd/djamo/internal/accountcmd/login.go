// Package accountcmd has the commands for accounts: djamo login, logout, whoami and profiles.
package accountcmd

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/account"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/payoutfile"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

// program is what these commands share.
type program struct {
	t terminal.Terminal
	o *options.Options
}

// Commands are those for accounts.
func Commands(t terminal.Terminal, o *options.Options) []*cobra.Command {
	p := &program{t, o}
	return []*cobra.Command{p.login(), p.logout(), p.whoami(), p.profiles()}
}

// newLogin is what djamo login is told.
type newLogin struct {
	environment, address, company string
	fromInput, plaintext          bool
}

func (p *program) login() *cobra.Command {
	var l newLogin
	command := &cobra.Command{
		Use:   "login",
		Short: "Keep an account under a name, with its token in the system's keyring",
		Long: "Asks for the token of an account, tries it by reading the balance, and keeps it in the system's keyring. The address\n" +
			"of the account and its company go to a profile in the configuration file. The token is typed without being shown, or\n" +
			"read from standard input; it never stands on a command line, which others on the machine can read.",
		Example: "  djamo login --environment staging-civ --company-id …\n" +
			"  djamo login --environment staging-civ --token-stdin < token.txt",
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error { return p.runLogin(command.Context(), l) },
	}
	flags := command.Flags()
	p.o.AddAccount(flags)
	flags.StringVar(&l.environment, "environment", "", "where the account is: `production-civ|production-sen|staging-civ|staging-sen`")
	flags.StringVar(&l.address, "url", "", "any other `address` of the API, such as that of a sandbox")
	flags.StringVar(&l.company, "company-id", "", "the company; charges need it")
	flags.BoolVar(&l.fromInput, "token-stdin", false, "read the token from standard input")
	flags.BoolVar(&l.plaintext, "plaintext", false, "keep the token as plain text in a file that only you can read, instead of the keyring")
	return command
}

func (p *program) runLogin(ctx context.Context, l newLogin) error {
	if err := l.check(); err != nil {
		return err
	}
	config, err := account.Load()
	if err != nil {
		return err
	}
	profile := account.Profile{URL: l.address, CompanyID: l.company, TokenIn: account.KeyringStore}
	name := cmp.Or(p.o.Profile, l.environment, "sandbox")
	if l.environment != "" {
		profile.URL = djamo.Environment(l.environment).BaseURL()
	}
	if l.plaintext {
		profile.TokenIn = account.FileStore
	}
	if err := account.CheckName("--profile", name); err != nil {
		return err
	}
	a, err := account.New(name, profile)
	if err != nil {
		return err
	}
	token, err := p.readToken(ctx, l.fromInput)
	if err != nil {
		return err
	}
	client, err := a.ClientWith(token, p.o, p.t)
	if err != nil {
		return err
	}
	if _, err := client.Balance.Get(ctx); err != nil {
		failure := exit.API(ctx, err)
		return &exit.Error{Code: exit.Code(failure), Err: lang.Errorf("nothing was kept, since the token could not be tried: %w", err)}
	}
	if err := account.StoreOf(profile.TokenIn).SetToken(ctx, name, token); err != nil {
		return err
	}
	config.Profiles[name] = profile
	if config.Profile == "" {
		config.Profile = name
	}
	if err := account.Save(config); err != nil {
		return err
	}
	p.t.Tell("Profile %q is kept: %s, %s.", name, a.Class, a.Host)
	if l.plaintext {
		p.t.Tell("Its token is in a file as plain text, which only you can read.")
	}
	if config.Profile != name {
		p.t.Tell("Profile %q is still the one in use. To change that, type: djamo profiles use %s", config.Profile, name)
	}
	return nil
}

func (l *newLogin) check() error {
	switch {
	case l.environment != "" && l.address != "":
		return exit.BadUsage("--url: give --environment or --url, not both")
	case l.environment == "" && l.address == "":
		return exit.BadUsage("--environment is missing: must be production-civ, production-sen, staging-civ or staging-sen; or give --url")
	case l.environment != "" && djamo.Environment(l.environment).BaseURL() == "":
		return exit.BadUsage("--environment %q: must be production-civ, production-sen, staging-civ or staging-sen", l.environment)
	}
	return nil
}

// readToken reads the token: from standard input, or as a person types it, without showing it.
func (p *program) readToken(ctx context.Context, fromInput bool) (string, error) {
	const maxToken = 4 << 10
	var token string
	var err error
	switch {
	case fromInput:
		token, err = payoutfile.Await(ctx, func() (string, error) { return firstLine(io.LimitReader(p.t.In, maxToken)) })
	case !p.t.Interactive:
		return "", exit.BadUsage("--token-stdin is missing, and there is no terminal to ask on: add it, and give the token on standard input")
	default:
		fmt.Fprint(p.t.Err, p.t.Lang.Say("Token (it is not shown): "))
		restore := terminal.State(p.t.In)
		token, err = payoutfile.Await(ctx, func() (string, error) { return terminal.ReadSecret(p.t.In) })
		restore()
		fmt.Fprintln(p.t.Err)
	}
	if errors.Is(err, io.EOF) && ctx.Err() == nil { // Ctrl-D, or a terminal that has gone
		return "", exit.BadInput(lang.Errorf("nothing was kept, since no token was typed"))
	}
	if err != nil {
		return "", exit.NotSent(ctx, err)
	}
	if token = strings.TrimSpace(token); token == "" {
		return "", exit.BadUsage("the token is empty")
	}
	return token, nil
}

// firstLine reads the first line that is not empty, whose end need not be there. It does not wait for what may follow; what came
// with it stays with it, as the second half of a token that was pasted in two lines does.
func firstLine(in io.Reader) (string, error) {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if strings.TrimSpace(line) == "" && err == nil {
			continue
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
		rest, _ := lines.Peek(lines.Buffered())
		return line + string(rest), err
	}
}

func noArguments(command *cobra.Command, args []string) error {
	if len(args) > 0 {
		return exit.BadUsage("%s takes no arguments; a token is typed when it is asked for, or read with --token-stdin", command.CommandPath())
	}
	return nil
}
