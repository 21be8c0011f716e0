package djamo_test

import (
	"testing"

	"github.com/djamo/djamo-go"
)

func BenchmarkParseMSISDN(b *testing.B) {
	for name, text := range map[string]string{"clean": "+2250748710523", "spaces": "+225 07 48 71 05 23"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := djamo.ParseMSISDN(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkMSISDN_String(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = djamo.MSISDN("+2250748710523").String()
	}
}
