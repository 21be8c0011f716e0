package djamotest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

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
type answerShape struct {
	fields map[string]*fieldShape
	route  Route
	free   []string // names of fields whose values are anybody's
}

// fieldShape is what a field was seen as, and how often it was there.
type fieldShape struct {
	types   map[string]bool
	objects int    // how often the field was an object
	present int    // in how many objects
	parent  string // the field which these objects were; "" for what has none
	values  fieldValues
}

func readShapes(dir string, tables []Routes) (map[answerKey]*answerShape, error) {
	exchanges, err := readRecording(dir)
	if err != nil {
		return nil, err
	}
	out := make(map[answerKey]*answerShape)
	for _, x := range exchanges {
		key := answerKey{endpointOf(x.Request, tables), x.Response.Status}
		if out[key] == nil {
			table, route, _ := routeOf(tables, x.Request.Method, x.Request.Path)
			out[key] = &answerShape{fields: make(map[string]*fieldShape), route: route, free: table.Free}
		}
		if err := out[key].addAnswer(x, tables); err != nil {
			return nil, fmt.Errorf("djamotest: %s: cannot read an answer to %s: %w", dir, key.endpoint, err)
		}
	}
	return out, nil
}

func (s *answerShape) addAnswer(x exchange, tables []Routes) error {
	s.addHeaders(x.Response.Header, tables)
	if x.Response.Text != "" {
		s.add(wholeBody, x.Response.Text, nil)
	}
	if len(x.Response.Body) == 0 {
		return nil
	}
	v, err := decodeAny(x.Response.Body)
	if err != nil {
		return err
	}
	sent := map[string]bool{}
	if asked, err := decodeAny(x.Request.Body); err == nil {
		collectTexts(asked, sent)
	}
	s.add(wholeBody, v, sent)
	return nil
}

func decodeAny(raw []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return v, d.Decode(&v)
}

// answered stands for the answers as what their headers are fields of.
const answered = "(answer)"

// addHeaders notes the headers that a client acts on, and how often each is there.
func (s *answerShape) addHeaders(header map[string]string, tables []Routes) {
	s.note(answered, "answer").objects++
	for _, name := range keptHeaders {
		value, ok := header[name]
		field, kind := "(header "+name+")", typeOfText(value)
		switch name {
		case "Server": // names whoever answered, and nobody should act on it
			continue
		case "Content-Type":
			field, kind = mediaType, mediaOf(value)
		case "Retry-After":
			kind = typeOfMoment(value)
		case "Location":
			kind = targetOf(value, tables)
		case "Deprecation", "Sunset":
			kind = typeOfMoment(value)
		}
		if ok {
			shape := s.note(field, kind)
			shape.parent = answered
			shape.present++
		}
	}
}

func (s *answerShape) note(field, kind string) *fieldShape {
	if s.fields[field] == nil {
		s.fields[field] = &fieldShape{types: make(map[string]bool)}
	}
	s.fields[field].types[kind] = true
	return s.fields[field]
}

// add notes a value. sent are the texts of the request, which an answer may repeat.
func (s *answerShape) add(field string, v any, sent map[string]bool) *fieldShape {
	shape := s.note(field, typeOf(v))
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			s.add(field+"[]", item, sent)
		}
	case map[string]any:
		shape.objects++
		for name, value := range v {
			s.addMember(field, name, value, sent)
		}
	case json.Number:
		shape.values.addNumber(v.String())
	case string:
		shape.values.addText(v, sent[v])
	}
	return shape
}

func (s *answerShape) addMember(parent, name string, value any, sent map[string]bool) {
	_, object := value.(map[string]any)
	if strings.ContainsAny(name, `.[]()"`) { // or it could be taken for another field
		name = strconv.Quote(name)
	}
	field := strings.TrimPrefix(parent+"."+name, wholeBody+".")
	if object && slices.Contains(s.route.Foreign, ownName(field)) {
		value = map[string]any(nil)
	}
	shape := s.add(field, value, sent)
	shape.parent = parent
	shape.present++
}

// ownName is a field as the object has it that the answer is about: without the list or the object that wraps it.
func ownName(field string) string {
	for _, wrapping := range []string{wholeBody + "[].", "data[].", "data."} {
		field = strings.TrimPrefix(field, wrapping)
	}
	return strings.ReplaceAll(field, "[]", "")
}

// optional says whether a field is missing from some of the objects that could have it.
func (s *answerShape) optional(field string) bool {
	shape := s.fields[field]
	return shape != nil && shape.parent != "" && shape.present < s.fields[shape.parent].objects
}

// presence says how often a field was there.
func (s *answerShape) presence(field string) string {
	if !s.optional(field) {
		return fmt.Sprintf("in all %d", s.fields[field].present)
	}
	return fmt.Sprintf("in %d of %d", s.fields[field].present, s.fields[s.fields[field].parent].objects)
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
		if _, err := strconv.ParseInt(v.String(), 10, 64); err != nil {
			return "integer beyond int64"
		}
		return "integer"
	case []any:
		return "array"
	case string:
		return typeOfText(v)
	}
	return "object"
}

// hasEmptyListOver says whether a field belongs to the items of a list that was only ever seen empty, and which says
// nothing about them therefore.
func (s *answerShape) hasEmptyListOver(field string) bool {
	for end := range len(field) {
		if list, items := field[:end], field[:end]+"[]"; strings.HasPrefix(field,
			items) && s.fields[list] != nil && s.fields[list].types["array"] && s.fields[items] == nil {
			return true
		}
	}
	return false
}

// types lists what a field was seen as.
func (s *answerShape) types(field string) string {
	if s.fields[field] == nil {
		return ""
	}
	return strings.Join(slices.Sorted(maps.Keys(s.fields[field].types)), " or ")
}

// described is the same, and whether the field is optional.
func (s *answerShape) described(field string) string {
	if s.optional(field) {
		return "optional " + s.types(field)
	}
	return s.types(field)
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

// collectTexts gathers the texts of a request.
func collectTexts(v any, into map[string]bool) {
	switch v := v.(type) {
	case string:
		into[v] = true
	case []any:
		for _, item := range v {
			collectTexts(item, into)
		}
	case map[string]any:
		for _, value := range v {
			collectTexts(value, into)
		}
	}
}
