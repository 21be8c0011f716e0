package djamo

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// Option configures a Client. NewClient and Clone refuse a wrong one with an error that names the option.
type Option func(*settings) error

// settings is what options write to. It is copied by value: nothing in it is changed once a Client is built.
type settings struct {
	token       string
	base        *url.URL
	environment Environment // "" for a base URL that is none of the four
	chosen      string      // the option that chose the host in this round of options
	companyID   string
	httpClient  *http.Client
	ownPool     bool // httpClient sends through connections that this package has made, and nothing else
	timeout     time.Duration
	retry       RetryPolicy
	limits      Limits
	logger      *slog.Logger
	app         AppInfo
	maxResponse int64
}

const (
	defaultTimeout     = 30 * time.Second
	defaultMaxResponse = 10 << 20
)

// RetryPolicy bounds how often a call is sent and how long the client waits. A zero field takes its default.
type RetryPolicy struct {
	// MaxAttempts is how many requests a call may send in all, look-ups not counted. Default 4; 1 never sends twice.
	MaxAttempts int
	// MinWait and MaxWait bound the exponential back-off, which has jitter. Defaults 500 ms and 8 s.
	MinWait, MaxWait time.Duration
	// MaxRetryAfter caps what a Retry-After header may ask for. Default 60 s.
	MaxRetryAfter time.Duration
	// QuietPeriod is how long a payment that cannot be found after a lost answer is given to appear before it is sent
	// again under the same reference; it doubles with every round. A request that looked lost can still be processed
	// late, so it should exceed the API's longest processing time. Default 2 s, an assumption: nothing public says.
	QuietPeriod time.Duration
}

func (p RetryPolicy) withDefaults() RetryPolicy {
	if p.MaxAttempts == 0 {
		p.MaxAttempts = 4
	}
	if p.MinWait == 0 {
		p.MinWait = 500 * time.Millisecond
		if p.MaxWait > 0 {
			p.MinWait = min(p.MinWait, p.MaxWait)
		}
	}
	if p.MaxWait == 0 {
		p.MaxWait = max(8*time.Second, p.MinWait)
	}
	if p.MaxRetryAfter == 0 {
		p.MaxRetryAfter = time.Minute
	}
	if p.QuietPeriod == 0 {
		p.QuietPeriod = 2 * time.Second
	}
	return p
}

// Limits are the caller's own bounds, checked before anything is sent. The API's limits belong to the account and
// are not known to this package: the documentation says 5,000 to 500,000 francs in one place and up to 200,000,000
// in another. A zero field is no limit, except ReferenceLength.
type Limits struct {
	MinAmount, MaxAmount XOF // of one transfer, whole francs
	BatchSize            int // transfers in one batch
	// ReferenceLength bounds references and external ids, in bytes. Default 255, an assumption.
	ReferenceLength int
}

func (l Limits) withDefaults() Limits {
	if l.ReferenceLength == 0 {
		l.ReferenceLength = defaultReferenceLength
	}
	return l
}

// AppInfo names the program in the User-Agent header, which helps Djamo's support find its calls.
type AppInfo struct{ Name, Version, URL string }

// WithEnvironment chooses one of the four hosts.
func WithEnvironment(e Environment) Option {
	return func(s *settings) error {
		if e.BaseURL() == "" {
			value := string(e)
			if strings.ContainsFunc(value, func(r rune) bool { return (r < 'a' || r > 'z') && r != '-' }) {
				value = "" // it may be the token, or hold it
			}
			return optionError("WithEnvironment", value, "must be ProductionCIV, ProductionSEN, StagingCIV or StagingSEN")
		}
		return s.setBase("WithEnvironment", e.BaseURL())
	}
}

// WithBaseURL chooses any other host: a proxy, a test server. A path prefix is kept. It must be https, except on a
// loopback address.
func WithBaseURL(raw string) Option {
	return func(s *settings) error { return s.setBase("WithBaseURL", raw) }
}

func (s *settings) setBase(option, raw string) error {
	base, err := parseBaseURL(option, raw)
	if err != nil {
		return err
	}
	if s.chosen != "" && *base != *s.base {
		return &ValidationError{Field: option, Rule: "contradicts " + s.chosen + ": choose one host"}
	}
	s.base, s.environment, s.chosen = base, environmentOf(base), option
	return nil
}

// WithCompanyID sends X-Company-Id with every call. Charges need it.
func WithCompanyID(id string) Option {
	return func(s *settings) error { return s.setCompanyID("WithCompanyID", id) }
}

func (s *settings) setCompanyID(option, id string) error {
	if id != "" {
		if err := checkBare(option, companyID, id); err != nil {
			return err
		}
	}
	s.companyID = id
	return nil
}

