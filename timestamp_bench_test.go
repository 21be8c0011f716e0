package djamo_test

import (
	"testing"
	"time"

	"github.com/djamo/djamo-go"
)

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
