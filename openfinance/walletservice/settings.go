package walletservice

import (
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/djamo/djamo-go/openfinance/internal/gateway"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// Settings of a service, as they are typed. Declare gives those their usual values that a program does not ask for: without it Poll,
// ReadTimeout and Page must be set. The environment adds DJAMO_CONSENT_ID, DJAMO_CONSENT_TOKEN,
// DJAMO_CONSENT_REFRESH_TOKEN, DJAMO_CONSENT_KEY and DJAMO_PISPI_SECRET.
type Settings struct { //nolint:recvcheck // flags are declared through a pointer, a service has a copy
	Gateway     string // URL
	TokenURL    string // empty: {gateway}/oauth/token
	Wallets     string // ids, with commas between them
	Database    string // file of SQLite, or postgres://…
	Consents    string // file with a consent for each wallet; empty: the environment has one for all
	From        string // day from which on history is read; empty: none is
	Currency    string
	Listen      string // address that receives pushes; empty: none are received
	Poll        time.Duration
	ReadTimeout time.Duration
	Page        int
	Once        bool // ends when every wallet is in step and every backfill done
}

// Flags are those of package flag, or of pflag.
type Flags interface {
	StringVar(into *string, name, value, usage string)
	BoolVar(into *bool, name string, value bool, usage string)
	IntVar(into *int, name string, value int, usage string)
	DurationVar(into *time.Duration, name string, value time.Duration, usage string)
}

// Declare makes the flags of the settings.
func (s *Settings) Declare(flags Flags) {
	flags.StringVar(&s.Gateway, "gateway", "", "URL of the gateway")
	flags.StringVar(&s.Wallets, "wallet", "", "ids of the wallets, with commas between them")
	flags.StringVar(&s.Database, "db", "", "file of SQLite, or postgres://…")
	flags.StringVar(&s.From, "from", "", "read history from this day on, such as 2026-01-31")
	flags.DurationVar(&s.Poll, "poll", time.Minute, "time between reads of a wallet that is in step")
	flags.IntVar(&s.Page, "page", 200, "items in a page")
	flags.StringVar(&s.Listen, "listen", "", "address to receive pushes on, at POST /djamo/pi-spi")
	flags.BoolVar(&s.Once, "once", false, "end when every wallet is in step and every backfill done")
	flags.StringVar(&s.Consents, "consents", "", "JSON file with a consent for each wallet")
	flags.StringVar(&s.TokenURL, "token-url", "", "where tokens are refreshed (default {gateway}/oauth/token)")
	flags.StringVar(&s.Currency, "currency", "XOF", "currency of the wallets")
	flags.DurationVar(&s.ReadTimeout, "read-timeout", 15*time.Second, "how long one read may take")
}

// Service makes a service of settings that are in order. The error is an InputError otherwise. It reads the file of consents
// and, where there is one or must be, the key beside a file of SQLite.
func (s Settings) Service(env func(string) string) (*Service, error) {
	v := &Service{settings: s}
	for id := range strings.SplitSeq(s.Wallets, ",") {
		if id = strings.TrimSpace(id); id != "" && !slices.Contains(v.wallets, id) {
			v.wallets = append(v.wallets, id)
		}
	}
	for _, id := range v.wallets {
		if !isWalletID(id) {
			return nil, wrong("wallet", "%q is no wallet id", clip(id))
		}
	}
	switch {
	case s.Gateway == "":
		return nil, wrong("gateway", "must be given")
	case len(v.wallets) == 0:
		return nil, wrong("wallet", "must be given")
	case s.Database == "":
		return nil, wrong("db", "must be given")
	case s.Poll <= 0:
		return nil, wrong("poll", "must be more than 0")
	case s.ReadTimeout <= 0:
		return nil, wrong("read-timeout", "must be more than 0")
	case s.Page < 1 || s.Page > 10_000:
		return nil, wrong("page", "%d must be from 1 to 10000", s.Page)
	}
	if err := v.addresses(); err != nil {
		return nil, err
	}
	if found, err := os.Stat(s.Database); err == nil && found.IsDir() {
		return nil, wrong("db", "%s is a folder: name a file", s.Database)
	}
	if s.From != "" {
		day, err := wallet.ParseDate(s.From)
		if err != nil || day.String() != s.From {
			return nil, wrong("from", "%q is no date such as 2026-01-31", s.From)
		}
		if wallet.DateOf(time.Now().UTC().AddDate(0, 0, 1)).Before(day) {
			return nil, wrong("from", "%s is in the future", s.From)
		}
		v.from = day
	}
	for secret := range strings.SplitSeq(env("DJAMO_PISPI_SECRET"), ",") {
		if secret = strings.TrimSpace(secret); secret != "" {
			v.secrets = append(v.secrets, secret)
		}
	}
	if s.Listen != "" && len(v.secrets) == 0 {
		return nil, wrong("listen", "DJAMO_PISPI_SECRET must be set, with which pushes are signed")
	}
	if err := v.readGrants(env); err != nil {
		return nil, err
	}
	return v, v.readKey(env("DJAMO_CONSENT_KEY"))
}

// isWalletID reports whether a text can name a wallet, in a path of the gateway and as a key of the database.
func isWalletID(id string) bool {
	return id != "." && id != ".." && len(id) <= wallet.MaxID && utf8.ValidString(id) &&
		!strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r == 0x7f })
}

// clip shortens what an error shows.
func clip(text string) string {
	const maxShown = 60
	if len(text) > maxShown {
		return strings.ToValidUTF8(text[:maxShown], "") + "…"
	}
	return text
}

// addresses checks the URLs.
func (v *Service) addresses() error {
	s := &v.settings
	if _, err := wallet.NewClient(wallet.Options{URL: s.Gateway}); err != nil {
		return wrong("gateway", "%s", strings.TrimPrefix(err.Error(), "wallet: "))
	}
	if s.TokenURL == "" {
		s.TokenURL = strings.TrimRight(s.Gateway, "/") + "/oauth/token"
	}
	u, err := url.Parse(s.TokenURL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || !gateway.IsPort(u.Port()):
		return wrong("token-url", "must be such as https://auth.example/oauth/token")
	case u.Scheme == "http" && !gateway.OnThisMachine(u.Hostname()):
		return wrong("token-url", "tokens are sent over https only, but to a server on this machine")
	}
	if s.Listen != "" {
		_, port, err := net.SplitHostPort(s.Listen)
		if err == nil {
			_, err = strconv.ParseUint(port, 10, 16)
		}
		if err != nil {
			return wrong("listen", "%q is no address such as 127.0.0.1:8080", s.Listen)
		}
	}
	return nil
}
