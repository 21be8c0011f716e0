package sandboxcmd

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/djamo/djamo-go/cmd/djamo/internal/account"
	"github.com/djamo/djamo-go/cmd/djamo/internal/control"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/sandbox"
)

// starting is what djamo sandbox start is told.
type starting struct {
	terminal      terminal.Terminal
	addr, control string
	hosts         []string
	origins       []string
	company       string
	balance       int64
	manual, demo  bool
	lenient       bool
	snapshot      string
	lang          string

	apiToken, controlToken, webhookSecret string
}

func startCommand(t terminal.Terminal) *cobra.Command {
	s := &starting{terminal: t}
	command := &cobra.Command{
		Use:   "start",
		Short: "Serve the fake API, and pages that show and steer it",
		Long: "Serves until it is interrupted. What a program needs to be told is printed on standard output, as lines for a shell or\n" +
			"a .env file. The tokens of a sandbox on the loopback interface are public; beyond it they are random, or those of\n" +
			control.EnvAPIToken + ", " + control.EnvToken + " and " + control.EnvWebhookSecret + ".",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return s.run(command.Context()) },
	}
	flags := command.Flags()
	flags.StringVar(&s.addr, "addr", "127.0.0.1:8480", "where the API listens, host:port")
	flags.StringVar(&s.control, "control", "127.0.0.1:8481", "where the pages and the control API listen, host:port")
	flags.StringSliceVar(&s.hosts, "host", nil, "another name of this machine that both answer to, without a port")
	flags.StringSliceVar(&s.origins, "origin", nil, "let browser pages of this origin call the API, such as http://localhost:3000")
	flags.StringVar(&s.company, "company-id", djamotest.DefaultCompanyID, "the company that the token belongs to")
	flags.Int64Var(&s.balance, "balance", djamotest.DefaultBalance, "the first balance, in francs")
	flags.BoolVar(&s.manual, "manual", false, "settle transfers only when told to")
	flags.BoolVar(&s.lenient, "lenient", false, "let requests pass that only the real API may accept, and say so of each")
	flags.BoolVar(&s.demo, "demo", false, "fill the account with examples")
	flags.StringVar(&s.snapshot, "snapshot", "", "a snapshot `file` to begin with")
	flags.StringVar(&s.lang, "lang", "en", "language of pages for browsers that ask for none: en or fr")
	return command
}

func (s *starting) run(ctx context.Context) error {
	if s.demo && s.snapshot != "" {
		return exit.BadUsage("--demo: a snapshot brings an account of its own; leave out --demo or --snapshot")
	}
	if err := account.CheckSandbox(&options.Options{}); err != nil { // what is started beside it would use that account
		return err
	}
	if err := s.readTokens(); err != nil {
		return err
	}
	api, err := s.makeAPI()
	if err != nil {
		return err
	}
	defer api.Close()
	if s.snapshot != "" {
		raw, err := os.ReadFile(s.snapshot)
		if err == nil {
			err = api.Restore(raw)
		}
		if err != nil {
			return exit.BadInput(lang.Errorf("--snapshot: %w", err))
		}
	}
	apiListener, err := listen(ctx, "--addr", s.addr)
	if err != nil {
		return err
	}
	defer apiListener.Close()
	controlListener, err := listen(ctx, "--control", s.control)
	if err != nil {
		return err
	}
	defer controlListener.Close()
	gateway, err := makeGateway(api)
	if err != nil {
		return err
	}
	defer gateway.Close()
	box, err := s.makeSandbox(api, gateway, apiListener.Addr(), controlListener.Addr())
	if err != nil {
		return err
	}
	if s.demo {
		if err := fillDemo(api); err != nil {
			return err
		}
		fillDemoWallets(gateway)
	}
	if err := s.announce(api, apiListener.Addr(), controlListener.Addr()); err != nil {
		return err
	}
	go giveBackWhenIdle(ctx, api.Changes, debug.FreeOSMemory)
	return box.Serve(ctx, apiListener, controlListener)
}

