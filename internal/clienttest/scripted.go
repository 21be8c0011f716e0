package clienttest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/stretchr/testify/require"
)

// Fault is what happens to one request of the script.
type Fault string

const (
	Fine            Fault = "fine"
	DialRefused     Fault = "connection refused"      // never left
	TLSBroken       Fault = "TLS handshake broken"    // never left
	LostBefore      Fault = "reset before processing" // left, nothing happened
	LostAfter       Fault = "processed, then reset"   // left, carried out
	StalledAfter    Fault = "processed, then stalled"
	TruncatedAfter  Fault = "processed, then truncated body"
	CutJSONAfter    Fault = "processed, then half a JSON"
	ServerErrBefore Fault = "500 before processing"
	ServerErrAfter  Fault = "processed, then 500"
	EmptyGateway    Fault = "502 without a body"
	HTMLGateway     Fault = "503 with HTML"
	Timeout408      Fault = "408"
	Limited         Fault = "429"
	LimitedSeconds  Fault = "429 with seconds"
	LimitedDate     Fault = "429 with a date"
	LimitedAnHour   Fault = "429 with an hour"
	Collision       Fault = "409"
	BadRequest      Fault = "400"
	Unprocessable   Fault = "422"
	// UnprocessableAfter is carried out all the same.
	UnprocessableAfter Fault = "processed, then 422"
	Unauthorized       Fault = "401"
	Firewall           Fault = "403 HTML"
	NotFound           Fault = "404"
	HTML404            Fault = "404 HTML"
	HTMLSuccess        Fault = "processed, then 200 HTML"
	EmptyObject        Fault = "processed, then {}"
	OtherReference     Fault = "processed, then another reference"
	Redirected         Fault = "307"
	EmptyPage          Fault = "empty page"    // look-ups: not there (yet)
	BareArray          Fault = "bare array"    // look-ups: found, as [..]
	BareObject         Fault = "bare object"   // look-ups: found, as {..}
	WrappedObject      Fault = "wrapped"       // look-ups: found, as {"data":{..}}
	WrappedArray       Fault = "wrapped array" // look-ups: found, as {"data":[..]} without a cursor
)

// ScriptedAPI is the smallest API that can lie in every way the policy has a row for. It runs over net.Pipe, so that
// a test lives wholly inside a synctest bubble: real HTTP, no real time.
type ScriptedAPI struct {
	t      *testing.T
	mu     sync.Mutex
	Writes []Fault // consumed by POSTs and PUTs
	Reads  []Fault // consumed by GETs
	seen   []string
	SentAt []time.Time
	Paid   map[string]map[string]any // by reference
	Double int
	Delay  time.Duration // before a request is looked at, and again before it is answered
	accept chan net.Conn
}

func NewScriptedAPI(t *testing.T, writes, reads []Fault) *ScriptedAPI {
	t.Helper()
	return &ScriptedAPI{t: t, Writes: writes, Reads: reads, Paid: map[string]map[string]any{}, accept: make(chan net.Conn)}
}

// Client builds a client on the API. Every request dials, so that a dial fault hits the request it is meant for.
func (a *ScriptedAPI) Client(opts ...djamo.Option) *djamo.Client {
	a.t.Helper()
	server := &http.Server{Handler: a, ReadHeaderTimeout: time.Hour}
	go func() { _ = server.Serve(pipeListener{a}) }()
	transport := &http.Transport{DisableKeepAlives: true, DialContext: a.Dial}
	a.t.Cleanup(func() {
		_ = server.Close()
		transport.CloseIdleConnections()
	})
	opts = append([]djamo.Option{
		djamo.WithBaseURL("http://127.0.0.1:1/prefix"),
		djamo.WithHTTPClient(&http.Client{Transport: a.DialFaults(transport)}),
	}, opts...)
	client, err := djamo.NewClient("at_secret_token", opts...)
	require.NoError(a.t, err)
	return client
}

type pipeListener struct{ a *ScriptedAPI }

