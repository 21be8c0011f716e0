package riverpayroll_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll/sqljournal"
	"github.com/djamo/djamo-go/riverpayroll"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// answering answers each request with a status and a Retry-After, and counts them.
func answering(status int, retryAfter string, count *atomic.Int64) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		count.Add(1)
		header := http.Header{"Content-Type": {"application/json"}}
		if retryAfter != "" {
			header.Set("Retry-After", retryAfter)
		}
		return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader("{}")), Request: req}, nil
	})
}

// watched is a body that knows whether it was closed.
type watched struct {
	io.Reader

	closed atomic.Bool
}

func (w *watched) Close() error { w.closed.Store(true); return nil }

func ask(t testing.TB, throttle http.RoundTripper) int {
	t.Helper()
	body := &watched{Reader: strings.NewReader("{}")}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.test/v1/transactions", body)
	require.NoError(t, err)
	resp, err := throttle.RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	if resp.Request != req {
		t.Error("the answer is to another request")
	}
	return resp.StatusCode
}

// A 429 on one machine slows another down, as soon as what it knows of the gate is too old.
func TestThrottle_SlowsEverybodyDown(t *testing.T) {
	t.Parallel()
	pool := migrated(t)
	var refused, other, stranger atomic.Int64
	first := riverpayroll.NewThrottle(pool, "token", answering(http.StatusTooManyRequests, "60", &refused))
	second := riverpayroll.NewThrottle(open(t, pool.Config().ConnString()), "token", answering(http.StatusOK, "", &other))
	third := riverpayroll.NewThrottle(pool, "another token", answering(http.StatusOK, "", &stranger))
	require.Equal(t, http.StatusOK, ask(t, second))
	require.Equal(t, http.StatusTooManyRequests, ask(t, first))
	require.Eventually(t, func() bool { return ask(t, second) == http.StatusTooManyRequests }, 30*time.Second, 10*time.Millisecond)
	require.Equal(t, http.StatusTooManyRequests, ask(t, first))
	require.Equal(t, int64(1), refused.Load(), "the first one holds itself back, too")
	require.Equal(t, http.StatusOK, ask(t, third))

	before := other.Load()
	for range 3 {
		require.Equal(t, http.StatusTooManyRequests, ask(t, second))
	}
	require.Equal(t, before, other.Load(), "nothing leaves meanwhile")
	var closed float64
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT extract(epoch FROM until - closed)::float8 FROM djamo_payroll_gates WHERE name = 'token'").Scan(&closed))
	require.InDelta(t, 60, closed, 0.001, "until the API said")
}

// A gate opens again by itself, also for whoever has only read of it.
func TestThrottle_OpensAgain(t *testing.T) {
	t.Parallel()
	pool := migrated(t)
	var sent atomic.Int64
	throttle := riverpayroll.NewThrottle(pool, "token", answering(http.StatusOK, "", &sent))
	require.NoError(t, sqljournal.Gate{DB: database(t, pool), Name: "token"}.Close(t.Context(), time.Second))
	require.Eventually(t, func() bool { return ask(t, throttle) == http.StatusOK }, soon, 10*time.Millisecond)
}

// What is held back never left: a payment is turned away as by the API itself, and no outcome is unknown.
func TestThrottle_TellsTheClientThatNothingLeft(t *testing.T) {
	t.Parallel()
	pool := migrated(t)
	require.NoError(t, sqljournal.Gate{DB: database(t, pool), Name: "token"}.Close(t.Context(), time.Hour))
	var sent atomic.Int64
	client, err := djamo.NewClient("at_x", djamo.WithBaseURL("https://api.test"),
		djamo.WithHTTPClient(&http.Client{Transport: riverpayroll.NewThrottle(pool, "token", answering(http.StatusOK, "", &sent))}))
	require.NoError(t, err)
	_, err = client.Transactions.Create(t.Context(), djamo.TransactionParams{MSISDN: "+2250747105623", Amount: 5_000, Reference: "a", Description: "b"}, djamo.WithSingleAttempt())
	require.ErrorIs(t, err, djamo.ErrRateLimited)
	require.NotErrorIs(t, err, djamo.ErrOutcomeUnknown)
	refusal := (*djamo.Error)(nil)
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, time.Minute, refusal.RetryAfter, "no gate is closed for longer at a time")
	require.Zero(t, sent.Load())

	body := &watched{Reader: strings.NewReader("{}")}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.test/", body)
	require.NoError(t, err)
	resp, err := riverpayroll.NewThrottle(pool, "token", nil).RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.True(t, body.closed.Load(), "a RoundTripper closes the body")
}

