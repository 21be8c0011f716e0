package djamo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// decodeObject reads a single object, bare or wrapped in {"data": {…}} as some integrations see it. The usual, bare
// form is decoded once; only a body that has "data" in it somewhere is looked at twice.
func decodeObject(body []byte, out any) error {
	if inner := unwrap(body); inner != nil && !whole(body, out) {
		body = inner
	}
	if err := json.Unmarshal(body, out); err != nil {
		return err
	}
	if o, ok := out.(object); ok {
		if field := o.missing(); field != "" {
			return fmt.Errorf("it has no %q", field)
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
		ID   json.RawMessage `json:"id"`
	}
	if json.Unmarshal(body, &envelope) != nil || envelope.ID != nil || !bytes.HasPrefix(envelope.Data, []byte("{")) {
		return nil
	}
	return envelope.Data
}

// decodeLookup reads the answer of a look-up by key, whose shape is not documented: a page, an array, an object,
// any of these inside {"data": …}, or null.
func decodeLookup[T any](body []byte) (found []T, next string, err error) {
	return decodeLookupWithin[T](body, 3)
}

// decodeLookupWithin looks into so many layers of {"data": …}: every one of them is a whole reading of what is inside.
func decodeLookupWithin[T any](body []byte, layers int) (found []T, next string, err error) {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return nil, "", errors.New("it is empty")
	case bytes.Equal(body, []byte("null")):
		return nil, "", nil
	case body[0] == '[':
		err = json.Unmarshal(body, &found)
		return found, "", err
	}
	var envelope struct {
		Data   json.RawMessage `json:"data"`
		ID     json.RawMessage `json:"id"`
		Cursor Cursor          `json:"cursor"`
	}
	if err = json.Unmarshal(body, &envelope); err != nil {
		return nil, "", err
	}
	switch {
	case envelope.ID != nil:
		var one T
		err = json.Unmarshal(body, &one)
		return []T{one}, "", err
	case envelope.Data != nil && layers == 0:
		return nil, "", errors.New(`it has too many layers of "data"`)
	case envelope.Data != nil:
		found, next, err = decodeLookupWithin[T](envelope.Data, layers-1)
		if next == "" {
			next = envelope.Cursor.Next
		}
		return found, next, err
	}
	return nil, "", errors.New(`it has neither "id" nor "data"`)
}

// whole reports whether a body is the object itself, though it has a "data" of its own.
func whole(body []byte, out any) bool {
	o, ok := out.(object)
	return ok && json.Unmarshal(body, out) == nil && o.missing() == ""
}
