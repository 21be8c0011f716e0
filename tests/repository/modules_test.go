package repository_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/stretchr/testify/require"
)

// A replace in a go.mod holds for us but not for users, and go install refuses a module with a replace or an exclude. So the
// workspace alone joins the modules, and all of them require each other in one version.
func TestModules_AreJoinedByTheWorkspaceOnly(t *testing.T) {
	t.Parallel()

	workspace, err := os.ReadFile("go.work")
	require.NoError(t, err)
	directive := regexp.MustCompile(`(?m)^(replace|exclude|retract)\b`)
	ours := regexp.MustCompile(`(?m)^(?:require )?\t?(` + regexp.QuoteMeta(module) + `(?:/\S+)?) (v\S+)`)
	versions := map[string]bool{}
	for _, dir := range moduleFolders(t) {
		file := path.Join(dir, "go.mod")
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Emptyf(t, directive.FindString(string(content)), "%s: only go.work may say where the modules are", file)
		if dir == "benchmarks" || dir == "examples/audit-checkpoint-s3" {
			_, err = os.Stat(dir + "/go.work")
			require.NoErrorf(t, err, "%s has a workspace of its own", dir)
			script, err := os.ReadFile(".ci/run")
			require.NoError(t, err)
			require.Regexp(t, `for dir in [^;]*\b`+dir+`\b`, string(script), "or .ci/run passes it by")
		} else {
			require.Containsf(t, string(workspace), "\n\t"+useOf(dir)+"\n", "go.work must use %s, or .ci/run passes it by", dir)
		}
		for _, match := range ours.FindAllStringSubmatch(string(content), -1) {
			required, version := match[1], match[2]
			versions[version] = true
			folder := useOf(strings.TrimPrefix(strings.TrimPrefix(required, module), "/"))
			if required == module {
				folder = "./"
			}
			require.Containsf(t, string(workspace), required+" "+version+" => "+folder+"\n", "%s requires it: go.work must say where it is", file)
		}
	}
	require.Len(t, versions, 1, "all modules are released together, in one version")
	require.True(t, versions["v0.0.0"] || versions["v"+djamo.Version],
		"the modules require v0.0.0 before the first release, and djamo.Version after it: %v", versions)
}

func useOf(dir string) string {
	if dir == "." {
		return "."
	}
	return "./" + dir
}

// moduleFolders lists the folders that hold a go.mod.
func moduleFolders(t *testing.T) []string {
	t.Helper()
	var folders []string
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata") {
			return fs.SkipDir
		}
		if err == nil && path.Base(name) == "go.mod" {
			folders = append(folders, path.Dir(name))
		}
		return err
	})
	require.NoError(t, err)
	require.Greater(t, len(folders), 5)
	return folders
}

// What GitHub runs, people can run: a workflow has no step of its own. It can read the repository and no more, runs actions that nobody can
// exchange, and the newest patch of the Go in go.mod.
func TestWorkflows_RunOurCommandsOnly(t *testing.T) {
	t.Parallel()

	definition, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	language := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(definition))
	require.NotNil(t, language)
	command := regexp.MustCompile(`(?m)^\s*-? ?run: +(\S.*)$`)
	action := regexp.MustCompile(`(?m)^\s*-? ?uses: +(\S.*)$`)
	ran := map[string]bool{}
	for _, name := range []string{"ci.yml", "release.yml"} {
		content, err := os.ReadFile(path.Join(".github/workflows", name))
		require.NoError(t, err)
		for _, match := range command.FindAllStringSubmatch(string(content), -1) {
			ran[match[1]] = true
		}
		for _, match := range action.FindAllStringSubmatch(string(content), -1) {
			require.Regexpf(t, `^actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`, match[1], "%s: name the commit, and its version", name)
		}
		require.Equal(t, 1, strings.Count(string(content), "permissions:"), name)
		require.Contains(t, string(content), "\npermissions:\n  contents: read\n\n", name)
		require.Contains(t, string(content), "persist-credentials: false\n", name)
		require.Contains(t, string(content), "go-version: "+language[1]+".x ", name)
	}
	require.Equal(t, map[string]bool{".ci/run": true, `.ci/release "$VERSION"`: true}, ran)
	workflows, err := os.ReadDir(".github/workflows")
	require.NoError(t, err)
	require.Len(t, workflows, 2)
}
