package policy_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// paymentAs is the payment of clienttest as the API shows it, with some fields written otherwise.
func paymentAs(changed map[string]string) string {
	var text strings.Builder
	for _, field := range []struct{ name, value string }{
		{"id", `"txn_1"`}, {"amount", "50000"}, {"fee", "500"}, {"totalAmount", "50500"}, {"msisdn", `"+2250748710523"`},
		{"status", `"completed"`}, {"reference", `"` + clienttest.Payment.Reference + `"`}, {"type", `"transfer"`}, {"description", `"x"`},
		{"createdAt", `"2023-11-24T17:43:15.970Z"`}, {"updatedAt", `"2023-11-24T17:43:15.970Z"`},
	} {
		if other, ok := changed[field.name]; ok {
			field.value = other
		}
		text.WriteString(`,"` + field.name + `":` + field.value)
	}
	return "{" + text.String()[1:] + "}"
}

// lostThen loses the answer to a payment, and answers every look-up with body.
func lostThen(body string) httpmock.Responder {
	return func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPost {
			return httpmock.NewStringResponse(http.StatusBadGateway, ""), nil
		}
		return httpmock.NewStringResponse(http.StatusOK, body), nil
	}
}

// answersAs are the shapes in which a payment comes back, each read by the method that meets it.
func answersAs(t *testing.T, payment string) map[string]func() (*djamo.Transaction, error) {
	t.Helper()
	page := `{"count":1.0,"limit":1.5e1,"cursor":{"prev":null,"next":null},"data":[` + payment + `]}`
	answer := func(body string) *djamo.Client {
		return clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, body))
	}
	first := func(page *djamo.Page[djamo.Transaction], err error) (*djamo.Transaction, error) {
		if err != nil {
			return nil, err
		}
		return &page.Data[0], nil
	}
	event := `{"topic":"transactions/completed","data":` + payment + `}`
	return map[string]func() (*djamo.Transaction, error){
		"created": func() (*djamo.Transaction, error) {
			return answer(payment).Transactions.Create(t.Context(), clienttest.Payment)
		},
		"settled by a page": func() (*djamo.Transaction, error) {
			return clienttest.Mocked(t, lostThen(page)).Transactions.Create(t.Context(), clienttest.Payment)
		},
		"settled by an array": func() (*djamo.Transaction, error) {
			return clienttest.Mocked(t, lostThen("["+payment+"]")).Transactions.Create(t.Context(), clienttest.Payment)
		},
		"settled by an object": func() (*djamo.Transaction, error) {
			return clienttest.Mocked(t, lostThen(payment)).Transactions.Create(t.Context(), clienttest.Payment)
		},
		"in an envelope": func() (*djamo.Transaction, error) {
			return answer(`{"statusCode":200.0,"data":`+payment+`}`).Transactions.Get(t.Context(), "txn_1")
		},
		"by reference": func() (*djamo.Transaction, error) {
			return answer(page).Transactions.GetByReference(t.Context(), clienttest.Payment.Reference)
		},
		"listed": func() (*djamo.Transaction, error) {
			return first(answer(page).Transactions.ListPage(t.Context(), djamo.TransactionListParams{}))
		},
		"in a batch": func() (*djamo.Transaction, error) {
			batch, err := answer(`{"id":"bat_1","status":"processing","totalFee":"?","transactions":[`+payment+`]}`).
				Batches.Create(t.Context(), djamo.BatchParams{Transactions: []djamo.TransactionParams{clienttest.Payment}})
			if err != nil {
				return nil, err
			}
			return &batch.Transactions[0], nil
		},
		"delivered": func() (*djamo.Transaction, error) {
			parsed, err := djamo.ParseWebhook(clienttest.Post(event, djamo.SignWebhook([]byte(event), "s")), "s")
			if err != nil {
				return nil, err
			}
			return parsed.Transaction()
		},
		"handled": func() (got *djamo.Transaction, err error) {
			handler := &djamo.WebhookHandler{Secrets: []string{"s"}, OnTransactionCompleted: func(_ context.Context, tx *djamo.Transaction) error {
				got = tx
				return nil
			}}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, clienttest.Post(event, djamo.SignWebhook([]byte(event), "s")))
			if w.Code != http.StatusOK {
				return nil, fmt.Errorf("%d %s: %w", w.Code, w.Body, djamo.ErrUnexpectedAnswer)
			}
			return got, nil
		},
	}
}

