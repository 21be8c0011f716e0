package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const root = "github.com/example/pay"

// someRepository makes a repository with a client, a store that needs it, a program that needs both, and tests.
func someRepository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"go.mod":          "module " + root + "\n\ngo 1.26.0\n",
		"client.go":       "package pay\n\n// Version is named by requests.\nconst Version = \"0.0.1\"\n",
		"example_test.go": "package pay_test\n\nimport (\n\t\"fmt\"\n\n\t\"" + root + "\"\n)\n\nfunc Example() {\n\tfmt.Println(len(pay.Version) > 0)\n\t// Output: true\n}\n",
		"LICENSE":         "All may copy this.\n",
		"README.md":       "```sh\ngo get " + root + "@latest\ngo get " + root + "/store@latest   # a store\ngo install " + root + "/cmd/djamo@latest\n```\n",
		"CHANGELOG.md":    "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Payments.\n",
		"go.work": "go 1.26.0\n\nuse (\n\t.\n\t./cmd/djamo\n\t./store\n\t./tests/slow\n)\n\n// Where they are.\nreplace (\n\t" + root + " v0.0.0 => ./\n\t" +
			root + "/store v0.0.0 => ./store\n)\n",
		"store/go.mod":   "module " + root + "/store\n\ngo 1.26.0\n\nrequire " + root + " v0.0.0\n",
		"store/go.sum":   "",
		"store/store.go": "package store\n\nimport \"" + root + "\"\n\n// Name is the store's.\nconst Name = \"store of \" + pay.Version\n",
		"store/doc_test.go": "package store_test\n\nimport (\n\t\"fmt\"\n\n\t\"" + root + "/store\"\n)\n\nfunc Example() {\n\tfmt.Println(store.Name)\n\t// Output: store of " +
			strings.TrimPrefix(throwaway, "v") + "\n}\n",
		"cmd/djamo/go.mod":  "module " + root + "/cmd/djamo\n\ngo 1.26.0\n\nrequire (\n\t" + root + " v0.0.0 // indirect\n\t" + root + "/store v0.0.0\n)\n",
		"cmd/djamo/go.sum":  "",
		"cmd/djamo/main.go": "package main\n\nimport \"" + root + "/store\"\n\nfunc main() { print(store.Name) }\n",
		"tests/slow/go.mod": "module " + root + "/tests/slow\n\ngo 1.26.0\n",
		"tests/slow/all.go": "package slow\n\nfunc Exported() {}\n",
	} {
		name = filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
	}
	inRepository(t, dir, "init", "-q", "-b", "main")
	inRepository(t, dir, "config", "user.name", "releaser")
	inRepository(t, dir, "config", "user.email", "releaser@example.com")
	inRepository(t, dir, "config", "commit.gpgsign", "false")
	inRepository(t, dir, "config", "tag.gpgsign", "false")
	inRepository(t, dir, "add", "-A")
	inRepository(t, dir, "commit", "-qm", "pay: begin")
	return dir
}

func inRepository(t *testing.T, dir string, args ...string) string {
	t.Helper()
	printed, err := git(t.Context(), dir, args...)
	require.NoError(t, err)
	return printed
}

func read(t *testing.T, names ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(names...))
	require.NoError(t, err)
	return string(content)
}

func noTrial(release) error { return nil }

var day = time.Date(2026, time.June, 30, 23, 0, 0, 0, time.UTC)

