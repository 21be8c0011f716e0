package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// throwaway is the version of a rehearsal. It is never published, and lower than every release.
const throwaway = "v0.0.0-rehearsal"

// distFolder is where the archives of a release go, below the root.
const distFolder = "dist"

func main() {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "release: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	root, err := git(ctx, ".", "rev-parse", "--show-toplevel")
	if err != nil {
		return err
	}
	switch {
	case len(args) == 1 && args[0] == "rehearse":
		return withRelease(ctx, root, func(r release) error {
			if err := r.again(ctx, root); err != nil {
				return err
			}
			return r.rehearse(ctx, out)
		})
	case len(args) == 2 && args[0] == "proxy":
		return writeProxy(ctx, root, args[1])
	case len(args) >= 2 && args[0] == "binaries":
		return withRelease(ctx, root, func(r release) error { return r.binaries(ctx, out, args[1], args[2:]) })
	case len(args) == 1 && args[0] != "" && args[0][0] != '-':
		const day = 24 * time.Hour // whoever prepares it on the same day makes the same archives
		return prepare(ctx, root, args[0], time.Now().UTC().Truncate(day), out, func(r release) error {
			if err := errors.Join(r.again(ctx, root), r.rehearse(ctx, out)); err != nil {
				return err
			}
			return r.binaries(ctx, out, filepath.Join(root, distFolder), nil)
		})
	}
	return errors.New("usage: release vX.Y.Z | rehearse | proxy DIR | binaries DIR [OS/ARCH...]")
}

// release is a version of all modules, in a copy of the repository, packed as a module proxy serves it.
type release struct {
	checkout

	version string
	at      time.Time
	proxy   string
	written []string          // files that name the version
	sums    map[string]string // lines of a go.sum, by module
	scratch string            // for whatever else is needed
}

// withRelease makes a release under the throwaway version of the files as they are in a folder that is removed afterwards.
func withRelease(ctx context.Context, root string, use func(release) error) (err error) {
	scratch, err := os.MkdirTemp("", "djamo-release-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	at, err := commitTime(ctx, root)
	if err != nil {
		return err
	}
	r, err := makeRelease(ctx, root, throwaway, at, scratch)
	if err != nil {
		return err
	}
	return use(r)
}

func makeRelease(ctx context.Context, root, version string, at time.Time, scratch string) (release, error) {
	c, err := copyCheckout(ctx, root, filepath.Join(scratch, "checkout"))
	if err != nil {
		return release{}, err
	}
	r := release{checkout: c, version: version, at: at, proxy: filepath.Join(scratch, "proxy"), scratch: scratch}
	r.written, r.sums, err = setVersion(c, version, at, r.proxy)
	return r, err
}

// again makes the same release a second time, which must give the same bytes.
func (r release) again(ctx context.Context, root string) error {
	second, err := makeRelease(ctx, root, r.version, r.at, filepath.Join(r.scratch, "again"))
	if err != nil {
		return err
	}
	first, err := digests(r.proxy)
	if err != nil {
		return err
	}
	repeated, err := digests(second.proxy)
	if err != nil {
		return err
	}
	if !maps.Equal(first, repeated) {
		return fmt.Errorf("two releases of one commit differ:\n%v\n%v", first, repeated)
	}
	return nil
}

// digests are those of all files below a folder.
func digests(dir string) (map[string][sha256.Size]byte, error) {
	found := map[string][sha256.Size]byte{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		found[name] = sha256.Sum256(content)
		return err
	})
	return found, err
}

// writeProxy has the proxy's files outlive the release: two of them, made of one commit, have the same bytes.
func writeProxy(ctx context.Context, root, to string) error {
	return withRelease(ctx, root, func(r release) error {
		if err := os.MkdirAll(to, 0o755); err != nil {
			return err
		}
		return os.CopyFS(to, os.DirFS(r.proxy))
	})
}

// commitTime is when the last commit was made, which is the same in every clone.
func commitTime(ctx context.Context, root string) (time.Time, error) {
	printed, err := git(ctx, root, "log", "-1", "--no-show-signature", "--format=%ct")
	if err != nil {
		return time.Time{}, err
	}
	seconds, err := strconv.ParseInt(printed, 10, 64)
	return time.Unix(seconds, 0).UTC(), err
}
