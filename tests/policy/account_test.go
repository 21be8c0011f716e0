package policy_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// What was pasted around a token or a company id is named, and the value never shown.
func TestPolicy_D17_PastedCredentialsAreNamed(t *testing.T) {
	t.Parallel()
	const secret = "at_5ecret"
	for name, row := range map[string]struct{ value, want string }{
		"Bearer":              {"Bearer " + secret, `"Bearer"`},
		"bearer":              {"bearer " + secret, `"Bearer"`},
		"the whole header":    {"Authorization: Bearer " + secret, `"Authorization:", "Bearer" and spaces`},
		"straight quotes":     {`"` + secret + `"`, "quotation marks"},
		"single quotes":       {"'" + secret + "'", "quotation marks"},
		"typographic quotes":  {"“" + secret + "”", "quotation marks"},
		"French quotes":       {"« " + secret + " »", "quotation marks and spaces"},
		"one quote alone":     {secret + "’", "quotation marks"},
		"back quotes":         {"`" + secret + "`", "quotation marks"},
		"brackets of a page":  {"<" + secret + ">", "brackets"},
		"braces":              {"{{" + secret + "}}", "brackets"},
		"an end of JSON":      {`"` + secret + `",`, "quotation marks and a comma or semicolon"},
		"an end of a line":    {secret + ";", "a comma or semicolon"},
		"line break":          {secret + "\n", "line breaks"},
		"Windows line break":  {secret + "\r\n", "line breaks"},
		"line break in front": {"\n" + secret, "line breaks"},
		"line break inside":   {secret[:4] + "\n" + secret[4:], "line breaks"},
		"written line break":  {secret + `\n`, "line breaks"},
		"quoted Bearer":       {`"Bearer ` + secret + `"` + "\n", `line breaks, quotation marks, "Bearer" and spaces`},
		"space":               {secret + " ", "spaces"},
		"no-break space":      {"\u00a0" + secret, "spaces"},
		"byte order mark":     {"\ufeff" + secret, "the invisible U+FEFF"},
		"zero-width space":    {secret + "\u200b", "the invisible U+200B"},
		"direction mark":      {"\u202a" + secret, "the invisible U+202A"},
		"line of a .env file": {"DJAMO_ACCESS_TOKEN=" + secret, `"DJAMO_ACCESS_TOKEN="`},
		"line of a shell":     {"export DJAMO_ACCESS_TOKEN=" + secret, "spaces"},
		"a comment behind":    {secret + " # staging", "spaces"},
		"field of a form":     {"access_token=" + secret, `"access_token="`},
		"header of others":    {"X-Api-Key:" + secret, `"x-api-key:"`},
		"line of YAML":        {"token:" + secret, `"token:"`},
		"a JSON object":       {`{"accessToken":"` + secret + `"}`, "quotation marks and brackets"},
		"escaped in a URL":    {"Bearer%20" + secret, `"Bearer"`},
		"a Markdown code":     {"``" + secret + "``", "quotation marks"},
		"a shell's variable":  {"${DJAMO_ACCESS_TOKEN}", "brackets"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, tokenErr := djamo.NewClient(row.value, djamo.WithEnvironment(djamo.StagingCIV))
			_, idErr := djamo.NewClient("at_x", djamo.WithEnvironment(djamo.StagingCIV), djamo.WithCompanyID(row.value))
			require.ErrorContains(t, tokenErr, "must be the bare token, without "+row.want)
			require.ErrorContains(t, idErr, "must be the bare company id, without "+row.want)
			for _, err := range []error{tokenErr, idErr} {
				require.ErrorIs(t, err, djamo.ErrInvalidRequest)
				require.NotContains(t, err.Error(), "ecret")
			}
		})
	}
	_, err := djamo.NewClient("at_x", djamo.WithBaseURL(`"https://api-civ.djamo.com"`))
	require.ErrorContains(t, err, "without quotation marks")
}

