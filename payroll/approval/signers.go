package approval

import (
	"encoding/base64"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Signer is one key of a person who may sign.
type Signer struct { //nolint:recvcheck // parseOptions fills it
	Name       string // of the person, such as an address: each person has one
	Key        Key
	Namespaces []string  // what it may sign, as patterns; empty for everything
	After      time.Time // from when on it may sign; zero for always
	Before     time.Time // until when it may; zero for always
}

// Signers are the keys of those who may sign, in the order of their list.
type Signers []Signer

// maxSigners is far more than a company has.
const maxSigners = 1_000

// ParseSigners reads a list in the form of ssh-keygen's allowed_signers: on each line the name of one person, options, the kind of
// the key, the key, and a comment. Of the options, namespaces, valid-after and valid-before are known; times without a Z are
// those of the zone. An error names the line.
//
// It is stricter than ssh-keygen where that tells people apart: a line names one person, without wildcards; a key stands once; and
// certificates are not accepted.
func ParseSigners(text string, zone *time.Location) (Signers, error) {
	var signers Signers
	number := 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		signer, err := parseSigner(line, zone)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if i := slices.IndexFunc(signers, func(s Signer) bool { return s.Key.Equal(signer.Key) }); i >= 0 {
			return nil, fmt.Errorf("line %d: the key of %s stands above already, under %s: a key is one person's",
				number, signer.Name, signers[i].Name)
		}
		if signers = append(signers, signer); len(signers) > maxSigners {
			return nil, fmt.Errorf("line %d: there are more than %d keys", number, maxSigners)
		}
	}
	return signers, nil
}

func parseSigner(line string, zone *time.Location) (s Signer, err error) {
	name, rest, _ := cutField(line)
	s.Name = strings.Trim(name, `"`)
	if err := checkName(s.Name); err != nil {
		return s, err
	}
	next, after, ok := cutField(rest)
	if !ok {
		return s, errors.New("the key is missing: a line is a name, the kind of its key, and the key")
	}
	if !isKind(next) {
		if err := s.parseOptions(next, zone); err != nil {
			return s, err
		}
		rest = after
		if next, after, ok = cutField(rest); !ok {
			return s, errors.New("the key is missing: a line is a name, options, the kind of its key, and the key")
		}
	}
	encoded, _, _ := cutField(after)
	blob, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || encoded == "" {
		return s, fmt.Errorf("the key of %s is no base64: copy the line of its .pub file", s.Name)
	}
	if s.Key, err = ParseKey(blob); err != nil {
		return s, fmt.Errorf("the key of %s: %w", s.Name, err)
	}
	if s.Key.kind != next {
		return s, fmt.Errorf("the key of %s is of the kind %s, and not %q", s.Name, s.Key.kind, shownText(next))
	}
	return s, nil
}

// isKind tells the kind of a key from options.
func isKind(field string) bool {
	return !strings.ContainsRune(field, '=') && (strings.HasPrefix(field, "ssh-") || strings.HasPrefix(field, "ecdsa-") ||
		strings.HasPrefix(field, "sk-"))
}

// cutField takes the first field of a line, in which white space between quotation marks ends nothing.
func cutField(line string) (field, rest string, ok bool) {
	line = strings.TrimLeft(line, " \t")
	quoted := false
	for i, r := range line {
		switch {
		case r == '"':
			quoted = !quoted
		case !quoted && (r == ' ' || r == '\t'):
			return line[:i], line[i:], true
		}
	}
	return line, "", line != ""
}

// checkName refuses what cannot be the name of one person.
func checkName(name string) error {
	const maxLength = 200
	switch {
	case name == "" || len(name) > maxLength || !utf8.ValidString(name),
		strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fmt.Errorf("the name %q must have from 1 to %d letters that can be shown", shownText(name), maxLength)
	case strings.ContainsAny(name, ",*?!\" "), name[0] == '#': // a list would have it for a comment
		return fmt.Errorf("%q must name one person: no list, no wildcard, no space, no # in front", name)
	}
	return nil
}

