package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sbomTool lists what is in a binary. It is installed when it is needed.
const sbomTool = "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0"

// platforms are those for which the command djamo is built.
func platforms() []string {
	return []string{"darwin/amd64", "darwin/arm64", "linux/amd64", "linux/arm64", "windows/amd64", "windows/arm64"}
}

// binaries builds the command djamo for the platforms, all of them by default, with what belongs beside it, into one archive
// each, and writes the checksums. Each binary is what go install makes of the published module on any machine with the same
// Go, and this is tried: each is built a second time, by another stranger who has compiled nothing before.
func (r release) binaries(ctx context.Context, out io.Writer, to string, wanted []string) error {
	if len(wanted) == 0 {
		wanted = platforms()
	}
	for _, platform := range wanted {
		if !slices.Contains(platforms(), platform) {
			return fmt.Errorf("%q is none of %s", platform, strings.Join(platforms(), ", "))
		}
	}
	if err := errors.Join(checkEmpty(to), os.MkdirAll(to, 0o755)); err != nil {
		return err
	}
	s, err := r.newStranger(ctx)
	if err != nil {
		return err
	}
	another, err := r.newStranger(ctx)
	if err != nil {
		return err
	}
	s.env = append(s.env, "CGO_ENABLED=0")
	another.env = append(another.env, "CGO_ENABLED=0",
		"GOCACHE="+filepath.Join(r.scratch, "cache"), "GOPATH="+filepath.Join(r.scratch, "another"))
	if _, err := s.run(ctx, s.home, "go install "+sbomTool); err != nil {
		return err
	}
	beside, err := r.besideBinary(ctx)
	if err != nil {
		return err
	}

	var sums strings.Builder
	for _, platform := range wanted {
		started := time.Now()
		binary, sbom, err := r.build(ctx, s, platform)
		if err != nil {
			return fmt.Errorf("%s: %w", platform, err)
		}
		again, err := r.install(ctx, another, platform)
		if err != nil {
			return fmt.Errorf("%s: %w", platform, err)
		}
		if !bytes.Equal(binary, again) {
			return fmt.Errorf("%s: two builds of one version differ", platform)
		}
		name, content, err := r.archive(platform, binary, append(slices.Clone(beside), sbom))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, name), content, 0o644); err != nil {
			return err
		}
		digest := sha256.Sum256(content)
		fmt.Fprintf(&sums, "%s  %s\n", hex.EncodeToString(digest[:]), name)
		if _, err := fmt.Fprintf(out, "ok    %s, built twice with the same bytes (%.0f s)\n", name, time.Since(started).Seconds()); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(to, "SHA256SUMS"), []byte(sums.String()), 0o644)
}

// checkEmpty refuses a folder with anything in it.
func checkEmpty(dir string) error {
	left, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("%s is not empty: archives of another version, or of a run that was interrupted, must not be published with these", dir)
	}
	return err
}

// entry is a file of an archive.
type entry struct {
	name    string
	content []byte
	mode    os.FileMode
}

// build makes the binary for a platform, and lists what is in it.
func (r release) build(ctx context.Context, s stranger, platform string) ([]byte, entry, error) {
	binary, err := r.install(ctx, s, platform)
	if err != nil {
		return nil, entry{}, err
	}
	line := "cyclonedx-gomod bin -json -noserial -notimestamp -std -version " + r.version + " " + quote(s.installed(platform))
	sbom, err := s.run(ctx, s.home, line)
	if err != nil {
		return nil, entry{}, err
	}
	list, err := withoutTool(sbom)
	if err != nil {
		return nil, entry{}, fmt.Errorf("the list of what is in the binary: %w: %.200s", err, sbom)
	}
	return binary, entry{"djamo.cdx.json", list, 0o644}, nil
}

// withoutTool leaves the hashes of the tool's own binary out of its list: they differ from one kind of machine to another.
func withoutTool(sbom string) ([]byte, error) {
	var list map[string]any
	if err := json.Unmarshal([]byte(sbom), &list); err != nil {
		return nil, err
	}
	if list["bomFormat"] != "CycloneDX" {
		return nil, errors.New("it is not in the format CycloneDX")
	}
	metadata, _ := list["metadata"].(map[string]any)
	tools, _ := metadata["tools"].([]any)
	if len(tools) == 0 {
		return nil, errors.New("it does not name the tool that made it")
	}
	for _, tool := range tools {
		if tool, ok := tool.(map[string]any); ok {
			delete(tool, "hashes")
		}
	}
	return json.MarshalIndent(list, "", "  ")
}

