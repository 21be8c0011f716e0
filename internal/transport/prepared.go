package transport

import (
	"context"
	"maps"
	"net/http"
	"strings"
)

const contentType = "application/json"

// prepared is what requests have in common, made once.
type prepared struct {
	request *http.Request // to the base URL; nil where every request is made from its whole URL
	// Headers are shared by the requests that need no others, for a map is the largest of what a request allocates. Only the
	// pool that the client has made for itself may see them. A RoundTripper or a CheckRedirect of a caller's may add to the
	// headers of a request, although it must not, and a jar does: they would add to those of all requests. Nil: nothing is shared.
	header, headerWithBody http.Header
}

func prepare(config *Config, common http.Header) prepared {
	p := prepared{}
	request, err := http.NewRequest(http.MethodGet, config.BaseURL, nil) //nolint:noctx // each request gets the context of its call
	if err == nil && request.URL.RawPath == "" && request.URL.RawQuery == "" && request.URL.Fragment == "" {
		p.request = request
	}
	if client := config.HTTPClient; !config.OwnPool || client == nil || client.Jar != nil || client.CheckRedirect != nil {
		return p
	}
	p.header, p.headerWithBody = http.Header{}, http.Header{"Content-Type": {contentType}}
	for _, header := range []http.Header{common, config.Credential.header} {
		maps.Copy(p.header, header)
		maps.Copy(p.headerWithBody, header)
	}
	return p
}

// to makes a request without headers, as http.NewRequestWithContext would from the whole URL; nil if only that can.
func (p *prepared) to(ctx context.Context, method, path string) *http.Request {
	path, query, asks := strings.Cut(path, "?")
	if p.request == nil || !isPlainURL(path, "/") || !isPlainURL(query, "%=&+") || asks && query == "" {
		return nil
	}
	request := p.request.WithContext(ctx)
	request.Method = method
	request.URL = new(*p.request.URL)
	request.URL.Path += path
	request.URL.RawQuery = query
	return request
}

// isPlainURL reports whether a part of a URL has only characters that stand for themselves, and the marks.
func isPlainURL(part, marks string) bool {
	for i := range len(part) {
		switch c := part[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', 'A' <= c && c <= 'Z', c == '_', c == '-', c == '.', c == '~':
		case strings.IndexByte(marks, c) >= 0:
		default:
			return false
		}
	}
	return true
}

// headerFor is what is shared by the requests of such a call; nil if it has to have its own.
func (p *prepared) headerFor(call *Call) http.Header {
	switch {
	case call.Credential != nil || len(call.Header) > 0:
		return nil
	case call.Body != nil:
		return p.headerWithBody
	}
	return p.header
}
