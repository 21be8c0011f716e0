package djamo_test

import (
	"os"
	"testing"

	"github.com/djamo/djamo-go/internal/leaktest"
)

// Tests that use real connections look for what they leave by themselves (leaktest.Check); this finds the rest.
func TestMain(m *testing.M) { os.Exit(leaktest.Main(m)) }
