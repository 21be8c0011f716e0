package redaction_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// A number that a call sent is known, so it is masked in the answer however it is written there, and of whatever country.
func TestRedaction_TheNumberThatWasSent(t *testing.T) {
	t.Parallel()
	for _, form := range []string{
		"33612345678", "0612345678", "612345678", "06|12|34|56|78", "+33 (0) 6 12 34 56 78", "x33612345678y", "0x33612345678abc", `33\u202f6\u00a012\u00a034\u00a056\u00a078`,
		"33%206%2012%2034%2056%2078", "3361234-5678", "3,361,234,567,8", "33612345678 33612345678", "tel33612345678",
	} {
		for _, body := range []string{`{"message":"no account at ` + form + ` here"}`, "<html>" + form + "</html>", `{"error":["` + form + `"],"correlationId":"` + form + `"}`} {
			client := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusBadRequest, body))
			pay := clienttest.Payment
			pay.MSISDN = "+33612345678"
			for name, err := range map[string]error{
				"query": clienttest.Second(client.Customers.Check(t.Context(), djamo.CustomerCheckParams{MSISDN: pay.MSISDN})),
				"body":  clienttest.Second(client.Transactions.Create(t.Context(), pay)),
				"batch": clienttest.Second(client.Batches.Create(t.Context(), djamo.BatchParams{Transactions: []djamo.TransactionParams{clienttest.Payment, {MSISDN: pay.MSISDN, Amount: 5, Reference: "r"}}})),
			} {
				shown := fmt.Sprintf("%v %+v %s", err, clienttest.AnswerOf(err), clienttest.AnswerOf(err).Body)
				require.NotRegexp(t, `1\D{0,6}2\D{0,6}3\D{0,6}4\D{0,6}5`, strings.NewReplacer(`\u202f`, "", `\u00a0`, "", "%20", "").Replace(shown), "%s, %q", name, form)
			}
		}
	}
	// Other digits stay.
	client := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusBadRequest, `{"message":"amount 12345678 is not 50000000, at 1744728413766"}`))
	require.ErrorContains(t, clienttest.Create(t.Context(), client), "amount 12345678 is not 50000000, at 1744728413766")
}

// The token is found escaped too, and where so many of them are removed that what was cut off moves into sight.
func TestRedaction_TheTokenInOtherForms(t *testing.T) {
	t.Parallel()
	for token, answer := range map[string]string{
		"at_a/b+c&d":                     `<p>at_a/b+c&amp;d</p> at_a\/b+c\u0026d at_a/b+c\u0026d at_a%2Fb%2Bc%26d at_a%2Fb+c&d at_a\/b+c&d`,
		"at_<k>secret":                   `{"message":"at_\u003ck\u003esecret","error":"at_<k>secret"}`,
		"at_" + strings.Repeat("k", 200): strings.Repeat("at_"+strings.Repeat("k", 200)+"\n", 1000),
	} {
		for pad := range 9 {
			client, err := djamo.NewClient(token, djamo.WithBaseURL(clienttest.BaseURL), djamo.WithHTTPClient(&http.Client{Transport: clienttest.RoundTripper(func(*http.Request) (*http.Response, error) {
				return httpmock.NewStringResponse(http.StatusBadRequest, strings.Repeat("p", pad*29)+answer), nil
			})}))
			require.NoError(t, err)
			_, err = client.Balance.Get(t.Context())
			shown := fmt.Sprintf("%v %s %q", err, clienttest.AnswerOf(err).Body, clienttest.AnswerOf(err).Messages)
			for _, part := range []string{"b+c", "b%2Bc", "secret", "at_k"} {
				require.NotContains(t, shown, part)
			}
		}
	}
	_, err := djamo.NewClient("at_x", djamo.WithEnvironment("at_secret_token"))
	require.ErrorContains(t, err, "WithEnvironment: must be ProductionCIV")
	require.NotContains(t, err.Error(), "at_secret_token")
}

