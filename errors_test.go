package djamo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

var sentinels = []djamo.ErrorCode{
	djamo.ErrInvalidRequest, djamo.ErrUnauthorized, djamo.ErrForbidden, djamo.ErrBlocked, djamo.ErrNotFound, djamo.ErrDuplicateReference,
	djamo.ErrUnprocessable, djamo.ErrRateLimited, djamo.ErrServer, djamo.ErrOutcomeUnknown, djamo.ErrUnexpectedAnswer,
}

// Each status has its sentinel and matches no other; what has none matches nothing.
func TestError_EveryStatusMatchesItsSentinelAlone(t *testing.T) {
	t.Parallel()
	special := map[int]djamo.ErrorCode{
		400: djamo.ErrInvalidRequest, 401: djamo.ErrUnauthorized, 403: djamo.ErrForbidden, 404: djamo.ErrNotFound,
		409: djamo.ErrDuplicateReference, 422: djamo.ErrUnprocessable, 429: djamo.ErrRateLimited,
	}
	for status := 300; status <= 599; status++ {
		want := special[status]
		if status >= 500 {
			want = djamo.ErrServer
		}
		client := through(t, func(req *http.Request) (*http.Response, error) {
			return httpmock.NewStringResponse(status, `{"message":"no"}`), nil
		})
		_, err := client.Transactions.Get(t.Context(), "txn_1")
		answer := answerOf(err)
		require.Equal(t, status, answer.StatusCode)
		require.Equal(t, want, answer.Code())
		for _, sentinel := range sentinels {
			require.Equal(t, sentinel == want, errors.Is(err, sentinel), "%d and %q", status, sentinel)
			require.Equal(t, sentinel == want, errors.Is(&djamo.Error{StatusCode: status}, sentinel), "built by hand: %d and %q", status, sentinel)
		}
		require.NotErrorIs(t, err, djamo.ErrorCode(""))
	}
}

func TestErrorCode_TextsDifferAndSayWhoSpeaks(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, sentinel := range sentinels {
		require.True(t, strings.HasPrefix(sentinel.Error(), "djamo: "))
		require.False(t, seen[sentinel.Error()], sentinel)
		seen[sentinel.Error()] = true
		require.ErrorIs(t, fmt.Errorf("while paying: %w", sentinel), sentinel)
	}
}

func TestError_BuiltByHand(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		err  *djamo.Error
		text string
		code djamo.ErrorCode
	}{
		{&djamo.Error{Method: "POST", Path: "/v1/transactions", StatusCode: 409, Messages: []string{"reference already used"}, CorrelationID: "34f6"},
			"djamo: POST /v1/transactions: 409 Conflict: reference already used (correlation id 34f6)", djamo.ErrDuplicateReference},
		{&djamo.Error{Method: "GET", Path: "/v1/balance", StatusCode: 418}, "djamo: GET /v1/balance: 418 I'm a teapot", ""},
		{&djamo.Error{Method: "GET", Path: "/v1/balance", StatusCode: 499}, "djamo: GET /v1/balance: 499", ""},
		{&djamo.Error{Method: "GET", Path: "/v1/balance", StatusCode: 520, Body: []byte("error code: 520\n")}, "djamo: GET /v1/balance: 520: error code: 520", djamo.ErrServer},
		{&djamo.Error{Method: "GET", Path: "/x", StatusCode: 400, Messages: []string{"a", "b"}, Body: []byte("not shown"), Name: "Bad Request Exception"}, "djamo: GET /x: 400 Bad Request: a; b", djamo.ErrInvalidRequest},
		{&djamo.Error{Method: "GET", Path: "/x", StatusCode: 403, Body: []byte("\r\n <!DOCTYPE html>"), Messages: []string{"not shown"}, CorrelationID: "c"},
			"djamo: GET /x: 403 Forbidden: the firewall in front of the API refused this IP address; the token is not at fault, ask Djamo to allow the address (correlation id c)", djamo.ErrBlocked},
		{&djamo.Error{Method: "GET", Path: "/x", StatusCode: 404, Messages: []string{"no account for +2250748710523"}}, "djamo: GET /x: 404 Not Found: no account for +22507******23", djamo.ErrNotFound},
	} {
		require.EqualError(t, row.err, row.text)
		require.Equal(t, row.code, row.err.Code())
		for _, verb := range []string{"%v", "%+v", "%s"} {
			require.Equal(t, row.text, fmt.Sprintf(verb, row.err))
		}
		answer := (*djamo.Error)(nil)
		require.ErrorAs(t, fmt.Errorf("while paying: %w", row.err), &answer)
		require.Same(t, row.err, answer)
	}
}

