package djamo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// object is what one of the API's objects can say of itself.
type object interface {
	// missing names the field without which an answer is none; "" when the answer is whole.
	missing() string
}

// missingIn is what a value says of itself that can: "" when it is whole, and of anything else.
func missingIn(value any) string {
	if o, ok := value.(object); ok {
		return o.missing()
	}
	return ""
}

// single is where an answer about one object is decoded to: bare, or wrapped in {"data": {…}} as some integrations see
// it. The usual, bare form is decoded once; only a body that has "data" in it somewhere is looked at twice. What is
// decoded is one or the other, never a mixture: the envelope may have a status of its own.
type single[T any] struct {
	value T
	// want is the id or key that the object must bear, as keyOf reads it; "" for any.
	want  string
	keyOf func(*T) string
}

// decode reads the body. The object is the outer one when that has the field without which there is none.
func (s *single[T]) decode(body []byte) error {
	inner := unwrap(body)
	if inner == nil {
		return s.decodeBare(body)
	}
	if failureOf(body) {
		return errors.New("its envelope says that it is no success")
	}
	first, second := body, inner
	if field := missingIn(&s.value); field != "" && !hasField(body, field) { // of the zero value
		first, second = inner, body
	}
	err := s.decodeBare(first)
	if err == nil {
		return nil
	}
	*s = single[T]{want: s.want, keyOf: s.keyOf}
	if s.decodeBare(second) == nil {
		return nil
	}
	return err
}

func (s *single[T]) decodeBare(body []byte) error {
	if err := json.Unmarshal(body, &s.value); err != nil {
		return err
	}
	if field := missingIn(&s.value); field != "" {
		return fmt.Errorf("it has no %q", field)
	}
	if s.want != "" {
		switch got := s.keyOf(&s.value); got {
		case s.want:
		case "":
			return fmt.Errorf("it does not name %s", quoted(s.want))
		default:
			return fmt.Errorf("it is about another, %s", quoted(got))
		}
	}
	return nil
}

// unwrap returns the object inside {"data": {…}}, or nil when the body is not of that form.
func unwrap(body []byte) []byte {
	if !bytes.Contains(body, []byte(`"data"`)) {
		return nil
	}
	var envelope struct {
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(body, &envelope) != nil || !bytes.HasPrefix(envelope.Data, []byte("{")) {
		return nil
	}
	return envelope.Data
}

// tells reports whether the body of a 200 tells of something: it is JSON, of any shape and perhaps cut off, neither empty
// nor an envelope that calls itself a failure. Pages of proxies and hotel networks are 200s too, and they are none.
func tells(body []byte) bool {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	if !bytes.HasPrefix(body, []byte("{")) && !bytes.HasPrefix(body, []byte("[")) {
		return false
	}
	return !isNothing(body) && !failureOf(body)
}

// hasField reports whether an object has a field that is not null.
func hasField(body []byte, name string) bool {
	var fields map[string]json.RawMessage
	return json.Unmarshal(body, &fields) == nil && len(fields[name]) > 0 && string(fields[name]) != "null"
}

// missingID is what every object with an id says of itself.
func missingID(id string) string {
	if id == "" {
		return "id"
	}
	return ""
}
