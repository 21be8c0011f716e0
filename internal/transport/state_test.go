package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/redact"
)

// What a call tells of itself after each way an attempt can end.

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}

// sending builds a Transport over a RoundTripper, with attempts that follow at once.
func sending(attempts int, logger *slog.Logger, base roundTripper) *Transport {
	return New(Config{
		Name: "djamo", BaseURL: "https://gateway.example", Credential: bearer("at_secret"), HTTPClient: &http.Client{Transport: base}, Timeout: time.Minute, Logger: logger,
		MaxResponseBytes: 1 << 10, Retry: Retry{MaxAttempts: attempts, MinWait: 1, MaxWait: 1, MaxRetryAfter: time.Minute},
	})
}

func bearer(token string) *Credential {
	return NewCredential(http.Header{"Authorization": {"Bearer " + token}}, redact.Secret{Name: "access token", Value: token})
}

var errReset = errors.New("connection reset")

func TestCall_AnAttemptForgetsTheOneBefore(t *testing.T) {
	t.Parallel()
	sent := 0
	transport := sending(2, nil, func(*http.Request) (*http.Response, error) {
		if sent++; sent == 1 {
			return answer(http.StatusServiceUnavailable, `{"message":"later"}`), nil
		}
		return nil, errReset
	})
	call := &Call{Method: http.MethodGet, Path: "/v1/balance", Class: Read}
	require.ErrorIs(t, transport.Do(t.Context(), call), errReset)
	require.Equal(t, 2, call.Attempts)
	require.Zero(t, call.Status, "the last attempt had no answer")
	require.Nil(t, call.ResponseHeader)
	require.Empty(t, call.Bytes())
	call.Release()
	require.Nil(t, call.Bytes(), "the buffer is somebody else's")
	call.Release()
}

// That one attempt saw no connection says nothing about the next, which may be sent in a way that tells of none.
func TestCall_EachAttemptMustShowThatNothingLeft(t *testing.T) {
	t.Parallel()
	sent := 0
	transport := sending(3, nil, func(r *http.Request) (*http.Response, error) {
		if sent++; sent == 1 {
			httptrace.ContextClientTrace(r.Context()).GetConn("gateway.example:443")
		}
		return nil, errReset
	})
	call := &Call{Method: http.MethodPost, Path: "/v1/transactions", Class: Write, Body: []byte(`{}`)}
	require.ErrorIs(t, transport.Do(t.Context(), call), errReset)
	require.Equal(t, 2, sent, "the first is repeated, the second may have left")
	require.True(t, call.OutcomeUnknown())
}

func TestCall_OutcomeUnknown(t *testing.T) {
	t.Parallel()
	for status, unknown := range map[int]bool{
		101: true, 199: true, 200: false, 201: false, 204: false, 299: false, 300: true, 303: true, 307: false, 308: false,
		400: false, 404: false, 408: true, 409: false, 451: false, 452: true, 499: true, 500: true, 599: true,
	} {
		call := &Call{Method: http.MethodPost, Path: "/v1/transactions", Class: Write, Body: []byte(`{}`)}
		transport := sending(1, nil, func(*http.Request) (*http.Response, error) { return answer(status, ""), nil })
		require.NoError(t, transport.Do(t.Context(), call), status)
		require.Equal(t, unknown, call.OutcomeUnknown(), status)
		require.Equal(t, status, call.Status)
	}
}

// An error says what happened: that time ran out only where it did, and not where the caller gave up.
func TestTransport_SaysWhyThereIsNoAnswer(t *testing.T) {
	t.Parallel()
	untilTheEnd := func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() }
	for _, row := range []struct {
		base     roundTripper
		patience time.Duration // of the caller
		want     string
	}{
		{untilTheEnd, time.Hour, "djamo: %s /v1/x: no answer within 1m0s: context deadline exceeded"},
		{untilTheEnd, time.Second, "djamo: %s /v1/x: context deadline exceeded"},
		{func(*http.Request) (*http.Response, error) { return nil, errReset }, time.Hour, "djamo: %s /v1/x: connection reset"},
	} {
		for method, class := range map[string]Class{http.MethodGet: Read, http.MethodPost: Write} {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), row.patience)
				defer cancel()
				err := sending(1, nil, row.base).Do(ctx, &Call{Method: method, Path: "/v1/x", Class: class})
				want := fmt.Sprintf(row.want, method)
				require.EqualError(t, err, want)
				require.Equal(t, fmt.Sprintf("&transport.Error{%q}", want), fmt.Sprintf("%#v", err))
			})
		}
	}
}

// What a RoundTripper said can be asked for by type, without the URL.
func TestError_As(t *testing.T) {
	t.Parallel()
	transport := sending(1, nil, func(*http.Request) (*http.Response, error) {
		return nil, &url.Error{Op: "Dial", URL: "https://gateway.example/?msisdn=2250748710523", Err: &net.OpError{Op: "dial", Err: errReset}}
	})
	err := transport.Do(t.Context(), &Call{Method: http.MethodGet, Path: "/v1/balance", Class: Read})
	operation, ok := errors.AsType[*net.OpError](err)
	require.True(t, ok)
	require.Equal(t, "dial", operation.Op)
	require.ErrorIs(t, err, errReset)
	_, ok = errors.AsType[*http.MaxBytesError](err)
	require.False(t, ok)
	require.NotContains(t, err.Error(), "2250748710523")
}

