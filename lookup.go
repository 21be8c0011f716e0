package djamo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/djamo/djamo-go/internal/transport"
)

// findByKey asks a listing for a key. What comes back must bear the key that was asked for: a server that ignores
// the question would otherwise be taken for one that answers it.
//
// A key that counts as absent is sent again, so ErrNotFound is for answers that can mean nothing else. The rest of the
// answer comes back too, for callers to judge whether there may be more.
func findByKey[T any](ctx context.Context, c *Client, e endpoint, key string, keyOf func(*T) string, opts []RequestOption) (*T, lookup[T], error) {
	var answer lookup[T]
	r, err := c.newRequest(ctx, transport.Read, e, nil, opts)
	if err != nil {
		return nil, answer, err
	}
	err = c.do(ctx, r, &answer)
	if answer.doubt == "" && r.Status != http.StatusOK {
		answer.doubt = "has the status " + strconv.Itoa(r.Status)
	}
	if err != nil {
		page := (*Error)(nil)
		if errors.Is(err, ErrNotFound) && (r.Status != http.StatusNotFound || !errors.As(err, &page) || !saysNotFound(page)) {
			err = fmt.Errorf("%w: %s", ErrUnexpectedAnswer, err) // the word of somebody else, who knows nothing of payments
		}
		return nil, answer, err
	}
	bears := func(one T) bool { return keyOf(&one) == key }
	if first := slices.IndexFunc(answer.found, bears); first >= 0 {
		found := &answer.found[first]
		switch field := missingIn(found); {
		case field != "":
			err = fmt.Errorf("djamo: %s %s: what bears %s has no %q: %w", e.method, e.template, quoted(key), field, ErrUnexpectedAnswer)
		case slices.ContainsFunc(answer.found[first+1:], bears):
			err = fmt.Errorf("djamo: %s %s: more than one bears %s: %w", e.method, e.template, quoted(key), ErrUnexpectedAnswer)
		default:
			return found, answer, nil
		}
		return nil, answer, err
	}
	switch {
	case answer.doubt != "":
		err = fmt.Errorf("djamo: %s %s: asked for %s, the answer %s: %w", e.method, e.template, quoted(key), answer.doubt, ErrUnexpectedAnswer)
	case len(answer.found) > 0:
		err = fmt.Errorf("djamo: %s %s: asked for %s: %w", e.method, e.template, quoted(key), errOthers)
	default:
		err = fmt.Errorf("djamo: %s %s: nothing under %s: %w", e.method, e.template, quoted(key), ErrNotFound)
	}
	return nil, answer, err
}

// errOthers is an answer about other keys than the one asked for. It is an ErrUnexpectedAnswer.
var errOthers = fmt.Errorf("the answer bears other references: %w", ErrUnexpectedAnswer)

// lookup decodes any shape the answer of a look-up may have: a page, an array, an object, any of these inside
// {"data": …}.
type lookup[T any] struct {
	found []T
	next  string // of a page
	count int    // of a page: its own items or all there are, which is not documented
	page  bool   // the answer is an object with an array of "data", as a listing is
	ends  bool   // the page says itself that it is the last
	doubt string // why the answer proves nothing about what is not in it; "" when it does
}

func (l *lookup[T]) decode(body []byte) error {
	const layers = 3 // of {"data": …}: every one of them is a whole reading of what is inside
	return l.decodeWithin(body, layers)
}