func TestPrepare_CommitsAndTagsEveryModule(t *testing.T) {
	t.Parallel()

	dir := someRepository(t)
	remote := t.TempDir()
	inRepository(t, remote, "init", "-q", "--bare", ".")
	inRepository(t, dir, "remote", "add", "origin", remote)
	proxy := t.TempDir()
	var out bytes.Buffer
	require.NoError(t, prepare(t.Context(), dir, "v0.1.0", day, &out, func(r release) error {
		require.Empty(t, inRepository(t, dir, "status", "--porcelain"), "nothing is written before the trial")
		return os.CopyFS(proxy, os.DirFS(r.proxy))
	}))

	require.Equal(t, "cmd/djamo/v0.1.0\nstore/v0.1.0\nv0.1.0", inRepository(t, dir, "tag"), "tests are nobody's to use")
	require.Equal(t, "release: set the version v0.1.0\npay: begin", inRepository(t, dir, "log", "--format=%s"))
	require.Empty(t, inRepository(t, dir, "status", "--porcelain"))
	require.NotContains(t, out.String(), "not main")
	require.Contains(t, out.String(), "\tgit push --atomic origin HEAD:main v0.1.0 cmd/djamo/v0.1.0 store/v0.1.0\n")
	require.Empty(t, inRepository(t, remote, "for-each-ref"), "nothing was pushed")

	require.Contains(t, read(t, dir, "client.go"), "\nconst Version = \"0.1.0\"\n")
	require.Equal(t, "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-06-30\n\n### Added\n\n- Payments.\n", read(t, dir, "CHANGELOG.md"))
	require.Contains(t, read(t, dir, "go.work"), "// Where they are.\nreplace (\n\t"+root+" v0.1.0 => ./\n\t"+root+"/store v0.1.0 => ./store\n)\n")
	require.Contains(t, read(t, dir, "store/go.mod"), "require "+root+" v0.1.0\n")
	require.Contains(t, read(t, dir, "cmd/djamo/go.mod"), root+" v0.1.0 // indirect\n\t"+root+"/store v0.1.0\n")
	require.Len(t, strings.Split(strings.TrimSpace(read(t, dir, "cmd/djamo/go.sum")), "\n"), 4)

	requireSameFromTagsAndProxy(t, dir, proxy)
	requireBuildsAlone(t, filepath.Join(dir, "cmd", "djamo"), proxy)

	// The next one follows.
	content := strings.Replace(read(t, dir, "CHANGELOG.md"), "## [Unreleased]\n", "## [Unreleased]\n\n### Fixed\n\n- Refunds.\n", 1)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "CHANGELOG.md"), []byte(content), 0o600))
	inRepository(t, dir, "commit", "-qam", "pay: mend refunds")
	inRepository(t, dir, "tag", "v9") // no version of ours
	inRepository(t, dir, "checkout", "-q", "-b", "repairs")
	out.Reset()
	require.NoError(t, prepare(t.Context(), dir, "v0.1.1", day, &out, noTrial))
	require.Contains(t, out.String(), "not main but repairs: ")
	require.Len(t, strings.Split(strings.TrimSpace(read(t, dir, "cmd/djamo/go.sum")), "\n"), 4, "the hashes of the last version are replaced")
}

// requireSameFromTagsAndProxy has go itself fetch the modules from the tags of the repository, as the module proxy does.
func requireSameFromTagsAndProxy(t *testing.T, dir, proxy string) {
	t.Helper()
	for _, name := range []string{root, root + "/store", root + "/cmd/djamo"} {
		fromTags := download(t, name+"@v0.1.0", "GOPROXY=direct", "GIT_CONFIG_COUNT=1",
			"GIT_CONFIG_KEY_0=url.file://"+dir+".insteadOf", "GIT_CONFIG_VALUE_0=https://"+root)
		fromProxy := download(t, name+"@v0.1.0", "GOPROXY=file://"+proxy)
		require.Equal(t, fromProxy, fromTags, name)
		if name != root+"/cmd/djamo" { // which no module needs
			lines := name + " v0.1.0 " + fromTags.Sum + "\n" + name + " v0.1.0/go.mod " + fromTags.GoModSum + "\n"
			require.Contains(t, read(t, dir, "cmd/djamo/go.sum"), lines)
		}
	}
}

// requireBuildsAlone builds a module without the workspace, with its own go.mod and go.sum.
func requireBuildsAlone(t *testing.T, dir, proxy string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "build", "-mod=readonly", "-o", os.DevNull, ".")
	command.Dir = dir
	command.Env = append(os.Environ(), "GOWORK=off", "GOSUMDB=off", "GOPROXY=file://"+proxy, "GOMODCACHE="+t.TempDir(), "GOFLAGS=-modcacherw -buildvcs=false")
	printed, err := command.CombinedOutput()
	require.NoError(t, err, string(printed))
}

type downloaded struct{ Sum, GoModSum string }

func download(t *testing.T, version string, env ...string) downloaded {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", version)
	command.Dir = t.TempDir()
	command.Env = append(os.Environ(), append(env, "GOWORK=off", "GONOSUMDB="+root, "GONOSUMCHECK=1", "GOSUMDB=off", "GOMODCACHE="+t.TempDir(), "GOFLAGS=-modcacherw")...)
	printed, err := command.Output()
	require.NoError(t, err, string(printed))
	var found downloaded
	require.NoError(t, json.Unmarshal(printed, &found))
	require.NotEmpty(t, found.Sum)
	return found
}

