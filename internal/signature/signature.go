// Package signature verifies what webhooks are signed with. Three schemes share one primitive, HMAC-SHA256 over the raw
// bytes that came:
//
//   - [Base64]: the header is base64 of the digest of the body (X-Djamo-Hmac-Sha256)
//   - [Hex]: the header is a prefix and the hex of the digest of the body (hmac-sha256=…, of CACPAY)
//   - [Timestamped]: the header is t=…,v1=… with the digest of "t.body" (of PI-SPI)
//
// All of them take several secrets, for when one replaces another, and compare with every one of them in constant time.
// No secret, or an empty one, is an error and never means that anything is accepted. [Diagnose] says what a header that
// was refused turns out to be.
package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
)

// Error says why a signature was refused. Its values are constants: compare with errors.Is or ==.
type Error string

// Error returns the reason.
func (e Error) Error() string { return "signature: " + string(e) }

// Why a signature is refused.
const (
	ErrNoSecret    Error = "no secret, or an empty one, is given"
	ErrNoTolerance Error = "the tolerance must be positive"
	ErrMissing     Error = "it is missing"
	ErrMalformed   Error = "it is malformed"
	ErrMismatch    Error = "it was not made with any of the secrets over these bytes"
	ErrOutOfTime   Error = "it is valid, but was made too long ago or in the future"
)

// size is the length of a digest, and base64Length that of its standard base64.
const (
	size         = sha256.Size
	base64Length = (size + 2) / 3 * 4
)

// Base64 checks a header that is strict standard base64, with padding, of the digest of the body.
func Base64(body []byte, header string, secrets ...string) error {
	if err := check(header, secrets); err != nil {
		return err
	}
	got, ok := decodeBase64(header)
	if !ok {
		return ErrMalformed
	}
	return match(&got, secrets, body)
}

// SignBase64 makes the header that Base64 checks.
func SignBase64(body []byte, secret string) string {
	return base64.StdEncoding.EncodeToString(digest(secret, body))
}

// Hex checks a header that is the prefix followed by the hex, in either case, of the digest of the body.
func Hex(body []byte, header, prefix string, secrets ...string) error {
	if err := check(header, secrets); err != nil {
		return err
	}
	rest, ok := strings.CutPrefix(header, prefix)
	if !ok {
		return ErrMalformed
	}
	got, ok := decodeHex(rest)
	if !ok {
		return ErrMalformed
	}
	return match(&got, secrets, body)
}

// SignHex makes the header that Hex checks.
func SignHex(body []byte, prefix, secret string) string {
	return prefix + hex.EncodeToString(digest(secret, body))
}

func check(header string, secrets []string) error {
	if len(secrets) == 0 || slices.Contains(secrets, "") {
		return ErrNoSecret
	}
	if header == "" {
		return ErrMissing
	}
	return nil
}

// match compares with the digest of the parts under every secret, and goes on after a match: the time must not tell
// which secret it was.
func match(got *[size]byte, secrets []string, parts ...[]byte) error {
	found := 0
	for _, secret := range secrets {
		found |= subtle.ConstantTimeCompare(got[:], digest(secret, parts...))
	}
	if found == 0 {
		return ErrMismatch
	}
	return nil
}

func digest(secret string, parts ...[]byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	for _, part := range parts {
		mac.Write(part)
	}
	return mac.Sum(nil)
}

// decodeBase64 reads a digest without allocating. Of the texts that decode to the same bytes it takes one.
func decodeBase64(text string) (sum [size]byte, ok bool) {
	if len(text) != base64Length {
		return sum, false
	}
	var in [base64Length]byte
	var out [base64Length / 4 * 3]byte
	copy(in[:], text)
	n, err := base64.StdEncoding.Strict().Decode(out[:], in[:])
	copy(sum[:], out[:])
	return sum, err == nil && n == size
}

func decodeHex(text string) (sum [size]byte, ok bool) {
	if len(text) != hex.EncodedLen(size) {
		return sum, false
	}
	var in [2 * size]byte
	copy(in[:], text)
	_, err := hex.Decode(sum[:], in[:])
	return sum, err == nil
}
