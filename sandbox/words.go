package sandbox

// The languages of pages.
const (
	english = "en"
	french  = "fr"
)

// word is a text in a language.
func word(lang, key string) string { return wordOr(lang, key, key) }

// wordOr is a text in a language, or another where there is none: what the API says may be newer than these words.
func wordOr(lang, key, other string) string {
	words := englishWords()
	if lang == french {
		words = frenchWords()
	}
	if w, ok := words[key]; ok {
		return w
	}
	return other
}

func hasWord(key string) bool {
	_, ok := englishWords()[key]
	return ok
}
