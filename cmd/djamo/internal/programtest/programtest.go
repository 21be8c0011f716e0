// Package programtest builds the program djamo for tests that run it as processes of their own.
package programtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Program is the program djamo, built once for all tests of a package. The zero value is ready to use.
type Program struct {
	once sync.Once
	dir  string
	err  error
}

// Path builds the program when it is asked for the first time, and returns the name of its file.
func (p *Program) Path(t testing.TB) string {
	t.Helper()
	p.once.Do(p.build)
	if p.err != nil {
		t.Fatal(p.err)
	}
	return p.file()
}

// Remove deletes what was built. It is for the end of TestMain, when no test runs any more.
func (p *Program) Remove() error {
	if p.dir == "" {
		return nil
	}
	return os.RemoveAll(p.dir)
}

func (p *Program) file() string { return filepath.Join(p.dir, "djamo") }

func (p *Program) build() {
	if p.dir, p.err = os.MkdirTemp("", "djamo-test"); p.err != nil {
		return
	}
	args := []string{"build", "-o", p.file(), "github.com/djamo/djamo-go/cmd/djamo"}
	command := exec.CommandContext(context.Background(), "go", args...) //nolint:gosec // all of it is ours
	out, err := command.CombinedOutput()
	if err != nil {
		p.err = fmt.Errorf("building djamo: %w\n%s", err, out)
	}
}