func TestPrepare_Refuses(t *testing.T) {
	t.Parallel()

	write := func(name, content string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
			inRepository(t, dir, "add", "-A")
			inRepository(t, dir, "commit", "-qm", "pay: change")
		}
	}
	tag := func(names ...string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			for _, name := range names {
				inRepository(t, dir, "tag", name)
			}
		}
	}
	tests := []struct {
		name, version string
		before        func(*testing.T, string)
		want          string
	}{
		{"no version", "0.1.0", nil, `"0.1.0" is no version to release`},
		{"half a version", "v0.1", nil, `"v0.1" is no version to release`},
		{"a candidate", "v0.1.0-rc.1", nil, `"v0.1.0-rc.1" is no version to release`},
		{"nothing", "v0.0.0", nil, `"v0.0.0" is no version to release`},
		{"another major version", "v2.0.0", nil, "v2.0.0 needs another module path, ending in /v2"},
		{"a file that is not committed", "v0.1.0", func(t *testing.T, dir string) {
			t.Helper()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "new.go"), []byte("package pay\n"), 0o600))
		}, "the tree is not clean (?? new.go)"},
		{"a changed file", "v0.1.0", func(t *testing.T, dir string) {
			t.Helper()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "client.go"), []byte("package pay\n"), 0o600))
		}, "the tree is not clean (M client.go)"},
		{"a file that the settings hide", "v0.1.0", func(t *testing.T, dir string) {
			t.Helper()
			inRepository(t, dir, "config", "status.showUntrackedFiles", "no")
			require.NoError(t, os.WriteFile(filepath.Join(dir, "new.go"), []byte("package pay\n"), 0o600))
		}, "the tree is not clean (?? new.go)"},
		{"nobody", "v0.1.0", func(t *testing.T, dir string) {
			t.Helper()
			inRepository(t, dir, "config", "user.name", "")
		}, "empty ident name"},
		{"no key", "v0.1.0", func(t *testing.T, dir string) {
			t.Helper()
			inRepository(t, dir, "config", "commit.gpgsign", "true")
			inRepository(t, dir, "config", "gpg.program", "false")
		}, "failed to sign"},
		{"archives of before", "v0.1.0", func(t *testing.T, dir string) {
			t.Helper()
			write(".gitignore", "/dist/\n")(t, dir)
			require.NoError(t, os.Mkdir(filepath.Join(dir, distFolder), 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(dir, distFolder, "SHA256SUMS"), nil, 0o600))
		}, "dist is not empty"},
		{"a version that exists", "v0.1.0", tag("v0.1.0"), "v0.1.0 exists already: the tag v0.1.0 names it"},
		{"a version that a module has", "v0.1.0", tag("store/v0.1.0"), "v0.1.0 exists already: the tag store/v0.1.0 names it"},
		{"a version left out", "v0.3.0", tag("v0.1.0"), "v0.3.0 does not follow v0.1.0, the last release: the next is one of v0.1.1, v0.2.0, v1.0.0"},
		{"an earlier version", "v0.1.5", tag("v0.1.0", "v0.10.0"), "v0.1.5 does not follow v0.10.0"},
		{"an earlier version, in a clone without tags", "v0.1.5", write("CHANGELOG.md", "## [Unreleased]\n\n- New.\n\n## [0.2.0]\n\n- Old.\n"),
			"v0.1.5 does not follow v0.2.0"},
		{"no entry", "v0.1.0", write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n### Added\n\n## [0.0.1]\n\n- Before.\n"), "CHANGELOG.md needs a section [Unreleased] with an entry"},
		{"no section", "v0.1.0", write("CHANGELOG.md", "# Changelog\n"), "CHANGELOG.md needs a section [Unreleased] with an entry"},
		{"a section of that version", "v0.1.0", write("CHANGELOG.md", "## [Unreleased]\n\n- New.\n\n## [0.1.0]\n"), "CHANGELOG.md already has a section [0.1.0]"},
		{"a patch that breaks programs", "v0.1.1", write("CHANGELOG.md", "## [Unreleased]\n\n### Changed (incompatible)\n\n- All.\n"), "v0.1.1 is a patch"},
		{"no constant", "v0.1.0", write("client.go", "package pay\n\nvar Version = 1\n"), "client.go must declare Version once"},
		{"a module that nobody can get", "v0.1.0", write("cmd/djamo/go.mod", "module "+root+"/cmd/djamo\n\nrequire "+root+"/tests/slow v0.0.0\n"),
			root + "/tests/slow, which nobody can get"},
		{"modules in a circle", "v0.1.0", write("go.mod", "module "+root+"\n\nrequire "+root+"/store v0.0.0\n"), "need each other in a circle"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := someRepository(t)
			if tt.before != nil {
				tt.before(t, dir)
			}
			before := inRepository(t, dir, "for-each-ref") + inRepository(t, dir, "status", "--porcelain")
			err := prepare(t.Context(), dir, tt.version, day, io.Discard, func(release) error {
				t.Error("what can be refused at once is refused before the hour of the trial")
				return nil
			})
			require.ErrorContains(t, err, tt.want)
			require.NotContains(t, err.Error(), "\n", "one sentence")
			require.Equal(t, before, inRepository(t, dir, "for-each-ref")+inRepository(t, dir, "status", "--porcelain"), "nothing is left behind")
		})
	}
}

