package djamo_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/google/go-querystring/query"
	"github.com/stretchr/testify/require"
)

func TestParseTimestamp_Reads(t *testing.T) {
	t.Parallel()
	at := func(year int, month time.Month, day, hour, minute, second, nanos int) time.Time {
		return time.Date(year, month, day, hour, minute, second, nanos, time.UTC)
	}
	for name, row := range map[string]struct {
		text string
		want time.Time
	}{
		"extended":                      {"2023-05-10T12:19:12Z", at(2023, 5, 10, 12, 19, 12, 0)},
		"extended with millis":          {"2023-11-24T17:43:15.970Z", at(2023, 11, 24, 17, 43, 15, 970e6)},
		"compact with millis":           {"20250128T083908.249Z", at(2025, 1, 28, 8, 39, 8, 249e6)},
		"compact":                       {"20250128T083908Z", at(2025, 1, 28, 8, 39, 8, 0)},
		"one digit of fraction":         {"2023-11-24T17:43:15.9Z", at(2023, 11, 24, 17, 43, 15, 900e6)},
		"nanoseconds":                   {"2023-11-24T17:43:15.123456789Z", at(2023, 11, 24, 17, 43, 15, 123456789)},
		"more than nanoseconds":         {"2023-11-24T17:43:15.1234567899Z", at(2023, 11, 24, 17, 43, 15, 123456789)},
		"offset":                        {"2023-05-10T13:19:12+01:00", at(2023, 5, 10, 12, 19, 12, 0)},
		"negative offset":               {"2023-05-10T08:49:12-03:30", at(2023, 5, 10, 12, 19, 12, 0)},
		"zero offset":                   {"2023-05-10T12:19:12+00:00", at(2023, 5, 10, 12, 19, 12, 0)},
		"offset without a colon":        {"2023-05-10T13:19:12.5+0100", at(2023, 5, 10, 12, 19, 12, 500e6)},
		"compact with offset":           {"20230510T131912+0100", at(2023, 5, 10, 12, 19, 12, 0)},
		"compact, millis and offset":    {"20230510T131912.250-01:00", at(2023, 5, 10, 14, 19, 12, 250e6)},
		"offset over the end of a year": {"2023-12-31T23:30:00-01:00", at(2024, 1, 1, 0, 30, 0, 0)},
		"leap day":                      {"2024-02-29T00:00:00Z", at(2024, 2, 29, 0, 0, 0, 0)},
		"leap day of a century":         {"2000-02-29T00:00:00Z", at(2000, 2, 29, 0, 0, 0, 0)},
		"last moment of a day":          {"2023-12-31T23:59:59.999Z", at(2023, 12, 31, 23, 59, 59, 999e6)},
		"space in place of T":           {"2023-05-10 12:19:12Z", at(2023, 5, 10, 12, 19, 12, 0)},
		"as PostgreSQL prints it":       {"2023-05-10 12:19:12.5+00", at(2023, 5, 10, 12, 19, 12, 500e6)},
		"space before the offset":       {"2023-05-10 13:19:12 +0100", at(2023, 5, 10, 12, 19, 12, 0)},
		"lower case":                    {"2023-05-10t12:19:12z", at(2023, 5, 10, 12, 19, 12, 0)},
		"comma before the fraction":     {"2023-05-10T12:19:12,970Z", at(2023, 5, 10, 12, 19, 12, 970e6)},
		"no seconds":                    {"2023-05-10T12:19Z", at(2023, 5, 10, 12, 19, 0, 0)},
		"no seconds, with an offset":    {"2023-05-10 13:19+01:00", at(2023, 5, 10, 12, 19, 0, 0)},
		"compact without seconds":       {"20230510T1219Z", at(2023, 5, 10, 12, 19, 0, 0)},
		"compact, hour alone as offset": {"20230510T131912+01", at(2023, 5, 10, 12, 19, 12, 0)},
		"first year":                    {"0000-01-01T00:00:00Z", at(0, 1, 1, 0, 0, 0, 0)},
		"last year":                     {"9999-12-31T23:59:59Z", at(9999, 12, 31, 23, 59, 59, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parsed, err := djamo.ParseTimestamp(row.text)
			require.NoError(t, err)
			require.Equal(t, row.want, parsed.Time, "in UTC, comparable with ==")

			var fromJSON, fromEscaped, fromText djamo.Timestamp
			require.NoError(t, json.Unmarshal([]byte(`"`+row.text+`"`), &fromJSON))
			require.NoError(t, json.Unmarshal([]byte(`"`+strings.NewReplacer("+", `\u002b`, "Z", `\u005A`).Replace(row.text)+`"`), &fromEscaped))
			require.NoError(t, fromText.UnmarshalText([]byte(row.text)))
			require.Equal(t, parsed, fromJSON)
			require.Equal(t, parsed, fromEscaped)
			require.Equal(t, parsed, fromText)
		})
	}
}

