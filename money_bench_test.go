package djamo_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
)

// BenchmarkXOF_DecodeJSON decodes the same thousand amounts into XOF and, for comparison, into int64.
func BenchmarkXOF_DecodeJSON(b *testing.B) {
	data := []byte("[" + strings.Repeat("15000,150,500000,-3120,", 250) + "1]")
	b.Run("XOF", func(b *testing.B) {
		b.ReportAllocs()
		amounts := make([]djamo.XOF, 0, 1001)
		for b.Loop() {
			if err := json.Unmarshal(data, &amounts); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("int64", func(b *testing.B) {
		b.ReportAllocs()
		amounts := make([]int64, 0, 1001)
		for b.Loop() {
			if err := json.Unmarshal(data, &amounts); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("direct", func(b *testing.B) {
		b.ReportAllocs()
		number := []byte("15000")
		var amount djamo.XOF
		for b.Loop() {
			if err := amount.UnmarshalJSON(number); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkParseXOF(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := djamo.ParseXOF("1 500 000 FCFA"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkXOF_String(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = djamo.XOF(1_500_000).String()
	}
}