// install is what anybody does, and the bytes that it leaves.
func (r release) install(ctx context.Context, s stranger, platform string) ([]byte, error) {
	system, processor, _ := strings.Cut(platform, "/")
	line := "GOOS=" + system + " GOARCH=" + processor + " go install " + r.main().path + "/cmd/djamo@" + r.version
	if _, err := s.run(ctx, s.home, line); err != nil {
		return nil, err
	}
	return os.ReadFile(s.installed(platform))
}

// installed is where go install puts the command djamo.
func (s stranger) installed(platform string) string {
	gopath := ""
	for _, setting := range s.env {
		if value, ok := strings.CutPrefix(setting, "GOPATH="); ok {
			gopath = value
		}
	}
	name := filepath.Join(gopath, "bin")
	if platform != runtime.GOOS+"/"+runtime.GOARCH {
		name = filepath.Join(name, strings.ReplaceAll(platform, "/", "_"))
	}
	name = filepath.Join(name, "djamo")
	if strings.HasPrefix(platform, "windows/") {
		name += ".exe"
	}
	return name
}

// besideBinary is what every archive holds beside the binary: the licence, completion scripts and man pages.
func (r release) besideBinary(ctx context.Context) ([]entry, error) {
	licence, err := os.ReadFile(filepath.Join(r.root, "LICENSE"))
	if err != nil {
		return nil, err
	}
	entries := []entry{{"LICENSE", licence, 0o644}}
	pages := filepath.Join(r.scratch, "pages")
	command := "go test -count=1 -run '^TestPagesOfTheArchive$' ."
	s, err := r.newStranger(ctx)
	if err != nil {
		return nil, err
	}
	s.env = append(s.env, "DJAMO_WRITE_PAGES="+pages, "SOURCE_DATE_EPOCH="+strconv.FormatInt(r.at.Unix(), 10), "GOWORK=off")
	if _, err := s.run(ctx, filepath.Join(r.root, "cmd", "djamo"), command); err != nil {
		return nil, err
	}
	err = walkTree(pages, func(name string) error {
		content, err := os.ReadFile(filepath.Join(pages, filepath.FromSlash(name)))
		entries = append(entries, entry{name, content, 0o644})
		return err
	})
	if err == nil && len(entries) < 10 {
		err = fmt.Errorf("%s wrote %d pages, too few", command, len(entries)-1)
	}
	return entries, err
}

// archive packs the binary and what belongs beside it, with the same bytes wherever it is done.
func (r release) archive(platform string, binary []byte, beside []entry) (name string, content []byte, err error) {
	folder := "djamo_" + strings.TrimPrefix(r.version, "v") + "_" + strings.ReplaceAll(platform, "/", "_")
	program := "djamo"
	if strings.HasPrefix(platform, "windows/") {
		program += ".exe"
	}
	entries := append([]entry{{program, binary, 0o755}}, beside...)
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	var packed bytes.Buffer
	if strings.HasPrefix(platform, "windows/") {
		name, err = folder+".zip", r.writeZipArchive(&packed, folder, entries)
	} else {
		name, err = folder+".tar.gz", r.writeTarArchive(&packed, folder, entries)
	}
	return name, packed.Bytes(), err
}

func (r release) writeZipArchive(to io.Writer, folder string, entries []entry) error {
	writer := zip.NewWriter(to)
	for _, e := range entries {
		header := &zip.FileHeader{Name: path.Join(folder, e.name), Method: zip.Deflate, Modified: r.at.UTC()}
		header.SetMode(e.mode)
		file, err := writer.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := file.Write(e.content); err != nil {
			return err
		}
	}
	return writer.Close()
}

func (r release) writeTarArchive(to io.Writer, folder string, entries []entry) error {
	compressed := gzip.NewWriter(to)
	writer := tar.NewWriter(compressed)
	for _, e := range entries {
		header := &tar.Header{
			Name: path.Join(folder, e.name), Mode: int64(e.mode), Size: int64(len(e.content)),
			ModTime: r.at.UTC().Truncate(time.Second), Format: tar.FormatPAX,
		}
		if err := writer.WriteHeader(header); err != nil {
			return err
		}
		if _, err := writer.Write(e.content); err != nil {
			return err
		}
	}
	return errors.Join(writer.Close(), compressed.Close())
}
