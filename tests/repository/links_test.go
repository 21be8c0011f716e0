package repository_test

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// linkedHosts are the hosts that pages may link to. Whether a page is still there is not asked: tests are offline.
var linkedHosts = []string{"github.com", "go.dev", "pkg.go.dev", "keepachangelog.com", "riverqueue.com", "semver.org", "api-civ.djamo.com"}

func TestDocs_LinksLeadSomewhere(t *testing.T) {
	t.Parallel()

	pages := markdownFiles(t)
	for name, content := range pages {
		for _, link := range linksOf(content) {
			require.NoErrorf(t, checkLink(pages, name, link), "%s links to %q", name, link)
		}
	}
}

func TestDocs_LinkRules(t *testing.T) {
	t.Parallel()

	pages := map[string]string{
		"docs/a.md": "# One\n\n## Two words, `code` & more\n\n## Two words, code & more\n",
		"README.md": "# Été — *déjà* vu?\n",
	}
	tests := []struct {
		name, link, fault string
	}{
		{"a page", "a.md", ""},
		{"a heading of it", "a.md#one", ""},
		{"of the page itself", "#two-words-code--more", ""},
		{"a second heading of one name", "#two-words-code--more-1", ""},
		{"letters with accents", "../README.md#été--déjà-vu", ""},
		{"a directory", "../docs", ""},
		{"a heading that is not there", "a.md#two", "no heading"},
		{"a page that is not there", "b.md", "no such file"},
		{"outside the repository", "../../b.md", "leaves the repository"},
		{"an absolute path", "/docs/a.md", "relative"},
		{"https", "https://go.dev/doc", ""},
		{"plain http", "http://go.dev", "https"},
		{"a host that nobody has looked at", "https://example.org", "linkedHosts"},
		{"a scheme that is none", "javascript:void(0)", "https"},
		{"nothing", "", "empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := checkLink(pages, "docs/a.md", tt.link)
			if tt.fault == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.fault)
		})
	}
	require.Equal(t, []string{"a.md", "b.md#c", "https://go.dev/x"},
		linksOf("[a](a.md), `[not](this)` and\n```sh\n[nor](that)\n```\n[b\nb](b.md#c \"title\") <https://go.dev/x>.\n"))
}

// A page that nothing links to is read by nobody.
func TestDocs_IndexNamesEveryPage(t *testing.T) {
	t.Parallel()

	pages := markdownFiles(t)
	linked := linksOf(pages["docs/README.md"])
	for name := range pages {
		if below, ok := strings.CutPrefix(name, "docs/"); ok && below != "README.md" {
			require.Containsf(t, linked, below, "docs/README.md must link to %s", name)
		}
	}
}

var (
	markdownLink = regexp.MustCompile(`\[[^\]]*\]\(\s*([^)\s]*)[^)]*\)|<(https?:[^>\s]+)>|(?m:^\[[^\]]+\]:\s*(\S+))|(https?://[^\s)>\]` + "`" + `|]+)`)
	fencedBlock  = regexp.MustCompile("(?ms)^[ \t]*```.*?^[ \t]*```[ \t]*$")
	inlineCode   = regexp.MustCompile("`[^`\n]*`")
)

// linksOf returns the targets of a page's links, outside of code.
func linksOf(page string) []string {
	page = inlineCode.ReplaceAllString(fencedBlock.ReplaceAllString(page, ""), "`")
	var links []string
	for _, match := range markdownLink.FindAllStringSubmatch(page, -1) {
		links = append(links, strings.TrimRight(strings.Join(match[1:], ""), ".,"))
	}
	return links
}

func checkLink(pages map[string]string, from, link string) error {
	target, err := url.Parse(link)
	switch {
	case err != nil:
		return err
	case link == "":
		return errors.New("the link is empty")
	case target.Scheme != "" && target.Scheme != "https":
		return errors.New("it must be https, or a path")
	case target.Scheme == "https" && !slices.Contains(linkedHosts, target.Host):
		return errors.New("no page links to this host yet: see linkedHosts in docs_links_test.go")
	case target.Scheme == "https":
		return nil
	case strings.HasPrefix(target.Path, "/"), target.Host != "":
		return errors.New("it must be relative to the page")
	}
	file := from
	if target.Path != "" {
		file = path.Join(path.Dir(from), target.Path)
	}
	if strings.HasPrefix(file, "..") {
		return errors.New("it leaves the repository")
	}
	content, isPage := pages[file]
	if !isPage {
		if _, err := os.Stat(file); err != nil {
			return err
		}
	}
	if target.Fragment != "" && !slices.Contains(anchorsOf(content), target.Fragment) {
		return fmt.Errorf("%s has no heading #%s", file, target.Fragment)
	}
	return nil
}

// anchorsOf makes the anchors of a page's headings as GitHub does: small letters, hyphens for spaces, no punctuation.
func anchorsOf(page string) []string {
	var anchors []string
	seen := map[string]int{}
	for line := range strings.Lines(fencedBlock.ReplaceAllString(page, "")) {
		title, isHeading := strings.CutPrefix(strings.TrimLeft(line, "#"), " ")
		if !isHeading || !strings.HasPrefix(line, "#") {
			continue
		}
		anchor := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(title))
		if n := seen[anchor]; n > 0 {
			anchors = append(anchors, fmt.Sprintf("%s-%d", anchor, n))
		} else {
			anchors = append(anchors, anchor)
		}
		seen[anchor]++
	}
	return anchors
}
