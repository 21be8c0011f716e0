package djamotest

import (
	"bytes"
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
	BodyDropped   bool   // the body, and the answer, had to make room; see [WithHistoryBytes]
	Answer        []byte // what the API answered, if [WithAnswerBodies] keeps it
	Status        int    // what the API answered, even if a fault kept the answer from arriving; 0 if there was none
	CorrelationID string
	Faults        []string // the faults injected into it
}

// requestLog remembers the latest requests in a ring.
type requestLog struct {
	mu      sync.Mutex
	limit   int
	answers int // how many bytes of an answer are kept
	count   int64
	base    int64 // the number of the last request that was forgotten by a reset
	ring    []record
	changes *changeCounter

	maxBytes, bytes int64
	whole           int64 // the number of the last request whose bodies were dropped
	seed            maphash.Seed
	headers         map[uint64]http.Header
}

// record is a request without what can be derived from its number.
type record struct {
	at                  int64
	method, path, query string
	header              http.Header
	body                []byte
	status              int
	more                *more // nil for most
}

// more is what few requests have.
type more struct {
	faults []string
	answer []byte
}

// open numbers a request and notes its arrival.
func (l *requestLog) open(r *http.Request, body []byte, at int64, faults []string) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	l.changes.bump()
	if l.limit == 0 {
		return l.count
	}
	rec := record{
		at:     at,
		method: r.Method,
		path:   r.URL.EscapedPath(),
		query:  r.URL.RawQuery,
		header: l.share(r.Header),
		body:   body,
	}
	if len(faults) > 0 {
		rec.more = &more{faults: faults}
	}
	if len(l.ring) < l.limit {
		l.ring = append(l.ring, rec)
	} else {
		oldest := l.at(l.count)
		l.bytes -= oldest.size()
		*oldest = rec
	}
	l.keep(int64(len(body)))
	return l.count
}

// finish notes what was answered.
func (l *requestLog) finish(number int64, raw rawReply) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changes.bump()
	if l.limit == 0 || number <= l.base || l.count-number >= int64(l.limit) {
		return
	}
	rec := l.at(number)
	rec.status = raw.status
	if l.answers == 0 || number <= l.whole {
		return
	}
	if rec.more == nil {
		rec.more = new(more)
	}
	rec.more.answer = raw.body
	if len(raw.body) > l.answers {
		rec.more.answer = bytes.Clone(raw.body[:l.answers]) // or the rest would stay in memory too
	}
	l.keep(int64(len(rec.more.answer)))
}

// at is the place of a request that is remembered.
func (l *requestLog) at(number int64) *record { return &l.ring[(number-1-l.base)%int64(l.limit)] }

// first is the number of the oldest request that is remembered.
func (l *requestLog) first() int64 { return l.count - int64(len(l.ring)) + 1 }

// keep counts bytes in and drops the bodies of the oldest requests that no longer fit.
func (l *requestLog) keep(added int64) {
	l.bytes += added
	for l.whole = max(l.whole, l.first()-1); l.bytes > l.maxBytes && l.whole < l.count; {
		l.whole++
		rec := l.at(l.whole)
		l.bytes -= rec.size()
		rec.body = nil
		if rec.more != nil {
			rec.more.answer = nil
		}
	}
}

// size is what a request's bodies weigh.
func (r *record) size() int64 {
	if r.more == nil {
		return int64(len(r.body))
	}
	return int64(len(r.body) + len(r.more.answer))
}

// share returns a copy of a header that equal headers share: a client's requests differ only in their length, and
// a separate header would take most of the memory of a stored request.
func (l *requestLog) share(h http.Header) http.Header {
	const maxHeaders = 4096
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
	if len(l.headers) < maxHeaders {
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
	for number := l.first(); number <= l.count; number++ {
		out = append(out, a.viewRequest(number))
	}
	return out
}

// viewRequest is a request that is remembered.
func (a *API) viewRequest(number int64) Request {
	rec := a.journal.at(number)
	r := Request{
		Number: number, At: moment(rec.at), Method: rec.method, Path: rec.path, Query: rec.query, Header: rec.header,
		Body: rec.body, BodyDropped: number <= a.journal.whole, Status: rec.status, CorrelationID: a.correlationID(number),
	}
	if rec.more != nil {
		r.Faults, r.Answer = rec.more.faults, rec.more.answer
	}
	return r
}
