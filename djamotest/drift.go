package djamotest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// DriftKind says how an answer has changed.
type DriftKind string

// The kinds of drift.
const (
	FieldAppeared       DriftKind = "appeared"
	FieldVanished       DriftKind = "vanished"
	FieldChangedType    DriftKind = "changed type"
	FieldBecameOptional DriftKind = "became optional" // some objects lack what none of them did
	FieldBecameConstant DriftKind = "is always there" // the reverse
	AnswerAppeared      DriftKind = "answer appeared" // a call, or a status of it, that the old recording does not have
	AnswerVanished      DriftKind = "answer vanished"
)

// DriftChange is one difference between two recordings.
type DriftChange struct {
	Endpoint string // as in "POST /v1/transactions", ids replaced by {id}
	Status   int    // of the answers compared
	Field    string // as in "data[].reference", "(body)" for the body itself; empty when Kind is about the whole answer
	Kind     DriftKind
	// The types, as in "integer", "null or string" or "optional string"; where only the presence changed, how often it was
	// there, as in "in 1 of 2".
	Old, New string
}

// String is the change for a person to read.
func (c DriftChange) String() string {
	out := fmt.Sprintf("%s %d", c.Endpoint, c.Status)
	if c.Field != "" {
		out += ": " + c.Field
	}
	out += " " + string(c.Kind)
	switch {
	case c.Kind == FieldBecameOptional, c.Kind == FieldBecameConstant:
		out += fmt.Sprintf(": was %s, is %s", c.Old, c.New)
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
// amounts differ from run to run; but the type of a text tells timestamps in their three forms apart.
//
// A field that some of an endpoint's objects have and others lack, items of a list above all, is optional. Drift is also
// when a field becomes optional that none lacked, and the reverse. The fields of a list's items have not vanished when the
// new recording only has that list empty. What is in a charge's metadata belongs to whoever made the charge, and is not
// looked at.
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

// answerShape holds what every field of an answer was seen as.
type answerShape map[string]*fieldShape

// fieldShape is what a field was seen as, and how often it was there.
type fieldShape struct {
	types   map[string]bool
	objects int    // how often the field was an object
	present int    // in how many objects
	parent  string // the field which these objects were; "" for what has none
}

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

func (s answerShape) note(field, kind string) *fieldShape {
	if s[field] == nil {
		s[field] = &fieldShape{types: make(map[string]bool)}
	}
	s[field].types[kind] = true
	return s[field]
}

func (s answerShape) add(field string, v any) *fieldShape {
	shape := s.note(field, typeOf(v))
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			s.add(field+"[]", item)
		}
	case map[string]any:
		shape.objects++
		for name, value := range v {
			s.addMember(field, name, value)
		}
	}
	return shape
}

func (s answerShape) addMember(parent, name string, value any) {
	if _, object := value.(map[string]any); object && name == freeObject {
		value = map[string]any(nil)
	}
	if strings.ContainsAny(name, `.[]()"`) { // or it could be taken for another field
		name = strconv.Quote(name)
	}
	shape := s.add(strings.TrimPrefix(parent+"."+name, wholeBody+"."), value)
	shape.parent = parent
	shape.present++
}

// freeObject is the field whose content belongs to the user.
const freeObject = "metadata"

// optional says whether a field is missing from some of the objects that could have it.
func (s answerShape) optional(field string) bool {
	shape := s[field]
	return shape != nil && shape.parent != "" && shape.present < s[shape.parent].objects
}

// presence says how often a field was there.
func (s answerShape) presence(field string) string {
	if !s.optional(field) {
		return fmt.Sprintf("in all %d", s[field].present)
	}
	return fmt.Sprintf("in %d of %d", s[field].present, s[s[field].parent].objects)
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
		changes = append(changes, compareField(change, field, before, now)...)
	}
	return changes
}

func compareField(change DriftChange, field string, before, now answerShape) (changes []DriftChange) {
	change.Field, change.Old, change.New = field, before.types(field), now.types(field)
	switch {
	case before[field] == nil:
		change.Kind, change.New = FieldAppeared, now.described(field)
		return []DriftChange{change}
	case now[field] == nil && now.hasEmptyListOver(field):
		return nil
	case now[field] == nil:
		change.Kind, change.Old = FieldVanished, before.described(field)
		return []DriftChange{change}
	case change.Old != change.New:
		change.Kind = FieldChangedType
		changes = append(changes, change)
	}
	if was, is := before.optional(field), now.optional(field); was != is {
		change.Kind = FieldBecameConstant
		if is {
			change.Kind = FieldBecameOptional
		}
		change.Old, change.New = before.presence(field), now.presence(field)
		changes = append(changes, change)
	}
	return changes
}

// hasEmptyListOver says whether a field belongs to the items of a list that was only ever seen empty, and which says
// nothing about them therefore.
func (s answerShape) hasEmptyListOver(field string) bool {
	for end := range len(field) {
		if list, items := field[:end], field[:end]+"[]"; strings.HasPrefix(field, items) && s[list] != nil && s[list].types["array"] && s[items] == nil {
			return true
		}
	}
	return false
}

// types lists what a field was seen as.
func (s answerShape) types(field string) string {
	if s[field] == nil {
		return ""
	}
	return strings.Join(slices.Sorted(maps.Keys(s[field].types)), " or ")
}

// described is the same, and whether the field is optional.
func (s answerShape) described(field string) string {
	if s.optional(field) {
		return "optional " + s.types(field)
	}
	return s.types(field)
}

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
