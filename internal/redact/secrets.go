package redact

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
)

// Secret is a text that nobody may read. Where it was, texts show its name in brackets.
type Secret struct{ Name, Value string }

// Format prints the name alone, whatever the verb.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, "["+s.Name+"]") }

// Secrets removes secrets from texts. Build it with NewSecrets; it is safe for concurrent use.
type Secrets struct {
	forms    []string // the longest first
	replacer *strings.Replacer
}

// NewSecrets knows the secrets in all their forms. A secret without a value is none.
func NewSecrets(secrets ...Secret) *Secrets {
	type form struct{ text, instead string }
	var found []form
	known := map[string]bool{}
	for _, secret := range secrets {
		for _, text := range formsOf(secret.Value) {
			if !known[text] {
				known[text] = true
				found = append(found, form{text, "[" + secret.Name + "]"})
			}
		}
	}
	// A replacer takes the first that fits, and what begins like another secret must not leave the rest of that behind.
	slices.SortStableFunc(found, func(a, b form) int { return cmp.Compare(len(b.text), len(a.text)) })
	s := &Secrets{}
	pairs := make([]string, 0, 2*len(found))
	for _, one := range found {
		s.forms = append(s.forms, one.text)
		pairs = append(pairs, one.text, one.instead)
	}
	s.replacer = strings.NewReplacer(pairs...)
	return s
}

// Format prints none of them, whatever the verb.
func (s *Secrets) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, "redact.Secrets") }

// formsOf are the ways in which an answer may repeat a secret: as it is, and escaped for JSON, HTML or a URL.
func formsOf(secret string) []string {
	if secret == "" {
		return nil
	}
	encoded, err := json.Marshal(secret)
	if err != nil {
		return []string{secret} // never: every string has a JSON form
	}
	var forms []string
	for _, form := range []string{
		secret, strings.Trim(string(encoded), `"`), strings.ReplaceAll(secret, "&", "&amp;"), url.QueryEscape(secret), url.PathEscape(secret),
	} {
		forms = append(forms, form, strings.ReplaceAll(form, "/", `\/`))
	}
	return forms
}

// Scrub masks phone numbers and removes the secrets from a text that came from outside. Of a value that was cut before it
// got into the text, which an ellipsis shows, it removes what may be a part of a secret.
func (s *Secrets) Scrub(text string) string {
	const cut = "…"
	values := strings.Split(s.replacer.Replace(text), cut)
	for i := range values[:len(values)-1] {
		values[i] = s.dropSecret(values[i])
	}
	return MaskPhones(strings.Join(values, cut))
}

// ScrubAnswer scrubs a text that came in answer to a call, and masks the numbers that the call itself sent in whatever
// way they are written in it. It keeps at most limit bytes: a text of megabytes is cut before it is looked through, and
// what may be left of a secret or a number at that place goes with it.
func (s *Secrets) ScrubAnswer(text string, sent Sent, limit int) string {
	const margin = 512 // longer than any number with all its separators
	if len(text) > limit+margin {
		text = s.dropPart(text[:limit+margin])
	}
	text = sent.mask(s.Scrub(text))
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "")
	}
	return text
}

// ScrubID is for what the API calls an id. One word without a plus is no phone number, even of digits alone, and whoever
// asks about it needs the whole of it.
func (s *Secrets) ScrubID(id string, sent Sent, limit int) string {
	if len(id) > limit || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("+%()", r) }) {
		return s.ScrubAnswer(id, sent, limit)
	}
	return sent.mask(s.replacer.Replace(id))
}

// dropSecret removes from the end of a text that was cut what may be a part of a secret.
func (s *Secrets) dropSecret(text string) string {
	const minLength = 4 // shorter parts of a secret are of no use to anyone
	for _, form := range s.forms {
		for n := min(len(form)-1, len(text)); n >= minLength; n-- {
			if strings.HasSuffix(text, form[:n]) {
				text = text[:len(text)-n]
				break
			}
		}
	}
	return text
}

// dropPart removes from the end of a text that was cut what may be a part of a secret or of a phone number.
func (s *Secrets) dropPart(text string) string {
	text = s.dropSecret(text)
	const maxLength = 256
	for range maxLength {
		if text == "" || !inNumber(text[len(text)-1]) {
			break
		}
		text = text[:len(text)-1]
	}
	return text
}

// inNumber reports whether a byte may stand in a phone number, its separators included, escaped or not.
func inNumber(c byte) bool {
	return isHex(c) || c >= 0x80 || strings.IndexByte(` .-()+/_,%\u`, c) >= 0
}
