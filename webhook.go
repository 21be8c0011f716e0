package djamo

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// SignatureHeader carries a delivery's signature: base64 of the HMAC-SHA256 of the raw body, with the webhook secret.
const SignatureHeader = "X-Djamo-Hmac-Sha256"

// ErrInvalidSignature is a delivery that was not signed with any of the secrets: forged, or not the raw bytes that came.
const ErrInvalidSignature ErrorCode = "invalid webhook signature"

// maxWebhookBytes bounds a delivery that ParseWebhook reads.
const maxWebhookBytes = 1 << 20

// Event is one verified delivery.
type Event struct {
	// Topic is what it is about, in the spelling of the Topic constants where it is one of them. An unknown topic is no
	// error: it is kept as it came.
	Topic Topic
	// Data is the transaction or charge as it came, for Transaction, Charge, or a type of the caller's.
	Data json.RawMessage
}

// Transaction reads the data of a transaction's event.
func (e *Event) Transaction() (*Transaction, error) { return eventData[Transaction](e) }

// Charge reads the data of a charge's event.
func (e *Event) Charge() (*Charge, error) { return eventData[Charge](e) }

func eventData[T any](e *Event) (*T, error) {
	out := new(T)
	if err := decodeObject(e.Data, out); err != nil {
		return nil, fmt.Errorf("djamo: webhook %s: its data cannot be read: %w", quoted(string(e.Topic)), err)
	}
	return out, nil
}

// ParseWebhook reads a delivery in a handler that exists already: it bounds the body, verifies the raw bytes, and only
// then parses them. Answer 401 to ErrInvalidSignature. The body must not have been read before.
//
// A delivery carries no time and no id, so a repeat looks like the first: remember what was handled by topic and the
// object's id, status and updatedAt.
func ParseWebhook(r *http.Request, secrets ...string) (*Event, error) {
	if r == nil || r.Body == nil {
		return nil, &ValidationError{Field: "request", Value: "nil", Rule: "must be a request with its body unread"}
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxWebhookBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("djamo: reading a webhook: %w", err)
	case len(body) > maxWebhookBytes:
		return nil, &ValidationError{Field: "body", Rule: fmt.Sprintf("must be at most %d bytes long", maxWebhookBytes)}
	case len(r.Header.Values(SignatureHeader)) > 1:
		return nil, fmt.Errorf("%w: more than one %s header", ErrInvalidSignature, SignatureHeader)
	}
	if err := VerifySignature(body, r.Header.Get(SignatureHeader), secrets...); err != nil {
		return nil, err
	}
	var wire struct {
		Topic string          `json:"topic"`
		Data  json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &wire); err != nil {
		return nil, fmt.Errorf("djamo: a webhook with a valid signature is not the JSON it should be: %w", ErrUnexpectedAnswer)
	}
	return &Event{Topic: normalTopic(wire.Topic), Data: wire.Data}, nil
}

// normalTopic brings the spellings that were seen, singular and plural, to the documented ones.
func normalTopic(topic string) Topic {
	object, event, ok := strings.Cut(topic, "/")
	switch {
	case !ok:
	case object == "transaction", object == "transactions":
		return Topic("transactions/" + event)
	case object == "charge", object == "charges":
		return Topic("charge/" + event)
	}
	return Topic(topic)
}

// VerifySignature checks the signature of a delivery over the raw bytes that came, in constant time, against every
// secret: two while one replaces the other. It returns nil, ErrInvalidSignature, or a *ValidationError when there is no
// secret or an empty one, which never means that anything is accepted.
func VerifySignature(body []byte, header string, secrets ...string) error {
	if len(secrets) == 0 {
		return &ValidationError{Field: "webhook secret", Rule: "must be given: without one nothing can be verified"}
	}
	if slices.Contains(secrets, "") {
		return &ValidationError{Field: "webhook secret", Rule: "must not be empty: without one nothing can be verified"}
	}
	if header == "" {
		return fmt.Errorf("%w: the %s header is missing", ErrInvalidSignature, SignatureHeader)
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(header)
	if err != nil || len(signature) != sha256.Size || strings.ContainsAny(header, "\r\n") {
		return fmt.Errorf("%w: the %s header is not standard base64 of 32 bytes", ErrInvalidSignature, SignatureHeader)
	}
	valid := false
	for _, secret := range secrets {
		if hmac.Equal(signature, digest(body, secret)) {
			valid = true // and on with the others: the time must not tell which one it was
		}
	}
	if !valid {
		return errWrongSignature
	}
	return nil
}

var errWrongSignature = fmt.Errorf("%w: verify the raw request body, not JSON that was parsed and written again", ErrInvalidSignature)

// SignWebhook makes the header of a delivery, for tests of a receiver. VerifySignature accepts no empty secret, so one
// made with it never verifies.
func SignWebhook(body []byte, secret string) string {
	return base64.StdEncoding.EncodeToString(digest(body, secret))
}

func digest(body []byte, secret string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return mac.Sum(nil)
}
