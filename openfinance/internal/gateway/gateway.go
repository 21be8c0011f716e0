// Package gateway prepares the way to a gateway for the clients of openfinance: it checks the address and fills in what
// their callers left out.
package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/djamo/djamo-go/internal/transport"
	"github.com/djamo/djamo-go/internal/wire"
)

// Options of a client. Everything but Name and URL may be left out.
type Options struct {
	Name             string // of the client, as error texts begin
	URL              string
	HTTPClient       *http.Client  // without a Transport, or nil: connections that are given up when they have gone silent
	Timeout          time.Duration // of one attempt; 0: 15 s
	MaxAttempts      int           // of a read; 0: 3
	MaxWait          time.Duration // between attempts; 0: 5 s
	MaxResponseBytes int64         // 0: 32 MiB
	Logger           *slog.Logger
	UserAgent        string
}

// New makes a transport to the gateway, and returns the options with their defaults. It does no I/O. It fails for an address
// over which a token must not travel.
func New(options Options) (*transport.Transport, Options, error) {
	if err := checkURL(options.URL); err != nil {
		return nil, options, fmt.Errorf("%s: %w", options.Name, err)
	}
	if options.Timeout <= 0 {
		options.Timeout = 15 * time.Second
	}
	if options.MaxAttempts <= 0 {
		options.MaxAttempts = 3
	}
	if options.MaxWait <= 0 {
		options.MaxWait = 5 * time.Second
	}
	if options.MaxResponseBytes <= 0 {
		options.MaxResponseBytes = 32 << 20
	}
	Assume(&options.UserAgent, "djamo-go openfinance")
	if options.HTTPClient == nil {
		options.HTTPClient = new(http.Client)
	}
	if options.HTTPClient.Transport == nil {
		own := *options.HTTPClient // the caller's stays as it is
		own.Transport = transport.Pool(options.Timeout)
		options.HTTPClient = &own
	}
	return transport.New(transport.Config{
		Name: options.Name, BaseURL: strings.TrimRight(options.URL, "/"), UserAgent: options.UserAgent, HTTPClient: options.HTTPClient,
		Timeout: options.Timeout,
		Retry: transport.Retry{
			MaxAttempts: options.MaxAttempts, MinWait: 250 * time.Millisecond, MaxWait: options.MaxWait, MaxRetryAfter: options.MaxWait,
		},
		Logger: options.Logger, MaxResponseBytes: options.MaxResponseBytes,
	}), options, nil
}

func checkURL(text string) error {
	base, err := url.Parse(text)
	switch {
	case err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http":
		return errors.New("the URL of the gateway must be such as https://gateway.example")
	case !IsPort(base.Port()):
		return errors.New("the URL of the gateway has a port that is none")
	case base.Scheme == "http" && !OnThisMachine(base.Hostname()):
		return errors.New("passwords and tokens are sent to a gateway over https only, but for one on this machine")
	case base.User != nil || base.RawQuery != "" || base.Fragment != "":
		return errors.New("the URL of the gateway must have no user, query or fragment")
	}
	return nil
}

// IsPort reports whether a port can be connected to; empty: that of the scheme.
func IsPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil && port > 0
}

// OnThisMachine reports whether a host is this machine, to which secrets may be sent without TLS. A name that begins as an address
// of the loopback does, such as 127.0.0.1.example, is anybody's.
func OnThisMachine(host string) bool {
	address := net.ParseIP(host)
	return host == "localhost" || address != nil && address.IsLoopback()
}

// Assume fills in an option that was left out.
func Assume(option *string, assumed string) {
	if *option == "" {
		*option = assumed
	}
}

// AssumeCodes fills in a list of codes that was left out.
func AssumeCodes(codes *[]string, assumed ...string) {
	if len(*codes) == 0 {
		*codes = assumed
	}
}

// ErrorCodes finds the codes of an answer, under code and error, at the top or below error. A gateway may have a number of its own
// under one of them and the code under the other.
func ErrorCodes(body []byte) []string {
	type fields struct {
		Code  json.RawMessage `json:"code"`
		Error json.RawMessage `json:"error"`
	}
	var wire, nested fields
	if json.Unmarshal(body, &wire) != nil {
		return nil
	}
	_ = json.Unmarshal(wire.Error, &nested) // it is no object where it is a text
	var codes []string
	for _, field := range []json.RawMessage{wire.Code, wire.Error, nested.Code, nested.Error} {
		var text string
		if json.Unmarshal(field, &text) == nil && text != "" {
			codes = append(codes, text)
		}
	}
	return codes
}

// Describe is the text of an error about an answer that is no success. kind is what its code means, nil where nobody knows. What
// is no name, but a sentence under the field of the code, is not shown: it may be about a person.
func (o Options) Describe(status int, code string, kind error) string {
	switch {
	case kind == nil && !isName(code):
		return fmt.Sprintf("%s: the gateway answered %d", o.Name, status)
	case kind != nil:
		return fmt.Sprintf("%v (%d %s)", kind, status, code)
	case code != "":
		return fmt.Sprintf("%s: the gateway answered %d with the code %q", o.Name, status, code)
	}
	return fmt.Sprintf("%s: the gateway, or something in front of it, answered %d", o.Name, status)
}

// isName reports whether a text can be the name of an error, or is empty.
func isName(code string) bool {
	return !strings.ContainsFunc(code, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-.:/…", r))
	})
}

// RetryAfter is how long the gateway asks to wait with a 429: MaxWait where it does not say. More than a day is a mistake of
// the gateway, after which a program must not sleep for a year.
func (o Options) RetryAfter(header http.Header) time.Duration {
	const maxWait = 24 * time.Hour
	if wait, _ := wire.RetryAfter(header); wait > 0 {
		return min(wait, maxWait)
	}
	return o.MaxWait
}
