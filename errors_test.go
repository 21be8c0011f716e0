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
	"unicode/utf8"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
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
		client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
			return httpmock.NewStringResponse(status, `{"message":"no"}`), nil
		})
		_, err := client.Transactions.Get(t.Context(), "txn_1")
		answer := clienttest.AnswerOf(err)
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
		{clienttest.Fixture(t, "error_400_response"), []string{"Error message"}, "Bad Request Exception", "34f66c14821e8ba0e2d7749406c06081", ": Error message (correlation id 34f66c14821e8ba0e2d7749406c06081)"},
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
		_, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusUnprocessableEntity, row.body)).Balance.Get(t.Context())
		answer := clienttest.AnswerOf(err)
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
		_, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusBadGateway, strings.Repeat("x", size))).Balance.Get(t.Context())
		require.Len(t, clienttest.AnswerOf(err).Body, min(size, 4096))
		require.Less(t, len(err.Error()), 300)
		require.ErrorIs(t, err, djamo.ErrServer, "however large a refusal is, its status counts")
	}
}

func TestError_RetryAfter(t *testing.T) {
	t.Parallel()
	client := clienttest.Through(t, func(*http.Request) (*http.Response, error) {
		resp := httpmock.NewStringResponse(http.StatusTooManyRequests, "")
		resp.Header.Set("Retry-After", "7200")
		return resp, nil
	})
	_, err := client.Balance.Get(t.Context())
	require.Equal(t, 2*time.Hour, clienttest.AnswerOf(err).RetryAfter, "what was announced, not what was capped")
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
		require.Nil(t, clienttest.AnswerOf(err), "an answer on the way is no verdict on the payment")
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

// Whatever an answer holds, it ends in an error whose text keeps UTF-8 whole and secrets out, or in a balance.
func FuzzError(f *testing.F) {
	for _, body := range []string{
		`{"message":["amount must be a positive number"],"correlationId":"34f6"}`, `{"message":"+2250748710523"}`, `{"message":{"a":[null,1,"2250748710523"]}}`,
		`<html>at_secret_token`, `{"balance":1}`, `{"data":{"balance":-5,"currency":""}}`, "\xff\x00", `{"message":`, `[[["a"]]]`, `{"message":[["` + "\u2028" + `"]]}`,
	} {
		for _, status := range []int{200, 400, 403, 404, 500} {
			f.Add(body, status)
		}
	}
	f.Fuzz(func(t *testing.T, body string, status int) {
		if status < 200 || status > 599 {
			t.Skip("no final status")
		}
		client := clienttest.Mocked(t, httpmock.NewStringResponder(status, body))
		balance, err := client.Balance.Get(t.Context())
		if (balance == nil) == (err == nil) {
			t.Fatalf("%v and %v", balance, err)
		}
		if err == nil {
			if status >= http.StatusMultipleChoices {
				t.Fatalf("status %d is no success", status)
			}
			return
		}
		text := err.Error()
		answer := clienttest.AnswerOf(err)
		if answer != nil {
			if answer.StatusCode != status || len(answer.Body) > 4<<10 {
				t.Fatalf("%d answered as %d with %d bytes of body", status, answer.StatusCode, len(answer.Body))
			}
			text += answer.LogValue().String() + strings.Join(answer.Messages, "\n")
			if strings.Contains(string(answer.Body), "at_secret_token") {
				t.Fatalf("the token is in the body: %q", answer.Body)
			}
		}
		if utf8.ValidString(body) && !utf8.ValidString(text) {
			t.Fatalf("no UTF-8: %q", text)
		}
		if strings.Contains(text, "at_secret_token") {
			t.Fatalf("the token is in %q", text)
		}
		if strings.Contains(" "+text+" ", " +2250748710523 ") {
			t.Fatalf("a phone number is in %q", text)
		}
		if status >= http.StatusMultipleChoices && answer == nil {
			t.Fatalf("status %d is an answer of the API: %v", status, err)
		}
		if _, err := client.Batches.Create(t.Context(), djamo.BatchParams{Transactions: []djamo.TransactionParams{clienttest.Payment}}); err == nil && status >= http.StatusMultipleChoices {
			t.Fatalf("status %d is no success", status)
		}
	})
}

// The least that a client must hold to, whatever the API, or something in front of it, answers.

// Whatever answers a payment, it is a payment of what was sent, a refusal that HTTP defines, or an unknown outcome:
// nothing else may tell a caller that it is safe to pay again.
func FuzzCreate(f *testing.F) {
	for _, body := range []string{
		`{"id":"txn_1","reference":"r","amount":5000,"msisdn":"+2250748710523","status":"started"}`, `{"id":"txn_1"}`, `{"data":{"id":"txn_1","reference":"r"}}`,
		`{"id":"txn_1","reference":"x","amount":5000}`, `{"id":"txn_1","reference":"r","amount":5001}`, `{"id":"txn_1","reference":"r","msisdn":"+221771234567"}`,
		`{"statusCode":400,"message":"no"}`, `{"success":false,"data":{"id":"txn_1","reference":"r"}}`, `[]`, `null`, ``, `<html>`, `{"data":[]}`,
	} {
		for _, status := range []int{200, 201, 303, 400, 408, 409, 429, 499, 502} {
			f.Add(body, status)
		}
	}
	f.Fuzz(func(t *testing.T, body string, status int) {
		if status < 200 || status > 599 {
			t.Skip("no final status")
		}
		client := clienttest.Mocked(t, func(req *http.Request) (*http.Response, error) {
			if req.Method == http.MethodPost {
				return httpmock.NewStringResponse(status, body), nil
			}
			return httpmock.NewStringResponse(http.StatusBadGateway, ""), nil // what became of it cannot be looked up
		})
		sent := djamo.TransactionParams{MSISDN: "+2250748710523", Amount: 5000, Reference: "r"}
		payment, err := client.Transactions.Create(t.Context(), sent)
		if (payment == nil) == (err == nil) {
			t.Fatalf("%v and %v", payment, err)
		}
		if err == nil {
			if status >= http.StatusMultipleChoices || payment.ID == "" || payment.Reference != "r" {
				t.Fatalf("%d %q passes for the payment: %+v", status, body, payment)
			}
			if payment.Amount != 0 && payment.Amount != sent.Amount {
				t.Fatalf("%q is of another amount: %+v", body, payment)
			}
			return
		}
		if errors.Is(err, djamo.ErrOutcomeUnknown) {
			return
		}
		if answer := clienttest.AnswerOf(err); answer == nil || answer.StatusCode != status || !turnsAway(status) {
			t.Fatalf("%d %q says that nothing was paid: %v", status, body, err)
		}
	})
}

// turnsAway reports whether a status says that a write was not carried out; 409, that an earlier one was.
func turnsAway(status int) bool {
	switch status {
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	case http.StatusRequestTimeout:
		return false
	}
	return 400 <= status && status <= 451
}

// Whatever a page holds, it has the items that encoding/json finds, or it is an error: none is lost, none is made up.
func FuzzPage(f *testing.F) {
	for _, body := range []string{
		`{"count":1,"limit":15,"cursor":{"prev":null,"next":"n"},"data":[{"id":"ch_1","amount":1}]}`, `{"data":[]}`, `{"data":null}`, `{}`, `[]`, `null`,
		`{"data":[{"id":1}]}`, `{"data":[null,{}]}`, `{"data":{"data":[]}}`, `{"cursor":17,"data":[]}`, `{"DATA":[{}],"data":[]}`, `{"data":[{"amount":1.5}]}`, "{\"data\":[{\"id\":\"\xff\"}]}",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		page, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, body)).Charges.ListPage(t.Context(), djamo.ChargeListParams{})
		if (page == nil) == (err == nil) {
			t.Fatalf("%v and %v", page, err)
		}
		var plain struct {
			Cursor struct{ Next string }
			Data   []json.RawMessage
		}
		plainErr := json.Unmarshal([]byte(body), &plain)
		if err != nil {
			return
		}
		if plainErr != nil || plain.Data == nil {
			t.Fatalf("%q passes for a page: %v", body, plainErr)
		}
		if len(page.Data) != len(plain.Data) || page.Cursor.Next != plain.Cursor.Next {
			t.Fatalf("%q: %d items and %q, want %d and %q", body, len(page.Data), page.Cursor.Next, len(plain.Data), plain.Cursor.Next)
		}
	})
}

