package djamootel

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// errPanicked stands for a RoundTripper that has panicked.
const errPanicked panicError = "the RoundTripper panicked"

type panicError string

func (e panicError) Error() string { return string(e) }

// errorType is the kind of an error. Its text is never recorded: it may name the URL, and with it whatever is in there.
// What net/http says when the request's context has ended may be any cause the caller has given, so the context is asked
// for what has no kind.
func errorType(ctx context.Context, err error) string {
	kind := kindOf(err)
	if kind == "" && ctx.Err() != nil {
		kind = kindOf(ctx.Err())
	}
	if kind == "" {
		kind = typeOf(err)
	}
	return kind
}

// kindOf names what happens on a network, "" anything else.
func kindOf(err error) string {
	var (
		timeout     interface{ Timeout() bool }
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		alert       tls.AlertError
		network     *net.OpError
	)
	switch {
	case errors.Is(err, errPanicked):
		return "panic"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.As(err, &name):
		return "dns_error"
	case errors.As(err, &certificate):
		return "server_certificate_invalid"
	case errors.As(err, &record), errors.As(err, &alert):
		return "tls_error"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection_reset"
	case errors.As(err, &network):
		switch network.Op {
		case "dial", "proxyconnect":
			return "connect_error"
		case "remote error", "local error": // crypto/tls's, of an alert
			return "tls_error"
		}
		return "network_error"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return "connection_closed"
	}
	return ""
}

// typeOf is the Go type of the innermost error, unless that is one of those that hold nothing but a text.
func typeOf(err error) string {
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	kind := strings.TrimPrefix(fmt.Sprintf("%T", err), "*")
	switch kind {
	case "<nil>", "errors.errorString", "errors.joinError", "fmt.wrapError", "fmt.wrapErrors":
		return semconv.ErrorTypeOther.Value.AsString()
	}
	return kind
}
