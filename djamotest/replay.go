package djamotest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Replayer is a round tripper that answers from a recording; see [Replay].
type Replayer struct {
	dir  string
	test reporter

	mu         sync.Mutex
	loaded     bool
	err        error
	answers    map[string][]recordedResponse
	calls      map[string]bool // endpoints that were recorded, for the complaint
	unrecorded []string
}

// Replay answers requests from what [Record] stored in dir. A request is found by method, path, query and JSON body
// (scrubbed like the recording, whatever the order of its keys). Equal requests get their answers in the order in which
// they were recorded; a read that is repeated more often keeps getting the last one, a write does not.
//
// A request that was not recorded gets no answer but an error that says so. Since a client may take that for a lost
// connection, look at [Replayer.Unrecorded], or have it fail your test at once with [Replayer.FailTest].
func Replay(dir string) *Replayer { return &Replayer{dir: dir} }

// FailTest makes an unrecorded request fail the test as well, until the test ends. It returns the replayer.
func (rep *Replayer) FailTest(t testing.TB) *Replayer {
	t.Helper()
	rep.test.bind(t)
	t.Cleanup(rep.test.release)
	return rep
}

// Unrecorded lists the requests that were not in the recording, phone numbers masked.
func (rep *Replayer) Unrecorded() []string {
	rep.mu.Lock()
	defer rep.mu.Unlock()
	return slices.Clone(rep.unrecorded)
}

// RoundTrip implements http.RoundTripper.
func (rep *Replayer) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _, err := snapshot(r)
	if err != nil {
		return nil, err
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	asked := newScrubber(r).request(r, body)
	answer, err := rep.answer(asked)
	if err != nil {
		rep.test.tb().Errorf("%s", err)
		return nil, err
	}
	return answer.response(r), nil
}

func (rep *Replayer) answer(asked recordedRequest) (recordedResponse, error) {
	rep.mu.Lock()
	defer rep.mu.Unlock()
	if err := rep.load(); err != nil {
		return recordedResponse{}, err
	}
	key := asked.key()
	queue := rep.answers[key]
	if len(queue) == 0 {
		call := asked.String()
		rep.unrecorded = append(rep.unrecorded, call)
		hint := "nothing was recorded for " + endpointOf(asked)
		if rep.calls[endpointOf(asked)] {
			hint = "only other requests, or fewer, were recorded for " + endpointOf(asked)
		}
		return recordedResponse{}, fmt.Errorf("djamotest: %s has no answer to %s: %s; record it with Record", rep.dir, call, hint)
	}
	if len(queue) > 1 || asked.Method != http.MethodGet {
		rep.answers[key] = queue[1:]
	}
	return queue[0], nil
}

// load reads the recording, once.
func (rep *Replayer) load() error {
	if rep.loaded {
		return rep.err
	}
	rep.loaded = true
	rep.answers, rep.calls = make(map[string][]recordedResponse), make(map[string]bool)
	exchanges, err := readRecording(rep.dir)
	if err != nil {
		rep.err = err
		return err
	}
	for _, x := range exchanges {
		rep.answers[x.Request.key()] = append(rep.answers[x.Request.key()], x.Response)
		rep.calls[endpointOf(x.Request)] = true
	}
	return nil
}

// readRecording reads a directory's exchanges in the order of their names.
func readRecording(dir string) ([]exchange, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("djamotest: %s holds no recording; make one with Record", dir)
	}
	slices.Sort(files)
	out := make([]exchange, len(files))
	for i, file := range files {
		raw, err := os.ReadFile(file) // the caller names the directory
		if err != nil {
			return nil, fmt.Errorf("djamotest: cannot read the recording: %w", err)
		}
		d := json.NewDecoder(bytes.NewReader(raw))
		d.DisallowUnknownFields()
		if err := d.Decode(&out[i]); err != nil {
			return nil, fmt.Errorf("djamotest: %s is no recorded exchange: %w", file, err)
		}
		if out[i].Request.Method == "" || out[i].Response.Status < 100 {
			return nil, fmt.Errorf("djamotest: %s is no recorded exchange: method or status is missing", file)
		}
	}
	return out, nil
}

// key makes equal requests equal texts.
func (r recordedRequest) key() string {
	return r.Method + " " + r.Path + "?" + r.Query + " " + compact(r.Body)
}

func (r recordedRequest) String() string {
	out := r.Method + " " + r.Path
	if r.Query != "" {
		out += "?" + r.Query
	}
	if len(r.Body) > 0 {
		out += " " + compact(r.Body)
	}
	return out
}

func compact(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return string(raw)
	}
	return b.String()
}

// response makes an answer out of a recorded one. What is no JSON was stored as a JSON string.
func (rec recordedResponse) response(r *http.Request) *http.Response {
	body := []byte(compact(rec.Body))
	var text string
	if !strings.Contains(rec.Header["Content-Type"], "json") && json.Unmarshal(rec.Body, &text) == nil {
		body = []byte(text)
	}
	resp := &http.Response{
		StatusCode: rec.Status, Status: fmt.Sprintf("%d %s", rec.Status, http.StatusText(rec.Status)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: make(http.Header), Request: r,
		ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)),
	}
	for name, value := range rec.Header {
		resp.Header.Set(name, value)
	}
	return resp
}
