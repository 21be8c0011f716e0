// Package control calls the control API of a sandbox that is being served. Whatever answers may be no sandbox, or lie, hang and
// break: a call ends in its time, is not said to be done when that is not certain, and shows no token.
package control

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/djamo/djamo-go/cmd/djamo/internal/account"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/sandbox"
)

// The variables that tokens and secrets come from: a command line can be read by everybody on a machine.
const (
	EnvToken         = "DJAMO_SANDBOX_TOKEN"          //nolint:gosec // a name
	EnvAPIToken      = "DJAMO_SANDBOX_ACCESS_TOKEN"   //nolint:gosec // a name
	EnvWebhookSecret = "DJAMO_SANDBOX_WEBHOOK_SECRET" //nolint:gosec // a name
)

// DefaultAddress is where the pages are when nothing else is said.
const DefaultAddress = "http://127.0.0.1:8481"

// DefaultTimeout is how long a sandbox may take to answer: a webhook that it sends again may wait for its receiver.
const DefaultTimeout = time.Minute

// productionToken is how Djamo's own tokens look.
var productionToken = regexp.MustCompile(`djamo_[a-z]+_[a-z]{2,3}_`)

// IsDjamos reports whether a token is one of Djamo's own, which no sandbox must get.
func IsDjamos(token string) bool { return productionToken.MatchString(token) }

// CheckTokens refuses tokens of the environment that are Djamo's own.
func CheckTokens() error {
	for _, name := range []string{EnvToken, EnvAPIToken} {
		if IsDjamos(os.Getenv(name)) {
			return exit.BadUsage("%s: this is a token of Djamo's, which no sandbox must get", name)
		}
	}
	return nil
}

// Client calls one sandbox.
type Client struct {
	at, token string
	timeout   time.Duration
	language  lang.Language // in which a refusal is read
}

// New makes a client for the sandbox whose pages are at an address, which a flag has named.
func New(flag, at string, timeout time.Duration, language lang.Language) (*Client, error) {
	if err := CheckTokens(); err != nil {
		return nil, err
	}
	base, err := url.Parse(at)
	if err != nil || base.Hostname() == "" || base.Scheme != "http" && base.Scheme != "https" || base.User != nil {
		return nil, exit.BadUsage("%s %q: must be an address such as http://127.0.0.1:8481", flag, at)
	}
	if err := account.CheckNotDjamos(flag, at); err != nil {
		return nil, err
	}
	if timeout <= 0 {
		return nil, exit.BadUsage("--timeout %s: must be positive", timeout)
	}
	return &Client{strings.TrimRight(at, "/"), cmp.Or(os.Getenv(EnvToken), sandbox.DefaultControlToken), timeout, language}, nil
}

// Read asks for something.
func (c *Client) Read(ctx context.Context, path string, out any) error {
	return c.read(ctx, path, c.timeout, out)
}

// Await asks for something that the sandbox may take as long again to say.
func (c *Client) Await(ctx context.Context, path string, patience time.Duration, out any) error {
	return c.read(ctx, path, c.timeout+patience, out)
}

func (c *Client) read(ctx context.Context, path string, timeout time.Duration, out any) error {
	k := c.call(http.MethodGet, path, nil)
	k.timeout = timeout
	raw, err := k.do(ctx)
	if err != nil {
		return err
	}
	return k.decode(raw, out)
}

// Do makes a call and returns its answer, which is JSON.
func (c *Client) Do(ctx context.Context, method, path string, in any) ([]byte, error) {
	return c.call(method, path, in).do(ctx)
}

// Change has the sandbox do something, and reads what it says of that.
func (c *Client) Change(ctx context.Context, path string, in, out any) error {
	k := c.call(http.MethodPost, path, in)
	raw, err := k.do(ctx)
	if err != nil {
		return err
	}
	return k.decode(raw, out)
}

