package djamo

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"

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

// core is what a Client is made of, behind two pointers: fmt follows one of them where a verb does not fit, and must
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
		httpClient:  &http.Client{Transport: defaultTransport()},
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
		return nil, &ValidationError{Field: "WithEnvironment", Rule: "no host was chosen: add WithEnvironment or WithBaseURL (NewClientFromEnv: set " + EnvAPIURL + ")"}
	}
	if of := environmentOfToken(s.token); of != "" && s.environment != "" && of != s.environment {
		return nil, &ValidationError{Field: "token", Rule: fmt.Sprintf("belongs to %s, but the client is set to %s", of, s.environment)}
	}
	c := &Client{core: &core{settings: &s, transport: transport.New(transport.Config{
		BaseURL:    s.base.String(),
		Token:      s.token,
		CompanyID:  s.companyID,
		UserAgent:  userAgent(s.app),
		HTTPClient: s.httpClient,
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

// defaultTransport is net/http's own with room for more than two idle connections to the one host there is. Where a
// program has replaced http.DefaultTransport by something else, that is used as it is.
func defaultTransport() http.RoundTripper {
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	pooled := standard.Clone()
	pooled.MaxIdleConnsPerHost = pooled.MaxIdleConns
	return pooled
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

// checkToken never shows the token.
func checkToken(field, token string) error {
	switch {
	case token == "":
		return &ValidationError{Field: field, Rule: "must not be empty"}
	case !isHeaderText(token):
		return &ValidationError{Field: field, Rule: "must be one word of printable ASCII: look for a line break or a space around it"}
	case strings.HasPrefix(strings.ToLower(token), "bearer"):
		return &ValidationError{Field: field, Rule: "must be the bare token, without \"Bearer\""}
	}
	return nil
}

// Response is what the API sent around a result. Ask for it with WithResponse.
type Response struct {
	StatusCode int
	Header     http.Header
	Body       []byte
	Attempts   int  // requests the deciding call sent
	Settled    bool // the result was found by looking the reference up, after an answer was lost
}