func TestPrepare_LeavesNothingWhenItFails(t *testing.T) {
	t.Parallel()

	hook := func(t *testing.T, dir, name, script string) {
		t.Helper()
		require.NoError(t, os.WriteFile(filepath.Join(dir, ".git", "hooks", name), []byte("#!/bin/sh\n"+script+"\n"), 0o700))
	}
	takeTag := func(t *testing.T, dir string) func(release) error { // the third of the tags, taken by somebody else meanwhile
		t.Helper()
		return func(release) error {
			_, err := git(context.WithoutCancel(t.Context()), dir, "update-ref", "refs/tags/store/v0.1.0/candidate", "HEAD")
			return err
		}
	}
	for name, breakIt := range map[string]func(t *testing.T, dir string) func(release) error{
		"the trial": func(*testing.T, string) func(release) error {
			return func(release) error { return io.ErrUnexpectedEOF }
		},
		"the commit": func(t *testing.T, dir string) func(release) error {
			t.Helper()
			hook(t, dir, "pre-commit", "exit 1")
			return noTrial
		},
		"a tag": takeTag,
		"a tag, after a commit with another subject": func(t *testing.T, dir string) func(release) error {
			t.Helper()
			hook(t, dir, "commit-msg", `sed -i '1s/^/PAY-1: /' "$1"`)
			return takeTag(t, dir)
		},
		"a hook that changes what is committed": func(t *testing.T, dir string) func(release) error {
			t.Helper()
			hook(t, dir, "pre-commit", "echo '// Formatted.' >>client.go && git add client.go")
			return noTrial
		},
		"a setting that changes what is committed": func(t *testing.T, dir string) func(release) error {
			t.Helper()
			inRepository(t, dir, "config", "core.autocrlf", "true")
			require.NoError(t, os.Remove(filepath.Join(dir, "store", "store.go")))
			inRepository(t, dir, "checkout", "store/store.go")
			require.Contains(t, read(t, dir, "store/store.go"), "\r\n")
			return noTrial
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := someRepository(t)
			head := inRepository(t, dir, "rev-parse", "HEAD")
			require.Error(t, prepare(t.Context(), dir, "v0.1.0", day, io.Discard, breakIt(t, dir)))
			require.Equal(t, head, inRepository(t, dir, "rev-parse", "HEAD"))
			require.Empty(t, inRepository(t, dir, "status", "--porcelain"))
			require.Empty(t, inRepository(t, dir, "tag", "--list", "v0.1.0", "cmd/djamo/v0.1.0", "store/v0.1.0"))
		})
	}
}

// A release takes an hour, and whoever is in a hurry works on, or begins it twice.
func TestPrepare_KeepsWhatIsDoneMeanwhile(t *testing.T) {
	t.Parallel()

	for name, tt := range map[string]struct {
		do   func(t *testing.T, dir string)
		want string
	}{
		"an edit": {func(t *testing.T, dir string) {
			t.Helper()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "client.go"), []byte("package pay\n"), 0o600))
		}, "the tree is not clean (M client.go)"},
		"a new file": {func(t *testing.T, dir string) {
			t.Helper()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "new.go"), []byte("package pay\n"), 0o600))
		}, "the tree is not clean (?? new.go)"},
		"a commit": {func(t *testing.T, dir string) {
			t.Helper()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "client.go"), []byte("package pay\n"), 0o600))
			inRepository(t, dir, "commit", "-qam", "pay: go on")
		}, "another commit was checked out"},
		"the same release": {func(t *testing.T, dir string) {
			t.Helper()
			require.NoError(t, prepare(t.Context(), dir, "v0.1.0", day, io.Discard, noTrial))
		}, "another commit was checked out"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := someRepository(t)
			var after string
			state := func() string {
				return inRepository(t, dir, "for-each-ref") + inRepository(t, dir, "status", "--porcelain") + inRepository(t, dir, "diff")
			}
			err := prepare(t.Context(), dir, "v0.1.0", day, io.Discard, func(release) error {
				tt.do(t, dir)
				after = state()
				return nil
			})
			require.ErrorContains(t, err, tt.want)
			require.Equal(t, after, state())
		})
	}
}

func TestPrepare_WritesNothingOnceItIsInterrupted(t *testing.T) {
	t.Parallel()

	dir := someRepository(t)
	before := inRepository(t, dir, "for-each-ref")
	ctx, cancel := context.WithCancel(t.Context())
	require.Error(t, prepare(ctx, dir, "v0.1.0", day, io.Discard, func(release) error {
		cancel()
		return nil
	}))
	require.Equal(t, before, inRepository(t, dir, "for-each-ref"))
	require.Empty(t, inRepository(t, dir, "status", "--porcelain"))
}