// API calls the API of the sandbox, which is on the same machine.
func (c *Client) API(ctx context.Context, path string, in, out any) error {
	var s struct {
		API string `json:"api"`
	}
	if err := c.Read(ctx, "state", &s); err != nil {
		return err
	}
	if s.API == "" {
		return lang.Errorf("the sandbox does not say where its API is")
	}
	if !sameMachine(s.API, c.at) { // whatever answered may be no sandbox, and name an account with money
		return exit.BadUsage("the sandbox at %s says that its API is at %s, which is another machine: nothing was done", c.at, s.API)
	}
	k := c.call(http.MethodPost, path, in)
	k.address = strings.TrimRight(s.API, "/") + path
	k.token = cmp.Or(os.Getenv(EnvAPIToken), djamotest.DefaultToken)
	k.company = cmp.Or(os.Getenv("DJAMO_COMPANY_ID"), djamotest.DefaultCompanyID)
	raw, err := k.do(ctx)
	if err != nil {
		return err
	}
	return k.decode(raw, out)
}

// Unknown is what stands for a change that may have been made.
func (c *Client) Unknown(err error) error { return c.call(http.MethodPost, "", nil).unknown(err) }

// sameMachine reports whether two addresses lead to one machine.
func sameMachine(a, b string) bool {
	first, err := url.Parse(a)
	if err != nil || first.Hostname() == "" || first.Scheme != "http" && first.Scheme != "https" {
		return false
	}
	second, err := url.Parse(b)
	return err == nil && (strings.EqualFold(first.Hostname(), second.Hostname()) || account.OnThisMachine(a) && account.OnThisMachine(b))
}

// call is one call, of the control or of the API.
type call struct {
	*Client

	method, address, token, company string

	timeout time.Duration
	most    int // bytes of the answer
	in      any
}

func (c *Client) call(method, path string, in any) *call {
	k := &call{Client: c, method: method, address: c.at + "/control/" + path, token: c.token, timeout: c.timeout, most: maxAnswer, in: in}
	if path == "snapshot" {
		k.most = maxSnapshot
	}
	return k
}

// How large an answer may be: only a snapshot has a whole account.
const (
	maxAnswer   = 64 << 20
	maxSnapshot = 256 << 20
)

// do makes the call. It follows no redirects: the token stays where it belongs.
func (k *call) do(ctx context.Context) ([]byte, error) {
	body, err := k.body()
	if err != nil {
		return nil, err
	}
	var sent atomic.Bool
	calling, cancel := context.WithTimeout(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaders: func() { sent.Store(true) },
	}), k.timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(calling, k.method, k.address, body)
	if err != nil {
		return nil, exit.BadInput(lang.Errorf("%s is no address", k.scrub(k.address)))
	}
	r.Header.Set("Authorization", "Bearer "+k.token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept-Language", string(k.language))
	if k.company != "" {
		r.Header.Set("X-Company-Id", k.company)
	}
	r.GetBody = nil // what was sent is not sent again
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, k.noAnswer(ctx, calling, sent.Load(), err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, int64(k.most)+1))
	switch {
	case err != nil:
		return nil, k.noAnswer(ctx, calling, true, err)
	case len(raw) > k.most:
		return nil, k.unclear(lang.Errorf("there is no sandbox at %s: its answer is larger than %d MiB", k.host(), k.most>>20))
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return nil, k.refusal(resp, raw)
	}
	if said := bytes.TrimSpace(raw); !json.Valid(raw) || len(said) == 0 || said[0] != '{' && said[0] != '[' {
		return nil, k.unclear(lang.Errorf("there is no sandbox at %s: its answer cannot be read", k.host()))
	}
	for _, secret := range k.secrets() {
		raw = bytes.ReplaceAll(raw, []byte(secret), []byte(hidden))
	}
	return raw, nil
}

func (k *call) body() (io.Reader, error) {
	switch in := k.in.(type) {
	case nil:
		return http.NoBody, nil
	case json.RawMessage:
		return bytes.NewReader(in), nil
	}
	raw, err := json.Marshal(k.in)
	return bytes.NewReader(raw), err
}

func (k *call) host() string {
	if u, err := url.Parse(k.address); err == nil {
		return u.Host
	}
	return k.at
}

// hidden stands where a token was.
const hidden = "***"

