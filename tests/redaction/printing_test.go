package redaction_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/stretchr/testify/require"
)

const wholeNumber = "2250748710523"

// verbs are those that print any value.
var verbs = []string{"%v", "%+v", "%#v", "%30v", "%-5v", "%T %[1]v"}

// Nothing of a client that can be printed holds the token: not the client, not its copies, services or methods, in any
// encoding, alone or inside something else.
func TestPrinting_ClientsNeverShowTheToken(t *testing.T) {
	t.Parallel()
	const token = "at_s3cr3t_t0k3n"
	var out bytes.Buffer
	logger := slog.New(slog.NewMultiHandler(
		slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}), slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	client, err := djamo.NewClient(token, djamo.WithEnvironment(djamo.StagingCIV), djamo.WithLogger(logger), djamo.WithCompanyID("company-1"))
	require.NoError(t, err)
	clone, err := client.Clone(djamo.WithTimeout(1))
	require.NoError(t, err)
	for _, value := range []any{
		client, *client, &client, clone, *clone, client.Transactions, &client.Transactions, client.Batches, client.Customers, client.Balance, client.SubCompanies,
		client.Charges, client.WebhookEndpoints, []*djamo.Client{client}, []djamo.Client{*client}, map[string]*djamo.Client{"a": client},
		struct{ C *djamo.Client }{client}, struct{ C djamo.Client }{*client}, struct{ c djamo.Client }{*client}, djamo.WithTimeout(1), client.Balance.Get,
	} {
		for _, verb := range verbs {
			fmt.Fprintf(&out, verb+"\n", value)
		}
		fmt.Fprintln(&out, value)
		logger.Info("value", "value", value, slog.Group("g", "value", value))
		logger.With("value", value).InfoContext(context.Background(), "with")
		if encoded, err := json.Marshal(value); err == nil { // functions have no JSON
			out.Write(encoded)
		}
	}
	_, err = client.Clone(djamo.WithEnvironment("moon"))
	fmt.Fprintf(&out, "%v %+v %#v", err, err, err)
	require.Contains(t, out.String(), "djamo.Client(https://apibusiness-staging-civ.djamo.io)")
	require.NotContains(t, out.String(), token)
	for _, form := range []string{"%x", "%X", "%q"} {
		require.NotContains(t, out.String(), strings.Trim(fmt.Sprintf(form, token), `"`))
	}
	require.NotContains(t, out.String(), fmt.Sprint([]byte(token)))
}

func TestPrinting_ZeroClients(t *testing.T) {
	t.Parallel()
	for _, client := range []*djamo.Client{nil, {}} {
		require.Equal(t, "djamo.Client(not built)", fmt.Sprint(client))
		require.Equal(t, "djamo.Client(not built)", fmt.Sprintf("%#v", client))
	}
}

// withNumber are the values of this package that hold a phone number.
func withNumber() []any {
	tx := djamo.Transaction{ID: "txn_1", MSISDN: "+" + wholeNumber, Reference: "r", Amount: 5_000}
	params := djamo.TransactionParams{MSISDN: "+" + wholeNumber, Amount: 5_000, Reference: "r"}
	return []any{
		djamo.MSISDN("+" + wholeNumber), tx, &tx, []djamo.Transaction{tx}, []*djamo.Transaction{&tx}, params, &params,
		djamo.Batch{Transactions: []djamo.Transaction{tx}}, &djamo.Batch{Transactions: []djamo.Transaction{tx}},
		djamo.BatchParams{Transactions: []djamo.TransactionParams{params}}, djamo.CustomerCheckParams{MSISDN: "+" + wholeNumber},
		djamo.Page[djamo.Transaction]{Data: []djamo.Transaction{tx}}, &djamo.Page[djamo.Transaction]{Data: []djamo.Transaction{tx}},
		map[string]djamo.Transaction{"a": tx}, struct{ T djamo.Transaction }{tx},
	}
}

// fmt and the text handler mask the number in all of them.
func TestPrinting_ValuesMaskTheirNumber(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, nil))
	for _, value := range withNumber() {
		for _, verb := range verbs {
			fmt.Fprintf(&out, verb+"\n", value)
		}
		logger.Info("value", "value", value)
	}
	require.Contains(t, out.String(), "+22507******23")
	require.NotContains(t, out.String(), wholeNumber)
	require.NotContains(t, out.String(), fmt.Sprintf("%x", wholeNumber))
}

// Stores and wires get the whole number: a payment that was saved as JSON and read again is the same payment.
func TestPrinting_JSONKeepsTheNumber(t *testing.T) {
	t.Parallel()
	tx := djamo.Transaction{ID: "txn_1", MSISDN: "+" + wholeNumber, Reference: "r", Amount: 5_000, Status: "on_hold", Type: "other"}
	raw, err := json.Marshal(tx)
	require.NoError(t, err)
	var read djamo.Transaction
	require.NoError(t, json.Unmarshal(raw, &read))
	require.Equal(t, tx, read)
}

