package sandbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// problem is a refusal in words that exist in each language.
type problem struct {
	status int
	key    string
	args   []any
}

// Error is the refusal in English.
func (p *problem) Error() string { return p.in(english) }

func (p *problem) in(lang string) string { return fmt.Sprintf(word(lang, p.key), p.args...) }

func wrong(key string, args ...any) error { return &problem{http.StatusBadRequest, key, args} }

func missing(key string, args ...any) error { return &problem{http.StatusNotFound, key, args} }

// refused is what djamotest said to an action: something that the account's state does not allow.
func refused(err error) error {
	if err == nil {
		return nil
	}
	text := strings.TrimPrefix(err.Error(), "djamotest: ")
	if method, given, ok := strings.Cut(text, "("); ok && !strings.Contains(method, " ") {
		if what, said, ok := strings.Cut(given, "): "); ok { // AddCustomer(+225…): want …, but whoever reads it has called nothing
			text = strings.TrimPrefix(what+": "+said, ": ")
		}
	}
	return &problem{http.StatusConflict, "problem.refused", []any{text}}
}

// problemOf gives every error a status.
func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	return &problem{http.StatusInternalServerError, "problem.refused", []any{err.Error()}}
}

// problemView is a refusal on the wire.
type problemView struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// writeProblem says it in the language that the program asks for. English is that of programs that ask for none.
func writeProblem(w http.ResponseWriter, r *http.Request, p *problem) {
	var v problemView
	v.Error.Code, v.Error.Message = strings.TrimPrefix(p.key, "problem."), p.in(cmp.Or(acceptedLanguage(r), english))
	writeJSON(w, p.status, v)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // nothing here fails to encode
		status, body = http.StatusInternalServerError, []byte(`{"error":{"code":"internal","message":"cannot encode the answer"}}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}
