package account

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

// EnvProfile names the profile to use.
const EnvProfile = "DJAMO_PROFILE"

// Account is the one a command is for, and where each part of it comes from.
type Account struct {
	// Name is what --live must say: the profile's, or the environment's or host's when the environment alone says where.
	Name        string
	Profile     string // empty when the environment alone says where
	Class       Class
	Environment djamo.Environment // empty for a host that is none of Djamo's
	URL         string
	CompanyID   string

	ProfileFrom, URLFrom, CompanyFrom, TokenFrom string

	tokenIn string // where the profile's token is, when it is that
	Host    string
}

// Resolve finds the account. It touches neither the keyring nor the network.
func Resolve(o *options.Options) (Account, error) {
	a := Account{}
	name, from := o.Profile, "--profile"
	if name == "" {
		name, from = os.Getenv(EnvProfile), EnvProfile
	}
	chosen := name != ""
	apiURL := os.Getenv(djamo.EnvAPIURL)
	config, err := Load()
	if _, noPlace := os.UserConfigDir(); err != nil && (noPlace == nil || chosen || apiURL == "") {
		return a, err // but for a job without a home, whose environment says it all
	}
	if name == "" && apiURL == "" {
		name, from = config.Profile, "config.toml"
	}
	if name == "" && apiURL == "" {
		return a, exit.BadInput(lang.Errorf("there is no account: type djamo login, or set %s and %s", djamo.EnvAccessToken, djamo.EnvAPIURL))
	}
	if name == "" {
		a.URL, a.URLFrom = apiURL, djamo.EnvAPIURL
		a.CompanyID, a.CompanyFrom = companyOfEnvironment(), djamo.EnvCompanyID
		a.TokenFrom = djamo.EnvAccessToken
		return checked(a.at(djamo.EnvAPIURL))
	}
	profile, ok := config.Profiles[name]
	if !ok {
		if len(config.Profiles) == 0 {
			return a, exit.BadUsage("%s %q: there is no such profile, nor any other; to add it, type: djamo login --profile NAME", from, name)
		}
		return a, exit.BadUsage("%s %q: there is no such profile: must be one of %s; to add it, type: djamo login --profile NAME",
			from, name, strings.Join(Names(config), ", "))
	}
	a.Profile, a.ProfileFrom = name, from
	a.URL, a.URLFrom, a.tokenIn = profile.URL, "profile "+name, cmp.Or(profile.TokenIn, KeyringStore)
	if chosen && apiURL != "" && strings.TrimRight(apiURL, "/") != strings.TrimRight(profile.URL, "/") {
		return a, exit.BadUsage("%s leads to another host than %s %q: unset it, or leave the profile out", djamo.EnvAPIURL, from, name)
	}
	a.CompanyID, a.CompanyFrom = profile.CompanyID, "profile "+name
	if company := companyOfEnvironment(); company != "" && company != profile.CompanyID {
		if profile.CompanyID != "" {
			return a, exit.BadUsage("%s names another company than profile %q: unset it, or choose another profile", djamo.EnvCompanyID, name)
		}
		a.CompanyID, a.CompanyFrom = company, djamo.EnvCompanyID
	}
	a.TokenFrom = a.tokenIn
	if tokenOfEnvironment() != "" {
		a.TokenFrom = djamo.EnvAccessToken
	}
	return checked(a.at("profile " + name + ": url"))
}

// checked refuses an account that is easily taken for another.
func checked(a Account, err error) (Account, error) {
	if err != nil {
		return a, err
	}
	if err := a.check(); err != nil {
		return a, err
	}
	if strings.HasSuffix(strings.TrimRight(strings.TrimSpace(a.URL), "/"), "/v1") {
		return a, exit.BadUsage("%s: leave out /v1 at its end: each call adds it", a.URLFrom)
	}
	return a, nil
}

