package cost_test

import (
	"os"
	"testing"

	"github.com/djamo/djamo-go/internal/leaktest"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Main(m)) }
