package djamo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"

	"github.com/djamo/djamo-go/internal/onepass"
)

// object is one of the API's objects.
type object interface {
	// missing names a required field that is absent; "" when the object is complete.
	missing() string
}

// missingIn names the required field that a value lacks; "" when it is complete, or no object of the API.
func missingIn(value any) string {
	if o, ok := value.(object); ok {
		return o.missing()
	}
	return ""
}

// single decodes an answer about one object: bare, or wrapped in {"data": {…}} as some integrations see it. The usual, bare
// form is decoded once. Only a body that contains "data" is decoded twice. The result is one or the other and never a mixture,
// because the envelope may have a status of its own.
type single[T any] struct {
	value T
	// unreadable names the fields that were left out: see repair.
	unreadable []string
	// want is the id or key that the object must bear, as keyOf reads it; "" for any.
	want  string
	keyOf func(*T) string
}

// decode reads the body. The outer object counts if it has the required field.
func (s *single[T]) decode(body []byte) error {
	inner := unwrap(body)
	if inner == nil {
		return s.decodeBare(body)
	}
	if failureOf(body) {
		return errors.New("its envelope reports a failure")
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
	var err error
	if s.unreadable, err = decodeWhole(body, &s.value); err != nil {
		return err
	}
	if s.want != "" {
		switch got := s.keyOf(&s.value); got {
		case s.want:
		case "":
			return fmt.Errorf("it does not name %s", quoted(s.want))
		default:
			return fmt.Errorf("it is about another object, %s", quoted(got))
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

// isAPIBody reports whether the body of a 200 can be the API's: JSON of any shape, perhaps cut off, that is neither empty nor
// an envelope that reports a failure. Proxies and hotel networks answer 200 too, with pages of their own.
func isAPIBody(body []byte) bool {
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

// missingID implements object for everything that has an id.
func missingID(id string) string {
	if id == "" {
		return "id"
	}
	return ""
}

// partial is an object that can be used although a secondary field cannot be read: a payment that was found must not count as
// unknown because of its fee.
type partial interface {
	// strict reports whether a field must be readable. The name may be in any case, as in encoding/json.
	strict(field string) bool
}

// repairer repairs the value of a field that cannot be read as it is.
type repairer interface {
	// repairField returns what can be read in place of the value, and names what was left out of it; nil for nothing.
	repairField(field string, value []byte) (repaired []byte, unreadable []string)
}

// decodeWhole is decodeInto for an object that must have its required field.
func decodeWhole[T any](body []byte, out *T) (unreadable []string, err error) {
	if unreadable, err = decodeInto(body, out); err != nil {
		return nil, err
	}
	if field := missingIn(out); field != "" {
		return nil, fmt.Errorf("it has no %q", field)
	}
	return unreadable, nil
}

// decodeInto reads an object. The names are those of the fields that cannot be read, which stay zero.
func decodeInto[T any](body []byte, out *T) (unreadable []string, err error) {
	if readInOnePass(body, out) {
		return nil, nil
	}
	if err = json.Unmarshal(body, out); err == nil {
		return nil, nil
	}
	repaired, unreadable := repair[T](body)
	if repaired == nil {
		return nil, err
	}
	var whole T
	if json.Unmarshal(repaired, &whole) != nil {
		return nil, err
	}
	*out = whole
	return unreadable, nil
}

// decodeItems reads an array of objects.
func decodeItems[T any](body []byte, out *[]T) (unreadable []string, err error) {
	if readInOnePass(body, out) {
		return nil, nil
	}
	if err = json.Unmarshal(body, out); err == nil {
		return nil, nil
	}
	var raw []json.RawMessage
	if json.Unmarshal(body, &raw) != nil {
		return nil, err
	}
	items := make([]T, len(raw))
	for i, one := range raw {
		left, err := decodeInto(one, &items[i])
		if err != nil {
			return nil, err
		}
		unreadable = appendNames(unreadable, fmt.Sprintf("[%d].", i), left)
	}
	*out = items
	return unreadable, nil
}

// repair returns the object without its unreadable secondary fields; nil when there are none.
func repair[T any](body []byte) (repaired []byte, unreadable []string) {
	var object any = new(T)
	lenient, ok := object.(partial)
	if !ok || !json.Valid(body) {
		return nil, nil
	}
	mender, _ := object.(repairer)
	members, _ := fieldsOf(body)
	changed := false
	kept := []byte("{")
	for name, value := members.next(); name != nil; name, value = members.next() {
		if json.Unmarshal(bytes.Join([][]byte{[]byte("{"), name, []byte(":"), value, []byte("}")}, nil), new(T)) != nil {
			field := fieldText(name)
			var mended []byte
			var left []string
			if mender != nil {
				mended, left = mender.repairField(field, value)
			}
			switch {
			case mended != nil:
				changed, value = true, mended
				unreadable = appendNames(unreadable, field, left)
			case !lenient.strict(field):
				changed = true
				unreadable = appendNames(unreadable, "", []string{field})
				continue
			}
		}
		if len(kept) > 1 {
			kept = append(kept, ',')
		}
		kept = append(append(append(kept, name...), ':'), value...)
	}
	if !changed {
		return nil, nil
	}
	return append(kept, '}'), unreadable
}

// appendNames bounds the list: an answer may hold thousands of items, all with the same fault.
func appendNames(list []string, prefix string, names []string) []string {
	const enough = 20
	for _, name := range names {
		if len(list) < enough {
			list = append(list, prefix+name)
		}
	}
	return list
}

// isOneOf compares as encoding/json does.
func isOneOf(field string, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(field, name) })
}

func (t *Transaction) strict(field string) bool {
	return isOneOf(field, "id", "reference", "amount", "status")
}

// repairField reads a phone number that is written as a JSON number.
func (t *Transaction) repairField(field string, value []byte) (repaired []byte, unreadable []string) {
	if isOneOf(field, "msisdn") && isDigits(string(value)) {
		return []byte(`"` + string(value) + `"`), nil
	}
	return nil, nil
}

// What was paid and refunded decides whether money is given back once more, so it must be readable.
func (c *Charge) strict(field string) bool {
	return isOneOf(field, "id", "externalId", "amount", "status", "paid", "refunded")
}

func (b *Batch) strict(field string) bool { return isOneOf(field, "id", "status", "transactions") }

// repairField repairs the payments of the batch.
func (b *Batch) repairField(field string, value []byte) (repaired []byte, unreadable []string) {
	var raw []json.RawMessage
	if !isOneOf(field, "transactions") || json.Unmarshal(value, &raw) != nil {
		return nil, nil
	}
	for i, one := range raw {
		if mended, left := repair[Transaction](one); mended != nil {
			raw[i] = mended
			unreadable = appendNames(unreadable, fmt.Sprintf("[%d].", i), left)
		}
	}
	repaired, err := json.Marshal(raw)
	if err != nil {
		return nil, nil
	}
	return repaired, unreadable
}

func (c *SubCompany) strict(field string) bool { return isOneOf(field, "id", "name", "isActive") }

func (e *WebhookEndpoint) strict(field string) bool { return isOneOf(field, "id", "topic", "url") }

// wholeNumber is a count in an answer, in any form that a JSON number has. What cannot be read is more than any: a page that
// may have more to come proves nothing.
type wholeNumber int

const unreadableNumber wholeNumber = math.MaxInt32

// UnmarshalJSON never fails.
func (n *wholeNumber) UnmarshalJSON(data []byte) error {
	read, rule := readNumber(data)
	switch {
	case rule == "" && read >= math.MinInt32 && read <= math.MaxInt32:
		*n = wholeNumber(read)
	case string(data) != "null":
		*n = unreadableNumber
	}
	return nil
}

// reportUnreadable logs the fields of an answer that were left out, and hands them to WithResponse.
func (c *Client) reportUnreadable(ctx context.Context, r *request, out any) {
	answer, ok := out.(interface{ left() []string })
	if !ok || len(answer.left()) == 0 {
		return
	}
	if r.response != nil {
		r.response.Unreadable = answer.left()
	}
	if c.settings.logger != nil {
		c.settings.logger.LogAttrs(ctx, slog.LevelWarn, "djamo: fields of an answer cannot be read",
			slog.String("method", r.Method), slog.String("path", c.transport.Scrub(r.Template)), slog.Any("fields", answer.left()))
	}
}

func (s *single[T]) left() []string  { return s.unreadable }
func (l *listing[T]) left() []string { return l.unreadable }
func (l *lookup[T]) left() []string  { return l.unreadable }

// The objects that programs read by the thousand are read in one pass where they are as usual. encoding/json looks at every
// byte twice, finds fields by reflection and allocates each text: it took a sixth of the time of a get. Each of these reads
// what the tags of its type say: tests compare the two on any text, and on every field.

// readInOnePass reads an object, a page or a list. It returns false where encoding/json must decide: out then is zero.
func readInOnePass[T any](body []byte, out *T) bool {
	done := false
	switch out := any(out).(type) {
	case *Transaction: // a Reader of its own, which stays on the stack
		r := onepass.Read(body)
		out.readFrom(&r, nil)
		done = r.Done()
	case *Charge:
		r := onepass.Read(body)
		out.readFrom(&r, nil)
		done = r.Done()
	case *Batch:
		r := onepass.Read(body)
		out.readFrom(&r)
		done = r.Done()
	case *Page[Transaction]:
		r := onepass.Read(body)
		readPageFrom(&r, out, (*Transaction).readFrom)
		done = r.Done()
	case *Page[Charge]:
		r := onepass.Read(body)
		readPageFrom(&r, out, (*Charge).readFrom)
		done = r.Done()
	case *[]Transaction:
		r := onepass.Read(body)
		readItemsFrom(&r, out, (*Transaction).readFrom)
		done = r.Done()
	case *[]Charge:
		r := onepass.Read(body)
		readItemsFrom(&r, out, (*Charge).readFrom)
		done = r.Done()
	}
	if !done {
		*out = *new(T)
	}
	return done
}

func readAmount(r *onepass.Reader, amount *XOF) {
	if value := r.Value(); value != nil && amount.UnmarshalJSON(value) != nil {
		r.Fail()
	}
}

func readTime(r *onepass.Reader, instant *Timestamp) {
	if value := r.Value(); value != nil && instant.UnmarshalJSON(value) != nil {
		r.Fail()
	}
}
