// Package webhook verifies and parses one delivery of 600 bytes with this SDK, by hand, and with the Go SDKs of others,
// each in the scheme of its own: all of them are an HMAC-SHA256 and a JSON object with a type and data.
package webhook

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/google/go-github/v88/github"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stripe/stripe-go/v85"
	stripewebhook "github.com/stripe/stripe-go/v85/webhook"
	svix "github.com/svix/svix-webhooks/go"
)

// Size is the length of every delivery, in bytes.
const Size = 600

const secret = "a secret for benchmarks, of 24 bytes and more"

// Receiver verifies and parses its delivery, and returns what it took it for.
type Receiver struct {
	Name    string
	Receive func() (kind string, err error)
}

// envelope is what the ones that only verify are followed by.
type envelope struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

// event is of type "paid" with so much text in it that it has the right length.
func event(before, after string) []byte {
	filler := Size - len(before) - len(after)
	return []byte(before + strings.Repeat("x", filler) + after)
}

// request is one that can be read again and again.
func request(body []byte) (r *http.Request, rewind func(), err error) {
	r, err = http.NewRequest(http.MethodPost, "http://127.0.0.1/webhooks", nil) //nolint:noctx // it is not sent
	if err != nil {
		return nil, nil, err
	}
	reader := bytes.NewReader(body)
	r.Body, r.ContentLength = io.NopCloser(reader), int64(len(body))
	r.Header.Set("Content-Type", "application/json")
	return r, func() { reader.Reset(body) }, nil
}

// Receivers returns all of them: the loop by hand first, and then this SDK.
func Receivers() ([]Receiver, error) {
	var all []Receiver
	for _, build := range []func() (Receiver, error){byHand, djamoSDK, stripeSDK, svixSDK, standardSDK, githubSDK, paddleSDK, openaiSDK} {
		receiver, err := build()
		if err != nil {
			return nil, err
		}
		all = append(all, receiver)
	}
	return all, nil
}

// djamoSDK starts from the request and reads it, which is work that only go-github and paddle-go-sdk do too.
func djamoSDK() (Receiver, error) {
	body := djamoEvent()
	r, rewind, err := request(body)
	if err != nil {
		return Receiver{}, err
	}
	r.Header.Set(djamo.SignatureHeader, djamo.SignWebhook(body, secret))
	return Receiver{"djamo", func() (string, error) {
		rewind()
		event, err := djamo.ParseWebhook(r, secret)
		if err != nil {
			return "", err
		}
		return string(event.Topic), nil
	}}, nil
}

func djamoEvent() []byte {
	return event(`{"topic":"transactions/completed","data":{"id":"txn_01HJ3K8Z6V9Q2W4E5R6T7Y8U9I","createdAt":"2023-11-24T17:43:15.970Z",`+
		`"updatedAt":"2023-11-24T17:44:02.113Z","amount":50000,"fee":500,"totalAmount":50500,"msisdn":"+22507XXXXXX00","status":"completed",`+
		`"reference":"payroll-2026-06/0042","type":"transfer","description":"`, `","failureReason":null}}`)
}

// byHand is the least there is to do, with the body in hand.
func byHand() (Receiver, error) {
	body, key := djamoEvent(), []byte(secret)
	header := djamo.SignWebhook(body, secret)
	return Receiver{"by hand", func() (string, error) {
		mac := hmac.New(sha256.New, key)
		mac.Write(body)
		signature, err := base64.StdEncoding.DecodeString(header)
		if err != nil || !hmac.Equal(signature, mac.Sum(nil)) {
			return "", errors.New("forged")
		}
		var event djamo.Event
		err = json.Unmarshal(body, &event)
		return string(event.Topic), err
	}}, nil
}

func stripeSDK() (Receiver, error) {
	body := event(
		`{"id":"evt_1","object":"event","api_version":"`+stripe.APIVersion+`","created":1700847842,"livemode":false,"pending_webhooks":1,`+
			`"type":"payout.paid","data":{"object":{"id":"po_1","object":"payout","amount":50000,"description":"`,
		`"}}}`,
	)
	signed := stripewebhook.GenerateTestSignedPayload(&stripewebhook.UnsignedPayload{Payload: body, Secret: secret, Timestamp: time.Now()})
	return Receiver{"stripe-go", func() (string, error) {
		event, err := stripewebhook.ConstructEventWithTolerance(body, signed.Header, secret, 24*time.Hour)
		return string(event.Type), err
	}}, nil
}

func genericEvent() []byte {
	return event(`{"type":"payout.paid","data":{"id":"po_1","amount":50000,"currency":"XOF","description":"`, `"}}`)
}

func svixSDK() (Receiver, error) {
	body, sent := genericEvent(), time.Now()
	verifier, err := svix.NewWebhookRaw([]byte(secret))
	if err != nil {
		return Receiver{}, err
	}
	signature, err := verifier.Sign("msg_1", sent, body)
	if err != nil {
		return Receiver{}, err
	}
	header := http.Header{}
	header.Set("Svix-Id", "msg_1")
	header.Set("Svix-Timestamp", strconv.FormatInt(sent.Unix(), 10))
	header.Set("Svix-Signature", signature)
	return Receiver{"svix", func() (string, error) {
		if err := verifier.VerifyIgnoringTimestamp(body, header); err != nil {
			return "", err
		}
		var event envelope
		err := json.Unmarshal(body, &event)
		return event.Type, err
	}}, nil
}

func standardSDK() (Receiver, error) {
	body, sent := genericEvent(), time.Now()
	verifier, err := standardwebhooks.NewWebhookRaw([]byte(secret))
	if err != nil {
		return Receiver{}, err
	}
	signature, err := verifier.Sign("msg_1", sent, body)
	if err != nil {
		return Receiver{}, err
	}
	header := http.Header{}
	header.Set(standardwebhooks.HeaderWebhookID, "msg_1")
	header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(sent.Unix(), 10))
	header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return Receiver{"standard-webhooks", func() (string, error) {
		if err := verifier.VerifyIgnoringTimestamp(body, header); err != nil {
			return "", err
		}
		var event envelope
		err := json.Unmarshal(body, &event)
		return event.Type, err
	}}, nil
}

func githubSDK() (Receiver, error) {
	body := event(`{"zen":"`, `","hook_id":1,"hook":{"type":"Repository","id":1,"active":true}}`)
	r, rewind, err := request(body)
	if err != nil {
		return Receiver{}, err
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	r.Header.Set("X-Github-Event", "ping")
	key := []byte(secret)
	return Receiver{"go-github", func() (string, error) {
		rewind()
		payload, err := github.ValidatePayload(r, key)
		if err != nil {
			return "", err
		}
		parsed, err := github.ParseWebHook(github.WebHookType(r), payload)
		if err != nil {
			return "", err
		}
		ping, ok := parsed.(*github.PingEvent)
		if !ok || ping.GetHookID() != 1 {
			return "", errors.New("not what was sent")
		}
		return "ping", nil
	}}, nil
}
