package lang

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/djamo/djamo-go/payroll/approval"
)

// made says a text that package payroll or the client has made, of a rule or a warning and of what was found. They speak
// English alone, and are not to know another language: the text is recognized by the form that it was made of.
func (l Language) made(english string) string {
	if l != French {
		return english
	}
	if text, ok := frenchTexts()[english]; ok {
		return text
	}
	if text, ok := frenchOfBare(english); ok {
		return text
	}
	const understood = " (understood are 50000, 50 000, 50.000, 50,000, 50 000,00, 50 000 F, 50 000 FCFA and XOF 50 000)"
	if rule, ok := strings.CutSuffix(english, understood); ok {
		return l.made(rule) + " (sont compris 50000, 50 000, 50.000, 50,000, 50 000,00, 50 000 F, 50 000 FCFA et XOF 50 000)"
	}
	if column, rule, ok := strings.Cut(english, ": "); ok && frenchColumn(column) != column {
		return frenchColumn(column) + " : " + l.made(rule)
	}
	if text := l.sentence(english); text != english {
		return text
	}
	for _, f := range frenchForms() {
		if found := f.english.FindStringSubmatch(english); found != nil {
			return f.say(found[1:])
		}
	}
	return english
}

// frenchColumn is what a column of a file of payouts is called.
func frenchColumn(column string) string {
	switch column {
	case "msisdn":
		return "téléphone"
	case "amount":
		return "montant"
	case "reference":
		return "référence"
	case "description":
		return "motif"
	case "name":
		return "nom"
	}
	return column
}

// form is a text with places for values, and the same in French.
type form struct {
	english *regexp.Regexp
	french  string
}

var (
	frenchForms     = sync.OnceValue(func() []form { return formsOf(frenchOfPlans()) })
	frenchSentences = sync.OnceValue(func() []form {
		texts := frenchOfJournals()
		maps.Copy(texts, frenchOfSigners())
		maps.Copy(texts, frenchOfSignatures())
		maps.Copy(texts, frenchOfTopics())
		for _, reason := range approval.Reasons() { // a worker has recorded them, too
			texts[reason.Format()] = frenchTexts()[reason.Format()]
		}
		return formsOf(texts)
	})
	frenchSettings = sync.OnceValue(func() []form { return formsOf(frenchOfWalletservice()) })
)

// formsOf are the forms of texts, by the English ones.
func formsOf(texts map[string]string) []form {
	keys := make([]string, 0, len(texts))
	for key := range texts {
		keys = append(keys, key)
	}
	// The longest goes first: what another one would take for a value is a part of it.
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	forms := make([]form, len(keys))
	for i, key := range keys {
		forms[i] = form{recognizer(key), verb.ReplaceAllString(texts[key], "%${1}s")}
	}
	return forms
}

// sentence says a sentence of the library. What stands in it, in place of a value, may be another one.
func (l Language) sentence(english string) string {
	if l != French {
		return english
	}
	for _, name := range []string{"payroll: ", "riverpayroll: ", "audit: "} {
		english = strings.TrimPrefix(english, name)
	}
	if text, ok := frenchTexts()[english]; ok {
		return text
	}
	return l.within(english, frenchSentences())
}

// within says a sentence of some forms.
func (l Language) within(english string, forms []form) string {
	if l != French {
		return english
	}
	for _, f := range forms {
		found := f.english.FindStringSubmatch(english)
		if found == nil {
			continue
		}
		if !strings.Contains(f.french, "%") {
			return f.french
		}
		values := make([]any, len(found)-1)
		for i, value := range found[1:] {
			if values[i] = value; strings.Contains(value, " ") { // else it is a name or a number
				if value = strings.ReplaceAll(value, `" or "`, `" ou "`); l.within(value, forms) != value {
					values[i] = l.within(value, forms)
				} else {
					values[i] = l.sentence(value)
				}
			}
		}
		return fmt.Sprintf(f.french, values...)
	}
	return english
}

// verb is a place for a value: a number, a quoted text, a code point or any text.
var verb = regexp.MustCompile(`%(\[\d+\])?[dqsU]`)

// recognizer is the pattern of the texts that a format makes.
func recognizer(format string) *regexp.Regexp {
	var pattern strings.Builder
	pattern.WriteString(`(?s)^`)
	at := 0
	for _, place := range verb.FindAllStringIndex(format, -1) {
		pattern.WriteString(regexp.QuoteMeta(format[at:place[0]]))
		at = place[1]
		switch format[at-1] {
		case 'd':
			pattern.WriteString(`(-?\d+)`)
		case 'q':
			pattern.WriteString(`("(?:[^"\\]|\\.)*"|'.+?')`)
		case 'U':
			pattern.WriteString(`(U\+[0-9A-F]+)`)
		default:
			pattern.WriteString(`(.*?)`)
		}
	}
	pattern.WriteString(regexp.QuoteMeta(format[at:]) + `$`)
	return regexp.MustCompile(pattern.String())
}

// say puts the values into the French text. A value that is one of the words of rules is said in French as well.
func (f form) say(values []string) string {
	args := make([]any, len(values))
	for i, value := range values {
		if word, ok := frenchOfPlans()[value]; ok {
			value = word
		}
		value = paidOn.ReplaceAllString(value, " le $1")
		args[i] = more.ReplaceAllString(value, ", $1 de plus")
	}
	return fmt.Sprintf(f.french, args...)
}

// paidOn is the day of a payment at the end of what is known of it.
var paidOn = regexp.MustCompile(` on (\d{4}-\d\d-\d\d)$`)

// more is how a list of names ends that is cut.
var more = regexp.MustCompile(`, (\d+) more$`)
