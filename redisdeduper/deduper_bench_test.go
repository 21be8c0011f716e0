package redisdeduper_test

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
)

// What a delivery costs: a claim and the mark that it is done.
func BenchmarkDeduper(b *testing.B) {
	for name, open := range stores() {
		b.Run(name+"/new", func(b *testing.B) {
			d := open(b).machine(b)
			b.ReportAllocs()
			for b.Loop() {
				key := rand.Text()
				if answer, err := d.Claim(b.Context(), key, "a", time.Minute); answer != djamo.ClaimGranted || err != nil {
					b.Fatal(answer, err)
				}
				if err := d.Done(b.Context(), key, "a"); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/repeated", func(b *testing.B) {
			d := open(b).machine(b)
			if err := d.Done(b.Context(), "key", "a"); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if answer, err := d.Claim(b.Context(), "key", "b", time.Minute); answer != djamo.ClaimDone || err != nil {
					b.Fatal(answer, err)
				}
			}
		})
	}
}
