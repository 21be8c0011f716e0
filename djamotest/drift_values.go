package djamotest

import (
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// fieldValues is what the values of a field have shown of what it can be.
type fieldValues struct {
	signs map[string]bool
	blank map[string]bool // texts that stand for nothing
	texts int             // how many do not
	words map[string]int  // how often each came, as long as all are words
	other bool            // there were texts that are no words
	sent  bool            // there were texts of the request
	ids   map[string]*idForm
}

const (
	negative    = "negative"
	notNegative = "zero or more"
)

func (v *fieldValues) addNumber(n string) {
	sign := notNegative
	if strings.HasPrefix(n, "-") && strings.Trim(n, "-0.eE+") != "" {
		sign = negative
	}
	v.signs = with(v.signs, sign)
}

// word is what a value of a closed set looks like.
var word = lazily(`^\pL+(?:[_./-]\pL+)*$`)

const maxWord = 40

func (v *fieldValues) addText(t string, sent bool) {
	switch {
	case isBlank(t):
		v.blank = with(v.blank, fmt.Sprintf("%q", t))
		return
	case len(t) <= maxWord && word().MatchString(t):
		if v.words == nil {
			v.words = make(map[string]int)
		}
		v.words[t]++
	default:
		v.other = true
	}
	v.texts++
	v.sent = v.sent || sent
	v.addID(t)
}

// isBlank says whether a text stands for nothing: an empty one, and what programs write for a value that they lack.
func isBlank(t string) bool {
	switch strings.ToLower(strings.Trim(strings.TrimSpace(t), "()<>")) {
	case "", "null", "nil", "none", "undefined", "nan", "nonetype":
		return true
	}
	return false
}

func with(set map[string]bool, value string) map[string]bool {
	if set == nil {
		set = make(map[string]bool)
	}
	set[value] = true
	return set
}

// compareValues compares what the values of a field say, beside its type.
func compareValues(change DriftChange, before, now *answerShape) (changes []DriftChange) {
	field := change.Field
	old, current := before.fields[field].values, now.fields[field].values
	report := func(kind DriftKind, was, is string) {
		change.Kind, change.Old, change.New = kind, was, is
		changes = append(changes, change)
	}
	if len(old.signs) > 0 && !old.signs[negative] && current.signs[negative] {
		report(FieldChangedSign, notNegative, negative)
	}
	if len(old.signs) > 0 && !old.signs[notNegative] && current.signs[notNegative] {
		report(FieldChangedSign, negative, notNegative)
	}
	if fresh := missing(old.blank, current.blank); old.texts > 0 && len(fresh) > 0 {
		was := "never so"
		if len(old.blank) > 0 {
			was = list(slices.Collect(maps.Keys(old.blank)))
		}
		report(FieldBecameBlank, was, list(fresh))
	}
	if fresh := newValues(field, before, current); len(fresh) > 0 {
		report(FieldNewValue, list(slices.Collect(maps.Keys(old.words))), list(fresh))
	}
	if isIDName(field) && !slices.Contains(before.free, lastName(field)) {
		if was, is := changedForms(old.ids, current.ids); is != "" {
			report(FieldChangedForm, was, is)
		}
	}
	return changes
}

func missing(old, current map[string]bool) (fresh []string) {
	for value := range current {
		if !old[value] {
			fresh = append(fresh, value)
		}
	}
	return fresh
}

// newValues are the values outside a field's set: that which its route names, or that which was seen. Every value of a set
// counts as seen when none came only once; a set of which some values came once has more that did not come yet.
func newValues(field string, before *answerShape, current fieldValues) (fresh []string) {
	old := before.fields[field].values
	known, documented := before.route.Closed[ownName(field)]
	if !documented && !old.isClosedSet(before.free, field) {
		return nil
	}
	for value := range current.words {
		if old.words[value] == 0 && !slices.Contains(known, value) {
			fresh = append(fresh, value)
		}
	}
	if current.other && !old.other && documented {
		fresh = append(fresh, "texts of another kind")
	}
	return fresh
}

// isClosedSet says whether the values of a field look like a set of which every value came.
func (v *fieldValues) isClosedSet(free []string, field string) bool {
	if len(v.words) == 0 || v.other || v.sent || isIDName(field) || slices.Contains(free, lastName(field)) {
		return false
	}
	for _, times := range v.words {
		if times < 2 {
			return false
		}
	}
	return true
}

// list writes values one after the other, the same way each time.
func list(values []string) string {
	slices.Sort(values)
	const maxValues = 12
	if len(values) > maxValues {
		values = append(values[:maxValues:maxValues], "…")
	}
	return strings.Join(values, " or ")
}

// lastName is the name of a field without those of the objects around it.
func lastName(field string) string {
	field = strings.TrimRight(field, "[]")
	return field[strings.LastIndexByte(field, '.')+1:]
}

// mediaOf is a Content-Type as a client depends on it: UTF-8 is what it expects anyway.
func mediaOf(value string) string {
	media, parameters, err := mime.ParseMediaType(value)
	switch {
	case err != nil:
		return "unreadable"
	case parameters["charset"] != "" && !strings.EqualFold(parameters["charset"], "utf-8"):
		return media + "; charset=" + strings.ToLower(parameters["charset"])
	}
	return media
}

// typeOfMoment tells seconds from dates.
func typeOfMoment(value string) string {
	const digits = "0123456789"
	if value != "" && strings.Trim(value, digits) == "" {
		return "seconds"
	}
	if strings.HasPrefix(value, "@") && strings.Trim(value[1:], digits) == "" {
		return "structured date"
	}
	if _, err := http.ParseTime(value); err == nil {
		return "date"
	}
	if _, err := time.ParseDuration(value); err == nil {
		return "duration"
	}
	return typeOfText(value)
}

// targetOf is where a Location leads, its ids replaced.
func targetOf(value string, tables []Routes) string {
	target, err := url.Parse(value)
	if err != nil {
		return "unreadable"
	}
	host := ""
	if target.Host != "" {
		host = target.Scheme + "://" + target.Host
	}
	return host + template(tables, http.MethodGet, target.Path)
}
