package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

const (
	unreleased   = "## [Unreleased]"
	incompatible = "### Changed (incompatible)"
)

// sections are a changelog in three: a section without its heading, and what stands before and after it.
type sections struct{ before, body, after string }

// section finds what stands below a heading of the changelog, up to the next one of its kind.
func section(content, heading string) (sections, bool) {
	at := strings.Index("\n"+content, "\n"+heading)
	if at < 0 {
		return sections{}, false
	}
	end := strings.Index(content[at:], "\n")
	if end < 0 {
		return sections{before: content[:at]}, true
	}
	body, after := content[at+end+1:], ""
	if next := strings.Index("\n"+body, "\n## "); next >= 0 {
		body, after = body[:next], body[next:]
	}
	return sections{content[:at], body, after}, true
}

func hasEntry(body string) bool {
	return strings.HasPrefix(body, "- ") || strings.Contains(body, "\n- ")
}

// releasedVersions are those that have a section.
func releasedVersions(content string) []string {
	var versions []string
	for _, heading := range regexp.MustCompile(`(?m)^## \[(\d+\.\d+\.\d+)\]`).FindAllStringSubmatch(content, -1) {
		versions = append(versions, "v"+heading[1])
	}
	return versions
}

// breaksPrograms tells whether the unreleased changes own up to one that breaks programs.
func breaksPrograms(content string) bool {
	changes, _ := section(content, unreleased)
	_, rest, found := strings.Cut("\n"+changes.body, "\n"+incompatible)
	if !found {
		return false
	}
	rest, _, _ = strings.Cut(rest, "\n### ")
	return hasEntry(rest)
}

// releaseChangelog names and dates what was unreleased.
func releaseChangelog(content, version string, at time.Time) (string, error) {
	number := strings.TrimPrefix(version, "v")
	if _, ok := section(content, "## ["+number+"]"); ok {
		return "", fmt.Errorf("already has a section [%s]", number)
	}
	changes, ok := section(content, unreleased)
	if ok && !hasEntry(changes.body) && version == throwaway {
		return content, nil // right after a release
	}
	if !ok || !hasEntry(changes.body) {
		return "", errors.New("needs a section [Unreleased] with an entry: what does the release bring?")
	}
	heading := "## [" + number + "] - " + at.UTC().Format(time.DateOnly) + "\n"
	return changes.before + unreleased + "\n\n" + heading + changes.body + changes.after, nil
}
