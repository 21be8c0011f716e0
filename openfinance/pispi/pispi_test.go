package pispi_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/pispi"
)

func sum(secret, text string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func gatewaySignature(secret, body string, at time.Time) string {
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(sum(secret, fmt.Sprintf("%d.%s", at.Unix(), body))))
}

func post(handler http.Handler, body, signature string) int {
	r := httptest.NewRequest(http.MethodPost, "/djamo/pi-spi", strings.NewReader(body))
	r.Header.Set("X-Signature", signature)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Code
}

const batch = `{"data":[{"evCode":"PAYMENT_RECEIVED","evDate":"2026-05-28","end2endId":"E2E1","montant":1500,"alias":"x"},
	{"evCode":"PAYMENT_RETURNED","evDate":"2026-06-28","end2endId":"E2E1","montant":"1500"}],"meta":{"total":2}}`

func TestHandler_Signatures(t *testing.T) {
	t.Parallel()
	sample, err := os.ReadFile("testdata/pispi_settlement_event.json")
	require.NoError(t, err)
	body, now := string(sample), time.Now()
	good := gatewaySignature("new", body, now)
	stamp, v1, _ := strings.Cut(good, ",")
	for name, test := range map[string]struct {
		signature string
		want      int
	}{
		"gateway": {good, 204}, "old secret": {gatewaySignature("old", body, now), 204},
		"two v1":  {stamp + ",v1=" + strings.Repeat("0", 64) + "," + v1, 204},
		"too old": {gatewaySignature("new", body, now.Add(-6*time.Minute)), 401}, "future": {gatewaySignature("new", body, now.Add(6*time.Minute)), 401},
		"other secret": {gatewaySignature("other", body, now), 401}, "none": {"", 401}, "nonsense": {"v1=,t=", 401},
		"BCEAO hex": {hex.EncodeToString(sum("new", body)), 204}, "BCEAO base64": {base64.StdEncoding.EncodeToString(sum("old", body)), 204},
		"BCEAO wrong": {hex.EncodeToString(sum("other", body)), 401},
	} {
		handler := &pispi.Handler{Secrets: []string{"new", "old"}, Handle: func(context.Context, pispi.Event) error { return nil }}
		require.Equal(t, test.want, post(handler, body, test.signature), name)
	}
}

func TestHandler_ABatchIsClaimedForEachEvent(t *testing.T) {
	t.Parallel()
	var handled []string
	fail := true
	handler := &pispi.Handler{Secrets: []string{"s"}, Handle: func(_ context.Context, e pispi.Event) error {
		if e.EvCode == "PAYMENT_RETURNED" && fail {
			return errors.New("not now")
		}
		handled = append(handled, e.EvCode)
		return nil
	}}
	body := strings.Replace(batch, `"1500"`, "1500", 1)
	signature := hex.EncodeToString(sum("s", body))
	require.Equal(t, 500, post(handler, body, signature))
	fail = false
	require.Equal(t, 204, post(handler, body, signature))
	require.Equal(t, 204, post(handler, body, signature))
	require.Equal(t, []string{"PAYMENT_RECEIVED", "PAYMENT_RETURNED"}, handled, "a return is another event with the same end2endId")
}

func TestHandler_AnswersInTimeHoweverSlowTheStoreIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler := &pispi.Handler{Secrets: []string{"s"}, Handle: func(ctx context.Context, _ pispi.Event) error {
			<-ctx.Done()
			return ctx.Err()
		}}
		body := `{"event":"settlement.completed","tx_id":"t","wallet_id":"w"}`
		began := time.Now()
		require.GreaterOrEqual(t, post(handler, body, gatewaySignature("s", body, began)), 500)
		require.Less(t, time.Since(began), 5*time.Second)
	})
}

func TestDecode(t *testing.T) {
	t.Parallel()
	events, err := pispi.Decode([]byte(strings.Replace(batch, `"1500"`, "1500", 1)))
	require.NoError(t, err)
	require.Equal(t, int64(1500), events[0].Amount, "whole francs, never hundredths")
	require.NotEqual(t, events[0].Key(), events[1].Key())
	completed := pispi.Event{Event: "settlement.completed", TxID: "t"}
	returned := pispi.Event{Event: "settlement.returned", TxID: "t"}
	require.NotEqual(t, completed.Key(), returned.Key())
	for _, body := range []string{``, `[]`, `{}`, `{"event":"x"}`, `{"data":[{}]}`, `{"data":[5]}`, batch, `{"event":5,"tx_id":"t"}`,
		`{"data":[{"evCode":"A","end2endId":"E","montant":10.5}]}`} {
		_, err := pispi.Decode([]byte(body))
		require.ErrorIs(t, err, pispi.ErrBody, body)
	}
	events, err = pispi.Decode([]byte(`{"data":[],"meta":{"total":0}}`))
	require.NoError(t, err)
	require.Empty(t, events)
}

// Each of these pushes is another event than the others.
func TestEvent_Key(t *testing.T) {
	t.Parallel()
	keys := map[string]string{}
	for _, body := range []string{
		`{"event":"settlement.completed","tx_id":"t","wallet_id":"w"}`,
		`{"event":"settlement.completed","tx_id":"t","wallet_id":"v"}`,
		`{"event":"settlement.completed","tx_id":"u","wallet_id":"w"}`,
		`{"event":"settlement.completed","tx_id":"t2","wallet_id":"w","end2endId":"E"}`,
		`{"event":"settlement.returned","tx_id":"t2","wallet_id":"w","end2endId":"E"}`,
		`{"evCode":"RECEIVED","evDate":"2026-05-28","end2endId":"E","txId":"t"}`,
		`{"evCode":"RETURNED","evDate":"2026-05-28","end2endId":"E","txId":"t"}`,
		`{"evCode":"RECEIVED","evDate":"2026-05-28","end2endId":"E","txId":"t","wallet_id":"w"}`,
		`{"evCode":"RECEIVED","evDate":"2026-05-28","end2endId":"E","txId":"t","wallet_id":"v"}`,
		`{"event":"push","evCode":"RECEIVED","evDate":"2026-05-28","end2endId":"F","txId":"t"}`,
		`{"event":"push","evCode":"RETURNED","evDate":"2026-05-28","end2endId":"F","txId":"t"}`,
		`{"event":"push","evCode":"RECEIVED","evDate":"2026-05-28","end2endId":"G"}`,
		`{"event":"push","evCode":"RECEIVED","evDate":"2026-05-28","end2endId":"H"}`,
	} {
		events, err := pispi.Decode([]byte(body))
		require.NoError(t, err)
		require.Empty(t, keys[events[0].Key()], body)
		keys[events[0].Key()] = body
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(batch))
	f.Add([]byte(`{"event":"settlement.completed","tx_id":"t"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := pispi.Decode(body)
		if err != nil {
			require.ErrorIs(t, err, pispi.ErrBody)
			return
		}
		for _, event := range events {
			require.NotEmpty(t, event.Key())
		}
	})
}

func TestHandler_WithoutASecretAcceptsNothing(t *testing.T) {
	t.Parallel()
	require.Equal(t, 500, post(&pispi.Handler{Handle: func(context.Context, pispi.Event) error { return nil }}, "{}", ""))
}
