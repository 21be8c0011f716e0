package repository_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whoever runs what README.md and CONTRIBUTING.md print has a clean clone afterwards. Other tests run those commands; .ci/run has
// the last word, and this is a test of that word.
func TestCI_E24_FailsWhenSomethingIsLeftBehind(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join(".ci", "run"))
	require.NoError(t, err)
	script := string(content)
	before := strings.Index(script, "\nstatus_before=$(git status --porcelain)\n")
	check := strings.Index(script, "\nstep \"nothing is left behind\" check_clean\n")
	steps := regexp.MustCompile(`(?m)^(step "|begin_beside "|end_beside$)`).FindAllStringIndex(script, -1)
	require.NotEmpty(t, steps)
	require.Positive(t, before)
	require.Less(t, before, steps[0][0], "the status is taken before anything runs")
	require.Equal(t, check+1, steps[len(steps)-1][0], "and compared after everything has run")
	for _, step := range []string{"run_examples", "run_benchmarks", "run_tests"} {
		require.Contains(t, script[before:check], " "+step)
	}

	function := regexp.MustCompile(`(?ms)^check_clean\(\) \{.*?^\}`).FindString(script)
	require.NotEmpty(t, function)
	for name, row := range map[string]struct{ change, named string }{
		"nothing":             {"", ""},
		"go.work.sum is more": {"echo example.com v1.0.0 h1:x >>go.work.sum", "M go.work.sum"},
		"a file that is new":  {"echo x >salaries.csv.journal", "?? salaries.csv.journal"},
		"a file that is gone": {"rm go.work.sum", "D go.work.sum"},
		"a file that is ours": {"echo x >report.tmp", ""}, // named by .gitignore
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := exec.CommandContext(t.Context(), "bash", "-c", `set -euo pipefail
git init -q . && echo '*.tmp' >.gitignore && echo old >go.work.sum && git add -A
git -c user.name=a -c user.email=a@example.com commit -qm first
fail() { printf '%s\n' "$*" >&2; exit 1; }
`+function+`
status_before=$(git status --porcelain)
`+row.change+`
check_clean`)
			run.Dir = t.TempDir()
			run.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
			out, err := run.CombinedOutput()
			if row.named == "" {
				require.NoError(t, err, "%s", out)
				return
			}
			require.Error(t, err)
			require.Contains(t, string(out), row.named)
		})
	}
}
