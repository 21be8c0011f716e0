package sandbox

import (
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWords_BothLanguagesHaveTheSameKeys(t *testing.T) {
	t.Parallel()
	require.Equal(t, slices.Sorted(maps.Keys(englishWords())), slices.Sorted(maps.Keys(frenchWords())))
	verbs := regexp.MustCompile(`%[a-z]`)
	for key, text := range englishWords() {
		require.NotEmpty(t, text, key)
		require.Equal(t, verbs.FindAllString(text, -1), verbs.FindAllString(frenchWords()[key], -1), key)
	}
	for _, words := range []map[string]string{englishWords(), frenchWords()} {
		require.Len(t, strings.Fields(words["months"]), 12)
	}
}

// Every key that a page or an action uses has its words, and every word is used.
func TestWords_AreThoseThatAreUsed(t *testing.T) {
	t.Parallel()
	used := map[string]bool{"months": true}
	files, err := fs.Glob(assets, "assets/*.html")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	quoted := regexp.MustCompile(`\.T "([a-z0-9.]+)"`)
	for _, file := range files {
		content, err := fs.ReadFile(assets, file)
		require.NoError(t, err)
		for _, found := range quoted.FindAllStringSubmatch(string(content), -1) {
			require.True(t, hasWord(found[1]), "%s: %s", file, found[1])
			used[found[1]] = true
		}
	}
	for _, a := range actions() {
		require.True(t, hasWord(a.done), a.path)
	}
	for _, kind := range faultKinds() {
		require.True(t, hasWord("fault."+kind.Name), kind.Name)
		require.Equal(t, kind.Name, nameOfFault(kind.make(503, 1).String()), "as djamotest names it")
	}
	for _, kind := range walletFaults() {
		require.True(t, hasWord("walletfault."+kind), kind)
	}
	for key := range englishWords() {
		prefix, _, _ := strings.Cut(key, ".")
		if slices.Contains([]string{"nav", "done", "problem", "status", "kind", "fault", "walletfault", "group"}, prefix) {
			continue // built from what they stand for
		}
		require.True(t, used[key], "%s is used nowhere", key)
	}
}
