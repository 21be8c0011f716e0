package payroll

import (
	"fmt"
	"strings"
)

// Language is the language of what people read: reports, receipts and journal entries.
type Language string

// The languages. The zero value is English.
const (
	English Language = "en"
	French  Language = "fr"
)

// LanguageOf returns the language that a tag or a locale names, such as "fr", "fr-CI" or "fr_CI.UTF-8"; ok is false for
// any other.
func LanguageOf(tag string) (language Language, ok bool) {
	primary := strings.ToLower(strings.TrimSpace(tag))
	if end := strings.IndexAny(primary, "-_.@"); end >= 0 {
		primary = primary[:end]
	}
	switch Language(primary) {
	case English:
		return English, true
	case French:
		return French, true
	}
	return "", false
}

// known is the language with its default, or an error for one that there are no words in.
func (l Language) known() (Language, error) {
	switch l {
	case "", English:
		return English, nil
	case French:
		return French, nil
	}
	return "", fmt.Errorf("payroll: the language %q must be en or fr", string(l))
}

// or chooses between an English and a French text.
func (l Language) or(english, french string) string {
	if l == French {
		return french
	}
	return english
}