func (l pipeListener) Accept() (net.Conn, error) {
	conn, ok := <-l.a.accept
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}
func (l pipeListener) Close() error   { close(l.a.accept); return nil }
func (l pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// dialFaults tells dial which method is coming, since a dialer cannot see it.
type dialFaults struct {
	a    *ScriptedAPI
	next http.RoundTripper
}

type methodKey struct{}

// DialFaults wraps the transport that dials with [ScriptedAPI.Dial].
func (a *ScriptedAPI) DialFaults(next http.RoundTripper) http.RoundTripper {
	return dialFaults{a, next}
}

func (d dialFaults) RoundTrip(req *http.Request) (*http.Response, error) {
	return d.next.RoundTrip(req.WithContext(context.WithValue(req.Context(), methodKey{}, req.Method)))
}

func (a *ScriptedAPI) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	method, _ := ctx.Value(methodKey{}).(string)
	a.mu.Lock()
	script := a.script(method)
	if len(*script) > 0 && ((*script)[0] == DialRefused || (*script)[0] == TLSBroken) {
		first := (*script)[0]
		*script = (*script)[1:]
		a.mu.Unlock()
		if first == DialRefused {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
		}
		return nil, errors.New("remote error: tls: handshake failure")
	}
	a.mu.Unlock()
	client, server := net.Pipe()
	select {
	case a.accept <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (a *ScriptedAPI) script(method string) *[]Fault {
	if method == http.MethodGet {
		return &a.Reads
	}
	return &a.Writes
}

func (a *ScriptedAPI) next(method string) Fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen = append(a.seen, method)
	a.SentAt = append(a.SentAt, time.Now())
	script := a.script(method)
	if len(*script) == 0 {
		return Fine
	}
	first := (*script)[0]
	*script = (*script)[1:]
	return first
}

func (a *ScriptedAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	f := a.next(r.Method)
	a.dawdle(r)
	switch f {
	case LostBefore:
		panic(http.ErrAbortHandler) // closes the connection without a word
	case ServerErrBefore:
		a.refuse(w, http.StatusInternalServerError)
	case EmptyGateway:
		w.WriteHeader(http.StatusBadGateway)
	case HTMLGateway:
		html(w, http.StatusServiceUnavailable, "<html><h1>Service Unavailable</h1></html>")
	case Timeout408:
		a.refuse(w, http.StatusRequestTimeout)
	case Limited, LimitedSeconds, LimitedDate, LimitedAnHour:
		switch f {
		case LimitedSeconds:
			w.Header().Set("Retry-After", "7")
		case LimitedDate:
			w.Header().Set("Retry-After", time.Now().Add(9*time.Second).UTC().Format(http.TimeFormat))
		case LimitedAnHour:
			w.Header().Set("Retry-After", "3600")
		}
		a.refuse(w, http.StatusTooManyRequests)
	case Collision:
		a.refuse(w, http.StatusConflict)
	case BadRequest:
		a.refuse(w, http.StatusBadRequest)
	case Unprocessable:
		a.refuse(w, http.StatusUnprocessableEntity)
	case Unauthorized:
		a.refuse(w, http.StatusUnauthorized)
	case NotFound:
		a.refuse(w, http.StatusNotFound)
	case HTML404:
		html(w, http.StatusNotFound, "<html>no such page</html>")
	case Firewall:
		html(w, http.StatusForbidden, "<html><title>Attention Required! | Cloudflare</title>Sorry, you have been blocked</html>")
	case Redirected:
		http.Redirect(w, r, r.URL.Path+"?elsewhere", http.StatusTemporaryRedirect)
	case EmptyPage:
		_, _ = io.WriteString(w, `{"count":0,"limit":15,"cursor":{"prev":null,"next":null},"data":[]}`)
	default:
		a.process(w, r, body, f)
	}
}

// dawdle takes its time, and goes on at once when the caller has left: what was sent is carried out all the same.
func (a *ScriptedAPI) dawdle(r *http.Request) {
	select {
	case <-time.After(a.Delay):
	case <-r.Context().Done():
	}
}

// process carries the request out and then treats the answer as the fault says.
func (a *ScriptedAPI) process(w http.ResponseWriter, r *http.Request, body []byte, f Fault) {
	status, answer := http.StatusOK, a.answer(r, body, f)
	a.dawdle(r)
	if answer == "" {
		a.refuse(w, http.StatusNotFound)
		return
	}
	if answer == "409" {
		a.refuse(w, http.StatusConflict)
		return
	}
	if r.Method == http.MethodPost {
		status = http.StatusCreated
	}
	switch f {
	case LostAfter:
		panic(http.ErrAbortHandler)
	case StalledAfter:
		<-r.Context().Done()
	case TruncatedAfter:
		w.Header().Set("Content-Length", fmt.Sprint(len(answer)+100))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case CutJSONAfter:
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer[:len(answer)/2])
	case ServerErrAfter:
		a.refuse(w, http.StatusInternalServerError)
	case UnprocessableAfter:
		a.refuse(w, http.StatusUnprocessableEntity)
	case HTMLSuccess:
		html(w, http.StatusOK, "<html>welcome to the hotel network</html>")
	case EmptyObject:
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "{}")
	default:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}
}

