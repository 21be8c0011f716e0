package main

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/doc"
	"go/format"
	"go/parser"
	"go/token"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// stranger is somebody with nothing but Go and a module proxy: no workspace, no settings, no module fetched before.
type stranger struct {
	home string
	env  []string
}

// newStranger gives a stranger an empty home. What others publish comes from the cache of whoever runs this, and beyond that
// from their proxy; ours comes from the rehearsed proxy alone. What was compiled before serves again.
func (r release) newStranger(ctx context.Context) (stranger, error) {
	printed, err := exec.CommandContext(ctx, "go", "env", "GOMODCACHE", "GOPROXY", "GOCACHE").Output()
	if err != nil {
		return stranger{}, fmt.Errorf("go env: %w", err)
	}
	settings := strings.Split(strings.TrimSpace(string(printed)), "\n")
	if len(settings) != 3 {
		return stranger{}, fmt.Errorf("go env printed %q", printed)
	}
	s := stranger{home: filepath.Join(r.scratch, "home")}
	if err := os.MkdirAll(s.home, 0o700); err != nil {
		return stranger{}, err
	}
	proxies := []string{fileURL(r.proxy), fileURL(filepath.Join(settings[0], "cache", "download")), settings[1]}
	s.env = []string{
		"PATH=" + filepath.Join(s.home, "go", "bin") + string(os.PathListSeparator) + os.Getenv("PATH"),
		"HOME=" + s.home, "TMPDIR=" + os.TempDir(), "GOENV=off", "GOTOOLCHAIN=local",
		"GOPATH=" + filepath.Join(s.home, "go"), "GOCACHE=" + settings[2], "GOPROXY=" + strings.Join(proxies, ","),
		"GOFLAGS=-trimpath -modcacherw", // the cache of compiled packages is shared, and the home removed afterwards
		"GOSUMDB=off",                   // hashes are compared with those of the repository instead
	}
	for _, setting := range os.Environ() { // how the network is reached, and who vouches for it
		name, _, _ := strings.Cut(setting, "=")
		if strings.HasSuffix(strings.ToUpper(name), "_PROXY") || strings.HasPrefix(name, "SSL_CERT_") {
			s.env = append(s.env, setting)
		}
	}
	_, err = s.run(ctx, s.home, "go telemetry off") // it would write into the home while that is removed
	return s, err
}

// fileURL names a folder in a list that commas separate.
func fileURL(dir string) string {
	named := url.URL{Scheme: "file", Path: filepath.ToSlash(dir)}
	return strings.ReplaceAll(named.String(), ",", "%2C")
}

// quote has bash read a name as one word.
func quote(name string) string { return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'" }

// run carries out a line of the README in a folder, or another command, and returns what it prints to standard output.
func (s stranger) run(ctx context.Context, dir, line string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Hour) // SQLite for another platform, on a busy machine
	defer cancel()
	command := exec.CommandContext(ctx, "bash", "-c", line)
	command.Dir, command.Env = dir, s.env
	var printed, complaints strings.Builder
	command.Stdout, command.Stderr = &printed, &complaints
	command.WaitDelay = 10 * time.Second // an interruption does not wait for what the command has started
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s%s", line, err, &printed, &complaints)
	}
	return printed.String(), nil
}

// rehearse has a stranger get every module and program with the lines that the README prints, and use it.
func (r release) rehearse(ctx context.Context, out io.Writer) error {
	lines, err := r.installLines()
	if err != nil {
		return err
	}
	s, err := r.newStranger(ctx)
	if err != nil {
		return err
	}
	for i, line := range lines {
		started := time.Now()
		dir := filepath.Join(r.scratch, fmt.Sprintf("empty-%d", i))
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		m, rest := r.moduleOf(line.target)
		var done string
		switch {
		case line.verb == "get":
			done, err = r.useModule(ctx, s, m, line, dir)
		case line.verb == "run":
			done, err = s.run(ctx, dir, line.text)
			done, _, _ = strings.Cut(strings.TrimSpace(done), "\n")
		default:
			done, err = r.useProgram(ctx, s, line, dir, filepath.Base(rest))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", m.path, err)
		}
		if _, err := fmt.Fprintf(out, "ok    %s (%.1f s)\n      %s\n", line.text, time.Since(started).Seconds(), done); err != nil {
			return err
		}
	}
	return nil
}

// installLine is a line of the README that gets a module, or installs or runs a program.
type installLine struct{ text, verb, target string }

