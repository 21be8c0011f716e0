package djamo_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/djamo/djamo-go"
	"github.com/jarcoal/httpmock"
)

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
		client := mocked(t, httpmock.NewStringResponder(status, body))
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
		answer := answerOf(err)
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
		if _, err := client.Batches.Create(t.Context(), djamo.BatchParams{Transactions: []djamo.TransactionParams{payment}}); err == nil && status >= http.StatusMultipleChoices {
			t.Fatalf("status %d is no success", status)
		}
	})
}
