package consent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/djamo/djamo-go/internal/clock"
	"github.com/djamo/djamo-go/openfinance/internal/gateway"
)

// OAuth exchanges refresh tokens as RFC 6749 section 6 says, one request for each exchange.
type OAuth struct {
	TokenURL   string
	ClientID   string // empty: not sent
	HTTPClient *http.Client
}

// Exchange implements Exchanger.
func (o *OAuth) Exchange(ctx context.Context, refreshToken string) (Tokens, error) {
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refreshToken}}
	if o.ClientID != "" {
		form.Set("client_id", o.ClientID)
	}
	// The body has no GetBody: net/http must not send a single-use token again by itself.
	body := form.Encode()
	deadline, _ := ctx.Deadline()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.TokenURL, io.NopCloser(&timely{strings.NewReader(body), deadline}))
	if err != nil {
		return Tokens{}, fmt.Errorf("%w: the token URL cannot be used", ErrNotSent)
	}
	req.ContentLength = int64(len(body))
	req.Close = true
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	client := http.Client{}
	if o.HTTPClient != nil {
		client = *o.HTTPClient
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		return Tokens{}, sendError(err)
	}
	defer resp.Body.Close()
	const maxBody = 1 << 20
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if resp.StatusCode/100 == http.StatusOK/100 { // the old token is used up, and what came is all there is
		if err != nil {
			return Tokens{}, errors.New("consent: the answer of the authorization server was cut off")
		}
		return readTokens(answer)
	}
	return Tokens{}, refusal(resp, answer)
}

// timely is a body that is not sent after a deadline. A process that stood still while it connected has not seen yet that its time is
// over, and another may have exchanged the token by then.
type timely struct {
	io.Reader

	deadline time.Time // zero: none
}

func (t *timely) Read(p []byte) (int, error) {
	if !t.deadline.IsZero() && clock.IsPast(t.deadline, time.Now()) {
		return 0, context.DeadlineExceeded
	}
	return t.Reader.Read(p)
}

// sendError says whether a request was sent. What net/http says holds the URL and is left out.
func sendError(err error) error {
	if operation, ok := errors.AsType[*net.OpError](err); ok && operation.Op == "dial" {
		return fmt.Errorf("%w: the authorization server cannot be reached", ErrNotSent)
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Errorf("%w: the authorization server is not found", ErrNotSent)
	}
	return errors.New("consent: no answer came from the authorization server")
}

// refusal says what an answer that is no success means.
func refusal(resp *http.Response, answer []byte) error {
	codes := gateway.ErrorCodes(answer)
	status := resp.StatusCode
	switch {
	case status == http.StatusTooManyRequests:
		wait := 10 * time.Second
		if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
			wait = time.Duration(min(seconds, 24*3600)) * time.Second
		}
		return errors.Join(ErrNotSent, &HeldError{Until: time.Now().Add(wait)})
	case status >= 400 && status < 500 && (slices.Contains(codes, "invalid_grant") || slices.Contains(codes, "consent_revoked")):
		return ErrRefused
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout && len(codes) > 0:
		return fmt.Errorf("%w: the authorization server answered %d", ErrNotSent, status)
	}
	return fmt.Errorf("consent: the authorization server answered %d", status)
}

func readTokens(answer []byte) (Tokens, error) {
	var wire struct {
		Token     string          `json:"access_token"`
		Refresh   string          `json:"refresh_token"`
		ExpiresIn json.RawMessage `json:"expires_in"`
	}
	answer = bytes.TrimPrefix(answer, []byte("\ufeff")) // as some encoders begin
	if err := json.Unmarshal(answer, &wire); err != nil || wire.Token == "" {
		return Tokens{}, errors.New("consent: the answer of the authorization server has no access_token")
	}
	if !fitsHeader(wire.Token) || !fitsHeader(wire.Refresh) {
		return Tokens{}, errors.New("consent: the authorization server answered with a token that no request can carry")
	}
	tokens := Tokens{Token: wire.Token, RefreshToken: wire.Refresh}
	const maxSeconds = 10 * 365 * 24 * 3600
	whole, fraction, _ := strings.Cut(strings.Trim(string(wire.ExpiresIn), `"`), ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err == nil && seconds > 0 && strings.Trim(fraction, "0123456789") == "" {
		tokens.Lifetime = time.Duration(min(seconds, maxSeconds)) * time.Second
	}
	return tokens, nil
}

// fitsHeader reports whether a text can be sent as a token.
func fitsHeader(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}