// secrets are the tokens that are not public.
func (k *call) secrets() (secrets []string) {
	for _, token := range []string{k.token, k.Client.token} {
		if token != sandbox.DefaultControlToken && token != djamotest.DefaultToken {
			secrets = append(secrets, token)
		}
	}
	return secrets
}

// scrub takes tokens out of what was said: an answer may repeat what it was asked with.
func (k *call) scrub(text string) string {
	for _, secret := range k.secrets() {
		text = strings.ReplaceAll(text, secret, hidden)
	}
	return text
}

// noAnswer says what it means that no answer came.
func (k *call) noAnswer(ctx, calling context.Context, sent bool, err error) error {
	reads := k.method == http.MethodGet
	switch {
	case ctx.Err() != nil && (reads || !sent):
		return exit.NotSent(ctx, ctx.Err())
	case ctx.Err() != nil:
		return k.unknown(lang.Errorf("interrupted"))
	case !sent:
		return &exit.Error{Code: exit.Unsent, Err: lang.Errorf("no sandbox answers at %s: start one with: djamo sandbox start", k.host())}
	case calling.Err() != nil:
		err = lang.Errorf("the sandbox at %s has not answered within %s", k.host(), k.timeout)
	default:
		err = lang.Errorf("the sandbox at %s broke off: %w", k.host(), err)
	}
	if reads {
		return &exit.Error{Code: exit.Unsent, Err: err}
	}
	return k.unknown(err)
}

// unclear is an answer that is no sandbox's.
func (k *call) unclear(err error) error {
	if k.method == http.MethodGet {
		return err
	}
	return k.unknown(err)
}

// unknown is a change that may have been made.
func (k *call) unknown(err error) error {
	next := "djamo sandbox status"
	if k.at != DefaultAddress {
		next += " --control " + k.at
	}
	return &exit.Error{Code: exit.OutcomeUnknown, Err: lang.Errorf("%w; it may have been carried out", err), Next: next}
}

// refusal is what the sandbox, or its API, has said, with the exit code that it stands for. What is no refusal of theirs comes
// from something in between.
func (k *call) refusal(resp *http.Response, raw []byte) error {
	text, ours := k.message(raw)
	codes := map[int]int{
		http.StatusUnauthorized: exit.Unauthorized, http.StatusForbidden: exit.Unauthorized, http.StatusTooManyRequests: exit.Unsent,
	}
	if ours {
		codes[http.StatusBadRequest], codes[http.StatusNotFound] = exit.Usage, exit.NotFound
		codes[http.StatusConflict], codes[http.StatusUnprocessableEntity] = exit.Refused, exit.Refused
		err := lang.Errorf("the sandbox refused: %d %s", resp.StatusCode, text)
		if code, known := codes[resp.StatusCode]; known {
			return &exit.Error{Code: code, Err: err}
		}
		if resp.StatusCode < 500 {
			return err
		}
		return k.unclear(err)
	}
	err := lang.Errorf("this is no sandbox, or it goes by another name: it answered %s", k.scrub(resp.Status))
	if code, known := codes[resp.StatusCode]; known {
		return &exit.Error{Code: code, Err: err}
	}
	if resp.StatusCode < 500 { // also a redirect, which was not followed
		return err
	}
	return k.unclear(err)
}

// message reads a refusal of the control, or of the API.
func (k *call) message(raw []byte) (text string, ours bool) {
	var said struct {
		Error   json.RawMessage `json:"error"`
		Message json.RawMessage `json:"message"`
	}
	if json.Unmarshal(raw, &said) != nil {
		return "", false
	}
	var inner struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(said.Error, &inner) == nil && inner.Message != "" {
		return k.scrub(inner.Message), true
	}
	return k.scrub(string(said.Message)), k.company != "" && len(said.Message) > 0
}

// decode reads an answer.
func (k *call) decode(raw []byte, out any) error {
	if err := json.Unmarshal(raw, out); err != nil {
		return k.unclear(lang.Errorf("there is no sandbox at %s: its answer cannot be read", k.host()))
	}
	return nil
}
