package redaction_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// An API that repeats the token and the phone number wherever it can, every call, every kind of answer, a logger that
// writes everything: neither may show anywhere.
func TestRedaction_NothingSecretOrPersonalShows(t *testing.T) {
	t.Parallel()
	const leak = `at_secret_token Bearer at_secret_token +2250748710523 %2B2250748710523 2250748710523 002250748710523 /x?msisdn=%2B2250748710523`
	quote := func(text string) string { return clienttest.Marshal(text) }
	answers := map[string]httpmock.Responder{
		"transport": func(req *http.Request) (*http.Response, error) { return nil, errors.New(leak + req.URL.String()) },
		"redirect": func(*http.Request) (*http.Response, error) {
			resp := httpmock.NewStringResponse(http.StatusFound, leak)
			resp.Header.Set("Location", "https://elsewhere.example/+2250748710523?token=at_secret_token")
			return resp, nil
		},
		"HTML success": httpmock.NewStringResponder(http.StatusOK, "<html>"+leak),
		"odd success":  httpmock.NewStringResponder(http.StatusOK, `{"id":5,"amount":`+quote(leak)+`,"data":{"id":`+quote(leak)+`,"amount":`+quote(leak)+`}}`),
		"other object": httpmock.NewStringResponder(http.StatusOK, `{"id":`+quote(leak)+`,"reference":`+quote(leak)+`,"externalId":`+quote(leak)+`,"cursor":{"next":`+quote(leak)+`},"data":[]}`),
	}
	for _, status := range []int{400, 401, 403, 404, 409, 422, 429, 500, 502} {
		answers[fmt.Sprint(status, " JSON")] = httpmock.NewStringResponder(status,
			`{"statusCode":400,"message":[`+quote(leak)+`,{"property":`+quote(leak)+`}],"error":`+quote(leak)+`,"correlationId":`+quote(leak)+`,"path":`+quote(leak)+`}`)
		answers[fmt.Sprint(status, " HTML")] = httpmock.NewStringResponder(status, "<html>"+leak)
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			loggers := []*slog.Logger{
				slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})),
				slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})),
			}
			for _, logger := range loggers {
				client := clienttest.Mocked(t, answer, djamo.WithLogger(logger))
				for _, row := range clienttest.Endpoints(t) {
					_, err := row.Call(t.Context(), client)
					describe(&out, logger, err)
				}
				describe(&out, logger, client.Do(t.Context(), http.MethodPost, "/v1/x/+2250748710523?token=1", nil, nil))
				fmt.Fprintf(&out, "%v %+v %#v %s %q %v %+v", client, client, client, client, client, *client, *client)
				logger.Info("client", "client", client, "params", clienttest.RecordedPayment)
			}
			require.NotEmpty(t, out.String())
			for line := range strings.SplitSeq(out.String(), "\n") {
				require.NotContains(t, line, "at_secret_token")
				require.NotContains(t, line, "2250748710523")
			}
		})
	}
}

func describe(out *bytes.Buffer, logger *slog.Logger, err error) {
	fmt.Fprintf(out, "%v|%+v|%#v|%q\n", err, err, err, err)
	logger.Error("call failed", "error", err)
	if answer := clienttest.AnswerOf(err); answer != nil {
		fmt.Fprintf(out, "%+v %s %s\n", *answer, answer.Body, answer.Messages)
		logger.Error("answer", "answer", answer)
	}
}

// What this package refuses itself shows the value masked.
func TestRedaction_ValidationErrors(t *testing.T) {
	t.Parallel()
	client := clienttest.Mocked(t, func(*http.Request) (*http.Response, error) { return nil, errors.New("nothing may be sent") })
	for _, number := range []djamo.MSISDN{"+22507487105230", "2250748710523", "002250748710523", "+225 0748710523"} {
		p := clienttest.RecordedPayment
		p.MSISDN = number
		_, err := client.Transactions.Create(t.Context(), p)
		require.ErrorIs(t, err, djamo.ErrInvalidRequest)
		require.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), "0748710523")
	}
	_, err := client.Transactions.Get(t.Context(), "../+2250748710523")
	require.NotContains(t, err.Error(), "0748710523")
	_, err = djamo.NewClient("at_secret token", djamo.WithEnvironment(djamo.StagingCIV))
	require.NotContains(t, err.Error(), "at_secret")
}