// Whatever answers a question about one object, it is that object, bare or wrapped, or an error.
func FuzzGet(f *testing.F) {
	for _, body := range []string{
		`{"id":"ch_1","amount":5000,"status":"paid"}`, `{"data":{"id":"ch_1"}}`, `{"id":"ch_1","data":{"id":"ch_2"}}`, `{"id":"ch_2","data":{"id":"ch_1"}}`,
		`{"success":false,"data":{"id":"ch_1"}}`, `{"id":null,"data":{"id":"ch_1"}}`, `{"ID":"ch_1"}`, `{"id":"ch_1","id":"ch_2"}`, `[{"id":"ch_1"}]`, `null`, ``, `{"id":`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		client := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, body))
		charge, err := client.Charges.Get(t.Context(), "ch_1")
		if (charge == nil) == (err == nil) {
			t.Fatalf("%v and %v", charge, err)
		}
		if charge != nil && charge.ID != "ch_1" {
			t.Fatalf("%q is about %q", body, charge.ID)
		}
		if err != nil && !errors.Is(err, djamo.ErrUnexpectedAnswer) {
			t.Fatalf("%q is no answer of the API: %v", body, err)
		}
		check, err := client.Customers.Check(t.Context(), djamo.CustomerCheckParams{MSISDN: "+2250748710523"})
		if (check == nil) == (err == nil) {
			t.Fatalf("%v and %v", check, err)
		}
		if check != nil && !json.Valid([]byte(body)) {
			t.Fatalf("%q passes for an answer", body)
		}
	})
}

