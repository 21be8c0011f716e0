package djamootel

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/djamo/djamo-go"
)

// request is what may be known of one: nothing of it comes from the path, the query, the headers or the body.
type request struct {
	name       string               // of the span
	attributes []attribute.KeyValue // of spans and measurements
	onSpan     []attribute.KeyValue // of spans alone
}

func aboutRequest(req *http.Request) request {
	method := methodOf(req)
	about := request{name: method.Value.AsString(), attributes: make([]attribute.KeyValue, 0, 4)}
	about.attributes = append(about.attributes, method, semconv.ServerAddress(req.URL.Hostname()))
	if method == semconv.HTTPRequestMethodOther {
		about.name = "HTTP"
		about.onSpan = append(about.onSpan, semconv.HTTPRequestMethodOriginal(req.Method))
	}
	if port := portOf(req.URL); port > 0 {
		about.attributes = append(about.attributes, semconv.ServerPort(port))
	}
	attempt, ok := djamo.AttemptFromContext(req.Context())
	if !ok {
		return about
	}
	if attempt.PathTemplate != "" {
		about.name += " " + attempt.PathTemplate
		about.attributes = append(about.attributes, semconv.URLTemplate(attempt.PathTemplate))
	}
	if attempt.Number > 1 {
		about.onSpan = append(about.onSpan, semconv.HTTPRequestResendCount(attempt.Number-1))
	}
	return about
}

// methodOf is one of the methods that the conventions know, so that nobody can make up ever new ones.
func methodOf(req *http.Request) attribute.KeyValue {
	switch req.Method {
	case "":
		return semconv.HTTPRequestMethodGet // as net/http has it
	case http.MethodConnect, http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPatch,
		http.MethodPost, http.MethodPut, http.MethodTrace, "QUERY":
		return semconv.HTTPRequestMethodKey.String(req.Method)
	}
	return semconv.HTTPRequestMethodOther
}

func portOf(u *url.URL) int {
	if port, err := strconv.Atoi(u.Port()); err == nil {
		return port
	}
	switch u.Scheme {
	case "https":
		return 443
	case "http":
		return 80
	}
	return 0
}

// aboutResult is what became of it. An answer that says what is wrong is of that kind, even when its body is cut off.
func aboutResult(ctx context.Context, resp *http.Response, err error) []attribute.KeyValue {
	const maxAttributes = 3 + 4 // what follows, and what the measurement adds
	result := make([]attribute.KeyValue, 0, maxAttributes)
	if resp == nil {
		return append(result, semconv.ErrorTypeKey.String(errorType(ctx, err)))
	}
	result = append(result, semconv.HTTPResponseStatusCode(resp.StatusCode))
	if version := versionOf(resp); version != "" {
		result = append(result, semconv.NetworkProtocolVersion(version))
	}
	switch {
	case resp.StatusCode >= http.StatusBadRequest:
		result = append(result, semconv.ErrorTypeKey.String(strconv.Itoa(resp.StatusCode)))
	case err != nil:
		result = append(result, semconv.ErrorTypeKey.String(errorType(ctx, err)))
	}
	return result
}

// versionOf is "1.1", or "2" as the conventions write it.
func versionOf(resp *http.Response) string {
	switch {
	case resp.ProtoMajor <= 0:
		return "" // a double in a test
	case resp.ProtoMajor >= 2 && resp.ProtoMinor == 0:
		return strconv.Itoa(resp.ProtoMajor)
	}
	return strconv.Itoa(resp.ProtoMajor) + "." + strconv.Itoa(resp.ProtoMinor)
}

func failed(result []attribute.KeyValue) bool {
	return result[len(result)-1].Key == semconv.ErrorTypeKey
}