// Matches tells a payment sent earlier from a reference that was used for another one.
func TestTransactionParams_Matches(t *testing.T) {
	t.Parallel()
	sent := func(change func(*djamo.Transaction)) *djamo.Transaction {
		tx := djamo.Transaction{Reference: clienttest.Payment.Reference, Amount: clienttest.Payment.Amount, MSISDN: clienttest.Payment.MSISDN}
		change(&tx)
		return &tx
	}
	for name, row := range map[string]struct {
		tx   *djamo.Transaction
		want bool
	}{
		"none":              {nil, false},
		"nothing":           {&djamo.Transaction{}, false},
		"the same":          {sent(func(*djamo.Transaction) {}), true},
		"failed since":      {sent(func(tx *djamo.Transaction) { tx.Status, tx.Fee = djamo.TransactionFailed, 50 }), true},
		"masked":            {sent(func(tx *djamo.Transaction) { tx.MSISDN = "+22507XXXXXX23" }), true},
		"without a number":  {sent(func(tx *djamo.Transaction) { tx.MSISDN = "" }), true},
		"other reference":   {sent(func(tx *djamo.Transaction) { tx.Reference += " " }), false},
		"other amount":      {sent(func(tx *djamo.Transaction) { tx.Amount-- }), false},
		"without an amount": {sent(func(tx *djamo.Transaction) { tx.Amount = 0 }), false},
		"other payee":       {sent(func(tx *djamo.Transaction) { tx.MSISDN = "+2250748710524" }), false},
		"other masked end":  {sent(func(tx *djamo.Transaction) { tx.MSISDN = "+22507XXXXXX24" }), false},
		"in another format": {sent(func(tx *djamo.Transaction) { tx.MSISDN = "2250748710523" }), true},
	} {
		require.Equal(t, row.want, clienttest.Payment.Matches(row.tx), name)
	}
}

// A verb that does not fit makes fmt follow a pointer that it would print as an address otherwise.
func TestPrinting_WrongVerbsNeverShowTheToken(t *testing.T) {
	t.Parallel()
	const token = "at_s3cr3t_t0k3n"
	client, err := djamo.NewClient(token, djamo.WithEnvironment(djamo.StagingCIV), djamo.WithCompanyID("company-1"))
	require.NoError(t, err)
	for _, value := range []any{
		client, *client, &client, client.Transactions, &client.Transactions, client.Balance, []*djamo.Client{client}, []djamo.Client{*client}, map[string]*djamo.Client{"a": client},
		map[string]djamo.Client{"a": *client}, struct{ C *djamo.Client }{client}, struct{ C djamo.Client }{*client}, struct{ c djamo.Client }{*client}, struct{ c *djamo.Client }{client},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%c", "%e", "%p", "%z", "%!", "%.4s", "%*d"} {
			text := fmt.Sprintf(verb, value)
			require.NotContains(t, text, token, "%T by %s", value, verb)
			require.NotContains(t, text, fmt.Sprintf("%x", token), "%T by %s", value, verb)
		}
	}
}

// Neither a handler's secrets nor the phone number in an event are printed or logged, whatever the verb.
func TestPrinting_WebhooksShowNoSecretsAndNoNumbers(t *testing.T) {
	t.Parallel()
	handler := &djamo.WebhookHandler{Secrets: []string{"the-webhook-secret", "next-webhook-secret"}}
	event, err := djamo.ParseWebhook(clienttest.Signed(`{"topic":"transactions/started","data":{"id":"txn_1","status":"pending","msisdn":"+`+wholeNumber+`"}}`), "s")
	require.NoError(t, err)
	numbered := djamo.Event{Topic: "about/+" + wholeNumber, Data: json.RawMessage(`{"id":"+` + wholeNumber + `"}`)}
	var out bytes.Buffer
	logger := slog.New(slog.NewMultiHandler(slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)))
	for _, value := range []any{handler, (*djamo.WebhookHandler)(nil), event, *event, numbered, []djamo.Event{*event}, struct{ E djamo.Event }{*event}} {
		for _, verb := range append([]string{"%s", "%q", "%x", "%d"}, verbs...) {
			fmt.Fprintf(&out, verb+"\n", value)
		}
	}
	for _, value := range []any{handler, event, *event, numbered} {
		logger.Info("value", "value", value)
	}
	require.Contains(t, out.String(), "djamo.WebhookHandler(2 secrets)")
	require.Contains(t, out.String(), "djamo.WebhookHandler(nil)")
	require.Contains(t, out.String(), "djamo.Event(transactions/started txn_1 pending)")
	require.Contains(t, out.String(), "value.topic=transactions/started value.id=txn_1 value.status=pending")
	for _, secret := range []string{"webhook-secret", wholeNumber, wholeNumber[3:], fmt.Sprintf("%x", "webhook-secret"), fmt.Sprintf("%x", wholeNumber), fmt.Sprint([]byte(wholeNumber))} {
		require.NotContains(t, out.String(), secret)
	}
}