func TestTransport_AnAnswerMayBeAsLargeAsTheLimit(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]error{1 << 10: nil, 1<<10 + 1: ErrTooLarge, 1 << 20: ErrTooLarge} {
		for _, announced := range []bool{true, false} {
			transport := sending(3, nil, func(*http.Request) (*http.Response, error) {
				resp := answer(http.StatusOK, strings.Repeat(" ", size))
				if !announced {
					resp.ContentLength = -1
				}
				return resp, nil
			})
			call := &Call{Method: http.MethodGet, Path: "/v1/balance", Class: Read}
			require.ErrorIs(t, transport.Do(t.Context(), call), want, size)
			require.Equal(t, 1, call.Attempts, "the next would be as large")
			if want == nil {
				require.Len(t, call.Bytes(), size)
			}
		}
	}
}

func TestCall_APanicLeavesTheOutcomeUnknown(t *testing.T) {
	t.Parallel()
	call := &Call{Method: http.MethodPost, Path: "/v1/transactions", Class: Write, Body: []byte(`{}`)}
	transport := sending(1, nil, func(*http.Request) (*http.Response, error) { panic(http.ErrAbortHandler) })
	require.Panics(t, func() { _ = transport.Do(t.Context(), call) })
	require.True(t, call.OutcomeUnknown())
}

func TestGate_ASingleAttemptIsHeldBackAndNotLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		transport := sending(3, nil, func(*http.Request) (*http.Response, error) { return answer(http.StatusOK, "{}"), nil })
		transport.config.Credential.gate.closeFor(10 * time.Second)
		single := &Call{Method: http.MethodPost, Path: "/v1/transactions", Class: Write, Body: []byte(`{}`), Single: true}
		require.ErrorIs(t, transport.Do(t.Context(), single), ErrHeldBack)
		require.Zero(t, single.Attempts)
		require.False(t, single.OutcomeUnknown())
		require.EqualError(t, ErrHeldBack, string(ErrHeldBack))
		require.NotEmpty(t, ErrHeldBack.Error())

		time.Sleep(10 * time.Second) //nolint:forbidigo // in a bubble
		require.NoError(t, transport.Do(t.Context(), single), "the moment has come")
		require.Equal(t, 1, single.Attempts)
	})
}

// A context that has ended lets nobody through, however open the gate is.
func TestGate_AnEndedContextSendsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		var g gate
		require.ErrorIs(t, g.wait(ended), context.Canceled, "never closed")
		g.closeFor(time.Second)
		time.Sleep(time.Second) //nolint:forbidigo // in a bubble
		require.ErrorIs(t, g.wait(ended), context.Canceled, "open again")
	})
}

func TestGate_WaitersLeaveApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g gate
		g.closeFor(10 * time.Second)
		left := make(chan time.Time, 20)
		for range cap(left) {
			go func() {
				if g.wait(t.Context()) == nil {
					left <- time.Now()
				}
			}()
		}
		moments := map[time.Time]bool{}
		for range cap(left) {
			moments[<-left] = true
		}
		require.Greater(t, len(moments), cap(left)/2)
	})
}

func TestBackoff_JitterReachesHalfOfThePause(t *testing.T) {
	t.Parallel()
	transport := sending(3, nil, nil)
	transport.config.Retry.MinWait, transport.config.Retry.MaxWait = time.Second, time.Second
	least := time.Second
	for range 1000 {
		least = min(least, transport.backoff(0, nil))
	}
	require.Less(t, least, 600*time.Millisecond)
	require.GreaterOrEqual(t, least, 500*time.Millisecond)
}

// One record an attempt: trouble is a warning, and what helps Djamo's support to find a call is in it.
func TestLog_OneRecordAnAttempt(t *testing.T) {
	t.Parallel()
	const body = `{"message":"no","correlationId":"34f6"}`
	for name, row := range map[string]struct {
		status int
		err    error
		want   string
	}{
		"success":     {200, nil, `level=DEBUG msg="djamo: request" method=GET path=/v1/balance status=200 attempt=1 duration=0s`},
		"refused":     {400, nil, `level=DEBUG msg="djamo: request" method=GET path=/v1/balance status=400 attempt=1 duration=0s correlation_id=34f6`},
		"given up on": {408, nil, `level=WARN msg="djamo: request" method=GET path=/v1/balance status=408 attempt=1 duration=0s correlation_id=34f6`},
		"limited":     {429, nil, `level=WARN msg="djamo: request" method=GET path=/v1/balance status=429 attempt=1 duration=0s correlation_id=34f6`},
		"in trouble":  {500, nil, `level=WARN msg="djamo: request" method=GET path=/v1/balance status=500 attempt=1 duration=0s correlation_id=34f6`},
		"no answer":   {0, errReset, `level=WARN msg="djamo: request" method=GET path=/v1/balance status=0 attempt=1 duration=0s error="connection reset"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
					if a.Key == slog.TimeKey {
						return slog.Attr{}
					}
					return a
				}}))
				transport := sending(1, logger, func(*http.Request) (*http.Response, error) {
					if row.err != nil {
						return nil, row.err
					}
					return answer(row.status, body), nil
				})
				_ = transport.Do(t.Context(), &Call{Method: http.MethodGet, Path: "/v1/balance?x=1", Template: "/v1/balance", Class: Read})
				require.Equal(t, row.want+"\n", out.String())
			})
		})
	}
}