// What is no token at all, or a part of one, is named as well: the API would answer 401, and nobody would know why.
func TestPolicy_D17_WhatIsNoTokenIsNamed(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"https://api-civ.djamo.com": "not an address: that is set with WithBaseURL or DJAMO_API_URL",
		"$DJAMO_ACCESS_TOKEN":       "not the name of a variable, whose value was not put in",
		"%DJAMO_ACCESS_TOKEN%":      "not the name of a variable, whose value was not put in",
		"at_5ecr****":               "is masked or cut off, as pages show it",
		"••••••••ecr":               "is masked or cut off, as pages show it",
		"at_5ecr…":                  "is masked or cut off, as pages show it",
		"at_5ecr...":                "is masked or cut off, as pages show it",
		"djamo_staging_civ_●●●●●":   "is masked or cut off, as pages show it",
		"аt_5ecr":                   "must be one word of printable ASCII", // a Cyrillic letter
		"\u202eat_5ecr":             "the invisible U+202E",
		"5ecr\u2003":                "must be one word of printable ASCII",
	} {
		_, tokenErr := djamo.NewClient(value, djamo.WithEnvironment(djamo.StagingCIV))
		_, idErr := djamo.NewClient("at_x", djamo.WithEnvironment(djamo.StagingCIV), djamo.WithCompanyID(value))
		for _, err := range []error{tokenErr, idErr} {
			require.ErrorContains(t, err, want, value)
			require.ErrorIs(t, err, djamo.ErrInvalidRequest)
			require.NotContains(t, err.Error(), "5ecr")
		}
	}
	for _, token := range []string{"at_5ecret", "AT_5ecret", "djamo_staging_civ_5ecret"} {
		_, err := djamo.NewClient("at_x", djamo.WithEnvironment(djamo.StagingCIV), djamo.WithCompanyID(token))
		require.ErrorContains(t, err, "must be the company id: this is an access token", "it would go out in a header that is logged")
		require.NotContains(t, err.Error(), "5ecret")
	}
	for _, token := range []string{"at_a.b-c_d~e+f/g=", "token", "eyJhbGciOi.eyJzdWIi.c2ln", "at_token:x", "key=="} {
		_, err := djamo.NewClient(token, djamo.WithEnvironment(djamo.StagingCIV))
		require.NoError(t, err, token)
	}
}

// The usual cause of a 401 is asked for, whatever the body.
func TestPolicy_D17_UnauthorizedAsksForHostAndCountry(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `{"message":"Unauthorized","statusCode":401,"correlationId":"c1"}`, `<html>`} {
		client := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusUnauthorized, body))
		for _, call := range []clienttest.Call{clienttest.Create, func(ctx context.Context, c *djamo.Client) error { return clienttest.Second(c.Balance.Get(ctx)) }} {
			require.ErrorContains(t, call(t.Context(), client), "is this the token of this host and country?")
		}
	}
}

// When the deadline ends a call, its error says what went wrong until then, not only that time is over.
func TestPolicy_D17_DeadlineNamesTheLastCause(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	for name, row := range map[string]struct {
		answer  clienttest.RoundTripper
		want    string
		unknown bool
	}{
		"nobody listens": {func(*http.Request) (*http.Response, error) { return nil, refused }, "dial tcp: connection refused", true},
		"only 503": {func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusServiceUnavailable, Body: http.NoBody}, nil
		}, "503 Service Unavailable", true},
		"only 429": {func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusTooManyRequests, Body: io.NopCloser(strings.NewReader("{}")), Header: http.Header{"Retry-After": {"3600"}}}, nil
		}, "429", false},
	} {
		for callName, call := range map[string]clienttest.Call{
			"read":    func(ctx context.Context, c *djamo.Client) error { return clienttest.Second(c.Balance.Get(ctx)) },
			"payment": clienttest.Create,
		} {
			t.Run(name+"/"+callName, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
					defer cancel()
					client := clienttest.Through(t, row.answer, djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 9}))
					err := call(ctx, client)
					require.ErrorIs(t, err, context.DeadlineExceeded)
					require.ErrorContains(t, err, "context deadline exceeded")
					require.ErrorContains(t, err, row.want)
					require.Equal(t, row.unknown && callName == "payment", errors.Is(err, djamo.ErrOutcomeUnknown))
				})
			})
		}
	}
}