// A connection over HTTP/2 that has gone silent is given up, as that of a client is that was given none.
func TestThrottle_D14_PingsSilentConnections(t *testing.T) {
	t.Parallel()
	pool, ok := riverpayroll.NewThrottle(nil, "token", nil).SendsThrough().(*http.Transport)
	require.True(t, ok)
	require.NotNil(t, pool.HTTP2)
	require.Positive(t, pool.HTTP2.SendPingTimeout)
	require.Positive(t, pool.HTTP2.PingTimeout)
}

// Without its database it lets requests through, and holds back what it was told itself.
func TestThrottle_WithoutADatabase(t *testing.T) {
	t.Parallel()
	pool, err := pgxpool.New(t.Context(), "postgres://nobody@127.0.0.1:1/nowhere?connect_timeout=1")
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	for name, pool := range map[string]*pgxpool.Pool{"away": pool, "none": nil} {
		var sent, refused atomic.Int64
		require.Equal(t, http.StatusOK, ask(t, riverpayroll.NewThrottle(pool, "token", answering(http.StatusOK, "", &sent))), name)
		throttle := riverpayroll.NewThrottle(pool, "token", answering(http.StatusTooManyRequests, "60", &refused))
		for range 3 {
			require.Equal(t, http.StatusTooManyRequests, ask(t, throttle), name)
		}
		require.Equal(t, int64(1), refused.Load(), name)
	}
}

func TestThrottle_RetryAfter(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		header string
		want   time.Duration
	}{
		"none":             {"", time.Second},
		"seconds":          {"7", 7 * time.Second},
		"zero":             {"0", 100 * time.Millisecond},
		"negative":         {"-5", time.Second},
		"fraction":         {"1.5", time.Second},
		"word":             {"soon", time.Second},
		"too long":         {"86400", time.Minute},
		"beyond any range": {"99999999999999999999999", time.Minute},
		"a date":           {time.Date(2000, 1, 1, 0, 0, 9, 0, time.UTC).Format(http.TimeFormat), 9 * time.Second},
		"a date long ago":  {time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC).Format(http.TimeFormat), 100 * time.Millisecond},
		"a date far away":  {time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC).Format(http.TimeFormat), time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // which begins on the first of January 2000
				var sent atomic.Int64
				throttle := riverpayroll.NewThrottle(nil, "token", answering(http.StatusTooManyRequests, row.header, &sent))
				ask(t, throttle)
				time.Sleep(row.want - time.Nanosecond) //nolint:forbidigo // the clock of the bubble
				ask(t, throttle)
				require.Equal(t, int64(1), sent.Load())
				time.Sleep(time.Nanosecond) //nolint:forbidigo // the clock of the bubble
				ask(t, throttle)
				require.Equal(t, int64(2), sent.Load())
			})
		})
	}
}

// What goes wrong below it is passed on.
func TestThrottle_PassesErrorsOn(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.test/", nil)
	require.NoError(t, err)
	resp, err := riverpayroll.NewThrottle(nil, "", roundTripper(func(*http.Request) (*http.Response, error) { return nil, broken })).RoundTrip(req) //nolint:bodyclose // there is none
	require.Nil(t, resp)
	require.ErrorIs(t, err, broken)
}