// installLines are those of the README. Every module that is published must have one.
func (r release) installLines() ([]installLine, error) {
	content, err := os.ReadFile(filepath.Join(r.root, "README.md"))
	if err != nil {
		return nil, err
	}
	var lines []installLine
	pattern := regexp.MustCompile(`(?m)^go (get|install|run) (` + regexp.QuoteMeta(r.main().path) + `\S*)@latest\b`)
	for _, match := range pattern.FindAllStringSubmatch(string(content), -1) {
		lines = append(lines, installLine{match[0], match[1], match[2]})
	}
	for _, m := range r.modules {
		has := slices.ContainsFunc(lines, func(l installLine) bool { found, _ := r.moduleOf(l.target); return found.path == m.path })
		if m.shared && !has {
			return nil, fmt.Errorf("README.md has no line that gets %s: add go get %s@latest, or go install or go run for a program", m.path, m.path)
		}
	}
	return lines, nil
}

// moduleOf finds the module that holds a package.
func (r release) moduleOf(target string) (module, string) {
	var found module
	for _, m := range r.modules {
		if (target == m.path || strings.HasPrefix(target, m.path+"/")) && len(m.path) > len(found.path) {
			found = m
		}
	}
	return found, target
}

// useModule gets a module for a module of the stranger's own, and runs the module's first example there.
func (r release) useModule(ctx context.Context, s stranger, m module, line installLine, dir string) (string, error) {
	if _, err := s.run(ctx, dir, "go mod init example.com/stranger"); err != nil {
		return "", err
	}
	if _, err := s.run(ctx, dir, line.text); err != nil {
		return "", err
	}
	got, err := s.run(ctx, dir, "go list -m "+m.path)
	if err != nil {
		return "", err
	}
	if want := m.path + " " + r.version + "\n"; got != want {
		return "", fmt.Errorf("got %q, want %q", got, want)
	}
	program, want, err := exampleProgram(filepath.Dir(r.file(m, "go.mod")))
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), program, 0o600); err != nil {
		return "", err
	}
	if m.dir != "." { // whose example imports nothing but the module
		if _, err := s.run(ctx, dir, "go get ."); err != nil {
			return "", err
		}
	}
	if _, err := s.run(ctx, dir, "go build "+strings.Join(m.offers, " ")); err != nil {
		return "", err
	}
	printed, err := s.run(ctx, dir, "go run .")
	if err != nil {
		return "", err
	}
	if want != "" && strings.TrimSpace(printed) != strings.TrimSpace(want) {
		return "", fmt.Errorf("its example printed %q, want %q", printed, want)
	}
	required, err := r.checkModuleFiles(m, dir)
	return fmt.Sprintf("its example runs, and its user's go.mod names %d modules", len(required)), err
}

// exampleProgram makes a program of the example that documents a whole package, as pkg.go.dev does, and says what it prints.
func exampleProgram(dir string) (program []byte, prints string, err error) {
	positions := token.NewFileSet()
	var files []*ast.File
	names, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return nil, "", err
	}
	for _, name := range names {
		parsed, err := parser.ParseFile(positions, name, nil, parser.ParseComments)
		if err != nil {
			return nil, "", err
		}
		files = append(files, parsed)
	}
	for _, example := range doc.Examples(files...) {
		if example.Name != "" {
			continue
		}
		if example.Play == nil {
			return nil, "", errors.New("func Example uses what only its package's tests have: nobody else could run it")
		}
		var program strings.Builder
		if err := format.Node(&program, positions, example.Play); err != nil {
			return nil, "", err
		}
		return []byte(program.String()), example.Output, nil
	}
	return nil, "", errors.New("there is no func Example, which shows what the package is for")
}

// useProgram installs the command djamo twice, as the README says and by its version, and has it serve the sandbox.
func (r release) useProgram(ctx context.Context, s stranger, line installLine, dir, name string) (string, error) {
	for _, text := range []string{line.text, strings.Replace(line.text, "@latest", "@"+r.version, 1)} {
		if _, err := s.run(ctx, dir, text); err != nil {
			return "", err
		}
		printed, err := s.run(ctx, dir, name+" version")
		if err != nil {
			return "", err
		}
		if !strings.HasPrefix(printed, name+" "+r.version+" ") {
			return "", fmt.Errorf("%s version printed %q after %s", name, printed, text)
		}
	}
	return s.startSandbox(ctx, filepath.Join(s.home, "go", "bin", name))
}
