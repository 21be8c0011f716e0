package djamotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// Recorder is a round tripper that stores what passes through it; see [Record].
type Recorder struct {
	// Next makes the requests: http.DefaultTransport when nil.
	Next http.RoundTripper

	dir string

	mu     sync.Mutex
	ready  bool
	counts map[string]int
}

// Record stores every exchange that passes through the returned round tripper as a JSON file in dir, one file an exchange:
//
//	recorder := djamotest.Record("testdata/staging")
//	client, err := djamo.NewClient(token, djamo.WithHTTPClient(&http.Client{Transport: recorder}), …)
//
// Neither the token nor a whole phone number reaches the files; JSON keys are sorted; names follow from the calls alone
// (POST_v1_transactions.001.json), so a new recording of the same calls has the same files. dir must not hold a recording
// already: record into a new one, compare the two with [Drift], and then replace the old one. What the caller gets is the
// answer as it came.
func Record(dir string) *Recorder { return &Recorder{dir: dir} }

// exchange is the content of a recorded file.
type exchange struct {
	Request  recordedRequest  `json:"request"`
	Response recordedResponse `json:"response"`
}

type recordedRequest struct {
	Method string          `json:"method"`
	Path   string          `json:"path"`
	Query  string          `json:"query,omitempty"`
	Body   json.RawMessage `json:"body,omitempty"`
}

type recordedResponse struct {
	Status int               `json:"status"`
	Header map[string]string `json:"header,omitempty"`
	Body   json.RawMessage   `json:"body,omitempty"` // JSON as it is; other text as a JSON string
}

// keptHeaders are the response headers a client could act on.
var keptHeaders = []string{"Content-Type", "Retry-After", "Location", "Server"}

