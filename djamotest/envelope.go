package djamotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"sync"
)

// apiError is a refusal: a status and what the envelope's message says.
type apiError struct {
	status   int
	messages []string
	list     bool // the API's validation lists its messages; its other errors have one
}

func (e *apiError) Error() string { return strconv.Itoa(e.status) + " " + joinMessages(e.messages) }

// refuse makes the error a handler returns to have the API's envelope sent.
func refuse(status int, message string) error {
	return &apiError{status: status, messages: []string{message}}
}

// invalid is the error of the API's validation, whose message is a list.
func invalid(problems []string) error {
	return &apiError{status: http.StatusBadRequest, messages: problems, list: true}
}

// envelope is the API's error body, field for field.
type envelope struct {
	StatusCode    int    `json:"statusCode"`
	Message       any    `json:"message"`
	Error         string `json:"error"`
	CorrelationID string `json:"correlationId"`
	Path          string `json:"path"`
	Timestamp     string `json:"timestamp"`
}

// exceptionName is the envelope's "error": the name of the exception, spelled as the reference spells the one for 400.
func exceptionName(status int) string {
	switch status {
	case http.StatusTooManyRequests:
		return "Throttler Exception"
	case http.StatusRequestEntityTooLarge:
		return "Payload Too Large Exception"
	}
	return http.StatusText(status) + " Exception"
}

// reply is what a handler returns. It is written only after the faults have been applied.
type reply struct {
	status int
	body   any
}

// rawReply is a reply ready for the wire.
type rawReply struct {
	status int
	header http.Header // beside Content-Type and Content-Length; often nil
	html   bool
	body   []byte
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// encode writes JSON as the API's runtime does: without escaping <, > and &.
func encode(v any) ([]byte, error) {
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.Clone(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// render turns a handler's result into bytes.
func (a *API) render(c *call, rep reply, err error) rawReply {
	if err != nil {
		rep = a.envelope(c, err)
	}
	body, err := encode(a.shape(rep))
	if err == nil && a.cfg.extraFields {
		body, err = withExtraFields(body)
	}
	if err != nil { // nothing a handler returns can fail to encode, so this is a defect of this package
		rep = a.envelope(c, refuse(http.StatusInternalServerError, "djamotest: cannot encode the reply: "+err.Error()))
		body, _ = encode(rep.body)
	}
	return rawReply{status: rep.status, body: body}
}

func (a *API) envelope(c *call, err error) reply {
	var refused *apiError
	if !errors.As(err, &refused) {
		refused = &apiError{status: http.StatusInternalServerError, messages: []string{err.Error()}}
	}
	var message any = refused.messages
	if !a.cfg.messageArray && (a.cfg.messageString || !refused.list) {
		message = joinMessages(refused.messages)
	}
	return reply{status: refused.status, body: envelope{
		StatusCode: refused.status, Message: message, Error: exceptionName(refused.status),
		CorrelationID: a.correlationID(c.number), Path: c.path, Timestamp: a.timestamp(c.at),
	}}
}

func (w rawReply) writeHeader(to http.ResponseWriter) {
	h := to.Header()
	maps.Copy(h, w.header)
	if w.html {
		h["Content-Type"] = htmlContentType
	} else {
		h["Content-Type"] = jsonContentType
	}
	h["Content-Length"] = []string{strconv.Itoa(len(w.body))}
	to.WriteHeader(w.status)
}

// Shared between replies; net/http only reads them.
var (
	jsonContentType = []string{"application/json; charset=utf-8"}
	htmlContentType = []string{"text/html; charset=UTF-8"}
)