func TestParseTimestamp_Refuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"word":                          "yesterday",
		"date alone":                    "2023-05-10",
		"compact date alone":            "20230510",
		"Unix seconds":                  "1683721152",
		"no zone":                       "2023-05-10T12:19:12",
		"no zone after a fraction":      "2023-05-10T12:19:12.970",
		"month 13":                      "2023-13-10T12:19:12Z",
		"month 0":                       "2023-00-10T12:19:12Z",
		"day 0":                         "2023-05-00T12:19:12Z",
		"day 32":                        "2023-05-32T12:19:12Z",
		"30 February":                   "2023-02-30T12:19:12Z",
		"29 February of a plain year":   "2023-02-29T12:19:12Z",
		"29 February of 1900":           "1900-02-29T12:19:12Z",
		"31 April":                      "20230431T121912Z",
		"hour 24":                       "2023-05-10T24:00:00Z",
		"minute 60":                     "2023-05-10T12:60:12Z",
		"second 60":                     "2023-05-10T23:59:60Z",
		"fraction without digits":       "2023-05-10T12:19:12.Z",
		"offset hour 24":                "2023-05-10T12:19:12+24:00",
		"offset minute 60":              "2023-05-10T12:19:12+01:60",
		"offset cut off":                "2023-05-10T12:19:12+01:",
		"sign alone":                    "2023-05-10T12:19:12+",
		"extended date, compact time":   "2023-05-10T121912Z",
		"compact date, extended time":   "20230510T12:19:12Z",
		"something after the zone":      "2023-05-10T12:19:12Z!",
		"fraction of a minute":          "2023-05-10T12:19.5Z",
		"week date":                     "2023-W19-3T12:19:12Z",
		"compact week date":             "2023W193T121912Z",
		"ordinal date":                  "2023-130T12:19:12Z",
		"compact ordinal date":          "2023130T121912Z",
		"two spaces in place of T":      "2023-05-10  12:19:12Z",
		"hour alone":                    "2023-05-10T12Z",
		"zone name":                     "2023-05-10T12:19:12 GMT",
		"space before":                  " 2023-05-10T12:19:12Z",
		"letter among digits":           "2O23-05-10T12:19:12Z",
		"sign among digits":             "2023-+5-10T12:19:12Z",
		"two-digit year":                "23-05-10T12:19:12Z",
		"year 10000":                    "10000-05-10T12:19:12Z",
		"offset before year 0":          "0000-01-01T00:00:00+00:01",
		"offset beyond year 9999":       "9999-12-31T23:59:59-00:01",
		"cut off":                       "2023-05-10T12:1",
		"full-width digits":             "２０２３-05-10T12:19:12Z",
		"day and month the French way":  "10/05/2023 12:19:12",
		"JavaScript's toString":         "Wed May 10 2023 12:19:12 GMT+0000",
		"seven times the same nonsense": strings.Repeat("nonsense", 7),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := djamo.Timestamp{Time: time.Unix(1, 0)}
			fromJSON, fromText := before, before
			_, err := djamo.ParseTimestamp(text)
			for _, err := range []error{err, json.Unmarshal([]byte(`"`+text+`"`), &fromJSON), fromText.UnmarshalText([]byte(text))} {
				require.ErrorContains(t, err, "djamo: timestamp: must be ISO 8601 with a zone, such as 2023-11-24T17:43:15.970Z")
				require.ErrorContains(t, err, text[:min(len(text), 38)])
				require.Less(t, len(err.Error()), 200)
			}
			require.Equal(t, before, fromJSON, "a failure changes nothing")
			require.Equal(t, before, fromText, "a failure changes nothing")
		})
	}
}

func TestParseTimestamp_RefusesNothing(t *testing.T) {
	t.Parallel()
	_, err := djamo.ParseTimestamp("")
	require.EqualError(t, err, `djamo: timestamp: must be ISO 8601 with a zone, such as 2023-11-24T17:43:15.970Z or 20231124T174315.970Z, got ""`)
}

