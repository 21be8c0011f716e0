package djamotest_test

import (
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// fatalSpy is a spy that is stopped as a test is.
type fatalSpy struct{ *spy }

func (s fatalSpy) Fatalf(format string, args ...any) {
	s.helper(2) // this function is not the place
	s.Errorf(format, args...)
	runtime.Goexit()
}

func TestNewServer_SenselessOptionStopsTheTestWhereItStands(t *testing.T) {
	t.Parallel()
	s := fatalSpy{&spy{TB: t}}
	done := make(chan bool)
	went := false
	go func() {
		defer close(done)
		djamotest.NewServer(s, djamotest.WithBalance(-1))
		went = true
	}()
	<-done
	require.False(t, went)
	require.Len(t, s.failures, 1)
	require.Contains(t, s.failures[0], "djamotest: WithBalance: -1 must be between 0 and")
	require.Equal(t, []string{"misuse_test.go"}, s.places)
}

// TestInject_RefusesWhatCouldNeverStrike: a test whose fault never strikes passes and shows nothing.
func TestInject_RefusesWhatCouldNeverStrike(t *testing.T) {
	t.Parallel()
	request, webhook := djamotest.LoseReply(), djamotest.DuplicateWebhook()
	for _, tt := range []struct {
		name  string
		fault djamotest.Fault
		scope string
		want  string // "" for none
	}{
		{"a mistyped path", request, "/v1/transaction", "the API has no such call"},
		{"a path with too much", request, "POST /v1/transactions/", "the API has no such call"},
		{"the base path", request, "/gw/v1/balance", "below the base path"},
		{"a method the call does not have", request, "DELETE /v1/transactions/*", "the API has no such call"},
		{"a method no call has", request, "PATCH", "the API has no such call"},
		{"a request's fault on a topic", request, "transactions/completed", "strikes requests"},
		{"a webhook's fault on a path", webhook, "/v1/webhooks", "strikes webhooks"},
		{"a webhook's fault on a method", webhook, "POST", "strikes webhooks"},
		{"a topic with a method", webhook, "POST transactions/completed", "strikes requests"},
		{"nothing", request, "", "leave On out"},
		{"a mistyped parameter", request, "GET /v1/transactions?refrence", "query parameter"},
		{"a parameter of another call", request, "POST /v1/transactions?reference", "query parameter"},
		{"a parameter without a name", request, "GET /v1/transactions?", "name the query parameter"},
		{"an id as routers write it", request, "GET /v1/transactions/{id}", "write * for an id"},
		{"an id as others write it", request, "GET /v1/charges/:id/refund", "write * for an id"},
		{"a lag on what creates", djamotest.LookupLag(1), "POST /v1/transactions", "lookup lag strikes lists"},
		{"a lag on one object", djamotest.LookupLag(1), "GET /v1/transactions/*", "lookup lag strikes lists"},
		{"a lag on another list", djamotest.LookupLag(1), "/v1/sub-companies", "lookup lag strikes lists"},
		{"a lag on a look-up", djamotest.LookupLag(1), "GET /v1/transactions?reference", ""},
		{"any id", request, "GET /v1/charges/*", ""},
		{"one id", request, "GET /v1/transactions/txn_1", ""},
		{"a class of paths", request, "POST /v1/charges/*/re*", ""},
		{"a topic", webhook, "transactions/completed", ""},
		{"a topic in its older spelling", webhook, "transaction/started", ""},
		{"both kinds on a path", djamotest.AnyOf(request, webhook), "/v1/balance", ""},
		{"both kinds on a topic", djamotest.AnyOf(request, webhook), "charges/events", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &spy{TB: t}
			srv, _ := newServer(t, djamotest.WithBasePath("/gw"))
			require.NoError(t, djamotest.Bind(s, srv))
			_, err := srv.Inject(tt.fault, djamotest.On(tt.scope))
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, fmt.Sprintf("djamotest: Inject: On(%q): ", tt.scope))
			require.ErrorContains(t, err, tt.want)
			require.Equal(t, []string{"misuse_test.go"}, s.places)
		})
	}
}

