package signature_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/djamo/djamo-go/internal/signature"
	"github.com/stretchr/testify/require"
)

func sum(body []byte, secret string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return mac.Sum(nil)
}

func TestDiagnose_OtherFormsOfTheDigest(t *testing.T) {
	t.Parallel()
	body := []byte(event)
	digest := sum(body, "s")
	right := base64.StdEncoding.EncodeToString(digest)
	urlSafe := base64.URLEncoding.EncodeToString(digest)
	for _, tt := range []struct {
		name, header string
		want         signature.Mistake
	}{
		{"hex", hex.EncodeToString(digest), signature.HexDigest},
		{"hex in upper case", strings.ToUpper(hex.EncodeToString(digest)), signature.HexDigest},
		{"hex with a prefix", "sha256=" + hex.EncodeToString(digest), signature.HexDigest},
		{"hex of another digest", hex.EncodeToString(sum(body, "x")), ""},
		{"base64 of hex", base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(digest))), signature.Base64OfHex},
		{"unpadded", strings.TrimRight(right, "="), signature.OtherBase64},
		{"URL-safe", strings.NewReplacer("+", "-", "/", "_").Replace(right) + "=", signature.OtherBase64},
		{"unpadded and URL-safe", strings.TrimRight(urlSafe, "="), signature.OtherBase64},
		{"line break at the end", right + "\n", signature.OtherBase64},
		{"line break inside", right[:20] + "\n" + right[20:], signature.OtherBase64},
		{"31 bytes", base64.StdEncoding.EncodeToString(digest[:31]), signature.CutOff},
		{"40 characters", right[:40], signature.CutOff},
		{"33 characters", right[:33], signature.CutOff},
		{"16 characters", right[:16], signature.CutOff},
		{"too few to be sure", right[:15], ""},
		{"cut off, of another digest", signature.SignBase64(body, "x")[:40], ""},
		{"another digest", signature.SignBase64(body, "x"), ""},
		{"longer than any mistake", right + strings.Repeat("\n", 128), ""},
		{"nothing", "", ""},
		{"no base64", "Bearer token!", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Error(t, signature.Base64(body, tt.header, "old", "s"), "a mistake that is known is a mistake still")
			require.Equal(t, tt.want, signature.Diagnose(body, tt.header, "old", "s"))
		})
	}
	require.Equal(t, signature.SecretSpaced, signature.Diagnose(body, right, "s\n"))
	require.Equal(t, signature.Mistake(""), signature.Diagnose(body, right, "x\n"))
	require.Equal(t, signature.Mistake(""), signature.Diagnose(body, hex.EncodeToString(sum(body, "")), ""), "an empty secret")
	require.Equal(t, signature.Mistake(""), signature.Diagnose(body, signature.SignBase64(body, ""), " "), "a secret of white space")
}

// The digests of rewritten.json come from Node's JSON.stringify and Python's json.dumps; that of json_encode is what PHP writes; the numbers of those two are
// whole ones, since Python writes 15000.00 as 15000.0.
func TestDiagnose_RewrittenJSON(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/rewritten.json")
	require.NoError(t, err)
	whole := bytes.ReplaceAll(bytes.ReplaceAll(body, []byte("15000.00"), []byte("15000")), []byte("1.5e3"), []byte("1500"))
	var value any
	require.NoError(t, json.Unmarshal(body, &value))
	marshalled, err := json.Marshal(value)
	require.NoError(t, err)
	var compact bytes.Buffer
	require.NoError(t, json.Compact(&compact, body))
	long := append(bytes.Repeat([]byte(" "), 16<<10), body...)
	for _, tt := range []struct {
		name   string
		body   []byte
		header string
		want   string
	}{
		{"without white space", body, signature.SignBase64(compact.Bytes(), "s"), "(without white space)"},
		{"encoding/json", body, signature.SignBase64(marshalled, "s"), "(as encoding/json does)"},
		{"json.Encoder", body, signature.SignBase64(append(marshalled, 0x0a), "s"), "(as json.Encoder does"},
		{"JSON.stringify", body, "pbR/ySYxqpgRK20HAxkcLCc4LmF4XumLJelmxOVadmE=", "(as JSON.stringify does)"},
		{"json.dumps", whole, "3vo4YDrukenbdIEzN9m0DbeVcBLmkP8GW8AqjkS88vo=", "(as json.dumps does)"},
		{"json_encode", whole, "y7XZCZjl6D+VbwFEZPp5iDHmktzSCkkgGG/k5kyf+Ik=", "(as json_encode does)"},
		{"another secret", body, signature.SignBase64(compact.Bytes(), "x"), ""},
		{"other JSON", body, signature.SignBase64([]byte(`{}`), "s"), ""},
		{"no JSON", []byte("{"), signature.SignBase64([]byte("{}"), "s"), ""},
		{"longer than an event", long, signature.SignBase64(compact.Bytes(), "s"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, signature.ErrMismatch, signature.Base64(tt.body, tt.header, "old", "s"))
			got := signature.Diagnose(tt.body, tt.header, "old", "s")
			if tt.want == "" {
				require.Empty(t, got)
				return
			}
			require.Contains(t, got, signature.SignedRewrite+" "+signature.Mistake(tt.want))
		})
	}
}

// A diagnosis names only what somebody with the secret made, and never takes long or panics.
func FuzzDiagnose(f *testing.F) {
	digest := sum([]byte(event), "s")
	f.Add([]byte(event), hex.EncodeToString(digest), "s")
	f.Add([]byte(`{"a" : "\u00e9\/", "b":[1.50, -2e5]}`), base64.StdEncoding.EncodeToString(digest), "s")
	f.Add([]byte(event), base64.RawURLEncoding.EncodeToString(digest), "s ")
	f.Fuzz(func(t *testing.T, body []byte, header, secret string) {
		if got := signature.Diagnose(body, header, "another secret of ours"); got != "" {
			t.Fatalf("%q is said to be made with a secret that made nothing: %s", header, got)
		}
		signature.Diagnose(body, header, secret)
		signature.Diagnose(body, signature.SignBase64([]byte("x"), "y"), "s") // into the JSON
	})
}

// What a forgery costs, beside a delivery that is what it should be.
func BenchmarkForgery(b *testing.B) {
	body := []byte(`{"topic":"transactions/completed","data":{"id":"txn_1","description":"` + strings.Repeat("x", 520) + `"}}`)
	huge := []byte(`[` + strings.Repeat(`0,`, 1<<19-2) + `0]`)
	zeros := []byte(`[` + strings.Repeat(`0,`, 2<<10-2) + `0]`)
	for _, bb := range []struct {
		name   string
		body   []byte
		header string
	}{
		{"right", body, signature.SignBase64(body, "s")},
		{"wrong", body, signature.SignBase64(body, "x")},
		{"malformed", body, strings.Repeat("x", 43)},
		{"wrong and 4 KiB of zeros", zeros, signature.SignBase64(body, "x")},
		{"wrong and 1 MiB", huge, signature.SignBase64(body, "x")},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if signature.Base64(bb.body, bb.header, "s") != nil {
					signature.Diagnose(bb.body, bb.header, "s")
				}
			}
		})
	}
}
