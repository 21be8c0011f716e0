package sandbox

import (
	"crypto/rand"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/openfinance/gatewaytest"
)

// DefaultControlToken is the bearer of the control API when no other was given. It is public.
const DefaultControlToken = "control_test_djamo"

// Sandbox is a fake API with a control beside it. Make one with [New]; its methods may be called by several goroutines.
type Sandbox struct {
	api     *djamotest.API
	token   string
	key     string // of customerID
	lang    string
	origins []string
	pages   *template.Template
	done    chan struct{} // closed when Serve ends: streams end with it
	ending  sync.Once
	wallets *wallets // nil without WithWallets

	mu           sync.RWMutex
	apiHosts     []string
	controlHosts []string
	apiURL       string
}

// Option configures a Sandbox. [New] refuses one with a senseless value, naming it.
type Option func(*Sandbox) error

// WithControlToken sets the bearer that the control API needs, and that pages ask for. Without it the token is
// [DefaultControlToken] and pages ask for nothing, which [Sandbox.Serve] allows on the loopback interface only.
func WithControlToken(token string) Option {
	return func(s *Sandbox) error {
		if len(token) < 16 || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return errors.New("WithControlToken: want 16 or more characters of ASCII without white space, such as rand.Text() gives")
		}
		s.token = token
		return nil
	}
}

// WithAPIHosts adds names, with port, that the API answers to beside those of its listener.
func WithAPIHosts(hosts ...string) Option {
	return func(s *Sandbox) error { return addHosts("WithAPIHosts", &s.apiHosts, hosts) }
}

// WithControlHosts adds names, with port, that the control answers to beside those of its listener.
func WithControlHosts(hosts ...string) Option {
	return func(s *Sandbox) error { return addHosts("WithControlHosts", &s.controlHosts, hosts) }
}

// WithOrigins lets pages of those origins, such as http://localhost:3000, call the API from a browser (CORS). Without it no
// browser page can, as with the real API. The control is never opened.
func WithOrigins(origins ...string) Option {
	return func(s *Sandbox) error {
		for _, origin := range origins {
			u, err := url.Parse(origin)
			if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.Scheme+"://"+u.Host != origin {
				return fmt.Errorf("WithOrigins: %q is no origin, such as http://localhost:3000", origin)
			}
		}
		s.origins = append(s.origins, origins...)
		return nil
	}
}

// WithLanguage sets the language of pages, en or fr, for browsers that ask for neither: English without it.
func WithLanguage(lang string) Option {
	return func(s *Sandbox) error {
		if lang != english && lang != french {
			return fmt.Errorf("WithLanguage: %q is neither en nor fr", lang)
		}
		s.lang = lang
		return nil
	}
}

// WithWallets adds wallets that are read with their holders' consent: the gateway answers on the API's listener, below
// /v1/djamo/wallets/ and at /oauth/token, and pages show and steer it. Give the gateway [djamotest.API.Now] as its clock, so
// that moving the sandbox's clock moves both. The gateway stays the caller's to close.
func WithWallets(gateway *gatewaytest.Gateway) Option {
	return func(s *Sandbox) error {
		if gateway == nil {
			return errors.New("WithWallets: want a gateway, made by gatewaytest.New")
		}
		s.wallets = newWallets(gateway)
		return nil
	}
}

// New puts a sandbox around an API, whose charges then lead to the sandbox's checkout once it serves. Make the API with
// [djamotest.WithAnswerBodies], or pages have no answers to show. The API stays the caller's to close.
func New(api *djamotest.API, opts ...Option) (*Sandbox, error) {
	if api == nil {
		return nil, errors.New("sandbox: New needs an API, made by djamotest.New")
	}
	s := &Sandbox{api: api, token: DefaultControlToken, key: rand.Text(), lang: english, done: make(chan struct{})}
	for _, opt := range opts {
		if opt == nil {
			continue
		}
		if err := opt(s); err != nil {
			return nil, fmt.Errorf("sandbox: %w", err)
		}
	}
	pages, err := parsePages()
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	s.pages = pages
	if len(s.apiHosts) > 0 {
		s.apiURL = "http://" + s.apiHosts[0]
	}
	if len(s.controlHosts) > 0 {
		s.payAt("http://" + s.controlHosts[0])
	}
	return s, nil
}

// API is the handler of the fake API. Without [Sandbox.Serve] it answers to the names of [WithAPIHosts] only.
func (s *Sandbox) API() http.Handler {
	return s.known(func() []string { return s.apiHosts }, s.crossOrigin(s.wallets.before(s.api)))
}

// Control is the handler of the control API and the pages. Without [Sandbox.Serve] it answers to the names of
// [WithControlHosts] only.
func (s *Sandbox) Control() http.Handler {
	return secured(s.known(func() []string { return s.controlHosts }, s.controlRoutes()))
}

// String keeps the token out of logs.
func (s *Sandbox) String() string { return "sandbox.Sandbox" }

// GoString does the same for %#v.
func (s *Sandbox) GoString() string { return s.String() }

// asksForToken says whether pages do.
func (s *Sandbox) asksForToken() bool { return s.token != DefaultControlToken }

func (s *Sandbox) payAt(control string) {
	s.api.SetPaymentURL(func(chargeID string) string { return control + "/pay/" + chargeID })
}

func (s *Sandbox) address() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.apiURL
}

func addHosts(option string, to *[]string, hosts []string) error {
	for _, host := range hosts {
		if name, port, err := net.SplitHostPort(host); err != nil || name == "" || port == "" {
			return fmt.Errorf("%s: %q is no name with a port, such as sandbox.local:8480", option, host)
		}
		*to = append(*to, namesOf(host)...)
	}
	return nil
}

// namesOf is how requests for a host name it: a browser leaves out the port 80.
func namesOf(host string) []string {
	host = strings.ToLower(host)
	if name, ok := strings.CutSuffix(host, ":80"); ok {
		return []string{host, name}
	}
	return []string{host}
}

func (s *Sandbox) isHost(list func() []string, host string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Contains(list(), strings.ToLower(host))
}
