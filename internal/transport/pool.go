package transport

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Pool is the connections of a client that brings none: a copy of http.DefaultTransport with room for more than two idle
// connections to the one host there is. A program that replaced http.DefaultTransport with something else gets that as it is.
//
// Over HTTP/2 a time-out ends the request and leaves the connection, so a connection that a router has forgotten would
// swallow one request after the other. Pings find such a connection within half of the timeout: after a silence, at most
// 10 s, a ping is sent, and half as long is waited for its answer. What http.DefaultTransport says of pings counts first.
func Pool(timeout time.Duration) http.RoundTripper {
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	pool := standard.Clone()
	pool.MaxIdleConnsPerHost = pool.MaxIdleConns
	if pool.HTTP2 == nil {
		pool.HTTP2 = new(http.HTTP2Config)
	}
	if pool.HTTP2.SendPingTimeout == 0 {
		pool.HTTP2.SendPingTimeout = silence(timeout)
	}
	if pool.HTTP2.PingTimeout == 0 {
		pool.HTTP2.PingTimeout = silence(timeout) / 2
	}
	if pool.OnProxyConnectResponse == nil {
		pool.OnProxyConnectResponse = refuseTunnel
	}
	return pool
}

// silence is how long a connection may say nothing before it is pinged. Some servers end connections that ping all the
// time, so it is never below a second.
func silence(timeout time.Duration) time.Duration {
	const minTimeout, maxTimeout = time.Second, 10 * time.Second
	return min(max(timeout/3, minTimeout), maxTimeout)
}

// refuseTunnel names the proxy that did not open a tunnel. net/http would show its status text and nothing else.
func refuseTunnel(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyError{proxy: addressOf(proxy), status: answer.StatusCode}
}
