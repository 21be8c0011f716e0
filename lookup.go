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
	"time"

	"github.com/djamo/djamo-go/internal/transport"
	"github.com/djamo/djamo-go/internal/wire"
)

// findByKey asks a listing for a key. What comes back must bear the key that was asked for: a server that ignores
// the question would otherwise be taken for one that answers it.
//
// A key that counts as absent is sent again, so ErrNotFound is for answers that can mean nothing else. The rest of the
// answer comes back too, for callers to judge whether there may be more.
func findByKey[T any](
	ctx context.Context, c *Client, e wire.Endpoint, key string, keyOf func(*T) string, opts []RequestOption,
) (*T, lookup[T], error) {
	var answer lookup[T]
	r, err := c.newRequest(ctx, transport.Read, e, nil, opts)
	if err != nil {
		return nil, answer, err
	}
	err = c.do(ctx, r, &answer)
	answer.date, answer.sentSince = r.ResponseHeader.Get("Date"), r.sentSince
	if answer.ambiguity == "" && r.Status != http.StatusOK {
		answer.ambiguity = "has the status " + strconv.Itoa(r.Status)
	}
	if err != nil {
		page := (*Error)(nil)
		if errors.Is(err, ErrNotFound) && (r.Status != http.StatusNotFound || !errors.As(err, &page) || !saysNotFound(page)) {
			err = fmt.Errorf("%w: %s", ErrUnexpectedAnswer, err) // a proxy's 404, not the API's
		}
		return nil, answer, err
	}
	bears := func(one T) bool { return keyOf(&one) == key }
	if first := slices.IndexFunc(answer.found, bears); first >= 0 {
		found := &answer.found[first]
		switch field := missingIn(found); {
		case field != "":
			err = fmt.Errorf("djamo: %s %s: the object under %s has no %q: %w", e.Method, e.Template, quoted(key), field, ErrUnexpectedAnswer)
		case slices.ContainsFunc(answer.found[first+1:], bears):
			err = fmt.Errorf("djamo: %s %s: more than one object is under %s: %w", e.Method, e.Template, quoted(key), ErrUnexpectedAnswer)
		default:
			return found, answer, nil
		}
		return nil, answer, err
	}
	switch {
	case answer.ambiguity != "":
		err = fmt.Errorf("djamo: %s %s: asked for %s, the answer %s: %w",
			e.Method, e.Template, quoted(key), answer.ambiguity, ErrUnexpectedAnswer)
	case len(answer.found) > 0:
		err = fmt.Errorf("djamo: %s %s: asked for %s: %w", e.Method, e.Template, quoted(key), errOthers)
	default:
		err = fmt.Errorf("djamo: %s %s: nothing under %s: %w", e.Method, e.Template, quoted(key), ErrNotFound)
	}
	return nil, answer, err
}

// errOthers is an answer about other keys than the one asked for. It is an ErrUnexpectedAnswer.
var errOthers = fmt.Errorf("the answer holds other references: %w", ErrUnexpectedAnswer)