// New is the account that a new profile would be.
func New(name string, profile Profile) (Account, error) {
	a, err := Of(name, profile)
	a.URLFrom = "--url"
	return checked(a, err)
}

// Of is the account of a profile.
func Of(name string, profile Profile) (Account, error) {
	a := Account{Profile: name, URL: profile.URL, CompanyID: profile.CompanyID, tokenIn: cmp.Or(profile.TokenIn, KeyringStore)}
	return a.at("url")
}

// IsGiven reports whether flags, the environment or the configuration name an account at all.
func IsGiven(o *options.Options) bool {
	if o.Profile != "" || os.Getenv(EnvProfile) != "" || tokenOfEnvironment() != "" {
		return true
	}
	config, err := Load()
	return err != nil || config.Profile != ""
}

// CheckSandbox refuses an account that is no sandbox, when flags or the environment name one. That of the configuration is not
// used by commands for a sandbox. Plain http may lead to another machine, such as that of another container: Djamo has no such
// address, and no command sends an account's token to one.
func CheckSandbox(o *options.Options) error {
	at := strings.ToLower(strings.TrimSpace(os.Getenv(djamo.EnvAPIURL)))
	isPlain := strings.HasPrefix(at, "http:") && CheckNotDjamos(djamo.EnvAPIURL, at) == nil
	if o.Profile == "" && os.Getenv(EnvProfile) == "" && (at == "" || isPlain) {
		return (Account{Class: Sandbox, Name: string(Sandbox)}).CheckToken(tokenOfEnvironment())
	}
	a, err := Resolve(o)
	if err == nil && a.Class != Sandbox {
		err = exit.BadUsage("the account in use is %q (%s, %s), which is no sandbox: nothing was done", a.Name, a.Class, a.Host)
	}
	if err == nil {
		err = a.CheckToken(tokenOfEnvironment())
	}
	return err
}

// OnThisMachine reports whether an address leads to the loopback interface.
func OnThisMachine(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	class, _ := classOf(u)
	return class == Sandbox
}