func (l *lookup[T]) decodeWithin(body []byte, layers int) error {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return errors.New("it is empty")
	case bytes.Equal(body, []byte("null")):
		l.doubt = "is null"
		return nil
	case body[0] == '[':
		return json.Unmarshal(body, &l.found)
	}
	var envelope struct {
		Data   json.RawMessage `json:"data"`
		ID     json.RawMessage `json:"id"`
		Cursor *Cursor         `json:"cursor"`
		Count  int             `json:"count"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return err
	}
	switch {
	case len(envelope.ID) > 0 && string(envelope.ID) != "null":
		l.found = make([]T, 1)
		return json.Unmarshal(body, &l.found[0])
	case envelope.Data == nil:
		return errors.New(`it has neither "id" nor "data"`)
	case layers == 0:
		return errors.New(`it has too many layers of "data"`)
	}
	err := l.decodeWithin(envelope.Data, layers-1)
	l.page = l.page || envelope.Data[0] == '['
	l.count = max(l.count, envelope.Count)
	if l.next == "" && envelope.Cursor != nil {
		l.next = envelope.Cursor.Next
		l.ends = l.next == ""
	}
	if l.doubt == "" {
		l.doubt = doubtOf(body, envelopeLayers)
	}
	return err
}

// envelopeLayers is how deep an envelope such as {"meta": {"pagination": …}} is looked into: far beyond any, and each layer
// is read again.
const envelopeLayers = 10

// doubtOf says what in the envelope of an answer speaks against taking it for a page of all there is: that it calls
// itself a failure, that it has more to come, or that it can be read two ways. It has been read as JSON before.
func doubtOf(envelope []byte, layers int) string {
	if layers == 0 {
		return "has too many layers"
	}
	fields := json.NewDecoder(bytes.NewReader(envelope))
	_, _ = fields.Token() // the brace
	seen := map[string]bool{}
	for fields.More() {
		name, _ := fields.Token()
		text, _ := name.(string)
		var value json.RawMessage
		_ = fields.Decode(&value)
		key := strings.ToLower(strings.ToUpper(text)) // as encoding/json folds names: it would read either of the two
		if seen[key] {
			return "has a name twice"
		}
		seen[key] = true
		switch key {
		case "success", "ok", "statuscode", "status", "code", "error", "errors":
			if isFailure(key, value) {
				return "says that it is no success"
			}
		case "message", "messages":
			if !isNothing(value) {
				return "holds a message"
			}
		case "hasmore", "has_more", "nextcursor", "next_cursor", "next", "total", "totalcount", "total_count":
			if !isNothing(value) {
				return "has more to come"
			}
		case "meta", "pagination", "links", "paging":
			if bytes.HasPrefix(value, []byte("[")) && !isNothing(value) {
				return "lists what may be more to come"
			}
			if doubt := doubtOf(value, layers-1); doubt != "" {
				return doubt
			}
		case "cursor":
			if strings.Contains(strings.ToLower(string(value)), `more":true`) {
				return "has more to come"
			}
		}
	}
	return ""
}

// isFailure reads a field by which an envelope says how it went.
func isFailure(key string, value []byte) bool {
	var number int
	switch text := strings.Trim(strings.ToLower(string(value)), `"`); {
	case text == "null":
		return false
	case key == "error", key == "errors":
		return !isNothing(value)
	case key == "success", key == "ok":
		return text != "true"
	case json.Unmarshal(value, &number) == nil:
		return number >= http.StatusBadRequest
	case key == "statuscode":
		return true
	default:
		return strings.HasPrefix(text, "err") || strings.HasPrefix(text, "fail")
	}
}

// failureOf reports whether the envelope of a single object says that the request failed, whatever is in it.
func failureOf(envelope []byte) bool {
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(envelope, &fields) // it has been read before
	for _, key := range []string{"success", "ok", "statusCode", "error", "errors"} {
		if value, there := fields[key]; there && isFailure(strings.ToLower(key), value) {
			return true
		}
	}
	return false
}

// saysNotFound reports whether a 404 is the API's own word on a payment, and not a gateway's or a router's on the path.
func saysNotFound(refusal *Error) bool {
	var envelope struct {
		StatusCode int `json:"statusCode"`
	}
	if !isObject(refusal.Body) || json.Unmarshal(refusal.Body, &envelope) != nil || envelope.StatusCode != http.StatusNotFound {
		return false
	}
	return !slices.ContainsFunc(refusal.Messages, func(m string) bool {
		// Express and Nest, Fastify, and Azure's gateway, of a path that they were not told of.
		return strings.HasPrefix(m, "Cannot ") || strings.HasPrefix(m, "Route ") || m == "Resource not found" && refusal.CorrelationID == ""
	})
}

func isNothing(value []byte) bool {
	switch string(value) {
	case "null", "false", `""`, "[]", "{}", "0":
		return true
	}
	return false
}

// isObject reports whether a body is a JSON object, as the API's own refusals are.
func isObject(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) && json.Valid(body)
}