// lookup decodes any shape the answer of a look-up may have: a page, an array, an object, any of these inside
// {"data": …}.
type lookup[T any] struct {
	found []T
	next  string // of a page
	count int    // of a page: its own items or all there are, which is not documented
	page  bool   // the answer is an object with an array of "data", as a listing is
	ends  bool   // the page says itself that it is the last
	// unreadable names the fields of what was found that were left out: see repair.
	unreadable []string
	ambiguity  string // why the answer proves nothing about what is not in it; "" when it does

	date      string    // when the API says that it answered
	sentSince time.Time // see WithSentSince
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
		l.ambiguity = "is null"
		return nil
	case body[0] == '[':
		var err error
		l.unreadable, err = decodeItems(body, &l.found)
		return err
	}
	var envelope struct {
		Data   json.RawMessage `json:"data"`
		ID     json.RawMessage `json:"id"`
		Cursor *Cursor         `json:"cursor"`
		Count  wholeNumber     `json:"count"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return err
	}
	switch {
	case len(envelope.ID) > 0 && string(envelope.ID) != "null":
		l.found = make([]T, 1)
		var err error
		l.unreadable, err = decodeInto(body, &l.found[0])
		return err
	case envelope.Data == nil:
		return errors.New(`it has neither "id" nor "data"`)
	case layers == 0:
		return errors.New(`it has too many layers of "data"`)
	}
	err := l.decodeWithin(envelope.Data, layers-1)
	l.page = l.page || envelope.Data[0] == '['
	l.count = max(l.count, int(envelope.Count))
	if l.next == "" && envelope.Cursor != nil {
		l.next = envelope.Cursor.Next
		l.ends = l.next == ""
	}
	if l.ambiguity == "" {
		l.ambiguity = ambiguityOf(body, envelopeLayers)
	}
	return err
}

// envelopeLayers is how deep an envelope such as {"meta": {"pagination": …}} is looked into: far beyond any, and each layer
// is read again.
const envelopeLayers = 10

// ambiguityOf says what in the envelope of an answer speaks against taking it for a page of all there is: it calls itself a
// failure, has more to come, or can be read two ways. It has been read as JSON before.
func ambiguityOf(envelope []byte, layers int) string {
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
				return "reports a failure"
			}
		case "message", "messages":
			if !isNothing(value) {
				return "holds a message"
			}
		case "hasmore", "has_more", "nextcursor", "next_cursor", "next", "total", "totalcount", "total_count", "hasnext", "has_next",
			"hasnextpage", "has_next_page", "nextpage", "next_page", "nexttoken", "next_token", "nextpagetoken", "next_page_token":
			if !isNothing(value) {
				return "has more to come"
			}
		case "pages", "totalpages", "total_pages", "pagecount", "page_count", "lastpage", "last_page":
			var count wholeNumber
			if _ = json.Unmarshal(value, &count); count > 1 && string(value) != "true" { // which says that it is the last
				return "has more to come"
			}
		case "meta", "pagination", "links", "paging":
			if bytes.HasPrefix(value, []byte("[")) && !isNothing(value) {
				return "lists what may be more to come"
			}
			if ambiguity := ambiguityOf(value, layers-1); ambiguity != "" {
				return ambiguity
			}
		case "cursor":
			if leadsOn(value) {
				return "has more to come"
			}
		}
	}
	return ""
}

// leadsOn reports whether a cursor of another form than the documented one says that there is more: only what is called "next" is
// read as a place to go on from.
func leadsOn(cursor []byte) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal(cursor, &fields) != nil {
		return !isNothing(cursor) // a text or a number is a place, too
	}
	for name, value := range fields {
		switch strings.ReplaceAll(strings.ToLower(name), "_", "") {
		case "more", "hasmore", "hasnext", "hasnextpage", "after", "nextcursor", "nextpage", "endcursor", "nexttoken":
			if !isNothing(value) {
				return true
			}
		}
	}
	return false
}

// isFailure reads a field by which an envelope says how it went.
func isFailure(key string, value []byte) bool {
	var number wholeNumber
	switch text := strings.Trim(strings.ToLower(string(value)), `"`); {
	case text == "null":
		return false
	case key == "error", key == "errors":
		return !isNothing(value)
	case key == "success", key == "ok":
		return text != "true"
	case json.Unmarshal(value, &number) == nil && number != unreadableNumber:
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
		StatusCode wholeNumber `json:"statusCode"`
	}
	if !isObject(refusal.Body) || json.Unmarshal(refusal.Body, &envelope) != nil || envelope.StatusCode != http.StatusNotFound {
		return false
	}
	return !slices.ContainsFunc(refusal.Messages, func(m string) bool {
		// Express and Nest, Fastify, and Azure's gateway, of a path that they do not know.
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