func (s *Signer) parseOptions(text string, zone *time.Location) error {
	seen := map[string]bool{}
	for _, option := range splitOptions(text) {
		name, value, _ := strings.Cut(option, "=")
		name, value = strings.ToLower(name), strings.Trim(value, `"`)
		if seen[name] {
			return fmt.Errorf("the option %s stands twice", name)
		}
		seen[name] = true
		var err error
		switch name {
		case "namespaces":
			s.Namespaces, err = parseNamespaces(value)
		case "valid-after":
			s.After, err = parseTime(value, zone)
		case "valid-before":
			s.Before, err = parseTime(value, zone)
		case "cert-authority":
			err = errors.New("certificates are not accepted: list the keys of people")
		default:
			err = errors.New("must be namespaces, valid-after or valid-before")
		}
		if err != nil {
			return fmt.Errorf("the option %q: %w", shownText(option), err)
		}
	}
	if !s.After.IsZero() && !s.Before.IsZero() && !s.After.Before(s.Before) {
		return errors.New("valid-after must be before valid-before")
	}
	return nil
}

// splitOptions cuts at commas, but for those between quotation marks.
func splitOptions(text string) (options []string) {
	start, quoted := 0, false
	for i := range len(text) {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case text[i] == ',' && !quoted:
			options = append(options, text[start:i])
			start = i + 1
		}
	}
	return append(options, text[start:])
}

func parseNamespaces(value string) ([]string, error) {
	patterns := strings.Split(value, ",")
	for _, pattern := range patterns {
		if strings.TrimPrefix(pattern, "!") == "" || strings.ContainsAny(pattern, `[]\"`) || !utf8.ValidString(pattern) ||
			strings.ContainsFunc(pattern, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
			return nil, errors.New("must list namespaces, with commas between them")
		}
	}
	return patterns, nil
}

// parseTime reads a day or a moment as ssh-keygen writes them: 20261231, 202612312359 or 20261231235959, and a Z for UTC.
func parseTime(value string, zone *time.Location) (time.Time, error) {
	digits, utc := strings.CutSuffix(value, "Z")
	if utc || zone == nil {
		zone = time.UTC
	}
	for _, layout := range []string{"20060102", "200601021504", "20060102150405"} {
		if len(digits) == len(layout) {
			at, err := time.ParseInLocation(layout, digits, zone)
			if at = at.UTC(); err == nil && at.Year() > 1 && at.Year() <= 9999 { // else it could not be written again
				return at, nil
			}
		}
	}
	return time.Time{}, errors.New("must be a time such as 20261231 or 202612312359Z")
}

// String is the list in the form that ParseSigners reads, in UTC and without comments.
func (s Signers) String() string {
	var text strings.Builder
	for _, signer := range s {
		var options []string
		if len(signer.Namespaces) > 0 {
			options = append(options, `namespaces="`+strings.Join(signer.Namespaces, ",")+`"`)
		}
		const second = "20060102150405Z"
		if !signer.After.IsZero() {
			options = append(options, `valid-after="`+signer.After.UTC().Format(second)+`"`)
		}
		if !signer.Before.IsZero() {
			options = append(options, `valid-before="`+signer.Before.UTC().Format(second)+`"`)
		}
		text.WriteString(signer.Name + " ")
		if len(options) > 0 {
			text.WriteString(strings.Join(options, ",") + " ")
		}
		text.WriteString(signer.Key.String() + "\n")
	}
	return text.String()
}

// Find returns the signer with a key.
func (s Signers) Find(key Key) (Signer, bool) {
	for _, signer := range s {
		if signer.Key.Equal(key) {
			return signer, true
		}
	}
	return Signer{}, false
}

// May reports whether the key may sign in a namespace.
func (s Signer) May(namespace string) bool {
	allowed := len(s.Namespaces) == 0
	for _, pattern := range s.Namespaces {
		pattern, not := strings.CutPrefix(pattern, "!")
		if matched, err := path.Match(pattern, namespace); err != nil || matched && not {
			return false
		} else if matched {
			allowed = true
		}
	}
	return allowed
}

// ValidAt reports whether the key may sign at a moment.
func (s Signer) ValidAt(at time.Time) bool {
	return (s.After.IsZero() || !at.Before(s.After)) && (s.Before.IsZero() || at.Before(s.Before))
}

// shownText is a text from outside, bounded.
func shownText(text string) string {
	const maxLength = 60
	if len(text) > maxLength {
		return strings.ToValidUTF8(text[:maxLength], "") + "…"
	}
	return text
}