func (a *ScriptedAPI) answer(r *http.Request, body []byte, f Fault) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/prefix")
	if r.Method == http.MethodPost && (path == "/v1/transactions" || path == "/v1/charges") {
		var sent map[string]any
		if json.Unmarshal(body, &sent) != nil {
			return ""
		}
		key := fmt.Sprint(sent["reference"], sent["externalId"])
		if a.Paid[key] != nil {
			return "409"
		}
		sent["id"], sent["status"] = "txn_"+key, "pending"
		a.Paid[key] = sent
		if f == OtherReference {
			return `{"id":"txn_x","reference":"somebody-else","externalId":"somebody-else","amount":1,"status":"pending"}`
		}
		return Marshal(sent)
	}
	if r.Method == http.MethodGet && (r.URL.Query().Has("reference") || r.URL.Query().Has("externalId")) {
		var found []any
		one := a.Paid[r.URL.Query().Get("reference")+"<nil>"]
		if one == nil {
			one = a.Paid["<nil>"+r.URL.Query().Get("externalId")]
		}
		if one != nil {
			found = []any{one}
		}
		switch {
		case f == BareArray:
			return Marshal(found)
		case f == BareObject:
			return Marshal(one)
		case f == WrappedObject:
			return Marshal(map[string]any{"data": one})
		case f == WrappedArray:
			return Marshal(map[string]any{"data": found})
		case found == nil:
			return `{"count":0,"limit":15,"cursor":{"prev":null,"next":null},"data":[]}`
		}
		return Marshal(map[string]any{"count": 1, "limit": 15, "cursor": map[string]any{"prev": nil, "next": nil}, "data": found})
	}
	if r.Method != http.MethodGet {
		a.Double++ // every unkeyed write counts
	}
	id := "obj_1"
	if parts := strings.Split(path, "/"); len(parts) > 3 && strings.Contains(parts[3], "_") {
		id = parts[3]
	}
	return `{"id":"` + id + `","status":"processing","reference":"r","amount":1,"transactions":[{"id":"txn_1"}]}`
}

func (a *ScriptedAPI) refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"statusCode":%d,"message":["scripted refusal"],"error":"Scripted","correlationId":"c0ffee"}`, status)
}

func html(w http.ResponseWriter, status int, page string) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, page)
}

func Marshal(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// Sequence is what the server saw, in order: "POST GET".
func (a *ScriptedAPI) Sequence() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.Join(a.seen, " ")
}

// Gaps are the pauses between the requests the server saw, in whole seconds.
func (a *ScriptedAPI) Gaps() []int {
	a.mu.Lock()
	defer a.mu.Unlock()
	var gaps []int
	for i := 1; i < len(a.SentAt); i++ {
		gaps = append(gaps, int(a.SentAt[i].Sub(a.SentAt[i-1]).Seconds()))
	}
	return gaps
}

func (a *ScriptedAPI) Count(method string) (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, seen := range a.seen {
		if seen == method {
			n++
		}
	}
	return n
}

func (a *ScriptedAPI) IsPaid() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.Paid) > 0
}
