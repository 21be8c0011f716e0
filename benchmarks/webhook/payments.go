package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/djamo/djamo-go"
)

// Payments returns the way from a request to the payment it is about, by hand and with this SDK. Both read the body.
func Payments() ([]Receiver, error) {
	hand, err := paymentByHand()
	if err != nil {
		return nil, err
	}
	ours, err := paymentDjamo()
	return []Receiver{hand, ours}, err
}

func signedRequest() (r *http.Request, rewind func(), err error) {
	body := djamoEvent()
	if r, rewind, err = request(body); err == nil {
		r.Header.Set(djamo.SignatureHeader, djamo.SignWebhook(body, secret))
	}
	return r, rewind, err
}

func paymentDjamo() (Receiver, error) {
	r, rewind, err := signedRequest()
	return Receiver{"djamo", func() (string, error) {
		rewind()
		event, err := djamo.ParseWebhook(r, secret)
		if err != nil {
			return "", err
		}
		payment, err := event.Transaction()
		if err != nil {
			return "", err
		}
		return payment.ID, nil
	}}, err
}

// payment is what a backend engineer writes down of one.
type payment struct {
	ID            string    `json:"id"`
	Amount        int64     `json:"amount"`
	Fee           int64     `json:"fee"`
	TotalAmount   int64     `json:"totalAmount"`
	MSISDN        string    `json:"msisdn"`
	Status        string    `json:"status"`
	Reference     string    `json:"reference"`
	Type          string    `json:"type"`
	Description   string    `json:"description"`
	FailureReason string    `json:"failureReason"`
	CreatedAt     time.Time `json:"createdAt"`
	UpdatedAt     time.Time `json:"updatedAt"`
}

func paymentByHand() (Receiver, error) {
	const maxBytes = 1 << 20
	key := []byte(secret)
	r, rewind, err := signedRequest()
	return Receiver{"by hand", func() (string, error) {
		rewind()
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBytes))
		if err != nil {
			return "", err
		}
		signature, err := base64.StdEncoding.DecodeString(r.Header.Get(djamo.SignatureHeader))
		mac := hmac.New(sha256.New, key)
		mac.Write(body)
		if err != nil || !hmac.Equal(signature, mac.Sum(nil)) {
			return "", errors.New("forged")
		}
		var event struct {
			Topic string          `json:"topic"`
			Data  json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal(body, &event); err != nil {
			return "", err
		}
		var paid payment
		err = json.Unmarshal(event.Data, &paid)
		return paid.ID, err
	}}, err
}
