package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		platform, file, text, want string
	}{
		"compiles":               {"windows/amd64", "a.go", "import \"os\"\n\nvar Kill = os.Kill", ""},
		"not there on Windows":   {"windows/amd64", "a.go", "import \"syscall\"\n\nvar Kill = syscall.Kill", "undefined: syscall.Kill"},
		"there on macOS":         {"darwin/arm64", "a.go", "import \"syscall\"\n\nvar Kill = syscall.Kill", ""},
		"another platform's own": {"windows/amd64", "a_darwin.go", "var Kill = nothing", "build constraints exclude all Go files"},
		"imports another's":      {"windows/amd64", "a.go", "import _ \"a/darwin\"", "could not import a/darwin"},
		"its own":                {"darwin/arm64", "a_darwin.go", "var Kill = nothing", "undefined: nothing"},
		"in a test":              {"windows/amd64", "a_test.go", "var Kill = nothing", "undefined: nothing"},
		"too large for 32 bits":  {"linux/386", "a.go", "var Large int = 1 << 40", "overflows"},
		"not for 64":             {"linux/amd64", "a.go", "var Large int = 1 << 40", ""},
		"in a function":          {"linux/386", "a.go", "func f() { nothing() }", "undefined: nothing"},
		"imported for nothing":   {"linux/386", "a.go", "import \"os\"", "imported and not used"},
		"no Go":                  {"linux/386", "a.go", "func", "expected"},
		"no package":             {"linux/386", "a.txt", "", "no Go files"},
		"no platform":            {"linux", "a.go", "", "give GOOS/GOARCH"},
		"unknown platform":       {"hal/9000", "a.go", "", "unsupported GOOS/GOARCH"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			require.NoError(t, os.Mkdir(filepath.Join(dir, "darwin"), 0o700))
			for file, text := range map[string]string{
				"go.mod": "module a\n\ngo 1.26.0\n", test.file: "package a\n\n" + test.text + "\n",
				"darwin/a_darwin.go": "package darwin\n",
			} {
				require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600))
			}
			count, err := check(t.Context(), test.platform, dir, ".")
			if test.want != "" {
				require.ErrorContains(t, err, test.want)
				return
			}
			require.NoError(t, err)
			require.Equal(t, 1, count)
		})
	}
}

func TestCheck_NothingMatches(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module a\n\ngo 1.26.0\n"), 0o600))
	_, err := check(t.Context(), "linux/386", dir, "./...")
	require.ErrorContains(t, err, "no package was found")
}
