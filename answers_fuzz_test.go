package djamo_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/jarcoal/httpmock"
)

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
		client := mocked(t, func(req *http.Request) (*http.Response, error) {
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
		if answer := answerOf(err); answer == nil || answer.StatusCode != status || !turnsAway(status) {
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
		page, err := mocked(t, httpmock.NewStringResponder(http.StatusOK, body)).Charges.ListPage(t.Context(), djamo.ChargeListParams{})
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
		client := mocked(t, httpmock.NewStringResponder(http.StatusOK, body))
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
		client := mocked(t, httpmock.NewStringResponder(http.StatusCreated, body))
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
