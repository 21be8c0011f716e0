package djamotest

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/url"
	"regexp"
	"strings"
)

// What a text may hold that is secret whatever it is called, and in which forms a text gives a value a name.
var (
	jsonWebToken = lazily(`\beyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{2,}\.[0-9A-Za-z_-]*`)
	credentials  = lazily(`(?i)\b(Bearer|Basic)([ +]|%20)+[0-9A-Za-z._~/=+-]{8,}`)
	userInfo     = lazily(`(?i)(://|%3A%2F%2F)[^/?#\s"'<>@:]*:[^/?#\s"'<>@]*@`)
	// name=value and name="value": parameters of a URL or a form, also the first, attributes and settings.
	namedParameter = lazily(`([^\s=&;?#"'<>{},()]+)(=)("[^"]*"|'[^']*'|[^&;\s"'<>#,]*)`)
	// "name": "value" in JSON that is broken or within another text, with its quotes escaped or not.
	namedMember = lazily(`(\\?["'][^"'\\]+\\?["'])(\s*:\s*)(\\?"(?:[^"\\]|\\[^"])*\\?"?|'[^']*'?|[^,}\]\s"'{\[]+)`)
	// Name: value on a line of its own, as headers are.
	namedHeader = lazily(`(?m)^([0-9A-Za-z_-]+)(:[ \t]*)([^\r\n]+)`)
	// <name>value</name>, an element.
	namedElement = lazily(`(<[0-9A-Za-z_:.-]+(?:\s[^<>]*)?)(>)([^<>]+)`)
)

// text hides secrets and phone numbers in any text.
func (s scrubber) text(t string) string {
	for _, secret := range s.secrets {
		t = secret.ReplaceAllLiteralString(t, "[token]")
	}
	t = djamoToken().ReplaceAllLiteralString(t, "[token]")
	t = jsonWebToken().ReplaceAllLiteralString(t, "[token]")
	t = credentials().ReplaceAllString(t, "$1 [token]")
	t = userInfo().ReplaceAllString(t, "$1"+hiddenSecret+"@")
	for _, form := range []*regexp.Regexp{namedParameter(), namedMember(), namedHeader(), namedElement()} {
		t = s.named(form, t)
	}
	return replacePhones(t, s.phones.mask)
}

// named hides the values whose names say that they are secret, in one of the forms that give a value a name.
func (s scrubber) named(form *regexp.Regexp, t string) string {
	return form.ReplaceAllStringFunc(t, func(found string) string {
		parts := form.FindStringSubmatch(found)
		name, sign, value := decoded(parts[1]), parts[2], parts[3]
		if form == namedElement() {
			name, _, _ = strings.Cut(name, " ") // the element's, not those of its attributes
		}
		quote := ""
		if trimmed := strings.TrimPrefix(value, `\`); trimmed != "" && (trimmed[0] == '"' || trimmed[0] == '\'') {
			quote = value[:len(value)-len(trimmed)+1]
		}
		switch plain := strings.Trim(value, `\"'`); {
		case isBlank(plain) || plain == "[token]" || plain == hiddenSecret:
			return found
		case s.names.of(name) == secretName:
			return parts[1] + sign + quote + hiddenSecret + quote
		case form == namedParameter() && strings.Contains(strings.ToUpper(value), "%3D"): // a URL within a URL
			if inner := decoded(value); s.named(form, inner) != inner {
				return parts[1] + sign + url.QueryEscape(s.named(form, inner))
			}
		}
		return found
	})
}

// decoded is a name or a value without percent-escapes, or as it is when they are broken.
func decoded(t string) string {
	if plain, err := url.QueryUnescape(t); err == nil {
		return plain
	}
	return t
}

// multipart scrubs the parts of a form, each under its name. What is a file is left out: it cannot be scrubbed.
func (s scrubber) multipart(raw []byte, boundary string) (string, bool) {
	var out bytes.Buffer
	parts, writer := multipart.NewReader(bytes.NewReader(raw), boundary), multipart.NewWriter(&out)
	if writer.SetBoundary(boundary) != nil {
		return "", false
	}
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			err = writer.Close()
			return out.String(), err == nil
		}
		if err != nil {
			return "", false
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return "", false
		}
		text := "[file]"
		if part.FileName() == "" {
			text = s.value(part.FormName(), string(content))
		}
		for _, values := range part.Header {
			for i := range values {
				values[i] = s.text(values[i])
			}
		}
		target, err := writer.CreatePart(part.Header)
		if err != nil {
			return "", false
		}
		if _, err := io.WriteString(target, text); err != nil {
			return "", false
		}
	}
}
