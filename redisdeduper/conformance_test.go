package redisdeduper_test

import (
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/dedupertest"
)

func TestDeduper_Conforms(t *testing.T) {
	t.Parallel()
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			dedupertest.Run(t, func(t testing.TB) djamo.Deduper { return s.machine(t) })
		})
	}
}
