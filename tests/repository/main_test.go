package repository_test

import (
	"log"
	"os"
	"testing"

	"github.com/djamo/djamo-go/internal/leaktest"
)

// The tests are about the whole repository and run at its root.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		log.Fatal(err)
	}
	os.Exit(leaktest.Main(m))
}
