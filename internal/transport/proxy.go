package transport

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// proxyError is a connection that a proxy did not make. Nothing was sent through it. The text holds the proxy's host and
// port, and never its user name and password.
type proxyError struct {
	proxy  string // host:port
	status int    // of its answer to CONNECT; 0 when that is not known
	cause  error  // what net/http said; nil when the status says it all
}

func (e *proxyError) Error() string {
	if e.proxy == "" {
		return "the address of the proxy cannot be read: look at HTTPS_PROXY and HTTP_PROXY, or at the Proxy function of the transport"
	}
	if e.status == 0 {
		return "the proxy " + e.proxy + " made no connection to the API: " + e.cause.Error()
	}
	text := "the proxy " + e.proxy + " refused the connection to the API: " + strconv.Itoa(e.status)
	if name := http.StatusText(e.status); name != "" {
		text += " " + name
	}
	switch e.status {
	case http.StatusProxyAuthRequired:
		text += ": check the user name and password of the proxy"
	case http.StatusForbidden, http.StatusMethodNotAllowed:
		text += ": ask those who run the proxy to allow the API's host"
	}
	return text
}

func (e *proxyError) Unwrap() error { return e.cause }

// usesProxy reports whether requests to an address go through a proxy, or may: its address may be one that cannot be read.
func usesProxy(base *http.Transport, address string) bool {
	to, err := url.Parse(address)
	if err != nil {
		return true
	}
	proxy, err := base.Proxy(&http.Request{Method: http.MethodGet, URL: to, Host: to.Host, Header: http.Header{}})
	return err != nil || proxy != nil
}

// nameProxy says in an error that the proxy is to blame, where it is: net/http itself repeats the proxy's status text, such
// as "Forbidden", which reads like an answer of the API. It goes by the trace, so that it works for the transports of
// callers too, which it must not change.
func (t *Transport) nameProxy(call *Call, req *http.Request, err error) error {
	if _, named := errors.AsType[*proxyError](err); named {
		return err
	}
	trace := call.trace
	if trace == nil || !trace.asked.Load() {
		return t.unreadableProxy(call, req, err)
	}
	hop, _ := trace.hop.Load().(string)
	if trace.got.Load() || hop == "" || !isASCII(req.URL.Host) || strings.EqualFold(hop, addressOf(req.URL)) {
		return err
	}
	switch status := statusOf(err.Error()); {
	case status != 0:
		return &proxyError{proxy: hop, status: status, cause: err}
	case trace.handshake.Load() && !isProxyConnect(err): // through the tunnel: the trouble is behind the proxy
		return err
	}
	return &proxyError{proxy: hop, cause: err}
}

// isProxyConnect reports whether the connection to the proxy itself failed, such as the handshake with one behind TLS.
func isProxyConnect(err error) bool {
	failed, ok := errors.AsType[*net.OpError](err)
	return ok && failed.Op == "proxyconnect"
}

// unreadableProxy is about a proxy whose address is wrong. net/http shows the address, password and all, before it looks for
// a connection.
func (t *Transport) unreadableProxy(call *Call, req *http.Request, err error) error {
	base := direct(t.base)
	if base == nil || base.Proxy == nil {
		return err
	}
	if _, wrong := base.Proxy(req); wrong == nil || wrong.Error() != err.Error() {
		return err
	}
	if call.trace != nil {
		call.trace.asked.Store(true) // no connection was got, and none will be
	}
	return &proxyError{}
}

// statusOf is the status that a text stands for; net/http keeps no more of a proxy's answer.
func statusOf(text string) int {
	for status := http.StatusMultipleChoices; status < 600; status++ {
		if name := http.StatusText(status); name != "" && strings.EqualFold(name, text) {
			return status
		}
	}
	return 0
}

// addressOf is the host and port of a URL, without user name and password.
func addressOf(u *url.URL) string {
	port := u.Port()
	if port == "" {
		switch u.Scheme {
		case "https":
			port = "443"
		case "socks5", "socks5h":
			port = "1080"
		default:
			port = "80"
		}
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > 127 }) < 0
}
