package djamotest

import (
	"hash/maphash"
	"net/http"
	"sync"
	"time"
)

// Request is one request the server received, whatever became of it.
type Request struct {
	Number        int64 // counted from 1; ledger entries name it
	At            time.Time
	Method        string
	Path          string // as sent, base path included
	Query         string
	Header        http.Header // shared between requests: do not write to it. Authorization is not kept.
	Body          []byte
	Status        int // what the API answered, even if a fault kept the answer from arriving; 0 if there was none
	CorrelationID string
	Faults        []string // the injected faults it suffered
}

// requestLog remembers the latest requests in a ring.
type requestLog struct {
	mu      sync.Mutex
	limit   int
	count   int64
	ring    []record
	seed    maphash.Seed
	headers map[uint64]http.Header
}

// record is a request without what can be derived from its number.
type record struct {
	at                  int64
	method, path, query string
	header              http.Header
	body                []byte
	status              int
	faults              []string
}

// open numbers a request and notes its arrival.
func (l *requestLog) open(r *http.Request, body []byte, at int64, faults []string) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	if l.limit == 0 {
		return l.count
	}
	rec := record{at: at, method: r.Method, path: r.URL.EscapedPath(), query: r.URL.RawQuery, header: l.share(r.Header), body: body, faults: faults}
	if len(l.ring) < l.limit {
		l.ring = append(l.ring, rec)
	} else {
		l.ring[(l.count-1)%int64(l.limit)] = rec
	}
	return l.count
}

func (l *requestLog) finish(number int64, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limit == 0 || l.count-number >= int64(l.limit) {
		return
	}
	l.ring[(number-1)%int64(l.limit)].status = status
}

// share returns a copy of a header that equal headers share: a client's requests differ in little but their length, and
// a header of its own would be most of what a stored request weighs.
func (l *requestLog) share(h http.Header) http.Header {
	const most = 4096
	if l.headers == nil {
		l.headers = make(map[uint64]http.Header)
		l.seed = maphash.MakeSeed()
	}
	var sum uint64 // a sum, since a map has no order
	for name, values := range h {
		if name == "Authorization" || name == "Content-Length" {
			continue
		}
		part := maphash.String(l.seed, name)
		for _, v := range values {
			part = part*31 + maphash.String(l.seed, v)
		}
		sum += mix(part)
	}
	if shared, ok := l.headers[sum]; ok {
		return shared
	}
	clone := h.Clone()
	clone.Del("Authorization")
	clone.Del("Content-Length")
	if len(l.headers) < most {
		l.headers[sum] = clone
	}
	return clone
}

// Requests returns the latest requests, oldest first: every one unless there were more than [WithRequestHistory] keeps.
// They hold whole bodies, so whole phone numbers; they do not hold the token.
func (a *API) Requests() []Request {
	l := &a.journal
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Request, 0, len(l.ring))
	for number := l.count - int64(len(l.ring)) + 1; number <= l.count; number++ {
		rec := l.ring[(number-1)%int64(l.limit)]
		out = append(out, Request{
			Number: number, At: moment(rec.at), Method: rec.method, Path: rec.path, Query: rec.query,
			Header: rec.header, Body: rec.body, Status: rec.status, CorrelationID: a.correlationID(number),
			Faults: rec.faults,
		})
	}
	return out
}
