package mycac_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/openfinance/mycac"
)

func cacpaySignature(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "hmac-sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func deliver(handler http.Handler, body, signature string) int {
	r := httptest.NewRequest(http.MethodPost, "/hooks/cacpay", strings.NewReader(body))
	r.Header.Set("X-Signature", signature)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Code
}

func sample(t testing.TB) string {
	t.Helper()
	body, err := os.ReadFile("testdata/cacpay_scan_event.json")
	require.NoError(t, err)
	return string(body)
}

// receive is a handler on the day of the sample, and what it was handed.
func receive(t testing.TB) (*mycac.CACPAYHandler, *[]mycac.CACPAYEvent) {
	t.Helper()
	var handled []mycac.CACPAYEvent
	return &mycac.CACPAYHandler{
		Secrets: []string{"new", "old"}, Deduper: &djamo.MemoryDeduper{},
		Handle: func(_ context.Context, e mycac.CACPAYEvent) error {
			handled = append(handled, e)
			return nil
		},
		Now: func() time.Time { return time.Date(2026, 5, 9, 9, 0, 0, 0, time.UTC) },
	}, &handled
}

func TestCACPAY_TheSample(t *testing.T) {
	t.Parallel()
	event, err := mycac.CACPAYDecoder{}.Decode([]byte(sample(t)))
	require.NoError(t, err)
	require.Equal(t, mycac.CACPAYEvent{
		Kind: mycac.CACPAYScan, Name: "cacpay.scan.confirmed", MerchantID: "MERCH-00481", TxID: "CP-2026-...-Z7", Amount: djf(1200),
		At: time.Date(2026, 5, 9, 8, 14, 22, 0, time.UTC), Raw: []byte(sample(t)),
	}, event)
	require.Equal(t, "2026-05-09", event.Day(nil).String())
}

func TestCACPAYHandler_Signatures(t *testing.T) {
	t.Parallel()
	body := sample(t)
	good := cacpaySignature("new", body)
	for name, row := range map[string]struct {
		signature string
		want      int
	}{
		"good": {good, 204}, "the old secret": {cacpaySignature("old", body), 204}, "upper case": {"hmac-sha256=" + strings.ToUpper(good[12:]), 204},
		"spaces around": {"  " + good + " ", 204}, "another secret": {cacpaySignature("other", body), 401}, "none": {"", 401},
		"no prefix": {good[12:], 401}, "another prefix": {"sha256=" + good[12:], 401}, "cut off": {good[:70], 401},
		"of other bytes": {cacpaySignature("new", body+" "), 401},
	} {
		handler, handled := receive(t)
		require.Equal(t, row.want, deliver(handler, body, row.signature), name)
		require.Len(t, *handled, map[int]int{204: 1, 401: 0}[row.want], name)
	}
}

func TestCACPAYHandler_NeedsWhatKeepsMoneySafe(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*mycac.CACPAYHandler){
		"no secret":    func(h *mycac.CACPAYHandler) { h.Secrets = nil },
		"an empty one": func(h *mycac.CACPAYHandler) { h.Secrets = []string{"new", ""} },
		"no callback":  func(h *mycac.CACPAYHandler) { h.Handle = nil },
		"no deduper":   func(h *mycac.CACPAYHandler) { h.Deduper = nil },
	} {
		handler, handled := receive(t)
		change(handler)
		require.GreaterOrEqual(t, deliver(handler, sample(t), cacpaySignature("new", sample(t))), 400, name)
		require.Empty(t, *handled, name)
	}
}

func TestCACPAYHandler_CopiesAreHandledOnce(t *testing.T) {
	t.Parallel()
	handler, handled := receive(t)
	post := func(body string) int { return deliver(handler, body, cacpaySignature("new", body)) }
	require.Equal(t, 204, post(sample(t)))
	require.Equal(t, 204, post(sample(t)))
	require.Equal(t, 204, post(strings.Replace(sample(t), `"currency"`, `"attempt": 2, "currency"`, 1)), "a field that is not known changes nothing")
	require.Equal(t, 204, post(strings.Replace(sample(t), "1200.00", "1.2e3", 1)), "nor does the way an amount is written")
	require.Len(t, *handled, 1)
	require.Equal(t, 204, post(strings.Replace(sample(t), "1200.00", "1300.00", 1)))
	require.Len(t, *handled, 2, "a copy that says something else is not dropped as a repeat")
	require.Equal(t, (*handled)[0].ID(), (*handled)[1].ID())
	require.Equal(t, 204, post(strings.Replace(sample(t), "cacpay.scan.confirmed", "cacpay.scan.refunded", 1)))
	require.Len(t, *handled, 3, "a refund under the same tx_id is another event")
	require.NotEqual(t, (*handled)[0].ID(), (*handled)[2].ID())
}

