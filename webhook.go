package djamo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

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
	body, err := receiveWebhook(r, maxWebhookBytes, secrets)
	if err != nil {
		return nil, err
	}
	return parseEvent(body)
}

// incoming is what is needed of a request to read its delivery: where that goes on after the request is answered, no more
// than the body may be touched.
type incoming struct {
	body       io.Reader
	again      func() (io.ReadCloser, error) // what was read already, if there is a copy
	length     int64
	signatures int
	signature  string // the first
}

func incomingOf(r *http.Request) (incoming, error) {
	if r == nil || r.Body == nil {
		return incoming{}, &ValidationError{Field: "request", Value: "nil", Rule: "must be a request with its body unread"}
	}
	in := incoming{body: r.Body, again: r.GetBody, length: r.ContentLength}
	if headers := r.Header.Values(SignatureHeader); len(headers) > 0 {
		in.signatures, in.signature = len(headers), headers[0]
	}
	return in, nil
}

// receiveWebhook returns the raw bytes of a delivery once they are verified.
func receiveWebhook(r *http.Request, limit int64, secrets []string) ([]byte, error) {
	in, err := incomingOf(r)
	if err != nil {
		return nil, err
	}
	return in.receive(limit, secrets)
}

func (in incoming) receive(limit int64, secrets []string) ([]byte, error) {
	if err := checkSecrets(secrets); err != nil {
		return nil, err
	}
	if in.length > limit {
		return nil, tooLarge(limit)
	}
	body, err := in.read(limit) // first, so that a sender can read the answer whatever it is
	if err != nil {
		return nil, err
	}
	switch in.signatures {
	case 0:
		return nil, refusedSignature(signature.ErrMissing, nil, "", nil)
	case 1:
		return body, VerifySignature(body, in.signature, secrets...)
	}
	return nil, fmt.Errorf("%w: more than one %s header", ErrInvalidSignature, SignatureHeader)
}

// read takes the copy of a body that was read already, where there is one: VerifyWebhook leaves it.
func (in incoming) read(limit int64) ([]byte, error) {
	body, err := readBody(in.body, in.length, limit)
	if err != nil || len(body) > 0 || in.again == nil {
		return body, err
	}
	copied, err := in.again()
	if err != nil {
		return nil, fmt.Errorf("djamo: reading a webhook again: %w", err)
	}
	defer func() { _ = copied.Close() }()
	return readBody(copied, in.length, limit)
}

// readBody reads all of a body that should be of the given length, if that is known. It takes at most as much memory as
// came, or a little: a length is announced easily. A body that keeps giving nothing is given up.
func readBody(body io.Reader, length, limit int64) ([]byte, error) {
	const unknown, most, mostEmpty = 2 << 10, 16 << 10, 100
	if length < 0 {
		length = unknown
	}
	read := make([]byte, 0, min(length, most)+1) // one more, so that the end shows without growing
	for empty := 0; ; {
		n, err := body.Read(read[len(read):cap(read)])
		read = read[:len(read)+n]
		if empty++; n > 0 {
			empty = 0
		}
		var tooManyBytes *http.MaxBytesError
		switch {
		case int64(len(read)) > limit:
			return nil, tooLarge(limit)
		case errors.Is(err, io.EOF):
			return read, nil
		case errors.As(err, &tooManyBytes):
			return nil, tooLarge(tooManyBytes.Limit)
		case err != nil:
			return nil, fmt.Errorf("djamo: reading a webhook: %w", err)
		case empty == mostEmpty:
			return nil, fmt.Errorf("djamo: reading a webhook: %w", io.ErrNoProgress)
		}
		if len(read) == cap(read) {
			read = slices.Grow(read, len(read))
		}
	}
}

func tooLarge(limit int64) error {
	return fmt.Errorf("%w: its body is longer than %d bytes", ErrWebhookTooLarge, limit)
}

// parseEvent reads bytes that are verified. The event's data are part of them.
func parseEvent(body []byte) (*Event, error) {
	if !json.Valid(body) {
		return nil, unexpectedEvent("is not JSON")
	}
	var topic, data []byte
	fields, isObject := fieldsOf(body)
	for name, value := fields.next(); name != nil; name, value = fields.next() {
		switch fieldName(name) {
		case "topic":
			topic = value
		case "data":
			data = value
		}
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

func unexpectedEvent(what string) error {
	return fmt.Errorf("djamo: a webhook with a valid signature %s: %w", what, ErrUnexpectedAnswer)
}

// VerifySignature checks the signature of a delivery over the raw bytes that came, in constant time, against every
// secret: two while one replaces the other. It returns nil, ErrInvalidSignature, or a *ValidationError when there is no
// secret or an empty one, which never means that anything is accepted.
//
// Where the header was made with the secret and yet is wrong, such as the hex of the right digest, or the digest of JSON
// that was parsed and written again, the error names the mistake. It is refused all the same.
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
	return fmt.Errorf("%w: made with another secret or over other bytes: verify the raw request body, not JSON that was parsed and written again", ErrInvalidSignature)
}

// SignWebhook makes the header of a delivery, for tests of a receiver. VerifySignature accepts no empty secret, so one
// made with it never verifies.
func SignWebhook(body []byte, secret string) string { return signature.SignBase64(body, secret) }