// Whatever answers a batch, each of its payments is named in the answer or in the error.
func FuzzBatchCreate(f *testing.F) {
	for _, body := range []string{
		`{"id":"b_1","transactions":[{"id":"txn_1","reference":"a"},{"id":"txn_2","reference":"b"}]}`, `{"id":"b_1","transactions":[{"id":"txn_1","reference":"a"},{"id":"txn_2","reference":"a"}]}`,
		`{"id":"b_1","transactions":[{"id":"txn_1"},{}]}`, `{"id":"b_1"}`, `{"data":{"id":"b_1","transactions":[{"id":"1"},{"id":"2"}]}}`, `{"transactions":[null,null]}`, `[]`, `null`, ``,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		client := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusCreated, body))
		batch, err := client.Batches.Create(t.Context(), djamo.BatchParams{Transactions: []djamo.TransactionParams{
			{MSISDN: "+2250748710523", Amount: 5000, Reference: "a"}, {MSISDN: "+221771234567", Amount: 6000, Reference: "b"},
		}})
		if (batch == nil) == (err == nil) {
			t.Fatalf("%v and %v", batch, err)
		}
		if err != nil {
			if unknown, ok := errors.AsType[*djamo.OutcomeUnknownError](err); !ok || len(unknown.References) != 2 {
				t.Fatalf("%q hides what may have been paid: %v", body, err)
			}
			return
		}
		if batch.ID == "" || len(batch.Transactions) != 2 || batch.Transactions[0].ID == "" || batch.Transactions[1].ID == "" {
			t.Fatalf("%q passes for the batch: %+v", body, batch)
		}
	})
}
