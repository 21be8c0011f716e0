package djamotest

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// pseudonyms tells phone numbers apart without telling them. Each gets a tag of 24 bits out of a slow hash with a salt of
// the recording's own: too short to single a number out even for who tries all of them (some twenty share each tag), long
// enough for two numbers of one recording not to share it.
type pseudonyms struct {
	salt []byte
	mu   sync.Mutex
	tags map[string]uint32
}

const (
	saltFile   = "salt" // beside the exchanges
	slowness   = 4096   // rounds of the hash: a millisecond or so for each number
	tagDigits  = "%06x"
	bitsBeyond = 8 // of 32 that are left out of a tag
)

// newSalt makes the salt of a recording that begins.
func newSalt(dir string) ([]byte, error) {
	salt := []byte(rand.Text() + "\n")
	return salt, os.WriteFile(filepath.Join(dir, saltFile), salt, 0o600)
}

// readSalt reads a recording's salt. One written by hand may have none.
func readSalt(dir string) ([]byte, error) {
	salt, err := os.ReadFile(filepath.Join(dir, saltFile)) //nolint:gosec // the caller names the directory
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return salt, err
}

func (p *pseudonyms) tag(number string) uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if tag, ok := p.tags[number]; ok {
		return tag
	}
	key, err := pbkdf2.Key(sha256.New, number, p.salt, slowness, 4)
	if err != nil { // only where the machine forbids this hash: then numbers share a tag, and are hidden all the same
		key = make([]byte, 4)
	}
	tag := binary.BigEndian.Uint32(key) >> bitsBeyond
	if p.tags == nil {
		p.tags = make(map[string]uint32)
	}
	p.tags[number] = tag
	return tag
}

// mask hides a number and keeps its country: +225**********~3f0a91.
func (p *pseudonyms) mask(number string) string {
	head := 0
	if strings.HasPrefix(number, "+") {
		head = min(4, len(number))
	}
	return number[:head] + strings.Repeat("*", len(number)-head) + "~" + fmt.Sprintf(tagDigits, p.tag(number))
}

// scrubber takes out of an exchange what must not be stored.
type scrubber struct {
	secrets []*regexp.Regexp
	phones  *pseudonyms
}

func newScrubber(r *http.Request, phones *pseudonyms) scrubber {
	s := scrubber{phones: phones}
	if _, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && token != "" {
		s.secrets = append(s.secrets, anyEncoding(token))
	}
	return s
}

// anyEncoding finds a text with any of its characters percent-encoded.
func anyEncoding(text string) *regexp.Regexp {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, `(?:%s|%%(?i:%02x))`, regexp.QuoteMeta(string(rune(c))), c)
	}
	return regexp.MustCompile(b.String())
}

func (s scrubber) request(r *http.Request, body []byte) recordedRequest {
	query := r.URL.Query()
	for name, values := range query {
		for i, v := range values {
			values[i] = s.value(name, v)
		}
		if hidden := s.text(name); hidden != name {
			delete(query, name)
			query[hidden] = values
		}
	}
	return recordedRequest{
		Method: r.Method, Path: s.text(r.URL.EscapedPath()), Query: query.Encode(), Body: s.body(r.Header.Get("Content-Type"), body),
	}
}

// text hides tokens and phone numbers in any text.
func (s scrubber) text(t string) string {
	for _, secret := range s.secrets {
		t = secret.ReplaceAllLiteralString(t, "[token]")
	}
	t = secretParameter.ReplaceAllString(t, "$1[secret]")
	return replacePhones(djamoToken.ReplaceAllLiteralString(t, "[token]"), s.phones.mask)
}

const secretNames = `token|secret|password|authorization|api_?key`

var (
	secretName      = regexp.MustCompile(`(?i)` + secretNames)
	secretParameter = regexp.MustCompile(`(?i)([?&;][^=&;\s"]*(?:` + secretNames + `)[^=&;\s"]*=)[^&;\s"'<>#]+`) // of a URL in a text
	phoneName       = regexp.MustCompile(`(?i)msisdn|phone`)
)

// value hides a named text: whole if its name says that it is secret, as a phone number if its name says that it is one.
func (s scrubber) value(name, v string) string {
	switch {
	case v == "":
		return v
	case secretName.MatchString(name):
		return "[secret]"
	case phoneName.MatchString(name) && !strings.Contains(v, "*"):
		return s.phones.mask(v)
	}
	return s.text(v)
}

// number hides a named number behind another number, so that its type still shows.
func (s scrubber) number(name string, n json.Number) json.Number {
	switch {
	case secretName.MatchString(name):
		return "0"
	case phoneName.MatchString(name), knownNumber.MatchString(n.String()) && len(n) > len("771234567"): // shorter ones may be amounts
		return json.Number(strconv.FormatUint(uint64(s.phones.tag(n.String())), 10))
	}
	return n
}

// body scrubs a body: JSON field by field, with sorted keys and exact numbers, anything else as text.
func (s scrubber) body(contentType string, raw []byte) json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	if out, ok := s.object(contentType, raw); ok {
		return out
	}
	out, _ := encode(s.text(string(raw))) // a string always encodes
	return out
}

// object scrubs a body that is JSON, and says whether it is.
func (s scrubber) object(contentType string, raw []byte) (json.RawMessage, bool) {
	media, _, _ := mime.ParseMediaType(contentType)
	if !strings.HasSuffix(media, "json") || !json.Valid(raw) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil, false
	}
	out, err := encode(s.walk("", v))
	return out, err == nil
}

// walk scrubs a value under its name; what is below a secret name is secret whatever its own.
func (s scrubber) walk(name string, v any) any {
	switch v := v.(type) {
	case string:
		return s.value(name, v)
	case json.Number:
		return s.number(name, v)
	case []any:
		for i := range v {
			v[i] = s.walk(name, v[i])
		}
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			below := key
			if secretName.MatchString(name) {
				below = name
			}
			out[s.text(key)] = s.walk(below, value)
		}
		return out
	}
	return v
}
