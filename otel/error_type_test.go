package djamootel_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	eventually = 5 * time.Minute
	tick       = time.Millisecond
)

type ownError struct{ text string }

func (e *ownError) Error() string { return e.text }

// The kind of an error is recorded, and never its text.
func TestErrorType(t *testing.T) {
	t.Parallel()
	const secret = "+2250748710523"
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for want, errs := range map[string][]error{
		"canceled":                   {context.Canceled, fmt.Errorf("%s: %w", secret, context.Canceled)},
		"timeout":                    {context.DeadlineExceeded, os.ErrDeadlineExceeded, dial(os.ErrDeadlineExceeded), &net.DNSError{Name: secret, IsTimeout: true}},
		"dns_error":                  {&net.DNSError{Err: "no such host", Name: secret}, dial(&net.DNSError{Name: secret})},
		"server_certificate_invalid": {&tls.CertificateVerificationError{Err: errors.New(secret)}},
		"tls_error":                  {tls.RecordHeaderError{Msg: secret}, tls.AlertError(40), &net.OpError{Op: "remote error", Err: tls.AlertError(40)}, &net.OpError{Op: "local error", Err: errors.New(secret)}},
		"connect_error":              {dial(errors.New(secret)), dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), &net.OpError{Op: "proxyconnect", Err: errors.New(secret)}},
		"connection_reset":           {&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, syscall.EPIPE},
		"network_error":              {&net.OpError{Op: "read", Err: errors.New(secret)}},
		"connection_closed":          {io.EOF, io.ErrUnexpectedEOF, &url.Error{URL: secret, Err: io.EOF}, net.ErrClosed},
		"djamootel_test.ownError":    {&ownError{secret}, fmt.Errorf("%s: %w", secret, &ownError{secret})},
		"_OTHER":                     {errors.New(secret), fmt.Errorf("%w and %w", errors.New(secret), io.ErrShortWrite), errors.Join(errors.New(secret)), fmt.Errorf("a %w", errors.New(secret))},
	} {
		for i, err := range errs {
			t.Run(fmt.Sprint(want, " ", i), func(t *testing.T) {
				t.Parallel()
				r := newRecorder()
				_ = getPayment(t.Context(), on(t, r, roundTripper(func(*http.Request) (*http.Response, error) { return nil, err })))
				require.Equal(t, want, flat(r.spans.GetSpans()[0].Attributes)["error.type"])
				require.Equal(t, want, flat(r.durations(t)[0].Attributes.ToSlice())["error.type"])
				require.NotContains(t, r.everything(t), "2250748710523")
			})
		}
	}
}

// net/http hands out the cause of a context's end, which is whatever the caller has given.
func TestErrorType_OfAContextWithACause(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	ctx, cancel := context.WithCancelCause(t.Context())
	client := on(t, r, roundTripper(func(req *http.Request) (*http.Response, error) {
		cancel(errors.New("the operator pressed stop"))
		<-req.Context().Done()
		return nil, context.Cause(req.Context())
	}))
	require.ErrorIs(t, getPayment(ctx, client), context.Canceled)
	require.Equal(t, "canceled", flat(r.spans.GetSpans()[0].Attributes)["error.type"])
}