// The same payment, written otherwise: every field is read, exactly.
func TestPolicy_D16_OtherFormsAreReadExactly(t *testing.T) {
	t.Parallel()
	for name, changed := range map[string]map[string]string{
		"as fractions":        {"amount": "50000.0", "fee": "500.00", "totalAmount": "50500.000"},
		"as exponents":        {"amount": "5e4", "fee": "5E+2", "totalAmount": "505e2"},
		"as both":             {"amount": "5.0e4", "fee": "5000e-1", "totalAmount": "5.05E4"},
		"space in place of T": {"createdAt": `"2023-11-24 17:43:15.970Z"`, "updatedAt": `"2023-11-24 17:43:15.97+00"`},
		"offsets":             {"createdAt": `"2023-11-24T17:43:15.970+00:00"`, "updatedAt": `"2023-11-24T17:43:15.970+0000"`},
		"leading fraction":    {"amount": "0.5e5", "fee": "0.005E+5", "totalAmount": "505000e-1"},
		"many zeros":          {"amount": "50000.000000000000000000000000", "fee": "500e0", "totalAmount": "5050000000000000000000e-17"},
		"zero exponents":      {"amount": "50000e+00", "fee": "5.00e2", "totalAmount": "50500E-0"},
		"lower case":          {"createdAt": `"2023-11-24t17:43:15.970z"`, "updatedAt": `"2023-11-24T17:43:15.9700000Z"`},
		"more digits":         {"createdAt": `"2023-11-24T17:43:15.970000000000Z"`, "updatedAt": `"2023-11-24T12:43:15.97-05:00"`},
		"escaped":             {"createdAt": `"2023-11-24T17:43:15.970\u002b00:00"`, "updatedAt": `"\u0032023-11-24T17:43:15.970Z"`},
		"half hours":          {"createdAt": `"2023-11-24T23:13:15.970+05:30"`, "updatedAt": `"2023-11-24T17:43:15.970-00:00"`},
		"commas, basic":       {"createdAt": `"20231124T174315,970Z"`, "updatedAt": `"2023-11-24T18:43:15,970 +01:00"`},
	} {
		for shape, get := range answersAs(t, paymentAs(changed)) {
			t.Run(name+"/"+shape, func(t *testing.T) {
				t.Parallel()
				tx, err := get()
				require.NoError(t, err)
				require.Equal(t, djamo.XOF(50_000), tx.Amount)
				require.Equal(t, djamo.XOF(500), tx.Fee)
				require.Equal(t, djamo.XOF(50_500), tx.TotalAmount)
				made := time.Date(2023, 11, 24, 17, 43, 15, 970e6, time.UTC)
				require.Equal(t, made, tx.CreatedAt.Time)
				require.Equal(t, made, tx.UpdatedAt.Time)
			})
		}
	}
}

