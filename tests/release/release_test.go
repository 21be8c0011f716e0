package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/licensecheck"
	"github.com/stretchr/testify/require"
)

// Two rehearsals of one commit, in two clones that were made at different times, give the same bytes.
func TestProxy_SameBytesForOneCommit(t *testing.T) {
	t.Parallel()

	dir := someRepository(t)
	clone := filepath.Join(t.TempDir(), "elsewhere")
	inRepository(t, dir, "clone", "-q", ".", clone)
	old := time.Date(2001, time.January, 1, 0, 0, 0, 0, time.UTC)
	require.NoError(t, os.Chtimes(filepath.Join(clone, "client.go"), old, old))
	require.NoError(t, os.WriteFile(filepath.Join(clone, ".git", "info", "exclude"), []byte("secret.env\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(clone, "secret.env"), []byte("DJAMO_ACCESS_TOKEN=at_1"), 0o600))
	one, two := t.TempDir(), t.TempDir()
	require.NoError(t, writeProxy(t.Context(), dir, one))
	require.NoError(t, writeProxy(t.Context(), clone, two))
	first, err := digests(one)
	require.NoError(t, err)
	second, err := digests(two)
	require.NoError(t, err)
	require.Equal(t, first, second)
	require.Len(t, first, 3*4, "list, info, mod and zip of three modules: %v", first)

	require.NoError(t, os.WriteFile(filepath.Join(clone, "client.go"), []byte("package pay\n\nconst Version = \"0\"\n"), 0o600))
	three := t.TempDir()
	require.NoError(t, writeProxy(t.Context(), clone, three), "the files as they are, committed or not")
	third, err := digests(three)
	require.NoError(t, err)
	require.NotEqual(t, first, third)
}

func TestProxy_HoldsTheLicenceOfTheRoot(t *testing.T) {
	t.Parallel()

	dir := someRepository(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "store", "LICENSE"), []byte("Only some may copy this.\n"), 0o600))
	proxy := t.TempDir()
	require.NoError(t, writeProxy(t.Context(), dir, proxy))
	for name, want := range map[string]string{root: "All may copy this.\n", root + "/store": "Only some may copy this.\n", root + "/cmd/djamo": "All may copy this.\n"} {
		archive, err := zip.OpenReader(filepath.Join(proxy, filepath.FromSlash(name), "@v", throwaway+".zip"))
		require.NoError(t, err)
		content, err := archive.Open(name + "@" + throwaway + "/LICENSE")
		require.NoError(t, err)
		text, err := io.ReadAll(content)
		require.NoError(t, err)
		require.Equal(t, want, string(text), name)
		require.NoError(t, archive.Close())
	}
	require.NoError(t, os.Remove(filepath.Join(dir, "LICENSE")))
	require.Error(t, writeProxy(t.Context(), dir, t.TempDir()), "nobody may use a module without a licence")
}

// pkg.go.dev shows the documentation of a module only where this detector knows the licence.
func TestLicence_IsRecognised(t *testing.T) {
	t.Parallel()

	content, err := os.ReadFile("../../LICENSE")
	require.NoError(t, err)
	coverage := licensecheck.Scan(content)
	require.InDelta(t, 100, coverage.Percent, 10)
	require.Len(t, coverage.Match, 1)
	require.Equal(t, "MIT", coverage.Match[0].ID)
}

// What strangers need of this repository, before anything is compiled: .ci/release rehearse has them use it.
func TestRepository_CanBeReleased(t *testing.T) {
	t.Parallel()

	top, err := exec.CommandContext(t.Context(), "git", "rev-parse", "--show-toplevel").Output()
	require.NoError(t, err)
	c, err := readCheckout(strings.TrimSpace(string(top)))
	require.NoError(t, err)
	lines, err := release{checkout: c}.installLines()
	require.NoError(t, err)
	require.Equal(t, "go get "+c.main().path+"@latest", lines[0].text)
	for _, m := range c.modules {
		if !m.shared {
			continue
		}
		at := slices.IndexFunc(lines, func(l installLine) bool { return l.verb == "get" && l.target == m.path })
		if at < 0 {
			continue // a program
		}
		program, prints, err := exampleProgram(filepath.Dir(c.file(m, "go.mod")))
		require.NoError(t, err, m.path)
		require.Contains(t, string(program), "package main\n")
		require.Containsf(t, string(program), `"`+m.path, "the example of %s shows the module itself", m.path)
		if m.dir != "riverpayroll" { // which needs a database
			require.NotEmpty(t, prints)
		}
	}
	require.True(t, c.main().shared)
	require.Contains(t, c.main().offers, c.main().path+"/djamotest")
	require.NotContains(t, strings.Join(c.main().offers, " "), "/internal/")
}

func TestRehearse_FindsWhatAStrangerWouldMiss(t *testing.T) {
	t.Parallel()

	rehearsal := func(change func(dir string)) error {
		dir := someRepository(t)
		change(dir)
		return withRelease(t.Context(), dir, func(r release) error {
			return r.rehearse(t.Context(), io.Discard)
		})
	}
	edit := func(name, from, to string) func(dir string) {
		return func(dir string) {
			content := read(t, dir, name)
			require.Contains(t, content, from)
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(strings.ReplaceAll(content, from, to)), 0o600))
		}
	}
	for name, tt := range map[string]struct {
		change func(dir string)
		want   string
	}{
		"a module that the README does not name": {edit("README.md", "go get "+root+"/store@latest", ""), "README.md has no line that gets " + root + "/store"},
		"no example":                             {edit("example_test.go", "func Example()", "func helpful()"), "there is no func Example"},
		"an example that prints something else":  {edit("store/doc_test.go", "// Output: store of", "// Output: shop of"), "its example printed"},
		"a client that brings something": {func(dir string) {
			edit("go.mod", "go 1.26.0", "go 1.26.0\n\nrequire golang.org/x/mod v0.42.0")(dir)
			edit("client.go", "package pay\n", "package pay\n\nimport _ \"golang.org/x/mod/semver\"\n")(dir)
		}, "a user's go.mod requires golang.org/x/mod beside"},
		"a module that its own go.mod holds back": {edit("store/go.mod", "go 1.26.0", "go 1.999.0"), "requires go >= 1.999.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, rehearsal(tt.change), tt.want)
		})
	}
}

