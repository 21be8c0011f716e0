package signature_test

import (
	"encoding/base64"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/djamo/djamo-go/internal/signature"
	"github.com/stretchr/testify/require"
)

const (
	event  = `{"topic":"transactions/completed","data":{"id":"txn_1","status":"completed"}}`
	prefix = "hmac-sha256="
)

// The digests come from openssl dgst -sha256 -hmac, so that two mistakes of ours cannot agree.
const (
	eventDigest  = "be874ebd3557dfbe4096693d083302bf9b98a7b57b952c51492e01387bdda321"
	eventBase64  = "vodOvTVX375Almk9CDMCv5uYp7V7lSxRSS4BOHvdoyE="
	cacpayDigest = "2fd590189d1e820fe019592d4d9d288bc5e0f3f6fc985dad8a80562390ed7533"
	pispiDigest  = "cc195a0639b47d426c03031b03df5a9c65848037cc3f76af8543f3284bc281e8" // of "1779959642." and the event
)

func TestSign(t *testing.T) {
	t.Parallel()
	require.Equal(t, eventBase64, signature.SignBase64([]byte(event), "secret"))
	require.Equal(t, prefix+eventDigest, signature.SignHex([]byte(event), prefix, "secret"))
	require.NoError(t, signature.Base64([]byte(event), eventBase64, "secret"))
	require.EqualError(t, signature.Base64([]byte(event), eventBase64, "other"), "signature: it was not made with any of the secrets over these bytes")
}

func TestBase64(t *testing.T) {
	t.Parallel()
	right := signature.SignBase64([]byte(event), "new")
	for _, tt := range []struct {
		name, header string
		secrets      []string
		want         error
	}{
		{"one secret", right, []string{"new"}, nil},
		{"the first of two", right, []string{"new", "old"}, nil},
		{"the second of two", right, []string{"old", "new"}, nil},
		{"another secret", right, []string{"old"}, signature.ErrMismatch},
		{"no secret", right, nil, signature.ErrNoSecret},
		{"an empty secret", signature.SignBase64([]byte(event), ""), []string{""}, signature.ErrNoSecret},
		{"an empty secret beside a right one", right, []string{"new", ""}, signature.ErrNoSecret},
		{"missing", "", []string{"new"}, signature.ErrMissing},
		{"unpadded", strings.TrimRight(right, "="), []string{"new"}, signature.ErrMalformed},
		{"space before", " " + right, []string{"new"}, signature.ErrMalformed},
		{"line break inside", right[:20] + "\n" + right[20:], []string{"new"}, signature.ErrMalformed},
		{"line break in place of the end", right[:43] + "\n", []string{"new"}, signature.ErrMalformed},
		{"bits beyond the digest", right[:42] + nextLetter(right[42]) + "=", []string{"new"}, signature.ErrMalformed},
		{"33 bytes", base64.StdEncoding.EncodeToString(make([]byte, 33)), []string{"new"}, signature.ErrMalformed},
		{"31 bytes", base64.StdEncoding.EncodeToString(make([]byte, 31)), []string{"new"}, signature.ErrMalformed},
		{"32 other bytes", base64.StdEncoding.EncodeToString(make([]byte, 32)), []string{"new"}, signature.ErrMismatch},
		{"twice", right + right, []string{"new"}, signature.ErrMalformed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, signature.Base64([]byte(event), tt.header, tt.secrets...))
		})
	}
}

// nextLetter decodes to the same byte as the letter when nobody looks at the bits that do not count.
func nextLetter(letter byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	return string(alphabet[strings.IndexByte(alphabet, letter)|1])
}

func TestHex(t *testing.T) {
	t.Parallel()
	right := signature.SignHex([]byte(event), prefix, "s")
	digest := strings.TrimPrefix(right, prefix)
	for _, tt := range []struct {
		name, header string
		want         error
	}{
		{"right", right, nil},
		{"upper case", prefix + strings.ToUpper(digest), nil},
		{"missing", "", signature.ErrMissing},
		{"without the prefix", digest, signature.ErrMalformed},
		{"another prefix", "sha256=" + digest, signature.ErrMalformed},
		{"the prefix alone", prefix, signature.ErrMalformed},
		{"one digit short", right[:len(right)-1], signature.ErrMalformed},
		{"one byte short", right[:len(right)-2], signature.ErrMalformed},
		{"one byte long", right + "00", signature.ErrMalformed},
		{"no hex", prefix + strings.Repeat("g", 64), signature.ErrMalformed},
		{"space", right + " ", signature.ErrMalformed},
		{"another digest", prefix + strings.Repeat("0", 64), signature.ErrMismatch},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, signature.Hex([]byte(event), tt.header, prefix, "old", "s"))
		})
	}
	require.Equal(t, signature.ErrNoSecret, signature.Hex([]byte(event), right, prefix))
	require.Equal(t, signature.ErrMismatch, signature.Hex([]byte(event+" "), right, prefix, "s"))
}

// The CACPAY event of the reference, as it would be posted.
func TestHex_CACPAY(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/cacpay_scan_event.json")
	require.NoError(t, err)
	require.NoError(t, signature.Hex(body, prefix+cacpayDigest, prefix, "s"))
	body[len(body)/2] ^= 1
	require.Equal(t, signature.ErrMismatch, signature.Hex(body, prefix+cacpayDigest, prefix, "s"))
}

func FuzzBase64(f *testing.F) {
	f.Add([]byte(event), signature.SignBase64([]byte(event), "s"), "s")
	f.Add([]byte(event), strings.Repeat("A", 43)+"=", "s")
	f.Fuzz(func(t *testing.T, body []byte, header, secret string) {
		err := signature.Base64(body, header, secret)
		if (err == nil) != (secret != "" && header == signature.SignBase64(body, secret)) {
			t.Fatalf("%q: %v", header, err)
		}
	})
}

func FuzzHex(f *testing.F) {
	f.Add([]byte(event), signature.SignHex([]byte(event), prefix, "s"), prefix, "s")
	f.Add([]byte(event), strings.Repeat("a", 64), "", "s")
	f.Fuzz(func(t *testing.T, body []byte, header, prefix, secret string) {
		err := signature.Hex(body, header, prefix, secret)
		digest, ok := strings.CutPrefix(header, prefix)
		decoded, decodeErr := hex.DecodeString(digest)
		right := ok && decodeErr == nil && secret != "" && prefix+hex.EncodeToString(decoded) == signature.SignHex(body, prefix, secret)
		if (err == nil) != right {
			t.Fatalf("%q: %v", header, err)
		}
	})
}
