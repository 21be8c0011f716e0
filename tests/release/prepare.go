package main

import (
	"cmp"
	"context"
	"encoding/json"
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
	head, err := git(ctx, root, "rev-parse", "HEAD")
	if err != nil {
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
	if err := checkUntouched(ctx, root, head); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	// From here on git is not killed: it would leave its locks behind.
	if err := r.write(context.WithoutCancel(ctx), root, head); err != nil {
		return err
	}

	branch, _ := git(ctx, root, "branch", "--show-current") // says nothing where no branch is checked out
	if branch != "main" {
		_, err = fmt.Fprintf(out, "What is checked out is not main but %s: what is pushed below makes its commits those of main.\n",
			cmp.Or(branch, "no branch"))
	}
	tags := r.tags()
	_, printErr := fmt.Fprintf(out,
		"%s is prepared: one commit and %d tags, and nothing was pushed. To publish it:\n\n\tgit push --atomic origin HEAD:main %s\n",
		version, len(tags), strings.Join(tags, " "))
	return errors.Join(err, printErr)
}

// checkUntouched refuses a tree that has changed since the release was begun, which takes an hour: what would be committed is not
// what was rehearsed, and what was written meanwhile would be lost if a step failed.
func checkUntouched(ctx context.Context, root, head string) error {
	now, err := git(ctx, root, "rev-parse", "HEAD")
	if err != nil {
		return err
	}
	if now != head {
		return errors.New("another commit was checked out while the release was rehearsed: begin again, and use another clone meanwhile")
	}
	if err := checkClean(ctx, root); err != nil {
		return fmt.Errorf("the tree was changed while the release was rehearsed: %w", err)
	}
	return nil
}

// write makes the commit and the tags, or leaves everything as it was.
func (r release) write(ctx context.Context, root, head string) (err error) {
	var made []string
	defer func() {
		if err != nil {
			err = errors.Join(err, undo(ctx, root, head, made))
		}
	}()
	for _, name := range r.written {
		if err := copyFile(filepath.Join(r.root, filepath.FromSlash(name)), filepath.Join(root, filepath.FromSlash(name))); err != nil {
			return err
		}
	}
	if _, err := git(ctx, root, "commit", "--quiet", "--all", "--message", "release: set the version "+r.version); err != nil {
		return err
	}
	for _, tag := range r.tags() {
		if _, err := git(ctx, root, "tag", "--annotate", "--message", tag, tag); err != nil {
			return err
		}
		made = append(made, tag)
	}
	return r.checkTags(ctx, root)
}

// undo takes back what write has done: the tree was clean before. Tags of others are left alone.
func undo(ctx context.Context, root, head string, tags []string) error {
	_, err := git(ctx, root, "reset", "--quiet", "--hard", head)
	if len(tags) > 0 {
		_, deleteErr := git(ctx, root, append([]string{"tag", "--delete"}, tags...)...)
		err = errors.Join(err, deleteErr)
	}
	return err
}

// checkTags has Go fetch each module from its tag, as the module proxy will, and compares the hashes with those that were written into
// every go.sum. A hook or a setting of git may have committed other files than were rehearsed: nobody could get those modules, and
// what is published once cannot be taken back.
func (r release) checkTags(ctx context.Context, root string) error {
	s, err := r.newStranger(ctx)
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"url." + root + ".insteadOf": "https://" + r.main().path, "safe.directory": "*",
	} {
		if _, err := git(ctx, root, "config", "--file", filepath.Join(s.home, ".gitconfig"), name, value); err != nil {
			return err
		}
	}
	s.env = append(s.env, "GOPROXY=direct", "GOMODCACHE="+filepath.Join(r.scratch, "tagged"))
	for _, m := range r.modules {
		if !m.shared {
			continue
		}
		printed, err := s.run(ctx, s.home, "go mod download -json "+m.path+"@"+r.version)
		if err != nil {
			return err
		}
		var found struct {
			Sum      string `json:"Sum"`      //nolint:tagliatelle // go's
			GoModSum string `json:"GoModSum"` //nolint:tagliatelle // go's
		}
		if err := json.Unmarshal([]byte(printed), &found); err != nil {
			return fmt.Errorf("go mod download: %w", err)
		}
		if r.sums[m.path] != sumLines(m.path, r.version, found.Sum, found.GoModSum) {
			return fmt.Errorf("the tag %s holds other files of %s than were rehearsed: does a hook or a setting of git change them?",
				m.tag(r.version), m.path)
		}
	}
	return nil
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
	if err := checkClean(ctx, c.root); err != nil {
		return err
	}
	if err := tryCommit(ctx, c.root); err != nil {
		return err
	}
	if err := checkEmpty(filepath.Join(c.root, distFolder)); err != nil {
		return err
	}
	content, err := os.ReadFile(filepath.Join(c.root, changelogFile))
	if err != nil {
		return err
	}
	if _, err := releaseChangelog(string(content), version, time.Time{}); err != nil {
		return fmt.Errorf("%s %w", changelogFile, err)
	}
	tags, err := git(ctx, c.root, "tag", "--list")
	if err != nil {
		return err
	}
	if err := checkNext(strings.Fields(tags), releasedVersions(string(content)), version); err != nil {
		return err
	}
	if patch := !strings.HasSuffix(version, ".0"); patch && breaksPrograms(string(content)) {
		return fmt.Errorf("%s is a patch, and CHANGELOG.md tells of an incompatible change: release a minor version", version)
	}
	return nil
}

// checkClean refuses a tree with anything that is not committed, whatever the settings of git say about showing it.
func checkClean(ctx context.Context, root string) error {
	status, err := git(ctx, root, "status", "--porcelain", "--untracked-files=normal")
	if err != nil {
		return err
	}
	if status != "" {
		first, _, _ := strings.Cut(status, "\n")
		return fmt.Errorf("the tree is not clean (%s): commit or remove what is not committed", strings.TrimSpace(first))
	}
	return nil
}

// tryCommit makes a commit that nothing refers to: who has no name or no key to sign with learns it now, and not after an hour.
func tryCommit(ctx context.Context, root string) error {
	signs, err := git(ctx, root, "config", "--type=bool", "--default=false", "commit.gpgSign")
	if err != nil {
		return err
	}
	args := []string{"commit-tree", "-m", "release: try to commit", "HEAD^{tree}"}
	if signs == "true" {
		args = append(args, "-S")
	}
	_, err = git(ctx, root, args...)
	return err
}

// checkNext refuses a version that exists, of any module, and one that does not follow the last. A clone may lack tags: the
// changelog names the releases, too.
func checkNext(tags, released []string, version string) error {
	last := ""
	for _, tag := range slices.Concat(tags, released) {
		if tag[strings.LastIndex(tag, "/")+1:] == version {
			return fmt.Errorf("%s exists already: the tag %s names it", version, tag)
		}
		if semver.Canonical(tag) == tag && semver.Prerelease(tag) == "" && (last == "" || semver.Compare(tag, last) > 0) {
			last = tag
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
