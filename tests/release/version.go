package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
)

// The files outside of the modules' own that name the version.
const (
	changelogFile = "CHANGELOG.md"
	versionFile   = "client.go"
	workspaceFile = "go.work"
)

// setVersion writes a version into every file that names it, module by module in the order of their needs, and packs each
// that is published into the proxy. It returns the files that it wrote, slash-separated below the root, and the lines of a go.sum of
// each module.
func setVersion(c checkout, version string, at time.Time, proxy string) (written []string, sums map[string]string, err error) {
	written = []string{changelogFile, versionFile, workspaceFile}
	for name, change := range map[string]func(string) (string, error){
		changelogFile: func(content string) (string, error) { return releaseChangelog(content, version, at) },
		versionFile:   func(content string) (string, error) { return setConstant(content, version) },
		workspaceFile: func(content string) (string, error) { return setWorkspace(content, c, version) },
	} {
		if err := rewrite(filepath.Join(c.root, name), change); err != nil {
			return nil, nil, err
		}
	}

	sums = map[string]string{}
	for _, m := range c.modules {
		if len(m.needs) > 0 {
			if err := requireVersion(c, m, version, sums); err != nil {
				return nil, nil, fmt.Errorf("%s: %w", m.path, err)
			}
			written = append(written, path.Join(m.dir, "go.mod"), path.Join(m.dir, "go.sum"))
		}
		if m.shared {
			lines, err := pack(c, m, version, at, proxy)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", m.path, err)
			}
			sums[m.path] = lines
		}
	}
	return written, sums, nil
}

func rewrite(name string, change func(content string) (string, error)) error {
	before, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	after, err := change(string(before))
	if err != nil {
		return fmt.Errorf("%s %w", filepath.Base(name), err)
	}
	return os.WriteFile(name, []byte(after), 0o644)
}

// setConstant sets the constant that the User-Agent names.
func setConstant(content, version string) (string, error) {
	constant := regexp.MustCompile(`(?m)^const Version = ".*"$`)
	if len(constant.FindAllString(content, -1)) != 1 {
		return "", fmt.Errorf("must declare Version once, as const Version = %q", "…")
	}
	return constant.ReplaceAllLiteralString(content, fmt.Sprintf("const Version = %q", strings.TrimPrefix(version, "v"))), nil
}

// setWorkspace has go.work say where the modules of this version are, which is published only later.
func setWorkspace(content string, c checkout, version string) (string, error) {
	workspace, err := modfile.ParseWork(workspaceFile, []byte(content), nil)
	if err != nil {
		return "", err
	}
	for _, replaced := range workspace.Replace {
		if !slices.ContainsFunc(c.modules, func(m module) bool { return m.path == replaced.Old.Path }) {
			continue
		}
		at := slices.Index(replaced.Syntax.Token, replaced.Old.Version)
		if at < 0 {
			return "", fmt.Errorf("replaces %s in every version, and must name one", replaced.Old.Path)
		}
		replaced.Syntax.Token[at] = version // in its place: the lines keep their order and their comments
	}
	return string(modfile.Format(workspace.Syntax)), nil
}

// requireVersion writes the version of our own modules into go.mod, and their hashes into go.sum.
func requireVersion(c checkout, m module, version string, sums map[string]string) error {
	name := c.file(m, "go.mod")
	file, err := readGoMod(name)
	if err != nil {
		return err
	}
	for _, required := range file.Require {
		if slices.Contains(m.needs, required.Mod.Path) {
			if err := file.AddRequire(required.Mod.Path, version); err != nil {
				return err
			}
		}
	}
	content, err := file.Format()
	if err != nil {
		return err
	}
	if err := os.WriteFile(name, content, 0o644); err != nil {
		return err
	}
	var lines strings.Builder
	for _, needed := range m.needs {
		packed, ok := sums[needed]
		if !ok {
			return fmt.Errorf("needs %s, which nobody can get: it offers no package and no program", needed)
		}
		lines.WriteString(packed)
	}
	return rewrite(c.file(m, "go.sum"), func(content string) (string, error) {
		return insertSums(content, c.main().path, lines.String()), nil
	})
}

// insertSums puts lines where go mod tidy would, in place of those of earlier versions.
func insertSums(content, root, lines string) string {
	var before, after strings.Builder
	for line := range strings.Lines(content) {
		name, _, _ := strings.Cut(line, " ")
		switch {
		case name == root || strings.HasPrefix(name, root+"/"):
		case name < root:
			before.WriteString(line)
		default:
			after.WriteString(line)
		}
	}
	return before.String() + lines + after.String()
}