// readTokens takes those that were given, and makes random ones where others could use a public one.
func (s *starting) readTokens() error {
	for variable, token := range map[string]*string{
		control.EnvAPIToken: &s.apiToken, control.EnvToken: &s.controlToken, control.EnvWebhookSecret: &s.webhookSecret,
	} {
		*token = os.Getenv(variable)
		if control.IsDjamos(*token) {
			return exit.BadUsage("%s: this is a token of Djamo's, which no sandbox must get; unset it, or choose another", variable)
		}
	}
	if s.apiToken == "" {
		s.apiToken = djamotest.DefaultToken
		if !onLoopback(s.addr) {
			s.apiToken = rand.Text()
		}
	}
	if s.controlToken == "" {
		s.controlToken = sandbox.DefaultControlToken
		if !onLoopback(s.control) {
			s.controlToken = rand.Text()
		}
	}
	for _, public := range []struct{ variable, token, flag, address string }{
		{control.EnvAPIToken, s.apiToken, "--addr", s.addr}, {control.EnvToken, s.controlToken, "--control", s.control},
	} {
		if (public.token == djamotest.DefaultToken || public.token == sandbox.DefaultControlToken) && !onLoopback(public.address) {
			return exit.BadUsage("%s: this token is public, and others can reach %s %q; unset it for a random one, or listen on 127.0.0.1",
				public.variable, public.flag, public.address)
		}
	}
	if s.webhookSecret == "" {
		s.webhookSecret = djamotest.DefaultWebhookSecret
	}
	return nil
}

func onLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

func (s *starting) makeAPI() (*djamotest.API, error) {
	opts := []djamotest.Option{
		djamotest.WithToken(s.apiToken), djamotest.WithCompanyID(s.company), djamotest.WithWebhookSecret(s.webhookSecret),
		djamotest.WithBalance(s.balance), djamotest.WithAnswerBodies(16 << 10),
	}
	if s.manual {
		opts = append(opts, djamotest.WithManualSettlement())
	}
	if s.lenient {
		opts = append(opts, djamotest.WithLenient(slog.New(slog.NewTextHandler(s.terminal.Err, nil))))
	}
	api, err := djamotest.New(opts...)
	if err != nil {
		return nil, exit.BadUsage("%w", err)
	}
	return api, nil
}

// makeGateway makes a gateway of wallets on the sandbox's clock, whose tokens nobody guesses.
func makeGateway(api *djamotest.API) (*gatewaytest.Gateway, error) {
	var seed [8]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return nil, err
	}
	return gatewaytest.New(gatewaytest.Options{Seed: binary.LittleEndian.Uint64(seed[:]), Now: api.Now}), nil
}

func (s *starting) makeSandbox(
	api *djamotest.API, gateway *gatewaytest.Gateway, apiAddr, controlAddr net.Addr,
) (*sandbox.Sandbox, error) {
	opts := []sandbox.Option{sandbox.WithLanguage(s.lang), sandbox.WithOrigins(s.origins...), sandbox.WithWallets(gateway)}
	if s.controlToken != sandbox.DefaultControlToken {
		opts = append(opts, sandbox.WithControlToken(s.controlToken))
	}
	for _, host := range s.hosts {
		opts = append(opts, sandbox.WithAPIHosts(withPort(host, apiAddr)), sandbox.WithControlHosts(withPort(host, controlAddr)))
	}
	box, err := sandbox.New(api, opts...)
	if err != nil {
		return nil, exit.BadUsage("%w", err)
	}
	return box, nil
}

func withPort(host string, addr net.Addr) string {
	_, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return host
	}
	return net.JoinHostPort(host, port)
}

func listen(ctx context.Context, flag, address string) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		if failed, ok := errors.AsType[*net.OpError](err); ok {
			err = failed.Err
		}
		return nil, exit.BadInput(
			lang.Errorf("%s %q: %w; choose another address, or end the program that listens there", flag, address, err))
	}
	return listener, nil
}

// announce says, once it is so, where the sandbox is and what a program needs.
func (s *starting) announce(api *djamotest.API, apiAddr, controlAddr net.Addr) error {
	address := func(addr net.Addr) string {
		host := addr.String()
		if len(s.hosts) > 0 {
			host = withPort(s.hosts[0], addr)
		} else if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
			host = withPort("127.0.0.1", addr)
		}
		return "http://" + host
	}
	variables := [][2]string{
		{"DJAMO_API_URL", address(apiAddr)}, {"DJAMO_ACCESS_TOKEN", api.Token}, {"DJAMO_COMPANY_ID", api.CompanyID},
		{"DJAMO_WEBHOOK_SECRET", api.WebhookSecret},
	}
	var lines, exports []string
	for _, v := range variables {
		lines = append(lines, v[0]+"="+v[1])
		exports = append(exports, v[0]+"="+v[1])
	}
	if _, err := fmt.Fprintln(s.terminal.Out, strings.Join(lines, "\n")); err != nil {
		return err
	}
	s.terminal.Tell("\nThe lines above are for a .env file. For a shell:\n  export %s\n", strings.Join(exports, " "))
	s.terminal.Tell("Look at it: %s", address(controlAddr))
	if s.controlToken != sandbox.DefaultControlToken {
		s.terminal.Tell("The pages ask for the control token: %s", s.controlToken)
	}
	s.terminal.Tell("Ready. End it with Ctrl-C.")
	return nil
}
