// Package lang has the texts of the program in English and French. A text is written in English where it is said, and looked
// up here in its whole: a test finds every text of the program that has no French.
package lang

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Language is one that the program speaks.
type Language string

// The languages.
const (
	English Language = "en"
	French  Language = "fr"
)

// Parse reads the value of --lang and DJAMO_LANG.
func Parse(text string) (Language, bool) {
	switch language := Language(strings.ToLower(strings.TrimSpace(text))); language {
	case English, French:
		return language, true
	}
	return English, false
}

// Of the system, by the variables of POSIX in their order.
func Of(getenv func(string) string) Language {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if language := strings.ToLower(getenv(name)); language != "" {
			if language == "fr" || strings.HasPrefix(language, "fr_") || strings.HasPrefix(language, "fr-") || strings.HasPrefix(language, "fr.") {
				return French
			}
			return English
		}
	}
	return English
}

// Text is a text in the language; where there is no translation it stays as it is.
func (l Language) Text(english string) string {
	if l == French {
		if text, ok := frenchTexts()[english]; ok {
			return text
		}
	}
	return english
}

// Say formats a text of the language. Errors among the arguments are said in it as well.
func (l Language) Say(format string, args ...any) string {
	said := make([]any, len(args))
	var names []string
	for i, arg := range args {
		switch arg := arg.(type) {
		case error:
			said[i] = l.Error(arg)
		case Phrase:
			said[i] = l.made(string(arg))
		case Setting:
			said[i] = l.within(string(arg), frenchSettings())
		case string:
			said[i] = given{arg, &names}
		default:
			said[i] = arg
		}
	}
	text := l.countOne(fmt.Sprintf(strings.ReplaceAll(l.Text(format), "%w", "%v"), said...))
	var whole strings.Builder
	for _, name := range names {
		before, after, _ := strings.Cut(text, placeOfName)
		whole.WriteString(before + name)
		text = after
	}
	return whole.String() + text
}

// countOne puts into the singular what there is one of.
func (l Language) countOne(text string) string {
	if l == French {
		return onlyOne().ReplaceAllString(text, "$1$2")
	}
	return justOne().ReplaceAllStringFunc(text, func(counted string) string {
		found := justOne().FindStringSubmatch(counted)
		return found[1] + found[2] + verbOfOne(found[3])
	})
}

// given is what an operator has named, such as a run: it is said as it is. In the text there is a place for it, which no text has.
type given struct {
	name  string
	names *[]string
}

const placeOfName = "\ue000"

// Format implements fmt.Formatter.
func (g given) Format(state fmt.State, verb rune) {
	*g.names = append(*g.names, fmt.Sprintf(fmt.FormatString(state, verb), g.name))
	_, _ = io.WriteString(state, placeOfName)
}

// justOne finds the same in English, with the verb that follows. "1 of 1 payouts" is right: what precedes is no "of".
var justOne = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(
		`((?:^|[^\df\x{202f}\x{a0}][ (]|[(])1 )(payout|payment|voucher|receipt|payee|part|outcome|warning)s( are| were| have| wait)?\b`)
})

func verbOfOne(verb string) string {
	switch verb {
	case " are":
		return " is"
	case " were":
		return " was"
	case " have":
		return " has"
	case " wait":
		return " waits"
	}
	return verb
}

// onlyOne finds what is counted and stands in the plural although there is one of it, or none. An amount ends with its currency.
var onlyOne = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`((?:^|[^\d\x{202f}\x{a0}][ (]|[(])[01] )(paiement|pièce|reçu|bénéficiaire|avertissement)s\b`)
})

// name finds what the client library begins its sentences with. A path may end so too, and a sentence about the program.
var name = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(^|: |[\n(])djamo: `) })

// WithoutName leaves out the library's name, which is the program's.
func WithoutName(text string) string { return name().ReplaceAllString(text, "$1") }

// Phrase is an argument that is said in the language as well, where it has a translation: a word of this program, or a
// sentence of package payroll about a plan.
type Phrase string

// Setting is an argument that is said in the language as well: a sentence of package walletservice about what it was given.
type Setting string

// localized is an error that knows how to say itself in a language.
type localized interface{ In(l Language) string }

// message is an error with a text of this program.
type message struct {
	error

	format string
	args   []any
}

// Errorf is fmt.Errorf for texts that are said in the operator's language. What it wraps is found as usual.
func Errorf(format string, args ...any) error {
	return &message{fmt.Errorf(format, args...), format, args}
}

// In says the error in a language.
func (m *message) In(l Language) string { return l.Say(m.format, m.args...) }

func (m *message) Unwrap() error { return m.error }

// Error says an error in the language, as far as its texts are this program's or the client library's.
func (l Language) Error(err error) string {
	if err == nil {
		return ""
	}
	if own, ok := err.(localized); ok {
		return own.In(l)
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var plain, said []string
		for _, each := range joined.Unwrap() {
			plain, said = append(plain, each.Error()), append(said, l.Error(each))
		}
		if strings.Join(plain, "\n") == err.Error() { // errors.Join adds nothing of its own
			return strings.Join(once(said), "\n")
		}
	}
	if l != French {
		return err.Error()
	}
	return frenchOfLibrary(err)
}

// once leaves out what another text says as well, or ends with: a full disk fails several steps, and is to be named once.
func once(texts []string) []string {
	var kept []string
	for i, text := range texts {
		ends := func(other string) bool { return strings.HasSuffix(other, ": "+text) }
		if !slices.Contains(kept, text) && !slices.ContainsFunc(kept, ends) && !slices.ContainsFunc(texts[i+1:], ends) {
			kept = append(kept, text)
		}
	}
	return kept
}