// What the API says is read whatever its type; what it does not say is left out.
func TestError_ReadsWhatTheAPISays(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		body     string
		messages []string
		name, id string
		rest     string // of the text, after the status
	}{
		{fixture(t, "error_400_response"), []string{"Error message"}, "Bad Request Exception", "34f66c14821e8ba0e2d7749406c06081", ": Error message (correlation id 34f66c14821e8ba0e2d7749406c06081)"},
		{`{"message":"one"}`, []string{"one"}, "", "", ": one"},
		{`{"message":["one","two"]}`, []string{"one", "two"}, "", "", ": one; two"},
		{`{"message":[["one"],["two",["three"]]]}`, []string{"one", "two", "three"}, "", "", ": one; two; three"},
		{`{"message":["", null, "one"]}`, []string{"one"}, "", "", ": one"},
		{`{"message":[]}`, nil, "", "", `: {"message":[]}`},
		{`{"message":null,"correlationId":null,"error":null}`, nil, "", "", `: {"message":null,"correlationId":null,"error":null}`},
		{`{"message":7,"error":true,"correlationId":9}`, []string{"7"}, "true", "9", ": 7 (correlation id 9)"},
		{`{"message":{"field":"amount","rules":["positive"]}}`, []string{`{"field":"amount","rules":["positive"]}`}, "", "", `: {"field":"amount","rules":["positive"]}`},
		{`{"message":[{"property":"amount"}]}`, []string{`{"property":"amount"}`}, "", "", `: {"property":"amount"}`},
		{`{"error":"Conflict"}`, nil, "Conflict", "", `: {"error":"Conflict"}`},
		{`{"MESSAGE":"loud"}`, []string{"loud"}, "", "", ": loud"},
		{`["not","an","object"]`, nil, "", "", `: ["not","an","object"]`},
		{`"just a text"`, nil, "", "", `: "just a text"`},
		{`null`, nil, "", "", `: null`},
		{`{"message":"cut off`, nil, "", "", `: {"message":"cut off`},
		{"<html>\n\t<title>Oops</title>", nil, "", "", ": <html> <title>Oops</title>"},
		{"\xff\xfe", nil, "", "", ": \uFFFD"},
		{" \n", nil, "", "", ": "},
		{"", nil, "", "", ""},
	} {
		_, err := mocked(t, httpmock.NewStringResponder(http.StatusUnprocessableEntity, row.body)).Balance.Get(t.Context())
		answer := answerOf(err)
		require.Equal(t, row.messages, answer.Messages, row.body)
		require.Equal(t, row.name, answer.Name, row.body)
		require.Equal(t, row.id, answer.CorrelationID, row.body)
		require.EqualError(t, err, "djamo: GET /v1/balance: 422 Unprocessable Entity"+row.rest)
		require.Equal(t, row.body, string(answer.Body))
	}
}

func TestError_BodyIsBounded(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 4095, 4096, 4097, 1 << 20, 11 << 20} {
		_, err := mocked(t, httpmock.NewStringResponder(http.StatusBadGateway, strings.Repeat("x", size))).Balance.Get(t.Context())
		require.Len(t, answerOf(err).Body, min(size, 4096))
		require.Less(t, len(err.Error()), 300)
		require.ErrorIs(t, err, djamo.ErrServer, "however large a refusal is, its status counts")
	}
}

func TestError_RetryAfter(t *testing.T) {
	t.Parallel()
	client := through(t, func(*http.Request) (*http.Response, error) {
		resp := httpmock.NewStringResponse(http.StatusTooManyRequests, "")
		resp.Header.Set("Retry-After", "7200")
		return resp, nil
	})
	_, err := client.Balance.Get(t.Context())
	require.Equal(t, 2*time.Hour, answerOf(err).RetryAfter, "what was announced, not what was capped")
}

func TestOutcomeUnknownError_TextAndCause(t *testing.T) {
	t.Parallel()
	const end = ", it may have been carried out"
	cause := &djamo.Error{Method: "POST", Path: "/v1/transactions", StatusCode: 500}
	for references, text := range map[string]string{
		"":          "djamo: outcome unknown" + end,
		"a":         `djamo: outcome unknown of "a"` + end,
		"a b":       `djamo: outcome unknown of "a", "b"` + end,
		"a b c":     `djamo: outcome unknown of "a", "b", "c"` + end,
		"a b c d":   `djamo: outcome unknown of "a", "b", "c" and 1 more` + end,
		"a b c d e": `djamo: outcome unknown of "a", "b", "c" and 2 more` + end,
	} {
		err := &djamo.OutcomeUnknownError{References: strings.Fields(references)}
		require.EqualError(t, err, text)
		err.Err = fmt.Errorf("%w: %w", cause, context.Canceled)
		require.EqualError(t, err, text+": POST /v1/transactions: 500 Internal Server Error: context canceled")
		require.ErrorIs(t, err, djamo.ErrOutcomeUnknown)
		require.ErrorIs(t, err, context.Canceled)
		require.Nil(t, answerOf(err), "an answer on the way is no verdict on the payment")
		require.NotErrorIs(t, err, djamo.ErrServer)
		require.ErrorIs(t, fmt.Errorf("while paying: %w", err), djamo.ErrOutcomeUnknown)
	}
	require.EqualError(t, &djamo.OutcomeUnknownError{References: []string{"line\nbreak", "salary-+2250748710523"}},
		`djamo: outcome unknown of "line\nbreak", "salary-+22507******23"`+end)
}

// Errors log themselves as groups, the same through every handler.
func TestErrors_LogThemselves(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&out, nil))
	logger.Error("x", "error", &djamo.Error{
		Method: "POST", Path: "/v1/transactions", StatusCode: 404, Messages: []string{"nobody at +2250748710523", "sorry"},
		CorrelationID: "c0ffee", Body: []byte("the body stays out"), Name: "Not Found",
	})
	logger.Error("x", "error", &djamo.OutcomeUnknownError{References: []string{"r1", "r2"}, Err: io.EOF})
	logger.Error("x", "error", &djamo.ValidationError{Field: "amount", Value: "0", Rule: "must be positive"})
	var got []string
	for line := range strings.Lines(out.String()) {
		var record struct {
			Error json.RawMessage `json:"error"`
		}
		require.NoError(t, json.Unmarshal([]byte(line), &record))
		got = append(got, string(record.Error))
	}
	require.Equal(t, []string{
		`{"method":"POST","path":"/v1/transactions","status":404,"message":"nobody at +22507******23; sorry","correlation_id":"c0ffee"}`,
		`{"references":["r1","r2"],"error":"djamo: outcome unknown of \"r1\", \"r2\", it may have been carried out: EOF"}`,
		`"djamo: amount: must be positive, got 0"`,
	}, got)
}
