package djamotest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// idName finds the fields that hold ids.
var idName = lazily(`^(?:.*_)?(?:ids?|ID|uuid|guid|refs?|reference)$|(?:Ids?|IDs?|UUID|Uuid|Reference)$`)

func isIDName(field string) bool { return idName().MatchString(lastName(field)) }

// idForm is how ids with one prefix were seen.
type idForm struct {
	lengths map[int]bool // of what follows the prefix
	letters int          // how many characters came, in all
	classes [5]int       // how many of each class
}

// The classes of characters that alphabets are made of.
const (
	digitClass = iota
	lowerHex
	lowerOther
	upperHex
	upperOther
)

// uuid has a form of its own, whatever its version.
var uuid = lazily(`^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`)

// idPrefix is what says what kind of thing an id is of, as in txn_.
var idPrefix = lazily(`^[A-Za-z]{1,12}[_:-]`)

// addID notes the form of an id.
func (v *fieldValues) addID(t string) {
	if strings.ContainsAny(t, " *") { // no id, or one that is masked
		return
	}
	prefix, rest := "", t
	if !uuid().MatchString(t) {
		prefix = idPrefix().FindString(t)
		rest = t[len(prefix):]
	}
	if uuid().MatchString(rest) {
		prefix += "UUID"
	}
	if signs := signsOf(rest); signs != "" && !uuid().MatchString(rest) {
		prefix += "…" + signs
	}
	if v.ids == nil {
		v.ids = make(map[string]*idForm)
	}
	form := v.ids[prefix]
	if form == nil {
		form = &idForm{lengths: make(map[int]bool)}
		v.ids[prefix] = form
	}
	form.lengths[len(rest)] = true
	for _, c := range rest {
		if class, ok := classOf(c); ok {
			form.classes[class]++
			form.letters++
		}
	}
}

// signsOf are the characters of an id that are neither letters nor digits, each once.
func signsOf(id string) string {
	signs := map[rune]bool{}
	for _, c := range id {
		if _, ok := classOf(c); !ok {
			signs[c] = true
		}
	}
	return string(slices.Sorted(maps.Keys(signs)))
}

func classOf(c rune) (class int, ok bool) {
	switch {
	case c >= '0' && c <= '9':
		return digitClass, true
	case c >= 'a' && c <= 'f':
		return lowerHex, true
	case c >= 'g' && c <= 'z':
		return lowerOther, true
	case c >= 'A' && c <= 'F':
		return upperHex, true
	case c >= 'G' && c <= 'Z':
		return upperOther, true
	}
	return 0, false
}

// changedForms compares the forms of a field's ids; both results are empty when they may well be the same.
func changedForms(old, current map[string]*idForm) (was, is string) {
	if len(old) == 0 || len(current) == 0 {
		return "", ""
	}
	for _, prefix := range slices.Sorted(maps.Keys(current)) {
		switch form := old[prefix]; {
		case form == nil, form.mismatch(current[prefix]):
			return describeForms(old), describeForms(current)
		}
	}
	return "", ""
}

// mismatch says whether ids have another length or alphabet than others with the same prefix. Ids whose lengths differ among
// themselves have none.
func (f *idForm) mismatch(other *idForm) bool {
	if len(f.lengths) == 1 && !maps.Equal(f.lengths, other.lengths) {
		return true
	}
	for class := range f.classes {
		if unlikely(f.classes[class], f.letters, other.classes[class], other.letters) ||
			unlikely(other.classes[class], other.letters, f.classes[class], f.letters) {
			return true
		}
	}
	return false
}

// unlikely says whether a class of characters is missing that should have come, if it were as frequent as elsewhere: when
// seven are to be expected, all are missing by chance once in a thousand times.
func unlikely(count, of, elsewhere, ofElsewhere int) bool {
	const expected = 7
	return count == 0 && ofElsewhere > 0 && elsewhere*of >= expected*ofElsewhere
}

func describeForms(forms map[string]*idForm) string {
	var out []string
	for prefix, form := range forms {
		lengths := slices.Sorted(maps.Keys(form.lengths))
		length := fmt.Sprint(lengths[0])
		if len(lengths) > 1 {
			length += " to " + fmt.Sprint(lengths[len(lengths)-1])
		}
		if prefix != "" {
			prefix += " and "
		}
		out = append(out, prefix+length+" of "+form.alphabet())
	}
	return list(out)
}

// alphabet names the characters as they came.
func (f *idForm) alphabet() string {
	var parts []string
	for _, part := range []struct {
		class         int
		name, covered string
	}{{digitClass, "0-9", ""}, {lowerOther, "a-z", ""}, {lowerHex, "a-f", "a-z"}, {upperOther, "A-Z", ""}, {upperHex, "A-F", "A-Z"}} {
		if f.classes[part.class] > 0 && !slices.Contains(parts, part.covered) {
			parts = append(parts, part.name)
		}
	}
	if len(parts) == 0 {
		return "signs"
	}
	return strings.Join(parts, "")
}