func TestCACPAYHandler_WhatFailsComesAgain(t *testing.T) {
	t.Parallel()
	handler, handled := receive(t)
	handle := handler.Handle
	fails := true
	handler.Handle = func(ctx context.Context, e mycac.CACPAYEvent) error {
		if fails {
			return errors.New("the store is down")
		}
		return handle(ctx, e)
	}
	require.Equal(t, 500, deliver(handler, sample(t), cacpaySignature("new", sample(t))))
	fails = false
	require.Equal(t, 204, deliver(handler, sample(t), cacpaySignature("new", sample(t))))
	require.Len(t, *handled, 1)
}

// badBodies are signed bodies that cannot be used, and what their errors name.
var badBodies = map[string]string{
	`{`:             "no JSON object",
	`[]`:            "no JSON object",
	`null`:          "no JSON object",
	`{"tx_id":"a"}`: "event is missing",
	`{"event":7}`:   "event must be a text",
	`{"event":"cacpay.scan.confirmed","tx_id":"a"}`:                                                                        "merchant_id",
	`{"event":"cacpay.scan.confirmed","merchant_id":"m","amount":1,"currency":"DJF","scanned_at":"2026-05-09T08:14:22Z"}`:  "tx_id",
	`{"event":"cacpay.scan.confirmed","tx_id":"a","merchant_id":"m","currency":"DJF","scanned_at":"2026-05-09T08:14:22Z"}`: "amount is missing",
	`{"event":"cacpay.scan.confirmed","tx_id":"a","merchant_id":"m","amount":0.50,"currency":"DJF"}`:                       "amount",
	`{"event":"cacpay.scan.confirmed","tx_id":"a","merchant_id":"m","amount":-1,"currency":"DJF"}`:                         "above zero",
	`{"event":"cacpay.scan.confirmed","tx_id":"a","merchant_id":"m","amount":0,"currency":"DJF"}`:                          "above zero",
	`{"event":"cacpay.scan.confirmed","tx_id":"a","merchant_id":"m","amount":1,"currency":"GBP"}`:                          "currency",
	`{"event":"cacpay.scan.confirmed","tx_id":"a","merchant_id":"m","amount":1,"currency":"USD","scanned_at":"yesterday"}`: "scanned_at",
	`{"event":"cacpay.scan.confirmed","tx_id":"a","merchant_id":"m","amount":1,"currency":"USD"}`:                          "scanned_at",
	`{"event":"cacpay.scan.confirmed","tx_id":" a","merchant_id":"m"}`:                                                     "tx_id",
}

func TestCACPAYHandler_Quarantine(t *testing.T) {
	t.Parallel()
	for body, want := range badBodies {
		handler, handled := receive(t)
		var log bytes.Buffer
		handler.Logger = slog.New(slog.NewTextHandler(&log, nil))
		require.Equal(t, 400, deliver(handler, body, cacpaySignature("new", body)), body)
		require.Contains(t, log.String(), want)
		_, err := mycac.CACPAYDecoder{}.Decode([]byte(body))
		require.ErrorIs(t, err, mycac.ErrCACPAYBody)
		require.ErrorContains(t, err, want)

		var kept []string
		fails := true
		handler.Quarantine = func(_ context.Context, body []byte, reason error) error {
			if fails {
				return errors.New("the store is down")
			}
			require.ErrorContains(t, reason, want)
			kept = append(kept, string(body))
			return nil
		}
		require.Equal(t, 500, deliver(handler, body, cacpaySignature("new", body)), "what was not kept comes again")
		fails = false
		require.Equal(t, 204, deliver(handler, body, cacpaySignature("new", body)))
		require.Equal(t, 204, deliver(handler, body, cacpaySignature("new", body)))
		require.Equal(t, []string{body}, kept)
		require.Empty(t, *handled)
	}
}

