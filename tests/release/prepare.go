package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/semver"
)

// prepare makes the commit and the tags of a release. Nothing is written before the trial, which is given the release as it
// will be, and nothing is pushed.
func prepare(ctx context.Context, root, version string, now time.Time, out io.Writer, trial func(release) error) (err error) {
	c, err := readCheckout(root)
	if err != nil {
		return err
	}
	if err := check(ctx, c, version); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "djamo-release-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	r, err := makeRelease(ctx, root, version, now, scratch)
	if err != nil {
		return err
	}
	if err := trial(r); err != nil {
		return err
	}

	defer func() {
		if err != nil {
			err = errors.Join(err, undo(context.WithoutCancel(ctx), root, version, r))
		}
	}()
	for _, name := range r.written {
		if err := copyFile(filepath.Join(r.root, filepath.FromSlash(name)), filepath.Join(root, filepath.FromSlash(name))); err != nil {
			return err
		}
	}
	if _, err := git(ctx, root, "commit", "--quiet", "--all", "--message", "release: set the version "+version); err != nil {
		return err
	}
	tags := r.tags()
	for _, tag := range tags {
		if _, err := git(ctx, root, "tag", "--annotate", "--message", tag, tag); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(out,
		"%s is prepared: one commit and %d tags, and nothing was pushed. To publish it:\n\n\tgit push --atomic origin HEAD:main %s\n",
		version, len(tags), strings.Join(tags, " "))
	return err
}

// undo takes back what prepare has written: the tree was clean before.
func undo(ctx context.Context, root, version string, r release) error {
	subject, err := git(ctx, root, "log", "-1", "--format=%s")
	if err != nil {
		return err
	}
	before := "HEAD"
	if subject == "release: set the version "+version {
		before = "HEAD~1"
	}
	_, err = git(ctx, root, "reset", "--quiet", "--hard", before)
	for _, tag := range r.tags() {
		if existing, listErr := git(ctx, root, "tag", "--list", tag); listErr == nil && existing != "" {
			_, deleteErr := git(ctx, root, "tag", "--delete", tag)
			err = errors.Join(err, deleteErr)
		}
	}
	return err
}

// tags are those of the release, the one of the module at the root first.
func (r release) tags() []string {
	tags := []string{r.version}
	for _, m := range r.modules {
		if m.shared && m.dir != "." {
			tags = append(tags, m.tag(r.version))
		}
	}
	slices.Sort(tags[1:])
	return tags
}

// check refuses, in one sentence, what cannot become a release.
func check(ctx context.Context, c checkout, version string) error {
	if semver.Canonical(version) != version || semver.Prerelease(version) != "" || version == "v0.0.0" {
		return fmt.Errorf("%q is no version to release: name one such as v0.2.0", version)
	}
	if semver.Compare(version, "v2.0.0") >= 0 {
		return fmt.Errorf("%s needs another module path, ending in /%s, and so is no release of this one", version, semver.Major(version))
	}
	status, err := git(ctx, c.root, "status", "--porcelain")
	if err != nil {
		return err
	}
	if status != "" {
		first, _, _ := strings.Cut(status, "\n")
		return fmt.Errorf("the tree is not clean (%s): commit or remove what is not committed", strings.TrimSpace(first))
	}
	tags, err := git(ctx, c.root, "tag", "--list")
	if err != nil {
		return err
	}
	if err := checkNext(strings.Fields(tags), version); err != nil {
		return err
	}
	content, err := os.ReadFile(filepath.Join(c.root, changelogFile))
	if err != nil {
		return err
	}
	if _, err := releaseChangelog(string(content), version, time.Time{}); err != nil {
		return fmt.Errorf("%s %w", changelogFile, err)
	}
	if patch := !strings.HasSuffix(version, ".0"); patch && breaksPrograms(string(content)) {
		return fmt.Errorf("%s is a patch, and CHANGELOG.md tells of an incompatible change: release a minor version", version)
	}
	return nil
}

// checkNext refuses a version that exists, of any module, and one that does not follow the last.
func checkNext(tags []string, version string) error {
	last := ""
	for _, tag := range tags {
		tagged := tag[strings.LastIndex(tag, "/")+1:]
		if !semver.IsValid(tagged) {
			continue
		}
		if tagged == version {
			return fmt.Errorf("%s exists already: the tag %s names it", version, tag)
		}
		if semver.Prerelease(tagged) == "" && (last == "" || semver.Compare(tagged, last) > 0) {
			last = tagged
		}
	}
	if last == "" {
		return nil
	}
	var major, minor, patch int
	if _, err := fmt.Sscanf(last, "v%d.%d.%d", &major, &minor, &patch); err != nil {
		return fmt.Errorf("the tag %s: %w", last, err)
	}
	next := []string{
		fmt.Sprintf("v%d.%d.%d", major, minor, patch+1), fmt.Sprintf("v%d.%d.0", major, minor+1), fmt.Sprintf("v%d.0.0", major+1),
	}
	if !slices.Contains(next, version) {
		return fmt.Errorf("%s does not follow %s, the last release: the next is one of %s", version, last, strings.Join(next, ", "))
	}
	return nil
}

// git runs a command of git in the repository and returns what it prints, without the last line break.
func git(ctx context.Context, root string, args ...string) (string, error) {
	var complaint strings.Builder
	command := exec.CommandContext(ctx, "git", append([]string{"-C", root}, args...)...)
	command.Stderr = &complaint
	printed, err := command.Output()
	if err != nil {
		line := regexp.MustCompile(`\s+`).ReplaceAllString(strings.TrimSpace(complaint.String()), " ")
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, line)
	}
	return strings.TrimRight(string(printed), "\n"), nil
}