// An answer may put the token where an error shows the beginning of a value, cut to a length that the token exceeds.
func TestRedaction_TheTokenWhereValuesAreCut(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"at_secret", "at_" + strings.Repeat("secret", 20), "at_\"" + strings.Repeat("secret/", 20)} {
		quoted := strconv.Quote(token)
		for _, body := range []string{
			`{"id":"txn_1","status":` + quoted + `}`, `{"id":` + quoted + `}`, `{"id":"txn_1","amount":` + quoted + `}`,
			`{"id":"txn_1","createdAt":` + quoted + `}`, `{"id":"txn_1","reference":` + quoted + `}`, `[{"id":"txn_1","amount":` + quoted + `}]`,
		} {
			synctest.Test(t, func(t *testing.T) {
				client, err := djamo.NewClient(token, djamo.WithBaseURL(clienttest.BaseURL), djamo.WithHTTPClient(&http.Client{Transport: clienttest.RoundTripper(
					func(*http.Request) (*http.Response, error) {
						return httpmock.NewStringResponse(http.StatusOK, body), nil
					})}))
				require.NoError(t, err)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				for _, err := range []error{
					clienttest.Second(client.Transactions.Wait(ctx, "txn_1", djamo.WaitParams{})), clienttest.Second(client.Batches.Create(ctx, clienttest.BatchParams(""))),
					clienttest.Create(ctx, client), clienttest.Second(client.Charges.Refund(ctx, "ch_1")), clienttest.Second(client.Transactions.ListPage(ctx, djamo.TransactionListParams{})),
				} {
					require.Error(t, err)
					require.NotContains(t, err.Error(), "secret", body)
				}
			})
		}
	}
}

type leakyMarshaler struct{}

func (leakyMarshaler) MarshalJSON() ([]byte, error) {
	return nil, errors.New("cannot encode +2250748710523 with at_secret_token")
}

// What a caller's own types and RoundTrippers say is scrubbed like what the API says, under every verb and in the chain.
func TestRedaction_ErrorsOfTheCaller(t *testing.T) {
	t.Parallel()
	var shown strings.Builder
	client := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, `{}`))
	for _, value := range []any{json.Number("+2250748710523"), leakyMarshaler{}} {
		_, err := client.Charges.Create(t.Context(), djamo.ChargeParams{Amount: 5, ExternalID: "e", Metadata: map[string]any{"phone": value}})
		require.ErrorIs(t, err, djamo.ErrInvalidRequest)
		fmt.Fprintf(&shown, "%v %#v\n", err, err)
	}
	for _, cause := range []error{
		plainError("at_secret_token +2250748710523"),
		fmt.Errorf("proxy: %w", &url.Error{Op: "Get", URL: "https://at_secret_token@x.example/?msisdn=%2B2250748710523", Err: io.EOF}),
	} {
		client := clienttest.Through(t, func(*http.Request) (*http.Response, error) { return nil, cause })
		for _, err := range []error{clienttest.Second(client.Balance.Get(t.Context())), clienttest.Create(t.Context(), client), clienttest.Second(client.Charges.Refund(t.Context(), "ch_1"))} {
			require.ErrorIs(t, err, cause, "the chain is whole")
			fmt.Fprintf(&shown, "%v %+v %#v %q\n", err, err, err, err)
			slog.New(slog.NewTextHandler(&shown, nil)).Error("failed", "error", err)
			if inner := (*url.Error)(nil); errors.As(err, &inner) {
				require.ErrorIs(t, inner, io.EOF)
				fmt.Fprintf(&shown, "%v %#v\n", inner, inner)
			}
			if inner := net.Error(nil); errors.As(err, &inner) { // a *url.Error is one
				fmt.Fprintf(&shown, "%v %#v\n", inner, inner)
			}
			if inner := (interface{ Timeout() bool })(nil); errors.As(err, &inner) {
				fmt.Fprintf(&shown, "%v %#v\n", inner, inner)
			}
		}
	}
	require.NotContains(t, shown.String(), "at_secret_token")
	require.NotContains(t, shown.String(), "0748710523")
}