// What cannot be read in a field that does not matter makes no payment unknown, and no delivery a 400.
func TestPolicy_D16_UnreadableSecondaryFieldsStayZero(t *testing.T) {
	t.Parallel()
	for name, changed := range map[string]map[string]string{
		"fee in fractions":   {"fee": "500.5", "totalAmount": "50500.5"},
		"fee as a text":      {"fee": `"500"`, "totalAmount": `"about 50500"`},
		"fee as an object":   {"fee": `{"amount":500}`},
		"fee beyond all":     {"fee": "1e30"},
		"time without zone":  {"createdAt": `"2023-11-24T17:43:15"`},
		"time as a number":   {"createdAt": "1700847795970", "updatedAt": "1700847795"},
		"week and ordinal":   {"createdAt": `"2023-W47-5T17:43:15Z"`, "updatedAt": `"2023-328T17:43:15Z"`},
		"other types":        {"type": "7", "description": `{"fr":"x"}`, "msisdn": "2250748710523", "updatedAt": "[]"},
		"zones by name":      {"createdAt": `"2023-11-24T17:43:15.970Z[UTC]"`, "updatedAt": `"2023-11-24T17:43:15 GMT"`},
		"day that is none":   {"createdAt": `"2023-02-30T17:43:15Z"`, "updatedAt": `"2023-11-24T25:00:00Z"`},
		"words for a time":   {"createdAt": `"Fri Nov 24 2023 17:43:15 GMT+0000"`, "updatedAt": `"hier"`},
		"dates of databases": {"createdAt": `{"$date":"2023-11-24T17:43:15.970Z"}`, "updatedAt": `"0000-00-00 00:00:00"`},
		"fees of all kinds":  {"fee": "-0.5", "totalAmount": `{"value":50500,"currency":"XOF"}`},
		"fee as a bool":      {"fee": "true", "totalAmount": "[50500]"},
		"payee as an object": {"msisdn": `{"country":"CI"}`, "type": "[]"},
	} {
		for shape, get := range answersAs(t, paymentAs(changed)) {
			t.Run(name+"/"+shape, func(t *testing.T) {
				t.Parallel()
				tx, err := get()
				require.NoError(t, err)
				require.Equal(t, "txn_1", tx.ID)
				require.Equal(t, djamo.XOF(50_000), tx.Amount)
				require.Equal(t, clienttest.Payment.Reference, tx.Reference)
				require.Equal(t, djamo.TransactionCompleted, tx.Status)
				if _, other := changed["fee"]; other {
					require.Zero(t, tx.Fee)
				}
				if _, other := changed["createdAt"]; other {
					require.True(t, tx.CreatedAt.IsZero())
				}
			})
		}
	}
}

// id, reference, amount and status are what a payment is known by: they are read, or there is no payment.
func TestPolicy_D16_TheFieldsThatMatterStayStrict(t *testing.T) {
	t.Parallel()
	for name, changed := range map[string]map[string]string{
		"half a franc":            {"amount": "50000.5"},
		"next to a franc":         {"amount": "50000.0000000000000000000001"},
		"a tenth too much":        {"amount": "500001e-1"},
		"amount as a list":        {"amount": "[50000]"},
		"amount with a comma":     {"amount": `"50 000,00"`},
		"reference as a list":     {"reference": `["` + clienttest.Payment.Reference + `"]`},
		"id as a list":            {"id": `["txn_1"]`},
		"status as an object":     {"status": `{"code":"completed"}`, "fee": `"?"`},
		"amount as a text":        {"amount": `"50000"`},
		"amount beyond all":       {"amount": "5e40"},
		"amount and a bad fee":    {"amount": `"50000"`, "fee": `"?"`},
		"id as a number":          {"id": "1", "fee": `"?"`},
		"reference as a number":   {"reference": "42", "fee": `"?"`},
		"status as a number":      {"status": "3", "fee": `"?"`},
		"reference as an object":  {"reference": "{}"},
		"amount in another field": {"amount": `{"value":50000}`},
	} {
		for shape, get := range answersAs(t, paymentAs(changed)) {
			t.Run(name+"/"+shape, func(t *testing.T) {
				t.Parallel()
				_, err := get()
				require.Error(t, err)
				require.NotErrorIs(t, err, djamo.ErrNotFound)
			})
		}
	}
}

// The caller notices: Response and the log name the fields, and none of what was in them.
func TestPolicy_D16_UnreadableFieldsAreNamed(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	page := `{"count":2,"limit":15,"cursor":{"prev":null,"next":null},"data":[` + paymentAs(nil) + `,` + paymentAs(map[string]string{"fee": `"secret"`, "updatedAt": "7"}) + `]}`
	client := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, page), djamo.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	var response djamo.Response
	_, err := client.Transactions.ListPage(t.Context(), djamo.TransactionListParams{}, djamo.WithResponse(&response))
	require.NoError(t, err)
	require.Equal(t, []string{"[1].fee", "[1].updatedAt"}, response.Unreadable)
	require.Contains(t, string(response.Body), "secret", "the body shows what came")
	require.Contains(t, log.String(), "level=WARN")
	require.Contains(t, log.String(), "[1].fee")
	require.NotContains(t, log.String(), "secret")
}

