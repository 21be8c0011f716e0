package djamotest

import (
	"fmt"
	"maps"
	"slices"
)

// DriftKind says how an answer has changed.
type DriftKind string

// The kinds of drift.
const (
	FieldAppeared       DriftKind = "appeared"
	FieldVanished       DriftKind = "vanished"
	FieldChangedType    DriftKind = "changed type"
	FieldBecameOptional DriftKind = "became optional"  // some objects lack what none of them did
	FieldBecameConstant DriftKind = "is always there"  // the reverse
	FieldChangedSign    DriftKind = "has a new sign"   // a number is negative that never was, or the reverse
	FieldBecameBlank    DriftKind = "became empty"     // a text is empty, or a word for nothing such as "null", that never was
	FieldNewValue       DriftKind = "has a new value"  // outside a set of which every value is known or was seen
	FieldChangedForm    DriftKind = "changed its form" // an id has another prefix, length or alphabet
	AnswerAppeared      DriftKind = "answer appeared"  // a call, or a status of it, that the old recording does not have
	AnswerVanished      DriftKind = "answer vanished"
)

// DriftChange is one difference between two recordings.
type DriftChange struct {
	Endpoint string // as in "POST /v1/transactions", ids replaced by {id}
	Status   int    // of the answers compared
	Field    string // as in "data[].reference", "(body)" for the body itself; empty when Kind is about the whole answer
	Kind     DriftKind
	// The types, as in "integer", "null or string" or "optional string"; where only the presence changed, how often it was
	// there, as in "in 1 of 2"; otherwise the signs, values or forms that were seen before, and those that are new.
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
	case c.Kind == FieldChangedSign, c.Kind == FieldBecameBlank, c.Kind == FieldNewValue:
		out += fmt.Sprintf(": %s, was %s", c.New, c.Old)
	case c.Kind == FieldChangedType, c.Kind == FieldChangedForm:
		out += fmt.Sprintf(" from %s to %s", c.Old, c.New)
	case c.Kind == FieldAppeared:
		out += " as " + c.New
	case c.Kind == FieldVanished:
		out += ", was " + c.Old
	}
	return out
}

// Drift compares two recordings made by [Record], of the same calls, and lists per endpoint and status every field of the
// answers that appeared, vanished or changed its type, in a fixed order. The headers Content-Type, Retry-After, Location,
// Deprecation and Sunset count as fields. Values are not compared, since ids, times and amounts differ from run to run; but
// these are drift:
//
//   - an integer beyond int64, and another of the three forms of timestamps, which are types;
//   - a number with a sign that was never seen, and a text that became empty or "null";
//   - a value outside a set of which every value is known or was seen: the routes name those that a status, say, can have,
//     and a field whose old values are words of which each came twice is taken for such a set;
//   - ids of another form: another prefix, length or alphabet.
//
// A field that some of an endpoint's objects have and others lack, items of a list above all, is optional. Drift is also
// when a field becomes optional that none lacked, and the reverse. The fields of a list's items have not vanished when the
// new recording only has that list empty. What is in a charge's metadata belongs to whoever made the charge, and is not
// looked at; a field of that name elsewhere is.
//
// tables are the APIs that were called; without any, [BusinessRoutes] and [WalletRoutes].
func Drift(oldDir, newDir string, tables ...Routes) ([]DriftChange, error) {
	tables = orKnown(tables)
	before, err := readShapes(oldDir, tables)
	if err != nil {
		return nil, err
	}
	now, err := readShapes(newDir, tables)
	if err != nil {
		return nil, err
	}
	var changes []DriftChange
	for _, answer := range slices.SortedFunc(maps.Keys(union(before, now)), answerKey.compare) {
		changes = append(changes, compareAnswers(answer, before[answer], now[answer])...)
	}
	return changes, nil
}

func compareAnswers(key answerKey, before, now *answerShape) []DriftChange {
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
	for _, field := range slices.Sorted(maps.Keys(union(before.fields, now.fields))) {
		changes = append(changes, compareField(change, field, before, now)...)
	}
	return changes
}

func compareField(change DriftChange, field string, before, now *answerShape) (changes []DriftChange) {
	change.Field, change.Old, change.New = field, before.types(field), now.types(field)
	switch {
	case before.fields[field] == nil:
		change.Kind, change.New = FieldAppeared, now.described(field)
		return []DriftChange{change}
	case now.fields[field] == nil && now.hasEmptyListOver(field):
		return nil
	case now.fields[field] == nil:
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
	return append(changes, compareValues(change, before, now)...)
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
