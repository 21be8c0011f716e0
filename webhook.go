package djamo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"

	"github.com/djamo/djamo-go/internal/delivery"
	"github.com/djamo/djamo-go/internal/onepass"
	"github.com/djamo/djamo-go/internal/signature"
)

// SignatureHeader carries a delivery's signature: base64 of the HMAC-SHA256 of the raw body, with the webhook secret.
const SignatureHeader = "X-Djamo-Hmac-Sha256"

// What ParseWebhook and VerifySignature refuse, beside deliveries whose JSON is not that of an event: those are
// ErrUnexpectedAnswer.
const (
	// ErrInvalidSignature is a delivery that was not signed with any of the secrets: forged, or not the raw bytes that
	// came. Answer 401, with nothing of the error's text: that names the mistake and is for the log.
	ErrInvalidSignature ErrorCode = "invalid webhook signature"
	// ErrWebhookTooLarge is a delivery longer than any event is: 1 MiB, or what WebhookHandler.MaxBytes says. Answer 413.
	ErrWebhookTooLarge ErrorCode = "webhook too large"
)

// maxWebhookBytes bounds a delivery where nothing else is said.
const maxWebhookBytes = 1 << 20

// ParseWebhook reads a delivery in a handler that exists already: it bounds the body at 1 MiB, verifies the raw bytes,
// and only then parses them. Answer 401 to ErrInvalidSignature, 413 to ErrWebhookTooLarge, 400 to ErrUnexpectedAnswer,
// which is a signed delivery that is not the JSON of an event, and 500 to ErrInvalidRequest, which is a missing or empty
// secret. The body must not have been read before, but by VerifyWebhook or another ParseWebhook after it, which leave a
// copy. How long a slow sender may take is the server's business: set its ReadTimeout.
//
// A delivery carries no time and no id of its own, so a repeat looks like the first: remember what was handled by
// Event.Key. WebhookHandler does all of this by itself.
func ParseWebhook(r *http.Request, secrets ...string) (*Event, error) {
	if r == nil || r.Body == nil {
		return nil, &ValidationError{Field: "request", Value: "nil", Rule: "must be a request with its body unread"}
	}
	if err := checkSecrets(secrets); err != nil {
		return nil, err
	}
	body, err := webhookReceiver(maxWebhookBytes).Read(r)
	if err != nil {
		return nil, err
	}
	if err := verifyHeader(body, r.Header, secrets); err != nil {
		return nil, err
	}
	return parseEvent(body)
}

// webhookReceiver reads bodies of bounded length.
func webhookReceiver(maxBytes int64) *delivery.Receiver {
	return &delivery.Receiver{Name: "djamo", TooLarge: ErrWebhookTooLarge, MaxBytes: maxBytes}
}

// verifyHeader is VerifySignature of the header that there is, if there is one.
func verifyHeader(body []byte, header http.Header, secrets []string) error {
	switch signatures := header.Values(SignatureHeader); len(signatures) {
	case 0:
		return refusedSignature(signature.ErrMissing, nil, "", nil)
	case 1:
		return VerifySignature(body, signatures[0], secrets...)
	}
	return fmt.Errorf("%w: more than one %s header", ErrInvalidSignature, SignatureHeader)
}

// parseEvent reads bytes that are verified. The event's data are part of them.
func parseEvent(body []byte) (*Event, error) {
	for mark := []byte("\ufeff"); bytes.HasPrefix(body, mark); {
		body = body[len(mark):] // some encoders write one, and JSON allows none
	}
	topic, data, isObject := envelopeInOnePass(body)
	if !isObject {
		if !json.Valid(body) {
			return nil, unexpectedEvent("is not JSON")
		}
		topic, data, isObject = envelopeOf(body)
	}
	event := &Event{Topic: normalTopic(topic), Data: data}
	switch {
	case !isObject:
		return nil, unexpectedEvent("is not a JSON object")
	case event.Topic == "":
		return nil, unexpectedEvent("has no topic")
	case event.Topic.known() && (len(data) == 0 || data[0] != '{'):
		return nil, unexpectedEvent("has no object as its data")
	}
	return event, nil
}

