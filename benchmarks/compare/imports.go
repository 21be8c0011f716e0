package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/djamo/djamo-go/benchmarks/client"
)

// compareImports builds a program of one call with each, from an empty build cache.
func compareImports(ctx context.Context, out io.Writer) error {
	fmt.Fprint(
		out,
		"\n### Import cost: a program of one call\n\n"+
			"| | stripped, MB | packages | build from an empty cache, s | size | packages | build |\n"+
			"| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
	)
	var first *importCost
	for _, c := range client.Contenders() {
		if c.Program == "" {
			continue // a variant of the one by hand
		}
		cost, err := importCostOf(ctx, "github.com/djamo/djamo-go/benchmarks/programs/"+c.Program)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
		if first == nil {
			first = &cost
		}
		fmt.Fprintf(out, "| %s | %.1f | %d | %.1f | %.2f | %.2f | %.2f |\n", c.Name, float64(cost.size)/1e6, cost.packages, cost.build.Seconds(),
			float64(cost.size)/float64(first.size), float64(cost.packages)/float64(first.packages), cost.build.Seconds()/first.build.Seconds())
	}
	return nil
}

type importCost struct {
	size     int64
	packages int
	build    time.Duration
}

func importCostOf(ctx context.Context, program string) (importCost, error) {
	list, err := exec.CommandContext(ctx, "go", "list", "-deps", program).Output() //nolint:gosec // a package of this module
	if err != nil {
		return importCost{}, err
	}
	scratch, err := os.MkdirTemp("", "import-cost-")
	if err != nil {
		return importCost{}, err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	binary := filepath.Join(scratch, "program")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, program) //nolint:gosec // the same
	build.Env = append(os.Environ(), "GOCACHE="+filepath.Join(scratch, "cache"))
	start := time.Now()
	if output, err := build.CombinedOutput(); err != nil {
		return importCost{}, fmt.Errorf("%w: %s", err, output)
	}
	took := time.Since(start)
	info, err := os.Stat(binary)
	if err != nil {
		return importCost{}, err
	}
	return importCost{size: info.Size(), packages: len(strings.Fields(string(list))), build: took}, nil
}
