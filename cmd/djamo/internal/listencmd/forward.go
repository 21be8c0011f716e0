package listencmd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
)

// forwarder hands deliveries on to a program of the user's, byte for byte.
type forwarder struct {
	client *http.Client
	to     string
}

func newForwarder(flag, to string, timeout time.Duration) (*forwarder, error) {
	if to == "" {
		return nil, nil //nolint:nilnil // nothing is handed on
	}
	if err := checkAddress(flag, to); err != nil {
		return nil, err
	}
	transport := &http.Transport{DialContext: dialBoth, ResponseHeaderTimeout: timeout}
	return &forwarder{&http.Client{
		Transport: transport, Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, to}, nil
}

func checkAddress(flag, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return exit.BadUsage("%s %q: must be an address such as http://localhost:3000/webhooks", flag, address)
	}
	return nil
}

// dialBoth tries both addresses that localhost can mean: programs listen on one of them only, and not on the same.
func dialBoth(ctx context.Context, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	host, port, err := net.SplitHostPort(address)
	if err != nil || host != "localhost" {
		return dialer.DialContext(ctx, network, address)
	}
	four, err := dialer.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	if err == nil {
		return four, nil
	}
	six, other := dialer.DialContext(ctx, network, net.JoinHostPort("::1", port))
	if other == nil {
		return six, nil
	}
	return nil, errors.Join(err, other)
}

// maxAnswer is how much of a target's answer is handed back.
const maxAnswer = 1 << 20

// post hands a body and its signature on. What else the sender said goes along, but for what is meant for this program alone.
func (f *forwarder) post(ctx context.Context, body []byte, signature string, header http.Header) (status int, answer []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.to, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	maps.Copy(r.Header, header)
	for _, name := range []string{
		"Authorization", "Proxy-Authorization", "Cookie", "Connection", "Keep-Alive", "Transfer-Encoding", "Te", "Trailer", "Upgrade",
		"Content-Length", "Accept-Encoding", "Proxy-Connection",
	} {
		r.Header.Del(name)
	}
	if r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set(djamo.SignatureHeader, signature)
	resp, err := f.client.Do(r) //nolint:gosec // the operator's own program
	if err != nil {
		if failed, ok := errors.AsType[*url.Error](err); ok { // the address is said anyway
			err = failed.Err
		}
		return 0, nil, lang.Errorf("%s does not answer: %w", f.to, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 599 { // no status that could be handed on, nor a body that ends
		return 0, nil, lang.Errorf("%s does not answer: its status is %d", f.to, resp.StatusCode)
	}
	answer, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return 0, nil, lang.Errorf("%s does not answer: %w", f.to, err)
	}
	return resp.StatusCode, answer, nil
}

// deliver hands an event on and notes what became of it.
func (f *forwarder) deliver(ctx context.Context, e *event, header http.Header) (answer []byte) {
	e.ForwardTo = f.to
	status, answer, err := f.post(ctx, e.Body, e.Signature, header)
	e.Answer, e.Error = status, ""
	if err != nil {
		e.Error = err.Error()
	}
	return answer
}

// failed reports whether the target has not taken the event.
func (e *event) failed() bool { return e.ForwardTo != "" && (e.Answer < 200 || e.Answer > 299) }