func TestTimestamp_UnmarshalJSON_OtherValues(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ json, fail string }{
		"null":             {"null", ""},
		"empty string":     {`""`, ""},
		"number":           {"1683721152", "1683721152"},
		"true":             {"true", "true"},
		"object":           {`{"$date":"2023-05-10T12:19:12Z"}`, `{"$date":"2023-05-10T12:19:12Z"}`},
		"array":            {`[]`, `[]`},
		"blank string":     {`" "`, `" "`},
		"escaped nonsense": {`"\u0041"`, `"\u0041"`},
		"escaped newline":  {`"2023-05-10T12:19:12Z\n"`, `"2023-05-10T12:19:12Z\n"`},
		"phone number":     {`"+2250748710523"`, `"+225*********3"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := djamo.Timestamp{Time: time.Unix(1, 0)}
			object := struct{ At djamo.Timestamp }{before}
			err := json.Unmarshal([]byte(`{"at":`+row.json+`}`), &object)
			if row.fail == "" {
				require.NoError(t, err)
				require.True(t, object.At.IsZero())
				return
			}
			require.ErrorContains(t, err, "got "+row.fail)
			require.NotErrorIs(t, err, djamo.ErrInvalidRequest, "an answer that cannot be read says nothing about the request")
			require.Equal(t, before, object.At)
		})
	}
	for _, data := range []string{"", `"`, `"2023-05-10T12:19:12Z`, `2023-05-10T12:19:12Z"`, `"\"`} {
		var direct djamo.Timestamp
		require.Error(t, direct.UnmarshalJSON([]byte(data)), "%q", data)
	}
}

func TestTimestamp_Writes(t *testing.T) {
	t.Parallel()
	abidjan := time.FixedZone("", 0)
	paris := time.FixedZone("CEST", 2*60*60)
	for name, row := range map[string]struct {
		instant time.Time
		want    string
	}{
		"seconds":           {time.Date(2023, 5, 10, 12, 19, 12, 0, time.UTC), "2023-05-10T12:19:12Z"},
		"millis":            {time.Date(2023, 11, 24, 17, 43, 15, 971e6, time.UTC), "2023-11-24T17:43:15.971Z"},
		"zeros at the end":  {time.Date(2023, 11, 24, 17, 43, 15, 970e6, time.UTC), "2023-11-24T17:43:15.97Z"},
		"nanos":             {time.Date(2023, 11, 24, 17, 43, 15, 123456789, time.UTC), "2023-11-24T17:43:15.123456789Z"},
		"another zone":      {time.Date(2023, 5, 10, 14, 19, 12, 0, paris), "2023-05-10T12:19:12Z"},
		"zone at UTC":       {time.Date(2023, 5, 10, 12, 19, 12, 0, abidjan), "2023-05-10T12:19:12Z"},
		"midnight, 1 Jan 1": {time.Time{}, ""},
		"zero, other zone":  {time.Time{}.In(paris), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stamp := djamo.Timestamp{Time: row.instant}
			encoded, err := json.Marshal(stamp)
			require.NoError(t, err)
			text, err := stamp.MarshalText()
			require.NoError(t, err)
			appended, err := stamp.AppendText([]byte("at "))
			require.NoError(t, err)
			values, err := query.Values(struct {
				At    djamo.Timestamp  `url:"at"`
				Until *djamo.Timestamp `url:"until,omitempty"`
			}{At: stamp})
			require.NoError(t, err)

			want := `"` + row.want + `"`
			if row.want == "" {
				want = "null"
				require.False(t, values.Has("at"))
			} else {
				require.Equal(t, row.want, values.Get("at"))
			}
			require.False(t, values.Has("until"))
			require.Equal(t, want, string(encoded))
			require.Equal(t, row.want, string(text))
			require.Equal(t, "at "+row.want, string(appended))

			var fromJSON, fromText djamo.Timestamp
			require.NoError(t, json.Unmarshal(encoded, &fromJSON))
			require.NoError(t, fromText.UnmarshalText(text))
			require.True(t, fromJSON.Equal(row.instant))
			require.True(t, fromText.Equal(row.instant))
		})
	}
}

func TestTimestamp_YearOutOfRangeCannotBeWritten(t *testing.T) {
	t.Parallel()
	stamp := djamo.Timestamp{Time: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}
	_, err := json.Marshal(stamp)
	require.ErrorContains(t, err, "year outside of range")
	_, err = stamp.MarshalText()
	require.ErrorContains(t, err, "year outside of range")
	require.ErrorContains(t, stamp.EncodeValues("at", nil), "year outside of range")
}

