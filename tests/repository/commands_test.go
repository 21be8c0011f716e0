package repository_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/stretchr/testify/require"
)

// terminal carries out the commands of one page, literally and one after the other, as a reader does who follows it: in a
// clone of its own or in the reader's module beside it, with no account until the page exports one. The account is then
// one of the API in memory. What needs the network is looked at and not carried out.
type terminal struct {
	t        *testing.T
	home     string // where the reader keeps the clone
	clone    string
	dir      string          // where the reader is
	main     string          // the program that the page tells its reader to save as main.go; "" for none
	account  []string        // environment variables; nil until the page exports them
	known    map[string]bool // environment variables that the code reads
	printed  []string        // by the commands so far
	database bool            // the page names a database, which a test without one does not have
}

func newTerminal(t *testing.T, origin string, known map[string]bool, blocks []block) *terminal {
	t.Helper()
	home := t.TempDir()
	term := &terminal{t: t, home: home, clone: filepath.Join(home, path.Base(module)), known: known}
	term.dir = term.clone
	isShown := false
	for _, b := range blocks {
		if b.language == "go" && strings.HasPrefix(b.text, "package main\n") && term.main == "" {
			term.main = b.text
		}
		isShown = isShown || b.language == "sh"
	}
	if isShown {
		git(t, "clone", "-q", "--shared", origin, term.clone)
	}
	return term
}

// commitTo copies the files of this checkout that belong to the repository, changed ones as they are, and commits them.
func commitTo(t *testing.T, dir string) {
	t.Helper()
	listed, err := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	require.NoError(t, err)
	for name := range strings.SplitSeq(strings.TrimSuffix(string(listed), "\x00"), "\x00") {
		content, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed, and not yet committed
		}
		require.NoError(t, err)
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, info.Mode().Perm()))
	}
	git(t, "-C", dir, "init", "-q")
	git(t, "-C", dir, "add", "-A")
	git(t, "-C", dir, "-c", "user.name=reader", "-c", "user.email=reader@example.com", "commit", "-qm", "clone")
}

func git(t *testing.T, arguments ...string) {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "git",
		append([]string{"-c", "core.autocrlf=false", "-c", "commit.gpgsign=false"}, arguments...)...).CombinedOutput()
	require.NoError(t, err, string(output))
}