// RoundTrip implements http.RoundTripper. If an exchange cannot be stored it fails, rather than leave a hole.
func (rec *Recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	next := rec.Next
	if next == nil {
		next = http.DefaultTransport
	}
	if err := rec.prepare(); err != nil {
		closeRequest(r)
		return nil, err
	}
	body, out, err := snapshot(r)
	if err != nil {
		return nil, err
	}
	resp, err := next.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(resp.Body)
	err = errors.Join(err, resp.Body.Close())
	if err != nil {
		return nil, fmt.Errorf("djamotest: record %s %s: the answer broke off: %w", r.Method, r.URL.Path, err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	if err := rec.store(newScrubber(r), r, body, resp, answer); err != nil {
		return nil, err
	}
	return resp, nil
}

// snapshot reads a request's body and returns a request that still has it.
func snapshot(r *http.Request) ([]byte, *http.Request, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, r, nil
	}
	body, err := io.ReadAll(r.Body)
	closeRequest(r)
	if err != nil {
		return nil, nil, fmt.Errorf("djamotest: %s %s: cannot read the request's body: %w", r.Method, r.URL.Path, err)
	}
	out := r.Clone(r.Context())
	out.Body = io.NopCloser(bytes.NewReader(body))
	return body, out, nil
}

func closeRequest(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}

// prepare makes the directory, once, and refuses one that is in use.
func (rec *Recorder) prepare() error {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if rec.ready {
		return nil
	}
	if err := os.MkdirAll(rec.dir, 0o750); err != nil {
		return fmt.Errorf("djamotest: cannot record: %w", err)
	}
	old, err := filepath.Glob(filepath.Join(rec.dir, "*.json"))
	if err != nil || len(old) > 0 {
		return fmt.Errorf("djamotest: %s holds a recording already; record into an empty directory and compare with Drift", rec.dir)
	}
	rec.ready, rec.counts = true, make(map[string]int)
	return nil
}

func (rec *Recorder) store(s scrubber, r *http.Request, body []byte, resp *http.Response, answer []byte) error {
	x := exchange{
		Request:  s.request(r, body),
		Response: recordedResponse{Status: resp.StatusCode, Body: s.body(resp.Header.Get("Content-Type"), answer), Header: make(map[string]string)},
	}
	for _, name := range keptHeaders {
		if value := resp.Header.Get(name); value != "" {
			x.Response.Header[name] = s.text(value)
		}
	}
	raw, err := encodeIndented(x)
	if err != nil {
		return fmt.Errorf("djamotest: record %s %s: %w", r.Method, x.Request.Path, err)
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	name := fileName(x.Request)
	rec.counts[name]++
	file := filepath.Join(rec.dir, fmt.Sprintf("%s.%03d.json", name, rec.counts[name]))
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		return fmt.Errorf("djamotest: cannot record: %w", err)
	}
	return nil
}

func encodeIndented(v any) ([]byte, error) {
	raw, err := encode(v)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// identifierSegment finds the path segments that differ from run to run: prefixed and bare UUIDs, and long numbers.
var identifierSegment = regexp.MustCompile(`^([a-z]+_)?[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}$|^[a-z]+_[0-9A-Za-z]{8,}$|^\d{6,}$`)

// template is a path with its ids replaced, as in /v1/transactions/{id}.
func template(urlPath string) string {
	segments := strings.Split(urlPath, "/")
	for i, s := range segments {
		if identifierSegment.MatchString(s) {
			segments[i] = "{id}"
		}
	}
	return strings.Join(segments, "/")
}

// endpointOf names the call an exchange belongs to; a lookup is another call than a list.
func endpointOf(r recordedRequest) string {
	name := r.Method + " " + template(r.Path)
	if query, err := url.ParseQuery(r.Query); err == nil && query.Has("reference") {
		name += "?reference"
	}
	return name
}

var notInFileNames = regexp.MustCompile(`[^A-Za-z0-9]+`)

func fileName(r recordedRequest) string {
	return strings.Trim(notInFileNames.ReplaceAllString(endpointOf(r), "_"), "_")
}

// scrubber takes out of an exchange what must not be stored.
type scrubber struct{ secrets []string }

func newScrubber(r *http.Request) scrubber {
	var s scrubber
	if _, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && token != "" {
		s.secrets = append(s.secrets, token)
	}
	return s
}

func (s scrubber) request(r *http.Request, body []byte) recordedRequest {
	query := r.URL.Query()
	for name, values := range query {
		for i, v := range values {
			query[name][i] = s.value(name, v)
		}
	}
	return recordedRequest{
		Method: r.Method, Path: s.text(r.URL.Path), Query: query.Encode(), Body: s.body(r.Header.Get("Content-Type"), body),
	}
}

// text hides the token and phone numbers in any text.
func (s scrubber) text(t string) string {
	for _, secret := range s.secrets {
		t = strings.ReplaceAll(t, secret, "[token]")
	}
	return maskText(t)
}

var (
	secretName = regexp.MustCompile(`(?i)token|secret|password|authorization|api_?key`)
	phoneName  = regexp.MustCompile(`(?i)msisdn|phone`)
)

// value hides a named value: whole if its name says that it is secret, as a phone number if its name says that it is one.
func (s scrubber) value(name, v string) string {
	switch {
	case v == "":
		return v
	case secretName.MatchString(name):
		return "[secret]"
	case phoneName.MatchString(name) && !strings.Contains(v, "*"):
		return maskMSISDN(v)
	}
	return s.text(v)
}

// body scrubs a body: JSON field by field, with sorted keys and exact numbers, anything else as text.
func (s scrubber) body(contentType string, raw []byte) json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	media, _, _ := mime.ParseMediaType(contentType)
	if strings.HasSuffix(media, "json") {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		var v any
		if d.Decode(&v) == nil && !d.More() {
			if out, err := encode(s.walk("", v)); err == nil {
				return out
			}
		}
	}
	out, _ := encode(s.text(string(raw))) // a string always encodes
	return out
}

func (s scrubber) walk(name string, v any) any {
	switch v := v.(type) {
	case string:
		return s.value(name, v)
	case []any:
		for i := range v {
			v[i] = s.walk(name, v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = s.walk(key, v[key])
		}
	}
	return v
}