func TestTimestamp_OtherEncodings(t *testing.T) {
	t.Parallel()
	type record struct {
		At      djamo.Timestamp            `json:"at"`
		Absent  djamo.Timestamp            `json:"absent,omitzero"`
		Pointer *djamo.Timestamp           `json:"pointer,omitempty"`
		ByTime  map[djamo.Timestamp]string `json:"byTime"`
	}
	stamp, err := djamo.ParseTimestamp("2023-11-24T17:43:15.970Z")
	require.NoError(t, err)
	in := record{At: stamp, Pointer: &stamp, ByTime: map[djamo.Timestamp]string{stamp: "paid"}}

	encoded, err := json.Marshal(in)
	require.NoError(t, err)
	require.JSONEq(t, `{"at":"2023-11-24T17:43:15.97Z","pointer":"2023-11-24T17:43:15.97Z","byTime":{"2023-11-24T17:43:15.97Z":"paid"}}`, string(encoded))
	var out record
	require.NoError(t, json.Unmarshal(encoded, &out))
	require.Equal(t, in, out)

	// gob uses the methods that come with time.Time: they keep the instant, the zero one too.
	var wire bytes.Buffer
	require.NoError(t, gob.NewEncoder(&wire).Encode(in))
	var back record
	require.NoError(t, gob.NewDecoder(&wire).Decode(&back))
	require.Equal(t, in, back)
}

func ExampleTimestamp() {
	var transaction struct {
		CreatedAt djamo.Timestamp `json:"createdAt"`
		UpdatedAt djamo.Timestamp `json:"updatedAt"`
	}
	body := `{"createdAt": "2023-11-24T17:43:15.970Z", "updatedAt": "20231124T174515.970Z"}`
	if err := json.Unmarshal([]byte(body), &transaction); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(transaction.CreatedAt.Format(time.RFC1123))
	fmt.Println(transaction.UpdatedAt.Sub(transaction.CreatedAt.Time))
	// Output:
	// Fri, 24 Nov 2023 17:43:15 UTC
	// 2m0s
}

func ExampleParseTimestamp() {
	stamp, err := djamo.ParseTimestamp("20250128T083908.249Z")
	fmt.Println(stamp, err)
	// Output: 2025-01-28 08:39:08.249 +0000 UTC <nil>
}

// BenchmarkTimestamp_UnmarshalJSON reads each form, and for comparison the first one into a time.Time.
func BenchmarkTimestamp_UnmarshalJSON(b *testing.B) {
	for _, row := range []struct{ name, json string }{
		{"millis", `"2023-11-24T17:43:15.970Z"`},
		{"seconds", `"2023-05-10T12:19:12Z"`},
		{"compact", `"20250128T083908.249Z"`},
		{"offset", `"2023-05-10T13:19:12+01:00"`},
	} {
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			data := []byte(row.json)
			var stamp djamo.Timestamp
			for b.Loop() {
				if err := stamp.UnmarshalJSON(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("time.Time", func(b *testing.B) {
		b.ReportAllocs()
		data := []byte(`"2023-11-24T17:43:15.970Z"`)
		var instant time.Time
		for b.Loop() {
			if err := instant.UnmarshalJSON(data); err != nil {
				b.Fatal(err)
			}
		}
	})
}

var rfc3339 = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)

func FuzzParseTimestamp(f *testing.F) {
	for _, text := range []string{
		"2023-05-10T12:19:12Z", "2023-11-24T17:43:15.970Z", "20250128T083908.249Z", "20250128T083908Z", "2023-05-10T13:19:12+01:00",
		"20230510T131912.5-0330", "2024-02-29T00:00:00Z", "2023-02-29T00:00:00Z", "0000-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
		"0000-01-01 00:00:00Z", "2023-05-10t12:19:12z", "2023-05-10 12:19:12 +01:00", "2023-05-10T12:19:12,5Z", "2023-05-10T12:19+01:00",
		"0001-01-01T00:00:00Z", "2023-05-10T12:19:12.1234567891Z", "2023-05-10T12:19:12", "1683721152", "null", "", "\\u005a", "\xff",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := djamo.ParseTimestamp(text)
		var direct djamo.Timestamp
		directErr := direct.UnmarshalJSON([]byte(`"` + text + `"`))
		if err != nil {
			require.True(t, parsed.IsZero())
			require.Less(t, len(err.Error()), 400, "an error is bounded")
			if directErr == nil && text != "" {
				require.Contains(t, text, `\`, "only escapes make the JSON form accept more")
			}
			return
		}
		require.NoError(t, directErr)
		require.Equal(t, parsed, direct)

		encoded, err := json.Marshal(parsed)
		require.NoError(t, err)
		var back djamo.Timestamp
		require.NoError(t, json.Unmarshal(encoded, &back))
		require.Equal(t, parsed, back)

		// Of the forms that are read, RFC 3339 is the one that package time must read as well.
		standard, err := time.Parse(time.RFC3339, text)
		if err == nil {
			require.True(t, standard.Equal(parsed.Time), "package time reads %v", standard)
		}
		require.False(t, err != nil && rfc3339.MatchString(text), "package time refuses: %v", err)
	})
}
