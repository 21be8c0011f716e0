package djamotest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"slices"
	"strings"
	"time"
)

// DriftKind says how an answer has changed.
type DriftKind string

// The kinds of drift.
const (
	FieldAppeared    DriftKind = "appeared"
	FieldVanished    DriftKind = "vanished"
	FieldChangedType DriftKind = "changed type"
	AnswerAppeared   DriftKind = "answer appeared" // a call, or a status of it, that the old recording does not have
	AnswerVanished   DriftKind = "answer vanished"
)

// DriftChange is one difference between two recordings.
type DriftChange struct {
	Endpoint string // as in "POST /v1/transactions", ids replaced by {id}
	Status   int    // of the answers compared
	Field    string // as in "data[].reference", "(body)" for the body itself; empty when Kind is about the whole answer
	Kind     DriftKind
	Old, New string // the types, as in "integer" or "null or string"
}

// String is the change for a person to read.
func (c DriftChange) String() string {
	out := fmt.Sprintf("%s %d", c.Endpoint, c.Status)
	if c.Field != "" {
		out += ": " + c.Field
	}
	out += " " + string(c.Kind)
	switch {
	case c.Kind == FieldChangedType:
		out += fmt.Sprintf(" from %s to %s", c.Old, c.New)
	case c.Kind == FieldAppeared:
		out += " as " + c.New
	case c.Kind == FieldVanished:
		out += ", was " + c.Old
	}
	return out
}

// Drift compares two recordings made by [Record], of the same calls, and lists per endpoint and status every field of the
// answers that appeared, vanished or changed its type, in a fixed order. Values are not compared, since ids, times and
// amounts differ from run to run; but the type of a text tells timestamps in their three forms apart. The fields of a
// list's items have not vanished when the new recording only has that list empty.
func Drift(oldDir, newDir string) ([]DriftChange, error) {
	before, err := readShapes(oldDir)
	if err != nil {
		return nil, err
	}
	now, err := readShapes(newDir)
	if err != nil {
		return nil, err
	}
	var changes []DriftChange
	for _, answer := range slices.SortedFunc(maps.Keys(union(before, now)), answerKey.compare) {
		changes = append(changes, compareAnswers(answer, before[answer], now[answer])...)
	}
	return changes, nil
}

type answerKey struct {
	endpoint string
	status   int
}

func (a answerKey) compare(b answerKey) int {
	if order := strings.Compare(a.endpoint, b.endpoint); order != 0 {
		return order
	}
	return a.status - b.status
}

// mediaType stands for the Content-Type in the place of a field's name.
const mediaType = "(content type)"

// wholeBody stands for the body in the place of a field's name.
const wholeBody = "(body)"

// answerShape holds the types every field of an answer was seen with.
type answerShape map[string]map[string]bool

func readShapes(dir string) (map[answerKey]answerShape, error) {
	exchanges, err := readRecording(dir)
	if err != nil {
		return nil, err
	}
	out := make(map[answerKey]answerShape)
	for _, x := range exchanges {
		key := answerKey{endpointOf(x.Request), x.Response.Status}
		if out[key] == nil {
			out[key] = make(answerShape)
		}
		if media, _, err := mime.ParseMediaType(x.Response.Header["Content-Type"]); err == nil {
			out[key].note(mediaType, media)
		}
		if x.Response.Text != "" {
			out[key].add(wholeBody, x.Response.Text)
		}
		if len(x.Response.Body) == 0 {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(x.Response.Body))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			return nil, fmt.Errorf("djamotest: %s: cannot read an answer to %s: %w", dir, key.endpoint, err)
		}
		out[key].add(wholeBody, v)
	}
	return out, nil
}

func (s answerShape) note(field, kind string) {
	if s[field] == nil {
		s[field] = make(map[string]bool)
	}
	s[field][kind] = true
}

func (s answerShape) add(field string, v any) {
	s.note(field, typeOf(v))
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			s.add(field+"[]", item)
		}
	case map[string]any:
		for name, value := range v {
			s.add(strings.TrimPrefix(field+"."+name, wholeBody+"."), value)
		}
	}
}

// typeOf names a value's type as finely as a client might depend on it.
func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return "fraction"
		}
		return "integer"
	case []any:
		return "array"
	case string:
		return typeOfText(v)
	}
	return "object"
}

func compareAnswers(key answerKey, before, now answerShape) []DriftChange {
	change := DriftChange{Endpoint: key.endpoint, Status: key.status}
	switch {
	case before == nil:
		change.Kind = AnswerAppeared
		return []DriftChange{change}
	case now == nil:
		change.Kind = AnswerVanished
		return []DriftChange{change}
	}
	var changes []DriftChange
	for _, field := range slices.Sorted(maps.Keys(union(before, now))) {
		change.Field, change.Old, change.New = field, types(before[field]), types(now[field])
		switch {
		case change.Old == change.New:
			continue
		case before[field] == nil:
			change.Kind = FieldAppeared
		case now.hasEmptyListOver(field):
			continue
		case now[field] == nil:
			change.Kind = FieldVanished
		default:
			change.Kind = FieldChangedType
		}
		changes = append(changes, change)
	}
	return changes
}

// hasEmptyListOver says whether a field belongs to the items of a list that was only ever seen empty, and which says
// nothing about them therefore.
func (s answerShape) hasEmptyListOver(field string) bool {
	for end := range len(field) {
		if list, items := field[:end], field[:end]+"[]"; strings.HasPrefix(field, items) && s[list]["array"] && s[items] == nil {
			return true
		}
	}
	return false
}

func types(set map[string]bool) string { return strings.Join(slices.Sorted(maps.Keys(set)), " or ") }

// union holds the keys of both.
func union[K comparable, V any](a, b map[K]V) map[K]bool {
	out := make(map[K]bool, len(a))
	for k := range a {
		out[k] = true
	}
	for k := range b {
		out[k] = true
	}
	return out
}

// typeOfText tells timestamps from other texts.
func typeOfText(s string) string {
	switch {
	case matchesLayout(layoutCompact, s):
		return "compact timestamp"
	case matchesLayout(layoutMillis, s):
		return "timestamp"
	case matchesLayout(layoutSeconds, s):
		return "timestamp in seconds"
	}
	return "string"
}

func matchesLayout(layout, s string) bool {
	_, err := time.Parse(layout, s)
	return err == nil && len(s) == len(layout)
}