type plainError string

func (p plainError) Error() string { return string(p) }

// Support asks for the correlation id, so it is whole in every text, digits or not; only what has a plus is a number.
func TestError_CorrelationIDIsAlwaysWhole(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("amount must be positive ", 500)
	for id, want := range map[string]string{
		"34f66c14821e8ba0e2d7749406c06081": "34f66c14821e8ba0e2d7749406c06081",
		"0123456789":                       "0123456789",
		"2250748710523":                    "2250748710523",
		"+2250748710523":                   "+22507******23",
		"07 48 71 05 23":                   "07 48 7* ** 23",
	} {
		for _, message := range []string{`"no"`, `"` + long + `"`, `["` + long + `","` + long + `"]`} {
			_, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusBadRequest, `{"message":`+message+`,"correlationId":"`+id+`"}`)).Balance.Get(t.Context())
			require.True(t, strings.HasSuffix(err.Error(), " (correlation id "+want+")"), "%s", err)
			require.Equal(t, want, clienttest.AnswerOf(err).CorrelationID)
			require.Less(t, len(err.Error()), 3<<10)
		}
	}
	built := &djamo.Error{Method: "GET", Path: "/", StatusCode: 400, Messages: []string{strings.Repeat("é", 1<<20)}, CorrelationID: "c0ffee"}
	require.Contains(t, built.Error(), "(correlation id c0ffee)")
}

// An answer of megabytes is cut before it is looked through, not after: digits, which are looked at closely, cost no more
// than letters. Scrubbed whole they cost a hundred times as much.
func TestError_HugeAnswersAreReadAtOnce(t *testing.T) {
	t.Parallel()
	fastest := func(pattern string, form func(huge string) string) time.Duration {
		body := form(strings.Repeat(pattern, 1<<20/len(pattern)))
		client := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusBadRequest, body))
		best := time.Hour
		for range 5 {
			start := time.Now()
			_, err := client.Balance.Get(t.Context())
			require.Less(t, len(err.Error()), 8<<10)
			best = min(best, time.Since(start))
			require.Less(t, len(strings.Join(clienttest.AnswerOf(err).Messages, "")), 20<<10)
		}
		return best
	}
	for name, form := range map[string]func(string) string{
		"message": func(huge string) string { return `{"message":"` + huge + `"}` },
		"messages": func(huge string) string {
			return `{"message":[["` + huge + `"],"a"],"error":"` + huge + `","correlationId":"` + huge + `"}`
		},
		"no JSON": func(huge string) string { return huge },
	} {
		letters := fastest("p ", form)
		for _, pattern := range []string{"1 ", "225 ", "at_secret_"} {
			require.Less(t, fastest(pattern, form), 10*letters+time.Second, "%s of %q", name, pattern)
		}
	}
	built := func(text string) time.Duration {
		start := time.Now()
		require.Less(t, len((&djamo.Error{StatusCode: 400, Messages: []string{strings.Repeat(text, 1<<20)}}).Error()), 3<<10)
		return time.Since(start)
	}
	require.Less(t, min(built("1 "), built("1 "), built("1 ")), 10*min(built("p "), built("p "), built("p "))+time.Second)
}

// Nor are there more messages than a person reads: each is compared with every number that was sent, and a batch sends
// many.
func TestError_MessagesAreFew(t *testing.T) {
	t.Parallel()
	for _, message := range []string{`"7"`, `7`, `{}`, `["7"]`} {
		body := `{"statusCode":400,"message":[` + strings.Repeat(message+",", 20_000) + `7]}`
		_, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusBadRequest, body)).Batches.Create(t.Context(), clienttest.BatchParams(""))
		require.NotEmpty(t, clienttest.AnswerOf(err).Messages)
		require.Less(t, len(clienttest.AnswerOf(err).Messages), 300)
	}
}