// requireClean fails the test when the commands of the page left something that git would commit.
func (term *terminal) requireClean() {
	if _, err := os.Stat(term.clone); err != nil {
		return
	}
	status, err := exec.CommandContext(term.t.Context(), "git", "-C", term.clone, "status", "--porcelain").Output()
	require.NoError(term.t, err)
	require.Empty(term.t, string(status), "the commands of the page leave the clone as it was, or .gitignore names what they write")
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
		line = withoutComment(line)
		words := strings.Fields(line)
		for len(words) > 0 && isAssignment(words[0]) {
			if err := term.assign(words[0]); err != nil {
				return err
			}
			words, line = words[1:], strings.TrimSpace(strings.TrimPrefix(line, words[0]))
		}
		if len(words) == 0 {
			continue
		}
		if err := term.command(line, words); err != nil {
			return fmt.Errorf("%s: %w", line, err)
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

// command carries a line out, but for what needs the network or would run this test again.
func (term *terminal) command(line string, words []string) error {
	rest := words[1:]
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
		term.dir = term.home // its reader is not in the clone yet
		return nil
	case "cd":
		term.dir = filepath.Join(term.dir, strings.Join(rest, " "))
		_, err := os.Stat(term.dir)
		return err
	case "npx": // a viewer that is fetched; the file it is to show must be there
		_, err := os.Stat(filepath.Join(term.dir, rest[len(rest)-1]))
		return err
	case ".ci/run", ".ci/release":
		_, err := os.Stat(filepath.Join(term.dir, words[0]))
		return err
	case "go":
		if done, err := term.goCommand(rest); done || err != nil {
			return err
		}
	}
	serves := strings.Contains(line, " sandbox ") // until it is interrupted; the other commands talk to one that does
	if term.database || serves || strings.Contains(line, "…") || strings.Contains(line, "://") {
		return term.hasFlags(words)
	}
	if asks := strings.Contains(line, " payroll run ") && !strings.Contains(line, " --yes"); asks {
		// It asks on a terminal only, and script makes one.
		return term.execute("script", "-qec", line, filepath.Join(term.t.TempDir(), "typescript"))
	}
	return term.execute("bash", "-c", line)
}

// goCommand carries out what a reader does in a module of the reader's own, and what asks the network or runs all tests.
func (term *terminal) goCommand(words []string) (done bool, err error) {
	if len(words) < 2 {
		return true, errors.New("a go command without a target")
	}
	switch words[0] {
	case "get":
		return true, term.get(words[len(words)-1])
	case "list":
		if !slices.Equal(words[1:], []string{"-m", "-u", module}) {
			return true, errors.New("it lists something else than the module's newest version")
		}
		return true, nil
	case "install":
		return true, isPublished(words[len(words)-1])
	case "run":
		if strings.Contains(words[1], "@") {
			return true, isPublished(words[1])
		}
		if words[1] != "." {
			return false, nil
		}
		if term.main == "" {
			return true, errors.New("the page shows no program to save as main.go")
		}
		return false, os.WriteFile(filepath.Join(term.dir, "main.go"), []byte(term.main), 0o600)
	case "test", "vet":
		return true, term.goTest(words[1:])
	}
	return false, nil
}

// isPublished looks at what would be fetched: a folder of this repository. tests/release carries out what the README installs.
func isPublished(target string) error {
	name, _, _ := strings.Cut(target, "@")
	folder, ours := strings.CutPrefix(name, module+"/")
	if !ours {
		return fmt.Errorf("%s is no package of this module", name)
	}
	_, err := os.Stat(folder)
	return err
}

// get looks at what would be fetched, and takes it from the clone in a module of the reader's.
func (term *terminal) get(target string) error {
	name, _, _ := strings.Cut(target, "@")
	if name != module {
		return isPublished(name)
	}
	if _, err := os.Stat(filepath.Join(term.dir, "go.mod")); err != nil || term.dir == term.clone {
		return nil //nolint:nilerr // the page has not told its reader to make a module
	}
	if err := term.execute("go", "mod", "edit", "-replace="+module+"="+term.clone); err != nil {
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
	folder := words[len(words)-1]
	for name, file := range testFunctions(term.t) {
		if pattern.MatchString(name) && path.Dir(file) == path.Clean(folder) {
			return nil
		}
	}
	return fmt.Errorf("no test in %s is called %s", folder, pattern)
}

// hasFlags asks a program for its help, when the line shows an address that is only an example, leaves something out, or
// needs a database: the program must have the command and its flags. Its own tests carry them out.
func (term *terminal) hasFlags(words []string) error {
	command := make([]string, 0, len(words))
	var flags []string
	for _, word := range words {
		switch {
		case strings.HasPrefix(word, "-"):
			name, _, _ := strings.Cut(word, "=")
			flags = append(flags, name)
		case len(flags) == 0 && !strings.ContainsAny(word, "….:") || strings.HasPrefix(word, "./"):
			command = append(command, word)
		}
	}
	output, err := term.output("bash", "-c", strings.Join(command, " ")+" --help")
	if err != nil {
		return fmt.Errorf("%w\n%s", err, output)
	}
	for _, flag := range flags {
		if !strings.Contains(output, " "+flag) {
			return fmt.Errorf("there is no flag %s in\n%s", flag, output)
		}
	}
	return nil
}

// execute runs a command to its end, which must be a success. It confirms what it is asked.
func (term *terminal) execute(name string, arguments ...string) error {
	output, err := term.output(name, arguments...)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, output)
	}
	term.printed = append(term.printed, output)
	return nil
}

func (term *terminal) output(name string, arguments ...string) (string, error) {
	ctx, cancel := context.WithTimeout(term.t.Context(), 12*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, name, arguments...)
	answers, answer, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer answers.Close()
	defer answer.Close()
	screen := &screen{answer: answer}
	command.Dir, command.Stdin, command.Stdout, command.Stderr = term.dir, answers, screen, screen
	environment := map[string]string{}
	for _, variable := range append(os.Environ(), term.account...) {
		key, value, _ := strings.Cut(variable, "=")
		environment[key] = value
	}
	maps.DeleteFunc(environment, func(key, _ string) bool {
		return strings.HasPrefix(key, "DJAMO_") && !slices.ContainsFunc(term.account, func(a string) bool { return strings.HasPrefix(a, key+"=") })
	})
	// The reader's machine is this one, also where these tests are built for another: then nothing is compiled a second time.
	for _, ours := range []string{"GOWORK", "GOOS", "GOARCH", "CGO_ENABLED"} {
		delete(environment, ours)
	}
	environment["GOFLAGS"] = "-trimpath" // what one clone has compiled serves the next
	if !strings.HasPrefix(term.dir+string(filepath.Separator), term.clone+string(filepath.Separator)) {
		// The reader's module takes what it needs from the module cache: nothing is fetched.
		maps.Copy(environment, map[string]string{"GOWORK": "off", "GOPROXY": "off", "GOSUMDB": "off", "GOFLAGS": "-mod=mod -trimpath"})
	}
	for key, value := range environment {
		command.Env = append(command.Env, key+"="+value)
	}
	err = command.Run()
	return screen.text.String(), err
}

// screen is what a program has printed. It confirms what it is asked, as soon as the question is there: what was typed before
// is no answer.
type screen struct {
	text     strings.Builder
	answered int
	answer   io.Writer
}

func (s *screen) Write(text []byte) (int, error) {
	s.text.Write(text)
	if asked := strings.Count(s.text.String(), "[y/N]"); asked > s.answered {
		s.answered = asked
		if _, err := io.WriteString(s.answer, "y\n"); err != nil {
			return 0, err
		}
	}
	return len(text), nil
}
