package djamotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
)

// Recorder is a round tripper that stores what passes through it; see [Record].
type Recorder struct {
	// Next makes the requests: http.DefaultTransport when nil.
	Next http.RoundTripper

	dir    string
	tables []Routes

	mu     sync.Mutex
	ready  bool
	counts map[string]int
	phones *pseudonyms
}

// Record stores every exchange that passes through the returned round tripper as a JSON file in dir, one file an exchange:
//
//	recorder := djamotest.Record("testdata/staging")
//	client, err := djamo.NewClient(token, djamo.WithHTTPClient(&http.Client{Transport: recorder}), …)
//
// Neither a token nor a whole phone number reaches the files: of a number the country is kept, and a tag that tells it
// from the others of this recording, made with a random salt that lies beside them. JSON keys are sorted; names follow from the calls alone
// (POST_v1_transactions.001.json, GET_v1_charges_id.001.json whatever the id), so a new recording of the same calls has the
// same files. dir must not hold a recording
// already: record into a new one, compare the two with [Drift], and then replace the old one. What the caller gets is the
// answer as it came.
//
// Values under names that say secret (token, signingKey, pin, otp, …) are left out of JSON, forms, URLs and other texts, as
// are those that an API's routes call private. Phone numbers are found in the digits of every script, and with
// characters between them that nobody sees. tables are the APIs that are called; without any, [BusinessRoutes] and
// [WalletRoutes].
func Record(dir string, tables ...Routes) *Recorder {
	return &Recorder{dir: dir, tables: orKnown(tables)}
}

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
	Body   json.RawMessage   `json:"body,omitempty"` // JSON
	Text   string            `json:"text,omitempty"` // anything else
}

// keptHeaders are the response headers a client could act on.
var keptHeaders = []string{"Content-Type", "Retry-After", "Location", "Server", "Deprecation", "Sunset"}

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
	if out.Header.Get("Accept-Encoding") != "" { // then the answer would come as it was compressed, and not be scrubbed
		out = out.Clone(out.Context())
		out.Header.Del("Accept-Encoding")
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
	if coding := resp.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return nil, fmt.Errorf("djamotest: record %s %s: the answer is compressed (%s) although the request did not ask for it, "+
			"and cannot be scrubbed", r.Method, r.URL.Path, coding)
	}
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	if err := rec.store(newScrubber(r, rec.phones, rec.tables), r, body, resp, answer); err != nil {
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
	old, err := exchangeFiles(rec.dir)
	if err != nil || len(old) > 0 {
		return fmt.Errorf("djamotest: %s holds a recording already; record into an empty directory and compare with Drift", rec.dir)
	}
	salt, err := newSalt(rec.dir)
	if err != nil {
		return fmt.Errorf("djamotest: cannot record: %w", err)
	}
	rec.ready, rec.counts, rec.phones = true, make(map[string]int), &pseudonyms{salt: salt}
	return nil
}

func (rec *Recorder) store(s scrubber, r *http.Request, body []byte, resp *http.Response, answer []byte) error {
	x := exchange{
		Request:  s.request(r, body),
		Response: recordedResponse{Status: resp.StatusCode, Header: make(map[string]string)},
	}
	var isJSON bool
	if x.Response.Body, isJSON = s.object(resp.Header.Get("Content-Type"), answer); !isJSON {
		x.Response.Text = s.other(resp.Header.Get("Content-Type"), answer)
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
	name := fileName(x.Request, rec.tables)
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
