package mycac

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

var (
	errNoObject = errors.New("it is no JSON object")
	errFollows  = errors.New("something follows the object")
)

// eachField hands out the fields of a JSON object in their order, and fails where the text is anything but one object.
func eachField(text []byte, take func(name string, raw json.RawMessage) error) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return errNoObject
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return jsonError(err)
		}
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			return jsonError(err)
		}
		if err := take(fmt.Sprint(name), raw); err != nil {
			return err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return jsonError(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) { // More takes a bracket too many for the end
		return errFollows
	}
	return nil
}

// jsonError says where JSON breaks off, without showing any of it.
func jsonError(err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("the JSON is broken at byte %d", syntax.Offset)
	}
	return errors.New("the JSON is cut off")
}