// The signature has no time: what a Deduper has forgotten must not be taken for new.
func TestCACPAYHandler_OldOnes(t *testing.T) {
	t.Parallel()
	happened := time.Date(2026, 5, 9, 8, 14, 22, 0, time.UTC)
	for name, row := range map[string]struct {
		now  time.Time
		want int
	}{
		"now": {happened, 204}, "29 days on": {happened.Add(29 * 24 * time.Hour), 204}, "30 days on": {happened.Add(30 * 24 * time.Hour), 400},
		"a year on": {happened.AddDate(1, 0, 0), 400}, "a clock that is behind": {happened.Add(-50 * time.Minute), 204},
		"from the future": {happened.Add(-2 * time.Hour), 400},
	} {
		handler, handled := receive(t)
		handler.Now = func() time.Time { return row.now }
		require.Equal(t, row.want, deliver(handler, sample(t), cacpaySignature("new", sample(t))), name)
		require.Equal(t, row.want == 204, len(*handled) == 1, name)
	}
}

func TestCACPAYHandler_Bounds(t *testing.T) {
	t.Parallel()
	handler, handled := receive(t)
	handler.MaxBytes = 1000
	long := strings.Replace(sample(t), `"currency"`, `"note": "`+strings.Repeat("x", 1000)+`", "currency"`, 1)
	require.Equal(t, 413, deliver(handler, long, cacpaySignature("new", long)))
	require.Empty(t, *handled)
}

func TestCACPAYDecoder_KeepsWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	body := `{"event":"cacpay.terminal.opened","terminal":{"id":7},"amount":"many"}`
	event, err := mycac.CACPAYDecoder{}.Decode([]byte(body))
	require.NoError(t, err)
	require.Equal(t, mycac.CACPAYOther, event.Kind)
	require.JSONEq(t, body, string(event.Raw))
	again, err := mycac.CACPAYDecoder{}.Decode([]byte(strings.Replace(body, "7", "8", 1)))
	require.NoError(t, err)
	require.NotEqual(t, event.ID(), again.ID(), "without a tx_id the content is what tells two events apart")

	named, err := mycac.CACPAYDecoder{Scans: []string{"paiement"}}.Decode([]byte(strings.Replace(sample(t), "cacpay.scan.confirmed", "paiement", 1)))
	require.NoError(t, err)
	require.Equal(t, mycac.CACPAYScan, named.Kind)
	refund, err := mycac.CACPAYDecoder{}.Decode([]byte(`{"event":"cacpay.refund.confirmed","tx_id":"r","refund_id":"r1","original_tx_id":"a",` +
		`"merchant_id":"m","store_id":"s","amount":"12.50","currency":"USD","refunded_at":"2026-05-09T23:30:00+03:00","scanned_at":"2026-05-01T00:00:00Z"}`))
	require.NoError(t, err)
	require.Equal(t, []string{"r1", "a", "s"}, []string{refund.RefundID, refund.OriginalID, refund.StoreID})
	require.Equal(t, usd(1250), refund.Amount)
	require.Equal(t, "2026-05-09", refund.Day(nil).String())
	_, err = mycac.CACPAYDecoder{}.Decode([]byte(`{"event":"cacpay.scan.confirmed","tx_id":"a","merchant_id":"m","Amount":1,"currency":"USD"}`))
	require.ErrorContains(t, err, "amount is missing", "a field of another case is another field")
}

func FuzzCACPAYDecode(f *testing.F) {
	f.Add([]byte(sample(f)))
	for body := range badBodies {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		event, err := mycac.CACPAYDecoder{}.Decode(body)
		if err != nil {
			require.ErrorIs(t, err, mycac.ErrCACPAYBody)
			return
		}
		require.NotEmpty(t, event.Name)
		again, err := mycac.CACPAYDecoder{}.Decode(event.Raw)
		require.NoError(t, err)
		require.Equal(t, event.Key(), again.Key())
		if event.Kind != mycac.CACPAYOther {
			require.Positive(t, event.Amount.Minor)
			require.False(t, event.At.IsZero())
		}
	})
}
