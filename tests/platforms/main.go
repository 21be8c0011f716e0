// Command platforms checks that packages and their tests compile for other platforms, without compiling them:
//
//	go run ./tests/platforms windows/amd64,darwin/arm64 ./... ./cmd/djamo/...
//
// It reads the source of the packages and of all that they import as the compiler would for that platform, and checks types
// and the sizes of numbers. Of what is not ours only the declarations are read, which is a small part of the work of a compiler.
package main

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	const usage = "usage: go run ./tests/platforms GOOS/GOARCH[,…] PACKAGES..."
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(64)
	}
	for platform := range strings.SplitSeq(os.Args[1], ",") {
		count, err := check(context.Background(), platform, "", os.Args[2:]...)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s:\n%v\n", platform, err)
			os.Exit(1)
		}
		_, _ = fmt.Fprintf(os.Stdout, "ok    %s: %d packages, tests included\n", platform, count)
	}
}

// check reports how many packages it looked at, and every error of those that the patterns name in the directory.
func check(ctx context.Context, platform, directory string, patterns ...string) (int, error) {
	system, processor, ok := strings.Cut(platform, "/")
	if !ok {
		return 0, fmt.Errorf("%q is no platform: give GOOS/GOARCH, as in windows/amd64", platform)
	}
	foreign, err := directories(ctx)
	if err != nil {
		return 0, err
	}
	loaded, err := packages.Load(&packages.Config{
		Context: ctx, Dir: directory, Tests: true,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedDeps |
			packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedTypesSizes | packages.NeedModule,
		Env: append(os.Environ(), "GOOS="+system, "GOARCH="+processor, "CGO_ENABLED=0"),
		ParseFile: func(set *token.FileSet, name string, source []byte) (*ast.File, error) {
			ours := !slices.ContainsFunc(foreign, func(dir string) bool { return strings.HasPrefix(name, dir) })
			return parse(set, name, source, ours)
		},
	}, patterns...)
	if err != nil {
		return 0, err
	}
	if len(loaded) == 0 {
		return 0, errors.New("no package was found")
	}
	var faults []error
	for _, p := range loaded {
		for _, fault := range p.Errors {
			faults = append(faults, fault)
		}
	}
	return len(loaded), errors.Join(faults...)
}

// directories are where the files of the standard library and of other modules stand.
func directories(ctx context.Context) ([]string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOROOT", "GOMODCACHE").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	found := strings.Fields(string(out))
	for i := range found {
		found[i] += string(filepath.Separator)
	}
	return found, nil
}

// parse leaves out what functions do in a file that is not ours.
func parse(set *token.FileSet, name string, source []byte, ours bool) (*ast.File, error) {
	if ours {
		return parser.ParseFile(set, name, source, parser.SkipObjectResolution|parser.ParseComments)
	}
	file, err := parser.ParseFile(set, name, source, parser.SkipObjectResolution)
	if file == nil {
		return nil, err
	}
	for _, d := range file.Decls {
		if function, ok := d.(*ast.FuncDecl); ok {
			function.Body = nil
		}
	}
	return file, err
}
