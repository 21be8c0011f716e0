package signature

import (
	"crypto/hmac"
	"encoding/base64"
	"strings"
)

// Mistake is what a refused Base64 header turns out to be, in words for the log; "" when it is nothing known. A header
// it names was made by somebody who has the secret, and is refused all the same.
type Mistake string

// The mistakes that Diagnose knows.
const (
	HexDigest     Mistake = "it is the hex of the right digest: take the base64 of its 32 bytes"
	Base64OfHex   Mistake = "it is base64 of the hex of the right digest: take the base64 of its 32 bytes"
	OtherBase64   Mistake = "it is the right digest in another form of base64: use the standard alphabet, with padding and without white space"
	CutOff        Mistake = "it is the right digest cut off: all 44 characters of its base64 are needed"
	SecretSpaced  Mistake = "it is right for the secret without the white space around it: trim the secret"
	SignedRewrite Mistake = "it signs the JSON of the body written again" // the way it was written follows in brackets
)

// The ways of writing JSON again that Diagnose tries.
const (
	asCompact Mistake = SignedRewrite + " (without white space): sign and verify the raw bytes"
	asGo      Mistake = SignedRewrite + " (as encoding/json does): sign and verify the raw bytes"
	asEncoder Mistake = SignedRewrite + " (as json.Encoder does, with a line break at the end): sign and verify the raw bytes"
	asJS      Mistake = SignedRewrite + " (as JSON.stringify does): sign and verify the raw bytes"
	asPython  Mistake = SignedRewrite + " (as json.dumps does): sign and verify the raw bytes"
	asPHP     Mistake = SignedRewrite + " (as json_encode does): sign and verify the raw bytes"
)

// Anybody can send a forgery, so the work on one is bounded: a header longer than any mistake, and JSON longer than any event,
// are not examined. So few bytes of a digest cannot be guessed, so that finding them says nothing new.
const (
	maxHeader  = 128
	maxRewrite = 16 << 10
	minBytes   = 12
	maxHashed  = 512 << 10 // of what a body may have been
)

// Diagnose looks for the mistake behind a header that Base64 refused. It is for the log of the receiver and never for
// the sender. Its cost is bounded, whatever the header and the body are: JSON of more than 16 KiB is not
// written again, and a body of more than three times that is not decoded.
func Diagnose(body []byte, header string, secrets ...string) Mistake {
	if len(header) > maxHeader || check(header, secrets) != nil {
		return ""
	}
	trimmed := strings.TrimSpace(header)
	sum, whole := decodeBase64(trimmed)
	switch {
	case whole && trimmed != header && match(&sum, secrets, body) == nil:
		return OtherBase64
	case whole:
		return diagnoseBody(body, sum, secrets)
	}
	found := Mistake("")
	for _, secret := range secrets {
		if mistake := diagnoseForm(trimmed, digest(secret, body)); mistake != "" {
			found = mistake
		}
	}
	return found
}

// diagnoseBody looks for other bytes, or another secret, that 32 bytes may be the digest of.
func diagnoseBody(body []byte, sum [size]byte, secrets []string) Mistake {
	trimmed := make([]string, 0, len(secrets))
	for _, secret := range secrets {
		if t := strings.TrimSpace(secret); t != secret && t != "" {
			trimmed = append(trimmed, t)
		}
	}
	if match(&sum, trimmed, body) == nil {
		return SecretSpaced
	}
	left := maxHashed
	for mistake, before := range reencodings(body) {
		if left -= len(before) + size; left < 0 {
			break
		}
		if match(&sum, secrets, before) == nil {
			return mistake
		}
	}
	if len(body) > maxRewrite {
		return ""
	}
	for mistake, written := range rewrites(body) {
		if match(&sum, secrets, written) == nil {
			return mistake
		}
	}
	return ""
}

// diagnoseForm compares a text that is no base64 of 32 bytes with a digest in its other forms.
func diagnoseForm(header string, sum []byte) Mistake {
	text := header
	if at := strings.LastIndexByte(text, '='); at >= 0 && len(text)-at-1 == 2*size {
		text = text[at+1:] // sha256=<hex>
	}
	if got, ok := decodeHex(text); ok {
		if hmac.Equal(got[:], sum) {
			return HexDigest
		}
		return ""
	}
	got := decodeLoosely(header)
	if len(got) == 2*size {
		if inner, ok := decodeHex(string(got)); ok && hmac.Equal(inner[:], sum) {
			return Base64OfHex
		}
	}
	switch {
	case len(got) == size && hmac.Equal(got, sum):
		return OtherBase64
	case len(got) >= minBytes && len(got) < size && hmac.Equal(got, sum[:len(got)]):
		return CutOff
	}
	return ""
}

// decodeLoosely reads base64 in either alphabet, with or without padding, with white space in it, or cut off anywhere.
func decodeLoosely(text string) []byte {
	text = strings.Map(func(r rune) rune {
		switch r {
		case '-':
			return '+'
		case '_':
			return '/'
		case ' ', '\t', '\r', '\n':
			return -1
		}
		return r
	}, text)
	text = strings.TrimRight(text, "=")
	if len(text)%4 == 1 { // one character is no byte
		text = text[:len(text)-1]
	}
	decoded, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return decoded
}
