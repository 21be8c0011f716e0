package djamo_test

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

// fault is what happens to one request of the script.
type fault string

const (
	fine            fault = "fine"
	dialRefused     fault = "connection refused"      // never left
	tlsBroken       fault = "TLS handshake broken"    // never left
	lostBefore      fault = "reset before processing" // left, nothing happened
	lostAfter       fault = "processed, then reset"   // left, carried out
	stalledAfter    fault = "processed, then stalled"
	truncatedAfter  fault = "processed, then truncated body"
	cutJSONAfter    fault = "processed, then half a JSON"
	serverErrBefore fault = "500 before processing"
	serverErrAfter  fault = "processed, then 500"
	emptyGateway    fault = "502 without a body"
	htmlGateway     fault = "503 with HTML"
	timeout408      fault = "408"
	limited         fault = "429"
	limitedSeconds  fault = "429 with seconds"
	limitedDate     fault = "429 with a date"
	limitedAnHour   fault = "429 with an hour"
	collision       fault = "409"
	badRequest      fault = "400"
	unprocessable   fault = "422"
	unauthorized    fault = "401"
	firewall        fault = "403 HTML"
	notFound        fault = "404"
	html404         fault = "404 HTML"
	htmlSuccess     fault = "processed, then 200 HTML"
	emptyObject     fault = "processed, then {}"
	otherReference  fault = "processed, then another reference"
	redirected      fault = "307"
	emptyPage       fault = "empty page"    // look-ups: not there (yet)
	bareArray       fault = "bare array"    // look-ups: found, as [..]
	bareObject      fault = "bare object"   // look-ups: found, as {..}
	wrappedObject   fault = "wrapped"       // look-ups: found, as {"data":{..}}
	wrappedArray    fault = "wrapped array" // look-ups: found, as {"data":[..]} without a cursor
)

// scriptedAPI is the smallest API that can lie in every way the policy has a row for. It runs over net.Pipe, so that
// a test lives wholly inside a synctest bubble: real HTTP, no real time.
type scriptedAPI struct {
	t      *testing.T
	mu     sync.Mutex
	writes []fault // consumed by POSTs and PUTs
	reads  []fault // consumed by GETs
	seen   []string
	sentAt []time.Time
	paid   map[string]map[string]any // by reference
	double int
	delay  time.Duration // before a request is looked at, and again before it is answered
	accept chan net.Conn
}

func newScriptedAPI(t *testing.T, writes, reads []fault) *scriptedAPI {
	t.Helper()
	return &scriptedAPI{t: t, writes: writes, reads: reads, paid: map[string]map[string]any{}, accept: make(chan net.Conn)}
}

// client builds a client on the API. Every request dials, so that a dial fault hits the request it is meant for.
func (a *scriptedAPI) client(opts ...djamo.Option) *djamo.Client {
	a.t.Helper()
	server := &http.Server{Handler: a, ReadHeaderTimeout: time.Hour}
	go func() { _ = server.Serve(pipeListener{a}) }()
	transport := &http.Transport{DisableKeepAlives: true, DialContext: a.dial}
	a.t.Cleanup(func() {
		_ = server.Close()
		transport.CloseIdleConnections()
	})
	opts = append([]djamo.Option{
		djamo.WithBaseURL("http://127.0.0.1:1/prefix"),
		djamo.WithHTTPClient(&http.Client{Transport: dialFaults{a, transport}}),
	}, opts...)
	client, err := djamo.NewClient("at_secret_token", opts...)
	require.NoError(a.t, err)
	return client
}

type pipeListener struct{ a *scriptedAPI }

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
	a    *scriptedAPI
	next http.RoundTripper
}

type methodKey struct{}

func (d dialFaults) RoundTrip(req *http.Request) (*http.Response, error) {
	return d.next.RoundTrip(req.WithContext(context.WithValue(req.Context(), methodKey{}, req.Method)))
}