func TestInject_TopicInItsOlderSpellingStrikes(t *testing.T) {
	t.Parallel()
	l := &listener{}
	api, c := newAPI(t, djamotest.WithWebhookTransport(l))
	c.listen(hook, "transactions/started")
	injection, err := api.Inject(djamotest.DuplicateWebhook(), djamotest.On("transaction/started"))
	require.NoError(t, err)
	c.pay(awa, 5000, "r")
	api.DeliverNow()
	require.Equal(t, 1, injection.Fired())
	require.Len(t, api.WebhookDeliveries(), 2)
}

func TestSteering_MoreMisuse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		call func(*djamotest.API) error
		want string
	}{
		{"no rule", func(a *djamotest.API) error { _, err := a.Inject(djamotest.LoseReply(), nil); return err }, "a rule must not be nil"},
		{"no status", func(a *djamotest.API) error { _, err := a.Inject(djamotest.FailBefore(0)); return err }, "between 400 and 599"},
		{"a wait into the past", func(a *djamotest.API) error { _, err := a.Inject(djamotest.RateLimitFor(-1)); return err },
			"must not be negative"},
		{"a date in the past", func(a *djamotest.API) error { _, err := a.Inject(djamotest.RateLimitUntil(-1)); return err },
			"must not be negative"},
		{"a stall into the past", func(a *djamotest.API) error { _, err := a.Inject(djamotest.Stall(-1)); return err }, "must not be negative"},
		{"no customer", func(a *djamotest.API) error { return a.AddCustomer() }, "AddCustomer(): name at least one phone number"},
		{"the end of time", func(a *djamotest.API) error { return a.Advance(math.MaxInt64) }, "the clock ends in the year 2262"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &spy{TB: t}
			srv, _ := newServer(t)
			require.NoError(t, djamotest.Bind(s, srv))
			err := tt.call(srv.API)
			require.ErrorContains(t, err, tt.want)
			require.Equal(t, []string{err.Error()}, s.failures)
			require.Equal(t, []string{"misuse_test.go"}, s.places)
			require.NotZero(t, srv.Now(), "and the server goes on")
		})
	}
}

func TestAsserts_AnEmptyReferenceProvesNothing(t *testing.T) {
	t.Parallel()
	api, _ := newAPI(t)
	for _, assert := range []func(testing.TB, ...string) bool{api.AssertPaidOnce, api.AssertNotPaid} {
		s := &spy{TB: t}
		require.False(t, assert(s, "a", ""))
		require.Equal(t, []string{"djamotest: an empty reference names no payment; was it never set?"}, s.failures)
		require.Equal(t, []string{"misuse_test.go"}, s.places)
	}
}

func TestDurations_TheLongestIsNever(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t, djamotest.WithSettleAfter(math.MaxInt64))
	injection, err := api.Inject(djamotest.LookupLag(time.Hour), djamotest.For(math.MaxInt64))
	require.NoError(t, err)
	c.pay(awa, 5000, "r")
	require.NoError(t, api.Advance(100*365*24*time.Hour))
	require.Equal(t, []string{"pending"}, statuses(api))
	c.must(200, "GET", "/v1/transactions", nil)
	require.Equal(t, 1, injection.Fired())
}

//nolint:tparallel // the inner test must be over
func TestReplay_FailTest_EndsWithTheTest(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "recording")
	srv, _ := record(t, dir)
	var replay *djamotest.Replayer
	t.Run("inner", func(t *testing.T) { replay = djamotest.Replay(dir).FailTest(t) })
	c := &caller{t: t, api: srv.API, url: srv.URL, do: replay.RoundTrip}
	require.Error(t, c.exchange(c.request("GET", "/v1/webhooks", nil)).err) // reporting to the ended inner test would panic
}

func TestInject_RefusesRulesThatNoRequestMeetsTogether(t *testing.T) {
	t.Parallel()
	api, _ := newAPI(t)
	_, err := api.Inject(djamotest.LoseReply(), djamotest.On("POST"), djamotest.On("/v1/balance"))
	require.ErrorContains(t, err, "no request is in the scopes of every On rule")
	_, err = api.Inject(djamotest.DropWebhook(), djamotest.On("charge/events"), djamotest.On("transactions/failed"))
	require.ErrorContains(t, err, "no request is in the scopes of every On rule")
	_, err = api.Inject(djamotest.DropWebhook(), djamotest.On("charge/events", "transactions/failed"), djamotest.On("transactions/failed"))
	require.NoError(t, err)
}
