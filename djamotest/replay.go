package djamotest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
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
	dir    string
	tables []Routes
	test   reporter

	mu         sync.Mutex
	loaded     bool
	err        error
	phones     *pseudonyms
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
//
// Give it the tables that the recording was made with.
func Replay(dir string, tables ...Routes) *Replayer {
	return &Replayer{dir: dir, tables: orKnown(tables)}
}

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
	answer, err := rep.answer(r, body)
	if err != nil {
		rep.test.tb().Errorf("%s", err)
		return nil, err
	}
	return answer.response(r), nil
}

func (rep *Replayer) answer(r *http.Request, body []byte) (recordedResponse, error) {
	rep.mu.Lock()
	defer rep.mu.Unlock()
	err := rep.load()
	asked := newScrubber(r, rep.phones, rep.tables).request(r, body)
	if err != nil {
		rep.unrecorded = append(rep.unrecorded, asked.String())
		return recordedResponse{}, err
	}
	key := asked.key()
	queue := rep.answers[key]
	if len(queue) == 0 {
		call := asked.String()
		rep.unrecorded = append(rep.unrecorded, call)
		hint := "nothing was recorded for " + endpointOf(asked, rep.tables)
		if rep.calls[endpointOf(asked, rep.tables)] {
			hint = "only other requests, or fewer, were recorded for " + endpointOf(asked, rep.tables)
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
	rep.loaded, rep.phones = true, &pseudonyms{}
	rep.answers, rep.calls = make(map[string][]recordedResponse), make(map[string]bool)
	exchanges, err := readRecording(rep.dir)
	if err == nil {
		rep.phones.salt, err = readSalt(rep.dir)
	}
	if err != nil {
		rep.err = err
		return err
	}
	for _, x := range exchanges {
		rep.answers[x.Request.key()] = append(rep.answers[x.Request.key()], x.Response)
		rep.calls[endpointOf(x.Request, rep.tables)] = true
	}
	return nil
}

// exchangeFiles names a recording's exchanges in the order in which those of each call were made.
func exchangeFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".json") {
			names = append(names, e.Name())
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { // beyond .999.json the numbers grow longer
		callA, a := callAndNumber(a)
		callB, b := callAndNumber(b)
		return cmp.Or(strings.Compare(callA, callB), cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	})
	return names, nil
}

// callAndNumber splits GET_v1_balance.001.json.
func callAndNumber(name string) (call, number string) {
	name = strings.TrimSuffix(name, ".json")
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		return name[:dot], name[dot+1:]
	}
	return name, ""
}

// readRecording reads a directory's exchanges in the order of their names.
func readRecording(dir string) ([]exchange, error) {
	names, err := exchangeFiles(dir)
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("djamotest: %s holds no recording; make one with Record", dir)
	}
	out := make([]exchange, len(names))
	for i, name := range names {
		file := filepath.Join(dir, name)
		raw, err := os.ReadFile(file) // the caller names the directory
		if err != nil {
			return nil, fmt.Errorf("djamotest: cannot read the recording: %w", err)
		}
		d := json.NewDecoder(bytes.NewReader(raw))
		d.DisallowUnknownFields()
		if err := d.Decode(&out[i]); err != nil {
			return nil, fmt.Errorf("djamotest: %s is no recorded exchange: %w", file, err)
		}
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("djamotest: %s is no recorded exchange: something follows it", file)
		}
		if status := out[i].Response.Status; out[i].Request.Method == "" || status < 100 || status > 599 {
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

// response makes an answer out of a recorded one.
func (rec recordedResponse) response(r *http.Request) *http.Response {
	body := []byte(compact(rec.Body))
	if rec.Text != "" {
		body = []byte(rec.Text)
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