func TestExampleProgram_MustRunByItself(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a_test.go"), []byte("package a_test\n\nfunc Example() {\n\tserve()\n\t// Output:\n}\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b_test.go"), []byte("package a_test\n\nfunc serve() {}\n"), 0o600))
	_, _, err := exampleProgram(dir)
	require.ErrorContains(t, err, "nobody else could run it")
}

func TestArchive_SameBytesAndWhatBelongsInIt(t *testing.T) {
	t.Parallel()

	r := release{version: "v0.1.0", at: day}
	beside := []entry{{"man/man1/djamo.1", []byte("page"), 0o644}, {"LICENSE", []byte("All may copy this."), 0o644}}
	for platform, want := range map[string]string{"linux/arm64": "djamo_0.1.0_linux_arm64.tar.gz", "windows/amd64": "djamo_0.1.0_windows_amd64.zip"} {
		name, first, err := r.archive(platform, []byte("program"), beside)
		require.NoError(t, err)
		require.Equal(t, want, name)
		slices.Reverse(beside)
		_, second, err := r.archive(platform, []byte("program"), beside)
		require.NoError(t, err)
		require.Equal(t, first, second)
	}

	_, packed, err := r.archive("linux/amd64", []byte("program"), beside)
	require.NoError(t, err)
	uncompressed, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(t, err)
	files := map[string]int64{}
	reader := tar.NewReader(uncompressed)
	for {
		header, err := reader.Next()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		files[header.Name] = header.Mode
	}
	require.Equal(t, map[string]int64{"djamo_0.1.0_linux_amd64/djamo": 0o755, "djamo_0.1.0_linux_amd64/LICENSE": 0o644, "djamo_0.1.0_linux_amd64/man/man1/djamo.1": 0o644}, files)
}

// The tool that lists what is in a binary has another binary on each kind of machine, and the archives have the same bytes on all.
func TestSBOM_SaysNothingOfTheMachine(t *testing.T) {
	t.Parallel()

	const list = `{"bomFormat": "CycloneDX", "metadata": {"tools": [{"name": "lister", "hashes": [{"content": "%s"}]}]}, "components": [{"hashes": [{"content": "1"}]}]}`
	first, err := withoutTool(fmt.Sprintf(list, "aa"))
	require.NoError(t, err)
	second, err := withoutTool(fmt.Sprintf(list, "bb"))
	require.NoError(t, err)
	require.Equal(t, string(first), string(second))
	require.JSONEq(t, `{"bomFormat": "CycloneDX", "metadata": {"tools": [{"name": "lister"}]}, "components": [{"hashes": [{"content": "1"}]}]}`, string(first))
	for list, want := range map[string]string{
		"11:02 no such file":         "invalid character",
		`{"bomFormat": "SPDX"}`:      "CycloneDX",
		`{"bomFormat": "CycloneDX"}`: "does not name the tool",
	} {
		_, err := withoutTool(list)
		require.ErrorContains(t, err, want)
	}
}

func TestBinaries_RefusesWhatItCannotPublish(t *testing.T) {
	t.Parallel()

	r := release{version: "v0.1.0", at: day}
	require.ErrorContains(t, r.binaries(t.Context(), io.Discard, t.TempDir(), []string{"plan9/amd64"}), `"plan9/amd64" is none of darwin/amd64`)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "djamo_0.0.9_linux_amd64.tar.gz"), nil, 0o600))
	require.ErrorContains(t, r.binaries(t.Context(), io.Discard, dir, nil), "archives of another version")
}

func TestRun_Usage(t *testing.T) {
	t.Parallel()

	for _, args := range [][]string{nil, {""}, {"-v"}, {"rehearse", "now"}, {"v0.1.0", "v0.2.0"}} {
		require.ErrorContains(t, run(t.Context(), args, io.Discard), "usage: ")
	}
}
