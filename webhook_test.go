package djamo_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/stretchr/testify/require"
)

const delivery = `{"topic":"transactions/completed","data":{"id":"txn_1","amount":50000,"status":"completed","msisdn":"+22507XXXXXX00","reference":"r"}}`

func post(body, signature string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/webhooks/djamo", strings.NewReader(body))
	if signature != "" {
		r.Header.Set(djamo.SignatureHeader, signature)
	}
	return r
}

func TestParseWebhook(t *testing.T) {
	t.Parallel()
	event, err := djamo.ParseWebhook(post(delivery, djamo.SignWebhook([]byte(delivery), "new")), "old", "new")
	require.NoError(t, err)
	require.Equal(t, djamo.TopicTransactionCompleted, event.Topic)
	payment, err := event.Transaction()
	require.NoError(t, err)
	require.Equal(t, djamo.XOF(50_000), payment.Amount)
	require.Equal(t, djamo.TransactionCompleted, payment.Status)

	for spelling, want := range map[string]djamo.Topic{"transaction/started": djamo.TopicTransactionStarted, "charges/events": djamo.TopicCharge, "charge/events": djamo.TopicCharge} {
		body := fmt.Sprintf(`{"topic":%q,"data":{"id":"x"}}`, spelling)
		event, err := djamo.ParseWebhook(post(body, djamo.SignWebhook([]byte(body), "s")), "s")
		require.NoError(t, err)
		require.Equal(t, want, event.Topic)
	}
	_, err = djamo.ParseWebhook(post("not JSON", djamo.SignWebhook([]byte("not JSON"), "s")), "s")
	require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer)
	large := strings.Repeat(" ", 1<<20+1)
	_, err = djamo.ParseWebhook(post(large, djamo.SignWebhook([]byte(large), "s")), "s")
	require.ErrorIs(t, err, djamo.ErrWebhookTooLarge)
}

func TestVerifySignature_RefusesEverythingElse(t *testing.T) {
	t.Parallel()
	mac := hmac.New(sha256.New, []byte("s"))
	mac.Write([]byte(delivery))
	sum := mac.Sum(nil)
	right := base64.StdEncoding.EncodeToString(sum)
	require.NoError(t, djamo.VerifySignature([]byte(delivery), right, "s"))
	for name, header := range map[string]string{
		"missing": "", "hex": hex.EncodeToString(sum), "unpadded": strings.TrimRight(right, "="), "line break": right[:20] + "\n" + right[20:],
		"31 bytes": base64.StdEncoding.EncodeToString(sum[:31]), "33 bytes": base64.StdEncoding.EncodeToString(append(sum, 0)),
		"other secret": djamo.SignWebhook([]byte(delivery), "x"), "other body": djamo.SignWebhook([]byte(delivery+" "), "s"), "space": " " + right,
	} {
		require.ErrorIs(t, djamo.VerifySignature([]byte(delivery), header, "s"), djamo.ErrInvalidSignature, name)
	}
	r := post(delivery, right)
	r.Header.Add(djamo.SignatureHeader, right)
	_, err := djamo.ParseWebhook(r, "s")
	require.ErrorIs(t, err, djamo.ErrInvalidSignature, "two headers")
}

// 10: an empty webhook secret accepted as "verified".
func TestDefect10_EmptySecretIsAnError(t *testing.T) {
	t.Parallel()
	for _, secrets := range [][]string{nil, {}, {""}, {"s", ""}} {
		err := djamo.VerifySignature([]byte(delivery), djamo.SignWebhook([]byte(delivery), ""), secrets...)
		require.ErrorIs(t, err, djamo.ErrInvalidRequest)
		event, err := djamo.ParseWebhook(post(delivery, djamo.SignWebhook([]byte(delivery), "")), secrets...)
		require.Error(t, err)
		require.Nil(t, event)
	}
}

// 11: verification that returns (bool, error), where forgetting the bool accepts a forgery.
func TestDefect11_VerificationReturnsOneError(t *testing.T) {
	t.Parallel()
	var verify func([]byte, string, ...string) error = djamo.VerifySignature
	require.ErrorIs(t, verify([]byte(delivery), djamo.SignWebhook([]byte("forged"), "s"), "s"), djamo.ErrInvalidSignature)
}

// 12: an unknown event type as an error.
func TestDefect12_UnknownTopicIsDelivered(t *testing.T) {
	t.Parallel()
	body := `{"topic":"loans/granted","data":{"id":"loan_1"}}`
	event, err := djamo.ParseWebhook(post(body, djamo.SignWebhook([]byte(body), "s")), "s")
	require.NoError(t, err)
	require.Equal(t, djamo.Topic("loans/granted"), event.Topic)
	require.JSONEq(t, `{"id":"loan_1"}`, string(event.Data))
}

func FuzzVerifySignature(f *testing.F) {
	f.Add([]byte(delivery), "c2lnbmF0dXJl", "s")
	f.Add([]byte{}, djamo.SignWebhook(nil, "s"), "s")
	f.Fuzz(func(t *testing.T, body []byte, header, secret string) {
		err := djamo.VerifySignature(body, header, secret)
		if (err == nil) != (secret != "" && header == djamo.SignWebhook(body, secret)) {
			t.Fatalf("%q verified as %v", header, err)
		}
	})
}
