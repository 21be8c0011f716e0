package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/djamo/djamo-go/djamotest"
)

const narrowSpace = "\u202f"

// amount groups the digits of a whole number: 92 516 070.
func amount(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "−", digits[1:]
	}
	var b strings.Builder
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(narrowSpace)
		}
		b.WriteRune(digit)
	}
	return sign + b.String()
}

// day writes a moment for a person. The sandbox's time is UTC, which is the time of Côte d'Ivoire and Senegal.
func day(lang string, t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	t = t.UTC()
	months := strings.Fields(word(lang, "months"))
	return fmt.Sprintf("%d %s %d, %s", t.Day(), months[t.Month()-1], t.Year(), t.Format("15:04:05"))
}

// short is a duration without parts that are nothing: 1m rather than 1m0s.
func short(d time.Duration) string {
	s := d.String()
	for _, part := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, part) {
			s = s[:len(s)-2]
		}
	}
	return s
}

// curlOf is a request as a command of a shell, the token left to a variable.
func curlOf(base string, r djamotest.Request, reveal bool) string {
	target := base + r.Path
	if r.Query != "" {
		target += "?" + r.Query
	}
	lines := []string{"curl -X " + quoted(r.Method) + " " + quoted(masked(target, reveal)), `-H "Authorization: Bearer $DJAMO_ACCESS_TOKEN"`}
	names := make([]string, 0, len(r.Header))
	for name := range r.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		switch name {
		case "Accept-Encoding", "Connection", "Content-Length", "User-Agent", "Authorization":
			continue
		}
		for _, value := range r.Header[name] {
			lines = append(lines, "-H "+quoted(name+": "+masked(value, reveal)))
		}
	}
	if len(r.Body) > 0 {
		lines = append(lines, "--data-raw "+quoted(masked(text(r.Body), reveal)))
	}
	return strings.Join(lines, " \\\n  ")
}

// quoted keeps a shell from reading anything into a text.
func quoted(s string) string {
	if s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./:") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// pretty is a body with its JSON laid out; any other body stays as it is.
func pretty(body []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, body, "", "  ") != nil {
		return text(body)
	}
	return b.String()
}

// cell keeps a spreadsheet from taking a text for a formula.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