func (a *scriptedAPI) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	method, _ := ctx.Value(methodKey{}).(string)
	a.mu.Lock()
	script := a.script(method)
	if len(*script) > 0 && ((*script)[0] == dialRefused || (*script)[0] == tlsBroken) {
		first := (*script)[0]
		*script = (*script)[1:]
		a.mu.Unlock()
		if first == dialRefused {
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

func (a *scriptedAPI) script(method string) *[]fault {
	if method == http.MethodGet {
		return &a.reads
	}
	return &a.writes
}

func (a *scriptedAPI) next(method string) fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen = append(a.seen, method)
	a.sentAt = append(a.sentAt, time.Now())
	script := a.script(method)
	if len(*script) == 0 {
		return fine
	}
	first := (*script)[0]
	*script = (*script)[1:]
	return first
}

func (a *scriptedAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	f := a.next(r.Method)
	a.dawdle(r)
	switch f {
	case lostBefore:
		panic(http.ErrAbortHandler) // closes the connection without a word
	case serverErrBefore:
		a.refuse(w, http.StatusInternalServerError)
	case emptyGateway:
		w.WriteHeader(http.StatusBadGateway)
	case htmlGateway:
		html(w, http.StatusServiceUnavailable, "<html><h1>Service Unavailable</h1></html>")
	case timeout408:
		a.refuse(w, http.StatusRequestTimeout)
	case limited, limitedSeconds, limitedDate, limitedAnHour:
		switch f {
		case limitedSeconds:
			w.Header().Set("Retry-After", "7")
		case limitedDate:
			w.Header().Set("Retry-After", time.Now().Add(9*time.Second).UTC().Format(http.TimeFormat))
		case limitedAnHour:
			w.Header().Set("Retry-After", "3600")
		}
		a.refuse(w, http.StatusTooManyRequests)
	case collision:
		a.refuse(w, http.StatusConflict)
	case badRequest:
		a.refuse(w, http.StatusBadRequest)
	case unprocessable:
		a.refuse(w, http.StatusUnprocessableEntity)
	case unauthorized:
		a.refuse(w, http.StatusUnauthorized)
	case notFound:
		a.refuse(w, http.StatusNotFound)
	case html404:
		html(w, http.StatusNotFound, "<html>no such page</html>")
	case firewall:
		html(w, http.StatusForbidden, "<html><title>Attention Required! | Cloudflare</title>Sorry, you have been blocked</html>")
	case redirected:
		http.Redirect(w, r, r.URL.Path+"?elsewhere", http.StatusTemporaryRedirect)
	case emptyPage:
		_, _ = io.WriteString(w, `{"count":0,"limit":15,"cursor":{"prev":null,"next":null},"data":[]}`)
	default:
		a.process(w, r, body, f)
	}
}

// dawdle takes its time, and goes on at once when the caller has left: what was sent is carried out all the same.
func (a *scriptedAPI) dawdle(r *http.Request) {
	select {
	case <-time.After(a.delay):
	case <-r.Context().Done():
	}
}

// process carries the request out and then treats the answer as the fault says.
func (a *scriptedAPI) process(w http.ResponseWriter, r *http.Request, body []byte, f fault) {
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
	case lostAfter:
		panic(http.ErrAbortHandler)
	case stalledAfter:
		<-r.Context().Done()
	case truncatedAfter:
		w.Header().Set("Content-Length", fmt.Sprint(len(answer)+100))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case cutJSONAfter:
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer[:len(answer)/2])
	case serverErrAfter:
		a.refuse(w, http.StatusInternalServerError)
	case htmlSuccess:
		html(w, http.StatusOK, "<html>welcome to the hotel network</html>")
	case emptyObject:
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "{}")
	default:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}
}

func (a *scriptedAPI) answer(r *http.Request, body []byte, f fault) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/prefix")
	if r.Method == http.MethodPost && (path == "/v1/transactions" || path == "/v1/charges") {
		var sent map[string]any
		if json.Unmarshal(body, &sent) != nil {
			return ""
		}
		key := fmt.Sprint(sent["reference"], sent["externalId"])
		if a.paid[key] != nil {
			return "409"
		}
		sent["id"], sent["status"] = "txn_"+key, "pending"
		a.paid[key] = sent
		if f == otherReference {
			return `{"id":"txn_x","reference":"somebody-else","externalId":"somebody-else","amount":1,"status":"pending"}`
		}
		return marshal(sent)
	}
	if r.Method == http.MethodGet && (r.URL.Query().Has("reference") || r.URL.Query().Has("externalId")) {
		var found []any
		one := a.paid[r.URL.Query().Get("reference")+"<nil>"]
		if one == nil {
			one = a.paid["<nil>"+r.URL.Query().Get("externalId")]
		}
		if one != nil {
			found = []any{one}
		}
		switch {
		case f == bareArray:
			return marshal(found)
		case f == bareObject:
			return marshal(one)
		case f == wrappedObject:
			return marshal(map[string]any{"data": one})
		case f == wrappedArray:
			return marshal(map[string]any{"data": found})
		case found == nil:
			return `{"count":0,"limit":15,"cursor":{"prev":null,"next":null},"data":[]}`
		}
		return marshal(map[string]any{"count": 1, "limit": 15, "cursor": map[string]any{"prev": nil, "next": nil}, "data": found})
	}
	if r.Method != http.MethodGet {
		a.double++ // every unkeyed write counts
	}
	id := "obj_1"
	if parts := strings.Split(path, "/"); len(parts) > 3 && strings.Contains(parts[3], "_") {
		id = parts[3]
	}
	return `{"id":"` + id + `","status":"processing","reference":"r","amount":1,"transactions":[{"id":"txn_1"}]}`
}

func (a *scriptedAPI) refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"statusCode":%d,"message":["scripted refusal"],"error":"Scripted","correlationId":"c0ffee"}`, status)
}

func html(w http.ResponseWriter, status int, page string) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, page)
}

func marshal(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// sequence is what the server saw, in order: "POST GET".
func (a *scriptedAPI) sequence() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.Join(a.seen, " ")
}
