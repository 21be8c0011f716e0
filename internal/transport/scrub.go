package transport

import (
	"encoding/json"
	"net/url"
	"strings"
)

// tokenForms are the ways in which an answer may repeat the token: as it is, and escaped for JSON, HTML or a URL.
func tokenForms(token string) []string {
	if token == "" {
		return nil
	}
	encoded, err := json.Marshal(token)
	if err != nil {
		return []string{token} // never: every string has a JSON form
	}
	var forms []string
	for _, form := range []string{token, strings.Trim(string(encoded), `"`), strings.ReplaceAll(token, "&", "&amp;"), url.QueryEscape(token), url.PathEscape(token)} {
		forms = append(forms, form, strings.ReplaceAll(form, "/", `\/`))
	}
	return forms
}

// scrubber removes the token in all its forms.
func scrubber(forms []string) *strings.Replacer {
	const instead = "[access token]"
	pairs := make([]string, 0, 2*len(forms))
	seen := map[string]bool{}
	for _, form := range forms {
		if !seen[form] {
			seen[form] = true
			pairs = append(pairs, form, instead)
		}
	}
	return strings.NewReplacer(pairs...)
}

// Scrub masks phone numbers and removes the token from a text that came from outside. Of a value that was cut before it got
// into the text, which an ellipsis shows, it removes what may be a part of the token.
func (t *Transport) Scrub(text string) string {
	const cut = "…"
	values := strings.Split(t.scrubber.Replace(text), cut)
	for i := range values[:len(values)-1] {
		values[i] = t.dropToken(values[i])
	}
	return MaskPhones(strings.Join(values, cut))
}

// ScrubAnswer scrubs a text that came in answer to a call, and masks the numbers that the call itself sent in whatever
// way they are written in it. It keeps at most so many bytes: a text of megabytes is cut before it is looked through, and
// what may be left of a token or a number at that place goes with it.
func (t *Transport) ScrubAnswer(call *Call, text string, most int) string {
	const margin = 512 // longer than any number with all its separators
	if len(text) > most+margin {
		text = t.dropPart(text[:most+margin])
	}
	text = maskSent(t.Scrub(text), call)
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	return text
}

// ScrubID is for what the API calls an id. One word without a plus is no phone number, even of digits alone, and whoever
// asks about it needs the whole of it.
func (t *Transport) ScrubID(call *Call, id string, most int) string {
	if len(id) > most || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("+%()", r) }) {
		return t.ScrubAnswer(call, id, most)
	}
	return maskSent(t.scrubber.Replace(id), call)
}

// dropToken removes from the end of a text that was cut what may be a part of the token.
func (t *Transport) dropToken(text string) string {
	const shortest = 4 // shorter parts of a token are of no use to anyone
	for _, form := range t.tokenForms {
		for n := min(len(form)-1, len(text)); n >= shortest; n-- {
			if strings.HasSuffix(text, form[:n]) {
				text = text[:len(text)-n]
				break
			}
		}
	}
	return text
}

// dropPart removes from the end of a text that was cut what may be a part of the token or of a phone number.
func (t *Transport) dropPart(text string) string {
	text = t.dropToken(text)
	const longest = 256
	for range longest {
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

// maskSent masks the numbers that a call sent, which are those with a plus in its body and path, wherever their last
// digits follow each other in a text, whatever stands between them. An answer may write them in ways no pattern knows.
func maskSent(text string, call *Call) string {
	const tail, shown, most = 8, 2, 1000 // digits compared; digits left; numbers looked for
	numbers := append(plusNumbers(nil, string(call.Body), "+", most), plusNumbers(nil, call.Path, "%2B", most)...)
	if len(numbers) == 0 {
		return text
	}
	digits, places := digitsOf(text)
	var masked []byte
	for _, number := range numbers {
		number = number[max(0, len(number)-tail):]
		for from := 0; ; {
			at := strings.Index(digits[from:], number)
			if at < 0 {
				break
			}
			at += from
			from = at + 1
			if !together(places[at : at+len(number)]) {
				continue
			}
			if masked == nil {
				masked = []byte(text)
			}
			for _, place := range places[at : at+len(number)-shown] {
				masked[place] = '*'
			}
		}
	}
	if masked == nil {
		return text
	}
	return string(masked)
}

// plusNumbers appends the numbers of a text that are written with a plus.
func plusNumbers(numbers []string, text, plus string, most int) []string {
	for len(numbers) < most {
		_, after, found := strings.Cut(text, plus)
		if !found {
			break
		}
		n := 0
		for n < len(after) && isDigit(after[n]) {
			n++
		}
		if n >= 7 && n <= 15 {
			numbers = append(numbers, after[:n])
		}
		text = after
	}
	return numbers
}

// digitsOf returns the digits of a text and where they stand. Those of an escape, such as \u00a0 or %20, are none.
func digitsOf(text string) (string, []int) {
	var digits strings.Builder
	var places []int
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], `\u`):
			i += len(`u00a0`)
		case text[i] == '%':
			i += len(`20`)
		case isDigit(text[i]):
			digits.WriteByte(text[i])
			places = append(places, i)
		}
	}
	return digits.String(), places
}

// together reports whether no gap between digits is longer than a few separators, escaped ones.
func together(places []int) bool {
	const widest = 3 * len(`\u00a0`)
	for i := 1; i < len(places); i++ {
		if places[i]-places[i-1] > widest+1 {
			return false
		}
	}
	return true
}