// Names are those of all profiles.
func Names(config Config) []string {
	var names []string
	for name := range config.Profiles {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// at completes the account with what its address says.
func (a Account) at(field string) (Account, error) {
	base, err := url.Parse(strings.TrimSpace(a.URL))
	if err != nil || base.Hostname() == "" || base.User != nil || base.Scheme != "https" && base.Scheme != "http" {
		return a, exit.BadUsage("%s: must be an address such as https://api-civ.djamo.com", field)
	}
	a.Class, a.Environment = classOf(base)
	if base.Scheme != "https" && a.Class != Sandbox {
		return a, exit.BadUsage("%s: must begin with https: plain http is for this machine only", field)
	}
	a.Host = base.Host
	a.Name = cmp.Or(a.Profile, string(a.Environment), base.Host)
	if a.Profile == "" && a.Class == Sandbox {
		a.Name = string(Sandbox)
	}
	if a.CompanyID == "" {
		a.CompanyFrom = ""
	}
	return a, nil
}

// CheckWrite refuses to change anything in production unless the command line names the account. It is no stored default
// and no variable: what was meant for another account must not reach this one.
func (a Account) CheckWrite(o *options.Options) error {
	switch {
	case o.Live != "" && o.Live != a.Name:
		return exit.BadUsage("--live %q: the account in use is %q (%s, %s); nothing was sent", o.Live, a.Name, a.Class, a.Host)
	case a.Class == Production && o.Live == "" && !o.DryRun:
		return exit.BadUsage("--live is missing: this would change something in production (%s): add --live=%s if you mean to", a.Host, a.Name)
	}
	return nil
}

// tokenOfEnvironment is the token of the environment, without the line end or the blanks that a paste or a file leaves around it.
func tokenOfEnvironment() string { return strings.TrimSpace(os.Getenv(djamo.EnvAccessToken)) }

func companyOfEnvironment() string { return strings.TrimSpace(os.Getenv(djamo.EnvCompanyID)) }

// token is the account's.
func (a Account) token(ctx context.Context) (string, error) {
	if token := tokenOfEnvironment(); token != "" {
		return token, nil
	}
	if a.tokenIn == "" {
		return "", exit.BadInput(lang.Errorf("%s is not set: it must hold the token of the account", djamo.EnvAccessToken))
	}
	token, err := StoreOf(a.tokenIn).Token(ctx, a.Profile)
	if errors.Is(err, errNoToken) {
		return "", exit.BadInput(lang.Errorf("profile %q has no token: type: djamo login --profile %s", a.Profile, a.Profile))
	}
	return token, err
}

// CheckToken refuses a token that names another environment than the account's.
func (a Account) CheckToken(token string) error {
	prefix := prefixOf(token)
	switch {
	case prefix == "" || a.Class != Sandbox && a.Environment == "":
	case a.Class == Sandbox:
		return exit.BadUsage("the token is one of %s, which no sandbox must get: the account in use is %q", prefix, a.Name)
	case prefix != string(a.Environment):
		return exit.BadUsage("the token is one of %s, but the account in use is %q (%s)", prefix, a.Name, a.Host)
	}
	return nil
}

// Client makes a client for the account.
func (a Account) Client(ctx context.Context, o *options.Options, t terminal.Terminal, more ...djamo.Option) (*djamo.Client, error) {
	token, err := a.token(ctx)
	if err != nil {
		return nil, err
	}
	return a.ClientWith(token, o, t, more...)
}

// ClientWith makes a client with a token that is not kept yet.
func (a Account) ClientWith(token string, o *options.Options, t terminal.Terminal, more ...djamo.Option) (*djamo.Client, error) {
	if err := a.CheckToken(token); err != nil {
		return nil, err
	}
	opts := []djamo.Option{djamo.WithBaseURL(a.URL), djamo.WithAppInfo(djamo.AppInfo{Name: "djamo-cli", Version: djamo.Version})}
	if a.CompanyID != "" {
		opts = append(opts, djamo.WithCompanyID(a.CompanyID))
	}
	if o.Timeout > 0 {
		opts = append(opts, djamo.WithTimeout(o.Timeout))
	}
	if o.Verbose {
		opts = append(opts, djamo.WithLogger(slog.New(slog.NewTextHandler(t.Err, nil))))
	}
	client, err := djamo.NewClient(token, append(opts, more...)...)
	if err != nil {
		return nil, exit.BadInput(a.named(err, token))
	}
	return client, nil
}

// named says of a bad value where it came from, in place of the name that it has in a program.
func (a Account) named(err error, token string) error {
	bad, ok := errors.AsType[*djamo.ValidationError](err)
	if !ok {
		return err
	}
	named := *bad
	switch {
	case bad.Field == "WithCompanyID" && a.CompanyFrom != "":
		named.Field = a.CompanyFrom
	case bad.Field == "token" && token == tokenOfEnvironment():
		named.Field = djamo.EnvAccessToken
	}
	return &named
}

// ForReading is the client and account of a command that changes nothing.
func ForReading(ctx context.Context, o *options.Options, t terminal.Terminal, more ...djamo.Option) (*djamo.Client, Account, error) {
	a, err := Resolve(o)
	if err != nil {
		return nil, a, err
	}
	client, err := a.Client(ctx, o, t, more...)
	return client, a, err
}

// ForWriting is the client and account of a command that changes something. It guards production.
func ForWriting(ctx context.Context, o *options.Options, t terminal.Terminal, more ...djamo.Option) (*djamo.Client, Account, error) {
	a, err := Resolve(o)
	if err == nil {
		err = a.CheckWrite(o)
	}
	if err == nil {
		err = a.checkSandbox(ctx, o)
	}
	if err != nil {
		return nil, a, err
	}
	client, err := a.Client(ctx, o, t, more...)
	return client, a, err
}