// WithHTTPClient makes the client send through a copy of h: proxies, TLS settings, tracing and tests fit in here.
// h itself is never changed and its idle connections are never closed. Requests have no GetBody, so that net/http sends no
// write a second time. A RoundTripper that repeats requests by itself must leave all but GETs alone: this package cannot
// see what it does, and would pay twice.
//
// Without a Transport, h gets the connections of a client that was given no h: a copy of http.DefaultTransport, which pings
// HTTP/2 connections that have gone silent and gives up those that do not answer. An *http.Transport of your own is used as
// it is. For the same, set its field HTTP2 to &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second}.
//
// A RoundTripper of your own may be around net/http's. It learns from AttemptFromContext which call a request belongs to,
// and should hand the request on with its body as it is and a context made from its own: from these the client knows that
// a request cannot have left, and may be sent again, when no connection could be made. For a write without a body (only
// Do has such) that is not enough, and its outcome counts as unknown, unless the RoundTripper vouches for itself with a
// method SendsThrough() http.RoundTripper that returns the one it hands every request to, once, its body untouched, while
// it sends nothing in any other way. A struct that embeds such a RoundTripper has its method, and vouches too: give it a
// SendsThrough of its own that returns nil where its RoundTrip does anything else.
func WithHTTPClient(h *http.Client) Option {
	return func(s *settings) error {
		if h == nil {
			return optionError("WithHTTPClient", "nil", "must be a client")
		}
		copied := *h
		s.httpClient, s.ownPool = &copied, false
		return nil
	}
}

// WithTimeout bounds one attempt, from connecting to the last byte of the answer. Default 30 s. The context bounds
// the whole call.
func WithTimeout(d time.Duration) Option {
	return func(s *settings) error {
		if d <= 0 {
			return optionError("WithTimeout", d.String(), "must be positive")
		}
		s.timeout = d
		return nil
	}
}

// WithRetry replaces the retry policy.
func WithRetry(p RetryPolicy) Option {
	return func(s *settings) error {
		for name, d := range map[string]time.Duration{
			"MinWait": p.MinWait, "MaxWait": p.MaxWait, "MaxRetryAfter": p.MaxRetryAfter, "QuietPeriod": p.QuietPeriod,
		} {
			if d < 0 {
				return optionError("WithRetry: "+name, d.String(), "must not be negative")
			}
		}
		if p.MaxAttempts < 0 {
			return optionError("WithRetry: MaxAttempts", fmt.Sprint(p.MaxAttempts), "must not be negative")
		}
		policy := p.withDefaults() // p is shared by all who use the option
		if policy.MaxWait < policy.MinWait {
			return optionError("WithRetry: MaxWait", policy.MaxWait.String(), "must not be below MinWait")
		}
		s.retry = policy
		return nil
	}
}

// WithLimits sets the caller's own bounds.
func WithLimits(l Limits) Option {
	return func(s *settings) error {
		switch {
		case l.MinAmount < 0 || l.MaxAmount < 0:
			return optionError("WithLimits", "", "amounts must not be negative")
		case l.MaxAmount != 0 && l.MaxAmount < l.MinAmount:
			return optionError("WithLimits: MaxAmount", l.MaxAmount.String(), "must not be below MinAmount")
		case l.BatchSize < 0 || l.ReferenceLength < 0:
			return optionError("WithLimits", "", "sizes must not be negative")
		}
		s.limits = l.withDefaults()
		return nil
	}
}

// WithLogger writes one record for every attempt: method, path template, status, attempt, duration, correlation id.
// Never a body, a token or a whole phone number. Without it the client is silent.
func WithLogger(l *slog.Logger) Option {
	return func(s *settings) error {
		if l == nil {
			return optionError("WithLogger", "nil", "must be a logger")
		}
		s.logger = l
		return nil
	}
}

// WithAppInfo adds the program's name to the User-Agent header.
func WithAppInfo(app AppInfo) Option {
	return func(s *settings) error {
		if !isHeaderText(app.Name) || app.Version != "" && !isHeaderText(app.Version) || app.URL != "" && !isHeaderText(app.URL) {
			return optionError("WithAppInfo", "", "needs a name, and only words of printable ASCII")
		}
		s.app = app
		return nil
	}
}

// WithMaxResponseBytes bounds an answer. Default 10 MiB.
func WithMaxResponseBytes(n int64) Option {
	return func(s *settings) error {
		if n <= 0 || n == 1<<63-1 {
			return optionError("WithMaxResponseBytes", fmt.Sprint(n), "must be positive and finite")
		}
		s.maxResponse = n
		return nil
	}
}

func optionError(option, value, rule string) error {
	return &ValidationError{Field: option, Value: value, Rule: rule}
}

// isHeaderText reports one word that can stand in a header.
func isHeaderText(text string) bool {
	return text != "" && strings.IndexFunc(text, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsGraphic(r) || r == ' '
	}) < 0
}
