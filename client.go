package djamo

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"

	"github.com/djamo/djamo-go/internal/redact"
	"github.com/djamo/djamo-go/internal/transport"
)

// Version is this package's version, as the User-Agent header names it.
const Version = "0.1.0"

// Client calls the Business API for one account. Build it with NewClient or NewClientFromEnv; it is safe for
// concurrent use and meant to be kept, since its connections are.
type Client struct {
	*core

	Transactions     TransactionService
	Batches          BatchService
	Customers        CustomerService
	Balance          BalanceService
	SubCompanies     SubCompanyService
	Charges          ChargeService
	WebhookEndpoints WebhookEndpointService
}

// core is what a Client is built on, behind two pointers: fmt follows one of them where a verb does not fit, and must
// meet addresses there and not the token.
type core struct {
	settings  *settings
	transport *transport.Transport
}

// NewClient builds a client. It needs a token and WithEnvironment or WithBaseURL, and does no I/O. It refuses, with
// an error that names the option, whatever cannot work: no token, no host, plain http, a negative time, a token
// whose prefix names another environment than the one chosen.
func NewClient(token string, opts ...Option) (*Client, error) {
	if err := checkToken("token", token); err != nil {
		return nil, err
	}
	s := settings{
		token:       token,
		timeout:     defaultTimeout,
		retry:       RetryPolicy{}.withDefaults(),
		limits:      Limits{}.withDefaults(),
		maxResponse: defaultMaxResponse,
		httpClient:  &http.Client{},
	}
	return build(s, opts)
}

// The environment variables of NewClientFromEnv, named as in Djamo's own examples.
const (
	EnvAccessToken = "DJAMO_ACCESS_TOKEN" //nolint:gosec // a name, not a token
	EnvAPIURL      = "DJAMO_API_URL"
	EnvCompanyID   = "DJAMO_COMPANY_ID"
)

// NewClientFromEnv builds a client from DJAMO_ACCESS_TOKEN, DJAMO_API_URL and DJAMO_COMPANY_ID (the last is
// optional); options win over the environment. It is the only thing in this package that reads the environment.
func NewClientFromEnv(opts ...Option) (*Client, error) {
	token := strings.TrimSpace(os.Getenv(EnvAccessToken))
	if err := checkToken(EnvAccessToken, token); err != nil {
		return nil, err
	}
	fromEnv := func(s *settings) error {
		if raw := os.Getenv(EnvAPIURL); raw != "" {
			if err := s.setBase(EnvAPIURL, raw); err != nil {
				return err
			}
		}
		s.chosen = "" // an explicit option may choose another host
		return s.setCompanyID(EnvCompanyID, strings.TrimSpace(os.Getenv(EnvCompanyID)))
	}
	return NewClient(token, append([]Option{fromEnv}, opts...)...)
}

// Clone derives a client that differs by the options given, such as another company or another timeout. The two
// share the *http.Client's connections and nothing else.
func (c *Client) Clone(opts ...Option) (*Client, error) {
	if c == nil || c.core == nil {
		return nil, errNotBuilt
	}
	return build(*c.settings, opts)
}

// String names the client's host and never its token.
func (c *Client) String() string {
	if c == nil || c.core == nil {
		return "djamo.Client(not built)"
	}
	return "djamo.Client(" + c.settings.base.Redacted() + ")"
}

// Account says which account a client acts for. It holds nothing secret.
type Account struct {
	Environment Environment `json:"environment,omitempty"` // "" when the host is none that the documentation names
	Host        string      `json:"host"`                  // of the API, with its port where the address has one
	CompanyID   string      `json:"companyId,omitempty"`   // "" when none was set: the token decides then
}

// Account returns the account that the client acts for, so that a program can show it, and keep it with what was paid.
func (c *Client) Account() Account {
	if c == nil || c.core == nil {
		return Account{}
	}
	return Account{Environment: c.settings.environment, Host: c.settings.base.Host, CompanyID: c.settings.companyID}
}

// GoString is String: %#v must not print the token.
func (c *Client) GoString() string { return c.String() }

func build(s settings, opts []Option) (*Client, error) {
	s.chosen = ""
	for _, opt := range opts {
		if opt == nil {
			return nil, &ValidationError{Field: "option", Value: "nil", Rule: "must not be nil"}
		}
		if err := opt(&s); err != nil {
			return nil, err
		}
	}
	if s.base == nil {
		return nil, &ValidationError{
			Field: "WithEnvironment",
			Rule:  "no host was chosen: add WithEnvironment or WithBaseURL (NewClientFromEnv: set " + EnvAPIURL + ")",
		}
	}
	if of := environmentOfToken(s.token); of != "" && s.environment != "" && of != s.environment {
		return nil, &ValidationError{Field: "token", Rule: fmt.Sprintf("belongs to %s, but the client is set to %s", of, s.environment)}
	}
	if s.httpClient.Transport == nil {
		s.httpClient = new(*s.httpClient)
		s.httpClient.Transport = transport.Pool(s.timeout)
		s.ownPool = true
	}
	c := &Client{core: &core{settings: &s, transport: transport.New(transport.Config{
		Name:       "djamo",
		BaseURL:    s.base.String(),
		Credential: s.credential(),
		UserAgent:  userAgent(s.app),
		HTTPClient: s.httpClient,
		OwnPool:    s.ownPool,
		Timeout:    s.timeout,
		Retry: transport.Retry{
			MaxAttempts: s.retry.MaxAttempts, MinWait: s.retry.MinWait,
			MaxWait: s.retry.MaxWait, MaxRetryAfter: s.retry.MaxRetryAfter,
		},
		Logger:           s.logger,
		MaxResponseBytes: s.maxResponse,
	})}}
	c.Transactions.client = c
	c.Batches.client = c
	c.Customers.client = c
	c.Balance.client = c
	c.SubCompanies.client = c
	c.Charges.client = c
	c.WebhookEndpoints.client = c
	return c, nil
}

// credential is what every call carries.
func (s *settings) credential() *transport.Credential {
	header := http.Header{"Authorization": {"Bearer " + s.token}}
	if s.companyID != "" {
		header["X-Company-Id"] = []string{s.companyID}
	}
	return transport.NewCredential(header, redact.Secret{Name: "access token", Value: s.token})
}

func userAgent(app AppInfo) string {
	agent := "djamo-go/" + Version + " (" + runtime.Version() + "; " + runtime.GOOS + "; " + runtime.GOARCH + ")"
	if app.Name == "" {
		return agent
	}
	agent += " " + app.Name
	if app.Version != "" {
		agent += "/" + app.Version
	}
	if app.URL != "" {
		agent += " (" + app.URL + ")"
	}
	return agent
}

// Response is what the API sent around a result. Ask for it with WithResponse.
type Response struct {
	StatusCode int
	Header     http.Header
	Body       []byte
	Attempts   int // requests the deciding call sent
	// Unreadable names the fields of the result that cannot be read and are zero, such as "fee", or "[3].fee" on a page: at
	// most 20. Body shows what came. Without the fields that matter (id, reference, amount, status) there is no result.
	Unreadable []string
	Settled    bool // the result was found by looking the reference up, after an answer was lost
}
