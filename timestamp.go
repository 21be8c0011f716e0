package djamo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"time"
)

// Timestamp is an instant, in UTC when it came from the API. It embeds [time.Time], so all of that type's methods are
// at hand. The zero Timestamp says that there is none: it is read from null and from "", written to JSON as null and to
// text as "", and left out by the JSON option omitzero.
type Timestamp struct{ time.Time }

const ruleTimestamp = "must be ISO 8601 with a zone, such as 2023-11-24T17:43:15.970Z or 20231124T174315.970Z"

// ParseTimestamp reads the forms of ISO 8601 that Djamo's documentation shows: 2023-05-10T12:19:12Z, with a fraction
// (2023-11-24T17:43:15.970Z), and compact (20250128T083908.249Z). It also reads what other encoders write of such a time: a
// space in place of T, lower case, a comma before the fraction, no seconds, and an offset in place of Z (+01:00, +0100 or
// +01), with a space before it or not. The result is in UTC. Digits of the fraction after the ninth are dropped, as package
// time does. A time without a zone, a date alone, a date by its week or by its day of the year, and a day or time of day that
// does not exist are refused, with an error that shows the value, bounded.
func ParseTimestamp(s string) (Timestamp, error) {
	instant, ok := readInstant(s)
	if !ok {
		return Timestamp{}, timestampError(s)
	}
	return Timestamp{instant}, nil
}

// UnmarshalJSON reads a string in one of the forms of [ParseTimestamp]; null and "" give the zero Timestamp.
func (t *Timestamp) UnmarshalJSON(data []byte) error {
	if string(data) == "null" || string(data) == `""` {
		*t = Timestamp{}
		return nil
	}
	if len(data) < 2 || data[0] != '"' || data[len(data)-1] != '"' {
		return timestampError(string(data))
	}
	instant, ok := readInstant(data[1 : len(data)-1])
	if !ok && bytes.IndexByte(data, '\\') >= 0 { // some encoders write + as \u002b
		var text string
		if json.Unmarshal(data, &text) == nil {
			instant, ok = readInstant(text)
		}
	}
	if !ok {
		return timestampError(string(data))
	}
	*t = Timestamp{instant}
	return nil
}

// MarshalJSON writes RFC 3339 in UTC with as many digits of the fraction as are needed, and null for the zero Timestamp.
// A year beyond 9999 is an error, as it is for time.Time.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return t.UTC().MarshalJSON()
}

// UnmarshalText is ParseTimestamp for text encodings; empty text gives the zero Timestamp.
func (t *Timestamp) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*t = Timestamp{}
		return nil
	}
	instant, ok := readInstant(text)
	if !ok {
		return timestampError(string(text))
	}
	*t = Timestamp{instant}
	return nil
}

// MarshalText writes what MarshalJSON does, without quotes; the zero Timestamp is empty.
func (t Timestamp) MarshalText() ([]byte, error) { return t.AppendText(nil) }

// AppendText is MarshalText, appending to b.
func (t Timestamp) AppendText(b []byte) ([]byte, error) {
	if t.IsZero() {
		return b, nil
	}
	return t.UTC().AppendText(b)
}

// EncodeValues writes into a query what MarshalText does, and nothing for the zero Timestamp; it implements the Encoder
// of go-querystring, which would otherwise look for exported fields inside.
func (t Timestamp) EncodeValues(key string, values *url.Values) error {
	text, err := t.MarshalText()
	if err == nil && len(text) > 0 {
		values.Add(key, string(text))
	}
	return err
}

func timestampError(value string) error {
	if value == "" {
		value = `""`
	}
	return fmt.Errorf("djamo: timestamp: %s, got %s", ruleTimestamp, excerpt(value))
}

// readInstant reads an extended (2006-01-02T15:04:05) or compact (20060102T150405) date and time with a zone. It is
// written by hand because time.Parse needs a layout per form and allocates an error for each that does not fit.
func readInstant[T string | []byte](text T) (time.Time, bool) {
	r := instantReader[T]{text: text}
	year := r.number(4)
	extended := r.at < len(text) && text[r.at] == '-'
	r.separator('-', extended)
	month := r.number(2)
	r.separator('-', extended)
	day := r.number(2)
	r.timeMark()
	hour := r.number(2)
	r.separator(':', extended)
	minute := r.number(2)
	second, nanos := 0, 0
	if r.hasSeconds(extended) {
		r.separator(':', extended)
		second = r.number(2)
		nanos = r.fraction()
	}
	offset := r.zone()
	if r.failed || r.at != len(text) || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	instant := time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC)
	if day > 28 && instant.Day() != day { // time.Date takes 30 February for a day in March
		return time.Time{}, false
	}
	if offset != 0 {
		instant = instant.Add(-offset)
		if instant.Year() < 0 || instant.Year() > 9999 { // could be read but never written
			return time.Time{}, false
		}
	}
	return instant, true
}

// instantReader goes through a text once; after the first thing out of place, failed stays true.
type instantReader[T string | []byte] struct {
	text   T
	at     int
	failed bool
}

// number reads exactly so many digits.
func (r *instantReader[T]) number(digits int) int {
	if len(r.text)-r.at < digits {
		r.failed = true
		return 0
	}
	n := 0
	for range digits {
		digit := r.text[r.at] - '0'
		if digit > 9 {
			r.failed = true
		}
		n = n*10 + int(digit)
		r.at++
	}
	return n
}

// separator reads the character c where the form has one.
func (r *instantReader[T]) separator(c byte, wanted bool) {
	if !wanted {
		return
	}
	if r.at >= len(r.text) || r.text[r.at] != c {
		r.failed = true
		return
	}
	r.at++
}

// timeMark reads what stands between date and time.
func (r *instantReader[T]) timeMark() {
	if r.at < len(r.text) && (r.text[r.at] == 't' || r.text[r.at] == ' ') {
		r.at++
		return
	}
	r.separator('T', true)
}

// hasSeconds reports whether more of the time of day follows the minutes.
func (r *instantReader[T]) hasSeconds(extended bool) bool {
	if r.at >= len(r.text) {
		return false
	}
	return r.text[r.at] == ':' || !extended && r.text[r.at]-'0' <= 9
}

// fraction reads an optional dot or comma with one digit or more, as nanoseconds.
func (r *instantReader[T]) fraction() int {
	if r.at >= len(r.text) || r.text[r.at] != '.' && r.text[r.at] != ',' {
		return 0
	}
	r.at++
	start, nanos, unit := r.at, 0, int(100*time.Millisecond)
	for r.at < len(r.text) && r.text[r.at]-'0' <= 9 {
		nanos += int(r.text[r.at]-'0') * unit
		unit /= 10
		r.at++
	}
	r.failed = r.failed || r.at == start
	return nanos
}

// zone reads Z, +hh:mm, +hhmm or +hh.
func (r *instantReader[T]) zone() time.Duration {
	if r.at < len(r.text) && r.text[r.at] == ' ' {
		r.at++
	}
	if r.at >= len(r.text) {
		r.failed = true
		return 0
	}
	sign := r.text[r.at]
	r.at++
	switch sign {
	case 'Z', 'z':
		return 0
	case '+', '-':
	default:
		r.failed = true
		return 0
	}
	hours, minutes := r.number(2), 0
	if r.at < len(r.text) {
		r.separator(':', r.text[r.at] == ':')
		minutes = r.number(2)
	}
	if hours > 23 || minutes > 59 {
		r.failed = true
	}
	offset := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if sign == '-' {
		return -offset
	}
	return offset
}