// Charges and balances: the same, and what was paid and refunded must be readable, since money is given back by it.
func TestPolicy_D16_ChargesAndBalances(t *testing.T) {
	t.Parallel()
	const charge = `{"id":"ch_1","externalId":"order-7","status":"paid","amount":1e4,"due":0.0,"paid":10000.00,"refunded":5e2,"fees":%s,"createdAt":%s}`
	for _, odd := range []string{`"?"`, `{}`, `7.5`, `[]`} {
		client := clienttest.Mocked(t, lostThen("["+fmt.Sprintf(charge, odd, odd)+"]"))
		got, err := client.Charges.Create(t.Context(), djamo.ChargeParams{Amount: 10_000, ExternalID: "order-7"})
		require.NoError(t, err, odd)
		require.Equal(t, djamo.XOF(10_000), got.Paid)
		require.Equal(t, djamo.XOF(500), got.Refunded)
		require.Zero(t, got.Fees)
	}
	unknown := strings.ReplaceAll(fmt.Sprintf(charge, "0", "null"), `"refunded":5e2`, `"refunded":"some"`)
	_, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, unknown)).Charges.Get(t.Context(), "ch_1")
	require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer)
	for body, want := range map[string]djamo.XOF{
		`{"balance":1e3}`: 1_000, `{"balance":1000.0,"currency":"XOF"}`: 1_000, `{"balance":0.0}`: 0, `{"balance":1000.5}`: -1, `{"balance":"1000"}`: -1,
	} {
		balance, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, body)).Balance.Get(t.Context())
		if want < 0 {
			require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer, body)
			continue
		}
		require.NoError(t, err, body)
		require.Equal(t, want, balance.Balance, body)
	}
}

// A byte order mark before JSON changes nothing: of answers, of refusals, and of deliveries once they are verified.
func TestPolicy_D16_ByteOrderMark(t *testing.T) {
	t.Parallel()
	const mark = "\ufeff"
	for name, client := range map[string]*djamo.Client{
		"answer":  clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, mark+paymentAs(nil))),
		"look-up": clienttest.Mocked(t, lostThen(mark+mark+`{"cursor":{"next":null},"data":[`+paymentAs(nil)+`]}`)),
	} {
		tx, err := client.Transactions.Create(t.Context(), clienttest.Payment)
		require.NoError(t, err, name)
		require.Equal(t, "txn_1", tx.ID)
	}
	refused := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusConflict, mark+`{"statusCode":409,"message":"used","correlationId":"c1"}`))
	err := clienttest.Create(t.Context(), refused)
	require.ErrorIs(t, err, djamo.ErrDuplicateReference)
	require.Equal(t, []string{"used"}, clienttest.AnswerOf(err).Messages)
	require.Equal(t, "c1", clienttest.AnswerOf(err).CorrelationID)

	body := mark + `{"topic":"transactions/completed","data":` + paymentAs(nil) + `}`
	event, err := djamo.ParseWebhook(clienttest.Post(body, djamo.SignWebhook([]byte(body), "s")), "s")
	require.NoError(t, err)
	tx, err := event.Transaction()
	require.NoError(t, err)
	require.Equal(t, "txn_1", tx.ID)
	_, err = djamo.ParseWebhook(clienttest.Post(body, djamo.SignWebhook([]byte(strings.TrimPrefix(body, mark)), "s")), "s")
	require.ErrorIs(t, err, djamo.ErrInvalidSignature, "the signature is over the bytes that came, mark and all")
}

// A count that cannot be read proves nothing about what is not there.
func TestPolicy_D16_UnreadableCountIsNoProof(t *testing.T) {
	t.Parallel()
	for count, absent := range map[string]bool{"0": true, "0.0": true, `"0"`: false, "1e0": false, "{}": false, "0.5": false} {
		body := `{"count":` + count + `,"limit":15,"cursor":{"prev":null,"next":null},"data":[]}`
		client := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, body))
		_, err := client.Transactions.GetByReference(t.Context(), "r-1")
		if absent {
			require.ErrorIs(t, err, djamo.ErrNotFound, count)
			continue
		}
		require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer, count)
	}
}
