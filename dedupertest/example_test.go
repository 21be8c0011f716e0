package dedupertest_test

import (
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/dedupertest"
)

// TestYours is the test of a Deduper of your own that all machines share.
func TestYours(t *testing.T) {
	t.Parallel()
	store := &djamo.MemoryDeduper{} // yours: a database
	dedupertest.Run(t, func(testing.TB) djamo.Deduper {
		return store // one more machine on the store
	})
}

func Example() {
	run := TestYours // a test in a file of yours, whose package imports dedupertest
	_ = run
	// Output:
}
