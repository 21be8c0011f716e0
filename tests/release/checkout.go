package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// checkout is a tree of files that holds modules.
type checkout struct {
	root    string
	modules []module // those that others need come first
}

// module is one of the modules of a checkout.
type module struct {
	path   string   // of import
	dir    string   // slash-separated, below the root; "." for the module there
	needs  []string // paths of our own modules, those that it needs through others included
	offers []string // paths of the packages that others can import or run
	shared bool     // it offers something: it is published
}

// tag is how Go names a version of the module in a repository.
func (m module) tag(version string) string {
	if m.dir == "." {
		return version
	}
	return m.dir + "/" + version
}

// readCheckout finds the modules below a folder. Those of go.work are released; one that has a workspace of its own has
// versions to set, too, but nobody else uses it.
func readCheckout(root string) (checkout, error) {
	found := map[string]module{}
	requirements := map[string][]string{}
	err := walkTree(root, func(name string) error {
		if path.Base(name) != "go.mod" {
			return nil
		}
		file, err := readGoMod(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		m := module{path: file.Module.Mod.Path, dir: path.Dir(name)}
		for _, required := range file.Require {
			requirements[m.path] = append(requirements[m.path], required.Mod.Path)
		}
		found[m.path] = m
		return nil
	})
	if err != nil {
		return checkout{}, err
	}
	used, err := usedModules(root)
	if err != nil {
		return checkout{}, err
	}

	c := checkout{root: root}
	var add func(name string, above []string) error
	add = func(name string, above []string) error {
		if slices.ContainsFunc(c.modules, func(m module) bool { return m.path == name }) {
			return nil
		}
		if slices.Contains(above, name) {
			return fmt.Errorf("the modules need each other in a circle: %s", strings.Join(append(above, name), " → "))
		}
		m := found[name]
		for _, required := range requirements[name] {
			if _, ours := found[required]; !ours {
				continue
			}
			if err := add(required, append(above, name)); err != nil {
				return err
			}
			m.needs = append(append(m.needs, required), c.module(required).needs...)
		}
		slices.Sort(m.needs)
		m.needs = slices.Compact(m.needs)
		if used[m.dir] && m.dir != "tests" && !strings.HasPrefix(m.dir, "tests/") {
			var err error
			if m.offers, err = offeredPackages(root, m); err != nil {
				return err
			}
			m.shared = len(m.offers) > 0
		}
		c.modules = append(c.modules, m)
		return nil
	}
	for _, name := range slices.Sorted(keysOf(found)) {
		if err := add(name, nil); err != nil {
			return checkout{}, err
		}
	}
	if !slices.ContainsFunc(c.modules, func(m module) bool { return m.dir == "." }) {
		return checkout{}, fmt.Errorf("%s holds no go.mod", root)
	}
	return c, nil
}

func keysOf(found map[string]module) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for name := range found {
			if !yield(name) {
				return
			}
		}
	}
}

func (c checkout) module(name string) module {
	at := slices.IndexFunc(c.modules, func(m module) bool { return m.path == name })
	return c.modules[at]
}

// main is the module at the root, whose version the others share.
func (c checkout) main() module {
	at := slices.IndexFunc(c.modules, func(m module) bool { return m.dir == "." })
	return c.modules[at]
}

func (c checkout) file(m module, name string) string {
	return filepath.Join(c.root, filepath.FromSlash(m.dir), name)
}

func readGoMod(name string) (*modfile.File, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return modfile.Parse(name, content, nil)
}

func usedModules(root string) (map[string]bool, error) {
	name := filepath.Join(root, "go.work")
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	workspace, err := modfile.ParseWork(name, content, nil)
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for _, use := range workspace.Use {
		used[path.Clean(use.Path)] = true
	}
	return used, nil
}

// walkTree visits every file that belongs to a build, by its slash-separated name below the root.
func walkTree(root string, visit func(name string) error) error {
	return fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if name != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		return visit(name)
	})
}

// offeredPackages are the programs of a module, and its packages that export anything and that others may import.
func offeredPackages(root string, m module) ([]string, error) {
	base := filepath.Join(root, filepath.FromSlash(m.dir))
	var offered []string
	err := walkTree(base, func(name string) error {
		if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || isInternal(name) || belongsToAnother(base, name) {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(base, filepath.FromSlash(name)), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if parsed.Name.Name == "main" || slices.ContainsFunc(parsed.Decls, exports) {
			offered = append(offered, path.Join(m.path, path.Dir(name)))
		}
		return nil
	})
	slices.Sort(offered)
	return slices.Compact(offered), err
}

func isInternal(name string) bool {
	return slices.Contains(strings.Split(path.Dir(name), "/"), "internal")
}

// belongsToAnother tells whether a folder between base and the file is a module of its own.
func belongsToAnother(base, name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if _, err := os.Stat(filepath.Join(base, filepath.FromSlash(dir), "go.mod")); err == nil {
			return true
		}
	}
	return false
}

func exports(declaration ast.Decl) bool {
	switch declaration := declaration.(type) {
	case *ast.FuncDecl:
		return declaration.Recv == nil && declaration.Name.IsExported()
	case *ast.GenDecl:
		return slices.ContainsFunc(declaration.Specs, func(spec ast.Spec) bool {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				return spec.Name.IsExported()
			case *ast.ValueSpec:
				return slices.ContainsFunc(spec.Names, (*ast.Ident).IsExported)
			}
			return false
		})
	}
	return false
}
