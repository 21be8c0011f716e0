package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// bashCompletion is the package that bash completes with, where systems have it.
const bashCompletion = "/usr/share/bash-completion/bash_completion"

// Shells that are there complete commands, flags and values with the script that the program prints for them.
func TestCompletion_InShells(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("djamo")
	require.NoError(t, err)
	for shell, script := range map[string]string{
		"bash": `source ` + bashCompletion + `
source <(djamo completion bash)
compopt() { :; } # it is for a shell that somebody types in
complete_line() {
	COMP_LINE="$1" COMP_POINT=${#1} COMP_TYPE=9 COMP_KEY=9
	read -ra COMP_WORDS <<< "$1"
	COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
	__start_djamo
	printf '%s\n' "${COMPREPLY[@]}"
}
`,
		"fish": "djamo completion fish | source\nfunction complete_line; complete --do-complete $argv[1]; end\n",
		"zsh":  "zsh -n <(djamo completion zsh) || exit 1\ncomplete_line() { djamo __complete ${${(z)1}[2,-1]} }\n",
	} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath(shell)
			if _, missing := os.Stat(bashCompletion); err == nil && shell == "bash" {
				err = missing
			}
			if err != nil {
				t.Skipf("NOT CHECKED: %s IS NOT INSTALLED, OR ITS COMPLETION. That it completes commands is not tested", shell)
			}
			for line, wants := range map[string][]string{
				"djamo sand":                         {"sandbox"},
				"djamo sandbox st":                   {"start", "status"},
				"djamo payroll run --pro":            {"--profile", "--progress"},
				"djamo balance --output j":           {"json", "jsonl"},
				"djamo webhooks create --topic cha":  {"charge/events"},
				"djamo trigger transactions/":        {"transactions/started", "transactions/completed", "transactions/failed"},
				"djamo login --environment staging-": {"staging-civ", "staging-sen"},
			} {
				home := t.TempDir()
				command := exec.CommandContext(t.Context(), path, "-c", script+"complete_line '"+line+"'")
				command.Env = []string{
					"PATH=" + filepath.Dir(program) + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + home, "XDG_CONFIG_HOME=" + home,
					"DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent",
				}
				var said strings.Builder
				command.Stdout, command.Stderr = &said, &said
				err := command.Run()
				require.NoError(t, err, said.String())
				for _, want := range wants {
					require.Contains(t, said.String(), want, line)
				}
				require.NotContains(t, said.String(), "`", "the marks around names of values are for the help")
			}
		})
	}
}

// PowerShell itself is no package of Debian or of npm, so its script is read by the rules of its language: whatever opens is closed,
// every variable was set before, and nothing of the template is left. What it calls is asked as it asks.
func TestCompletion_PowerShell(t *testing.T) {
	t.Parallel()
	script := runOnce(t, "completion", "powershell")
	require.NotContains(t, script, "%!", "something was not put in")
	require.NotRegexp(t, `%\[\d\]|%s`, script)
	require.Contains(t, script, "Register-ArgumentCompleter -CommandName 'djamo' -ScriptBlock ${__djamoCompleterBlock}")
	set := checkPowerShell(t, script)
	for _, name := range []string{"__djamoCompleterBlock", "RequestComp", "Program", "Directive", "Values"} {
		require.True(t, set[strings.ToLower(name)], "$%s", name)
	}
	for line, wants := range map[string][]string{
		"sand": {"sandbox\t"}, "sandbox st": {"start\t", "status\t"}, "balance --output j": {"json\n", "jsonl\n"},
		"payroll run --pro": {"--profile\t", "--progress\t"}, `webhooks create --topic cha`: {"charge/events\n"},
	} {
		said := runOnce(t, append([]string{"__complete"}, strings.Fields(line)...)...)
		for _, want := range wants {
			require.Contains(t, said, want, line)
		}
		require.Regexp(t, `\n:\d+\n$`, said, "the last line is the directive, which the script takes off")
	}
}

func runOnce(t *testing.T, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "djamo", args...)
	command.Env = append(os.Environ(), "HOME="+t.TempDir())
	said, err := command.Output()
	require.NoError(t, err)
	return string(said)
}

// checkPowerShell fails unless each bracket and each string of a script is closed and each variable that is read was set, or is one
// of PowerShell's own, and returns those that are set.
func checkPowerShell(t *testing.T, script string) map[string]bool {
	t.Helper()
	set := map[string]bool{ // by PowerShell itself
		"_": true, "args": true, "env": true, "psversiontable": true, "psnativecommandargumentpassing": true, "executioncontext": true,
	}
	for _, assigns := range []string{`\$\{?(\w+)\}?\s*=[^=]`, `\$(\w+)\s*,\s*\$\w+\s*=[^=]`, `-OutVariable (\w+)`} {
		for _, found := range regexp.MustCompile(assigns).FindAllStringSubmatch(script, -1) {
			set[strings.ToLower(found[1])] = true
		}
	}
	for _, block := range regexp.MustCompile(`param\s*\(([^)]*)\)`).FindAllStringSubmatch(script, -1) {
		for _, found := range regexp.MustCompile(`\$(\w+)`).FindAllStringSubmatch(block[1], -1) {
			set[strings.ToLower(found[1])] = true
		}
	}
	var open []byte
	for at := 0; at < len(script); at++ {
		line := 1 + strings.Count(script[:at], "\n")
		switch c := script[at]; c {
		case '`':
			at++
		case '#':
			end := strings.IndexByte(script[at:], '\n')
			require.GreaterOrEqual(t, end, 0)
			at += end
		case '\'':
			end := strings.IndexByte(script[at+1:], '\'')
			require.GreaterOrEqual(t, end, 0, "line %d: a string does not end", line)
			at += end + 1
		case '"':
			for at++; script[at] != '"'; at++ {
				require.NotEqual(t, byte('\n'), script[at], "line %d: a string does not end", line)
				if script[at] == '`' {
					at++
				}
			}
		case '(', '[', '{':
			open = append(open, c)
		case ')', ']', '}':
			require.NotEmpty(t, open, "line %d: nothing is open for %c", line, c)
			require.Equal(t, map[byte]byte{')': '(', ']': '[', '}': '{'}[c], open[len(open)-1], "line %d", line)
			open = open[:len(open)-1]
		case '$':
			if found := regexp.MustCompile(`^\$\{?(\w+)`).FindStringSubmatch(script[at:]); found != nil {
				require.True(t, set[strings.ToLower(found[1])], "line %d: $%s is never set", line, found[1])
				at += len(found[0]) - 1
				if strings.HasPrefix(found[0], "${") {
					at += strings.IndexByte(script[at:], '}')
				}
			}
		}
	}
	require.Empty(t, open, "something is not closed")
	return set
}
