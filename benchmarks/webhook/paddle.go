package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"time"

	paddle "github.com/PaddleHQ/paddle-go-sdk/v4"
	"github.com/PaddleHQ/paddle-go-sdk/v4/pkg/paddlenotification"
)

// paddleSDK starts from the request, which is all its verifier takes, and parses as its documentation does.
func paddleSDK() (Receiver, error) {
	body := event(`{"event_id":"evt_1","event_type":"price.created","occurred_at":"2023-11-24T17:43:15.970Z","notification_id":"ntf_1",`+
		`"data":{"id":"pri_1","product_id":"pro_1","type":"standard",`+
		`"unit_price":{"amount":"50000","currency_code":"USD"},"status":"active","description":"`, `"}}`)
	r, rewind, err := request(body)
	if err != nil {
		return Receiver{}, err
	}
	sent := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(sent + ":"))
	mac.Write(body)
	r.Header.Set("Paddle-Signature", "ts="+sent+";h1="+hex.EncodeToString(mac.Sum(nil)))
	delivered, verifier := r.Body, paddle.NewWebhookVerifier(secret)
	return Receiver{"paddle-go-sdk", func() (string, error) {
		rewind()
		r.Body = delivered // the verifier puts a copy in its place
		ok, err := verifier.Verify(r)
		if err != nil {
			return "", err
		}
		if !ok {
			return "", errors.New("forged")
		}
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return "", err
		}
		var event paddlenotification.PriceCreated
		err = json.Unmarshal(raw, &event)
		return string(event.EventType), err
	}}, nil
}