// envelopeOf reads valid JSON, and reports whether it is an object.
func envelopeOf(body []byte) (topic, data []byte, isObject bool) {
	fields, isObject := fieldsOf(body)
	for name, value := fields.next(); name != nil; name, value = fields.next() {
		switch fieldName(name) {
		case "topic":
			topic = value
		case "data":
			data = value
		}
	}
	return topic, data, isObject
}

// envelopeInOnePass is envelopeOf for what may be no JSON at all, and for what is as usual.
func envelopeInOnePass(body []byte) (topic, data []byte, isObject bool) {
	r := onepass.Read(body)
	isObject = r.Object()
	for name := r.Member(); name != nil; name = r.Member() {
		switch value := r.Value(); string(name) {
		case "topic":
			topic = value
		case "data":
			data = value
		}
	}
	return topic, data, isObject && r.Done()
}

func unexpectedEvent(what string) error {
	return fmt.Errorf("djamo: a webhook with a valid signature %s: %w", what, ErrUnexpectedAnswer)
}

// VerifySignature checks the signature of a delivery over the raw bytes that came, in constant time, against every
// secret: two while one replaces the other. It returns nil, ErrInvalidSignature, or a *ValidationError when there is no
// secret or an empty one, which never means that anything is accepted.
//
// Where the header was made with the secret and yet is wrong, the error names the mistake: the hex of the right digest, say, or
// the digest of JSON that was parsed and written again, or of a body that a gateway has encoded in base64 since. It is refused
// all the same.
func VerifySignature(body []byte, header string, secrets ...string) error {
	err := signature.Base64(body, header, secrets...)
	if err == nil {
		return nil
	}
	if errors.Is(err, signature.ErrNoSecret) {
		return checkSecrets(secrets)
	}
	return refusedSignature(err, body, header, secrets)
}

func checkSecrets(secrets []string) error {
	switch {
	case len(secrets) == 0:
		return &ValidationError{Field: "webhook secret", Rule: "must be given: without one nothing can be verified"}
	case slices.Contains(secrets, ""):
		return &ValidationError{Field: "webhook secret", Rule: "must not be empty: without one nothing can be verified"}
	}
	return nil
}

// refusedSignature says why, as far as it is known, with nothing of the body and the secrets.
func refusedSignature(reason error, body []byte, header string, secrets []string) error {
	if errors.Is(reason, signature.ErrMissing) {
		return fmt.Errorf("%w: the %s header is missing", ErrInvalidSignature, SignatureHeader)
	}
	if mistake := signature.Diagnose(body, header, secrets...); mistake != "" {
		return fmt.Errorf("%w: the %s header is wrong: %s", ErrInvalidSignature, SignatureHeader, mistake)
	}
	switch {
	case errors.Is(reason, signature.ErrMalformed):
		return fmt.Errorf("%w: the %s header is not standard base64 of 32 bytes", ErrInvalidSignature, SignatureHeader)
	case len(body) == 0:
		return fmt.Errorf("%w: the body is empty: verify it before anything else reads it", ErrInvalidSignature)
	}
	return fmt.Errorf(
		"%w: made with another secret or over other bytes: verify the raw request body, not JSON that was parsed and written again",
		ErrInvalidSignature,
	)
}

// SignWebhook makes the header of a delivery, for tests of a receiver. VerifySignature accepts no empty secret, so one
// made with it never verifies.
func SignWebhook(body []byte, secret string) string { return signature.SignBase64(body, secret) }

// WebhookSecrets are secrets that print how many they are and not which: with every verb of fmt, as a log/slog attribute
// and as JSON, also inside a struct. A []string literal is one.
type WebhookSecrets []string

// String says how many there are.
func (s WebhookSecrets) String() string { return fmt.Sprintf("[%d webhook secrets]", len(s)) }

// Format prints String, whatever the verb.
func (s WebhookSecrets) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, s.String()) }

// LogValue gives slog String.
func (s WebhookSecrets) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON writes String: configuration that is dumped as JSON must not hold them.
func (s WebhookSecrets) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }
