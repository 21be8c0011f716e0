package djamo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/stretchr/testify/require"
)

// terminal carries out the commands of one page, one after the other, as a reader does who follows it: in a directory of
// its own, which stands for the clone of the repository or for the reader's module, with no account until the page
// exports one. The account is then one of the API in memory.
type terminal struct {
	t        *testing.T
	workshop *workshop
	dir      string
	main     string            // the program that the page tells its reader to save as main.go; "" for none
	account  []string          // environment variables; nil until the page exports them
	known    map[string]bool   // environment variables that the code reads
	built    map[string]string // packages by the name that go build gave their programs
	printed  []string          // by the commands so far
	database bool              // the page names a database, which a test without one does not have
}

func newTerminal(t *testing.T, w *workshop, blocks []block) *terminal {
	t.Helper()
	term := &terminal{t: t, workshop: w, dir: filepath.Join(t.TempDir(), path.Base(module)), known: variablesOfTheCode(t), built: map[string]string{}}
	for _, b := range blocks {
		if b.language == "go" && strings.HasPrefix(b.text, "package main\n") && term.main == "" {
			term.main = b.text
		}
	}
	require.NoError(t, os.MkdirAll(filepath.Join(term.dir, "testdata"), 0o700))
	samples, err := filepath.Glob("testdata/*.csv")
	require.NoError(t, err)
	for _, sample := range samples {
		content, err := os.ReadFile(sample)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(term.dir, sample), content, 0o600))
	}
	return term
}

// variablesOfTheCode are the environment variables whose names stand in the code.
func variablesOfTheCode(t *testing.T) map[string]bool {
	t.Helper()
	name := regexp.MustCompile(`"(DJAMO_[A-Z_]+)"`)
	known := map[string]bool{}
	for _, file := range goFiles(t, ".", everywhere) {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, match := range name.FindAllStringSubmatch(string(content), -1) {
			known[match[1]] = true
		}
	}
	return known
}

func (term *terminal) run(script string) error {
	for line := range strings.Lines(script) {
		words := strings.Fields(withoutComment(line))
		for len(words) > 0 && isAssignment(words[0]) {
			if err := term.assign(words[0]); err != nil {
				return err
			}
			words = words[1:]
		}
		if len(words) == 0 {
			continue
		}
		if err := term.command(words); err != nil {
			return fmt.Errorf("%s: %w", strings.TrimSpace(line), err)
		}
	}
	return nil
}

func withoutComment(line string) string {
	line, _, _ = strings.Cut(" "+line, " #")
	return strings.TrimSpace(line)
}

func isAssignment(word string) bool {
	name, _, ok := strings.Cut(word, "=")
	return ok && name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == ""
}

// assign takes a variable for what it says: that there is an account. Nothing of the page's own values is used.
func (term *terminal) assign(word string) error {
	name, _, _ := strings.Cut(word, "=")
	if !term.known[name] {
		return fmt.Errorf("no code reads %s", name)
	}
	term.database = term.database || name == "DJAMO_DATABASE_URL"
	if term.account == nil && strings.HasPrefix(name, "DJAMO_") {
		server := djamotest.NewServer(term.t, djamotest.WithSettleAfter(0))
		term.account = []string{"DJAMO_ACCESS_TOKEN=" + server.Token, "DJAMO_API_URL=" + server.URL, "DJAMO_COMPANY_ID=" + server.CompanyID}
	}
	return nil
}

// command knows the commands that pages may show. What needs the network is looked at and not carried out.
func (term *terminal) command(words []string) error {
	if strings.ContainsAny(strings.Join(words, " "), "'\"`|;&$<>()*") {
		return errors.New("this test understands plain words only")
	}
	rest := words[1:]
	if len(rest) == 0 && !strings.HasPrefix(words[0], "./") && words[0] != ".ci/run" {
		return errors.New("a command without arguments")
	}
	switch words[0] {
	case "export":
		for _, word := range rest {
			if err := term.assign(word); err != nil {
				return err
			}
		}
		return nil
	case "git":
		if !slices.Equal(rest, []string{"clone", "https://" + module}) {
			return errors.New("it clones another repository")
		}
		term.dir = filepath.Dir(term.dir) // its reader is not in the clone yet
		return nil
	case "mkdir":
		return os.Mkdir(filepath.Join(term.dir, rest[0]), 0o700)
	case "cd":
		term.dir = filepath.Join(term.dir, rest[0])
		_, err := os.Stat(term.dir)
		return err
	case "npx": // a viewer that is fetched; the file it is to show must be there
		_, err := os.Stat(rest[len(rest)-1])
		return err
	case ".ci/run":
		_, err := os.Stat(words[0])
		return err
	case "go":
		return term.goCommand(rest)
	}
	if program, ok := strings.CutPrefix(words[0], "./"); ok && term.built[program] != "" {
		return term.program(term.built[program], rest)
	}
	return errors.New("this test does not know the command: teach it in docs_commands_test.go")
}

func (term *terminal) goCommand(words []string) error {
	if len(words) < 2 {
		return errors.New("a go command without a target")
	}
	last := words[len(words)-1]
	switch words[0] {
	case "get":
		return term.get(last)
	case "mod", "tool":
		return term.execute("go", words...)
	case "list":
		if !slices.Equal(words[1:], []string{"-m", "-u", module}) {
			return errors.New("it lists something else than the module's newest version")
		}
		return nil
	case "run":
		if words[1] == "." {
			if term.main == "" {
				return errors.New("the page shows no program to save as main.go")
			}
			if err := os.WriteFile(filepath.Join(term.dir, "main.go"), []byte(term.main), 0o600); err != nil {
				return err
			}
			return term.execute("go", words...)
		}
		return term.program(words[1], words[2:])
	case "build":
		if len(words) != 4 || words[1] != "-o" {
			return errors.New("the program's name must be given with -o")
		}
		term.built[words[2]] = last
		return nil
	case "vet":
		return nil
	case "test":
		return term.goTest(words[1:])
	}
	return errors.New("this test does not know the go command: teach it in docs_commands_test.go")
}

// get looks at what would be fetched, and takes it from this clone in a module of the reader's.
func (term *terminal) get(target string) error {
	name, _, _ := strings.Cut(target, "@")
	if name != module {
		if rest, ok := strings.CutPrefix(name, module+"/"); ok {
			_, err := os.Stat(rest)
			return err
		}
		return fmt.Errorf("%s is no package of this module", name)
	}
	if _, err := os.Stat(filepath.Join(term.dir, "go.mod")); err != nil {
		return nil //nolint:nilerr // the page has not told its reader to make a module
	}
	clone, err := filepath.Abs(".")
	if err != nil {
		return err
	}
	if err := term.execute("go", "mod", "edit", "-replace="+module+"="+clone); err != nil {
		return err
	}
	return term.execute("go", "get", module)
}

// goTest makes sure that there are tests to run; they run anyway.
func (term *terminal) goTest(words []string) error {
	at := slices.Index(words, "-run")
	if at < 0 {
		return nil
	}
	pattern, err := regexp.Compile(words[at+1])
	if err != nil {
		return err
	}
	for name := range testFunctions(term.t) {
		if pattern.MatchString(name) {
			return nil
		}
	}
	return fmt.Errorf("no test is called %s", pattern)
}

// program runs a program of the repository. One that a page shows with an address that is only an example, or with
// something left out, is asked whether it has the flags.
func (term *terminal) program(pkg string, arguments []string) error {
	binary, err := term.workshop.build(term.t.Context(), pkg)
	if err != nil {
		return err
	}
	if strings.Contains(strings.Join(arguments, " "), "://") || slices.Contains(arguments, "…") {
		help, _ := exec.CommandContext(term.t.Context(), binary, "-h").CombinedOutput()
		for _, argument := range arguments {
			name, _, _ := strings.Cut(argument, "=")
			if strings.HasPrefix(name, "-") && !bytes.Contains(help, []byte("  "+name)) {
				return fmt.Errorf("there is no flag %s", name)
			}
		}
		return nil
	}
	if term.database {
		return hasCommand(term.t.Context(), binary, arguments)
	}
	return term.execute(binary, arguments...)
}

// hasCommand asks a program that needs a database whether it has a command and its flags: its own tests carry them out.
func hasCommand(ctx context.Context, binary string, arguments []string) error {
	usage, _ := exec.CommandContext(ctx, binary).CombinedOutput()
	for line := range strings.Lines(string(usage)) {
		words := strings.Fields(line)
		if len(words) < 2 || words[1] != arguments[0] {
			continue
		}
		for _, argument := range arguments[1:] {
			if strings.HasPrefix(argument, "-") && !strings.Contains(line, "["+argument+" ") && !strings.Contains(line, "["+argument+"]") {
				return fmt.Errorf("%s has no flag %s", arguments[0], argument)
			}
		}
		return nil
	}
	return fmt.Errorf("there is no command %s", arguments[0])
}

// workshop builds each program once for all pages.
type workshop struct {
	dir string

	mu    sync.Mutex
	built map[string]string
}

func (w *workshop) build(ctx context.Context, pkg string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if binary := w.built[pkg]; binary != "" {
		return binary, nil
	}
	workspace, err := filepath.Abs("go.work")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(w.dir, filepath.Base(pkg)+".exe") // Windows insists
	command := exec.CommandContext(ctx, "go", "build", "-o", binary, pkg)
	command.Env = append(os.Environ(), "GOWORK="+workspace) // the programs are in a module of their own
	output, err := command.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, output)
	}
	w.built[pkg] = binary
	return binary, nil
}

// execute runs a command to its end, which must be a success. It confirms what it is asked.
func (term *terminal) execute(name string, arguments ...string) error {
	ctx, cancel := context.WithTimeout(term.t.Context(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, name, arguments...)
	command.Dir, command.Stdin = term.dir, strings.NewReader("y\n")
	environment := map[string]string{}
	for _, variable := range append(os.Environ(), term.account...) {
		key, value, _ := strings.Cut(variable, "=")
		environment[key] = value
	}
	maps.DeleteFunc(environment, func(key, _ string) bool {
		return strings.HasPrefix(key, "DJAMO_") && !slices.ContainsFunc(term.account, func(a string) bool { return strings.HasPrefix(a, key+"=") })
	})
	// The reader's module takes what it needs from the module cache: nothing is fetched.
	maps.Copy(environment, map[string]string{"GOWORK": "off", "GOPROXY": "off", "GOSUMDB": "off", "GOFLAGS": "-mod=mod"})
	for key, value := range environment {
		command.Env = append(command.Env, key+"="+value)
	}
	output, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, output)
	}
	term.printed = append(term.printed, string(output))
	return nil
}
