package djamo

import (
	"bytes"
	"encoding/json"
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

// whole reports whether a body is the object itself, though it has a "data" of its own.
func whole(body []byte, out any) bool {
	o, ok := out.(object)
	return ok && json.Unmarshal(body, out) == nil && o.missing() == ""
}