// The same over net/http, where a payment that found no connection is not unknown.
func TestPolicy_D17_NobodyListensUntilTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refusing := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
		}}
		client, err := djamo.NewClient("at_x", djamo.WithEnvironment(djamo.StagingCIV), djamo.WithHTTPClient(&http.Client{Transport: refusing}),
			djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 100}))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err = clienttest.Create(ctx, client)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "connection refused")
		require.NotErrorIs(t, err, djamo.ErrOutcomeUnknown, "nothing has left")
	})
}

// A topic that is nearly a documented one would bring no events, and is refused before it is sent.
func TestPolicy_D17_MisspelledTopicsAreRefused(t *testing.T) {
	t.Parallel()
	sent := 0
	client := clienttest.Mocked(t, func(*http.Request) (*http.Response, error) {
		sent++
		return httpmock.NewStringResponse(http.StatusCreated, `{"id":"wh_1"}`), nil
	})
	register := func(topic djamo.Topic) error {
		return clienttest.Second(client.WebhookEndpoints.Create(t.Context(), djamo.WebhookEndpointParams{Topic: topic, URL: "https://example.com/hook"}))
	}
	for topic, meant := range map[djamo.Topic]djamo.Topic{
		"transaction/completed": djamo.TopicTransactionCompleted, "transactions/complete": djamo.TopicTransactionCompleted,
		"transaction/complete": djamo.TopicTransactionCompleted, "transactions/compleeted": djamo.TopicTransactionCompleted,
		"Transactions/Completed": djamo.TopicTransactionCompleted, "transactions/completed ": djamo.TopicTransactionCompleted,
		"/transactions/completed": djamo.TopicTransactionCompleted, "transactions.completed": djamo.TopicTransactionCompleted,
		"transactions:failed": djamo.TopicTransactionFailed, "transaction/failed": djamo.TopicTransactionFailed,
		"transactions/fail": djamo.TopicTransactionFailed, "transactions/start": djamo.TopicTransactionStarted,
		"transactions-started": djamo.TopicTransactionStarted, "charge/event": djamo.TopicCharge, "charge_events": djamo.TopicCharge,
		"charges/event":       djamo.TopicCharge,
		"transaction/complet": djamo.TopicTransactionCompleted, "transaction.complete": djamo.TopicTransactionCompleted,
		"TRANSACTION_COMPLETED": djamo.TopicTransactionCompleted, "transactionCompleted": djamo.TopicTransactionCompleted,
		"transaction/compelted": djamo.TopicTransactionCompleted, "transactions//completed": djamo.TopicTransactionCompleted,
		"transactions/succeeded": djamo.TopicTransactionCompleted, "transaction/success": djamo.TopicTransactionCompleted,
		"transactions/Successful": djamo.TopicTransactionCompleted, "transactions / completed": djamo.TopicTransactionCompleted,
		"transaction/faild": djamo.TopicTransactionFailed, "transactions/startd/": djamo.TopicTransactionStarted,
		"charge/paid": djamo.TopicCharge, "charges/refunded": djamo.TopicCharge, "charge/refunded_partially": djamo.TopicCharge, "charge.dropped": djamo.TopicCharge, // statuses
		"Charge/Completed": djamo.TopicCharge, "transactions/pending": djamo.TopicTransactionStarted,
		"chargeEvents": djamo.TopicCharge, "charges.event": djamo.TopicCharge, "charges/evnts": djamo.TopicCharge,
	} {
		err := register(topic)
		require.ErrorIs(t, err, djamo.ErrInvalidRequest, topic)
		require.ErrorContains(t, err, "is a misspelling of "+string(meant)+",", topic)
	}
	for _, topic := range []djamo.Topic{"*", "transactions/*", "charge/#", "transactions/", "transactions", "transactions/completed,transactions/failed",
		"transactions/started transactions/completed"} {
		err := register(topic)
		require.ErrorIs(t, err, djamo.ErrInvalidRequest, topic)
		require.ErrorContains(t, err, "must be one topic, such as transactions/completed", topic)
	}
	require.Zero(t, sent)
	for _, topic := range []djamo.Topic{
		djamo.TopicTransactionStarted, djamo.TopicTransactionCompleted, djamo.TopicTransactionFailed, djamo.TopicCharge,
		"transaction/started", "charges/events", // Djamo's own
		"payouts/completed", "transactions/reversed", "x", "weather/changed", // may be new
	} {
		require.NoError(t, register(topic), topic)
	}
}
